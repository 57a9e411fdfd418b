// Values that depend on the version of SQLite that computed them: the text of a REAL in a generated column or an index.

public import Vocabulary

/// SQLite writes a REAL as text with 15 digits, newer versions with more where 15 do not read back as the same number. A row that this
/// program wrote then holds another text in a generated column, or in an index on an expression, than the application's SQLite
/// computes, which calls the database inconsistent.
public enum RealText {
    /// Tables with such rows, and how many rows there are: each has a REAL whose 15 digits do not read back as the same number, in a column that
    /// the expression of a generated column or of an index turns into text.
    ///
    /// Reads the tables that have such an expression, and no other. Ends with error 1406 on Stop.
    public static func doubtful(_ connection: Connection, _ job: Job) throws(Failure) -> [(table: String, rows: Int64)] {
        try connection.stopping(with: job) { () throws(DatabaseError) in
            var found: [(table: String, rows: Int64)] = []
            for table in try Schema.read(connection).tables {
                let conditions = try expressions(table, connection).compactMap { condition($0.value, where: $0.condition, table) }
                if conditions.isEmpty { continue }
                let count = try connection.integer(
                    "SELECT count(*) FROM main.\(SQLText.quoted(table.name)) NOT INDEXED WHERE \(conditions.joined(separator: " OR "))") ?? 0
                if count > 0 { found.append((table.name, count)) }
            }
            return found
        }
    }

    /// The expressions whose values are stored, with the condition of a partial index.
    private static func expressions(_ table: Table, _ connection: Connection) throws(DatabaseError) -> [(value: String, condition: String?)] {
        var all: [(value: String, condition: String?)] = SQLText.generatedColumns(table.sql).values.map { ($0, nil) }
        let select = try connection.prepare("SELECT sql FROM main.sqlite_schema WHERE type='index' AND tbl_name=? COLLATE NOCASE AND sql IS NOT NULL")
        try select.bind(1, connection.text(table.name))
        while try select.step() {
            let index = SQLText.index(select.string(0))
            all += index.terms.map { ($0, index.condition) }
        }
        return all
    }

    /// True for a doubtful row; nil for an expression that names no column, or that is a column.
    private static func condition(_ expression: String, where condition: String?, _ table: Table) -> String? {
        let names = table.columns.filter { !$0.isGenerated }.map(\.name)
        let used = SQLText.columns(names, usedIn: expression)
        if used.isEmpty || SQLText.tokens(expression).count == 1 { return nil }
        let doubtful = used.sorted().map { SQLText.quoted($0) }.map { "(typeof(\($0))='real' AND CAST(CAST(\($0) AS TEXT) AS REAL)<>\($0))" }
        // The expression is asked for such rows alone: for those that a partial index leaves out it may be an error.
        let isIndexed = condition.map { " AND (\($0))" } ?? ""
        return "CASE WHEN (\(doubtful.joined(separator: " OR ")))\(isIndexed) THEN typeof(\(expression))='text' END"
    }
}
