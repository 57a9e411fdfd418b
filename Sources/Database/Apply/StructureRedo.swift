// Redo of changed structure: the statements that made tables, indexes, triggers and views, run again one at a time.

import CSQLite
import Vocabulary

/// What is redone, and how.
///
/// The values of a `structureChange` are type (`table`, `index`, `trigger`, `view`, `pragma`), name, the SQL before or null, the SQL after or
/// null, as in `sqlite_schema`, and for a renamed table the name before or null.
///
/// - Only after: the object is made. Only before: it is removed. What is so already (a table's indexes go with it, a virtual
///   table brings its shadow tables) is left.
/// - A number in the header (`pragma`: `user_version` or `application_id`, texts of numbers) is set.
/// - Index, trigger, view with other SQL: removed and made anew.
/// - Virtual table with other SQL: removed and made anew; its shadow tables have operations of their own.
/// - Table with other SQL: removed and made anew, empty, keeping its AUTOINCREMENT counter if it still has one; its rows must follow as a
///   `reload`. Until then no other operation may concern it and no consistent point may come: 1509. Its indexes and triggers
///   are put back at the reload, unless changes of their own said otherwise.
/// - Changes of tables come before changes of what stands on them.
/// - Objects that SQLite makes by itself (`sqlite_…`) are passed over.
///
/// Afterwards `sqlite_schema` must hold exactly the SQL of the log, otherwise 1509. The text comes from a file: it is run only
/// when it is one single statement that creates an object of its type.
struct StructureRedo {
    private struct Object {
        let type: String
        let name: String
        let sql: String
    }

    /// Tables made anew, in lower case, with what stood on them.
    private var emptied: [String: [Object]] = [:]

    /// Redoes one change.
    mutating func apply(_ operation: borrowing Operation, _ connection: Connection) throws(Failure) {
        var cursor = ValueCursor(operation.new)
        guard let values = cursor.rest(), values.count >= 4, let type = Self.text(values[0], connection),
            let name = Self.text(values[1], connection), ["table", "index", "trigger", "view", "pragma"].contains(type)
        else { throw Self.unclear(operation.number) }
        if name.lowercased().hasPrefix("sqlite_") { return }
        if type == "pragma" { return try Self.setNumber(name, Self.text(values[3], connection), operation.number, connection) }
        connection.forgetStatements()
        let after = Self.text(values[3], connection)
        let wasThere = values[2] != .null
        do throws(DatabaseError) {
            // What a change of its own speaks of is not put back at the reload.
            for table in emptied.keys {
                emptied[table]?.removeAll { $0.type == type && $0.name.lowercased() == name.lowercased() }
            }
            guard let after else {
                try Self.drop(type, name, connection)
                if type == "table" { emptied[name.lowercased()] = nil }
                return
            }
            if type == "table", values.count > 4, let former = Self.text(values[4], connection) {
                try Self.rename(former, to: name, connection)
            }
            let present = try connection.string(
                "SELECT sql FROM sqlite_schema WHERE type=? AND name=? COLLATE NOCASE", connection.text(type), connection.text(name))
            if type == "table", wasThere, present != after, !after.hasPrefix("CREATE VIRTUAL ") {
                emptied[name.lowercased()] = try Self.dependents(of: name, connection)
                try Self.remake(name, after, connection)
            } else if present != after {
                if wasThere { try Self.drop(type, name, connection) }
                try StructureText.create(type, name, after, connection)
            }
        } catch {
            throw Self.failure(error, type, name)
        }
    }

    /// The rows of a table follow: what stood on it is put back.
    mutating func reloaded(_ table: String, _ connection: Connection) throws(Failure) {
        guard let dependents = emptied.removeValue(forKey: table.lowercased()) else { return }
        for object in dependents {
            do throws(DatabaseError) { try StructureText.create(object.type, object.name, object.sql, connection) } catch {
                throw Self.failure(error, object.type, object.name)
            }
        }
    }

