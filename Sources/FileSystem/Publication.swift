// Invariant I3: a file under a final name is complete. Temporary name in the same folder, write, fsync, rename, fsync
// folder; nobody else calls rename.

import CLinux
import Glibc
import Synchronization

/// A file being written under a temporary name, published under its final one when complete.
///
/// Dropping it unpublished removes the temporary file. After kill -9 the temporary file stays, recognisable by its name
/// (`.NAME.msc-partial-PID-START.N`, a long NAME shortened); `Folder.removeLeftovers` clears such files when nobody works on them.
public struct Publication: ~Copyable {
    public let file: File
    public let path: String
    /// The folder of both names.
    public let folder: FolderHandle
    /// The temporary name and the final one.
    private let names: (temporary: String, final: String)
    private var isSealed = false

    /// Creates the temporary file beside `path`, and holds its lock: see Leftovers.swift.
    /// - Parameter folder: where `path` is to stand; nil to go there.
    public init(_ path: String, in folder: FolderHandle? = nil) throws(SystemError) {
        let way = if let folder { Way(folder: folder, name: Folder.name(of: path)) } else { try Way(path) }
        let place = way.folder
        while true {
            // Two threads may have the same file in hand: the last one to publish wins, and neither meets the other's bytes.
            let temporary = Publication.temporaryPath(for: path)
            let name = Folder.name(of: temporary)
            let made = try File(Way(folder: place, name: name), temporary, .createNew)
            do throws(SystemError) { try place.giveToOwner(made.descriptor, temporary) } catch {
                unlinkat(place.descriptor, name, 0)
                throw error
            }
            guard Publication.isOurs(made.descriptor, name, in: place) else {
                // Untested: another process has to look for leftovers between the making of the file and its lock.
                unlinkat(place.descriptor, name, 0)
                continue
            }
            self.path = path
            self.folder = place
            names = (name, way.name)
            file = made
            return
        }
    }

    deinit { if !isSealed { unlinkat(folder.descriptor, names.temporary, 0) } }

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
        return SealedPublication(path, folder, names, lock: lock)
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
    private let folder: FolderHandle
    private let names: (temporary: String, final: String)
    private var isRenamed = false
    /// The open file whose lock is kept; negative when it is closed.
    private let lock: Int32

    fileprivate init(_ path: String, _ folder: FolderHandle, _ names: (temporary: String, final: String), lock: Int32) {
        self.path = path
        self.folder = folder
        self.names = names
        self.lock = lock
    }

    deinit {
        if !isRenamed { unlinkat(folder.descriptor, names.temporary, 0) }
        if lock >= 0 {
            AdvisoryLock.release(lock)
            close(lock)
        }
    }

    /// Gives the file its final name and makes that durable. Not replacing, a failure leaves no file of ours under it.
    /// - Parameter replacing: whether a file under the final name may be replaced; when not, the call fails with EEXIST.
    public func publish(replacing: Bool = false) throws(SystemError) {
        if replacing {
            try rename()
            isRenamed = true
            try folder.sync()
        } else {
            try takeName()
            do {
                try folder.sync()
            } catch {
                unlinkat(folder.descriptor, names.final, 0)
                throw error
            }
            unlinkat(folder.descriptor, names.temporary, 0)
            isRenamed = true
        }
    }

    private func rename() throws(SystemError) {
        try systemCall(.rename, path) { renameat(folder.descriptor, names.temporary, folder.descriptor, names.final) }
    }

    /// Gives the final name, and fails when that is taken. Some file systems cannot rename so (NFS): there the file gets the name as a
    /// second one first.
    ///
    /// A file system without hard links either (some network shares) gets a look and a renaming instead: another program that gives the name
    /// to a file of its own between the two loses it.
    private func takeName() throws(SystemError) {
        do throws(SystemError) {
            try systemCall(.link, path) { clinux_rename_new(folder.descriptor, names.temporary, folder.descriptor, names.final) }
            return
        } catch { guard SealedPublication.isUnable(error) else { throw error } }
        do throws(SystemError) {
            try systemCall(.link, path) { linkat(folder.descriptor, names.temporary, folder.descriptor, names.final, 0) }
        } catch {
            guard SealedPublication.isUnable(error) else { throw error }
            guard folder.status(of: names.final) == nil else { throw SystemError(.link, path, errno: EEXIST) }
            try rename()
        }
    }

    private static func isUnable(_ error: SystemError) -> Bool { [EPERM, EINVAL, EOPNOTSUPP, ENOSYS].contains(error.errno) }
}
