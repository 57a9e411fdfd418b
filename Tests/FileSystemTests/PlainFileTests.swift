// What is no plain file is refused at once: a pipe would let its reader wait for ever.

import FileSystem
import Glibc
import Testing

@Suite("Plain files only")
struct PlainFileTests {
    @Test("a pipe, a device and a socket are refused without waiting; a file and a folder are opened")
    func kinds() throws {
        var template = Array("/tmp/msc-plain-XXXXXX".utf8CString)
        let folder = Folder.resolved(String(cString: mkdtemp(&template))) ?? ""
        defer { try? Folder.removeTree(folder) }
        #expect(mkfifo(folder + "/pipe", 0o600) == 0)
        for path in [folder + "/pipe", "/dev/null", "/dev/zero"] {
            for access in [File.Access.read, .readWrite] {
                let error = #expect(throws: SystemError.self) { _ = try File(path, access).size() }
                #expect(error?.errno == SystemError.notPlain && error?.reason.contains("pipe") == true)
            }
        }
        try Publication.write([1], to: folder + "/file")
        #expect(try File(folder + "/file", .read).size() == 1)
        _ = try File(folder, .read).size()
    }
}
