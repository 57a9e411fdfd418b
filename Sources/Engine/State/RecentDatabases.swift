// The databases that were opened last: a small file of this user's own, by convention below XDG_STATE_HOME. It is a
// convenience: what cannot be read is an empty list, and what cannot be written is forgotten.

import FileSystem
public import Vocabulary

/// The list of databases opened last, newest first.
public struct RecentDatabases: Sendable {
    static let most = 20
    public let path: String

    /// - Parameter path: the file; its folder is made when the first database is remembered.
    public init(path: String) { self.path = path }

    /// Where the file is by convention.
    /// - Parameters:
    ///   - state: the value of XDG_STATE_HOME; only an absolute path counts.
    ///   - home: the user's folder.
    public init?(stateHome state: String?, home: String?) {
        if let state, state.hasPrefix("/") {
            path = state + "/msc/recent.json"
        } else if let home, home.hasPrefix("/") {
            path = home + "/.local/state/msc/recent.json"
        } else {
            return nil
        }
    }

    /// The paths, newest first.
    public func read() -> [String] {
        let paths: [String]? = (try? JSONFile.read(path)) ?? nil
        return Array((paths ?? []).filter { $0.hasPrefix("/") }.prefix(RecentDatabases.most))
    }

    /// Puts a database first. Failure leaves the list as it was.
    public func remember(_ data: String) throws(Failure) {
        let paths = [data] + read().filter { $0 != data }
        do { try Folder.create(Folder.parent(of: path)) } catch { throw Failure.writing(error) }
        try JSONFile.write(Array(paths.prefix(RecentDatabases.most)), path)
    }

    /// Whether a path leads to a file now, or may: this user cannot see it.
    public static func exists(_ path: String) -> Bool { Folder.isHidden(path) || Folder.exists(path) && !Folder.isFolder(path) }
}
