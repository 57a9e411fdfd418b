// What a drain knows about one definition: how its outbox rows read, and where its rows are now.

import Vocabulary

/// A definition during a drain.
final class DrainTable {
    let definition: TableDefinition
    let family: UInt32
    /// Values in an image row and in a key row of the outbox.
    let imageCount: Int
    let keyCount: Int
    let keyColumns: [Int]
    /// The sink knows the definition already.
    var isDefined = false
    private let isWithoutRowid: Bool

    init(_ stored: StoredDefinition) {
        definition = stored.definition
        family = stored.family
        keyColumns = definition.keyColumns
        isWithoutRowid = definition.isWithoutRowid
        imageCount = definition.columns.count + (definition.isWithoutRowid ? 0 : 1)
        keyCount = definition.isWithoutRowid ? keyColumns.count : 1
    }

    /// `SELECT` of the image columns, with `rest` behind the table's name.
    func select(_ rest: String) -> String {
        let rowid = definition.rowidName.map { [$0 == definition.rowidColumn ? SQLText.quoted($0) : $0] } ?? []
        let columns = rowid + definition.columns.map { SQLText.quoted($0.name) }
        return "SELECT \(columns.joined(separator: ",")) FROM main.\(SQLText.quoted(definition.name)) \(rest)"
    }

    /// Condition that finds the row under a key; under a collation it may find another one, whose bytes differ.
    func keyCondition(_ connection: Connection) throws(DatabaseError) -> String {
        if let name = definition.rowidName {
            return "WHERE \(name == definition.rowidColumn ? SQLText.quoted(name) : name)=?"
        }
        var collations: [String: String] = [:]
        let list = try connection.prepare("PRAGMA main.index_list(\(SQLText.quoted(definition.name)))")
        while try list.step() {
            guard list.string(3) == "pk" else { continue }
            let info = try connection.prepare("PRAGMA main.index_xinfo(\(SQLText.quoted(list.string(1))))")
            while try info.step() { collations[info.string(2)] = info.string(4) }
        }
        let terms = keyColumns.map { index -> String in
            let name = definition.columns[index].name
            return "\(SQLText.quoted(name))=? COLLATE \(SQLText.quoted(collations[name] ?? "BINARY"))"
        }
        return "WHERE " + terms.joined(separator: " AND ")
    }

    /// Finds key and image in a row that was appended to the buffer at `start`. For WITHOUT ROWID tables the key is appended.
    /// - Returns: false when the bytes are no row of this table.
    @inline(__always)
    func place(_ observation: inout Observation, imageFrom start: Int, in bytes: inout RowBuffer) -> Bool {
        let end = bytes.count
        guard end <= Int(Int32.max) - (1 << 20) else { return false }
        if !isWithoutRowid {
            var cursor = ValueCursor(bytes.slice(start, end))
            guard case .integer = cursor.next() else { return false }
            observation.keyStart = Int32(start)
            observation.keyEnd = Int32(start + cursor.offset)
            observation.imageStart = observation.keyEnd
            observation.imageEnd = Int32(end)
            return true
        }
        observation.imageStart = Int32(start)
        observation.imageEnd = Int32(end)
        observation.keyStart = Int32(end)
        for column in keyColumns {
            var cursor = ValueCursor(bytes.slice(start, end))
            for _ in 0..<column { _ = cursor.next() }
            let from = start + cursor.offset
            guard cursor.next() != nil else { return false }
            bytes.appendOwn(from, start + cursor.offset)
        }
        observation.keyEnd = Int32(bytes.count)
        return true
    }
}
