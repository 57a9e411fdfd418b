// A program of somebody else's that is to be run: opened once, with a look at everything above it. What was looked at is what runs.

import CLinux
public import Glibc

/// An open program file. It is run by its descriptor, so that another file under its name is not run instead.
public struct Program: ~Copyable, Sendable {
    /// A folder or link on the way to the program.
    public struct Step: Sendable {
        public var path: String
        public var status: stat
    }

    /// Where it was found, links followed.
    public let path: String
    public let status: stat
    /// What led to it, the root first; a link stands before what it leads to.
    public let way: [Step]
    /// Closed at exec, unless a child is told to keep it: the interpreter of a script opens the script by it.
    public let descriptor: Int32

    /// Opens `name`, a path from a folder, without reading it. Links are followed, but not out of the folder.
    /// - Throws: ENOENT when nothing is there, EXDEV when a link leads out of the folder, and what `File` throws.
    public init(_ name: String, below folder: String) throws(SystemError) {
        var above = try Walk(folder)
        let home = try FolderHandle(above.go(followingLast: true))
        var walk = try Walk(name, below: home)
        let end = try walk.go(followingLast: true)
        let place = Folder.join(end.folder.path, end.name)
        let found = clinux_open_name(end.folder.descriptor, end.name)
        guard found >= 0 else { throw SystemError(.open, place, errno: errno) }
        defer { close(found) }
        var status = stat()
        // Out of the way of the three descriptors that a child gets.
        let kept = fcntl(found, F_DUPFD_CLOEXEC, 10)
        guard kept >= 0, fstat(kept, &status) == 0 else { throw SystemError(.open, place, errno: errno) }
        descriptor = kept
        self.status = status
        path = place
        way = above.passed + walk.passed
    }

    deinit { close(descriptor) }

    /// The path by which a child, which has the descriptor too, runs it.
    public var runningPath: String { "/proc/self/fd/\(descriptor)" }

    /// Whether this user may run it.
    public var isExecutable: Bool { access(runningPath, X_OK) == 0 }
}
