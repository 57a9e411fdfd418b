// The program as root's, on a database of somebody who means harm: it gets nothing that its owner could not get himself.

import FileSystem
import Glibc
import PtySupport
import Testing

@Suite("Root on another user's database", .enabled(if: geteuid() == 0, "needs root"))
struct RootTests {
    private let bench: Workbench
    /// A folder of root's that nobody else may enter.
    private let closed: String

    init() throws {
        bench = try Workbench()
        try bench.sqlite("CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT); INSERT INTO item(name) VALUES('a')")
        closed = bench.folder + "-closed"
        mkdir(closed, 0o700)
        try Publication.write(Array("SECRET".utf8), to: closed + "/secret")
        chmod(bench.folder, 0o755)
        for path in [bench.folder, bench.data] { chown(path, 12345, 12345) }
    }

    private func owner(_ path: String) -> uid_t? { Folder.status(of: path)?.st_uid }

    @Test("a file of root's that the settings name as an attachment is not read")
    func attachment() throws {
        defer { try? Folder.removeTree(closed) }
        try bench.json("settings", bench.data, "IncludesFiles", closed + "/secret")
        let backup = try bench.start(["backup", bench.data]).wait()
        #expect(backup.status == 3 && backup.output.contains("missing: \(closed)/secret"), "\(backup.output) \(backup.errors)")
        try bench.json("restore", bench.archive(1), "--to", bench.path("r"))
        #expect(!bench.listing(bench.path("r")).contains { $0.contains("secret") })
        #expect(owner(bench.path("r")) == 12345 && owner(bench.archive(1)) == 12345)
    }

    @Test("a link in place of the backup journal is not written through")
    func link() throws {
        defer { try? Folder.removeTree(closed) }
        try Folder.create(bench.companion + "/Logs")
        symlink(closed + "/secret", bench.companion + "/Logs/Backup Journal[001].txt")
        for path in [bench.companion, bench.companion + "/Logs"] { chown(path, 12345, 12345) }
        _ = try bench.start(["backup", bench.data]).wait()
        #expect(bench.bytes(closed + "/secret") == Array("SECRET".utf8))
    }

    @Test("who the program works as is said once, on standard error, and not where nothing but errors is wanted")
    func notice() throws {
        defer { try? Folder.removeTree(closed) }
        let info = try bench.start(["info", bench.data, "--json"]).wait()
        #expect(info.status == 0 && info.errors.contains("msc: working as user 12345") && !info.output.contains("working as"))
        #expect(info.errors.split(separator: "\n").count == 1)
        #expect(try bench.start(["info", bench.data, "--quiet"]).wait().errors.isEmpty)
    }

    @Test("what must lie in a folder of root's cannot: the error says so, and nothing is made")
    func destination() throws {
        defer { try? Folder.removeTree(closed) }
        let backup = try bench.start(["backup", bench.data, "--destination", closed, "--json"]).wait()
        #expect(backup.status == 1 && (backup.errors.contains("error 1511") || backup.errors.contains("error 1407")), "\(backup.errors)")
        #expect(bench.listing(closed) == ["secret"])
    }

    @Test("a database that is chosen in the interface is opened as its owner, who is named first")
    func chooser() throws {
        defer { try? Folder.removeTree(closed) }
        let session = try bench.interface([])
        try session.type(bench.data)
        session.send("\r")
        try session.wait(forText: "user 12345")
        #expect(!session.screen.text.contains("1511"))
        session.send("\r")
        try session.wait(for: "the first page") { $0.text.contains("1 Information") && !$0.text.contains("user 12345") }
        session.send("q")
        #expect(try session.waitForEnd() == 0)
    }

    @Test("data that are restored in place are their owner's again")
    func restore() throws {
        defer { try? Folder.removeTree(closed) }
        try bench.json("backup", bench.data)
        unlink(bench.data)
        try bench.json("restore", bench.archive(1), "--in-place")
        #expect(owner(bench.data) == 12345)
        #expect(try bench.isSound())
    }
}
