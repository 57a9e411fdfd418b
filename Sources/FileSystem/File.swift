// An open file. Reads and writes name their offset, so a file has no hidden position; closing happens with the value.
// Never open a SQLite database file here while this process has a connection to it: closing would drop SQLite's locks.

import CLinux
public import Glibc

/// An open file with one owner. Safe to read from several threads at once when borrowed by each.
public struct File: ~Copyable, Sendable {
    public let path: String
    public let descriptor: Int32

    public enum Access: Sendable {
        case read
        /// The same, and a link in its place is an error.
        case readPlain
        case readWrite
        /// Creates the file and fails when something stands there, a dangling link included.
        case createNew
    }

    /// Opens what stands at `path`. Links on the way are followed as `Way` says. One that stands at the end is followed by `read` only.
    /// New files get mode 0600 until told otherwise.
    /// - Throws: `SystemError`, without waiting for a pipe, socket or device, for what the kernel makes up, and for a file that others
    ///   may have put there to have it read or changed: see `check`.
    public init(_ path: String, _ access: Access) throws(SystemError) {
        try self.init(try access == .read ? Way.toTarget(of: path) : Way(path), path, access)
    }

    init(_ way: Way, _ path: String, _ access: Access) throws(SystemError) {
        // Looked at first: to open some devices is to use them. What counts is the look at what was opened.
        if access != .createNew, let there = way.folder.status(of: way.name), ![S_IFREG, S_IFDIR].contains(there.st_mode & S_IFMT) {
            throw SystemError(.open, path, errno: there.st_mode & S_IFMT == S_IFLNK ? SystemError.isLink : SystemError.notPlain)
        }
        let flags: Int32 =
            switch access {
            case .read, .readPlain: O_RDONLY
            case .readWrite: O_RDWR
            case .createNew: O_RDWR | O_CREAT | O_EXCL
            }
        // Opening a pipe would wait for its other end; for a plain file or a folder O_NONBLOCK means nothing.
        let descriptor = try systemCall(.open, path) {
            openat(way.folder.descriptor, way.name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o600)
        }
        do throws(SystemError) { try File.check(descriptor, way, path, access) } catch {
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
        self.path = path
    }

    /// Opens a file for reading whose status was judged: what was looked at is what is read, whatever takes its name meanwhile. A file that
    /// is refused was not opened, so that no lock of this process on it is lost.
    /// - Throws: `SystemError.exchanged` when `judge` says no, and as `init(_:_:)` for `.readPlain`.
    public init(_ path: String, judge: (stat) -> Bool) throws(SystemError) {
        let way = try Way(path)
        // With O_PATH, which opens nothing.
        let found = try systemCall(.open, path) { clinux_open_name(way.folder.descriptor, way.name) }
        defer { close(found) }
        var status = stat()
        guard fstat(found, &status) == 0 else { throw SystemError(.open, path, errno: errno) }
        let kind = status.st_mode & S_IFMT
        if kind != S_IFREG { throw SystemError(.open, path, errno: kind == S_IFLNK ? SystemError.isLink : SystemError.notPlain) }
        guard judge(status) else { throw SystemError(.open, path, errno: SystemError.exchanged) }
        let descriptor = try systemCall(.open, path) { clinux_open_found(found) }
        do throws(SystemError) { try File.check(descriptor, way, path, .readPlain) } catch {
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
        self.path = path
    }

    /// Whether this is a file to work with. In a folder of another user, or one where everybody may put files, it may be a second name of
    /// somebody's file, put there to have us read or change that; and where everybody may, a file to be written is of a known owner.
    private static func check(_ descriptor: Int32, _ way: Way, _ path: String, _ access: Access) throws(SystemError) {
        var found = stat()
        guard fstat(descriptor, &found) == 0, [S_IFREG, S_IFDIR].contains(found.st_mode & S_IFMT) else {
            throw SystemError(.open, path, errno: SystemError.notPlain)
        }
        try way.check(found, path)
        guard found.st_mode & S_IFMT == S_IFREG, access != .createNew else { return }
        if clinux_is_made_up(descriptor) != 0 { throw SystemError(.open, path, errno: SystemError.madeUp) }
        guard found.st_nlink > 1 || access == .readWrite else { return }
        try way.folder.check(found, path, isWritten: access == .readWrite)
    }

    /// Takes over an open descriptor.
    init(_ path: String, adopting descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Size in bytes now.
    public func size() throws(SystemError) -> UInt64 { UInt64(try status().st_size) }

    public func status() throws(SystemError) -> stat {
        var result = stat()
        try systemCall(.read, path) { fstat(descriptor, &result) }
        return result
    }

    /// Reads up to `buffer.count` bytes from `offset`; fewer only at the end of the file.
    public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(SystemError) -> Int {
        var done = 0
        while done < buffer.count {
            let count = try systemCall(.read, path) {
                pread(descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset) + off_t(done))
            }
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// The whole of a small file.
    /// - Parameter limit: a larger file is refused with EFBIG before anything is read.
    public static func contents(of path: String, atMost limit: Int) throws(SystemError) -> [UInt8] {
        let file = try File(path, .read)
        let size = try file.size()
        guard size <= UInt64(limit) else { throw SystemError(.read, path, errno: EFBIG) }
        var bytes = [UInt8](repeating: 0, count: Int(size))
        let count = try bytes.withUnsafeMutableBufferPointer { (buffer) throws(SystemError) in
            try file.read(into: UnsafeMutableRawBufferPointer(buffer), at: 0)
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    /// Writes all of `bytes` at `offset`.
    public func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            let start = done
            done += try systemCall(.write, path, torn: {
                _ = pwrite(descriptor, bytes.baseAddress! + start, (bytes.count - start) / 2, off_t(offset) + off_t(start))
            }) {
                pwrite(descriptor, bytes.baseAddress! + start, bytes.count - start, off_t(offset) + off_t(start))
            }
        }
    }

    /// Writes all of `bytes` to standard output, which may be a pipe.
    public static func writeToStandardOutput(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            done += try systemCall(.write, "standard output") {
                Glibc.write(STDOUT_FILENO, bytes.baseAddress! + done, bytes.count - done)
            }
        }
    }

    /// Returns when the bytes and the size written so far are on the disk.
    public func sync() throws(SystemError) {
        try systemCall(.sync, path) { fdatasync(descriptor) }
    }

    /// Lets the system begin to write a range to the disk, without waiting, so that a later `sync` finds little left to do and other
    /// programs' syncs do not queue behind all of it. A hint: it promises nothing, and what goes wrong is told by `sync`.
    public func startWriting(from offset: UInt64, count: UInt64) {
        // Linux starts writing what is dirty there, and only drops pages that are on the disk already.
        _ = posix_fadvise(descriptor, off_t(offset), off_t(count), POSIX_FADV_DONTNEED)
    }

    public func truncate(to size: UInt64) throws(SystemError) {
        try systemCall(.truncate, path) { ftruncate(descriptor, off_t(size)) }
    }

    /// Gives the file owner, group and mode: the data file's, so that nothing we write is more open than it.
    /// Changing the owner needs root; without it the file keeps the owner that runs this program.
    public func adopt(owner: uid_t, group: gid_t, mode: mode_t) throws(SystemError) {
        if geteuid() == 0 { try systemCall(.write, path) { fchown(descriptor, owner, group) } }
        try setMode(mode)
    }

    /// Sets the permission bits; the owner stays.
    public func setMode(_ mode: mode_t) throws(SystemError) {
        try systemCall(.write, path) { fchmod(descriptor, mode & 0o7777) }
    }

    /// Sets the modification time, in milliseconds since 1970-01-01 UTC. Writing afterwards changes it again.
    public func setModified(_ milliseconds: Int64) throws(SystemError) {
        // Rounded down; the number may come from a file, so nothing is computed that could overflow.
        let remainder = milliseconds % 1000
        let seconds = milliseconds / 1000 - (remainder < 0 ? 1 : 0)
        let time = timespec(tv_sec: Int(seconds), tv_nsec: Int(remainder < 0 ? remainder + 1000 : remainder) * 1_000_000)
        try systemCall(.write, path) { withUnsafePointer(to: (time, time)) { both in
            both.withMemoryRebound(to: timespec.self, capacity: 2) { futimens(descriptor, $0) }
        } }
    }
}
