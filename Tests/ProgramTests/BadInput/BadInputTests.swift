// Bad input of every kind gets its own code, a sentence that names it, and leaves everything as it was.

import FileSystem
import Glibc
import Testing

@Suite("Bad input")
struct BadInputTests {
    @Test("what is not a database is refused with 1500, and nothing of ours is left beside it", arguments: [
        ["info"], ["log", "start"], ["backup"], ["verify"],
    ])
    func notADatabase(command: [String]) throws {
        let bench = try Workbench("notes.db")
        try bench.write(Array("Just some notes, a little longer than a file header would be. ".utf8) + Array(repeating: 65, count: 4096), to: bench.data)
        let before = bench.bytes(bench.data)
        let ended = try bench.start(command + [bench.data, "--json"]).wait()
        bench.check(ended, failedWith: 1500, command)
        #expect(bench.bytes(bench.data) == before)
    }

    @Test("a folder in the place of a database is 1500")
    func folder() throws {
        let bench = try Workbench()
        mkdir(bench.data, 0o700)
        try bench.fails(1500, "info", bench.data)
    }

    @Test("a file that is not there has the code of what it should have been")
    func missing() throws {
        let bench = try Workbench.logged()
        let nowhere = bench.path("nowhere")
        for command in ["info", "backup", "backups"] { try bench.fails(1513, command, nowhere) }
        try bench.fails(1513, "log", "status", nowhere)
        try bench.fails(1513, "rollback", nowhere, "--to-operation", "1")
        try bench.fails(1410, "restore", nowhere, "--to", bench.path("x"))
        try bench.fails(1412, "integrate", bench.data, nowhere)
        try bench.fails(1412, "log", "check", nowhere)
        try bench.fails(1513, "log", "export", nowhere + ".journal", "--format", "json")
        #expect(!bench.exists(bench.path("x")))
    }

    @Test("without a log, what needs one says 1403")
    func noLog() throws {
        let bench = try Workbench()
        try bench.sqlite("CREATE TABLE item(id INTEGER PRIMARY KEY)")
        for command in ["stop", "drain", "new"] { try bench.fails(1403, "log", command, bench.data) }
        try bench.fails(1403, "rollback", bench.data, "--to-operation", "1")
        try bench.fails(1403, "activity", bench.data)
        #expect(try bench.json("log", "status", bench.data)["state"].string == "off")
    }

    @Test("a table that the log does not know is no empty list, but 1519; case does not matter")
    func unknownTableInFilter() throws {
        let bench = try Workbench.logged()
        try bench.sqlite("CREATE TABLE misspelt(id INTEGER PRIMARY KEY); INSERT INTO misspelt VALUES(1)")
        for file in [bench.data, bench.journal] {
            #expect(try bench.json("activity", file, "--table", "MISSPELT", "--action", "addition").items.count == 1)
            try bench.fails(1519, "activity", file, "--table", "mispelt")
            try bench.fails(1519, "log", "export", file, "--format", "json", "--table", "misspelt", "--table", "mispelt")
        }
    }

    @Test("a log of another application, or of another chain, is 1416 (I8)")
    func foreignLog() throws {
        let bench = try Workbench.logged()
        let other = try Workbench.logged()
        try bench.json("restore", bench.archive(1), "--to", bench.path("copy"))
        let copy = bench.path("copy/Data/SampleDB.db")
        try bench.fails(1416, "integrate", copy, other.journal)
        try bench.fails(1416, "restore", bench.archive(1), "--to", bench.path("x"), "--integrate", other.journal)
        #expect(!bench.exists(bench.path("x")))
        // A new chain of the same application.
        try bench.msc("log", "stop", bench.data)
        try bench.json("log", "start", bench.data)
        try bench.fails(1416, "integrate", copy, bench.journal)
        #expect(try bench.names(copy) == "abc")
    }

