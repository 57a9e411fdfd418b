// The files that a backup must not open as attachments. Closing any descriptor of a file gives up all POSIX locks that this process
// holds on it, SQLite's among them: another program could then write into the midst of what is being read.

import FileSystem
import Glibc
import Vocabulary

/// The data file with its journals, the log, and the companion folder: by device and inode, so that no second name hides them.
struct LiveFiles {
    private struct Mark: Hashable {
        var device: UInt64
        var inode: UInt64

        init(_ status: stat) {
            device = UInt64(status.st_dev)
            inode = UInt64(status.st_ino)
        }
    }

    /// SQLite makes its journals anew whenever it likes: they count by name, too.
    private let paths: Set<String>
    private let marks: Set<Mark>

    init(_ application: Application) {
        let journal = ((try? ApplicationRecord.read(application)) ?? nil)?.journal
        paths = Set(
            ["", "-wal", "-shm", "-journal"].map { application.data + $0 } + [journal ?? application.defaultJournal, application.companion])
        marks = Set(paths.compactMap { Folder.resolved($0) ?? $0 }.compactMap { Folder.status(of: $0) }.map { Mark($0) })
    }

    /// - Parameter status: of what stands at the path.
    func contain(_ path: String, _ status: stat) -> Bool { paths.contains(path) || marks.contains(Mark(status)) }
}
