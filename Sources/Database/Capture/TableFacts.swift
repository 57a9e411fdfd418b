// What capture must know about a table beyond its columns. Read once, when triggers are written.

import CSQLite
import Vocabulary

extension Table {
    /// Fills `replacements`, `insertMayAbort`, `hasBeforeTrigger` and `largeColumns`.
    /// - Parameter triggers: the texts of the application's triggers on the table.
    mutating func readFacts(_ connection: Connection, triggers: [String]) throws(DatabaseError) {
        let words = Set(SQLText.tokens(sql).map(\.lowercased))
        for trigger in triggers where SQLText.tokens(trigger).contains(where: { $0.lowercased == "before" }) { hasBeforeTrigger = true }
        insertMayAbort =
            !triggers.isEmpty || isWithoutRowid || isStrict || !uniques.isEmpty || columns.contains { $0.isNotNull }
            || !words.isDisjoint(with: ["check", "references"])
        for column in columns where column.isNotNull && !column.isGenerated {
            guard let text = column.defaultText else { continue }
            replacements[column.name] = stored(text, in: column, connection)
        }
        for column in imageColumns where !(isWithoutRowid && column.keyPosition > 0) {
            if try isLarge(connection, column) { largeColumns.insert(column.name) }
        }
    }

    /// The default as the column would store it, so that expressions over it see the stored type.
    private func stored(_ text: String, in column: Column, _ connection: Connection) -> String {
        let words = Set(SQLText.tokens(text).map(\.lowercased))
        if words.contains(where: { $0.hasPrefix("current_") }) || words.contains("random") || words.contains("randomblob") { return text }
        let parenthesised = "(\(text))"
        do {
            let scratch = try Connection(":memory:", .create, stop: connection.session.watch?.job)
            // An expression of somebody else's that makes much from little is not worth the memory.
            sqlite3_limit(scratch.handle, SQLITE_LIMIT_LENGTH, 1 << 20)
            try scratch.execute("CREATE TABLE x(a, c \(column.type.isEmpty ? "" : SQLText.quoted(column.type)) DEFAULT \(parenthesised)); INSERT INTO x(a) VALUES(1)")
            // A REAL is not printed exactly by quote().
            if try scratch.string("SELECT typeof(c) FROM x") == "real" { return "CAST(\(parenthesised) AS REAL)" }
            return try scratch.string("SELECT quote(c) FROM x") ?? parenthesised
        } catch {
            return parenthesised
        }
    }

    /// Whether unchanged values of this column are worth leaving out: declared BLOB, or seen to be large.
    private func isLarge(_ connection: Connection, _ column: Column) throws(DatabaseError) -> Bool {
        let type = column.type.uppercased()
        if type.contains("INT") || type.contains("REAL") || type.contains("FLOA") || type.contains("DOUB") { return false }
        if type.contains("BLOB") { return true }
        let name = SQLText.quoted(column.name)
        let longest = try connection.prepare(
            "SELECT max(length(CAST(\(name) AS BLOB))) FROM (SELECT \(name) COLLATE BINARY AS \(name) FROM \(SQLText.quoted(self.name)) LIMIT 200)")
        return try longest.step() && longest.integer(0) >= 512
    }
}
