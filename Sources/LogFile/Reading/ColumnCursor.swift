// One column of a block being read: the parts where they stand in the payload, and a cursor that gives value after value
// back in byte form. Nothing is read beyond its part, nothing written beyond what the block announced.

import Glibc
import Vocabulary

/// Where the parts of a column stand in the payload.
struct ColumnView {
    var differences: Bool
    var tags: UnsafeRawBufferPointer
    var integers = UnsafeRawBufferPointer(start: nil, count: 0)
    var lengths = UnsafeRawBufferPointer(start: nil, count: 0)
    var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
}

/// Memory of a known size that values are written to. There are 16 bytes more than `limit`.
struct ValueOutput {
    let base: UnsafeMutableRawPointer
    var count: Int
    let limit: Int

    /// `rest` has at most 64 bits: 11 bytes with its tag.
    @inline(__always) mutating func append(tag: UInt8, varint: UInt64) -> Bool {
        var place = count
        guard place < limit else { return false }
        base.storeBytes(of: tag, toByteOffset: place, as: UInt8.self)
        place += 1
        var rest = varint
        while rest >= 0x80 {
            base.storeBytes(of: UInt8(truncatingIfNeeded: rest) | 0x80, toByteOffset: place, as: UInt8.self)
            rest >>= 7
            place += 1
        }
        base.storeBytes(of: UInt8(truncatingIfNeeded: rest), toByteOffset: place, as: UInt8.self)
        count = place + 1
        return count <= limit
    }

    @inline(__always) mutating func append(tag: UInt8) -> Bool {
        guard count < limit else { return false }
        base.storeBytes(of: tag, toByteOffset: count, as: UInt8.self)
        count += 1
        return true
    }

    @inline(__always) mutating func append(tag: UInt8, bits: UInt64) -> Bool {
        guard limit - count >= 9 else { return false }
        base.storeBytes(of: tag, toByteOffset: count, as: UInt8.self)
        base.storeBytes(of: bits, toByteOffset: count + 1, as: UInt64.self)
        count += 9
        return true
    }

    @inline(__always) mutating func append(_ start: UnsafeRawPointer, _ size: Int) -> Bool {
        guard limit - count >= size else { return false }
        memcpy(base + count, start, size)
        count += size
        return true
    }
}

struct ColumnCursor {
    private var tag: UnsafeRawPointer
    private let tagEnd: UnsafeRawPointer
    private var integer: UnsafeRawPointer
    private let integerEnd: UnsafeRawPointer
    private var length: UnsafeRawPointer
    private let lengthEnd: UnsafeRawPointer
    private var byte: UnsafeRawPointer
    private let byteEnd: UnsafeRawPointer
    private let differences: Bool
    private var previous: Int64 = 0

    /// `payload` lends its address to parts that are empty.
    init(_ view: ColumnView, in payload: UnsafeRawPointer) {
        tag = view.tags.baseAddress ?? payload
        tagEnd = tag + view.tags.count
        integer = view.integers.baseAddress ?? payload
        integerEnd = integer + view.integers.count
        length = view.lengths.baseAddress ?? payload
        lengthEnd = length + view.lengths.count
        byte = view.bytes.baseAddress ?? payload
        byteEnd = byte + view.bytes.count
        differences = view.differences
    }

    var isAtEnd: Bool { tag == tagEnd && integer == integerEnd && length == lengthEnd && byte == byteEnd }

    /// A varint, or nil at the part's end or when it is longer than 64 bits.
    @inline(__always) private static func varint(_ place: inout UnsafeRawPointer, _ end: UnsafeRawPointer) -> UInt64? {
        guard place < end else { return nil }
        let first = place.load(as: UInt8.self)
        place += 1
        if first < 0x80 { return UInt64(first) }
        var result = UInt64(first & 0x7f)
        var shift: UInt64 = 7
        while place < end {
            let byte = place.load(as: UInt8.self)
            place += 1
            if shift == 63 && byte > 1 { return nil }
            result |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return result }
            shift += 7
        }
        return nil
    }

    @inline(__always) private mutating func nextInteger() -> Int64? {
        guard let raw = ColumnCursor.varint(&integer, integerEnd) else { return nil }
        let value = differences ? previous &+ unzigzagged(raw) : unzigzagged(raw)
        previous = value
        return value
    }

    /// Writes the next value in byte form. False when the column is malformed or the output full.
    @inline(__always) mutating func next(into output: inout ValueOutput) -> Bool {
        guard tag < tagEnd else { return false }
        let tag = self.tag.load(as: UInt8.self)
        self.tag += 1
        switch tag {
        case ValueTag.integer:
            guard let value = nextInteger() else { return false }
            return output.append(tag: tag, varint: zigzagged(value))
        case ValueTag.text, ValueTag.blob:
            guard let size = ColumnCursor.varint(&length, lengthEnd), size <= UInt64(byteEnd - byte),
                output.append(tag: tag, varint: size), output.append(byte, Int(size))
            else { return false }
            byte += Int(size)
            return true
        case ValueTag.null, ValueTag.same: return output.append(tag: tag)
        case ValueTag.real:
            guard byteEnd - byte >= 8 else { return false }
            let bits = byte.loadUnaligned(as: UInt64.self)
            byte += 8
            return output.append(tag: tag, bits: bits)
        case DecimalReal.firstTag...DecimalReal.firstTag + 4:
            guard let value = nextInteger() else { return false }
            let real = Double(value) / DecimalReal.power(Int(tag - DecimalReal.firstTag))
            return output.append(tag: ValueTag.real, bits: real.bitPattern.bigEndian)
        default: return false
        }
    }
}

extension ColumnCursor {
    /// The next integer or real of the column, texts and blobs passed over; nil at the end and on damage.
    mutating func nextNumber() -> ValueView? {
        while tag < tagEnd {
            let tag = self.tag.load(as: UInt8.self)
            self.tag += 1
            switch tag {
            case ValueTag.integer: return nextInteger().map { .integer($0) }
            case ValueTag.text, ValueTag.blob:
                guard let size = ColumnCursor.varint(&length, lengthEnd), size <= UInt64(byteEnd - byte) else { return nil }
                byte += Int(size)
            case ValueTag.null, ValueTag.same: break
            case ValueTag.real:
                guard byteEnd - byte >= 8 else { return nil }
                defer { byte += 8 }
                return .real(Double(bitPattern: UInt64(bigEndian: byte.loadUnaligned(as: UInt64.self))))
            case DecimalReal.firstTag...DecimalReal.firstTag + 4:
                return nextInteger().map { .real(Double($0) / DecimalReal.power(Int(tag - DecimalReal.firstTag))) }
            default: return nil
            }
        }
        return nil
    }
}
