// Numbers of SQLite's file format: big-endian, and varints. Bytes come from files: reading never leaves them.

extension UnsafeRawBufferPointer {
    /// The big-endian number of two bytes; nil outside.
    package func number16(_ offset: Int) -> Int? {
        guard offset >= 0, offset <= count - 2 else { return nil }
        return Int(UInt16(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt16.self)))
    }

    /// The big-endian number of four bytes; nil outside.
    package func number32(_ offset: Int) -> UInt32? {
        guard offset >= 0, offset <= count - 4 else { return nil }
        return UInt32(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    /// Reads a varint: seven bits a byte, the highest first, and eight in the ninth.
    /// https://www.sqlite.org/fileformat2.html#varint
    /// - Parameter offset: where it begins; moved behind it. Where it ends outside, the answer is nil and the offset is of no use.
    package func varint(_ offset: inout Int) -> Int64? {
        var value: UInt64 = 0
        for index in 0..<9 {
            guard offset >= 0, offset < count else { return nil }
            let byte = self[offset]
            offset += 1
            if index == 8 { return Int64(bitPattern: value << 8 | UInt64(byte)) }
            value = value << 7 | UInt64(byte & 0x7f)
            if byte < 0x80 { return Int64(bitPattern: value) }
        }
        return nil
    }
}
