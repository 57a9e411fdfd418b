// SQL that makes a structure, as logs and archives carry it. It comes from a file: nothing is run but single statements that
// make an object or set a number of the header.

import CSQLite
import Vocabulary

public enum StructureText {
    private static let beginnings = [
        "table": ["CREATE TABLE ", "CREATE VIRTUAL TABLE "], "index": ["CREATE INDEX ", "CREATE UNIQUE INDEX "],
        "trigger": ["CREATE TRIGGER "], "view": ["CREATE VIEW "],
    ]

    /// Runs one statement of a structure, within the caller's transaction.
    /// - Throws: an error of SQLite, also for text that is no such statement.
    public static func run(_ sql: String, on connection: Connection) throws(DatabaseError) {
        if setsNumber(sql) { return try connection.execute(sql) }
        guard beginnings.values.joined().contains(where: { sql.hasPrefix($0) }) else { throw refusal(connection) }
        try runOne(sql, connection)
    }

    /// Makes one object: afterwards `sqlite_schema` holds exactly this SQL under this name.
    /// - Parameter hasStandIns: it may name functions and collations that are not there.
    static func create(
        _ type: String, _ name: String, _ sql: String, _ connection: Connection, hasStandIns: Bool = true
    ) throws(DatabaseError) {
        guard beginnings[type]?.contains(where: { sql.hasPrefix($0) }) == true else { throw refusal(connection) }
        try runOne(sql, connection, hasStandIns: hasStandIns)
        let made = try connection.string(
            "SELECT sql FROM sqlite_schema WHERE type=? AND name=?", connection.text(type), connection.text(name))
        guard made == sql else {
            throw DatabaseError(code: SQLITE_ERROR, message: "its SQL does not create it as it was", path: connection.path)
        }
    }

    private static func runOne(_ sql: String, _ connection: Connection, hasStandIns: Bool = true) throws(DatabaseError) {
        do throws(DatabaseError) {
            func make() throws(DatabaseError) {
                try StructureGuard.run(on: connection, isVirtual: sql.hasPrefix("CREATE VIRTUAL ")) { () throws(DatabaseError) in
                    _ = try Statement(connection, single: sql).step()
                }
            }
            if hasStandIns { try ForeignFunction.withStandIns(connection, make) } else { try make() }
        } catch {
            if [SQLITE_AUTH, SQLITE_TOOBIG].contains(error.code & 0xff) {
                throw DatabaseError(code: SQLITE_ERROR, message: "its SQL does more than create it (\(error.message))", path: connection.path)
            }
            guard ForeignFunction.isSyntax(error.message), let object = object(of: sql), ["trigger", "view"].contains(object.type),
                !Schema.isOurs(object.name), !Schema.isOurs(object.table), portable(object.type, sql) != nil
            else { throw error }
            try connection.addLine(object, sql: sql)
        }
    }

    /// What a statement of `sqlite_schema` makes, read from its first words; nil when it is no such statement.
    static func object(of sql: String) -> UnreadableObject? {
        let tokens = SQLText.tokens(sql)
        guard let kind = tokens.prefix(3).firstIndex(where: { beginnings.keys.contains($0.lowercased) }), kind + 1 < tokens.count else { return nil }
        let type = tokens[kind].lowercased
        let name = SQLText.unquoted(tokens[kind + 1].text)
        guard type == "index" || type == "trigger" else { return UnreadableObject(type: type, name: name, table: name) }
        guard let on = tokens[(kind + 2)...].firstIndex(where: { $0.lowercased == "on" }), on + 1 < tokens.count else { return nil }
        return UnreadableObject(type: type, name: name, table: SQLText.unquoted(tokens[on + 1].text))
    }

    /// The text as a script can carry it to another program: one statement that creates an object of this type, without characters that
    /// steer a terminal; nil when it is anything else. It needs a semicolon behind it.
    public static func portable(_ type: String, _ sql: String) -> String? {
        // A line break of two characters becomes one of one.
        let lines = sql.split(omittingEmptySubsequences: false, whereSeparator: { $0 == "\r\n" }).joined(separator: "\n")
        let steers = lines.unicodeScalars.contains { SafeText.isSteering($0) && $0 != "\n" && $0 != "\t" }
        let beginning = lines.prefix(24).uppercased()
        guard beginnings[type]?.contains(where: { beginning.hasPrefix($0) }) == true, !steers, SQLText.isOneStatement(lines) else { return nil }
        return lines
    }

    private static func setsNumber(_ sql: String) -> Bool {
        HeaderNumbers.names.contains { name in
            let beginning = HeaderNumbers.assignment(name)
            return sql.hasPrefix(beginning) && Int32(sql.dropFirst(beginning.count)) != nil
        }
    }

    private static func refusal(_ connection: Connection) -> DatabaseError {
        DatabaseError(code: SQLITE_ERROR, message: "its SQL does not create it", path: connection.path)
    }
}
