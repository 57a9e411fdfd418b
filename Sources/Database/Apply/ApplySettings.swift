// How a connection must behave while operations are applied: nothing may follow from a row but the row itself, because what
// followed from it in the application was logged too.

import CSQLite

/// Switches of a connection, set for applying and put back afterwards.
struct ApplySettings {
    /// What is switched, and to what: triggers and foreign keys off, since their effects have operations of their own;
    /// shadow tables of FTS and R-Tree writable, since they are logged as data.
    private static let switches: [(option: Int32, on: Bool)] = [
        (SQLITE_DBCONFIG_ENABLE_TRIGGER, false), (SQLITE_DBCONFIG_ENABLE_FKEY, false), (SQLITE_DBCONFIG_DEFENSIVE, false),
    ]

    private var before: [(option: Int32, on: Bool)] = []
    private let checkedBefore: Bool

    /// Outside a transaction, where foreign keys can be switched. The rows come from a database that held them, so CHECK
    /// rules, which may have been added after them, are not asked again.
    init(_ connection: Connection) throws(DatabaseError) {
        guard !connection.isInTransaction else {
            throw DatabaseError(
                code: SQLITE_MISUSE, message: "the connection is in a transaction already", path: connection.path)
        }
        checkedBefore = try connection.integer("PRAGMA ignore_check_constraints") == 0
        for (option, on) in Self.switches {
            var now: Int32 = 0
            let code = csqlite_db_config(connection.handle, option, -1, &now)
            guard code == SQLITE_OK else { throw connection.error(code) }
            before.append((option, now != 0))
            try connection.configure(option, on)
        }
        try connection.execute("PRAGMA ignore_check_constraints=ON")
    }

    /// Puts everything back. Call outside a transaction.
    func restore(_ connection: Connection) throws(DatabaseError) {
        for (option, on) in before { try connection.configure(option, on) }
        if checkedBefore { try connection.execute("PRAGMA ignore_check_constraints=OFF") }
    }
}
