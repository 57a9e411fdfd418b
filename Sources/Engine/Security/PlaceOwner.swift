// Root works in nobody else's folder. What stands there is what its owner put there: a link in place of a file, settings that name
// somebody's secrets, a schema, a journal. So root becomes the owner before it opens anything, and the owner gets no right that
// he has not.

import FileSystem
import Glibc
public import Vocabulary

/// Whom the place of a file belongs to.
public enum PlaceOwner {
    /// Lets a process of root's become the owner of the place of `path`, for good and on all threads. Call it at the start of the
    /// process, before anything of the place is opened. It does nothing where the place is root's, or where the process is not root's.
    /// - Returns: a sentence that says who the process is now; nil when it is who it was.
    /// - Throws: 1511 when nobody can be named whose rights are safe here, or when root may not become somebody else.
    public static func become(for path: String) throws(Failure) -> String? {
        guard geteuid() == 0, let owner = try owner(of: path) else { return nil }
        let name = try change(to: owner, path)
        return "working as \(name), who owns the place of '\(path)': root opens nothing there with rights of its own"
    }

    /// Refuses a place that root must not work in: the net below `become`, where an operation learns of a place only as it runs.
    /// - Throws: 1511.
    static func check(_ path: String) throws(Failure) {
        guard geteuid() == 0, let owner = try owner(of: path) else { return }
        throw Failure(
            .noPermission, "the place of '\(path)' belongs to user \(owner.user), and root opens nothing there with rights of its own",
            hint: "Run msc as that user, for example with 'sudo -u', or give the folder to root.")
    }

    struct Owner: Equatable {
        var user: uid_t
        var group: gid_t

        init(_ status: stat) {
            user = status.st_uid
            group = status.st_gid
        }
    }

    // MARK: Whose it is

    /// The owner of the folder that `path` leads to; where that is root's the owner of the file, then of the nearest folder above that
    /// is not root's. Nil when all of it is root's.
    static func owner(of path: String) throws(Failure) -> Owner? {
        let way = Way(to: path)
        let inFolder = (way.folders.last.map { [$0] } ?? []) + (way.end.map { [$0] } ?? [])
        let owner = (inFolder + way.folders.reversed()).first { $0.st_uid != 0 }.map(Owner.init)
        if let link = way.links.first(where: { $0.st_uid != 0 && $0.st_uid != owner?.user }) {
            throw refusal(
                "a link on the way to '\(path)' belongs to user \(link.st_uid), who owns nothing of what it leads to", "Give the path itself.")
        }
        if let owner { return owner }
        guard let resolved = way.path else { return nil }
        if let neighbour = neighbours(resolved).first(where: { Folder.targetStatus(of: $0).map { $0.st_uid != 0 } ?? false }) {
            throw refusal(
                "'\(neighbour)' does not belong to root, as '\(path)' does",
                "Give both to one user with chown, or remove what does not belong there.")
        }
        if way.folders.contains(where: { $0.st_mode & 0o002 != 0 && $0.st_mode & S_ISVTX == 0 }) {
            throw refusal("everybody may replace what lies on the way to '\(path)'", "Close the folders above it with 'chmod o-w'.")
        }
        return nil
    }

    /// What is opened together with a data file.
    private static func neighbours(_ data: String) -> [String] {
        [Application.companion(of: data)] + ["-journal", "-wal", "-shm"].map { data + $0 }
    }

    private static func refusal(_ sentence: String, _ hint: String) -> Failure {
        Failure(.noPermission, sentence + ": root does not work there", hint: hint)
    }

    /// What a path leads through, links followed one by one.
    private struct Way {
        var folders: [stat] = []
        var links: [stat] = []
        /// What the path leads to, when it is no folder.
        var end: stat?
        /// The path without links; nil when a folder on the way is missing.
        var path: String?

        init(to path: String) {
            var rest = Array(path.split(separator: "/").map(String.init).reversed())
            var place = path.hasPrefix("/") ? "/" : Folder.resolved(".") ?? "/"
            for folder in Way.above(place) + [place] { if let status = Folder.status(of: folder) { folders.append(status) } }
            while let part = rest.popLast() {
                if part == "." { continue }
                place = part == ".." ? Folder.parent(of: place) : Folder.join(place, part)
                guard let status = Folder.status(of: place) else {
                    if rest.isEmpty { self.path = place }
                    return
                }
                switch status.st_mode & S_IFMT {
                case S_IFLNK:
                    links.append(status)
                    guard links.count <= 40, let target = Folder.linkTarget(of: place) else { return }
                    rest += target.split(separator: "/").map(String.init).reversed()
                    place = target.hasPrefix("/") ? "/" : Folder.parent(of: place)
                case S_IFDIR: folders.append(status)
                default: end = status
                }
            }
            self.path = place
        }

        /// The folders above one, the root first.
        private static func above(_ folder: String) -> [String] {
            var found: [String] = []
            var place = folder
            while place != "/", place != "." {
                place = Folder.parent(of: place)
                found.insert(place, at: 0)
            }
            return found
        }
    }

    // MARK: Becoming him

    /// - Returns: who it is now, in words.
    private static func change(to owner: Owner, _ path: String) throws(Failure) -> String {
        let entry = getpwuid(owner.user)
        let group = entry?.pointee.pw_gid ?? owner.group
        let name = entry.map { String(cString: $0.pointee.pw_name) }
        var groups = [group]
        let taken = name.map { initgroups($0, group) } ?? setgroups(1, &groups)
        guard taken == 0, setgid(group) == 0, setuid(owner.user) == 0, getuid() == owner.user, geteuid() == owner.user, setuid(0) != 0 else {
            throw Failure(
                .noPermission, "the place of '\(path)' belongs to user \(owner.user), and root may not become that user here",
                cause: String(cString: strerror(errno)), hint: "Run msc as that user, for example with 'sudo -u'.")
        }
        return name.map { "user '\($0)'" } ?? "user \(owner.user)"
    }
}
