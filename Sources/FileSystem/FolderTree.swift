// Whole folders: made, synced and removed as one. Links are removed, never followed.

import Glibc

extension Folder {
    /// Removes a folder with everything in it, or a file; what is not there is no error.
    /// After failure or kill -9 a part of it is left.
    public static func removeTree(_ path: String) throws(SystemError) {
        guard let status = status(of: path) else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            try systemCall(.unlink, path) { unlink(path) }
            return
        }
        for name in try contents(of: path) { try removeTree(join(path, name)) }
        try systemCall(.unlink, path) { rmdir(path) }
    }

    /// The temporary name beside `path` under which this process builds it (invariant I3).
    public static func partialPath(for path: String) -> String { Publication.temporaryPath(for: path) }
}
