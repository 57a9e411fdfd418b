// The sentences in which this room fails, in one place.

internal import FileSystem
internal import Glibc
internal import Vocabulary

extension Failure {
    /// Error 1411. `offset` counts from the beginning of the archive, its segments taken as one.
    static func damaged(
        _ archive: String, entry: String? = nil, at offset: UInt64? = nil, _ what: String, cause: String? = nil
    ) -> Failure {
        let subject = entry.map { ", entry '\($0)'" } ?? ""
        let place = offset.map { ", at byte \($0)" } ?? ""
        return Failure(
            .archiveDamaged, "archive '\(archive)' is damaged\(subject)\(place): \(what)", cause: cause,
            hint: "Restore from an earlier backup and the logs that follow it; 'msc verify' lists what is still good here.")
    }

    /// Error 1514.
    static func unsafe(_ archive: String, entry: String, _ what: String) -> Failure {
        Failure(
            .unsafeEntry, "archive '\(archive)' has an entry that is not written to disk, '\(entry)': \(what)",
            hint: "This archive was not made by msc, or was changed since; do not trust it.")
    }

    /// Error 1410.
    static func missing(_ archive: String, _ what: String = "there is no such file") -> Failure {
        Failure(
            .archiveMissing, "archive '\(archive)' is missing: \(what)",
            hint: "Check the path, or that the disk which holds the backups is mounted.")
    }

    /// Error 1409.
    static func notSaved(_ archive: String, _ error: SystemError) -> Failure {
        Failure(
            .archiveSaveFailed, "archive '\(archive)' could not be saved", cause: error.reason,
            hint: error.errno == ENOSPC || error.errno == EDQUOT
                ? "Free space at the destination or choose another one, then start the backup again."
                : "Check the destination folder, then start the backup again.")
    }

    static func notRead(_ archive: String, _ error: SystemError) -> Failure {
        switch error.errno {
        case ENOENT, ENOTDIR: .missing(archive)
        case EACCES, EPERM:
            Failure(
                .noPermission, "archive '\(archive)' may not be read", cause: error.reason,
                hint: "Run msc as the user who owns the backups.")
        default:
            Failure(
                .readFailed, "archive '\(archive)' could not be read", cause: error.reason,
                hint: "Check the disk that holds it, then try again.")
        }
    }

    static func notExtracted(_ path: String, _ error: SystemError) -> Failure {
        switch error.errno {
        case EEXIST: .occupied(path)
        case ELOOP, ENOTDIR:
            Failure(
                .unsafeEntry, "'\(path)' was not written: a folder on its way is a link or no folder", cause: error.reason,
                hint: "Choose an empty destination folder.")
        case _ where error.isPermission:
            Failure(
                .noPermission, "'\(path)' may not be written", cause: error.reason,
                hint: "Choose another destination folder, or run msc as a user who may write there.")
        case ENOSPC, EDQUOT:
            Failure(
                .notEnoughSpace, "'\(path)' could not be written", cause: error.reason,
                hint: "Free space at the destination or choose another one, then start again.")
        default:
            Failure(
                .writeFailed, "'\(path)' could not be written", cause: error.reason,
                hint: "Check the destination folder, then start again.")
        }
    }

    /// Error 1504.
    static func occupied(_ path: String) -> Failure {
        Failure(
            .destinationExists, "'\(path)' exists already",
            hint: "Move it away or choose another destination; nothing was overwritten.")
    }
}
