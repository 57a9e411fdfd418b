// Reading numbers and texts out of bytes that come from a file: every step is checked, the first bad one ends it all.

/// Walks over bytes. After damage every answer is zero or empty and `isDamaged` stays set.
struct BytesReader {
    let bytes: UnsafeRawBufferPointer
    private(set) var offset = 0
    private(set) var isDamaged = false

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var remaining: Int { bytes.count - offset }

    mutating func fail() {
        isDamaged = true
        offset = bytes.count
    }

    @inline(__always) mutating func number<Number: FixedWidthInteger>(_ type: Number.Type = Number.self) -> Number {
        let size = MemoryLayout<Number>.size
        guard remaining >= size else { fail(); return 0 }
        defer { offset += size }
        return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
    }

    @inline(__always) mutating func varint() -> UInt64 {
        var result: UInt64 = 0
        var shift: UInt64 = 0
        while offset < bytes.count {
            let byte = bytes[offset]
            offset += 1
            if shift == 63 && byte > 1 { break }
            result |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return result }
            shift += 7
        }
        fail()
        return 0
    }

    mutating func zigzag() -> Int64 { unzigzagged(varint()) }

    /// A varint that must not exceed `limit`.
    mutating func count(_ limit: Int) -> Int {
        let value = varint()
        guard value <= UInt64(limit) else { fail(); return 0 }
        return Int(value)
    }

    mutating func bytes(_ count: Int) -> UnsafeRawBufferPointer {
        guard count >= 0, count <= remaining else { fail(); return UnsafeRawBufferPointer(start: nil, count: 0) }
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }

    mutating func string() -> String {
        let length = count(remaining)
        return String(decoding: bytes(length), as: UTF8.self)
    }
}
