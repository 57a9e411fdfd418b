// The way to a name: which links are followed, which files are not opened, and that nobody who exchanges folders in a loop leads us
// elsewhere. Each test is run with openat2 and without.

import Glibc
import Synchronization
import Testing

@testable import FileSystem

@Suite("The way to a name", .serialized)
final class WayTests {
    /// A folder of this user's own.
    private let folder: String
    /// Nobody of this machine.
    private static let stranger: uid_t = 4321
    private static var isRoot: Bool { geteuid() == 0 }

    init() throws {
        var template = Array("/tmp/msc-way-XXXXXX".utf8CString)
        folder = try #require(Folder.resolved(String(cString: mkdtemp(&template))))
    }

    deinit {
        Way.usesOpenat2.store(true, ordering: .relaxed)
        try? Folder.removeTree(folder)
    }

    private func path(_ name: String) -> String { folder + "/" + name }

    private func make(_ name: String, _ bytes: [UInt8] = [1]) throws {
        try Folder.create(Folder.parent(of: path(name)))
        try Publication.write(bytes, to: path(name))
    }

    private func link(_ target: String, _ name: String, by user: uid_t? = nil) throws {
        try #require(symlink(target, path(name)) == 0)
        if let user { try #require(lchown(path(name), user, user) == 0) }
    }

    /// Why something is refused; 0 when it is not.
    private func refusal(_ body: () throws -> Void) -> Int32 {
        do {
            try body()
            return 0
        } catch { return (error as? SystemError)?.errno ?? -1 }
    }

    private func refusal(reading name: String) -> Int32 { refusal { _ = try File(path(name), .read).size() } }
    private func refusal(writing name: String) -> Int32 { refusal { _ = try File(path(name), .readWrite).size() } }

    private func withoutAndWithOpenat2(_ body: () throws -> Void) rethrows {
        for uses in [false, true] {
            Way.usesOpenat2.store(uses, ordering: .relaxed)
            try body()
        }
    }

    @Test("links of this user are followed on the way and to read, never to write; dots and absolute targets lead where they lead for the system")
    func ownLinks() throws {
        try make("real/deep/file", [1, 2, 3])
        try link("real", "a")
        try link(path("real/deep"), "b")
        try link("a/../real/./deep/", "c")
        try link("../real/deep/file", "real/d")
        try link("/", "root")
        try link(".", "self")
        try withoutAndWithOpenat2 { () throws in
            for name in [
                "real/deep/file", "a/deep/file", "b/file", "c/file", "b/../deep/file", "real/d", "self/self/b/file", "root" + path("b/file"),
                "real//deep/./file",
            ] {
                #expect(try File.contents(of: path(name), atMost: 9) == [1, 2, 3], "\(name)")
            }
            #expect(refusal(writing: "b/file") == 0)
            #expect(refusal(writing: "real/d") == SystemError.isLink)
            #expect(try Folder.contents(of: path("c")) == ["file"])
            #expect(try Folder.contents(of: "/").contains("tmp"))
            try Publication.write([7], to: path("b/other"))
            #expect(Folder.exists(path("real/deep/other")))
            try Folder.removeFile(path("a/deep/other"))
            #expect(refusal(reading: "a/none/file") == ENOENT && refusal(reading: "real/deep/file/x") == ENOTDIR)
        }
        try link("loop", "loop")
        #expect(refusal(reading: "loop") == ELOOP && refusal(reading: "loop/x") == ELOOP)
    }

    @Test("a link of another user is followed to what is his, and to nothing else", .enabled(if: isRoot))
    func foreignLinks() throws {
        try make("ours/file")
        try make("his/ours", [2])
        try make("his/file", [3])
        chown(path("his"), Self.stranger, Self.stranger)
        chown(path("his/file"), Self.stranger, Self.stranger)
        try link("ours", "toOurs", by: Self.stranger)
        try link("ours/file", "toFile", by: Self.stranger)
        try link("his", "toHis", by: Self.stranger)
        try link("his/file", "toHisFile", by: Self.stranger)
        try link("his/ours", "toOursInHis", by: Self.stranger)
        // By way of a link of ours, which changes nothing, and by one of a third.
        try link("ours", "good")
        try link("good", "toGood", by: Self.stranger)
        try link("his", "toHisByAnother", by: Self.stranger + 1)
        try withoutAndWithOpenat2 { () throws in
            for name in ["toOurs/file", "toFile", "toOursInHis", "toGood/file", "toHisByAnother/file"] {
                #expect(refusal(reading: name) == SystemError.foreignLink, "\(name)")
            }
            for name in ["toHis/file", "toHis/ours", "toHisFile", "good/file"] { #expect(refusal(reading: name) == 0, "\(name)") }
            #expect(refusal { try Publication.write([9], to: path("toOurs/new")) } == SystemError.foreignLink)
            #expect(refusal { try Folder.create(path("toOurs/sub/folder")) } == SystemError.foreignLink)
            #expect(refusal { _ = try FileLock.take(path("toOurs/lock")) } == SystemError.foreignLink)
            #expect(refusal { try Folder.removeFile(path("toOurs/file")) } == SystemError.foreignLink)
            #expect(refusal { try Folder.removeTree(path("toOurs/file")) } == SystemError.foreignLink)
            #expect(refusal { try Folder.move(path("ours/file"), to: path("toOurs/moved")) } == SystemError.foreignLink)
            #expect(refusal { _ = try Folder.contents(of: path("toOurs")) } == SystemError.foreignLink)
            #expect(refusal { _ = try FolderHandle(path("toOurs")).path } == SystemError.foreignLink)
            #expect(try Folder.contents(of: path("ours")) == ["file"])
        }
    }

    @Test("pipes, devices, sockets and what the kernel makes up are refused at once, under their own names and by links")
    func kinds() throws {
        #expect(mkfifo(path("pipe"), 0o600) == 0)
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path("socket").utf8) }
        let bound = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        #expect(bound == 0)
        try link("pipe", "toPipe")
        try link("/dev/zero", "zero")
        try link("/proc/self/status", "status")
        try withoutAndWithOpenat2 { () throws in
            for name in ["pipe", "socket", "toPipe", "zero"] {
                #expect(refusal(reading: name) == SystemError.notPlain, "\(name)")
                #expect(refusal { _ = try File.contents(of: path(name), atMost: 9) } == SystemError.notPlain, "\(name)")
            }
            for name in ["pipe", "socket"] {
                #expect(refusal(writing: name) == SystemError.notPlain, "\(name)")
                #expect(refusal { _ = try FileLock.take(path(name)) } == SystemError.notPlain, "\(name)")
                #expect(!FileLock.isHeld(path(name)))
                #expect(refusal { _ = try Folder.contents(of: path(name)) } == ENOTDIR, "\(name)")
            }
            #expect(refusal(reading: "status") == SystemError.madeUp)
            #expect(refusal { _ = try File("/proc/self/status", .read).size() } == SystemError.madeUp)
        }
    }

