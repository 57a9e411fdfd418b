// A table that was made anew while its rows wait under a name of ours: the log says whether they stay or come anew.

import CSQLite
import Vocabulary

/// The table as it was, put aside empty-handed of indexes and triggers, beside the empty one that took its name.
struct FormerTable {
    private struct Object {
        let type: String
        let name: String
        let sql: String
    }

    private let name: String
    /// Where the rows are.
    private let aside: String
    /// What stood on the table, unless changes of their own say otherwise.
    private var dependents: [Object]
    /// Columns of the rows that stay, as they were called and are; nil when they must come from the log.
    private var columns: [(former: String, present: String)]?
    /// Columns of the same name.
    private let fitting: [(former: String, present: String)]
    private var isJournaled: Bool

    /// Whether the rows can stay.
    var keepsRows: Bool { columns != nil }

    /// Puts the table aside and makes it by `sql`, without rows, keeping its AUTOINCREMENT counter if it still has one.
    /// - Parameters:
    ///   - number: not used for another one in this transaction.
    ///   - isJournaled: its rows are in the log: they stay only when nothing but names changed, since the log would bring others
    ///     otherwise. Those of another table stay as far as they fit.
    ///   - isEmpty: its rows are not known any more.
    init(
        _ name: String, _ sql: String, number: Int, isJournaled: Bool, isEmpty: Bool, _ connection: Connection
    ) throws(DatabaseError) {
        self.name = name
        self.isJournaled = isJournaled
        aside = "\(Schema.prefix)former_\(number)"
        dependents = try Self.dependents(of: name, connection)
        let former = try Self.table(name, connection)
        let counter = try Self.counter(name, sql, connection)
        for object in dependents { try connection.drop(object.type, object.name) }
        // Triggers of ours name columns of the former table: they are written anew with the next log.
        dependents.removeAll { Schema.isOurs($0.name) }
        try Self.rename(name, to: aside, connection)
        try StructureText.create("table", name, sql, connection)
        if let counter {
            try connection.run("INSERT INTO sqlite_sequence(name,seq) VALUES(?,?)", connection.text(name), .integer(counter))
        }
        let present = try Self.table(name, connection)
        columns = isEmpty ? nil : Self.columns(from: former, to: present, isJournaled: isJournaled)
        fitting = Self.columns(from: former, to: present, isJournaled: false) ?? []
        // Found out now, while all of it can be taken back: no row could be put in.
        let refusal = try connection.asRedoWrites { () throws(DatabaseError) in try Schema.refusal(connection, present) }
        if let refusal { throw refusal }
        for object in dependents where object.type == "index" {
            // One that does not fit any more has a change of its own.
            do throws(DatabaseError) { _ = try connection.prepare(object.sql) } catch {
                if error.endsAll || ForeignFunction.isForeign(error) { throw error }
            }
        }
    }

    /// No rows follow from the log: those that the table had stay as far as they fit.
    mutating func keepWhatFits() {
        if columns == nil { columns = fitting }
        isJournaled = false
    }

    /// A change of its own speaks of this object: it is not put back.
    mutating func forget(_ type: String, _ name: String) {
        dependents.removeAll { $0.type == type && $0.name.lowercased() == name.lowercased() }
    }

    /// Brings the rows over, where they can stay.
    func carry(_ connection: Connection) throws(DatabaseError) {
        guard let columns, !columns.isEmpty else { return }
        let former = columns.map { SQLText.quoted($0.former) }.joined(separator: ",")
        let present = columns.map { SQLText.quoted($0.present) }.joined(separator: ",")
        // Where the log knows nothing of the rows, a rule that some of them break leaves the others.
        try connection.execute(
            """
            INSERT OR \(isJournaled ? "ABORT" : "IGNORE") INTO main.\(SQLText.quoted(name))(\(present)) \
            SELECT \(former) FROM main.\(SQLText.quoted(aside)) NOT INDEXED
            """)
    }

