// SQLite opens files by path, several and at any time. So what stands there is looked at before and after: a pipe, a link or somebody's
// second name is not opened, and a file that took the place of another meanwhile is not used.

import CSQLite
import FileSystem
import Glibc

extension Connection {
    /// How often a file is opened again that was replaced while it was opened: a program may publish a new one just then.
    private static let attempts = 3

    /// Opens a database file. Links in its path are followed once, here.
    static func open(_ path: String, _ access: Access) throws(DatabaseError) -> OpaquePointer {
        if let name = SuperJournal.elsewhere(of: path) {
            throw DatabaseError(
                code: SQLITE_BUSY, message: "its rollback journal belongs to a transaction over several databases, of '\(name)'", path: path)
        }
        // SQLite's name for a database in memory: there is no file to look at.
        if path == ":memory:" { return try openUnlooked(path, path, access) }
        // What is not there yet has a folder.
        let real = Folder.resolved(path) ?? Folder.resolved(Folder.parent(of: path)).map { Folder.join($0, Folder.name(of: path)) } ?? path
        for _ in 1..<attempts { if let opened = try open(real, of: path, access) { return opened } }
        guard let opened = try open(real, of: path, access) else {
            throw DatabaseError(code: SQLITE_CANTOPEN, message: "it was replaced again and again while it was opened", path: path)
        }
        return opened
    }

    /// - Returns: nil when the file was replaced meanwhile.
    private static func open(_ real: String, of path: String, _ access: Access) throws(DatabaseError) -> OpaquePointer? {
        let before = try look(real, path)
        let opened = try openUnlooked(real, path, access)
        do throws(DatabaseError) {
            let after = try look(real, path)
            let isSame = before == nil || before?.st_ino == after?.st_ino && before?.st_dev == after?.st_dev
            if isSame, csqlite_has_moved(opened) == 0 { return opened }
        } catch {
            sqlite3_close_v2(opened)
            throw error
        }
        sqlite3_close_v2(opened)
        return nil
    }

    private static func openUnlooked(_ real: String, _ path: String, _ access: Access) throws(DatabaseError) -> OpaquePointer {
        var opened: OpaquePointer?
        var flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW
        if access == .create { flags |= SQLITE_OPEN_CREATE }
        var code = sqlite3_open_v2(real, &opened, flags, nil)
        if access == .read, code & 0xff == SQLITE_CANTOPEN || code & 0xff == SQLITE_PERM || code & 0xff == SQLITE_READONLY {
            sqlite3_close_v2(opened)
            flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW
            code = sqlite3_open_v2(real, &opened, flags, nil)
        }
        guard code == SQLITE_OK, let opened else {
            let message = opened.map { String(cString: sqlite3_errmsg($0)) } ?? String(cString: sqlite3_errstr(code))
            sqlite3_close_v2(opened)
            throw DatabaseError(code: code, message: message, path: path)
        }
        return opened
    }

    /// Looks at what SQLite opens: the data file, and what it finds beside it.
    private static func look(_ real: String, _ path: String) throws(DatabaseError) -> stat? {
        let found: stat?
        do { found = try Folder.checkPlain(real) } catch {
            let isKind = error.errno == SystemError.notPlain
            throw DatabaseError(code: isKind ? SQLITE_NOTADB : SQLITE_PERM, message: error.reason, path: path)
        }
        for ending in ["-journal", "-wal", "-shm"] {
            do { _ = try Folder.checkPlain(real + ending) } catch {
                throw DatabaseError(code: SQLITE_CANTOPEN, message: "its file '\(real)\(ending)' is not to be used: \(error.reason)", path: path)
            }
        }
        return found
    }
}
