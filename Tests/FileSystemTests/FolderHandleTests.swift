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
}
