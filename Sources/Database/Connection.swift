// One SQLite connection with one owner. It never checkpoints, never waits unless asked, and trusts nothing that the
// schema of a foreign database defines.

import CSQLite
import FileSystem
import Glibc
public import Vocabulary

/// A connection to a database file. Not thread-safe: one thread uses it at a time. The exception is `interrupt`.
public final class Connection {
    public enum Access: Sendable {
        /// Reads only: `query_only` is on. The file is still opened for writing where permitted, because a reader of a WAL
        /// database must be able to set its read mark.
        case read
        case write
        /// Creates the file when it is missing. For files of our own.
        case create
    }

    private static let prepared: Void = csqlite_set_up()

    let session: Session
    private var cached: [String: Statement] = [:]
    /// The first object that SQLite could not read when the connection was opened, and why; nil when it reads all of them.
    private(set) var unreadable: (name: String, reason: String)?
    /// Whether objects that cannot be read are passed over, as if they were not there.
    private(set) var passesOverUnreadableObjects = false

    public var path: String { session.path }
    /// How this database stores text: the encoding in which text values are read and bound here.
    public var textEncoding: TextEncoding { session.textEncoding }
    var handle: OpaquePointer { session.handle }

    /// Opens `path`.
    /// - Parameters:
    ///   - busyTimeout: milliseconds to wait for a lock before DatabaseError.isBusy; 0 gives way at once.
    ///   - patience: waits as it says, in place of the timeout: a Stop ends that.
    ///   - job: a Stop of it ends any statement with an error that reads as 1406, the reading of the schema here among them: `stop(with:)`. A
    ///     file of a few pages can hold rows without end, when its pages name each other. Nil only where what runs must not end half-way.
    public init(
        _ path: String, _ access: Access, busyTimeout: Int32 = 0, patience: LockPatience? = nil, stop job: Job? = nil
    ) throws(DatabaseError) {
        Self.prepared
        let opened = try Connection.open(path, access)
        if busyTimeout > 0 { sqlite3_busy_timeout(opened, busyTimeout) }
        session = Session(opened, path, patience)
        stop(with: job)
        // No statement of ours comes near these; one that a foreign schema blows up does.
        sqlite3_limit(opened, SQLITE_LIMIT_ATTACHED, 1)
        sqlite3_limit(opened, SQLITE_LIMIT_TRIGGER_DEPTH, 100)
        sqlite3_limit(opened, SQLITE_LIMIT_VDBE_OP, 10_000_000)
        // This connection has SQLite's own functions and no others, and loads no extension. A schema may use those: SQLite 3.40 does not
        // mark JSON and mathematics as harmless, and without this switch no table that uses them could be read. What SQLite
        // marks as dangerous (DIRECTONLY) stays refused.
        csqlite_db_config(opened, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 1, nil)
        // No statement damages the file: `undefended` is for those of ours that write to the schema table or to a virtual table's own.
        if access != .create { csqlite_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, nil) }
        // Where the application runs in WAL mode, checkpoints are its affair: ours could block its writers. When nobody
        // else has the database open, closing must clear the -wal file away as any other program's close would.
        csqlite_db_config(opened, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, access != .create && hasWriteAheadLog ? 1 : 0, nil)
        try execute("PRAGMA wal_autocheckpoint=0; PRAGMA cell_size_check=ON")
        // The first statement that reads the schema.
        var name: String?
        do { name = try string("PRAGMA encoding") } catch {
            guard let found = error.unreadableObject else { throw error }
            unreadable = found
            try passOverUnreadableObjects()
            name = try string("PRAGMA encoding")
        }
        // The cache, 16 MiB here, takes what it needs only: rows are looked up all over a table while a log is drained or integrated.
        try execute("PRAGMA mmap_size=0; PRAGMA cache_size=-16384")
        if access == .read { try execute("PRAGMA query_only=ON") }
        session.textEncoding = name == "UTF-16le" ? .utf16LittleEndian : name == "UTF-16be" ? .utf16BigEndian : .utf8
    }

    private var hasWriteAheadLog: Bool {
        Folder.exists(path + "-wal")
    }

    /// Makes what is committed survive a power failure, whatever the program that committed it asked for: in WAL mode with
    /// `synchronous=NORMAL`, SQLite's usual setting, the last commits are in the system's memory only; with OFF the data are; and a
    /// rollback journal can come back as long as its removal, or that of its content, is not on the disk.
    public func makeDurable() throws {
        // Opened and closed here without harm: SQLite's locks are on the other files.
        func sync(_ suffix: String) throws(SystemError) {
            do { try File(path + suffix, .read).sync() } catch { if error.errno != ENOENT { throw error } }
        }
        if try string("PRAGMA main.journal_mode") == "wal" {
            try sync("-wal")
        } else {
            let code = csqlite_sync(handle)
            guard code == SQLITE_OK else { throw error(code) }
            try sync("-journal")
            try Folder.sync(containing: path)
        }
    }

    /// A string of ours as a text value of this database: in its encoding.
    public func text(_ string: String) -> Value { .text(textEncoding.encode(string)) }

    /// Runs statements that return no rows of interest, one after the other.
    public func execute(_ sql: String) throws(DatabaseError) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw error(code) }
    }

    /// So many statements are kept. SQLite goes through all that there are whenever a switch of the connection is set: one kept for each table of
    /// a large database made the work for all of them grow with its square.
    private static let mostKept = 100

    /// A prepared statement, kept for the next caller of the same text. Reset it when done; do not nest the same text.
    public func statement(_ sql: String) throws(DatabaseError) -> Statement {
        if let found = cached[sql] {
            try checkStop()
            found.reset()
            return found
        }
        let made = try Statement(self, sql)
        if cached.count >= Self.mostKept { cached.removeAll(keepingCapacity: true) }
        cached[sql] = made
        return made
    }

    /// A prepared statement of its own, finalised with its last reference.
    public func prepare(_ sql: String) throws(DatabaseError) -> Statement { try Statement(self, sql) }

    /// Forgets the kept statements: before a schema change that they would hinder.
    public func forgetStatements() { cached.removeAll() }

    /// The first column of the first row as an integer; nil without a row or when it is null.
    public func integer(_ sql: String, _ values: Value...) throws(DatabaseError) -> Int64? {
        let statement = try statement(sql)
        defer { statement.reset() }
        try statement.bind(values)
        guard try statement.step(), !statement.isNull(0) else { return nil }
        return statement.integer(0)
    }

    /// The first column of the first row as text; nil without a row or when it is null.
    public func string(_ sql: String, _ values: Value...) throws(DatabaseError) -> String? {
        let statement = try statement(sql)
        defer { statement.reset() }
        try statement.bind(values)
        guard try statement.step(), !statement.isNull(0) else { return nil }
        return statement.string(0)
    }

    /// Runs one statement with values and ignores its rows.
    public func run(_ sql: String, _ values: Value...) throws(DatabaseError) {
        let statement = try statement(sql)
        defer { statement.reset() }
        try statement.bind(values)
        while try statement.step() {}
    }

    /// Rows changed by the last statement, those of triggers not counted.
    public var changes: Int64 { sqlite3_changes64(handle) }

    /// Runs `body` without any patience: whoever holds a lock ends it at once.
    func givingWay<Result>(_ body: () throws(DatabaseError) -> Result) throws(DatabaseError) -> Result {
        session.patience?.isSuspended = true
        defer { session.patience?.isSuspended = false }
        return try body()
    }

    public var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// Throws what reads as 1406 after a Stop of the job that decides now. SQLite asks within long statements only: without this, work of
    /// very many short ones would go on.
    func checkStop() throws(DatabaseError) {
        guard session.asked?.job.isStopped == true else { return }
        throw DatabaseError(code: SQLITE_INTERRUPT, message: "stopped before a statement", path: path)
    }

    /// Runs `body` in a transaction: committed when it returns, rolled back when it throws. Within a transaction it joins
    /// that one, whose owner decides.
    /// - Parameter mode: `DEFERRED` to read one snapshot, `IMMEDIATE` to write.
    public func transaction<Result>(_ mode: String, _ body: () throws -> Result) throws -> Result {
        if isInTransaction { return try body() }
        try execute("BEGIN \(mode)")
        do {
            let result = try body()
            try execute("COMMIT")
            return result
        } catch {
            // The first error is the one to report. ROLLBACK itself fails only when SQLite rolled back already.
            if isInTransaction { try? execute("ROLLBACK") }
            throw error
        }
    }

    /// From here on, objects of the schema that SQLite cannot read are absent for this connection, and everything else works.
    func passOverUnreadableObjects() throws(DatabaseError) {
        // Besides the permission to write `sqlite_schema`, this pragma sets SQLITE_NoSchemaError (`pragma.h`). That stays when SQLite is
        // defensive again, and the permission does not.
        try undefended { () throws(DatabaseError) in try execute("PRAGMA writable_schema=ON") }
        passesOverUnreadableObjects = true
    }

    /// Runs `body` so that it may write to the schema table and to the tables of virtual tables; afterwards, what held before holds again.
    /// No statement may be under way.
    func undefended<Result>(_ body: () throws(DatabaseError) -> Result) throws(DatabaseError) -> Result {
        var before: Int32 = 0
        csqlite_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, -1, &before)
        try configure(SQLITE_DBCONFIG_DEFENSIVE, false)
        // Putting a switch back cannot fail where setting it did not.
        defer { try? configure(SQLITE_DBCONFIG_DEFENSIVE, before != 0) }
        return try body()
    }

    /// Sets one of SQLite's boolean switches: SQLITE_DBCONFIG_…
    func configure(_ option: Int32, _ on: Bool) throws(DatabaseError) {
        var now: Int32 = -1
        let code = csqlite_db_config(handle, option, on ? 1 : 0, &now)
        guard code == SQLITE_OK, now == (on ? 1 : 0) else { throw error(code == SQLITE_OK ? SQLITE_ERROR : code) }
    }

    func error(_ code: Int32) -> DatabaseError { session.error(code) }
}

@available(*, unavailable, message: "one connection has one owner; only `interrupt` may cross threads")
extension Connection: Sendable {}
