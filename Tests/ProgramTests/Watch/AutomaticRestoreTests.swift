// A damaged or incomplete database is brought in order at the service's start, where the settings want it.

import Foundation
import Glibc
import PtySupport
import Testing

@Suite("Automatic restore", .serialized)
struct AutomaticRestoreTests {
    private func journal(_ bench: Workbench) -> String {
        String(decoding: bench.bytes(bench.companion + "/Logs/Backup Journal[001].txt"), as: UTF8.self)
    }

    /// Backups 1 and 2 and changes after them in the log; the data file's pages overwritten, and nobody has it open.
    private func damaged(_ settings: String) throws -> Workbench {
        let bench = try Workbench.logged()
        try bench.json("backup", bench.data)
        try bench.add("g", "h")
        try bench.json("log", "drain", bench.data)
        try bench.sqlite("PRAGMA wal_checkpoint(TRUNCATE)")
        try bench.set("Advanced", settings)
        var bytes = bench.bytes(bench.data)
        for at in 100..<bytes.count { bytes[at] = UInt8(truncatingIfNeeded: at &* 7) }
        try bench.write(bytes, to: bench.data)
        return bench
    }

    @Test("a damaged data file becomes the last good backup with its logs, the damaged one is kept, the journal notes it, and the log goes on")
    func restored() throws {
        let bench = try damaged("<AutomaticRestore>True</AutomaticRestore>")
        // The newest archive is damaged too: the one before it is as good.
        try bench.flip(bench.archive(2), at: 200)
        let service = try bench.watch()
        try service.says("the database was damaged: it was restored from '\(bench.archive(1))' with 5 record operations")
        #expect(try bench.names() == "abcdefgh")
        #expect(bench.listing().contains("SampleDB.db.damaged-0001"))
        #expect(journal(bench).contains("\tautomatic\t\(bench.archive(1))\t"))
        let before = try bench.json("log", "status", bench.data)["lastOperation"].int ?? 0
        try bench.add("i")
        try bench.waitForOperation(before + 1)
        service.signal(SIGTERM)
        #expect(service.wait().status == 0)
    }

    @Test("without the setting, or while another process has the file open, nothing is touched and the damage is told")
    func untouched() throws {
        var bench = try damaged("<AutomaticRestore>False</AutomaticRestore>")
        var bytes = bench.bytes(bench.data)
        var service = try bench.watch(until: "error 150")
        service.signal(SIGTERM)
        #expect(service.wait().status == 0 && bench.bytes(bench.data) == bytes)

        bench = try damaged("<AutomaticRestore>True</AutomaticRestore>")
        bytes = bench.bytes(bench.data)
        let holder = try bench.startPython(
            "file = open(argv[0], 'rb'); open(argv[1], 'w').close(); time.sleep(600)", [bench.data, bench.path("open")], on: ":memory:")
        try bench.waitFor(bench.path("open"))
        service = try bench.watch(until: "error 1420")
        service.signal(SIGTERM)
        #expect(service.wait().status == 0 && bench.bytes(bench.data) == bytes)
        holder.signal(SIGKILL)
        _ = holder.wait()
    }

    /// An older copy of the data file stands in its place.
    private func older(_ settings: String) throws -> Workbench {
        let bench = try Workbench.logged()
        try bench.sqlite("PRAGMA wal_checkpoint(TRUNCATE)")
        let old = bench.bytes(bench.data)
        try bench.json("log", "drain", bench.data)
        try bench.add("g", "h")
        try bench.json("log", "drain", bench.data)
        try bench.sqlite("PRAGMA wal_checkpoint(TRUNCATE)")
        try bench.set("Advanced", settings)
        for suffix in ["-wal", "-shm"] { unlink(bench.data + suffix) }
        try bench.write(old, to: bench.data)
        return bench
    }

    @Test("data that lack operations of their log get them, the journal notes it, and the log goes on")
    func integrated() throws {
        let bench = try older("<AutomaticLogIntegration>True</AutomaticLogIntegration>")
        #expect(try bench.names() == "abcdef")
        let service = try bench.watch()
        try service.says("the database lacked 2 record operations of its log: they were integrated")
        #expect(try bench.names() == "abcdefgh")
        #expect(journal(bench).contains("\tautomatic\t\(bench.journal)\t"))
        let before = try bench.json("log", "status", bench.data)["lastOperation"].int ?? 0
        try bench.add("i")
        try bench.waitForOperation(before + 1)
        service.signal(SIGTERM)
        #expect(service.wait().status == 0)
    }

    @Test("the interface does it too when it opens a database, and not when it was told to write nothing")
    func interface() throws {
        let bench = try older("<AutomaticLogIntegration>True</AutomaticLogIntegration>")
        for (options, names, told) in [(["--readonly"], "abcdef", "Log gap"), ([], "abcdefgh", "lacked 2 record operations")] {
            let session = try bench.interface([bench.data] + options)
            try session.wait(forText: told)
            if options.isEmpty {
                session.send("\r")
                try session.wait(forText: "log on")
            }
            session.send("q")
            #expect(try session.waitForEnd() == 0)
            #expect(try bench.names() == names)
        }
        #expect(journal(bench).contains("\tautomatic\t\(bench.journal)\t"))
    }

    @Test("without the setting the gap is told, and the data stay as they are")
    func notIntegrated() throws {
        let bench = try older("<AutomaticLogIntegration>False</AutomaticLogIntegration>")
        let service = try bench.watch(until: "error 1502")
        service.signal(SIGTERM)
        #expect(service.wait().status == 0)
        #expect(try bench.names() == "abcdef")
    }
}
