// Folders opened one component at a time, following no link: what is written through a handle stays below the folder it
// began with, even while somebody else changes that folder.

public import Glibc

/// An open folder.
public struct FolderHandle: ~Copyable {
    /// For messages; the folder may have been renamed since.
    public let path: String
    private let descriptor: Int32

    /// Opens a folder that the user named: links on the way to it are followed.
    public init(_ path: String) throws(SystemError) {
        self.path = path
        descriptor = try systemCall(.open, path) { open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    }

    private init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// The folder `name` in this one, created with `mode` when it is missing; made by root, it belongs to the owner of this one. A link there is an error (ENOTDIR or ELOOP).
    public func subfolder(_ name: String, mode: mode_t = 0o700) throws(SystemError) -> FolderHandle {
        precondition(!name.contains("/") && name != ".." && name != "", "one component, downwards")
        let path = Folder.join(path, name)
        do {
            return FolderHandle(path: path, descriptor: try openSubfolder(name, path))
        } catch where error.errno == ENOENT {
            do {
                try systemCall(.makeFolder, path) { mkdirat(descriptor, name, mode) }
            } catch where error.errno == EEXIST {
                // Another process was first. A link there is an error here, too.
                return FolderHandle(path: path, descriptor: try openSubfolder(name, path))
            }
            try systemCall(.sync, self.path) { fsync(descriptor) }
            let made = FolderHandle(path: path, descriptor: try openSubfolder(name, path))
            var mine = stat()
            try systemCall(.read, self.path) { fstat(descriptor, &mine) }
            if geteuid() == 0, mine.st_uid != 0 { try systemCall(.write, path) { fchown(made.descriptor, mine.st_uid, mine.st_gid) } }
            return made
        }
    }

    private func openSubfolder(_ name: String, _ path: String) throws(SystemError) -> Int32 {
        try systemCall(.open, path) { openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
    }

    /// A path that leads to this very folder as long as the handle lives, whatever happens to its name. Where /proc is not
    /// mounted it is the ordinary path: then only what stood there when the handle was opened has been checked.
    public var stablePath: String {
        let stable = "/proc/self/fd/\(descriptor)"
        return Folder.isFolder(stable) ? stable : path
    }
}
