// A file that SQLite has open, read through SQLite's own handle. This process never opens the main file itself: closing
// any descriptor of it would drop every lock that SQLite holds on it here.

import CSQLite

/// SQLite's handle of the main file or of the write-ahead log of one connection. Valid while the connection has it open.
struct DatabaseFile {
    enum Role {
        case main
        case writeAheadLog
    }

    let handle: UnsafeMutablePointer<sqlite3_file>
    private let path: String

    init(_ role: Role, of connection: Connection) throws(DatabaseError) {
        var found: UnsafeMutablePointer<sqlite3_file>?
        let request = role == .main ? SQLITE_FCNTL_FILE_POINTER : SQLITE_FCNTL_JOURNAL_POINTER
        let code = sqlite3_file_control(connection.handle, "main", request, &found)
        guard code == SQLITE_OK, let found, found.pointee.pMethods != nil else {
            throw DatabaseError(
                code: code == SQLITE_OK ? SQLITE_MISUSE : code, message: "SQLite does not have the file open",
                path: connection.path)
        }
        handle = found
        path = role == .main ? connection.path : connection.path + "-wal"
    }

    /// Fills `buffer` from `offset`. What lies beyond the end of the file reads as zeros, as it does for SQLite.
    /// - Returns: false when the file ended before the buffer was full.
    @discardableResult
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(DatabaseError) -> Bool {
        let code = csqlite_file_read(handle, buffer.baseAddress, Int32(buffer.count), Int64(offset))
        if code == SQLITE_OK { return true }
        if code == CSQLITE_IOERR_SHORT_READ { return false }
        // Untested: SQLite's own reading fails here only when its disk does.
        throw DatabaseError(code: code, message: String(cString: sqlite3_errstr(code)), path: path)
    }
}
