// Disks as they are: one that goes away and comes back, one that loses its folder, one that becomes read-only. Needs the right to
// mount; without it nothing is tested here.

import FileSystem
import Glibc
import Testing

@Suite("Disks that come and go")
struct DiskTests {
    @Test("1274: the log's disk goes, writers go on, it comes back, and nothing is lost")
    func logDiskReturns() throws {
        let disk = try TinyDisk(kilobytes: 4000)
        guard disk.isMounted else { return }
        let bench = try Workbench()
        try bench.sqlite("PRAGMA journal_mode=wal; CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT)")
        let log = disk.folder + "/logs/far.journal"
        mkdir(disk.folder + "/logs", 0o700)
        try bench.json("log", "start", bench.data, "--log", log)
        try bench.add("a")
        try bench.json("backup", bench.data)
        for round in 1...3 {
            // Another file system over the log's folder hides it, as a disk that was pulled.
            try #require(mount("tmpfs", disk.folder + "/logs", "tmpfs", 0, "size=64k") == 0)
            try bench.add("r\(round)")
            try bench.fails(1274, "log", "drain", bench.data)
            #expect(try bench.json("log", "status", bench.data)["state"].string == "unavailable")
            #expect(bench.listing(disk.folder + "/logs") == [], "nothing is begun anew beside it")
            try #require(umount2(disk.folder + "/logs", 0) == 0)
            #expect(try bench.json("log", "drain", bench.data)["drained"].int == 1)
            #expect(try bench.json("log", "status", bench.data)["state"].string == "ok")
        }
        try bench.json("restore", bench.archive(1), "--to", bench.path("r"), "--integrate", "auto")
        #expect(try bench.content(bench.path("r/Data/SampleDB.db")) == bench.content())
    }

    @Test("1505: the disk of the data is full, and so the memory that SQLite shares has no blocks: an error, not a crash")
    func fullSharedMemory() throws {
        let bench = try Workbench()
        let image = "/tmp/msc-small-blocks-\(getpid())"
        let place = image + ".d"
        mkdir(place, 0o700)
        defer {
            umount2(place, Int32(MNT_DETACH))
            rmdir(place)
            unlink(image)
        }
        // Blocks of 1 KiB: SQLite allocates one byte in each 4 KiB, and the other three blocks are holes.
        let made = try RunningProgram(
            "sh", ["-c", "truncate -s 8M '\(image)' && mkfs.ext4 -q -b 1024 -m 0 '\(image)' && mount -o loop '\(image)' '\(place)'"],
            in: bench.folder, name: ".runs/disk"
        ).wait()
        guard geteuid() == 0, made.status == 0 else { return }
        let data = place + "/a.db"
        try bench.sqlite("PRAGMA journal_mode=wal; CREATE TABLE t(a); INSERT INTO t VALUES(1)", on: data)
        try bench.json("settings", data, "General/DestinationFolder", bench.folder)
        try bench.json("log", "start", data, "--log", bench.path("a.journal"))
        for leave in [0, 3, 5, 9, 17, 33] {
            _ = try RunningProgram(
                "sh", ["-c", "dd if=/dev/zero of='\(place)/fill' bs=1k 2>/dev/null; truncate -s -\(leave)k '\(place)/fill'; sync"], in: bench.folder,
                name: ".runs/fill"
            ).wait()
            for command in [["info", data], ["log", "drain", data], ["check", data], ["verify", data]] {
                unlink(data + "-shm")
                let ended = try bench.start(command).wait()
                #expect((0...3).contains(ended.status), "\(leave) KiB: \(command) ended with \(ended.status) \(ended.errors)")
                if ended.status == 1, command[0] != "check" { #expect(ended.errors.contains("error 1505"), "\(ended.errors)") }
            }
            unlink(place + "/fill")
        }
        try bench.json("log", "drain", data)
    }

    @Test("a pipe in the place of data, archive or log is refused at once")
    func pipes() throws {
        let bench = try Workbench()
        for name in ["p.db", "p.4BK", "p.journal"] {
            #expect(mkfifo(bench.path(name), 0o600) == 0)
            for command in [["verify"], ["log", "check"], ["repair"], ["info"], ["backup"], ["restore"], ["activity"]] {
                let program = try bench.start(command + [bench.path(name)])
                for _ in 0..<1000 where program.isRunning { usleep(10_000) }
                #expect(!program.isRunning, "\(command) \(name) waits")
                if program.isRunning { program.signal(SIGKILL) }
                #expect(program.wait().status == 1, "\(command) \(name)")
            }
        }
    }

    @Test("I2: the destination is removed in the middle: 1409, log and chain as they were, the next backup works")
    func destinationRemoved() throws {
        let bench = try Workbench.logged()
        try bench.python("for n in range(8): db.execute('INSERT INTO item(name) VALUES(?)', (random.randbytes(1_000_000).hex(),))")
        let last = try bench.json("log", "drain", bench.data)["lastOperation"].int
        var failed = 0
        // On a busy computer a backup can be through before its folder is gone.
        for round in 0..<60 where failed < 6 {
            let place = bench.path("place\(round)")
            mkdir(place, 0o700)
            let program = try bench.start(["backup", bench.data, "--destination", place, "--json"])
            for _ in 0..<5000 where program.isRunning && bench.listing(place).isEmpty { usleep(300) }
            usleep(UInt32(round % 6) * 1500)
            try? Folder.removeTree(place)
            let ended = program.wait()
            if ended.status == 1 {
                failed += 1
                #expect(ended.errors.contains("error 1409") || ended.errors.contains("error 1407") || ended.errors.contains("error 1408"), "\(ended.errors)")
                #expect(try bench.json("log", "status", bench.data)["lastOperation"].int == last)
            } else {
                #expect(ended.status == 0, "\(ended.errors)")
            }
            try? Folder.removeTree(place)
        }
        #expect(failed > 0)
        try bench.json("backup", bench.data)
        try bench.json("verify", bench.data)
    }

    @Test("a destination that can only be read: refused before anything is read, and its content stays")
    func readOnlyDestination() throws {
        let disk = try TinyDisk(kilobytes: 3000)
        guard disk.isMounted else { return }
        let bench = try Workbench.logged()
        try bench.json("backup", bench.data, "--destination", disk.folder)
        let files = bench.listing(disk.folder)
        disk.makeReadOnly()
        try bench.fails(1407, "backup", bench.data, "--destination", disk.folder)
        #expect(bench.listing(disk.folder) == files)
        try bench.json("backup", bench.data)
        // What is on it can be read and restored.
        let archive = try #require(files.first { $0.hasSuffix(".4BK") })
        try bench.json("restore", disk.folder + "/" + archive, "--to", bench.path("r"), "--integrate", "none")
    }
}
