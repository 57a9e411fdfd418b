// `msc repair`, and what backup, verify and restore say of damage, as scripts see it.

import Foundation
import Glibc
import Testing

@Suite("msc repair")
struct RepairProgramTests {
    /// Backup 1 with its parity files, a megabyte in it, and changes after it.
    private func bench() throws -> Workbench {
        let bench = try Workbench()
        try bench.set("Advanced", "<Redundancy>High</Redundancy><Interlacing>Medium</Interlacing>")
        try bench.sqlite("PRAGMA journal_mode=wal; CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE bulk(x); INSERT INTO bulk VALUES(randomblob(1000000))")
        try bench.msc("log", "start", bench.data)
        try bench.add("a", "b")
        let outcome = try bench.json("backup", bench.data)
        #expect(outcome["parity"].strings == [bench.archive(2) + ".parity", bench.logBackup(1) + ".parity"])
        try bench.add("c")
        try bench.json("log", "drain", bench.data)
        return bench
    }

    private func damage(_ bench: Workbench, _ path: String, _ range: Range<Int>) throws {
        var bytes = bench.bytes(path)
        for place in range { bytes[place] = ~bytes[place] }
        try bench.write(bytes, to: path)
    }

    @Test("verify tells what can be repaired, restore reads it, repair repairs it; beyond the redundancy all three say 1411 with bytes")
    func ways() throws {
        let bench = try bench()
        let archive = bench.archive(2)
        let whole = bench.bytes(archive)
        #expect(try bench.json("repair", archive)["result"].string == "sound")
        try damage(bench, archive, 400_000..<440_000)
        let check = try bench.json("verify", archive, status: 1)
        #expect(check["result"].string == "damaged" && check["repairable"].bool == true)
        let restored = try bench.json("restore", archive, "--to", bench.path("r"), "--integrate", "auto")
        #expect(try bench.names(bench.path("r/Data/SampleDB.db")) == "abc")
        #expect(restored["warnings"].strings.contains { $0.contains("damaged at bytes ") && $0.contains("msc repair") })
        let repair = try bench.json("repair", archive)
        #expect(repair.keys.isSuperset(of: [
            "result", "path", "repairedBytes", "replaced", "setAside", "parityRemade", "salvaged", "operations", "lost", "warnings",
        ]))
        #expect(repair["result"].string == "repaired" && repair["repairedBytes"].int ?? 0 >= 40_000)
        #expect(bench.bytes(archive) == whole)
        #expect(try bench.json("verify", archive)["repairable"].isNull)
        try damage(bench, archive, 100_000..<400_000)
        #expect(try bench.json("verify", archive, status: 1)["repairable"].bool == false)
        #expect(try bench.fails(1411, "repair", archive).errors.contains("bytes "))
        try bench.fails(1411, "restore", archive, "--to", bench.path("s"))
        try bench.fails(1519, "repair", bench.data)
        try bench.fails(1513, "repair", bench.path("nothing"))
    }

    @Test("a log with parity is repaired; without, what can be read is saved, with exit status 3")
    func logs() throws {
        let bench = try bench()
        let log = bench.logBackup(1)
        let whole = bench.bytes(log)
        try damage(bench, log, 0..<200)
        #expect(try bench.json("log", "check", log, status: 1)["repairable"].bool == true)
        #expect(try bench.json("repair", log)["replaced"].strings == [log])
        #expect(bench.bytes(log) == whole)
        for _ in 0..<3 {
            try bench.sqlite("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<60) INSERT INTO item(name) SELECT hex(randomblob(40)) FROM n")
            try bench.json("log", "drain", bench.data)
        }
        let journal = bench.journal
        let middle = bench.bytes(journal).count / 2
        try damage(bench, journal, middle..<middle + 10)
        let saved = try bench.json("repair", journal, status: 3)
        #expect(saved["result"].string == "salvaged" && saved["salvaged"].string == bench.path("SampleDB-salvaged.journal"))
        #expect(!saved["lost"].items.isEmpty)
    }

    @Test("I3: kill -9 at any moment leaves the damaged archive or the whole one, and the next repair works")
    func killed() throws {
        let bench = try bench()
        let archive = bench.archive(2)
        let whole = bench.bytes(archive)
        for round in 0..<KillTests.rounds {
            try damage(bench, archive, 300_000..<330_000)
            let damaged = bench.bytes(archive)
            let program = try bench.start(["repair", archive])
            usleep(UInt32.random(in: 1_000...60_000))
            if program.isRunning { program.signal(SIGKILL) }
            _ = program.wait()
            let now = bench.bytes(archive)
            #expect(now == whole || now == damaged, "round \(round)")
            #expect(try bench.json("restore", archive, "--to", bench.path("r\(round)"))["data"].string != nil)
            try bench.json("repair", archive)
            #expect(bench.bytes(archive) == whole)
        }
        try bench.json("backup", bench.data)
        #expect(bench.listing(bench.backups).filter { $0.contains(".msc-partial-") } == [])
    }
}
