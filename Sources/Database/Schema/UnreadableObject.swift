// Objects of a schema that this version of SQLite cannot read: a newer one made them. They are no damage. The connection passes over
// them; here they are named, and what may be done with them is done.

import CSQLite
public import Vocabulary

/// A table, index, trigger or view whose statement SQLite does not understand.
public struct UnreadableObject: Sendable, Hashable {
    /// `table`, `index`, `trigger` or `view`.
    public var type: String
    public var name: String
    /// The table or view that it stands on; its own name for a table or view.
    public var table: String

    /// The version of SQLite that this program uses.
    public static var sqliteVersion: String { String(cString: sqlite3_libversion()) }

    /// Error 1524 about objects of the database at `path`.
    public static func failure(_ names: [String], in path: String, _ reason: String?) -> Failure {
        let list = names.prefix(5).map { "'\($0)'" }.joined(separator: ", ") + (names.count > 5 ? " and \(names.count - 5) more" : "")
        return Failure(
            .schemaUnreadable, "SQLite \(sqliteVersion) cannot read \(list) in the database '\(path)'", cause: reason,
            hint: "The data are not damaged: a newer SQLite made this. Backup, a restore into a folder and 'msc log stop' work; "
                + "for the rest use msc with a newer SQLite.")
    }
}

extension Connection {
    /// What SQLite cannot read in the schema of the main database, as it is now.
    public func unreadableObjects() throws(DatabaseError) -> [UnreadableObject] {
        guard passesOverUnreadableObjects else { return [] }
        let select = try prepare("SELECT type, name, tbl_name, sql FROM main.sqlite_schema WHERE sql IS NOT NULL OR type = 'index'")
        var all: [(object: UnreadableObject, sql: String)] = []
        while try select.step() {
            all.append((UnreadableObject(type: select.string(0), name: select.string(1), table: select.string(2)), select.string(3)))
        }
        let list = try prepare("SELECT name FROM pragma_table_list WHERE schema = 'main'")
        var known: Set<String> = []
        while try list.step() { known.insert(list.string(0)) }
        var unreadable: [UnreadableObject] = []
        let scratch = try Connection(":memory:", .create, stop: session.watch?.job)
        for (object, sql) in all {
            var isReadable = try isKnown(object, known)
            if isReadable, object.type == "view" { isReadable = try scratch.understands(sql) }
            if !isReadable { unreadable.append(object) }
        }
        return unreadable
    }

    /// Error 1524 when SQLite cannot read all of the schema, 1501 when that is damaged; nil otherwise.
    public func unreadableFailure() throws(DatabaseError) -> Failure? {
        let objects = try unreadableObjects()
        guard !objects.isEmpty else { return nil }
        if let damage = try schemaDamage() { return DatabaseError.damagedSchema(damage, in: path).failure }
        return UnreadableObject.failure(objects.map(\.name), in: path, unreadable?.reason)
    }

    /// Whether the syntax is known. SQLite makes a view of the beginning of a statement before it stumbles over the end.
    private func understands(_ sql: String) throws(DatabaseError) -> Bool {
        do throws(DatabaseError) {
            _ = try prepare(sql)
            return true
        } catch { return !ForeignFunction.isSyntax(error.message) }
    }

    private func isKnown(_ object: UnreadableObject, _ tables: Set<String>) throws(DatabaseError) -> Bool {
        switch object.type {
        case "table", "view": return tables.contains(object.name)
        case "index": return try integer("SELECT 1 FROM pragma_index_xinfo(?) LIMIT 1", text(object.name)) != nil
        default: break
        }
        // A statement that would drop a trigger can be compiled only when SQLite knows it.
        do {
            _ = try prepare("DROP \(object.type.uppercased()) main.\(SQLText.quoted(object.name))")
            return true
        } catch {
            if error.endsAll { throw error }
            return false
        }
    }

    /// Drops an object, within a write transaction; one that is not there is no error.
    ///
    /// A trigger or view that SQLite cannot read has no pages: its line in `sqlite_schema` goes. A table or an index that it
    /// cannot read stays.
    /// - Throws: an error whose failure is 1524 for such a table or index, and for a table with such an index.
    func drop(_ type: String, _ name: String) throws(DatabaseError) {
        let unreadable = try unreadableObjects()
        let wanted = name.lowercased()
        let mine = unreadable.filter { type == "table" && $0.table.lowercased() == wanted || $0.type == type && $0.name.lowercased() == wanted }
        for object in mine where object.type == "table" || object.type == "index" {
            throw DatabaseError(
                code: SQLITE_ERROR, message: "malformed database schema (\(object.name)) - this SQLite cannot drop it", path: path)
        }
        if mine.contains(where: { $0.type == type }) == false {
            try execute("DROP \(type.uppercased()) IF EXISTS main.\(SQLText.quoted(name))")
        }
        try removeLines(of: mine)
    }

    /// Takes triggers and views that SQLite cannot read out of `sqlite_schema`, within a write transaction. Other connections notice by the
    /// schema's version.
    func removeLines(of objects: [UnreadableObject]) throws(DatabaseError) {
        guard !objects.isEmpty else { return }
        try undefended { () throws(DatabaseError) in
            for object in objects where object.type == "trigger" || object.type == "view" {
                try run("DELETE FROM main.sqlite_schema WHERE type=? AND name=?", text(object.type), text(object.name))
            }
            try countSchemaChange()
        }
    }

    /// Puts a trigger or view that SQLite cannot read into `sqlite_schema`, within a write transaction: it has no pages, so its line is
    /// all there is of it.
    func addLine(_ object: UnreadableObject, sql: String) throws(DatabaseError) {
        try passOverUnreadableObjects()
        try undefended { () throws(DatabaseError) in
            try run(
                "INSERT INTO main.sqlite_schema(type,name,tbl_name,rootpage,sql) VALUES(?,?,?,0,?)", text(object.type), text(object.name),
                text(object.table), text(sql))
            try countSchemaChange()
        }
    }

    /// Ends a change of `sqlite_schema` itself: other connections, of any program, read the schema anew when its version is another.
    func countSchemaChange() throws(DatabaseError) {
        let version = try integer("PRAGMA main.schema_version") ?? 0
        // A defensive connection passes over it in silence.
        try undefended { () throws(DatabaseError) in try execute("PRAGMA main.schema_version=\(Int32(truncatingIfNeeded: version &+ 1))") }
        try resetSchema()
    }

    /// This connection forgets what it knew of the schema, and may not write `sqlite_schema` any more unless it passes over objects.
    func resetSchema() throws(DatabaseError) {
        try execute("PRAGMA writable_schema=RESET")
        if passesOverUnreadableObjects { try passOverUnreadableObjects() }
    }
}
