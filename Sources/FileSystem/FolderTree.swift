// Whole folders: made, synced and removed as one. Links are removed, never followed.

import Glibc

extension Folder {
    /// A path as people know it: a temporary file of ours goes by the name that it is going to have, what lies in a temporary folder by the
    /// folder above that.
    public static func shown(_ path: String) -> String {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard let index = parts.firstIndex(where: { Publication.mark(in: $0) != nil }) else { return path }
        let above = parts[..<index].joined(separator: "/")
        guard index == parts.count - 1 else { return above.isEmpty ? "/" : above }
        return above + "/" + Publication.finalName(of: parts[index])
    }

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
}
