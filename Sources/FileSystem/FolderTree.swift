// Whole folders: looked through, and removed as one. Links are removed, never followed.

import CLinux
public import Glibc

extension Folder {
    /// What was found under a name.
    public enum Sight: Sendable {
        case file(stat)
        case folder(stat)
        /// A link, pipe, socket or device.
        case other
        case nothing
        /// A file or folder that cannot be read, with the system's error number: EACCES where it refuses it to this user.
        case unreadable(Int32)
    }

    /// Looks at what stands at `path`, and at everything in a folder, from folder to folder by their descriptors: whoever puts a link
    /// in the place of a folder meanwhile leads this nowhere else. Nothing is opened but folders.
    /// - Parameter visit: is told path and find, a folder before what is in it; says whether to go into that. A folder that could not be
    ///   listed is told a second time, as what kept this from it.
    public static func look<E: Error>(through path: String, _ visit: (String, Sight) throws(E) -> Bool) throws(E) {
        let way: Way
        do { way = try Way(path) } catch {
            _ = try visit(path, [ENOENT, ENOTDIR].contains(error.errno) ? .nothing : .unreadable(error.errno))
            return
        }
        try way.folder.look(at: way.name, path, visit)
    }

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
    /// Each level costs a descriptor while what is below it is looked at.
    private static let deepestLook = 256

    func look<E: Error>(at name: String, _ path: String, depth: Int = 0, _ visit: (String, Folder.Sight) throws(E) -> Bool) throws(E) {
        var status = stat()
        guard fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            _ = try visit(path, errno == ENOENT ? .nothing : .unreadable(errno))
            return
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: _ = try visit(path, faccessat(descriptor, name, R_OK, 0) == 0 ? .file(status) : .unreadable(errno))
        case S_IFDIR:
            guard try visit(path, .folder(status)) else { return }
            let inside: FolderHandle
            let names: [String]
            do throws(SystemError) {
                if depth == FolderHandle.deepestLook { throw SystemError(.open, path, errno: ENAMETOOLONG) }
                let number = clinux_open_subfolder(descriptor, name)
                guard number >= 0 else { throw SystemError(.open, path, errno: errno) }
                inside = FolderHandle(path: path, adopting: number)
                names = try inside.contents()
            } catch {
                _ = try visit(path, .unreadable(error.errno))
                return
            }
            for name in names { try inside.look(at: name, Folder.join(path, name), depth: depth + 1, visit) }
        default: _ = try visit(path, .other)
        }
    }

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
