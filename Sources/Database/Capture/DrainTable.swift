// What a drain knows about one definition: how its outbox rows read, and where its rows are now.

import Vocabulary

/// A definition during a drain.
struct DrainTable {
    let definition: TableDefinition
    let family: UInt32
    /// Values in an image row and in a key row of the outbox.
    let imageCount: Int
    let keyCount: Int
    let keyColumns: [Int]
    /// The sink knows the definition already.
    var isDefined = false

    init(_ stored: StoredDefinition) {
        definition = stored.definition
        family = stored.family
        keyColumns = definition.keyColumns
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

    /// Appends a row's key and image to the buffer. For WITHOUT ROWID tables the key follows the image.
    @inline(__always)
    func place(_ observation: inout Observation, imageFrom start: Int, in bytes: inout ValueBuffer) -> Bool {
        if !definition.isWithoutRowid {
            let end = bytes.bytes.withUnsafeBytes { base -> Int in
                var cursor = ValueCursor(UnsafeRawBufferPointer(rebasing: base[start...]))
                guard case .integer = cursor.next() else { return -1 }
                return start + cursor.offset
            }
            guard end >= 0 else { return false }
            observation.keyStart = start
            observation.keyEnd = end
            observation.imageStart = end
            observation.imageEnd = bytes.count
            return true
        }
        observation.imageStart = start
        observation.imageEnd = bytes.count
        var places: [(Int, Int)] = []
        bytes.bytes.withUnsafeBytes { base in
            var cursor = ValueCursor(UnsafeRawBufferPointer(rebasing: base[start...]))
            var all: [(Int, Int)] = []
            while true {
                let from = cursor.offset
                guard cursor.next() != nil else { break }
                all.append((start + from, start + cursor.offset))
            }
            for column in keyColumns where column < all.count { places.append(all[column]) }
        }
        guard places.count == keyColumns.count else { return false }
        observation.keyStart = bytes.count
        for (from, to) in places {
            let value = Array(bytes.bytes[from..<to])
            value.withUnsafeBytes { bytes.append(encoded: $0) }
        }
        observation.keyEnd = bytes.count
        return true
    }
}
