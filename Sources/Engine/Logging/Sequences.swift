// The AUTOINCREMENT counters of a database.

import Database

enum Sequences {
    /// The tables that have a counter now.
    static func tables(_ connection: Connection) throws(DatabaseError) -> [String] {
        guard try connection.integer("SELECT 1 FROM main.sqlite_schema WHERE name = 'sqlite_sequence'") != nil else { return [] }
        let select = try connection.prepare("SELECT name FROM main.sqlite_sequence WHERE name NOT LIKE '\\_msc\\_%' ESCAPE '\\'")
        var names: [String] = []
        while try select.step() { names.append(select.string(0)) }
        return names
    }
}
