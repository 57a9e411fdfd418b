// The way to a name. A path is gone once, from folder to folder by their descriptors; what is opened, made, renamed or removed then is
// a name in the folder that was reached. So nobody who can write to a folder on the way leads this program elsewhere between two looks.
//
// Links on the way are followed where nobody gains by it: those of root and of the user who runs this program, and those that lead to what
// belongs to whoever made the link. Any other link is refused.

import CLinux
import Glibc
import Synchronization

/// A name in an open folder.
struct Way {
    let folder: FolderHandle
    let name: String
    /// Who has to own what the name stands for: somebody else's link led to it. Nil when that does not matter.
    let owner: uid_t?

    /// False where the kernel has no openat2, and for tests of what is done then.
    static let usesOpenat2 = Atomic<Bool>(true)

    /// Goes to the folder of `path`. The name at its end is not followed, and need not stand for anything.
    /// - Throws: ENOENT, ENOTDIR or EACCES where it goes no further; `SystemError.foreignLink`.
    init(_ path: String) throws(SystemError) {
        let name = Folder.name(of: path)
        if path.isEmpty { throw SystemError(.open, path, errno: ENOENT) }
        if Way.usesOpenat2.load(ordering: .relaxed), !["", ".", ".."].contains(name) {
            let above = Folder.parent(of: path)
            let descriptor = clinux_open_folder(AT_FDCWD, above)
            if descriptor >= 0 {
                self.init(folder: FolderHandle(path: above, adopting: descriptor), name: name, owner: nil)
                return
            }
        }
        // A link is on the way, or something is wrong that this tells.
        var walk = try Walk(path)
        self = try walk.go(followingLast: false)
    }

    /// The same, and where a link stands at the end of the path, to where that leads.
    static func toTarget(of path: String) throws(SystemError) -> Way {
        let way = try Way(path)
        guard let there = way.folder.status(of: way.name), there.st_mode & S_IFMT == S_IFLNK else { return way }
        var walk = try Walk(path)
        return try walk.go(followingLast: true)
    }

    init(folder: FolderHandle, name: String, owner: uid_t? = nil) {
        self.folder = folder
        self.name = name
        self.owner = owner
    }

    /// Refuses what a link of somebody else led to, when it is not his.
    func check(_ found: stat, _ path: String) throws(SystemError) {
        if let owner, found.st_uid != owner { throw SystemError(.open, path, errno: SystemError.foreignLink) }
    }

    static func isTrusted(_ user: uid_t) -> Bool { user == 0 || user == geteuid() }
}

/// Going a path one component at a time.
struct Walk {
    /// As many as Linux follows.
    private static let mostLinks = 40

    private let path: String
    /// Set when the walk must stay below where it began.
    private let isBound: Bool
    private var here: FolderHandle
    /// The components that are left, the next one last.
    private var rest: [String]
    private var links = 0
    /// Links of somebody else: how many components were left behind each, and who made it.
    private var debts: [(left: Int, owner: uid_t)] = []
    /// The folders and links that were passed, the first folder included, not what the walk ends at.
    private(set) var passed: [Program.Step] = []

    init(_ path: String) throws(SystemError) {
        self.path = path
        isBound = false
        rest = Walk.parts(path)
        here = try Walk.start(path.hasPrefix("/") ? "/" : ".", path)
        passed.append(Program.Step(path: here.path, status: try here.status()))
    }

    /// - Parameter folder: nothing outside of it is reached, by whatever link.
    init(_ name: String, below folder: FolderHandle) throws(SystemError) {
        path = Folder.join(folder.path, name)
        isBound = true
        rest = Walk.parts(name)
        here = folder
        passed.append(Program.Step(path: here.path, status: try here.status()))
    }

    private static func parts(_ path: String) -> [String] {
        path.split(separator: "/").map(String.init).filter { $0 != "." }.reversed()
    }

    private static func start(_ folder: String, _ path: String) throws(SystemError) -> FolderHandle {
        let descriptor = clinux_open_subfolder(AT_FDCWD, folder)
        guard descriptor >= 0 else { throw SystemError(.open, path, errno: errno) }
        return FolderHandle(path: folder, adopting: descriptor)
    }

    /// Goes to the end. Call it once.
    mutating func go(followingLast: Bool) throws(SystemError) -> Way {
        while let part = rest.popLast() {
            if rest.isEmpty, !followingLast { return try end(part) }
            if isBound, part == ".." { throw SystemError(.open, path, errno: EXDEV) }
            let place = Folder.join(here.path, part)
            let subfolder = clinux_open_subfolder(here.descriptor, part)
            if subfolder >= 0 {
                let next = FolderHandle(path: place, adopting: subfolder)
                if rest.isEmpty { return try end(part) }
                here = next
                try pass(place, try next.status())
                continue
            }
            let found = clinux_open_name(here.descriptor, part)
            guard found >= 0 else {
                if rest.isEmpty { return try end(part) }
                throw SystemError(.open, path, errno: errno)
            }
            defer { close(found) }
            var status = stat()
            guard fstat(found, &status) == 0 else { throw SystemError(.open, path, errno: errno) }
            guard status.st_mode & S_IFMT == S_IFLNK else {
                if rest.isEmpty { return try end(part) }
                throw SystemError(.open, path, errno: ENOTDIR)
            }
            passed.append(Program.Step(path: place, status: status))
            try follow(found, status.st_uid)
        }
        return try end(".")
    }

    private mutating func follow(_ link: Int32, _ owner: uid_t) throws(SystemError) {
        links += 1
        guard links <= Walk.mostLinks, let target = Folder.linkTarget(at: link, "") else { throw SystemError(.open, path, errno: ELOOP) }
        if !Way.isTrusted(owner) { debts.append((rest.count, owner)) }
        if target.hasPrefix("/") {
            if isBound { throw SystemError(.open, path, errno: EXDEV) }
            here = try Walk.start("/", path)
        }
        rest += Walk.parts(target)
        try pass(here.path, try here.status())
    }

    /// Notes a folder, and lets what is no longer behind a link of somebody else be his.
    private mutating func pass(_ place: String, _ status: stat) throws(SystemError) {
        passed.append(Program.Step(path: place, status: status))
        while let debt = debts.last, rest.count <= debt.left {
            guard status.st_uid == debt.owner else { throw SystemError(.open, path, errno: SystemError.foreignLink) }
            debts.removeLast()
        }
    }

    private func end(_ name: String) throws(SystemError) -> Way {
        let owner = debts.first?.owner
        if debts.contains(where: { $0.owner != owner }) { throw SystemError(.open, path, errno: SystemError.foreignLink) }
        return Way(folder: here, name: name, owner: owner)
    }
}
