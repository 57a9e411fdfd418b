// Statements that need what this program does not have: a function or collation of the application, or of a newer SQLite.

import CSQLite
import Vocabulary

/// Statements refused because they need what only the application, or a newer SQLite, has.
enum ForeignFunction {
    /// How SQLite begins to say so.
    private static let beginnings = [
        "no such function", "unknown function", "unsafe use of", "no such collation sequence", "no such module",
        "wrong number of arguments to function", "unrecognized token", "malformed database schema", "unknown table option",
    ]

    /// SQLite does not understand the statement.
    static func isSyntax(_ message: String) -> Bool {
        message.hasPrefix("near \"") && message.hasSuffix("syntax error") || message.hasPrefix("unrecognized token")
    }

    /// What a refusal means for the table: a function or collation that only the application has is named as such.
    static func failure(_ error: DatabaseError, _ table: String) -> Failure {
        isForeign(error) ? failure(table, error.message) : error.failure
    }

    static func isForeign(_ error: DatabaseError) -> Bool {
        error.code & 0xff == SQLITE_ERROR && (isSyntax(error.message) || beginnings.contains { error.message.hasPrefix($0) })
    }

    static func failure(_ table: String, _ reason: String) -> Failure {
        Failure(
            .tableNotWritable, "this program cannot write '\(table)': it needs what only its application, or a newer SQLite, has", cause: reason,
            hint: "Exclude the table from the log, or bring its rows in with the application.")
    }

    /// Runs `body` again with stand-ins for the functions and collations that it misses: a structure that names them can be made without
    /// them, as long as nobody calls them. Afterwards the stand-ins are gone.
    /// - Throws: what `body` throws; also when a stand-in was asked: what was made then is wrong, and the caller rolls it back.
    static func withStandIns(_ connection: Connection, _ body: () throws(DatabaseError) -> Void) throws(DatabaseError) {
        var functions: Set<String> = []
        var collations: Set<String> = []
        let called = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
        called.initialize(to: 0)
        defer {
            for name in functions { csqlite_stand_in_function(connection.handle, name, 0) }
            for name in collations { csqlite_stand_in_collation(connection.handle, name, nil) }
            called.deallocate()
        }
        while true {
            do throws(DatabaseError) {
                try body()
                guard called.pointee == 0 else {
                    let names = collations.sorted().joined(separator: ", ")
                    throw DatabaseError(code: SQLITE_ERROR, message: "no such collation sequence: \(names)", path: connection.path)
                }
                return
            } catch {
                let isNew: Bool
                if let name = missing(error, ["no such function: ", "unknown function: "]), functions.insert(name).inserted {
                    isNew = csqlite_stand_in_function(connection.handle, name, 1) == SQLITE_OK
                } else if let name = missing(error, ["no such collation sequence: "]), called.pointee == 0, collations.insert(name).inserted {
                    isNew = csqlite_stand_in_collation(connection.handle, name, called) == SQLITE_OK
                } else {
                    isNew = false
                }
                guard isNew else { throw error }
            }
        }
    }

    private static func missing(_ error: DatabaseError, _ beginnings: [String]) -> String? {
        guard let beginning = beginnings.first(where: { error.message.hasPrefix($0) }) else { return nil }
        let name = error.message.dropFirst(beginning.count)
        return String(name.hasSuffix("()") ? name.dropLast(2) : name)
    }
}
