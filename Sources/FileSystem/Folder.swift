// Folders and paths: plain functions over strings, no hidden current state. Those that change something go the way of a path once (`Way`)
// and work in the folder that they reached.

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
    public static func linkTarget(of path: String) -> String? { linkTarget(at: AT_FDCWD, path) }

    /// - Parameter name: in the folder, or empty for a descriptor of the link itself.
    static func linkTarget(at folder: Int32, _ name: String) -> String? {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = readlinkat(folder, name, &bytes, Int(PATH_MAX))
        return count > 0 ? String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
    }

    public static func exists(_ path: String) -> Bool { status(of: path) != nil }

    /// Whether the system does not let this user see what stands at `path`: a folder above it may not be searched.
    public static func isHidden(_ path: String) -> Bool {
        var result = stat()
        return stat(path, &result) != 0 && errno == EACCES
    }

    /// Whether the system refuses this user what stands at `path`: he may not see it, or may not read it.
    public static func isRefused(_ path: String) -> Bool { access(path, R_OK) != 0 && errno == EACCES }

    /// Whether this user may list a folder and use what is in it.
    public static func isOpen(_ path: String) -> Bool { access(path, R_OK | X_OK) == 0 }

    public static func isFolder(_ path: String) -> Bool {
        var result = stat()
        return stat(path, &result) == 0 && result.st_mode & S_IFMT == S_IFDIR
    }

    /// Looks at a file that something else is going to open by its path: SQLite.
    /// - Returns: its status; nil when nothing is there.
    /// - Throws: what `File` throws instead of opening it for writing, but for a known owner.
    public static func checkPlain(_ path: String) throws(SystemError) -> stat? {
        guard exists(path) else { return nil }
        let way = try Way(path)
        guard let found = way.folder.status(of: way.name) else { return nil }
        try way.check(found, path)
        switch found.st_mode & S_IFMT {
        case S_IFREG: try way.folder.check(found, path, isWritten: false)
        case S_IFLNK: throw SystemError(.open, path, errno: SystemError.isLink)
        case S_IFDIR: break
        default: throw SystemError(.open, path, errno: SystemError.notPlain)
        }
        return found
    }

    /// Makes the rename or creation of a file in this file's folder durable.
    public static func sync(containing path: String) throws(SystemError) { try Way(path).folder.sync() }

    /// Creates a folder and the missing ones above it, each with `mode`. One that another process makes meanwhile is as good.
    public static func create(_ path: String, mode: mode_t = 0o700) throws(SystemError) {
        if isFolder(path) { return }
        let above = parent(of: path)
        if above != path { try create(above, mode: mode) }
        let way = try Way(path)
        do { try way.folder.make(way.name, mode) } catch where error.errno == EEXIST {
            if isFolder(path) { return try way.folder.sync() }
            // A link to what this user may not see: that is the reason.
            throw isHidden(path) ? SystemError(.makeFolder, path, errno: EACCES) : error
        }
    }

    /// The names in a folder, sorted, without "." and "..".
    public static func contents(of path: String) throws(SystemError) -> [String] { try FolderHandle(looking: path).contents() }

    /// Removes a file and makes the removal durable; removing what is not there is no error.
    public static func removeFile(_ path: String) throws(SystemError) {
        guard exists(path) else { return }
        let way = try Way(path)
        try systemCall(.unlink, path) { unlinkat(way.folder.descriptor, way.name, 0) }
        try way.folder.sync()
    }

    /// Renames within one file system and makes it durable. For files and folders that are complete already: setting an
    /// old data file aside, giving a restored folder its name.
    public static func move(_ source: String, to destination: String) throws(SystemError) {
        let old = try Way(source)
        let new = try Way(destination)
        try systemCall(.rename, destination) { renameat(old.folder.descriptor, old.name, new.folder.descriptor, new.name) }
        try new.folder.sync()
        if parent(of: source) != parent(of: destination) { try old.folder.sync() }
    }

    /// Gives a file a second name in the same folder and makes it durable; the first one stays. Fails with EEXIST when the second
    /// is taken.
    public static func link(_ path: String, as second: String) throws(SystemError) {
        let old = try Way(path)
        let new = try Way(second)
        try systemCall(.link, second) { linkat(old.folder.descriptor, old.name, new.folder.descriptor, new.name, 0) }
        try new.folder.sync()
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
