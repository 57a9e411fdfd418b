// What the Tab key makes of a path that is being typed.

import FileSystem

public enum PathCompletion {
    /// The path with as much added as all files and folders that begin so have in common; a slash behind the only folder.
    /// Nil when nothing begins so. `~/` stands for the user's folder.
    /// - Parameter base: the folder that a relative path counts from; it stays relative.
    public static func complete(_ typed: String, home: String?, from base: String = ".") -> String? {
        let path = expanding(typed, home: home)
        let start = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        let folder = start.hasPrefix("/") ? start : start.isEmpty ? base : Folder.join(base, start)
        let beginning = Folder.name(of: path)
        guard let all = try? Folder.contents(of: folder) else { return nil }
        let names = all.filter { $0.hasPrefix(beginning) && (!beginning.isEmpty || !$0.hasPrefix(".")) }
        guard var common = names.first else { return nil }
        for name in names.dropFirst() {
            while !name.hasPrefix(common) { common.removeLast() }
        }
        var completed = start + common
        if names.count == 1, Folder.isFolder(Folder.join(folder, common)) { completed += "/" }
        return completed
    }

    /// The path with the user's folder in place of `~`.
    public static func expanding(_ path: String, home: String?) -> String {
        guard let home else { return path }
        return path == "~" ? home : path.hasPrefix("~/") ? home + path.dropFirst() : path
    }
}
