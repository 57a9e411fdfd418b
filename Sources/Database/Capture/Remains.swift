// Capture of which another program removed a part: tools that compare a schema with what they know drop tables that they do not know.
// SQLite compiles a trigger with the statement that fires it, so that every write to a table whose trigger lost its table fails, and no
// text of a trigger can avoid that: capture has to be brought in order, or what is left of it removed.

public import Vocabulary

extension Capture {
    /// The names of our tables that are gone while others of our objects are there. Empty when capture is whole, and when there is none.
    public static func missing(_ connection: Connection) throws(DatabaseError) -> [String] {
        let tables = Set(try names(connection, "table"))
        if tables.contains(Outbox.state), tables.contains(Outbox.log) {
            // A table that is dropped moves the schema's version.
            let known = try CaptureState.value(connection, "schema version")
            if known == .integer(try connection.integer("PRAGMA main.schema_version") ?? 0) { return [] }
        }
        var needed = Set([Outbox.log, Outbox.tables, Outbox.state, Outbox.schema, Outbox.canary, Outbox.indexedCanary])
        let triggers = try connection.prepare(
            "SELECT sql FROM main.sqlite_schema WHERE type='trigger' AND name LIKE '\\_msc\\_%' ESCAPE '\\'")
        var hasTriggers = false
        while try triggers.step() {
            hasTriggers = true
            for token in SQLText.tokens(triggers.string(0)) where token.text.hasPrefix(Outbox.names) { needed.insert(token.text) }
        }
        if tables.isEmpty, !hasTriggers { return [] }
        return needed.subtracting(tables).sorted()
    }

    /// What is said when some of our tables are gone; nil when capture is whole, or not installed.
    public static func partlyRemoved(_ connection: Connection) throws(DatabaseError) -> Failure? {
        let missing = try missing(connection)
        if missing.isEmpty { return nil }
        return Failure(
            .changesUnseen, "another program removed a part of capture from '\(connection.path)': \(missing.joined(separator: ", ")) gone",
            hint: "Changes are not captured, and writes may fail with 'no such table'. Run 'msc log start', which begins a new log with a backup, "
                + "or 'msc log stop', which removes what is left; 'msc watch' does the former by itself.")
    }
}
