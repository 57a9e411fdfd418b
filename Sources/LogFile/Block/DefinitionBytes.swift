// The byte form of table definitions and contexts, in the file header and in definitions blocks.

import Vocabulary

/// What a log knows besides operations.
struct Definitions: Equatable {
    var tables: [TableDefinition] = []
    var contexts: [NumberedContext] = []

    var isEmpty: Bool { tables.isEmpty && contexts.isEmpty }

    /// Room for all table definitions of one log, in bytes of memory as `TableDefinition.weight` counts them.
    static let tableRoom = 128 << 20
    /// The most that one of them may weigh: a block has to hold it.
    static let largestTable = 8 << 20
    /// A block of definitions takes no more once it is so large: a context is found by reading its block.
    static let fullBlock = 256 << 10

    struct NumberedContext: Equatable {
        var number: UInt32
        var context: Context
    }
}

extension Definitions {
    private static let tableEntry: UInt8 = 1
    private static let contextEntry: UInt8 = 2

    func append(to bytes: inout Bytes) {
        bytes.append(varint: UInt64(tables.count + contexts.count))
        for table in tables { Definitions.append(table, to: &bytes) }
        for entry in contexts { Definitions.append(entry, to: &bytes) }
    }

    /// The payloads of the blocks that hold these definitions: one, unless they are large. Each is handed out before the next is made.
    func forEachPayload<E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> Void) throws(E) {
        var entries = Bytes()
        var payload = Bytes()
        var count = 0
        for index in 0..<tables.count + contexts.count {
            if index < tables.count {
                Definitions.append(tables[index], to: &entries)
            } else {
                Definitions.append(contexts[index - tables.count], to: &entries)
            }
            count += 1
            guard entries.count >= Definitions.fullBlock || index == tables.count + contexts.count - 1 else { continue }
            payload.removeAll()
            payload.append(varint: UInt64(count))
            payload.append(entries.view)
            try body(payload.view)
            entries.removeAll()
            count = 0
        }
    }

    private static func append(_ table: TableDefinition, to bytes: inout Bytes) {
        bytes.append(byte: Definitions.tableEntry)
        bytes.append(varint: UInt64(table.id))
        bytes.append(string: table.name)
        let flags: UInt8 =
            (table.isWithoutRowid ? 1 : 0) | (table.rowidColumn != nil ? 2 : 0) | (table.rowidName != nil ? 4 : 0)
        bytes.append(byte: flags)
        if let name = table.rowidColumn { bytes.append(string: name) }
        if let name = table.rowidName { bytes.append(string: name) }
        bytes.append(varint: UInt64(table.columns.count))
        for column in table.columns {
            bytes.append(string: column.name)
            bytes.append(string: column.type)
            bytes.append(varint: UInt64(max(0, column.keyPosition)))
        }
    }

    private static func append(_ entry: NumberedContext, to bytes: inout Bytes) {
        bytes.append(byte: Definitions.contextEntry)
        bytes.append(varint: UInt64(entry.number))
        bytes.append(string: entry.context.process)
        bytes.append(zigzag: Int64(entry.context.processID))
        bytes.append(string: entry.context.user)
        bytes.append(string: entry.context.host)
        bytes.append(string: entry.context.purpose)
    }

    /// Visits the entries; false when the bytes are malformed, also behind what was handed out. A context is handed out as its number and its
    /// place in the bytes, from which `context` reads it.
    static func walk(_ reader: inout BytesReader, table: ((TableDefinition) -> Void)?, context: ((UInt32, Int) -> Void)?) -> Bool {
        let entries = reader.count(reader.remaining)
        for _ in 0..<entries {
            switch reader.number(UInt8.self) {
            case tableEntry:
                let found = Definitions.table(&reader)
                if !reader.isDamaged { table?(found) }
            case contextEntry:
                let place = reader.offset
                let number = UInt32(reader.count(Int(UInt32.max)))
                skipString(&reader)
                _ = reader.zigzag()
                for _ in 0..<3 { skipString(&reader) }
                if !reader.isDamaged { context?(number, place) }
            default: return false
            }
            if reader.isDamaged { return false }
        }
        return true
    }

    private static func skipString(_ reader: inout BytesReader) { _ = reader.bytes(reader.count(reader.remaining)) }

    /// Reads the context that `walk` found.
    static func context(_ reader: inout BytesReader) -> Context {
        _ = reader.varint()
        let process = reader.string()
        let processID = Int32(truncatingIfNeeded: reader.zigzag())
        return Context(process: process, processID: processID, user: reader.string(), host: reader.string(), purpose: reader.string())
    }

    private static func table(_ reader: inout BytesReader) -> TableDefinition {
        let id = UInt32(reader.count(Int(UInt32.max)))
        let name = reader.string()
        let flags = reader.number(UInt8.self)
        let rowidColumn = flags & 2 != 0 ? reader.string() : nil
        let rowidName = flags & 4 != 0 ? reader.string() : nil
        var columns: [TableDefinition.Column] = []
        let count = reader.count(min(reader.remaining, 65_535))
        for _ in 0..<count where !reader.isDamaged {
            columns.append(.init(name: reader.string(), type: reader.string(), keyPosition: reader.count(65_535)))
        }
        return TableDefinition(
            id: id, name: name, isWithoutRowid: flags & 1 != 0, rowidColumn: rowidColumn, rowidName: rowidName,
            columns: columns)
    }
}

extension TableDefinition {
    /// About the memory it takes, in bytes.
    var weight: Int { columns.reduce(128 + name.utf8.count) { $0 + 64 + $1.name.utf8.count + $1.type.utf8.count } }
}
