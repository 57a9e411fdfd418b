// The one policy of advisory locks on files of ours, by flock(2). The kernel holds them, so they are seen in every container and end with
// their process, however it dies. A process number tells neither: another container has numbers of its own.

import Glibc

/// What asking for a lock comes to.
///
/// A file system may keep no locks (some network shares). The lock of an operation (`FileLock`, invariant I9) is refused there: its file
/// lies beside the data, where SQLite needs locks as well. All other locks stand behind that one, so that their owner goes on
/// without: on the log file, on a folder of backups, on a partial file.
public enum AdvisoryLock: Sendable {
    case taken
    /// Another open file has it.
    case held
    /// The file system keeps no locks: the error number.
    case unsupported(Int32)

    /// Asks for the lock of an open file, without waiting. It lasts until it is let go or the file is closed for the last time.
    /// - Parameter isShared: together with others that ask for a shared one.
    public static func take(_ descriptor: Int32, isShared: Bool = false) -> AdvisoryLock {
        while flock(descriptor, (isShared ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0 {
            if errno == EWOULDBLOCK { return .held }
            // Untested: it fails otherwise only on a file system that keeps none, or without memory for it.
            if errno != EINTR { return .unsupported(errno) }
        }
        return .taken
    }

    /// Lets the lock go. Whoever took it says so before closing the file, and does not leave it to the closing: a child that is between its
    /// fork and its exec still has the file open, and would keep the lock for that long.
    public static func release(_ descriptor: Int32) { flock(descriptor, LOCK_UN) }

    /// Whether somebody else has the lock of the file or folder at this path; nil when that cannot be asked.
    static func isHeld(_ path: String) -> Bool? {
        guard let way = try? Way(path) else { return nil }
        return isHeld(way.name, in: way.folder)
    }

    static func isHeld(_ name: String, in folder: FolderHandle) -> Bool? {
        guard let descriptor = folder.openToLock(name) else { return nil }
        defer { close(descriptor) }
        switch take(descriptor, isShared: true) {
        case .held: return true
        case .taken:
            release(descriptor)
            return false
        case .unsupported: return nil
        }
    }
}

extension FolderHandle {
    /// A descriptor of a plain file or folder to ask for its lock; nil for anything else, a link too.
    func openToLock(_ name: String) -> Int32? {
        guard let status = status(of: name), [S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) else { return nil }
        let descriptor = openat(self.descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        return descriptor >= 0 ? descriptor : nil
    }
}