    @Test("the log of another application at the log's place is 1416 and is not written to")
    func foreignLogInPlace() throws {
        let bench = try Workbench.logged()
        let other = try Workbench.logged()
        try bench.write(bench.bytes(other.journal), to: bench.journal)
        let before = bench.bytes(bench.journal)
        try bench.fails(1416, "log", "drain", bench.data)
        #expect(bench.bytes(bench.journal) == before)
        #expect(try bench.json("log", "status", bench.data)["state"].string == "unavailable")
    }

    @Test("logs in the wrong order, or with one left out, are 1502 with the operation's number, and nothing is integrated (I8)")
    func gap() throws {
        let bench = try Workbench.logged()
        try bench.json("backup", bench.data)
        try bench.add("g")
        try bench.json("backup", bench.data)
        try bench.json("restore", bench.archive(1), "--to", bench.path("copy"))
        let copy = bench.path("copy/Data/SampleDB.db")
        let left = try bench.fails(1502, "integrate", copy, bench.logBackup(2))
        #expect(left.errors.contains("operation 7"))
        try bench.fails(1502, "integrate", copy, bench.logBackup(2), bench.logBackup(1))
        #expect(try bench.names(copy) == "abc")
    }

    @Test("a restore that finds its logs does not end before a hole without a word: 1502 names the log beyond it")
    func hole() throws {
        let bench = try Workbench.logged()
        try bench.json("backup", bench.data)
        try bench.add("g")
        try bench.json("backup", bench.data)
        try bench.add("h")
        try bench.json("log", "drain", bench.data)
        rename(bench.logBackup(2), bench.path("away"))
        let ended = try bench.fails(1502, "restore", bench.archive(1), "--to", bench.path("x"), "--integrate", "auto")
        #expect(ended.errors.contains("operation 6") && ended.errors.contains("operation 8"))
        try bench.fails(1502, "restore", bench.archive(1), "--to", bench.path("x"), "--until-operation", "8")
        #expect(!bench.exists(bench.path("x")))
        try bench.json("restore", bench.archive(1), "--to", bench.path("x"), "--until-operation", "6")
        #expect(try bench.names(bench.path("x/Data/SampleDB.db")) == "abcdef")
    }

    @Test("a log backup whose end was cut off is 1413, unless an end point says how far it is to serve")
    func cutOff() throws {
        let bench = try Workbench.logged()
        try bench.json("backup", bench.data)
        try bench.json("restore", bench.archive(1), "--to", bench.path("copy"))
        let copy = bench.path("copy/Data/SampleDB.db")
        try bench.write(Array(bench.bytes(bench.logBackup(1)).dropLast(100)), to: bench.logBackup(1))
        try bench.fails(1413, "integrate", copy, bench.logBackup(1))
        #expect(try bench.json("verify", bench.logBackup(1), status: 1)["result"].string == "damaged")
        #expect(try bench.names(copy) == "abc")
        try bench.json("integrate", copy, bench.logBackup(1), "--until-operation", "6")
        #expect(try bench.names(copy) == "abcdef")
    }

    @Test("what the data hold already is skipped and counted, never replayed twice (I8)")
    func overlap() throws {
        let bench = try Workbench.logged()
        try bench.json("backup", bench.data)
        try bench.json("restore", bench.archive(1), "--to", bench.path("copy"))
        let copy = bench.path("copy/Data/SampleDB.db")
        try bench.json("integrate", copy, bench.logBackup(1), "--until-operation", "6")
        let again = try bench.json("integrate", copy, bench.logBackup(0), bench.logBackup(1), bench.logBackup(1))
        #expect(again["integrated"].items.map { $0["skipped"].int } == [3, 3, 3])
        #expect(again["integrated"].items.map { $0["operations"].int } == [0, 0, 0])
        #expect(try bench.names(copy) == "abcdef")
    }