    /// A table that was made anew may be used when its rows have come.
    func checkUse(of table: String) throws(Failure) {
        if !emptied.isEmpty, emptied[table.lowercased()] != nil { throw Self.missingRows(table) }
    }

    /// A consistent point.
    func finish() throws(Failure) {
        if let table = emptied.keys.first { throw Self.missingRows(table) }
    }

    private static func setNumber(_ name: String, _ text: String?, _ operation: UInt64, _ connection: Connection) throws(Failure) {
        guard HeaderNumbers.names.contains(name), let value = text.flatMap({ Int32($0) }) else { throw Self.unclear(operation) }
        do throws(DatabaseError) { try connection.execute(HeaderNumbers.statement(name, Int64(value))) } catch { throw error.failure }
    }

    // MARK: Statements

    private static func drop(_ type: String, _ name: String, _ connection: Connection) throws(DatabaseError) {
        try connection.execute("DROP \(type.uppercased()) IF EXISTS main.\(SQLText.quoted(name))")
    }

    /// Renames a table that is still under its former name; its rows stay.
    private static func rename(_ former: String, to name: String, _ connection: Connection) throws(DatabaseError) {
        let find = "SELECT 1 FROM sqlite_schema WHERE type='table' AND name=? COLLATE NOCASE"
        guard try connection.integer(find, connection.text(former)) != nil, try connection.integer(find, connection.text(name)) == nil
        else { return }
        try connection.execute("ALTER TABLE main.\(SQLText.quoted(former)) RENAME TO \(SQLText.quoted(name))")
    }

    /// The table anew, without rows.
    private static func remake(_ name: String, _ sql: String, _ connection: Connection) throws(DatabaseError) {
        let hasCounters = try connection.integer("SELECT 1 FROM sqlite_schema WHERE name='sqlite_sequence'") == 1
        let counter = hasCounters && SQLText.tokens(sql).contains { $0.lowercased == "autoincrement" }
            ? try connection.integer("SELECT seq FROM sqlite_sequence WHERE name=? COLLATE NOCASE", connection.text(name)) : nil
        try drop("table", name, connection)
        try StructureText.create("table", name, sql, connection)
        if let counter {
            try connection.run("INSERT INTO sqlite_sequence(name,seq) VALUES(?,?)", connection.text(name), .integer(counter))
        }
    }

    /// Indexes and triggers of a table; those that belong to a constraint have no SQL and come with it.
    private static func dependents(of table: String, _ connection: Connection) throws(DatabaseError) -> [Object] {
        let select = try connection.prepare(
            """
            SELECT type, name, sql FROM sqlite_schema
            WHERE tbl_name=? COLLATE NOCASE AND type IN ('index','trigger') AND sql IS NOT NULL ORDER BY rowid
            """)
        try select.bind(1, connection.text(table))
        var found: [Object] = []
        while try select.step() {
            found.append(Object(type: select.string(0), name: select.string(1), sql: select.string(2)))
        }
        return found
    }

    // MARK: Words

    private static func text(_ value: Value, _ connection: Connection) -> String? {
        if case .text(let bytes) = value { connection.textEncoding.decode(bytes) } else { nil }
    }

    private static func unclear(_ operation: UInt64) -> Failure {
        Failure(
            .logDamaged, "operation \(operation) does not describe a change of structure",
            hint: "Check the log with 'msc log check'.")
    }

    private static func missingRows(_ table: String) -> Failure {
        Failure(
            .structureChanged, "the structure of the table '\(table)' changed and its rows do not follow",
            hint: "Start from a backup that was made after the change.")
    }

    private static func failure(_ error: DatabaseError, _ type: String, _ name: String) -> Failure {
        let named = ForeignFunction.failure(error, name)
        guard named == error.failure, error.code & 0xff == SQLITE_ERROR || error.isConstraint else { return named }
        return Failure(
            .structureChanged, "the \(type) '\(name)' cannot be made as the log describes it", cause: error.message,
            hint: "Start from a backup that was made after the change.")
    }
}
