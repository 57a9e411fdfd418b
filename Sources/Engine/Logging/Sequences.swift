// The AUTOINCREMENT counters of a database.

import Database

enum Sequences {
    /// The tables that can have a counter, and perhaps some more.
    static func tables(_ connection: Connection) throws(DatabaseError) -> [String] {
        let select = try connection.prepare("SELECT name FROM main.sqlite_schema WHERE type = 'table' AND sql LIKE '%autoincrement%'")
        var names: [String] = []
        while try select.step() { names.append(select.string(0)) }
        return names
    }

    /// The counters of the application's tables now, by table.
    static func read(_ connection: Connection) throws(DatabaseError) -> [String: Int64] {
        guard try connection.integer("SELECT 1 FROM main.sqlite_schema WHERE name = 'sqlite_sequence'") != nil else { return [:] }
        let select = try connection.prepare(
            "SELECT name, seq FROM main.sqlite_sequence WHERE name NOT LIKE '\\_msc\\_%' ESCAPE '\\'")
        var counters: [String: Int64] = [:]
        while try select.step() { counters[select.string(0)] = select.integer(1) }
        return counters
    }
}
