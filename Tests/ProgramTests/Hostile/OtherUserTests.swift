// Two users on one machine: what one of them puts in the way of the other.

import FileSystem
import Glibc
import Testing

var programIsReachable: Bool {
    var status = stat()
    var path = Folder.parent(of: Workbench.msc)
    while path != "/" {
        guard stat(path, &status) == 0, status.st_mode & 0o001 != 0 else { return false }
        path = Folder.parent(of: path)
    }
    return true
}

@Suite(
    "Two users", .enabled(if: geteuid() == 0, "needs root to become another user"),
    .enabled(if: programIsReachable, "needs the program where every user can run it"))
struct OtherUserTests {
    private func run(_ bench: Workbench, as user: Int, _ arguments: String...) throws -> Ended {
        try RunningProgram(
            "setpriv", ["--reuid=\(user)", "--regid=\(user)", "--clear-groups", Workbench.msc] + arguments, in: bench.folder, name: ".runs/u\(user)-\(arguments.count)-\(UInt32.random(in: 0...UInt32.max))"
        ).wait()
    }

    @Test("who may not read the data gets nothing and changes nothing; who may only read can look, and not more")
    func permissions() throws {
        let bench = try Workbench()
        try bench.sqlite("CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT); INSERT INTO item VALUES(1, 'a')")
        chmod(bench.folder, 0o755)
        chmod(bench.data, 0o600)
        let before = bench.listing()
        for arguments in [["info", bench.data], ["backup", bench.data], ["log", "start", bench.data], ["verify", bench.data]] {
            let ended = try run(bench, as: 12345, arguments[0], arguments.count > 2 ? arguments[1] : bench.data, arguments.count > 2 ? bench.data : "--json")
            #expect(ended.status == 1 && ended.errors.contains("msc: error"), "\(arguments) \(ended.status) \(ended.errors)")
        }
        chmod(bench.data, 0o644)
        #expect(try run(bench, as: 12345, "info", bench.data).status == 0)
        let backup = try run(bench, as: 12345, "backup", bench.data)
        #expect(backup.status == 1 && backup.errors.contains("error 15") || backup.errors.contains("error 1407"), "\(backup.errors)")
        #expect(bench.listing() == before)
    }

    @Test("what a user may not see is 1511, never something that is not there")
    func hidden() throws {
        let bench = try Workbench.logged()
        chmod(bench.folder, 0o755)
        chmod(bench.data, 0o644)
        for arguments in [["info", bench.data], ["backups", bench.data], ["verify", bench.archive(1)], ["activity", bench.data]] {
            let ended = try run(bench, as: 12345, arguments[0], arguments[1])
            #expect(ended.status == 1 && ended.errors.contains("error 1511"), "\(arguments) \(ended.status) \(ended.errors)")
        }
        let check = try run(bench, as: 12345, "check", bench.data)
        #expect(check.status == 3 && check.output.contains("UNKNOWN") && check.output.contains("1511"), "\(check.output)")
        // The folder of the backups alone.
        chmod(bench.companion, 0o755)
        chmod(bench.companion + "/application.json", 0o644)
        #expect(try run(bench, as: 12345, "info", bench.data).errors.contains("error 1511"))
        #expect(try !run(bench, as: 12345, "check", bench.data).output.contains("no backup"))
    }

    @Test("an archive is for its owner only, and so is what stands in the companion folder")
    func privacy() throws {
        let bench = try Workbench.logged()
        chmod(bench.folder, 0o755)
        // Each of the two keeps others out by itself.
        for path in [bench.archive(1), bench.companion, Folder.parent(of: bench.archive(1))] {
            var status = stat()
            #expect(stat(path, &status) == 0 && status.st_mode & 0o077 == 0, "\(path)")
        }
        chmod(bench.companion, 0o755)
        chmod(Folder.parent(of: bench.archive(1)), 0o755)
        let ended = try run(bench, as: 12345, "verify", bench.archive(1))
        #expect(ended.status == 1, "\(ended.output)")
        let restored = try run(bench, as: 12345, "restore", bench.archive(1), "--to", "/tmp/msc-stolen")
        #expect(restored.status == 1)
        #expect(!Folder.exists("/tmp/msc-stolen"))
    }

    @Test("a companion folder that somebody else made a link to a folder that is not his is refused (1511)")
    func companionLink() throws {
        let bench = try Workbench()
        try bench.sqlite("CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT); INSERT INTO item VALUES(1, 'a')")
        mkdir(bench.path("precious"), 0o700)
        symlink(bench.path("precious"), bench.companion)
        lchown(bench.companion, 12345, 12345)
        try bench.fails(1511, "backup", bench.data)
        try bench.fails(1511, "log", "start", bench.data)
        #expect(bench.listing(bench.path("precious")) == [])
        // His own folder, or a link that root made, is as good as a folder.
        lchown(bench.companion, 0, 0)
        try bench.json("backup", bench.data)
        #expect(bench.listing(bench.path("precious")).contains("application.json"))
    }
}
