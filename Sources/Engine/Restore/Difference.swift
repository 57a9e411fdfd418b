// What must be done to the rows of a live database so that they become those of another one: the last step of every way back
// that goes through an archive (invariant I6). Rows only; both databases must have the same structure.

import Database
import Vocabulary

/// Compares a live database with a wanted one, table by table in key order, and gives out the steps.
struct Difference {
    /// Reads the live database beside the writer, so that it sees the rows as they were before the first step.
    private let reader: Connection
    private let tables: [Table]

    /// - Parameter live: the database to be changed, on a connection of its own that only reads.
    /// - Throws: 1509 when the structures differ.
    init(live path: String, wanted: String) throws {
        reader = try Connection(path, .read, busyTimeout: 5000)
        try reader.run("ATTACH ? AS wanted", reader.text(wanted))
        for (schema, other) in [("main", "wanted"), ("wanted", "main")] {
            let differing = try reader.string(
                """
                SELECT group_concat(name, ', ') FROM (SELECT name FROM \(schema).sqlite_schema AS a
                WHERE \(Difference.isOfApplication("a")) AND NOT EXISTS (SELECT 1 FROM \(other).sqlite_schema AS b
                WHERE b.type = a.type AND b.name = a.name AND b.sql IS a.sql) ORDER BY name LIMIT 5)
                """)
            if let differing {
                throw Failure(
                    .structureChanged, "the structure of '\(path)' is not the one of that point: \(differing)",
                    hint: "Restore into a folder instead, or stop the programs that use the database and put the restored file in its place.")
            }
        }
        tables = try Schema.read(reader).tables
    }

    private static func isOfApplication(_ alias: String) -> String {
        "\(alias).name NOT LIKE '\\_msc\\_%' ESCAPE '\\' AND \(alias).name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    }

    /// Gives out the definitions of all tables, then each step as an operation that turns the live row into the wanted one.
    func forEach(
        _ job: Job, define: (TableDefinition) -> Void, step: (Operation, TableDefinition) throws(Failure) -> Void
    ) throws {
        try reader.transaction("DEFERRED") {
            for (index, table) in tables.enumerated() {
                let definition = table.definition(id: UInt32(index + 1))
                define(definition)
                job.report(Progress(phase: "Comparing", subject: table.name, unit: .records))
                try compare(definition, job) { operation throws(Failure) in try step(operation, definition) }
            }
            try compareSequences(step)
        }
    }

    /// The AUTOINCREMENT counters that must change, after the rows that move them.
    private func compareSequences(_ step: (Operation, TableDefinition) throws(Failure) -> Void) throws {
        guard try reader.integer("SELECT 1 FROM wanted.sqlite_schema WHERE name = 'sqlite_sequence'") != nil else { return }
        for (index, table) in tables.enumerated() {
            let name = reader.text(table.name)
            let before = try reader.integer("SELECT seq FROM main.sqlite_sequence WHERE name = ?", name)
            let after = try reader.integer("SELECT seq FROM wanted.sqlite_sequence WHERE name = ?", name)
            if before == nil, after == nil { continue }
            // Also where both are equal: putting rows back can move a counter.
            let values = [before, after].map { counter in
                var buffer = ValueBuffer()
                if let counter { buffer.append(integer: counter) } else { buffer.append(.null) }
                return buffer.bytes
            }
            try values[0].withUnsafeBytes { old in
                try values[1].withUnsafeBytes { new in
                    try step(
                        Operation(action: .saveSequence, time: 0, position: 0, table: UInt32(index + 1), old: old, new: new),
                        table.definition(id: UInt32(index + 1)))
                }
            }
        }
    }

    private func compare(_ table: TableDefinition, _ job: Job, _ step: (Operation) throws(Failure) -> Void) throws {
        let name = SQLText.quoted(table.name)
        let keys = table.rowidName.map { [SQLText.quoted($0)] } ?? table.keyColumns.map { SQLText.quoted(table.columns[$0].name) }
        let columns = table.columns.map { SQLText.quoted($0.name) }
        func list(_ alias: String, _ names: [String]) -> String { names.map { "\(alias).\($0)" }.joined(separator: ",") }
        // NULL never equals NULL, and key columns of WITHOUT ROWID tables are never NULL: "=" finds the same key.
        let same = keys.map { "l.\($0) = w.\($0)" }.joined(separator: " AND ")
        let select = "SELECT \(list("l", keys)), \(list("w", keys))" + (columns.isEmpty ? "" : ", \(list("l", columns)), \(list("w", columns))")
        // Rows of the live table with their wanted counterpart, then wanted rows that the live table lacks.
        let statements = [
            "\(select) FROM main.\(name) AS l LEFT JOIN wanted.\(name) AS w ON \(same)",
            "\(select) FROM wanted.\(name) AS w LEFT JOIN main.\(name) AS l ON \(same) WHERE l.\(keys[0]) IS NULL",
        ]
        var rows = Rows(keyCount: keys.count, columnCount: columns.count)
        for sql in statements {
            let statement = try reader.prepare(sql)
            while try statement.step() {
                try rows.read(statement)
                if rows.count % 4096 == 0 {
                    try job.checkStop()
                    job.report(done: rows.count)
                }
                try rows.steps(table.id, step)
            }
        }
    }
}

/// One pair of rows, live and wanted, in byte form.
private struct Rows {
    private let keys: Int
    private let columns: Int
    private(set) var count: UInt64 = 0
    private var liveKey = ValueBuffer()
    private var wantedKey = ValueBuffer()
    private var live = ValueBuffer()
    private var wanted = ValueBuffer()
    private var changes = ValueBuffer()
    private var hasLive = false
    private var hasWanted = false

