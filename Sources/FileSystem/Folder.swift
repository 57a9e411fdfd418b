// Folders and paths: plain functions over strings, no hidden current state.

public import Glibc

public enum Folder {
    /// The folder part of a path: "." when there is none.
    public static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The last component of a path.
    public static func name(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    }

    public static func join(_ folder: String, _ name: String) -> String {
        folder == "." ? name : folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
    }

    /// The path without links and dots; nil when it does not exist.
    public static func resolved(_ path: String) -> String? {
        guard let found = realpath(path, nil) else { return nil }
        defer { free(found) }
        return String(cString: found)
    }

    /// Status of what stands at `path`, a link itself and not its target; nil when nothing does.
    public static func status(of path: String) -> stat? {
        var result = stat()
        return lstat(path, &result) == 0 ? result : nil
    }

    /// Status of what a path leads to, links followed; nil when that is nothing.
    public static func targetStatus(of path: String) -> stat? {
        var result = stat()
        return stat(path, &result) == 0 ? result : nil
    }

    /// Where a link points; nil when there is none at `path`.
    public static func linkTarget(of path: String) -> String? {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = readlink(path, &bytes, Int(PATH_MAX))
        return count > 0 ? String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
    }

    public static func exists(_ path: String) -> Bool { status(of: path) != nil }

    /// Whether the system does not let this user see what stands at `path`: a folder above it may not be searched.
    public static func isHidden(_ path: String) -> Bool {
        var result = stat()
        return stat(path, &result) != 0 && errno == EACCES
    }

    /// Whether this user may list a folder and use what is in it.
    public static func isOpen(_ path: String) -> Bool { access(path, R_OK | X_OK) == 0 }

    public static func isFolder(_ path: String) -> Bool {
        var result = stat()
        return stat(path, &result) == 0 && result.st_mode & S_IFMT == S_IFDIR
    }

    /// Makes the rename or creation of a file in this file's folder durable.
    public static func sync(containing path: String) throws(SystemError) {
        let folder = parent(of: path)
        let descriptor = try systemCall(.open, folder) { open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        defer { close(descriptor) }
        try systemCall(.sync, folder) { fsync(descriptor) }
    }

    /// Creates a folder and the missing ones above it, each with `mode`. One that another process makes meanwhile is as good.
    public static func create(_ path: String, mode: mode_t = 0o700) throws(SystemError) {
        if isFolder(path) { return }
        let above = parent(of: path)
        if above != path { try create(above, mode: mode) }
        do {
            try systemCall(.makeFolder, path) { mkdir(path, mode) }
        } catch where error.errno == EEXIST && isFolder(path) {
            return try sync(containing: path)
        }
        try giveToOwner(ofFolderContaining: path, path)
        try sync(containing: path)
    }

    /// What root makes belongs to whoever owns the folder it is made in, so that the owner of the data can use it: nothing
    /// of ours locks out the user whose database it is.
    static func giveToOwner(ofFolderContaining path: String, _ made: String) throws(SystemError) {
        guard geteuid() == 0 else { return }
        var folder = stat()
        try systemCall(.read, path) { stat(parent(of: path), &folder) }
        guard folder.st_uid != 0 else { return }
        try systemCall(.write, made) { lchown(made, folder.st_uid, folder.st_gid) }
    }

    /// The names in a folder, sorted, without "." and "..".
    public static func contents(of path: String) throws(SystemError) -> [String] {
        guard let stream = opendir(path) else { throw SystemError(.open, path, errno: errno) }
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

    /// Removes a file and makes the removal durable; removing what is not there is no error.
    public static func removeFile(_ path: String) throws(SystemError) {
        guard exists(path) else { return }
        try systemCall(.unlink, path) { unlink(path) }
        try sync(containing: path)
    }

    /// Renames within one file system and makes it durable. For files and folders that are complete already: setting an
    /// old data file aside, giving a restored folder its name.
    public static func move(_ source: String, to destination: String) throws(SystemError) {
        try systemCall(.rename, destination) { rename(source, destination) }
        try sync(containing: destination)
        if parent(of: source) != parent(of: destination) { try sync(containing: source) }
    }

    /// Gives a file a second name in the same folder and makes it durable; the first one stays. Fails with EEXIST when the second
    /// is taken.
    public static func link(_ path: String, as second: String) throws(SystemError) {
        try systemCall(.link, second) { Glibc.link(path, second) }
        try sync(containing: second)
    }

    /// Bytes that this user can still write on the file system that holds `path`.
    public static func freeSpace(at path: String) throws(SystemError) -> UInt64 {
        var result = statvfs()
        try systemCall(.read, path) { statvfs(path, &result) }
        return UInt64(result.f_bavail) * UInt64(result.f_frsize)
    }

    /// The file system that holds `path`: bytes free for this user, and bytes in all without those kept for the system; nil
    /// when it does not tell.
    public static func disk(at path: String) -> (free: UInt64, capacity: UInt64)? {
        var result = statvfs()
        guard statvfs(path, &result) == 0 else { return nil }
        let block = UInt64(result.f_frsize)
        let used = UInt64(result.f_blocks) - min(UInt64(result.f_bfree), UInt64(result.f_blocks))
        let free = UInt64(result.f_bavail)
        return (free &* block, (used &+ free) &* block)
    }
}
