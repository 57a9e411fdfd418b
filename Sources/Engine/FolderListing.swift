// What stands in a folder, for a person who looks for a file: the pages have no file system of their own.

import FileSystem
import Glibc
public import Vocabulary

/// The folders and the wanted files of one folder.
public struct FolderListing: Sendable, Equatable {
    public struct Entry: Sendable, Equatable {
        public var name: String
        public var isFolder: Bool
        /// Bytes; zero for folders.
        public var size: UInt64
        /// Milliseconds since 1970 UTC.
        public var modified: Int64

        public init(name: String, isFolder: Bool, size: UInt64, modified: Int64) {
            self.name = name
            self.isFolder = isFolder
            self.size = size
            self.modified = modified
        }
    }

    /// Absolute, without links.
    public var folder: String
    /// Folders first, each part by name; at most `most`.
    public var entries: [Entry]
    /// Whether there were more.
    public var isCut: Bool

    static let most = 10_000

    public init(folder: String, entries: [Entry], isCut: Bool = false) {
        self.folder = folder
        self.entries = entries
        self.isCut = isCut
    }

    /// Reads a folder. Hidden names are left out.
    /// - Parameter endings: of the files wanted, such as `.4BK`; empty for all.
    /// - Throws: 1513 when there is no such folder, 1511 and 1515 when it cannot be read, 1406 on Stop.
    public init(_ path: String, endings: [String], _ job: Job) throws {
        guard let folder = Folder.resolved(path), Folder.isFolder(folder) else {
            if Folder.isHidden(path) { throw Application.hidden(path) }
            throw Failure(.fileNotFound, "there is no folder '\(path)'", hint: "Check the path.")
        }
        let names: [String]
        do { names = try Folder.contents(of: folder) } catch {
            // Untested: root, as whom the tests run, may list every folder that is there.
            throw Failure(
                error.isPermission ? .noPermission : .readFailed, "the folder '\(folder)' cannot be read", cause: error.reason,
                hint: "Check its owner and mode, and the disk.")
        }
        var entries: [Entry] = []
        isCut = false
        for name in names where !name.hasPrefix(".") {
            try job.checkStop()
            var status = stat()
            guard stat(Folder.join(folder, name), &status) == 0 else { continue }
            let isFolder = status.st_mode & S_IFMT == S_IFDIR
            guard isFolder || status.st_mode & S_IFMT == S_IFREG && (endings.isEmpty || endings.contains { name.hasSuffix($0) }) else {
                continue
            }
            guard entries.count < FolderListing.most else {
                isCut = true
                break
            }
            entries.append(
                Entry(
                    name: name, isFolder: isFolder, size: isFolder ? 0 : UInt64(status.st_size),
                    modified: status.st_mtim.milliseconds))
        }
        self.folder = folder
        self.entries = entries.filter(\.isFolder) + entries.filter { !$0.isFolder }
    }
}
