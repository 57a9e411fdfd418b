// The tables of a database, read from its schema: which can be journaled, and why others cannot.

import CSQLite
import Vocabulary

/// What a database consists of, as far as capture is concerned.
public struct Schema: Sendable {
    /// A table that is not journaled, and the reason in words.
    public struct Exclusion: Sendable, Hashable {
        public var name: String
        public var reason: String
        /// Its rows are in no other table. A virtual table's are in its shadow tables.
        public var holdsRows = true
        /// This program cannot write it (1527): a function or collation is missing, or SQLite is too old.
        public var isForeign = false
    }

    /// Something of the schema that this program cannot read (1524) or write (1527).
    public struct Unsupported: Sendable, Hashable {
        /// The table or view that it is or belongs to.
        public var table: String
        /// What it is and why, with the error code.
        public var words: String
    }

    /// Tables that can be journaled, by name.
    public var tables: [Table] = []
    /// Everything else that holds or seems to hold rows.
    public var exclusions: [Exclusion] = []
    public var virtualTables: [VirtualTable] = []
    /// What this program cannot read or write, objects that cannot be read first.
    public var unsupported: [Unsupported] = []
    /// Why it is not some newer SQLite's but damage, in words; nil when it is not.
    public var damage: String?

    /// Names that begin so are ours.
    public static let prefix = "_msc_"

    public static func isOurs(_ name: String) -> Bool { name.lowercased().hasPrefix(prefix) }

    /// Reads the schema of the main database.
    public static func read(_ connection: Connection) throws(DatabaseError) -> Schema {
        var schema = Schema()
        let unreadable = try connection.unreadableObjects()
        if !unreadable.isEmpty { schema.damage = try connection.schemaDamage() }
        for object in unreadable where !isOurs(object.name) {
            let place = object.table == object.name ? "" : " of '\(object.table)'"
            let words = "error \(ErrorCode.schemaUnreadable.rawValue), SQLite \(UnreadableObject.sqliteVersion) cannot read "
                + "the \(object.type) '\(object.name)'\(place)"
            schema.unsupported.append(Unsupported(table: object.table, words: words))
        }
        schema.virtualTables = try VirtualTable.all(connection)
        let shadows = Set(schema.virtualTables.flatMap(\.shadows).map { $0.lowercased() })
        try connection.asRedoWrites { () throws(DatabaseError) in try schema.readTables(connection, unreadable, shadows) }
        for table in unreadable where table.type == "table" && !isOurs(table.name) {
            schema.exclusions.append(
                Exclusion(name: table.name, reason: "SQLite \(UnreadableObject.sqliteVersion) cannot read it", isForeign: true))
        }
        let temporary = try connection.prepare("SELECT name FROM temp.sqlite_schema WHERE type='table'")
        while try temporary.step() {
            schema.exclusions.append(Exclusion(name: temporary.string(0), reason: "it is temporary"))
        }
        return schema
    }

    /// Tables, within `asRedoWrites`.
    private mutating func readTables(_ connection: Connection, _ unreadable: [UnreadableObject], _ shadows: Set<String>) throws(DatabaseError) {
        let indexes = try Table.indexTexts(connection)
        let list = try connection.prepare(
            """
            SELECT l.name, l.type, l.wr, l.strict, s.sql, s.rowid FROM pragma_table_list AS l
            JOIN main.sqlite_schema AS s ON s.name = l.name AND s.type = 'table'
            WHERE l.schema = 'main' ORDER BY l.name
            """)
        while try list.step() {
            let name = list.string(0)
            if Schema.isOurs(name) || name.lowercased().hasPrefix("sqlite_") { continue }
            let kind = list.string(1)
            if kind == "virtual" {
                let table = virtualTables.first { $0.name == name } ?? VirtualTable(name: name, sql: list.string(4))
                exclusions.append(Exclusion(name: name, reason: table.remark, holdsRows: false))
                continue
            }
            var table = Table(
                name: name, sql: list.string(4), schemaRow: list.integer(5), isWithoutRowid: list.integer(2) != 0,
                isStrict: list.integer(3) != 0, isShadow: shadows.contains(name.lowercased()), columns: [], hasIndex: false)
            try table.readColumns(connection, indexes)
            if let obstacle = table.obstacle {
                exclusions.append(Exclusion(name: name, reason: obstacle))
            } else if let index = unreadable.first(where: { $0.type == "index" && $0.table.lowercased() == name.lowercased() }) {
                // Written without it, the index would not hold the table's rows any more.
                exclusions.append(
                    Exclusion(name: name, reason: "SQLite \(UnreadableObject.sqliteVersion) cannot read its index '\(index.name)'", isForeign: true))
            } else if let refusal = try Schema.refusal(connection, table) {
                exclusions.append(
                    Exclusion(name: name, reason: "it cannot be written without the application: \(refusal.message)", isForeign: true))
                let words = "error \(ErrorCode.tableNotWritable.rawValue), msc cannot write the table '\(name)': \(refusal.message)"
                unsupported.append(Unsupported(table: name, words: words))
            } else {
                tables.append(table)
            }
        }
    }

