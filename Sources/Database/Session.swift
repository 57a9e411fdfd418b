// What a connection and its statements share. It closes with the last of them, so neither needs to keep the other alive.

import CSQLite
import Vocabulary

/// SQLite's own connection, with what is needed to read its text and to name its errors.
final class Session {
    let handle: OpaquePointer
    let path: String
    var textEncoding: TextEncoding = .utf8
    let patience: LockPatience?
    /// What SQLite asks whether to go on: `Connection.stop(with:)`. It lives as long as a statement may ask it.
    var watch: Watch?
    /// What it asks at present: `watch`, or that of `Connection.stopping`.
    var asked: Watch?

    /// Takes over an open connection.
    init(_ handle: OpaquePointer, _ path: String, _ patience: LockPatience? = nil) {
        self.handle = handle
        self.path = path
        self.patience = patience
        guard let patience else { return }
        // It lives as long as the handle, which is closed by `deinit`.
        let ask: @convention(c) (UnsafeMutableRawPointer?, Int32) -> Int32 = { context, attempt in
            context.map { Unmanaged<LockPatience>.fromOpaque($0).takeUnretainedValue().goesOn(attempt) } == true ? 1 : 0
        }
        sqlite3_busy_handler(handle, ask, Unmanaged.passUnretained(patience).toOpaque())
    }

    deinit {
        watch = nil
        asked = nil
        sqlite3_close_v2(handle)
    }

    /// The error that a call has just returned, in SQLite's words.
    func error(_ code: Int32) -> DatabaseError {
        let extended = sqlite3_extended_errcode(handle)
        if code & 0xff == SQLITE_BUSY, patience?.wasStopped == true {
            return DatabaseError(code: SQLITE_INTERRUPT, message: "stopped while it waited for a lock", path: path)
        }
        return DatabaseError(
            code: extended & 0xff == code & 0xff ? extended : code, message: String(cString: sqlite3_errmsg(handle)), path: path)
    }
}
