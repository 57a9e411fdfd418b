// Root works in nobody else's folder: whose a place is, and that nothing is done where it is somebody else's.

import EngineSupport
import FileSystem
import Glibc
import Testing
import Vocabulary

@testable import Engine

@Suite("Root and the places of others", .enabled(if: geteuid() == 0, "asks as root"))
struct OwnershipTests {
    private let bench: LoggedApplication
    private var data: String { bench.application.data }

    init() throws {
        bench = try LoggedApplication()
        try bench.add("A")
        try bench.backup()
    }

    private func refusal(_ path: String) -> Failure? { #expect(throws: Failure.self) { try PlaceOwner.owner(of: path) } }

    @Test("a place belongs to the owner of the folder, then of the file, then of the nearest folder above")
    func owner() throws {
        #expect(try PlaceOwner.owner(of: data) == nil)
        chown(data, 12347, 12348)
        #expect(try PlaceOwner.owner(of: data)?.user == 12347)
        chown(bench.folder, 12345, 12346)
        #expect(try PlaceOwner.owner(of: data)?.user == 12345)
        let below = bench.folder + "/below"
        mkdir(below, 0o755)
        #expect(try PlaceOwner.owner(of: below + "/missing.db")?.user == 12345)
        symlink(below + "/missing.db", bench.folder + "/link.db")
        #expect(try PlaceOwner.owner(of: bench.folder + "/link.db")?.user == 12345)
        #expect(try PlaceOwner.owner(of: bench.folder + "/below/../SampleDB.db")?.user == 12345)
    }

    @Test("where nobody can be named, root does nothing: a companion or journal of another, a folder open to all, a link of a third user")
    func refused() throws {
        chown(bench.application.companion, 12345, 12345)
        #expect(refusal(data)?.code == .noPermission)
        chown(bench.application.companion, 0, 0)
        for suffix in ["-journal", "-wal", "-shm"] {
            try Publication.write([1], to: data + suffix)
            chown(data + suffix, 12345, 12345)
            #expect(refusal(data)?.message.contains(suffix) == true)
            try Folder.removeFile(data + suffix)
        }
        chmod(bench.folder, 0o777)
        #expect(refusal(data)?.message.contains("everybody") == true)
        chmod(bench.folder, 0o1777)
        #expect(try PlaceOwner.owner(of: data) == nil)
        chmod(bench.folder, 0o755)
        let link = bench.folder + "/link.db"
        symlink(data, link)
        lchown(link, 12345, 12345)
        #expect(refusal(link)?.message.contains("link") == true)
        symlink("loop", bench.folder + "/loop")
        #expect(try PlaceOwner.owner(of: bench.folder + "/loop") == nil)
    }

    @Test("an operation that learns of such a place only as it runs does nothing (1511)")
    func operations() throws {
        chown(bench.folder, 12345, 12346)
        let before = try Folder.contents(of: bench.folder)
        #expect(throws: Failure.self) { try Application(data: data) }
        let failure = #expect(throws: Failure.self) { try bench.restore(1, .inPlace) }
        #expect(failure?.code == .noPermission)
        #expect(try Folder.contents(of: bench.folder) == before)
    }
}