    init(keyCount: Int, columnCount: Int) {
        keys = keyCount
        columns = columnCount
    }

    mutating func read(_ statement: Statement) throws {
        count += 1
        let k = Int32(keys)
        let c = Int32(columns)
        hasLive = !statement.isNull(0)
        hasWanted = !statement.isNull(k)
        for buffer in [\Rows.liveKey, \.wantedKey, \.live, \.wanted] { self[keyPath: buffer].removeAll() }
        statement.append(0..<k, to: &liveKey)
        statement.append(k..<2 * k, to: &wantedKey)
        statement.append(2 * k..<2 * k + c, to: &live)
        statement.append(2 * k + c..<2 * k + 2 * c, to: &wanted)
    }

    /// Nothing for equal rows; a deletion and an addition where the key is spelled differently.
    mutating func steps(_ table: UInt32, _ step: (Operation) throws(Failure) -> Void) throws(Failure) {
        if hasLive, hasWanted, liveKey.bytes == wantedKey.bytes {
            if live.bytes == wanted.bytes { return }
            markChanges()
            try give(.modification, table, liveKey, old: live, new: changes, step)
            return
        }
        if hasLive { try give(.deletion, table, liveKey, old: live, new: ValueBuffer(), step) }
        if hasWanted { try give(.addition, table, wantedKey, old: ValueBuffer(), new: wanted, step) }
    }

    /// The wanted row with `same` for the columns that are so already.
    private mutating func markChanges() {
        changes.removeAll()
        live.bytes.withUnsafeBytes { live in
            wanted.bytes.withUnsafeBytes { wanted in
                var old = ValueCursor(live)
                var new = ValueCursor(wanted)
                while true {
                    let (oldStart, newStart) = (old.offset, new.offset)
                    guard old.next() != nil, new.next() != nil else { return }
                    let before = UnsafeRawBufferPointer(rebasing: live[oldStart..<old.offset])
                    let after = UnsafeRawBufferPointer(rebasing: wanted[newStart..<new.offset])
                    if before.elementsEqual(after) { changes.appendSame() } else { changes.append(encoded: after) }
                }
            }
        }
    }

    private func give(
        _ action: Action, _ table: UInt32, _ key: ValueBuffer, old: ValueBuffer, new: ValueBuffer,
        _ step: (Operation) throws(Failure) -> Void
    ) throws(Failure) {
        try key.bytes.withUnsafeBufferPointer { (key) throws(Failure) in
            try old.bytes.withUnsafeBufferPointer { (old) throws(Failure) in
                try new.bytes.withUnsafeBufferPointer { (new) throws(Failure) in
                    try step(
                        Operation(
                            action: action, time: 0, position: 0, table: table, key: UnsafeRawBufferPointer(key),
                            old: UnsafeRawBufferPointer(old), new: UnsafeRawBufferPointer(new)))
                }
            }
        }
    }
}
