// A growing buffer of raw bytes for the hot paths: no reference count, no exclusivity check, one allocation kept and reused.
// It belongs to whoever declares it and is freed with it. A local one may be freed after its last use: look into it with
// `withView` or copy `array`; `view` is for stored properties.

import Glibc

/// Growing raw memory with one owner. Views into it are valid until the next change.
struct Bytes: ~Copyable {
    private(set) var base: UnsafeMutableRawPointer
    private(set) var count = 0
    private var capacity: Int

    init(capacity: Int = 64) {
        base = .allocate(byteCount: capacity, alignment: 16)
        self.capacity = capacity
    }

    deinit { base.deallocate() }

    var view: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    var array: [UInt8] { Array(UnsafeRawBufferPointer(start: base, count: count)) }

    /// The bytes, alive during the call.
    func withView<Result, Problem>(
        _ body: (UnsafeRawBufferPointer) throws(Problem) -> Result
    ) throws(Problem) -> Result {
        try body(UnsafeRawBufferPointer(start: base, count: count))
    }

    func view(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        return UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count)
    }

    mutating func removeAll() { count = 0 }

    /// Sets the size; what is new is not initialised.
    mutating func resize(to size: Int) {
        if size > count { reserve(size - count) }
        count = size
    }

    @inline(__always) mutating func reserve(_ extra: Int) {
        if capacity - count < extra { grow(extra) }
    }

    @inline(never) private mutating func grow(_ extra: Int) {
        let wanted = max(capacity * 2, count + extra)
        let larger = UnsafeMutableRawPointer.allocate(byteCount: wanted, alignment: 16)
        larger.copyMemory(from: base, byteCount: count)
        base.deallocate()
        base = larger
        capacity = wanted
    }

    /// Gives memory back when one large block made the buffer grow beyond `limit`.
    mutating func shrink(above limit: Int) {
        guard capacity > limit else { return }
        base.deallocate()
        base = .allocate(byteCount: 64, alignment: 16)
        capacity = 64
        count = 0
    }

    @inline(__always) mutating func append(byte: UInt8) {
        reserve(1)
        base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    @inline(__always) mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress, bytes.count > 0 else { return }
        reserve(bytes.count)
        memcpy(base + count, start, bytes.count)
        count += bytes.count
    }

    mutating func append(_ bytes: [UInt8]) { bytes.withUnsafeBytes { append($0) } }

    /// Little-endian.
    @inline(__always) mutating func append<Number: FixedWidthInteger>(number: Number) {
        reserve(MemoryLayout<Number>.size)
        (base + count).storeBytes(of: number.littleEndian, as: Number.self)
        count += MemoryLayout<Number>.size
    }

    @inline(__always) mutating func append(varint: UInt64) {
        reserve(10)
        var rest = varint
        var place = count
        while rest >= 0x80 {
            base.storeBytes(of: UInt8(truncatingIfNeeded: rest) | 0x80, toByteOffset: place, as: UInt8.self)
            rest >>= 7
            place += 1
        }
        base.storeBytes(of: UInt8(truncatingIfNeeded: rest), toByteOffset: place, as: UInt8.self)
        count = place + 1
    }

    @inline(__always) mutating func append(zigzag: Int64) { append(varint: zigzagged(zigzag)) }

    mutating func append(string: String) {
        var text = string
        text.withUTF8 { bytes in
            append(varint: UInt64(bytes.count))
            append(UnsafeRawBufferPointer(bytes))
        }
    }

    /// Overwrites what is already there; little-endian.
    mutating func store<Number: FixedWidthInteger>(_ number: Number, at offset: Int) {
        precondition(offset >= 0 && offset + MemoryLayout<Number>.size <= count)
        (base + offset).storeBytes(of: number.littleEndian, as: Number.self)
    }
}

@inline(__always) func zigzagged(_ number: Int64) -> UInt64 { UInt64(bitPattern: (number << 1) ^ (number >> 63)) }
@inline(__always) func unzigzagged(_ raw: UInt64) -> Int64 { Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1) }

/// Bytes that a varint takes: 1 … 10.
@inline(__always) func varintSize(_ value: UInt64) -> Int { (70 - (value | 1).leadingZeroBitCount) / 7 }
