// Whether somebody has a file open, told by the system and not by process numbers.

import Dispatch
import Glibc
import Synchronization
import Testing

@testable import FileSystem

@Suite("Use of files")
struct FileUseTests {
    private let folder: String

    init() throws {
        var template = Array("/tmp/msc-use-XXXXXX".utf8CString)
        folder = String(cString: mkdtemp(&template))
    }

    // This process is passed over in /proc, as the processes of other containers are not in it.
    @Test(
        "I6: a file that somebody has open is seen to be so, without a look at /proc; closed, it is free",
        arguments: [File.Access.read, .readWrite])
    func use(_ access: File.Access) throws {
        let path = folder + "/data"
        try Publication.write([1], to: path)
        #expect(FileUse.of(path) == .free)
        do {
            let file = try File(path, access)
            #expect(FileUse.of(path) == .open(process: nil))
            withExtendedLifetime(file) {}
        }
        #expect(FileUse.of(path) == .free)
        #expect(FileUse.of(folder + "/none") == .free)
    }

    @Test("two that make the same folders at once both have them")
    func race() throws {
        let folder = folder
        let failures = Mutex<[SystemError]>([])
        for round in 0..<200 {
            let path = "\(folder)/\(round)/a/b"
            DispatchQueue.concurrentPerform(iterations: 4) { index in
                do throws(SystemError) {
                    if index % 2 == 0 { return try Folder.create(path) }
                    var handle = try FolderHandle(folder)
                    for part in [String(round), "a", "b"] { handle = try handle.subfolder(part) }
                } catch { failures.withLock { $0.append(error) } }
            }
        }
        #expect(failures.withLock { $0 } == [])
    }
}
