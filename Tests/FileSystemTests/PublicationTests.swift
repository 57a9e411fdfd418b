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

    @Test("a file system without hard links: published all the same, never over another file, and each failing call leaves all or nothing", arguments: [EPERM, EOPNOTSUPP, ENOSYS])
    func withoutHardLinks(code: Int32) throws {
        let target = Counter()
        var isPublished = false
        for _ in 0..<50 where !isPublished {
            unlink("\(folder)/file")
            let n = target.next()
            let hits = Counter()
            Faults.install { [folder] call, path in
                guard path.hasPrefix(folder) else { return nil }
                return call == .link ? code : hits.next() == n ? EIO : nil
            }
            defer { Faults.install(nil) }
            isPublished = (try? publish("new", replacing: false)) != nil
            Faults.install(nil)
            #expect(content() == (isPublished ? "new" : nil))
            #expect(try Folder.contents(of: folder) == (isPublished ? ["file"] : []))
        }
        #expect(isPublished && target.next() > 5)
        Faults.install { [folder] call, path in path.hasPrefix(folder) && call == .link ? code : nil }
        defer { Faults.install(nil) }
        let error = #expect(throws: SystemError.self) { try publish("newer", replacing: false) }
        #expect(error?.errno == EEXIST)
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
