// What SQLite refused, with its own code and words, and how that reads to a person.

import CSQLite
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
    /// A UNIQUE, PRIMARY KEY or NOT NULL rule said no.
    public var isConstraint: Bool { primary == SQLITE_CONSTRAINT }
    private var primary: Int32 { code & 0xff }

    /// The failure as people read it.
    public var failure: Failure {
        switch primary {
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
        case SQLITE_PERM, SQLITE_AUTH, SQLITE_READONLY:
            Failure(
                .noPermission, "the database '\(path)' may not be used that way", cause: message,
                hint: "Run msc as the user who owns the database, or as root.")
        case SQLITE_CANTOPEN:
            Failure(
                .fileNotFound, "the database '\(path)' cannot be opened", cause: message,
                hint: "Check the path, and that its folder can be read and searched by this user.")
        case SQLITE_FULL:
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