    @Test("a flipped byte anywhere in an archive is 1411 before anything stands at the destination", arguments: [40, 600, -40, -400])
    func damagedArchive(offset: Int) throws {
        let bench = try Workbench.logged()
        try bench.flip(bench.archive(1), at: offset)
        try bench.fails(1411, "restore", bench.archive(1), "--to", bench.path("x"))
        try bench.fails(1411, "restore", bench.archive(1), "--in-place")
        #expect(!bench.exists(bench.path("x")) && bench.leftovers == [])
        #expect(try bench.names() == "abcdef")
        #expect(try bench.json("verify", bench.archive(1), status: 1)["result"].string == "damaged")
    }

    @Test("a truncated archive is 1411", arguments: [0, 1, 22, 500])
    func truncatedArchive(length: Int) throws {
        let bench = try Workbench.logged()
        try bench.write(Array(bench.bytes(bench.archive(1)).prefix(length)), to: bench.archive(1))
        try bench.fails(1411, "restore", bench.archive(1), "--to", bench.path("x"))
        #expect(!bench.exists(bench.path("x")))
    }

    @Test("a damaged log is 1413; the data stay as they were; the check names the place")
    func damagedLog() throws {
        let bench = try Workbench.logged()
        try bench.json("backup", bench.data)
        try bench.json("restore", bench.archive(1), "--to", bench.path("copy"))
        let copy = bench.path("copy/Data/SampleDB.db")
        let whole = bench.bytes(bench.logBackup(1))
        let pristine = bench.bytes(copy)
        for offset in [20, 300, whole.count / 2, -60] {
            try bench.flip(bench.logBackup(1), at: offset)
            let ended = try bench.msc("integrate", copy, bench.logBackup(1), "--json")
            // A flipped byte of an index or of the seal is no loss; of anything else it is.
            if ended.status == 0 {
                #expect(try bench.names(copy) == "abcdef")
                try bench.write(pristine, to: copy)
            } else {
                bench.check(ended, failedWith: 1413)
                #expect(try bench.names(copy) == "abc")
            }
            let check = try bench.json("log", "check", bench.logBackup(1), status: 1)
            #expect(check["result"].string == "damaged")
            #expect(check["problems"][0].keys.isSuperset(of: ["where", "what"]))
            try bench.write(whole, to: bench.logBackup(1))
        }
        try bench.write(Array(whole.prefix(30)), to: bench.logBackup(1))
        try bench.fails(1413, "integrate", copy, bench.logBackup(1))
        try bench.write(Array("no log at all".utf8), to: bench.logBackup(1))
        try bench.fails(1413, "integrate", copy, bench.logBackup(1))
        #expect(try bench.names(copy) == "abc")
    }

    @Test("a newer format version is 1503: log, archive, history")
    func newerVersion() throws {
        let bench = try Workbench.logged()
        try bench.json("log", "drain", bench.data)
        try bench.json("restore", bench.archive(1), "--to", bench.path("copy"))
        var log = bench.bytes(bench.journal)
        log[8] = 2
        try bench.write(log, to: bench.path("newer.journal"))
        try bench.fails(1503, "integrate", bench.path("copy/Data/SampleDB.db"), bench.path("newer.journal"))
        try bench.fails(1503, "activity", bench.path("newer.journal"))
        try bench.python(
            """
            import zipfile, json
            source = zipfile.ZipFile(argv[0])
            with zipfile.ZipFile(argv[1], "w", zipfile.ZIP_DEFLATED) as out:
                for name in source.namelist():
                    content = source.read(name)
                    if name == "manifest.json":
                        manifest = json.loads(content); manifest["formatVersion"] = 2
                        content = json.dumps(manifest).encode()
                    out.writestr(name, content)
            """, [bench.archive(1), bench.path("newer.4BK")])
        try bench.fails(1503, "restore", bench.path("newer.4BK"), "--to", bench.path("x"))
        let history = bench.backups + "/backupHistory.json"
        let text = String(decoding: bench.bytes(history), as: UTF8.self).replacing("\"formatVersion\" : 1", with: "\"formatVersion\" : 2")
        try bench.write(Array(text.utf8), to: history)
        try bench.fails(1503, "backup", bench.data)
    }

