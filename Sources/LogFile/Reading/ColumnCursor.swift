// One column of a block being read: the parts where they stand in the payload, and a cursor that gives value after value
// back in byte form, told by its tag. Nothing is read beyond its part, nothing written beyond what the block announced.

import Glibc
import Vocabulary

/// Where the parts of a column stand in the payload.
struct ColumnView {
    var flags: UInt8
    var integers = UnsafeRawBufferPointer(start: nil, count: 0)
    var lengths = UnsafeRawBufferPointer(start: nil, count: 0)
    var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
}

/// Memory of a known size that values are written to. There are 32 bytes more than `limit`.
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
        if size <= 16 {
            // Both memories have room behind: two loads beat a call.
            let low = start.loadUnaligned(as: UInt64.self)
            let high = start.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
            base.storeBytes(of: low, toByteOffset: count, as: UInt64.self)
            base.storeBytes(of: high, toByteOffset: count + 8, as: UInt64.self)
        } else {
            memcpy(base + count, start, size)
        }
        count += size
        return true
    }
}

/// A text that tags of its column refer to.
struct DictionaryEntry {
    var start: UnsafeRawPointer
    var count: Int
}

struct ColumnCursor {
    private var integer: UnsafeRawPointer
    private let integerEnd: UnsafeRawPointer
    private var length: UnsafeRawPointer
    private let lengthEnd: UnsafeRawPointer
    private var byte: UnsafeRawPointer
    private let byteEnd: UnsafeRawPointer
    private let differences: Bool
    private let dictionary: UnsafeMutablePointer<DictionaryEntry>?
    private let dictionaryCapacity: Int
    private var dictionaryCount = 0
    private var previous: Int64 = 0

    /// `payload` lends its address to parts that are empty; `dictionary` has room for `ColumnCursor.dictionarySize(view)` entries.
    init(_ view: ColumnView, in payload: UnsafeRawPointer, dictionary: UnsafeMutablePointer<DictionaryEntry>) {
        integer = view.integers.baseAddress ?? payload
        integerEnd = integer + view.integers.count
        length = view.lengths.baseAddress ?? payload
        lengthEnd = length + view.lengths.count
        byte = view.bytes.baseAddress ?? payload
        byteEnd = byte + view.bytes.count
        differences = view.flags & ColumnFlags.differences != 0
        dictionaryCapacity = ColumnCursor.dictionarySize(view)
        self.dictionary = dictionaryCapacity > 0 ? dictionary : nil
    }

    /// Texts that can be referred to: none without the flag, and no more than there are lengths.
    static func dictionarySize(_ view: ColumnView) -> Int {
        view.flags & ColumnFlags.dictionary == 0 ? 0 : min(ColumnDictionary.capacity, view.lengths.count)
    }

    var isAtEnd: Bool { integer == integerEnd && length == lengthEnd && byte == byteEnd }

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

    /// The text that begins here may be referred to from now on.
    @inline(__always) private mutating func remember(_ size: Int) {
        guard let dictionary, dictionaryCount < dictionaryCapacity, ColumnDictionary.lengths.contains(size) else { return }
        dictionary[dictionaryCount] = DictionaryEntry(start: byte, count: size)
        dictionaryCount += 1
    }

    /// Writes the value with this tag in byte form. False when the column is malformed or the output full.
    @inline(__always) mutating func next(_ tag: UInt8, into output: inout ValueOutput) -> Bool {
        switch tag {
        case ValueTag.integer:
            guard let value = nextInteger() else { return false }
            return output.append(tag: tag, varint: zigzagged(value))
        case ValueTag.text, ValueTag.blob:
            guard let size = ColumnCursor.varint(&length, lengthEnd), size <= UInt64(byteEnd - byte),
                output.append(tag: tag, varint: size), output.append(byte, Int(size))
            else { return false }
            if tag == ValueTag.text { remember(Int(size)) }
            byte += Int(size)
            return true
        case ColumnDictionary.firstTag...(ColumnDictionary.firstTag + UInt8(ColumnDictionary.capacity - 1)):
            guard let dictionary, Int(tag - ColumnDictionary.firstTag) < dictionaryCount else { return false }
            let entry = dictionary[Int(tag - ColumnDictionary.firstTag)]
            return output.append(tag: ValueTag.text, varint: UInt64(entry.count)) && output.append(entry.start, entry.count)
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
    /// A value that a number may be found in.
    enum Number {
        case integer(Int64)
        case real(Double)
        case none
    }

    /// Passes over the value with this tag; nil when the column is malformed.
    @inline(__always) mutating func number(_ tag: UInt8) -> Number? {
        switch tag {
        case ValueTag.integer: return nextInteger().map { .integer($0) }
        case ValueTag.text, ValueTag.blob:
            guard let size = ColumnCursor.varint(&length, lengthEnd), size <= UInt64(byteEnd - byte) else { return nil }
            byte += Int(size)
        case ValueTag.real:
            guard byteEnd - byte >= 8 else { return nil }
            defer { byte += 8 }
            return .real(Double(bitPattern: UInt64(bigEndian: byte.loadUnaligned(as: UInt64.self))))
        case DecimalReal.firstTag...DecimalReal.firstTag + 4:
            return nextInteger().map { .real(Double($0) / DecimalReal.power(Int(tag - DecimalReal.firstTag))) }
        default: break
        }
        return Number.none
    }
}
