// Invariant I3: a file under a final name is complete. Temporary name in the same folder, write, fsync, rename, fsync
// folder; nobody else calls rename.

import Glibc
import Synchronization

/// A file being written under a temporary name, published under its final one when complete.
///
/// Dropping it unpublished removes the temporary file. After kill -9 the temporary file stays, recognisable by its name
/// (`.NAME.msc-partial-PID-START.N`, a long NAME shortened); `Folder.removeLeftovers` clears such files when nobody works on them.
public struct Publication: ~Copyable {
    public let file: File
    public let path: String
    private var isSealed = false

    /// Creates the temporary file beside `path`, and holds its lock: see Leftovers.swift.
    public init(_ path: String) throws(SystemError) {
        while true {
            // Two threads may have the same file in hand: the last one to publish wins, and neither meets the other's bytes.
            let temporary = Publication.temporaryPath(for: path)
            let made = try File(temporary, .createNew)
            do throws(SystemError) { try Folder.giveToOwner(ofFolderContaining: path, temporary) } catch {
                unlink(temporary)
                throw error
            }
            guard Publication.isOurs(made.descriptor, temporary) else {
                // Untested: another process has to look for leftovers between the making of the file and its lock.
                unlink(temporary)
                continue
            }
            self.path = path
            file = made
            return
        }
    }

    deinit { if !isSealed { unlink(file.path) } }

    /// Makes the bytes durable and gives the file its final name.
    /// - Parameter replacing: whether a file under the final name may be replaced; when not, the call fails with EEXIST.
    public consuming func publish(replacing: Bool = false) throws(SystemError) {
        try seal().publish(replacing: replacing)
    }

    /// Makes the bytes durable; the file keeps its temporary name for now: for files that are published together.
    /// - Parameter isLocked: keeps the file open, and so its lock. One of those that are published together must keep it, the last one to
    ///   get its name; there may be more of them than can be open at once.
    public consuming func seal(keepingLock isLocked: Bool = true) throws(SystemError) -> SealedPublication {
        try file.sync()
        isSealed = true
        if !isLocked { AdvisoryLock.release(file.descriptor) }
        let lock = isLocked ? fcntl(file.descriptor, F_DUPFD_CLOEXEC, 0) : -1
        return SealedPublication(temporary: file.path, path: path, lock: lock)
    }

    /// Replaces the file at `path` with `bytes`, or creates it.
    public static func write(_ bytes: [UInt8], to path: String) throws(SystemError) {
        let publication = try Publication(path)
        try bytes.withUnsafeBufferPointer { (buffer) throws(SystemError) in
            try publication.file.write(UnsafeRawBufferPointer(buffer), at: 0)
        }
        try publication.publish(replacing: true)
    }

    static let count = Atomic<UInt64>(0)
}

/// A complete and durable file under its temporary name. Dropping it unpublished removes it.
public final class SealedPublication {
    public let path: String
    private let temporary: String
    private var isRenamed = false
    /// The open file whose lock is kept; negative when it is closed.
    private let lock: Int32

    fileprivate init(temporary: String, path: String, lock: Int32) {
        self.temporary = temporary
        self.path = path
        self.lock = lock
    }

    deinit {
        if !isRenamed { unlink(temporary) }
        if lock >= 0 {
            AdvisoryLock.release(lock)
            close(lock)
        }
    }

    /// Gives the file its final name and makes that durable. Not replacing, a failure leaves no file of ours under it.
    /// - Parameter replacing: whether a file under the final name may be replaced; when not, the call fails with EEXIST.
    public func publish(replacing: Bool = false) throws(SystemError) {
        if replacing {
            try systemCall(.rename, path) { rename(temporary, path) }
            isRenamed = true
            try Folder.sync(containing: path)
        } else {
            try takeName()
            do {
                try Folder.sync(containing: path)
            } catch {
                unlink(path)
                throw error
            }
            unlink(temporary)
            isRenamed = true
        }
    }

    /// A second name for the same file, which fails when the final name is taken; the first one is removed later.
    ///
    /// A file system without hard links (FAT, some network shares) gets a look and a renaming instead: another program that gives the name
    /// to a file of its own between the two loses it.
    private func takeName() throws(SystemError) {
        do throws(SystemError) {
            try systemCall(.link, path) { link(temporary, path) }
        } catch {
            guard [EPERM, EOPNOTSUPP, ENOSYS].contains(error.errno) else { throw error }
            guard !Folder.exists(path) else { throw SystemError(.link, path, errno: EEXIST) }
            try systemCall(.rename, path) { rename(temporary, path) }
        }
    }
}
