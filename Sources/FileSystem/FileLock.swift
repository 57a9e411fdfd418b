// An advisory lock that dies with its process, on a small file that says who holds it (invariant I9).

import Glibc

/// An exclusive lock held until the value ends. The kernel releases it when the process dies, however it dies, so a lock
/// left by a dead process is no lock; the text in the file is for people and for other processes of this user.
public struct FileLock: ~Copyable, Sendable {
    private let file: File
    /// The text always takes so many bytes, so that one write replaces all of it.
    private static let textSize = 4096

    /// Takes the lock; nil when another open file holds it.
    public static func take(_ path: String) throws(SystemError) -> FileLock? {
        let way = try Way(path)
        let file = try there(way, path)
        try way.folder.giveToOwner(file.descriptor, path)
        switch AdvisoryLock.take(file.descriptor) {
        case .taken: return FileLock(file: file)
        case .held: return nil
        // Untested: see `AdvisoryLock`.
        case .unsupported(let code): throw SystemError(.open, path, errno: code)
        }
    }

    /// The file that stands there, or a new one.
    private static func there(_ way: Way, _ path: String) throws(SystemError) -> File {
        while true {
            do { return try File(way, path, .readWrite) } catch where error.errno == ENOENT {}
            do { return try File(way, path, .createNew) } catch where error.errno == EEXIST {}
        }
    }

    deinit { AdvisoryLock.release(file.descriptor) }

    /// Replaces the holder's text; what is too long is left out.
    public func say(_ text: [UInt8]) throws(SystemError) {
        let padded = text.count <= FileLock.textSize ? text + [UInt8](repeating: 0x20, count: FileLock.textSize - text.count) : []
        try padded.withUnsafeBufferPointer { (buffer) throws(SystemError) in
            try file.write(UnsafeRawBufferPointer(buffer), at: 0)
        }
    }

    /// Whether a process holds the lock now, in whichever container it runs. Whoever takes it in the same moment may find it held and
    /// has to ask again.
    public static func isHeld(_ path: String) -> Bool { AdvisoryLock.isHeld(path) ?? false }

    /// What the holder said last.
    public static func text(of path: String) throws(SystemError) -> [UInt8] {
        try File.contents(of: path, atMost: 1 << 16)
    }
}
