// Whether any process has a file open, in whichever container it runs.

import Glibc
import Synchronization

/// What the system says about the use of a database file.
public enum FileUse: Sendable, Equatable {
    /// No process has it open.
    case free
    /// A process has it open; its number where /proc shows it.
    case open(process: Int32?)
    /// This file system, or the rights of this user, do not let it be told.
    case unknown

    /// Asks in three ways. /proc shows the processes of this container alone, and only those that this user may look at. A lease
    /// (F_SETLEASE of fcntl(2)) is granted only where no other descriptor of the file is open anywhere on the machine; it takes the file's
    /// owner or root, and a local file system.
    /// Locks tell of programs in WAL mode, and of those within a transaction.
    ///
    /// The file is left open until this process ends: closing it would drop the locks of SQLite's own descriptors.
    public static func of(_ path: String) -> FileUse {
        guard let status = Folder.status(of: path) else { return .free }
        if let process = holder(status) { return .open(process: process) }
        guard let descriptor = kept(path) else { return .unknown }
        // A look of this very process, or of another one, at the file is over in a moment.
        for attempt in 1...10 {
            let code = lease(descriptor)
            if code == 0 { return .free }
            if code != EAGAIN { break }
            if attempt == 10 { return .open(process: nil) }
            usleep(20_000)
        }
        // SQLite's bytes: PENDING, RESERVED and SHARED in the data file, all of the index of the write-ahead log.
        if isLocked(descriptor, from: 0x4000_0000, count: 512) { return .open(process: nil) }
        if let index = kept(path + "-shm"), isLocked(index, from: 120, count: 16) { return .open(process: nil) }
        return .unknown
    }

    private static func holder(_ wanted: stat) -> Int32? {
        for name in (try? Folder.contents(of: "/proc")) ?? [] {
            guard let process = pid_t(name), process != getpid() else { continue }
            let folder = "/proc/\(process)/fd"
            for descriptor in (try? Folder.contents(of: folder)) ?? [] {
                var status = stat()
                if stat("\(folder)/\(descriptor)", &status) == 0, status.st_ino == wanted.st_ino, status.st_dev == wanted.st_dev {
                    return process
                }
            }
        }
        return nil
    }

    /// - Returns: 0 when it was granted (and given back), else the error number.
    private static func lease(_ descriptor: Int32) -> Int32 {
        // Whoever opens the file while the lease lasts sends us a signal: one that is ignored where nobody waits for it.
        guard fcntl(descriptor, setSignal, SIGURG) == 0, fcntl(descriptor, setLease, Int32(F_WRLCK)) == 0 else { return errno }
        _ = fcntl(descriptor, setLease, Int32(F_UNLCK))
        return 0
    }

    /// Asks in the name of this open file, so that a lock of this very process counts too.
    private static func isLocked(_ descriptor: Int32, from start: off_t, count: off_t) -> Bool {
        var lock = Glibc.flock()
        lock.l_type = Int16(F_WRLCK)
        lock.l_whence = Int16(SEEK_SET)
        lock.l_start = start
        lock.l_len = count
        return fcntl(descriptor, getOpenFileLock, &lock) == 0 && lock.l_type != Int16(F_UNLCK)
    }

    // Linux's numbers: the C library names them only to programs that ask for its extensions.
    private static let setSignal: Int32 = 10
    private static let setLease: Int32 = 1024
    private static let getOpenFileLock: Int32 = 36

    private struct Mark: Hashable {
        var device: UInt64
        var inode: UInt64
    }

    private static let descriptors = Mutex<[Mark: Int32]>([:])

    /// The one descriptor of ours for a file.
    private static func kept(_ path: String) -> Int32? {
        descriptors.withLock { (known) -> Int32? in
            guard let way = try? Way.toTarget(of: path), let status = way.folder.status(of: way.name), status.st_mode & S_IFMT == S_IFREG
            else { return nil }
            let mark = Mark(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
            if let found = known[mark] { return found }
            let made = openat(way.folder.descriptor, way.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
            guard made >= 0 else { return nil }
            // Another file may have taken the name since. It is of no use, but closing it could drop SQLite's locks on it.
            var opened = stat()
            guard fstat(made, &opened) == 0, opened.st_ino == status.st_ino, opened.st_dev == status.st_dev else { return nil }
            known[mark] = made
            return made
        }
    }
}
