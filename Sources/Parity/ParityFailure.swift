// The sentences in which this room fails.

import FileSystem
import Glibc
import Vocabulary

extension Failure {
    /// Error 1409: the parity file is part of the backup.
    static func paritySaving(_ path: String, _ error: SystemError) -> Failure {
        Failure(
            .archiveSaveFailed, "the parity file '\(path)' could not be saved", cause: error.reason,
            hint: error.errno == ENOSPC || error.errno == EDQUOT
                ? "Free space at the destination or choose another one, or set Advanced/Redundancy to None."
                : "Check the destination folder, then try again.")
    }

    /// Error 1411.
    static func parityUseless(_ path: String, _ what: String) -> Failure {
        Failure(
            .archiveDamaged, "the parity file '\(path)' is of no use: \(what)",
            hint: "Without it the file beside it can still be used as far as it is sound.")
    }
}
