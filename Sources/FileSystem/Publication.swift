// Invariant I3: a file under a final name is complete. Temporary name in the same folder, write, fsync, rename, fsync
// folder; nobody else calls rename.

import Glibc

/// A file being written under a temporary name, published under its final one when complete.
///
/// Dropping it unpublished removes the temporary file. After kill -9 the temporary file stays, recognisable by its name
/// (`.NAME.msc-partial-PID`); `Folder.removeLeftovers` clears such files of dead processes.
public struct Publication: ~Copyable {
    public let file: File
    public let path: String
    private var isRenamed = false

    /// Creates the temporary file beside `path`.
    public init(_ path: String) throws(SystemError) {
        self.path = path
        file = try File(Publication.temporaryPath(for: path), .createNew)
    }

    deinit { if !isRenamed { unlink(file.path) } }

    /// Makes the bytes durable and gives the file its final name.
    /// - Parameter replacing: whether a file under the final name may be replaced; when not, the call fails with EEXIST.
    public consuming func publish(replacing: Bool = false) throws(SystemError) {
        let path = path
        let temporary = file.path
        try file.sync()
        if replacing {
            try systemCall(.rename, path) { rename(temporary, path) }
            isRenamed = true
        } else {
            // A second name for the same file, which fails when the final name is taken; `deinit` removes the first.
            try systemCall(.rename, path) { link(temporary, path) }
            unlink(temporary)
            isRenamed = true
        }
        try Folder.sync(containing: path)
    }

    /// Replaces the file at `path` with `bytes`, or creates it.
    public static func write(_ bytes: [UInt8], to path: String) throws(SystemError) {
        let publication = try Publication(path)
        try bytes.withUnsafeBufferPointer { (buffer) throws(SystemError) in
            try publication.file.write(UnsafeRawBufferPointer(buffer), at: 0)
        }
        try publication.publish(replacing: true)
    }

    static let marker = ".msc-partial-"

    static func temporaryPath(for path: String) -> String {
        Folder.join(Folder.parent(of: path), ".\(Folder.name(of: path))\(marker)\(getpid())")
    }
}
