// Our triggers in the schema: written and removed all at once. CREATE TRIGGER and DROP TRIGGER go through the whole schema table each
// time, so that a database of ten thousand tables would take minutes.

import CSQLite
import Vocabulary

extension Capture {
    /// Writes `_msc_z` anew and creates the triggers of these tables. None stands on a table of a virtual table's own: SQLite refuses
    /// every statement of a defensive connection then, and newer ones recurse without end when FTS5 writes.
    static func installTriggers(_ connection: Connection, _ tables: [(Table, UInt32)], width: Int) throws(DatabaseError) {
        let tables = tables.filter { !$0.0.isShadow }
        for name in try names(connection, "table") where name.hasPrefix(Outbox.names) {
            try connection.execute("DROP TABLE main.\(SQLText.quoted(name))")
        }
        let groups = NameGroup.groups(tables.map(\.0))
        for group in groups { try connection.execute(group.create) }
        var groupOf: [String: String] = [:]
        for group in groups { for table in group.tables { groupOf[table] = group.name } }
        try create(connection, tables) { table, id throws(DatabaseError) in
            try triggerText(connection, table, id, width: width, names: groupOf[table.name]).statements()
        }
    }

    /// Creates the triggers that refuse every change of these tables, where triggers of ours may stand.
    static func installRefusal(_ connection: Connection, _ tables: [(Table, UInt32)]) throws(DatabaseError) {
        try create(connection, tables) { table, id throws(DatabaseError) in
            try triggerText(connection, table, id, width: 1, names: nil).refusal()
        }
    }

    static func dropTriggers(_ connection: Connection) throws(DatabaseError) {
        guard try !names(connection, "trigger").isEmpty else { return }
        try editSchema(connection) { () throws(DatabaseError) in
            try connection.execute("DELETE FROM main.sqlite_schema WHERE type='trigger' AND name LIKE '\\_msc\\_%' ESCAPE '\\'")
        }
    }

    private static func create(
        _ connection: Connection, _ tables: [(Table, UInt32)], _ statements: (Table, UInt32) throws(DatabaseError) -> [String]
    ) throws(DatabaseError) {
        var rows: [(name: String, table: String, sql: String)] = []
        for (table, id) in tables where !table.isShadow {
            for sql in try statements(table, id) { rows.append((TriggerText.name(of: sql), table.name, sql)) }
        }
        guard !rows.isEmpty else { return }
        try editSchema(connection) { () throws(DatabaseError) in
            let insertion = try connection.prepare(
                "INSERT INTO main.sqlite_schema(type,name,tbl_name,rootpage,sql) VALUES('trigger',?,?,0,?)")
            for row in rows {
                try insertion.bind([connection.text(row.name), connection.text(row.table), connection.text(row.sql)])
                _ = try insertion.step()
                insertion.reset()
            }
        }
    }

    /// Changes the schema table itself, within the caller's write transaction: the rows are those that CREATE TRIGGER would write. SQLite
    /// reads the whole schema anew before this returns, and an error there, as any other, undoes all of it with the transaction.
    private static func editSchema(_ connection: Connection, _ body: () throws(DatabaseError) -> Void) throws(DatabaseError) {
        connection.forgetStatements()
        try connection.undefended { () throws(DatabaseError) in
            try connection.execute("PRAGMA writable_schema=ON")
            do throws(DatabaseError) {
                try body()
                try connection.countSchemaChange()
            } catch {
                // The first error is the one to report.
                try? connection.resetSchema()
                throw error
            }
        }
        try connection.execute("SELECT 1 FROM main.sqlite_schema LIMIT 1")
    }

    /// The texts of the application's triggers, by the name of their table in lower case as SQLite makes it.
    static func foreignTriggers(_ connection: Connection) throws(DatabaseError) -> [String: [String]] {
        let select = try connection.prepare(
            "SELECT lower(tbl_name),sql FROM main.sqlite_schema WHERE type='trigger' AND name NOT LIKE '\\_msc\\_%' ESCAPE '\\'")
        var found: [String: [String]] = [:]
        while try select.step() { found[select.string(0), default: []].append(select.string(1)) }
        return found
    }
}
