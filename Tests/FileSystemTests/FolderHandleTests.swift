import FileSystem
import Glibc
import Testing

@Suite("A folder handle")
struct FolderHandleTests {
    let folder: String

    init() throws {
        var template = Array("/tmp/msc-test-XXXXXX".utf8CString)
        folder = String(cString: mkdtemp(&template))
    }

    @Test("makes missing folders and refuses links")
    func links() throws {
        let root = try FolderHandle(folder)
        #expect(try root.subfolder("a").subfolder("b").path == "\(folder)/a/b")
        #expect(Folder.isFolder("\(folder)/a/b"))
        symlink("\(folder)/a", "\(folder)/link")
        #expect(throws: SystemError.self) { _ = try FolderHandle(folder).subfolder("link") }
    }

    @Test("leads to its folder under whatever name that has now")
    func renamed() throws {
        let handle = try FolderHandle(folder).subfolder("a")
        rename("\(folder)/a", "\(folder)/moved")
        try Publication("\(handle.path)/file", in: handle).publish()
        #expect(try Folder.contents(of: "\(folder)/moved") == ["file"])
    }

    @Test("looking through a folder follows no link, whoever puts one in a folder's place meanwhile, and says what cannot be looked at")
    func looking() throws {
        for name in ["top/a", "top/b", "outside"] { try Folder.create("\(folder)/\(name)") }
        for name in ["top/a/1", "top/b/2", "outside/secret"] { try Publication.write([1], to: "\(folder)/\(name)") }
        #expect(symlink("\(folder)/outside", "\(folder)/top/c") == 0 && mkfifo("\(folder)/top/d", 0o600) == 0)
        var found: [String] = []
        Folder.look(through: "\(folder)/top") { path, sight in
            let word =
                switch sight {
                case .file: "file"
                case .folder: "folder"
                case .other: "other"
                case .nothing: "nothing"
                case .unreadable(let code): "\(code)"
                }
            found.append("\(path.dropFirst(folder.utf8.count)) \(word)")
            // Each folder becomes a link to another one when it has been seen: the upper one once it is open, the lower one before.
            if path.hasSuffix("/top/a"), rename("\(folder)/top", "\(folder)/top-aside") == 0 { symlink("outside", "\(folder)/top") }
            if path.hasSuffix("/b"), rename("\(folder)/top-aside/b", "\(folder)/top-aside/b-aside") == 0 {
                symlink("\(folder)/outside", "\(folder)/top-aside/b")
            }
            return true
        }
        #expect(found == [
            "/top folder", "/top/a folder", "/top/a/1 file", "/top/b folder", "/top/b \(ENOTDIR)", "/top/c other", "/top/d other",
        ])
        // A tree that somebody made to use up our descriptors.
        var deep = folder + "/deep"
        for _ in 0...300 { deep += "/x" }
        try Folder.create(deep)
        var last: Folder.Sight?
        Folder.look(through: "\(folder)/deep") { _, sight in
            last = sight
            return true
        }
        if case .unreadable(ENAMETOOLONG)? = last {} else { Issue.record("\(String(describing: last))") }
    }
}
