// A live database becomes what another one is: the last step of every way back that goes through an archive (invariant I6).

import Database
import Vocabulary

/// Compares a live database with a wanted one: first the structure, then table by table in key order.
struct Difference {
    /// Reads the live database beside the writer, so that it sees the rows as they were before the first step.
    private let reader: Connection
    private let structure: StructureDifference
    private let tables: [Table]
    /// Tables of virtual tables that the wanted database has in an older state than all others: what the live one holds stays.
    private let left: Set<String>
    /// Tables whose rows cannot be brought in, with the reasons in words: they stay as they are.
    let untouched: [String]

    /// - Parameter live: the database to be changed, on a connection of its own that only reads.
    init(live path: String, wanted: String, _ job: Job) throws {
        reader = try Connection(path, .read, busyTimeout: 5000, stop: job)
        let copy = try Connection(wanted, .read, busyTimeout: 1000, stop: job)
        // Nothing of what SQLite cannot read could be made again: healthy data are left alone.
        for side in [reader, copy] {
            guard let failure = try side.unreadableFailure() else { continue }
            // It says that the data are healthy: where pages are damaged, here or elsewhere, that is what is told.
            if let problem = try DatabaseCheck(.quick, limit: 1, ignoresRules: true).run(side, job).first {
                throw DatabaseError.damagedSchema(problem.message, in: side.path).failure
            }
            throw failure
        }
        let virtual = try VirtualTable.all(reader) + VirtualTable.all(copy)
        try reader.run("ATTACH ? AS wanted", reader.text(wanted))
        structure = try StructureDifference(reader, virtual)
        let schema = try Schema.read(copy)
        tables = schema.tables
        let outdated = try Capture.outdated(copy)
        left = Set(schema.virtualTables.filter { outdated.contains($0.name.lowercased()) }.flatMap(\.shadows).map { $0.lowercased() })
        untouched = schema.exclusions.filter(\.holdsRows).map { "the rows of the table '\($0.name)' were not brought in: \($0.reason)" }
    }

    /// Changes the live database within the transaction that the applier's connection is in.
    func apply(to connection: Connection, _ applier: Applier, _ job: Job) throws {
        try structure.begin(connection)
        try forEach(job, define: { applier.define($0) }) { (operation) throws(Failure) in try applier.apply(operation) }
        try applier.finish()
        try structure.complete(connection)
    }

    /// Gives out the definitions of all tables, then each step as an operation that turns the live row into the wanted one.
    private func forEach(_ job: Job, define: (TableDefinition) -> Void, step: (Operation) throws(Failure) -> Void) throws {
        try reader.transaction("DEFERRED") {
            for (index, table) in tables.enumerated() {
                let definition = table.definition(id: UInt32(index + 1))
                define(definition)
                if left.contains(table.name.lowercased()), !structure.remade.contains(table.name.lowercased()) { continue }
                job.report(Progress(phase: "Comparing", subject: table.name, unit: .records))
                try compare(definition, job, step)
            }
            try compareSequences(step)
        }
    }

    /// The AUTOINCREMENT counters that must change, after the rows that move them.
    private func compareSequences(_ step: (Operation) throws(Failure) -> Void) throws {
        for (index, table) in tables.enumerated() {
            let name = reader.text(table.name)
            let before = try counters("main") ? reader.integer("SELECT seq FROM main.sqlite_sequence WHERE name = ?", name) : nil
            let after = try counters("wanted") ? reader.integer("SELECT seq FROM wanted.sqlite_sequence WHERE name = ?", name) : nil
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
                        Operation(action: .saveSequence, time: 0, position: 0, table: UInt32(index + 1), old: old, new: new))
                }
            }
        }
    }

    /// Whether a database has AUTOINCREMENT counters.
    private func counters(_ schema: String) throws -> Bool {
        try reader.integer("SELECT 1 FROM \(schema).sqlite_schema WHERE name = 'sqlite_sequence'") != nil
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
        // A table made anew has no rows: all the wanted ones are added.
        func nothing(_ names: [String]) -> String { names.map { _ in "NULL" }.joined(separator: ",") }
        let additions = "SELECT \(nothing(keys)), \(list("w", keys))" + (columns.isEmpty ? "" : ", \(nothing(columns)), \(list("w", columns))")
        let statements = structure.remade.contains(table.name.lowercased()) ? ["\(additions) FROM wanted.\(name) AS w"] : [
            "\(select) FROM main.\(name) AS l LEFT JOIN wanted.\(name) AS w ON \(same)",
            "\(select) FROM wanted.\(name) AS w LEFT JOIN main.\(name) AS l ON \(same) WHERE l.\(keys[0]) IS NULL",
        ]
        var rows = Rows(keyCount: keys.count, columnCount: columns.count)
        for sql in statements {
            let statement = try reader.prepare(sql)
            while try statement.step() {
                try rows.read(statement)
                if rows.count % 4096 == 0 {
                    try job.checkStop()  // Untested: for tables of more rows than tests compare.
                    job.report(done: rows.count)  // Untested: as above.
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
            }  // Untested: the loop ends only by returning.
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
