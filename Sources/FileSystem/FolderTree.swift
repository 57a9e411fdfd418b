// Whole folders: made, synced and removed as one. Links are removed, never followed.

import CLinux
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
        guard exists(path) else { return }
        let way = try Way(path)
        try way.folder.removeTree(way.name)
    }
}

extension FolderHandle {
    /// Trees of ours are flat. A deeper one was made to exhaust descriptors or stack.
    private static let deepest = 64

    /// Removes what stands under a name, a folder with everything in it. Nothing there is no error.
    func removeTree(_ name: String, depth: Int = 0) throws(SystemError) {
        let path = Folder.join(self.path, name)
        guard let status = status(of: name) else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            try systemCall(.unlink, path) { unlinkat(descriptor, name, 0) }
            return
        }
        let number = clinux_open_subfolder(descriptor, name)
        guard number >= 0 else { throw SystemError(.unlink, path, errno: errno) }
        let inside = FolderHandle(path: path, adopting: number)
        // Another file system may have been mounted there, or another folder put in its place since the look.
        let found = try inside.status()
        guard found.st_ino == status.st_ino, found.st_dev == status.st_dev else {
            throw SystemError(.unlink, path, errno: SystemError.exchanged)
        }
        guard try self.status().st_dev == found.st_dev else { throw SystemError(.unlink, path, errno: EXDEV) }
        try inside.removeContents(depth: depth + 1)
        try systemCall(.unlink, path) { unlinkat(descriptor, name, AT_REMOVEDIR) }
    }

    /// Removes everything in this very folder.
    func removeContents(depth: Int = 1) throws(SystemError) {
        guard depth <= FolderHandle.deepest else { throw SystemError(.unlink, path, errno: ENAMETOOLONG) }
        for name in try contents() { try removeTree(name, depth: depth) }
    }
}
