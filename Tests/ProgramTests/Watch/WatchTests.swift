// The real service beside real writers: latency is the benchmark's affair, here it is that nothing is lost and nobody disturbed.

import Engine
import Foundation
import Glibc
import Testing

@Suite("msc watch", .serialized)
struct WatchTests {
    /// Seconds that the writer writes: MSC_WATCH_SECONDS for long runs.
    private static let seconds = ProcessInfo.processInfo.environment["MSC_WATCH_SECONDS"].flatMap { Double($0) } ?? 2

    @Test("I1: a program without busy timeout writes while the service is killed and started again: all is logged, nobody was kept out", arguments: ["wal", "delete"])
    func writer(journalMode: String) throws {
        let bench = try Workbench.watched(journalMode: journalMode)
        let first = try bench.watch()
        let writer = try bench.startPython(
            """
            db.close()
            db = sqlite3.connect(path, isolation_level=None, timeout=0)
            db.execute('PRAGMA synchronous=NORMAL')
            end, rows, busy, pause = time.time() + float(argv[0]), 0, 0, 0.001
            while time.time() < end:
                try:
                    db.execute('INSERT INTO item(name) VALUES(?)', ('n%d' % rows,))
                    rows += 1
                except sqlite3.OperationalError:
                    busy += 1
                time.sleep(pause)
            print(rows, busy)
            """, ["\(WatchTests.seconds)"])
        usleep(UInt32(WatchTests.seconds * 400_000))
        first.signal(SIGKILL)
        _ = first.wait()
        let second = try bench.watch()
        let words = writer.wait().output.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
        let (rows, busy) = (try #require(words.first), try #require(words.last))
        second.signal(SIGTERM)
        let ended = second.wait()
        #expect(ended.status == 0 && ended.errors.contains("ended"), "\(ended.errors)")
        try bench.json("log", "drain", bench.data)
        #expect(try bench.json("log", "status", bench.data)["lastOperation"].int == rows)
        #expect(try bench.sqlite("SELECT count(*) FROM item") == "\(rows)")
        #expect(try bench.isSound())
        if journalMode == "wal" { #expect(busy * 200 <= rows, "\(busy) of \(rows) commits were kept out") }
    }

    @Test("I9: a second service says so and leaves with 1510; the lock of a killed one is no lock")
    func second() throws {
        let bench = try Workbench.watched()
        let first = try bench.watch()
        let failed = try bench.fails(1510, "watch", bench.data)
        #expect(failed.errors.contains("a service watches this database already: watch by msc, process \(first.pid)"))
        first.signal(SIGKILL)
        _ = first.wait()
        let third = try bench.watch()
        third.signal(SIGINT)
        #expect(third.wait().status == 0)
    }

    @Test("settings broken while it runs are told with 1512, SIGHUP reads them again, mended ones are told")
    func settings() throws {
        let bench = try Workbench.watched()
        try bench.set("Advanced", "<SetNumber><Value>4</Value></SetNumber>")
        let service = try bench.watch()
        try bench.set("Advanced", "<SetNumber><Value>many</Value></SetNumber>")
        service.signal(SIGHUP)
        try service.says("error 1512")
        try service.says("The last good ones stay in force.")
        // Capture and log go on all the while.
        try bench.add("a")
        try bench.waitForOperation(1)
        try bench.set("Advanced", "<SetNumber><Value>5</Value></SetNumber>")
        service.signal(SIGHUP)
        try service.says("the settings were read")
        service.signal(SIGTERM)
        #expect(service.wait().status == 0)
    }

    @Test("a log that goes away is told with 1274, changes wait, and when it is back they are written")
    func logGone() throws {
        let bench = try Workbench.watched()
        let service = try bench.watch()
        rename(bench.journal, bench.path("away"))
        try bench.add("a", "b")
        try service.says("error 1274")
        try bench.add("c")
        rename(bench.path("away"), bench.journal)
        try service.says("the log is written again")
        try bench.waitForOperation(3)
    }

    @Test("a full disk under the log: 1274, nothing is lost, and with space it goes on")
    func diskFull() throws {
        let disk = try TinyDisk(kilobytes: 256)
        guard disk.isMounted else { return }
        let bench = try Workbench()
        try bench.sqlite("PRAGMA journal_mode=wal; CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT)")
        try bench.msc("log", "start", bench.data, "--log", disk.folder + "/SampleDB.journal")
        let service = try bench.watch()
        try bench.python("open(argv[0], 'wb').write(bytes(250_000))", [disk.folder + "/ballast"])
        try bench.python("for n in range(60): db.execute('INSERT INTO item(name) VALUES(?)', (random.randbytes(4000).hex(),))")
        try service.says("error 1274")
        unlink(disk.folder + "/ballast")
        try bench.python("db.execute('DELETE FROM item WHERE id > 20')")
        mount("tmpfs", disk.folder, "tmpfs", UInt(MS_REMOUNT), "size=4096k")
        try service.says("the log is written again")
        try bench.waitForOperation(100)
        service.signal(SIGTERM)
        #expect(service.wait().status == 0)
    }

    @Test("the data file goes away, another one comes, the first one comes back: told each time, and the log goes on")
    func dataReplaced() throws {
        let bench = try Workbench.watched()
        try bench.sqlite("PRAGMA wal_checkpoint(TRUNCATE)")
        let service = try bench.watch()
        for suffix in ["", "-wal", "-shm"] { rename(bench.data + suffix, bench.path("first" + suffix)) }
        try service.says("error 1513")
        try bench.sqlite("CREATE TABLE other(x)")
        try service.says("error 1403")
        for suffix in ["", "-wal", "-shm"] {
            unlink(bench.data + suffix)
            rename(bench.path("first" + suffix), bench.data + suffix)
        }
        try bench.add("a")
        try bench.waitForOperation(1)
        service.signal(SIGTERM)
        #expect(service.wait().status == 0)
    }

    @Test("the disk with the data goes away and comes back: nothing is made in the place where it was, and the log goes on")
    func diskGone() throws {
        let bench = try Workbench()
        guard geteuid() == 0 else { return }
        mkdir(bench.path("disk"), 0o700)
        let data = bench.path("disk/app.db")
        try bench.sqlite("PRAGMA journal_mode=wal; CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT)", on: data)
        try bench.msc("log", "start", data)
        let service = try bench.start(["watch", data])
        try service.says("the log is written")
        // Another file system hides the folder, as an empty mount point does when its disk is gone.
        try #require(mount("tmpfs", bench.path("disk"), "tmpfs", 0, "size=64k") == 0)
        var isMounted = true
        defer { if isMounted { umount2(bench.path("disk"), Int32(MNT_DETACH)) } }
        service.signal(SIGHUP)
        try service.says("error 1513")
        usleep(300_000)
        #expect(bench.listing(bench.path("disk")) == [])
        umount2(bench.path("disk"), Int32(MNT_DETACH))
        isMounted = false
        try service.says("the log is written again")
        try bench.sqlite("INSERT INTO item(name) VALUES('a')", on: data)
        for _ in 0..<1200 where try bench.json("log", "status", data)["lastOperation"].int != 1 { usleep(100_000) }
        #expect(try bench.json("log", "status", data)["lastOperation"].int == 1)
        service.signal(SIGTERM)
        #expect(service.wait().status == 0)
    }

    @Test("a migration that leaves a trigger of ours without its table is repaired before the next write fails for long")
    func migration() throws {
        let bench = try Workbench.watched()
        let service = try bench.watch()
        let output = try bench.python(
            """
            db.execute("INSERT INTO item(name) VALUES('a')")
            db.executescript('''BEGIN; ALTER TABLE item RENAME TO old; CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, more);
                INSERT INTO item(id, name) SELECT id, name FROM old; DROP TABLE old; COMMIT''')
            tries = 0
            while True:
                tries += 1
                try:
                    db.execute("INSERT INTO item(name, more) VALUES('b', 1)")
                    break
                except sqlite3.OperationalError as error:
                    if tries > 3000: raise
                    time.sleep(0.01)
            print(tries)
            """)
        #expect(Int(output.trimmingCharacters(in: .whitespacesAndNewlines)) != nil)
        try service.says("the structure changed")
        service.signal(SIGTERM)
        #expect(service.wait().status == 0)
        let export = try bench.msc("log", "export", bench.data, "--format", "jsonl", "--action", "addition").output
        #expect(export.contains(#""name":"b""#))
    }
}