    @Test("in a folder of others, what may be a second name of somebody's file is not opened", .enabled(if: isRoot))
    func secondNames() throws {
        try make("ours/secret")
        for name in ["his", "all", "own"] { try Folder.create(path(name)) }
        chown(path("his"), Self.stranger, Self.stranger)
        chmod(path("all"), 0o777)
        for name in ["his", "all", "own"] { try Folder.link(path("ours/secret"), as: path(name + "/second")) }
        try make("his/twice")
        chown(path("his/twice"), Self.stranger, Self.stranger)
        try Folder.link(path("his/twice"), as: path("his/again"))
        try make("all/his")
        chown(path("all/his"), Self.stranger, Self.stranger)
        try withoutAndWithOpenat2 { () throws in
            for name in ["his/second", "all/second"] {
                #expect(refusal(reading: name) == SystemError.secondName && refusal(writing: name) == SystemError.secondName, "\(name)")
                #expect(refusal { _ = try FileLock.take(path(name)) } == SystemError.secondName)
                #expect(refusal { _ = try Folder.checkPlain(path(name)) } == SystemError.secondName)
            }
            // In a closed folder of ours it is our own doing, and what is his in his folder harms nobody else.
            for name in ["own/second", "his/twice"] { #expect(refusal(reading: name) == 0 && refusal(writing: name) == 0, "\(name)") }
            #expect(refusal(reading: "all/his") == 0)
            #expect(refusal(writing: "all/his") == SystemError.foreignOwner)
            try Publication.write([5], to: path("all/new"))
            #expect(refusal(writing: "all/new") == 0)
            try Folder.removeFile(path("all/new"))
        }
    }

    @Test("a publication keeps its folder: the one that it began in, whatever has its name now")
    func renamed() throws {
        try Folder.create(path("a"))
        let publication = try Publication(path("a/file"))
        rename(path("a"), path("b"))
        try Folder.create(path("a"))
        try publication.publish()
        #expect(try Folder.contents(of: path("a")) == [] && Folder.contents(of: path("b")) == ["file"])
        do {
            _ = try Publication(path("b/other"))
            #expect(try Folder.contents(of: path("b")) == ["file"])
        }
        let sealed = try Publication(path("b/other")).seal()
        rename(path("b"), path("c"))
        try Folder.create(path("b"))
        #expect(try Folder.contents(of: path("c")).count == 2)
        try sealed.publish(replacing: true)
        #expect(try Folder.contents(of: path("c")) == ["file", "other"] && Folder.contents(of: path("b")) == [])
    }

    @Test("a partial folder that was moved away is emptied, and what was put in its place stays")
    func exchangedPartial() throws {
        var partial: PartialFolder? = try PartialFolder(for: path("target"))
        let made = try #require(partial?.path)
        try Publication.write([1], to: made + "/file")
        rename(made, path("moved"))
        try make(Folder.name(of: made) + "/precious")
        #expect(refusal { try partial?.publish(as: path("target")) } == SystemError.exchanged)
        partial = nil
        #expect(Folder.exists(made + "/precious") && !Folder.exists(path("target")))
        #expect(try Folder.contents(of: path("moved")) == [])
    }

    @Test("a tree that is too deep is not gone down to the end of the stack")
    func deepTree() throws {
        var place = path("deep")
        for _ in 0..<100 {
            try Folder.create(place)
            place += "/d"
        }
        #expect(refusal { try Folder.removeTree(path("deep")) } == ENAMETOOLONG)
        // From below it goes.
        try Folder.removeTree(path("deep") + String(repeating: "/d", count: 50))
        try Folder.removeTree(path("deep"))
        #expect(!Folder.exists(path("deep")))
    }

    /// Exchanges a folder with a link of a stranger's to another folder, again and again, until `body` is through.
    private func whileExchanging(_ name: String, with target: String, _ body: () throws -> Void) throws {
        try link(path(target), name + ".link", by: Self.stranger)
        let (place, other, aside) = (path(name), path(name + ".link"), path(name + ".aside"))
        try whileRacing {
            rename(place, aside)
            rename(other, place)
            rename(place, other)
            rename(aside, place)
        } body: {
            try body()
        }
        #expect(Folder.isFolder(place))
    }

    private final class Race: Sendable {
        let isOver = Atomic<Bool>(false)
        let rounds = Atomic<Int>(0)
        let step: @Sendable () -> Void
        init(_ step: @escaping @Sendable () -> Void) { self.step = step }
    }

    /// Another thread runs `step` in a loop while `body` runs.
    private func whileRacing(_ step: @escaping @Sendable () -> Void, body: () throws -> Void) throws {
        let race = Race(step)
        var thread = pthread_t()
        let code = pthread_create(&thread, nil, {
            let race = Unmanaged<Race>.fromOpaque($0!).takeRetainedValue()
            while !race.isOver.load(ordering: .relaxed) {
                race.step()
                race.rounds.add(1, ordering: .relaxed)
            }
            return nil
        }, Unmanaged.passRetained(race).toOpaque())
        try #require(code == 0)
        defer {
            race.isOver.store(true, ordering: .relaxed)
            pthread_join(thread, nil)
        }
        while race.rounds.load(ordering: .relaxed) < 3 { sched_yield() }
        try body()
    }

    @Test(
        "while a folder is exchanged with a link in a loop, nothing outside is read, made, changed or removed", .enabled(if: isRoot),
        arguments: [false, true])
    func races(usesOpenat2: Bool) throws {
        Way.usesOpenat2.store(usesOpenat2, ordering: .relaxed)
        try make("outside/file", Array("secret".utf8))
        try make("outside/tree/file")
        try make("inside/file", Array("public".utf8))
        let before = try Folder.contents(of: path("outside"))
        var done = (read: 0, written: 0, removed: 0, refused: 0)
        try whileExchanging("inside", with: "outside") {
            for _ in 0..<3000 where done.read < 20 || done.written < 20 || done.removed < 20 || done.refused < 20 {
                do {
                    let bytes = try File.contents(of: path("inside/file"), atMost: 99)
                    #expect(String(decoding: bytes, as: UTF8.self) == "public")
                    done.read += 1
                    try Publication.write(Array("public".utf8), to: path("inside/file"))
                    done.written += 1
                    try Folder.create(path("inside/tree/sub"))
                    _ = try FileLock.take(path("inside/tree/lock"))
                    try Folder.removeTree(path("inside/tree"))
                    done.removed += 1
                    try PartialFolder(for: path("inside/new")).publish(as: path("inside/new"))
                    try Folder.removeTree(path("inside/new"))
                    try Folder.removeLeftovers(in: path("inside"))
                } catch { done.refused += 1 }
            }
        }
        #expect(done.read > 0 && done.refused > 0)
        #expect(try Folder.contents(of: path("outside")) == before)
        #expect(try File.contents(of: path("outside/file"), atMost: 99) == Array("secret".utf8))
        #expect(try Folder.contents(of: path("outside/tree")) == ["file"])
    }

    @Test("a folder that is exchanged with a link while its tree is removed: what it held goes, and nothing outside")
    func removal() throws {
        for name in ["one", "two"] { for place in ["outside", "tree/sub"] { try make(place + "/" + name) } }
        let (sub, moved, outside) = (path("tree/sub"), path("moved"), path("outside"))
        Faults.install { call, path in
            if call == .unlink, path == sub + "/one" {
                rename(sub, moved)
                symlink(outside, sub)
            }
            return nil
        }
        defer { Faults.install(nil) }
        #expect(refusal { try Folder.removeTree(path("tree")) } == ENOTDIR)
        #expect(try Folder.contents(of: outside) == ["one", "two"])
        #expect(try Folder.contents(of: moved) == [])
        // The link is removed as such.
        try Folder.removeTree(path("tree"))
        #expect(try Folder.contents(of: outside) == ["one", "two"] && !Folder.exists(path("tree")))
    }
}
