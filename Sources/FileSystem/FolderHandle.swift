// Open folders. What is done in one by name stays in it, whatever becomes of the paths that led there.

import CLinux
import Glibc

/// An open folder. Links below it are never followed.
public final class FolderHandle: Sendable {
    /// For messages; the folder may have been renamed since.
    public let path: String
    /// Opened with O_PATH, which takes no more than the right to search it, or for reading.
    let descriptor: Int32

    /// Opens a folder that the user named: links on the way to it, and in its place, are followed as `Way` says.
    public convenience init(_ path: String) throws(SystemError) {
        if let code = Faults.permit(.open, path) { throw SystemError(.open, path, errno: code) }
        try self.init(looking: path)
    }

    /// The same for a mere look, which passes no gate.
    convenience init(looking path: String) throws(SystemError) {
        try self.init(Way.toTarget(of: path))
    }

    /// Opens the folder that a name stands for.
    convenience init(_ way: Way) throws(SystemError) {
        let path = Folder.join(way.folder.path, way.name)
        let descriptor = clinux_open_subfolder(way.folder.descriptor, way.name)
        guard descriptor >= 0 else { throw SystemError(.open, path, errno: errno) }
        self.init(path: path, adopting: descriptor)
        try way.check(try status(), path)
    }

    /// Takes over an open descriptor.
    init(path: String, adopting descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    // MARK: Looking

    func status() throws(SystemError) -> stat {
        var result = stat()
        guard fstat(descriptor, &result) == 0 else { throw SystemError(.read, path, errno: errno) }
        return result
    }

    /// Status of what stands under a name, a link itself and not its target; nil when nothing does.
    func status(of name: String) -> stat? {
        var result = stat()
        return fstatat(descriptor, name, &result, AT_SYMLINK_NOFOLLOW) == 0 ? result : nil
    }

    /// Whether the file with this status is the one that a name stands for.
    func stands(_ status: stat, for name: String) -> Bool {
        self.status(of: name).map { $0.st_ino == status.st_ino && $0.st_dev == status.st_dev } ?? false
    }

    /// Refuses a file of this folder that others may have put there to have it read or changed: see `File`.
    func check(_ found: stat, _ path: String, isWritten: Bool) throws(SystemError) {
        let folder = try status()
        let isOpenToAll = folder.st_mode & S_IWOTH != 0
        let isOurs = Way.isTrusted(folder.st_uid) && !isOpenToAll
        if found.st_nlink > 1, !isOurs, isOpenToAll || found.st_uid != folder.st_uid {
            throw SystemError(.open, path, errno: SystemError.secondName)
        }
        if isWritten, isOpenToAll, !Way.isTrusted(found.st_uid), found.st_uid != folder.st_uid {
            throw SystemError(.open, path, errno: SystemError.foreignOwner)
        }
    }

    /// The names in it, sorted, without "." and "..".
    func contents() throws(SystemError) -> [String] {
        let again = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard again >= 0, let stream = fdopendir(again) else {
            let code = errno
            if again >= 0 { close(again) }
            throw SystemError(.open, path, errno: code)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    // MARK: Changing

    /// The folder `name` in this one, created with `mode` when it is missing; made by root, it belongs to the owner of this one. A link there
    /// is an error (ENOTDIR or ELOOP).
    public func subfolder(_ name: String, mode: UInt32 = 0o700) throws(SystemError) -> FolderHandle {
        precondition(!name.contains("/") && name != ".." && name != "", "one component, downwards")
        do { return try openSubfolder(name) } catch where error.errno == ENOENT {
            do {
                try make(name, mode)
            } catch where error.errno == EEXIST {
                // Another process was first. A link there is an error here, too.
            }
            return try openSubfolder(name)
        }
    }

    private func openSubfolder(_ name: String) throws(SystemError) -> FolderHandle {
        let path = Folder.join(self.path, name)
        return FolderHandle(path: path, adopting: try systemCall(.open, path) { clinux_open_subfolder(descriptor, name) })
    }

    /// Makes a folder and makes that durable. EEXIST when something stands there.
    func make(_ name: String, _ mode: mode_t) throws(SystemError) {
        let path = Folder.join(self.path, name)
        try systemCall(.makeFolder, path) { mkdirat(descriptor, name, mode) }
        if geteuid() == 0 {
            let made = openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard made >= 0 else { throw SystemError(.write, path, errno: errno) }
            defer { close(made) }
            try giveToOwner(made, path)
        }
        try sync()
    }

    /// What root makes belongs to whoever owns the folder it is made in, so that the owner of the data can use it: nothing
    /// of ours locks out the user whose database it is.
    func giveToOwner(_ made: Int32, _ path: String) throws(SystemError) {
        guard geteuid() == 0 else { return }
        let mine = try status()
        guard mine.st_uid != 0 else { return }
        try systemCall(.write, path) { fchown(made, mine.st_uid, mine.st_gid) }
    }

    /// Makes the renames, creations and removals in it durable.
    func sync() throws(SystemError) {
        let again = try systemCall(.open, path) { openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        defer { close(again) }
        try systemCall(.sync, path) { fsync(again) }
    }
}
