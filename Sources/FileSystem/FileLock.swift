// An advisory lock that dies with its process, on a small file that says who holds it (invariant I9).

import Glibc

/// An exclusive lock held until the value ends. The kernel releases it when the process dies, however it dies, so a lock
/// left by a dead process is no lock; the text in the file is for people and is valid only while the lock is held.
public struct FileLock: ~Copyable {
    private let file: File

    /// Takes the lock; nil when another open file holds it.
    /// - Parameter holder: a short text about the holder, for `holder(of:)`.
    public static func take(_ path: String, holder: [UInt8]) throws(SystemError) -> FileLock? {
        let descriptor = try systemCall(.open, path) { open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600) }
        let file = File(path, adopting: descriptor)
        try Folder.giveToOwner(ofFolderContaining: path, path)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            if errno == EWOULDBLOCK { return nil }
            throw SystemError(.open, path, errno: errno)
        }
        try file.truncate(to: 0)
        try holder.withUnsafeBufferPointer { (buffer) throws(SystemError) in
            try file.write(UnsafeRawBufferPointer(buffer), at: 0)
        }
        return FileLock(file: file)
    }

    /// What the holder wrote about itself.
    public static func holder(of path: String) throws(SystemError) -> [UInt8] {
        try File.contents(of: path, atMost: 1 << 16)
    }
}