    @Test("an invalid destination is 1407, one that is taken is 1504, and neither is touched")
    func destination() throws {
        let bench = try Workbench.logged()
        try bench.fails(1407, "backup", bench.data, "--destination", bench.path("nowhere"))
        try bench.fails(1407, "backup", bench.data, "--destination", bench.data)
        mkdir(bench.path("taken"), 0o700)
        try bench.fails(1504, "restore", bench.archive(1), "--to", bench.path("taken"))
        try bench.fails(1504, "restore", bench.archive(1), "--to", bench.data)
        try bench.fails(1407, "restore", bench.archive(1), "--to", bench.path("nowhere/deep"))
        #expect(bench.listing(bench.path("taken")) == [])
        #expect(try bench.json("backups", bench.data).items.count == 1)
    }

    @Test("a point outside what is there is 1506, one that may cut a transaction is 1507, with the neighbours that do not")
    func points() throws {
        let bench = try Workbench.logged()
        try bench.json("log", "drain", bench.data)
        try bench.sqlite("BEGIN; INSERT INTO item(name) VALUES('x'); INSERT INTO item(name) VALUES('y'); COMMIT")
        try bench.json("log", "drain", bench.data)
        try bench.fails(1506, "rollback", bench.data, "--to-operation", "99")
        try bench.fails(1506, "restore", bench.archive(1), "--to", bench.path("x"), "--until-operation", "2")
        try bench.fails(1506, "restore", bench.archive(1), "--to", bench.path("x"), "--until-operation", "99")
        try bench.fails(1506, "rollback", bench.data, "--to-time", "2001-01-01T00:00:00Z")
        let inside = try bench.fails(1507, "rollback", bench.data, "--to-operation", "7")
        #expect(inside.errors.contains("6") && inside.errors.contains("8"))
        try bench.fails(1507, "restore", bench.archive(1), "--to", bench.path("x"), "--until-operation", "7")
        try bench.fails(1519, "rollback", bench.data, "--to-time", "tomorrow")
        #expect(!bench.exists(bench.path("x")))
        #expect(try bench.names() == "abcdefxy")
    }

    @Test("a copy is detached: it never writes to its original's log (1508)")
    func detached() throws {
        let bench = try Workbench.logged()
        try bench.json("log", "drain", bench.data)
        try bench.sqlite("VACUUM INTO '\(bench.path("copied.db"))'")
        try bench.json("restore", bench.archive(1), "--to", bench.path("r"))
        let log = bench.bytes(bench.journal)
        for copy in [bench.path("copied.db"), bench.path("r/Data/SampleDB.db")] {
            try bench.sqlite("INSERT INTO item(name) VALUES('of the copy')", on: copy)
            #expect(try bench.json("log", "status", copy)["state"].string == "detached")
            try bench.fails(1508, "log", "drain", copy)
            try bench.fails(1508, "log", "new", copy)
            try bench.fails(1508, "rollback", copy, "--to-operation", "1")
            try bench.json("backup", copy)
            #expect(bench.bytes(bench.journal) == log)
            // Its own life.
            #expect(try bench.json("log", "start", copy)["state"].string == "ok")
            #expect(try bench.json("log", "drain", copy)["lastOperation"].int == 0)
        }
    }

    @Test("while the log file is away (1274) changes stay in the database, and are caught up")
    func logUnavailable() throws {
        let bench = try Workbench.logged()
        rename(bench.journal, bench.path("away"))
        try bench.add("g")
        try bench.fails(1274, "log", "drain", bench.data)
        try bench.fails(1274, "log", "new", bench.data)
        let status = try bench.json("log", "status", bench.data)
        #expect(status["state"].string == "unavailable" && (status["pending"].int ?? 0) > 0)
        #expect(try bench.json("info", bench.data)["log"]["state"].string == "unavailable")
        rename(bench.path("away"), bench.journal)
        #expect(try bench.json("log", "drain", bench.data)["drained"].int == 4)
        try bench.json("restore", bench.archive(1), "--to", bench.path("r"), "--integrate", "auto")
        #expect(try bench.names(bench.path("r/Data/SampleDB.db")) == "abcdefg")
    }

