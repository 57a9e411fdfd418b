import Engine
import FileSystem
import FoundationEssentials
import Glibc

/// An application `SampleDB` in a folder of its own that goes with the test.
final class ScratchApplication {
    let folder: String
    let application: Application

    init() throws {
        var template = Array("/tmp/msc-test-XXXXXX".utf8CString)
        folder = String(cString: mkdtemp(&template))
        try Publication.write(Array("data".utf8), to: "\(folder)/SampleDB.db")
        application = try Application(data: "\(folder)/SampleDB.db")
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func write(_ text: String, to name: String) throws { try Publication.write(Array(text.utf8), to: "\(folder)/\(name)") }

    static func read(_ path: String) throws -> String {
        String(decoding: try File.contents(of: path, atMost: 64 << 20), as: UTF8.self)
    }

    /// A page of the documentation, found from this file's own place.
    static func documentationPath(_ page: String) -> String {
        #filePath.split(separator: "/").dropLast(4).map { "/\($0)" }.joined() + "/docs/\(page)"
    }

    static func documentationText(_ page: String) throws -> String { try read(documentationPath(page)) }

    static func documentation(_ page: String) throws -> [String] {
        try documentationText(page).split(separator: "\n").map(String.init)
    }
}
