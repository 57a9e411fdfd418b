// The structure of the application's data as SQL, ours left out: what a log that starts from a blank data file needs.

import Database
import Vocabulary

enum Structure {
    /// The statements that build the structure in an empty database, in an order in which they can run. Tables in which
    /// virtual tables keep their content are left out: those make them.
    static func sql(_ connection: Connection) throws(DatabaseError) -> [String] {
        let select = try connection.prepare(
            """
            SELECT sql FROM main.sqlite_schema
            WHERE sql IS NOT NULL AND name NOT LIKE '\\_msc\\_%' ESCAPE '\\' AND tbl_name NOT LIKE '\\_msc\\_%' ESCAPE '\\'
            AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
            AND name NOT IN (SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow')
            ORDER BY CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 WHEN 'view' THEN 2 ELSE 3 END, rowid
            """)
        var statements: [String] = []
        while try select.step() { statements.append(select.string(0)) }
        return statements + (try HeaderNumbers(connection).statements)
    }

    /// The most bytes of statements that a log carries: its header has to be read at once, and has room for the tables' definitions besides.
    static let mostBytes = 32 << 20

    /// What a log that follows a backup carries, which holds the whole structure itself: all statements, or where they are too large only those of
    /// virtual tables, which tell whoever reads the log what their tables are.
    static func carried(_ connection: Connection, most: Int = mostBytes) throws(DatabaseError) -> [String] {
        let all = try sql(connection)
        if fits(all, most) { return all }
        let virtual = all.filter { VirtualTable(statement: $0) != nil }
        return fits(virtual, most) ? virtual : []
    }

    /// Whether a log can begin without a backup: no table holds a row, and the log can carry the structure.
    static func canBeCarried(_ connection: Connection, most: Int = mostBytes) throws(DatabaseError) -> Bool {
        guard try isBlank(connection) else { return false }
        return try fits(sql(connection), most)
    }

    private static func fits(_ statements: [String], _ most: Int) -> Bool { statements.reduce(0) { $0 + $1.utf8.count + 8 } <= most }

    /// Whether no table of the application holds a row.
    static func isBlank(_ connection: Connection) throws(DatabaseError) -> Bool {
        for table in try Schema.read(connection).tables
        where try connection.prepare("SELECT 1 FROM main.\(SQLText.quoted(table.name)) LIMIT 1").step() {
            return false
        }
        return true
    }
}
