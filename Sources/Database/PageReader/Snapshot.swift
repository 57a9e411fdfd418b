// Marking: a read transaction whose exact place in the write-ahead log is known. Readers of SQLite know their place but do
// not tell; so the index is read before and after, and only an unchanged one is believed.

import CSQLite

/// The state of a database that a read transaction on `connection` holds still.
struct Snapshot {
    /// Bytes of a page; a power of two from 512 to 65536.
    let pageSize: Int
    let pageCount: UInt64
    let isWriteAheadLog: Bool
    /// Where the write-ahead log was; nil in rollback-journal mode, and when nothing of the snapshot stands in the log only.
    let index: CSQLiteWalIndex?

    /// How often marking is tried while commits of others fall into its window of a few microseconds.
    private static let attempts = 10_000

    /// Begins a read transaction on `connection`, which must not be in one. On error none is left.
    /// - Parameter disturb: runs between the two readings of the index, where a commit of another program must be noticed.
    ///   For tests: the window is too small to be hit by chance.
    static func mark(
        _ connection: Connection, disturb: () throws(DatabaseError) -> Void = {}  // Untested: as it is counted; it does nothing.
    ) throws(DatabaseError) -> Snapshot {
        guard !connection.isInTransaction else {
            throw DatabaseError(
                code: SQLITE_MISUSE, message: "the connection is in a transaction already", path: connection.path)
        }
        let touch = try connection.prepare("SELECT 1 FROM sqlite_schema LIMIT 1")
        let mode = try connection.prepare("PRAGMA journal_mode")
        // Whether this connection has the write-ahead log open. Only its own calls open and close it.
        var hasLog = false
        for _ in 0..<attempts {
            do throws(DatabaseError) {
                try connection.run("BEGIN")
                var before = CSQLiteWalIndex()
                let isKnown = hasLog ? try read(connection, &before) : false
                _ = try touch.step()
                touch.reset()
                try disturb()
                if let snapshot = try settle(connection, mode, isKnown ? before : nil, &hasLog) { return snapshot }
                try connection.run("ROLLBACK")
            } catch {
                touch.reset()
                mode.reset()
                // The first error is the one to report. ROLLBACK fails only when SQLite rolled back already.
                if connection.isInTransaction { try? connection.run("ROLLBACK") }
                throw error
            }
        }
        throw DatabaseError(
            code: SQLITE_BUSY, message: "other programs commit too fast for a snapshot to be marked", path: connection.path)
    }

    /// The snapshot of the transaction that has just read for the first time; nil when its place in the log is not certain.
    private static func settle(
        _ connection: Connection, _ mode: Statement, _ before: CSQLiteWalIndex?, _ hasLog: inout Bool
    ) throws(DatabaseError) -> Snapshot? {
        _ = try mode.step()
        hasLog = mode.string(0) == "wal"
        mode.reset()
        let pageSize = Int(try connection.integer("PRAGMA page_size") ?? 0)
        let pageCount = UInt64(try connection.integer("PRAGMA page_count") ?? 0)
        guard hasLog else {
            // The shared lock on the main file lets nobody write to it.
            return Snapshot(pageSize: pageSize, pageCount: pageCount, isWriteAheadLog: false, index: nil)
        }
        var after = CSQLiteWalIndex()
        guard let before, try read(connection, &after), isSame(before, after) else { return nil }
        // Everything is in the main file, and stays as it is: SQLite then holds either read lock 0, under which no
        // checkpoint runs, or a read mark at the last frame, beyond which no checkpoint goes.
        let isBackfilled = after.backfilled >= after.last_frame
        guard isBackfilled || (Int(after.page_size) == pageSize && UInt64(after.page_count) == pageCount) else {
            // Untested: SQLite has just read by the same index, whose checksum it holds against it.
            throw DatabaseError(
                code: SQLITE_CORRUPT, message: "the wal-index does not describe this database", path: connection.path)
        }
        return Snapshot(
            pageSize: pageSize, pageCount: pageCount, isWriteAheadLog: true, index: isBackfilled ? nil : after)
    }

    /// False when a writer is changing the index at this moment.
    private static func read(_ connection: Connection, _ index: inout CSQLiteWalIndex) throws(DatabaseError) -> Bool {
        // Asked for anew each time: SQLite may have closed and opened its files since.
        let file = try DatabaseFile(.main, of: connection)
        let code = csqlite_wal_index(file.handle, &index)
        if code == SQLITE_OK { return true }
        if code == SQLITE_BUSY { return false }  // Untested: a writer is within the few instructions that change the index.
        // Untested: the connection is in a read transaction, for which SQLite has mapped the index already.
        throw DatabaseError(
            code: code, message: "the wal-index cannot be read: \(String(cString: sqlite3_errstr(code)))",
            path: connection.path)
    }

    /// The header counts every commit, and its salts change when the log starts anew.
    private static func isSame(_ one: CSQLiteWalIndex, _ other: CSQLiteWalIndex) -> Bool {
        withUnsafeBytes(of: one.header) { a in withUnsafeBytes(of: other.header) { b in a.elementsEqual(b) } }
    }
}
