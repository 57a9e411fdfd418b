// Whether a table still is what the log's definition says, before its first row is touched; and the small pieces of SQL
// text that applying needs.

import CSQLite
import Vocabulary

/// Compares a definition with the table in the database.
enum TableShape {
    /// Throws 1509 when the table is missing or its columns are others.
    /// - Returns: for a WITHOUT ROWID table the collation of each key column, in key order.
    static func check(_ definition: TableDefinition, _ connection: Connection) throws -> [String] {
        let name = connection.text(definition.name)
        let isWithoutRowid = try connection.integer(
            "SELECT wr FROM pragma_table_list(?) WHERE schema='main' AND type<>'view' AND type<>'virtual'", name)
        guard let isWithoutRowid else { throw changed(definition, "it does not exist") }
        guard (isWithoutRowid == 1) == definition.isWithoutRowid else {
            throw changed(definition, "its rows are addressed in another way")
        }
        var present: Set<String> = []
        var allNames: Set<String> = []
        let columns = try connection.prepare("SELECT name, hidden FROM pragma_table_xinfo(?)")
        try columns.bind(1, name)
        while try columns.step() {
            allNames.insert(columns.string(0).lowercased())
            if columns.integer(1) == 0 { present.insert(columns.string(0).lowercased()) }
        }
        let expected = definition.columns.map(\.name) + (definition.rowidColumn.map { [$0] } ?? [])
        guard Set(expected.map { $0.lowercased() }) == present, expected.count == present.count else {
            throw changed(definition, "its columns are others")
        }
        if definition.isWithoutRowid {
            let collations = try keyCollations(definition, connection)
            guard !collations.isEmpty, collations.count == definition.keyColumns.count else {
                throw changed(definition, "its key is another")
            }
            return collations
        }
        // The name must mean the rowid: the declared one, or one of SQLite's own that no column hides.
        let rowid = definition.rowidName?.lowercased() ?? ""
        let isFree = ["_rowid_", "oid", "rowid"].contains(rowid) && !allNames.contains(rowid)
        guard isFree || definition.rowidColumn?.lowercased() == rowid else {
            throw changed(definition, "its rowid cannot be addressed")
        }
        return []
    }

    /// The primary key of a WITHOUT ROWID table may use other collations than its columns.
    private static func keyCollations(_ definition: TableDefinition, _ connection: Connection) throws -> [String] {
        let select = try connection.prepare(
            """
            SELECT x.name, x.coll FROM pragma_index_list(?1) AS l, pragma_index_xinfo(l.name) AS x
            WHERE l.origin='pk' AND x.key=1 ORDER BY x.seqno
            """)
        try select.bind(1, connection.text(definition.name))
        var found: [(name: String, collation: String)] = []
        while try select.step() { found.append((select.string(0).lowercased(), select.string(1))) }
        let names = definition.keyColumns.map { definition.columns[$0].name.lowercased() }
        return found.map(\.name) == names ? found.map(\.collation) : []
    }

    private static func changed(_ definition: TableDefinition, _ what: String) -> Failure {
        Failure(
            .structureChanged, "the table '\(definition.name)' is not the one that the log describes", cause: what,
            hint: "Choose a point after the change of structure, or start from a backup that was made before it.")
    }
}
