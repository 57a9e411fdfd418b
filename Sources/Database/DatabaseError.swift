// What SQLite refused, with its own code and words, and how that reads to a person.

import CSQLite
import FileSystem
import Glibc
public import Vocabulary

/// A refused SQLite call.
public struct DatabaseError: Error, Sendable, Equatable {
    /// SQLite's extended result code.
    public let code: Int32
    /// SQLite's own sentence.
    public let message: String
    public let path: String

    /// The database is locked, or its schema, by somebody else: trying again can help.
    public var isBusy: Bool { primary == SQLITE_BUSY || primary == SQLITE_LOCKED }
    /// A Stop ended the statement.
    public var isStop: Bool { primary == SQLITE_INTERRUPT }
    /// It says nothing of what was asked for, and the whole has to end with it.
    public var endsAll: Bool { isBusy || isStop }
    /// A UNIQUE, PRIMARY KEY or NOT NULL rule said no.
    public var isConstraint: Bool { primary == SQLITE_CONSTRAINT }
    private var primary: Int32 { code & 0xff }

    /// The object of the schema that this version of SQLite cannot read, and why; nil for any other error.
    ///
    /// SQLite gives the code of damage for it. But the statement in `sqlite_schema` is what a newer SQLite, or a program with functions of
    /// its own, wrote: the pages are sound. Where SQLite speaks of pages instead ("invalid rootpage", or no reason at all), it is damage.
    public var unreadableObject: (name: String, reason: String)? {
        guard primary == SQLITE_CORRUPT || primary == SQLITE_ERROR, message.hasPrefix(Self.malformed),
            let end = message.firstRange(of: ") - ")
        else { return nil }
        let reason = String(message[end.upperBound...])
        guard !["invalid rootpage", "orphan index"].contains(reason), !reason.isEmpty else { return nil }
        return (String(message[..<end.lowerBound].dropFirst(Self.malformed.count)), reason)
    }

    private static let malformed = "malformed database schema ("

    /// The file is there, or it is not known whether it is, and this user may not open it or what belongs to it in its folder.
    private var isKeptOut: Bool {
        var status = stat()
        guard stat(path, &status) == 0 else { return errno == EACCES }
        return status.st_mode & S_IFMT == S_IFREG && (access(path, R_OK | W_OK) != 0 || access(Folder.parent(of: path), W_OK | X_OK) != 0)
    }

    /// The failure as people read it.
    public var failure: Failure {
        if let (name, reason) = unreadableObject { return UnreadableObject.failure([name], in: path, reason) }
        return switch primary {
        case SQLITE_BUSY, SQLITE_LOCKED:
            Failure(
                .databaseLocked, "the database '\(path)' is locked by another process", cause: message,
                hint: "Try again when the program that writes to it has finished its transaction.")
        case SQLITE_NOTADB:
            Failure(
                .notADatabase, "'\(path)' is not a SQLite database", cause: message,
                hint: "Give the path of the SQLite file itself; an encrypted database cannot be read.")
        case SQLITE_CORRUPT:
            Failure(
                .databaseDamaged, "the database '\(path)' is damaged", cause: message,
                hint: "Restore the last backup with 'msc restore' and let it integrate the log.")
        case SQLITE_PERM, SQLITE_AUTH, SQLITE_READONLY,
            SQLITE_CANTOPEN where isKeptOut:
            Failure(
                .noPermission, "the database '\(path)' may not be used that way", cause: message,
                hint: "Run msc as the user who owns the database, or as root.")
        case SQLITE_CANTOPEN:
            Failure(
                .fileNotFound, "the database '\(path)' cannot be opened", cause: message,
                hint: "Check the path, and that its folder can be read and searched by this user.")
        case SQLITE_FULL,
            SQLITE_IOERR where code == CSQLITE_IOERR_SHMSIZE:
            Failure(
                .notEnoughSpace, "the disk that holds '\(path)' is full", cause: message,
                hint: "Free space on that disk and try again; nothing was changed.")
        case SQLITE_IOERR:
            Failure(
                .readFailed, "reading or writing '\(path)' failed", cause: message,
                hint: "Check the disk and the system's log; then run 'msc verify'.")
        case SQLITE_INTERRUPT:
            Failure(.stopped, "stopped by the user", hint: "Nothing half-made was left behind.")
        default:
            Failure(
                .databaseError, "SQLite refused a statement on '\(path)'", cause: "\(message) (code \(code))",
                hint: "Run 'msc verify' on the database; if it is sound, report this sentence.")
        }
    }
}
