import FileSystem
import Glibc
import Testing

@Suite("I3: a file under a final name is complete", .serialized)
struct PublicationTests {
    let folder: String

    init() throws {
        var template = Array("/tmp/msc-test-XXXXXX".utf8CString)
        folder = String(cString: mkdtemp(&template))
    }

    private func publish(_ text: String, replacing: Bool) throws {
        let publication = try Publication("\(folder)/file")
        try Array(text.utf8).withUnsafeBytes { try publication.file.write($0, at: 0) }
        try publication.publish(replacing: replacing)
    }

    private func content() -> String? {
        guard let file = try? File("\(folder)/file", .read) else { return nil }
        var bytes = [UInt8](repeating: 0, count: 100)
        let count = (try? bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }) ?? 0
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    @Test("publishing never overwrites unless told to")
    func noOverwrite() throws {
        try publish("old", replacing: false)
        #expect(throws: SystemError.self) { try publish("new", replacing: false) }
        #expect(content() == "old")
        try publish("new", replacing: true)
        #expect(content() == "new")
        #expect(try Folder.contents(of: folder) == ["file"])
    }

    @Test("each failing call leaves the old file or the new one, and no temporary file of ours", arguments: [false, true], [ENOSPC, EIO, EACCES])
    func everyFault(replacing: Bool, code: Int32) throws {
        var n = 0
        while n < 50 {
            n += 1
            if replacing { try publish("old", replacing: true) } else { unlink("\(folder)/file") }
            let target = n
            let hits = Counter()
            Faults.install { [folder] _, path in path.hasPrefix(folder) && hits.next() == target ? code : nil }
            defer { Faults.install(nil) }
            let failed = (try? publish("new", replacing: replacing)) == nil
            Faults.install(nil)
            #expect([replacing ? "old" : nil, "new"].contains(content()))
            if !failed {
                #expect(content() == "new")
                break
            }
        }
        #expect((4..<50).contains(n), "open, write, sync, rename and the folder's sync must each have failed once")
    }
}

import Synchronization

/// Counts calls from any thread.
final class Counter: Sendable {
    private let value = Mutex(0)
    func next() -> Int { value.withLock { $0 += 1; return $0 } }
}
