// The byte form of table definitions and contexts, in the file header and in definitions blocks.

import Vocabulary

/// What a log knows besides operations.
struct Definitions: Equatable {
    var tables: [TableDefinition] = []
    var contexts: [NumberedContext] = []

    var isEmpty: Bool { tables.isEmpty && contexts.isEmpty }

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
        for table in tables {
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
        for entry in contexts {
            bytes.append(byte: Definitions.contextEntry)
            bytes.append(varint: UInt64(entry.number))
            bytes.append(string: entry.context.process)
            bytes.append(zigzag: Int64(entry.context.processID))
            bytes.append(string: entry.context.user)
            bytes.append(string: entry.context.host)
            bytes.append(string: entry.context.purpose)
        }
    }

    /// Nil when the bytes are malformed.
    init?(_ reader: inout BytesReader) {
        let entries = reader.count(reader.remaining)
        for _ in 0..<entries where !reader.isDamaged {
            switch reader.number(UInt8.self) {
            case Definitions.tableEntry: tables.append(Definitions.table(&reader))
            case Definitions.contextEntry: contexts.append(Definitions.context(&reader))
            default: return nil
            }
        }
        if reader.isDamaged { return nil }
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

    private static func context(_ reader: inout BytesReader) -> NumberedContext {
        let number = UInt32(reader.count(Int(UInt32.max)))
        let process = reader.string()
        let processID = Int32(truncatingIfNeeded: reader.zigzag())
        return NumberedContext(
            number: number,
            context: Context(
                process: process, processID: processID, user: reader.string(), host: reader.string(),
                purpose: reader.string()))
    }
}
