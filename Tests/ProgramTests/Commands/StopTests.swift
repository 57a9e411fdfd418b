// Ctrl-C is Stop: error 1406, exit status 1, nothing half-made, data, log and chain as they were.

import Glibc
import Testing

@Suite("Ctrl-C")
struct StopTests {
    private let bench: Workbench

    private static let records = 400_000

    /// Enough that every operation is still at work when it is stopped.
    init() throws {
        bench = try Workbench()
        try bench.python(
            """
            db.execute('PRAGMA journal_mode=wal')
            db.execute('CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT)')
            db.execute('CREATE TABLE bulk(x)')
            db.execute('INSERT INTO bulk VALUES(1)')
            """)
        try bench.json("log", "start", bench.data, "--exclude", "bulk")
        try bench.python(
            "db.execute('BEGIN'); db.executemany('INSERT INTO item(name) VALUES(?)', (('record %d' % n,) for n in range(\(StopTests.records)))); db.execute('COMMIT')")
    }

    /// Starts, sends the signal when the phase is at work, and returns how it ended.
    private func stop(_ arguments: [String], in phase: String, with signal: Int32 = SIGINT) throws -> Ended {
        let running = try bench.start(arguments + ["--json", "--progress", "json"])
        let errors = try #require(running.errorsSoFar(until: { $0.contains("\"phase\":\"\(phase)\"") }), "never came to '\(phase)'")
        _ = errors
        running.signal(signal)
        running.signal(signal)
        return running.wait()
    }

    private func expectStopped(_ ended: Ended, at location: SourceLocation = #_sourceLocation) throws {
        #expect(ended.status == 1, "\(ended.errors)", sourceLocation: location)
        #expect(ended.errors.contains("msc: error 1406: "), "\(ended.errors)", sourceLocation: location)
        #expect(try JSON(ended.output)["error"]["code"].int == 1406, sourceLocation: location)
        #expect(bench.leftovers == [], sourceLocation: location)
    }

    @Test("of a backup: no archive, no log backup, log and chain as before (I2), and the history says so", arguments: [SIGINT, SIGTERM])
    func backup(signal: Int32) throws {
        let log = try bench.json("log", "drain", bench.data)
        let status = try bench.json("log", "status", bench.data)
        // At its slowest: 40 MB that do not compress.
        try bench.python("for n in range(40): db.execute('INSERT INTO bulk VALUES(?)', (random.randbytes(1_000_000),))")
        try bench.set("Advanced", "<CompressionRate>Compact</CompressionRate>")
        try expectStopped(try stop(["backup", bench.data], in: "Writing the archive", with: signal))
        #expect(!bench.exists(bench.archive(2)) && !bench.exists(bench.logBackup(1)))
        let after = try bench.json("log", "status", bench.data)
        #expect(after["lastOperation"].int == log["lastOperation"].int && after["firstOperation"].int == status["firstOperation"].int)
        #expect(after["chain"].string == status["chain"].string)
        #expect(try bench.json("backup", bench.data)["number"].int == 2)
    }

    @Test("of a restore: nothing stands at the destination")
    func restore() throws {
        try bench.json("log", "drain", bench.data)
        try expectStopped(
            try stop(["restore", bench.archive(1), "--to", bench.path("r"), "--integrate", "auto"], in: "Integrating"))
        #expect(!bench.exists(bench.path("r")))
        let content = try bench.content()
        try expectStopped(try stop(["restore", bench.archive(1), "--in-place", "--until-operation", "\(StopTests.records - 1)", "--inside-transaction"], in: "Integrating"))
        #expect(try bench.content() == content)
    }

    @Test("of an integration: the log has left nothing")
    func integrate() throws {
        try bench.json("log", "drain", bench.data)
        try bench.json("restore", bench.archive(1), "--to", bench.path("r"))
        let copy = bench.path("r/Data/SampleDB.db")
        let content = try bench.content(copy)
        try expectStopped(try stop(["integrate", copy, bench.journal], in: "Integrating"))
        #expect(try bench.content(copy) == content)
        #expect(try bench.json("integrate", copy, bench.journal)["integrated"][0]["recordOperations"].int == StopTests.records)
        #expect(try bench.content(copy) == bench.content())
    }

    @Test("of a rollback: the data as before, the log goes on")
    func rollback() throws {
        try bench.json("log", "drain", bench.data)
        let content = try bench.content()
        try expectStopped(try stop(["rollback", bench.data, "--to-operation", "0"], in: "Rolling back"))
        #expect(try bench.content() == content)
        #expect(try bench.json("log", "drain", bench.data)["drained"].int == 0)
        #expect(try bench.json("rollback", bench.data, "--to-operation", "0")["cancelled"].int == StopTests.records)
        #expect(try bench.sqlite("SELECT count(*) FROM item") == "0")
    }
}
