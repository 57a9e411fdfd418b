// Databases live at all kinds of paths.

import Glibc
import Testing

@Suite("Paths")
struct PathTests {
    @Test("names with blanks, quotes, unicode, dots, percent signs, and names as long as they may be", arguments: [
        "with blank.db", "it's \"quoted\".db", "bücher \u{1F4DA}.sqlite3", "noextension", "two.dots.db", "100%s [x]*?.db", "-dash.db",
        String(repeating: "l", count: 200) + ".db", "a?mode=ro&x=%41#b.db", ".hidden.db", "tab\tand\nnewline.db",
    ])
    func names(name: String) throws {
        let bench = try Workbench(name)
        try bench.python("db.execute('CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT)')")
        try bench.json("log", "start", bench.data)
        try bench.python("db.execute(\"INSERT INTO item(name) VALUES('a')\")")
        let backup = try bench.json("backup", bench.data)
        try bench.python("db.execute(\"INSERT INTO item(name) VALUES('b')\")")
        try bench.json("log", "new", bench.data)
        try bench.python("db.execute(\"INSERT INTO item(name) VALUES('c')\")")
        try bench.json("log", "drain", bench.data)
        let archive = try #require(backup["archive"].string)
        let outcome = try bench.json("restore", archive, "--to", bench.path("r"), "--integrate", "auto")
        #expect(try bench.content(outcome["data"].string) == bench.content())
        #expect(outcome["integrated"].items.count == 2)
        #expect(try bench.json("backups", bench.data)[0]["present"].bool == true)
        #expect(try bench.json("verify", archive)["result"].string == "ok")
        let content = try bench.content()
        for suffix in ["", "-wal", "-shm"] { unlink(bench.data + suffix) }
        try bench.json("restore", archive, "--in-place")
        #expect(try bench.content() == content)
        try bench.json("rollback", bench.data, "--to-operation", "1")
        try bench.json("backup", bench.data)
    }

    @Test("a data file given by a symbolic link is the file it points to")
    func link() throws {
        let bench = try Workbench.logged()
        mkdir(bench.path("elsewhere"), 0o700)
        let link = bench.path("elsewhere/link.db")
        symlink(bench.data, link)
        #expect(try bench.json("log", "status", link)["state"].string == "ok")
        #expect(try bench.json("log", "drain", link)["lastOperation"].int == 6)
        #expect(try bench.json("backup", link)["archive"].string == bench.archive(2))
        #expect(bench.listing(bench.path("elsewhere")) == ["link.db"])
        try bench.json("restore", bench.archive(1), "--in-place", "--until-operation", "3")
        #expect(try bench.names(link) == "abc")
    }

    @Test("relative paths count from where the program is started")
    func relative() throws {
        let bench = try Workbench.logged()
        try bench.json("log", "drain", "SampleDB.db")
        mkdir(bench.path("sets"), 0o700)
        let backup = try bench.json("backup", "SampleDB.db", "--destination", "sets")
        #expect(backup["archive"].string == bench.path("sets/SampleDB[0002].4BK"))
        let outcome = try bench.json("restore", "sets/SampleDB[0002].4BK", "--to", "r")
        #expect(outcome["destination"].string == bench.path("r"))
        try bench.json("integrate", "r/Data/SampleDB.db", "SampleDB.journal")
        #expect(try bench.json("backups", "./SampleDB.db").items.count == 2)
    }

    @Test("a data file that was moved with its companion keeps its log; one that was copied is detached")
    func moved() throws {
        let bench = try Workbench.logged()
        try bench.sqlite("PRAGMA journal_mode=delete")
        try bench.json("log", "drain", bench.data)
        mkdir(bench.path("new"), 0o700)
        for name in ["SampleDB.db", "SampleDB.msc"] { rename(bench.path(name), bench.path("new/" + name)) }
        #expect(try bench.json("log", "status", bench.path("new/SampleDB.db"))["state"].string == "ok")
        try bench.sqlite("INSERT INTO item(name) VALUES('m')", on: bench.path("new/SampleDB.db"))
        #expect(try bench.json("log", "drain", bench.path("new/SampleDB.db"))["drained"].int == 1)
    }

    @Test("what root makes beside another user's data belongs to that user, and is no more open than the data")
    func ownership() throws {
        guard geteuid() == 0 else { return }
        let bench = try Workbench()
        try bench.sqlite("CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT)")
        chmod(bench.folder, 0o755)
        chown(bench.folder, 12345, 12345)
        chown(bench.data, 12345, 12345)
        chmod(bench.data, 0o640)
        try bench.json("log", "start", bench.data)
        try bench.add("a")
        try bench.json("backup", bench.data)
        try bench.json("log", "drain", bench.data)
        for path in bench.listing() {
            var status = stat()
            #expect(lstat(bench.path(path), &status) == 0)
            #expect(status.st_uid == 12345, "\(path)")
            #expect(status.st_mode & 0o027 == 0 || path == "SampleDB.db", "\(path) \(String(status.st_mode, radix: 8))")
        }
        var status = stat()
        #expect(lstat(bench.archive(1), &status) == 0 && status.st_mode & 0o777 == 0o600)
    }
}
