// AUTOINCREMENT counters while operations are applied. Inserting a row moves a counter as it did in the application; what
// the log says about counters counts more, and is written at each consistent point.

import Vocabulary

/// Counters to be set: per table, nil for a table that has none.
struct Sequences {
    private var wanted: [String: Int64?] = [:]

    /// The log says so; the last word before a consistent point holds.
    mutating func set(_ table: String, _ value: Int64?) { wanted.updateValue(value, forKey: table) }

    /// The same, but a counter is not taken back: it stays where it is when the log's word is lower.
    /// - Returns: whether it stays.
    mutating func setAtLeast(_ table: String, _ value: Int64?, _ connection: Connection) throws(Failure) -> Bool {
        try keep(table, connection)
        if let now = wanted[table] ?? nil, now > value ?? .min { return true }
        set(table, value)
        return false
    }

    /// Undo puts rows back without moving the counter: notes what it is now, unless the log says something.
    mutating func keep(_ table: String, _ connection: Connection) throws(Failure) {
        guard wanted[table] == nil else { return }
        do throws(DatabaseError) {
            guard try Self.exist(connection),
                let now = try connection.integer("SELECT seq FROM sqlite_sequence WHERE name=?", connection.text(table))
            else { return }
            wanted[table] = now
        } catch {
            // Untested: SQLite fails here only when its disk or its memory does.
            throw error.failure
        }
    }

    /// Writes what is wanted.
    /// - Parameter keeping: whether it holds for the rest of the way as well. On the way back counters move by the log's
    ///   word only; on the way forth the rows to come move them.
    mutating func write(_ connection: Connection, keeping: Bool) throws(Failure) {
        guard !wanted.isEmpty else { return }
        do throws(DatabaseError) {
            guard try Self.exist(connection) else { return }
            for (table, value) in wanted {
                let name = connection.text(table)
                guard let value else {
                    try connection.run("DELETE FROM sqlite_sequence WHERE name=?", name)
                    continue
                }
                try connection.run("UPDATE sqlite_sequence SET seq=? WHERE name=?", .integer(value), name)
                if connection.changes == 0 {
                    try connection.run("INSERT INTO sqlite_sequence(name,seq) VALUES(?,?)", name, .integer(value))
                }
            }
        } catch {
            // Untested: SQLite fails here only when its disk or its memory does.
            throw error.failure
        }
        if !keeping { wanted.removeAll() }
    }

    /// The table appears with the first AUTOINCREMENT table of a database.
    private static func exist(_ connection: Connection) throws(DatabaseError) -> Bool {
        try connection.integer("SELECT 1 FROM sqlite_schema WHERE name='sqlite_sequence'") == 1
    }
}
