// Restoring in place: a database in use changes through SQLite, a missing or damaged one is replaced, and the log goes on (I6).

import Glibc
import Testing

@Suite("Restore in place")
struct InPlaceTests {
    @Test("a process that has the database open sees the new content, in the same file, with its -wal (I6)", arguments: ["wal", "delete"])
    func live(journalMode: String) throws {
        let bench = try Workbench.logged(journalMode: journalMode)
        let inode = try #require(bench.inode(bench.data))
        let other = try bench.startPython(
            """
            db.execute('SELECT count(*) FROM item').fetchall()
            open(argv[0], 'w').close()
            while not os.path.exists(argv[1]): time.sleep(0.005)
            before = ''.join(r[0] for r in db.execute('SELECT name FROM item'))
            db.execute("INSERT INTO item(name) VALUES('after')")
            print(before)
            """, [bench.path("ready"), bench.path("go")])
        try bench.waitFor(bench.path("ready"))
        let outcome = try bench.json("restore", bench.archive(1), "--in-place", "--until-operation", "3", "--integrate", "auto")
        #expect(outcome["data"].string == bench.data)
        try bench.write([], to: bench.path("go"))
        let ended = other.wait()
        #expect(ended.output == "abc\n", "\(ended.errors)")
        #expect(bench.inode(bench.data) == inode)
        #expect(try bench.names() == "abcafter" && bench.isSound())
        #expect(bench.leftovers == [])
        // It was a change like any other: captured, and undone like any other.
        let drained = try bench.json("log", "drain", bench.data)
        #expect((drained["lastOperation"].int ?? 0) > 6)
        try bench.json("rollback", bench.data, "--to-operation", "6")
        #expect(try bench.names() == "abcdef")
        try bench.json("restore", bench.archive(1), "--to", bench.path("r"), "--integrate", "auto")
        #expect(try bench.content(bench.path("r/Data/SampleDB.db")) == bench.content())
    }

    @Test("a missing file comes back at its place; the stale -wal and -shm beside it are not replayed")
    func missing() throws {
        let bench = try Workbench.logged()
        // A -wal of another life of the file: its rows must not appear.
        let holder = try bench.startPython(
            "db.execute(\"UPDATE item SET name='stale'\"); open(argv[0], 'w').close(); time.sleep(60)", [bench.path("held")])
        try bench.waitFor(bench.path("held"))
        let wal = bench.bytes(bench.data + "-wal"), shm = bench.bytes(bench.data + "-shm")
        holder.signal(SIGKILL)
        _ = holder.wait()
        #expect(!wal.isEmpty)
        try bench.sqlite("UPDATE item SET name=substr('abcdef', id, 1)")
        try bench.json("log", "drain", bench.data)
        let content = try bench.content()
        for suffix in ["", "-wal", "-shm"] { unlink(bench.data + suffix) }
        try bench.write(wal, to: bench.data + "-wal")
        try bench.write(shm, to: bench.data + "-shm")
        let outcome = try bench.json("restore", bench.archive(1), "--in-place")
        #expect(!outcome["warnings"].items.isEmpty, "it says what was set aside")
        #expect(try bench.content() == content && bench.isSound())
        #expect(try bench.names() == "abcdef")
        try expectTheLogGoesOn(bench)
    }

    @Test("a damaged file is set aside, never deleted, and the log goes on")
    func damaged() throws {
        let bench = try Workbench.logged(journalMode: "delete")
        try bench.json("log", "drain", bench.data)
        let content = try bench.content()
        var bytes = bench.bytes(bench.data)
        for offset in 4096..<8192 { bytes[offset] = 0x7f }
        try bench.write(bytes, to: bench.data)
        let outcome = try bench.json("restore", bench.archive(1), "--in-place")
        #expect(try bench.content() == content && bench.isSound())
        let aside = bench.listing().filter { $0.contains(".damaged-") }
        #expect(aside.count == 1 && bench.bytes(bench.path(aside[0])) == bytes)
        #expect(outcome["warnings"].strings.contains { $0.contains(".damaged-") })
        try expectTheLogGoesOn(bench)
    }

    @Test("a damaged file that a process has open is left alone: 1420")
    func damagedAndOpen() throws {
        let bench = try Workbench.logged(journalMode: "delete")
        try bench.json("log", "drain", bench.data)
        var bytes = bench.bytes(bench.data)
        for offset in 4096..<8192 { bytes[offset] = 0x7f }
        try bench.write(bytes, to: bench.data)
        let holder = try bench.startPython(
            "f = open(path, 'rb'); open(argv[0], 'w').close(); time.sleep(60)", [bench.path("held")])
        try bench.waitFor(bench.path("held"))
        let ended = try bench.fails(1420, "restore", bench.archive(1), "--in-place")
        #expect(ended.errors.contains("\(holder.pid)"))
        #expect(bench.bytes(bench.data) == bytes && bench.leftovers == [])
    }

    @Test("in place to an earlier operation, the file missing: operation numbers are not used again (I7), the chain goes on")
    func earlierPoint() throws {
        let bench = try Workbench.logged()
        try bench.json("log", "drain", bench.data)
        for suffix in ["", "-wal", "-shm"] { unlink(bench.data + suffix) }
        let outcome = try bench.json("restore", bench.archive(1), "--in-place", "--until-operation", "3")
        #expect(outcome["lastOperation"].int == 3)
        #expect(try bench.names() == "abc")
        #expect((try bench.json("log", "status", bench.data)["lastOperation"].int ?? 0) > 6)
        try expectTheLogGoesOn(bench)
    }

    /// Changes are captured, the next backup is made, and the oldest archive with all logs leads to the present.
    private func expectTheLogGoesOn(_ bench: Workbench, at location: SourceLocation = #_sourceLocation) throws {
        let before = try bench.json("log", "status", bench.data)
        #expect(before["state"].string == "ok", sourceLocation: location)
        try bench.add("x")
        let drained = try bench.json("log", "drain", bench.data)
        #expect(drained["drained"].int == 1, sourceLocation: location)
        #expect(drained["lastOperation"].int == (before["lastOperation"].int ?? -1) + 1, sourceLocation: location)
        let backup = try bench.json("backup", bench.data)
        #expect(backup["number"].int == 2, sourceLocation: location)
        try bench.add("y")
        try bench.json("log", "drain", bench.data)
        try bench.json("restore", bench.archive(1), "--to", bench.path("oldest"), "--integrate", "auto")
        let copy = bench.path("oldest/Data/SampleDB.db")
        #expect(try bench.content(copy) == bench.content(), sourceLocation: location)
        #expect(try bench.names(copy).hasSuffix("xy"), sourceLocation: location)
    }
}

extension Workbench {
    func inode(_ path: String) -> UInt64? {
        var status = stat()
        return stat(path, &status) == 0 ? UInt64(status.st_ino) : nil
    }
}