    /// The table is as it has to be: what stood on it is put back, and the former one goes.
    func close(_ connection: Connection) throws(DatabaseError) {
        try discard(connection)
        for object in dependents { try StructureText.create(object.type, object.name, object.sql, connection) }
    }

    /// The former table goes.
    func discard(_ connection: Connection) throws(DatabaseError) {
        try connection.execute("DROP TABLE IF EXISTS main.\(SQLText.quoted(aside))")
    }

    // MARK: Columns

    private static func columns(from former: Table, to table: Table, isJournaled: Bool) -> [(former: String, present: String)]? {
        let old = former.columns.filter { !$0.isGenerated }
        let new = table.columns.filter { !$0.isGenerated }
        var pairs: [(former: String, present: String)]
        if former.isWithoutRowid == table.isWithoutRowid, (former.rowidColumn == nil) == (table.rowidColumn == nil), isRenaming(old, new) {
            pairs = zip(old, new).map { ($0.name, $1.name) }
        } else if isJournaled {
            return nil
        } else {
            pairs = new.compactMap { column in
                old.first { $0.name.lowercased() == column.name.lowercased() }.map { ($0.name, column.name) }
            }
        }
        if !pairs.isEmpty, former.rowidColumn == nil, table.rowidColumn == nil, let before = former.rowidName, let after = table.rowidName {
            pairs.append((before, after))
        }
        return pairs
    }

    /// Whether each column is in its place, at most under another name. A name that another column had, or a column that is otherwise in
    /// more than its name, tells of columns that were dropped and added.
    private static func isRenaming(_ old: [Table.Column], _ new: [Table.Column]) -> Bool {
        guard old.count == new.count else { return false }
        let names = Set(old.map { $0.name.lowercased() })
        return zip(old, new).allSatisfy { before, after in
            guard before.keyPosition == after.keyPosition, before.type == after.type else { return false }
            if before.name.lowercased() == after.name.lowercased() { return true }
            return before.isNotNull == after.isNotNull && before.defaultText == after.defaultText && !names.contains(after.name.lowercased())
        }
    }

    // MARK: Reading and moving

    /// The table of this name, or one without columns.
    static func table(_ name: String, _ connection: Connection) throws(DatabaseError) -> Table {
        let isWithoutRowid = try connection.integer(
            "SELECT wr FROM pragma_table_list(?) WHERE schema='main'", connection.text(name)) == 1
        var table = Table(
            name: name, sql: "", schemaRow: 0, isWithoutRowid: isWithoutRowid, isStrict: false, isShadow: false, columns: [], hasIndex: false)
        try table.readColumns(connection, Table.indexTexts(connection))
        return table
    }

    private static func counter(_ name: String, _ sql: String, _ connection: Connection) throws(DatabaseError) -> Int64? {
        let hasCounters = try connection.integer("SELECT 1 FROM sqlite_schema WHERE name='sqlite_sequence'") == 1
        guard hasCounters, SQLText.tokens(sql).contains(where: { $0.lowercased == "autoincrement" }) else { return nil }
        return try connection.integer("SELECT seq FROM sqlite_sequence WHERE name=? COLLATE NOCASE", connection.text(name))
    }

    /// Renames nothing but the table: what names it elsewhere goes on naming what has that name then.
    static func rename(_ name: String, to aside: String, _ connection: Connection) throws(DatabaseError) {
        var wasLegacy: Int32 = 0
        let code = csqlite_db_config(connection.handle, SQLITE_DBCONFIG_LEGACY_ALTER_TABLE, -1, &wasLegacy)
        guard code == SQLITE_OK else { throw connection.error(code) }
        try connection.configure(SQLITE_DBCONFIG_LEGACY_ALTER_TABLE, true)
        // Putting a switch back cannot fail where setting it did not.
        defer { try? connection.configure(SQLITE_DBCONFIG_LEGACY_ALTER_TABLE, wasLegacy != 0) }
        try connection.execute("ALTER TABLE main.\(SQLText.quoted(name)) RENAME TO \(SQLText.quoted(aside))")
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
}
