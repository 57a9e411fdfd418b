// The record of a row: a header with the type of each value, then the values. https://www.sqlite.org/fileformat2.html#record_format

/// The values of a row, as far as their bytes are there.
package struct Record {
    /// The serial type of each value: what it is, and how many bytes it takes.
    package let types: [Int64]
    private let bytes: UnsafeRawBufferPointer
    /// Where the values begin.
    private let start: Int

    /// Nil when the header is broken or does not lie in these bytes whole.
    /// - Parameters:
    ///   - bytes: the record's first bytes; the values at its end may be missing.
    ///   - most: more types than this are refused, before memory is taken for them.
    package init?(_ bytes: UnsafeRawBufferPointer, atMost most: Int) {
        var at = 0
        guard let size = bytes.varint(&at), size >= at, size <= bytes.count else { return nil }
        var types: [Int64] = []
        while at < size {
            guard types.count < most, let type = bytes.varint(&at), Record.size(type) != nil else { return nil }
            types.append(type)
        }
        guard at == size else { return nil }
        self.types = types
        self.bytes = bytes
        start = at
    }

    /// How many bytes a value of this serial type takes; nil for a type that no record has.
    package static func size(_ type: Int64) -> Int64? {
        switch type {
        case 0...4: type
        case 5: 6
        case 6, 7: 8
        case 8, 9: 0
        case 12...: (type - 12) / 2
        default: nil
        }
    }

    /// The bytes of a value; nil when they are not all there.
    /// - Parameter index: from 0, below `types.count`.
    package func value(_ index: Int) -> UnsafeRawBufferPointer? {
        guard types.indices.contains(index) else { return nil }
        var at = Int64(start)
        for type in types[..<index] {
            // No sum of sizes overflows: it ends at the first that is beyond the bytes.
            at += Record.size(type) ?? 0
            guard at <= bytes.count else { return nil }
        }
        guard let size = Record.size(types[index]), size <= Int64(bytes.count) - at else { return nil }
        return UnsafeRawBufferPointer(rebasing: bytes[Int(at)..<Int(at + size)])
    }

    /// The text in a value; nil for a value of another type. It is in the encoding of its database.
    package func text(_ index: Int) -> UnsafeRawBufferPointer? {
        types.indices.contains(index) && types[index] >= 13 && types[index] & 1 == 1 ? value(index) : nil
    }

    /// The whole number in a value; nil for a value of another type.
    package func integer(_ index: Int) -> Int64? {
        guard let value = value(index) else { return nil }
        switch types[index] {
        case 8, 9: return types[index] - 8
        case 1...6:
            var number = value[0] & 0x80 == 0 ? 0 : Int64(-1)
            for byte in value { number = number << 8 | Int64(byte) }
            return number
        default: return nil
        }
    }
}
