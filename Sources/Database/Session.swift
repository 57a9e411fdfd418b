// What a connection and its statements share. It closes with the last of them, so neither needs to keep the other alive.

import CSQLite
import Vocabulary

/// SQLite's own connection, with what is needed to read its text and to name its errors.
final class Session {
    let handle: OpaquePointer
    let path: String
    var textEncoding: TextEncoding = .utf8

    /// Takes over an open connection.
    init(_ handle: OpaquePointer, _ path: String) {
        self.handle = handle
        self.path = path
    }

    deinit { sqlite3_close_v2(handle) }

    /// The error that a call has just returned, in SQLite's words.
    func error(_ code: Int32) -> DatabaseError {
        let extended = sqlite3_extended_errcode(handle)
        return DatabaseError(
            code: extended & 0xff == code & 0xff ? extended : code, message: String(cString: sqlite3_errmsg(handle)), path: path)
    }
}
