// What killed processes left is recognised, also when another process has their number now.

import Glibc
import Testing

@testable import FileSystem

@Suite("Leftovers")
struct LeftoverTests {
    private static func endedProcess() -> pid_t {
        var process: pid_t = 0
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("true"), nil]
        posix_spawn(&process, "/bin/true", nil, nil, &arguments, environ)
        free(arguments[0])
        waitpid(process, nil, 0)
        return process
    }

    @Test("files and folders of ended processes go, those of running ones and of others stay")
    func removal() throws {
        var template = Array("/tmp/msc-leftovers-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { try? Folder.removeTree(folder) }
        let ended = Self.endedProcess()
        let gone = [
            ".a.msc-partial-\(ended)", ".a.msc-partial-\(ended)-17", ".a.msc-partial-\(getpid())-17.3", ".a.msc-partial-1-999999999",
        ]
        let kept = [
            "a.msc-partial-\(ended)", ".a.msc-partial-", ".a.msc-partial-x-1", ".a",
        ]
        // This process holds the lock of what it works on: what it could not remove itself has none.
        let own = Folder.name(of: Publication.temporaryPath(for: folder + "/a"))
        for name in gone.dropLast() + [own] + kept { try Publication.write([1], to: folder + "/" + name) }
        try Folder.create(folder + "/" + gone[3])
        try Publication.write([1], to: folder + "/" + gone[3] + "/inside")
        try Folder.removeLeftovers(in: folder)
        let publication = try Publication(folder + "/b")
        try Folder.removeLeftovers(in: folder)
        #expect(Folder.exists(publication.file.path))
        try publication.publish()
        try Folder.removeFile(folder + "/b")
        #expect(try Set(Folder.contents(of: folder)) == Set(kept))
    }

    @Test("I3: what somebody in another container writes stays, and what he publishes together with it, until he lets it go")
    func otherContainer() throws {
        var template = Array("/tmp/msc-leftovers-XXXXXX".utf8CString)
        let folder = String(cString: mkdtemp(&template))
        defer { try? Folder.removeTree(folder) }
        // Numbers of processes that do not run here.
        let names = [".s1.msc-partial-999999991-5.1", ".s2.msc-partial-999999991-5.2", ".alone.msc-partial-999999992-5.1"]
        for name in names { try Publication.write([1], to: folder + "/" + name) }
        do {
            let first = try File(folder + "/" + names[0], .readWrite)
            _ = AdvisoryLock.take(first.descriptor)
            #expect(AdvisoryLock.isHeld(first.path) == true)
            try Folder.removeLeftovers(in: folder)
            #expect(try Folder.contents(of: folder) == Array(names[0...1]))
            withExtendedLifetime(first) {}
        }
        try Folder.removeLeftovers(in: folder)
        #expect(try Folder.contents(of: folder) == [])
    }

    @Test("I3: a file, a sealed file and a folder are locked until they have their names or are given up")
    func locked() throws {
        var template = Array("/tmp/msc-leftovers-XXXXXX".utf8CString)
        let folder = String(cString: mkdtemp(&template))
        defer { try? Folder.removeTree(folder) }
        let publication = try Publication(folder + "/a")
        #expect(AdvisoryLock.isHeld(publication.file.path) == true)
        let path = publication.file.path
        let sealed = try publication.seal()
        #expect(AdvisoryLock.isHeld(path) == true)
        try sealed.publish()
        var built: PartialFolder? = try PartialFolder(for: folder + "/b")
        let place = try #require(built?.path)
        #expect(AdvisoryLock.isHeld(place) == true)
        built = nil
        #expect(try Folder.contents(of: folder) == ["a"])
    }
}