    /// Why this program could not write rows of the table back: functions or collations that only the application, or a newer SQLite, has. Within
    /// `asRedoWrites`.
    static func refusal(_ connection: Connection, _ table: Table) throws(DatabaseError) -> DatabaseError? {
        // Every column is named: a DEFAULT is not asked for either.
        let name = SQLText.quoted(table.name)
        let columns = ((table.rowidName.map { $0 == table.rowidColumn ? SQLText.quoted($0) : $0 }).map { [$0] } ?? [])
            + table.imageColumns.map { SQLText.quoted($0.name) }
        let places = columns.map { _ in "?" }.joined(separator: ",")
        var statements = ["INSERT INTO main.\(name)(\(columns.joined(separator: ","))) VALUES(\(places))", "DELETE FROM main.\(name) WHERE 1"]
        statements += ["UPDATE main.\(name) SET \(columns.map { "\($0)=?" }.joined(separator: ","))", "SELECT * FROM main.\(name)"]
        for sql in statements {
            do {
                _ = try connection.prepare(sql)
            } catch {
                if error.endsAll { throw error }
                return error
            }
        }
        return nil
    }

    public func table(named name: String) -> Table? { tables.first { $0.name.lowercased() == name.lowercased() } }
}

extension Connection {
    /// Runs `body` with triggers off, CHECK ignored, and a virtual table's own tables writable, as redo and undo run: what these need does not
    /// matter then. Once for many tables: each switch makes SQLite go through all statements that are there.
    func asRedoWrites<Result>(_ body: () throws(DatabaseError) -> Result) throws(DatabaseError) -> Result {
        let ignores = try integer("PRAGMA ignore_check_constraints") ?? 0
        try execute("PRAGMA ignore_check_constraints=ON")
        var hadTriggers: Int32 = 1
        csqlite_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, -1, &hadTriggers)
        // Putting a switch back cannot fail where setting it did not.
        defer {
            try? configure(SQLITE_DBCONFIG_ENABLE_TRIGGER, hadTriggers != 0)
            try? execute("PRAGMA ignore_check_constraints=\(ignores)")
        }
        try configure(SQLITE_DBCONFIG_ENABLE_TRIGGER, false)
        return try undefended(body)
    }
}

extension Table {
    /// The statements of the indexes that have one, by the bytes of their names: in one pass, since SQLite has no index over its schema.
    static func indexTexts(_ connection: Connection) throws(DatabaseError) -> [[UInt8]: String] {
        let select = try connection.prepare("SELECT name,sql FROM main.sqlite_schema WHERE type='index' AND sql IS NOT NULL")
        var found: [[UInt8]: String] = [:]
        while try select.step() { found[Array(select.string(0).utf8)] = select.string(1) }
        return found
    }

    /// - Parameter texts: `indexTexts`, or some that hold those of this table.
    mutating func readColumns(_ connection: Connection, _ texts: [[UInt8]: String]) throws(DatabaseError) {
        let info = try connection.prepare("PRAGMA main.table_xinfo(\(SQLText.quoted(name)))")
        while try info.step() {
            columns.append(
                Column(
                    name: info.string(1), type: info.string(2), isNotNull: info.integer(3) != 0,
                    defaultText: info.isNull(4) ? nil : info.string(4), keyPosition: Int(info.integer(5)),
                    isGenerated: info.integer(6) >= 2))
        }
        var indexes: [(name: String, isUnique: Bool, origin: String)] = []
        let list = try connection.prepare("PRAGMA main.index_list(\(SQLText.quoted(name)))")
        while try list.step() { indexes.append((list.string(1), list.integer(2) != 0, list.string(3))) }
        hasIndex = !indexes.isEmpty
        hasConstraintIndex = indexes.contains { $0.origin != "c" }
        if !isWithoutRowid {
            // A single-column primary key without an index of its own is the rowid.
            if keyColumns.count == 1, !indexes.contains(where: { $0.origin == "pk" }) { rowidColumn = keyColumns[0].name }
            let taken = Set(columns.map { $0.name.lowercased() })
            rowidName = rowidColumn ?? ["_rowid_", "oid", "rowid"].first { !taken.contains($0) }
        }
        for index in indexes where index.isUnique {
            uniques.append(try readUnique(connection, index.name, origin: index.origin, texts))
        }
        if uniques.contains(where: { $0.terms.contains { $0.column == nil } || $0.condition != nil })
            || uniques.contains(where: { unique in columns.contains { $0.isGenerated && unique.terms.map(\.column).contains($0.name) } })
        {
            generated = SQLText.generatedColumns(sql)
        }
    }

    private func readUnique(_ connection: Connection, _ index: String, origin: String, _ texts: [[UInt8]: String]) throws(DatabaseError) -> Unique {
        // An index of a constraint has no statement of its own.
        let parts: (terms: [String], condition: String?) = texts[Array(index.utf8)].map(SQLText.index) ?? ([], nil)
        var unique = Unique(terms: [], condition: parts.condition, isPrimaryKey: origin == "pk", isDroppable: origin == "c")
        let info = try connection.prepare("PRAGMA main.index_xinfo(\(SQLText.quoted(index)))")
        while try info.step() {
            guard info.integer(5) != 0 else { continue }
            let position = unique.terms.count
            let column = info.integer(1) == -2 ? nil : info.integer(1) == -1 ? rowidName : info.string(2)
            unique.terms.append(
                Unique.Term(
                    column: column,
                    text: column.map(SQLText.quoted) ?? "(" + (position < parts.terms.count ? parts.terms[position] : "NULL") + ")",
                    collation: info.isNull(4) ? "BINARY" : info.string(4)))
        }
        return unique
    }
}
