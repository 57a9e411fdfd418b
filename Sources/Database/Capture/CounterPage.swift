// The page of sqlite_sequence, as a transaction wrote it. File format: https://www.sqlite.org/fileformat2.html#record_format

import Vocabulary

struct CounterPage {
    /// By table; nil when they do not fit on one page, or when it cannot be read.
    let counters: [String: Int64]?

    init(_ page: UnsafeRawBufferPointer, _ encoding: TextEncoding) { counters = Self.read(page, encoding) }

    private static func read(_ page: UnsafeRawBufferPointer, _ encoding: TextEncoding) -> [String: Int64]? {
        guard page[0] == 0x0d else { return nil }
        let cells = page.half(3)
        guard 8 + 2 * cells <= page.count else { return nil }
        var found: [String: Int64] = [:]
        for cell in 0..<cells {
            var at = page.half(8 + 2 * cell)
            // A cell that goes on elsewhere is longer than this.
            guard let length = page.varint(&at), page.varint(&at) != nil, (0...Int64(page.count - 35)).contains(length), at + Int(length) <= page.count
            else { return nil }
            let start = at
            guard let head = page.varint(&at), (1...Int64(page.count)).contains(head),
                let name = page.varint(&at), let counter = page.varint(&at), name >= 0, counter >= 0
            else { return nil }
            var body = start + Int(head)
            // What is neither a text nor a whole number gives no table a counter; it has to be passed all the same.
            guard let nameLength = size(name), body <= page.count, nameLength <= page.count - body else { return nil }
            let bytes = UnsafeRawBufferPointer(rebasing: page[body..<body + nameLength])
            body += nameLength
            guard let value = integer(page, body, counter) else { continue }
            if name >= 13, name & 1 == 1 { found[encoding.decode(bytes)] = value }
        }
        return found
    }

    /// How many bytes a value of this type takes.
    private static func size(_ type: Int64) -> Int? {
        switch type {
        case 0...4: Int(type)
        case 5: 6
        case 6, 7: 8
        case 8, 9: 0
        case 12...: Int((type - 12) / 2)
        default: nil
        }
    }

    /// A whole number; nil for a value of another type, or one that runs out of the page.
    private static func integer(_ page: UnsafeRawBufferPointer, _ at: Int, _ type: Int64) -> Int64? {
        if type == 8 || type == 9 { return type - 8 }
        guard (1...6).contains(type), let size = size(type), at + size <= page.count else { return nil }
        var value = page[at] & 0x80 == 0 ? 0 : Int64(-1)
        for byte in page[at..<at + size] { value = value << 8 | Int64(byte) }
        return value
    }
}

extension UnsafeRawBufferPointer {
    func half(_ offset: Int) -> Int { Int(self[offset]) << 8 | Int(self[offset + 1]) }

    /// A SQLite varint; nil when it runs out of the page.
    func varint(_ offset: inout Int) -> Int64? {
        var value: UInt64 = 0
        for index in 0..<9 {
            guard offset < count else { return nil }
            let byte = self[offset]
            offset += 1
            if index == 8 { return Int64(bitPattern: value << 8 | UInt64(byte)) }
            value = value << 7 | UInt64(byte & 0x7f)
            if byte < 0x80 { return Int64(bitPattern: value) }
        }
        return nil
    }
}