    @Test("a database that a writer holds: 1405 after the set time, 1404 at once, 1420 for what must write")
    func locked() throws {
        let bench = try Workbench.logged(journalMode: "delete")
        try bench.json("restore", bench.archive(1), "--to", bench.path("copy"))
        let copy = bench.path("copy/Data/SampleDB.db")
        try bench.json("log", "drain", bench.data)
        var holders: [RunningProgram] = []
        for path in [bench.data, copy] {
            holders.append(
                try bench.startPython("db.execute('BEGIN EXCLUSIVE'); open(argv[0], 'w').close(); time.sleep(60)", [path + "-held"], on: path))
            try bench.waitFor(path + "-held")
        }
        // What must write waits ten seconds.
        let integration = try bench.start(["integrate", copy, bench.journal, "--json"])
        try bench.set("Advanced", "<Transaction><WaitForEndOfTransaction>False</WaitForEndOfTransaction></Transaction>")
        try bench.fails(1404, "backup", bench.data)
        try bench.set("Advanced", "<Transaction><Timeout>0000-00-00T00:00:01</Timeout></Transaction>")
        try bench.fails(1405, "backup", bench.data)
        try bench.fails(1420, "rollback", bench.data, "--to-operation", "3")
        bench.check(integration.wait(), failedWith: 1420)
        for holder in holders {
            holder.signal(SIGKILL)
            _ = holder.wait()
        }
        #expect(try bench.names() == "abcdef")
        try bench.json("backup", bench.data)
    }

    @Test("a second operation on the same application is 1510 and names the first (I9)")
    func secondOperation() throws {
        let bench = try Workbench.logged()
        // What a running operation holds: the kernel's lock, not the file.
        let holder = try bench.startPython(
            """
            import fcntl
            f = open(argv[0], "r+"); fcntl.flock(f, fcntl.LOCK_EX)
            f.truncate(0)
            f.write('{"operation":"backup","process":"msc","processID":%d,"since":"2026-01-01T00:00:00.000Z"}' % os.getpid()); f.flush()
            open(argv[1], "w").close(); time.sleep(60)
            """, [bench.companion + "/Lock/operation", bench.path("held")])
        try bench.waitFor(bench.path("held"))
        let ended = try bench.fails(1510, "backup", bench.data)
        #expect(ended.errors.contains("process \(holder.pid)") && ended.errors.contains("2026-01-01"))
        try bench.fails(1510, "rollback", bench.data, "--to-operation", "3")
        try bench.fails(1510, "restore", bench.archive(1), "--in-place")
        holder.signal(SIGKILL)
        _ = holder.wait()
        // The lock of a dead process is no lock.
        try bench.json("backup", bench.data)
    }

    @Test("no space: 1505 before a restore begins, 1409 when a backup meets it; nothing half-made, the next one works")
    func noSpace() throws {
        let mount = try TinyDisk(kilobytes: 3000)
        guard mount.isMounted else { return }
        let bench = try Workbench.logged()
        try bench.python("db.execute('INSERT INTO item(name) VALUES(?)', (random.randbytes(4_000_000).hex(),))")
        let log = try bench.json("log", "drain", bench.data)["lastOperation"].int
        let content = try bench.content()
        try bench.fails(1409, "backup", bench.data, "--destination", mount.folder)
        #expect(bench.listing(mount.folder).filter { !$0.hasPrefix("backupHistory") } == [])
        #expect(try bench.json("log", "status", bench.data)["lastOperation"].int == log)
        try bench.json("backup", bench.data)
        try bench.fails(1505, "restore", bench.archive(2), "--to", mount.folder + "/x")
        #expect(bench.listing(mount.folder).filter { !$0.hasPrefix("backupHistory") } == [])
        #expect(try bench.content() == content)
    }

