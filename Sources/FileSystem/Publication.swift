// Invariant I3: a file under a final name is complete. Temporary name in the same folder, write, fsync, rename, fsync
// folder; nobody else calls rename.

import Glibc
import Synchronization

/// A file being written under a temporary name, published under its final one when complete.
///
/// Dropping it unpublished removes the temporary file. After kill -9 the temporary file stays, recognisable by its name
/// (`.NAME.msc-partial-PID-START.N`, a long NAME shortened); `Folder.removeLeftovers` clears such files of dead processes.
public struct Publication: ~Copyable {
    public let file: File
    public let path: String
    private var isSealed = false

    /// Creates the temporary file beside `path`.
    public init(_ path: String) throws(SystemError) {
        // Two threads may have the same file in hand: the last one to publish wins, and neither meets the other's bytes.
        let number = Publication.count.add(1, ordering: .relaxed).newValue
        let temporary = "\(Publication.temporaryPath(for: path)).\(number)"
        let made = try File(temporary, .createNew)
        do throws(SystemError) { try Folder.giveToOwner(ofFolderContaining: path, temporary) } catch {
            unlink(temporary)
            throw error
        }
        self.path = path
        file = made
    }

    deinit { if !isSealed { unlink(file.path) } }

    /// Makes the bytes durable and gives the file its final name.
    /// - Parameter replacing: whether a file under the final name may be replaced; when not, the call fails with EEXIST.
    public consuming func publish(replacing: Bool = false) throws(SystemError) {
        try seal().publish(replacing: replacing)
    }

    /// Makes the bytes durable and closes the file, which keeps its temporary name for now: for files that are published
    /// together, more of them than can be open at once.
    public consuming func seal() throws(SystemError) -> SealedPublication {
        try file.sync()
        isSealed = true
        return SealedPublication(temporary: file.path, path: path)
    }

    /// Replaces the file at `path` with `bytes`, or creates it.
    public static func write(_ bytes: [UInt8], to path: String) throws(SystemError) {
        let publication = try Publication(path)
        try bytes.withUnsafeBufferPointer { (buffer) throws(SystemError) in
            try publication.file.write(UnsafeRawBufferPointer(buffer), at: 0)
        }
        try publication.publish(replacing: true)
    }

    private static let count = Atomic<UInt64>(0)

    static let marker = ".msc-partial-"

    static func temporaryPath(for path: String) -> String {
        let mark = "\(marker)\(ProcessMark.own)"
        // A name has at most 255 bytes (NAME_MAX); behind the mark comes a point with a number of up to twenty digits. What is cut off
        // only made the name easier to read.
        var name = Folder.name(of: path).unicodeScalars
        while name.reduce(0, { $0 + UTF8.width($1) }) > 255 - 1 - mark.utf8.count - 21 { name.removeLast() }
        return Folder.join(Folder.parent(of: path), ".\(String(name))\(mark)")
    }
}

/// A complete and durable file under its temporary name. Dropping it unpublished removes it.
public final class SealedPublication {
    public let path: String
    private let temporary: String
    private var isRenamed = false

    fileprivate init(temporary: String, path: String) {
        self.temporary = temporary
        self.path = path
    }

    deinit { if !isRenamed { unlink(temporary) } }

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