    @Test("the log's disk is full: 1274 or 1408, nothing is lost, and it is caught up when there is room")
    func logDiskFull() throws {
        let mount = try TinyDisk(kilobytes: 600)
        guard mount.isMounted else { return }
        let bench = try Workbench()
        try bench.sqlite("PRAGMA journal_mode=wal; CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT)")
        try bench.json("log", "start", bench.data, "--log", mount.folder + "/far.journal")
        try bench.add("a")
        try bench.json("log", "drain", bench.data)
        try bench.python("open(argv[0], 'wb').write(bytes(400_000))", [mount.folder + "/filler"])
        try bench.python("db.execute('INSERT INTO item(name) VALUES(?)', (random.randbytes(300_000).hex(),))")
        let ended = try bench.msc("log", "drain", bench.data, "--json")
        #expect(ended.status == 1 && (ended.errors.contains("1274") || ended.errors.contains("1408")), "\(ended.errors)")
        unlink(mount.folder + "/filler")
        #expect(try bench.json("log", "drain", bench.data)["drained"].int == 1)
        #expect(try bench.json("log", "check", mount.folder + "/far.journal")["result"].string == "ok")
    }

    @Test("a read-only folder: permission refused with 1511 or 1407, the data stay readable and as they were")
    func readOnlyFolder() throws {
        let mount = try TinyDisk(kilobytes: 3000)
        guard mount.isMounted else { return }
        let bench = try Workbench(in: mount.folder)
        try bench.sqlite("CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT); INSERT INTO item VALUES(1,'a')")
        let outside = try Workbench()
        mount.makeReadOnly()
        // The working files of the harness cannot be written there either: run from the other bench.
        #expect(try outside.json("info", bench.data)["tables"][0]["records"].int == 1)
        let backup = try outside.msc("backup", bench.data, "--json")
        #expect(backup.status == 1 && ["1511", "1407", "1516"].contains { backup.errors.contains("error \($0):") }, "\(backup.errors)")
        let log = try outside.msc("log", "start", bench.data, "--json")
        #expect(log.status == 1 && ["1511", "1516"].contains { log.errors.contains("error \($0):") }, "\(log.errors)")
    }

    @Test("a bad setting is 1512 with key and value, and nothing is backed up by half-read settings")
    func badSetting() throws {
        let bench = try Workbench.logged()
        try bench.set("Advanced", "<SetNumber><Value>many</Value></SetNumber>")
        let ended = try bench.fails(1512, "backup", bench.data)
        #expect(ended.errors.contains("SetNumber/Value") && ended.errors.contains("many"))
        #expect(!bench.exists(bench.archive(2)))
    }

    @Test("a table that does not exist cannot be excluded or verified")
    func unknownTable() throws {
        let bench = try Workbench()
        try bench.sqlite("CREATE TABLE item(id INTEGER PRIMARY KEY)")
        try bench.fails(1519, "log", "start", bench.data, "--exclude", "nothing")
        #expect(try bench.json("log", "status", bench.data)["state"].string == "off")
        #expect(try bench.sqlite("SELECT count(*) FROM sqlite_master") == "1")
    }

    @Test("the log is turned on once: the second time is 1518")
    func alreadyOn() throws {
        let bench = try Workbench.logged()
        try bench.fails(1518, "log", "start", bench.data)
    }

    @Test("a damaged database is found by verify, and is not taken for a sound one")
    func damagedDatabase() throws {
        let bench = try Workbench()
        try bench.sqlite("CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT); CREATE INDEX i ON item(name)")
        try bench.python("db.executemany('INSERT INTO item(name) VALUES(?)', [(str(n),) for n in range(3000)])")
        var content = bench.bytes(bench.data)
        for offset in 8192..<8400 { content[offset] = 0x5a }
        try bench.write(content, to: bench.data)
        let outcome = try bench.json("verify", bench.data, status: 1)
        #expect(outcome["result"].string == "damaged" && !outcome["problems"].items.isEmpty)
    }
}
