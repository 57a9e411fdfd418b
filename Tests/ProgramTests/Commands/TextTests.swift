// What the subcommands say to people: without --json, and on a terminal.

import Glibc
import PtySupport
import Testing
import Vocabulary

@testable import Engine

@Suite("Outcomes in words")
struct TextTests {
    @Test("a setting is told with its meaning, what it accepts and its default")
    func settings() throws {
        let bench = try Workbench()
        try bench.sqlite("CREATE TABLE item(id INTEGER PRIMARY KEY)")
        #expect(try bench.msc("settings", bench.data, "SetNumber/Value", "5").output == "Advanced/SetNumber/Value is 5\n")
        let number = try bench.msc("settings", bench.data, "SetNumber/Value")
        #expect(number.output.hasPrefix("5\n  ") && number.output.contains("\n  Accepted: ") && number.output.hasSuffix(" Default: 3.\n"), "\(number.output)")
        #expect(try bench.msc("settings", bench.data, "IncludesFiles").output.hasSuffix(" Default: empty.\n"))
    }

    @Test("a trial restore is proven, inconclusive or failed, with what was not compared")
    func proof() throws {
        let bench = try Workbench()
        try bench.sqlite("PRAGMA journal_mode=wal; CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE scratch(x); CREATE TABLE bulk(x); INSERT INTO bulk VALUES(randomblob(100000))")
        try bench.msc("log", "start", bench.data, "--exclude", "scratch")
        try bench.add("a", "b")
        try bench.msc("backup", bench.data)
        let archive = bench.archive(try #require(bench.exists(bench.archive(2)) ? 2 : 1))
        try bench.sqlite("INSERT INTO scratch VALUES(1)")
        let proven = try bench.msc("verify", "--restore", archive)
        #expect(proven.status == 0 && proven.output.hasPrefix("Proven: \(archive) was restored in "), "\(proven.output)\(proven.errors)")
        #expect(proven.output.contains(" and holds what the database held after operation 2.\n  not journaled, so not compared: scratch\n"), "\(proven.output)")
        let open = try bench.msc("verify", "--restore", archive, "--of", bench.path("none.db"))
        #expect(open.status == 3 && open.output.hasPrefix("Inconclusive: \(archive): "), "\(open.output)")
        try bench.flip(archive, at: bench.bytes(archive).count / 2)
        let failed = try bench.msc("verify", "--restore", archive)
        #expect(failed.status == 1 && failed.output.hasPrefix("FAILED: \(archive): "), "\(failed.output)")
    }

    @Test("verify and repair tell what is damaged, what was repaired or saved, and what stays where")
    func repair() throws {
        let bench = try Workbench()
        try bench.set("Advanced", "<Redundancy>Low</Redundancy><Interlacing>Low</Interlacing>")
        try bench.sqlite("PRAGMA journal_mode=wal; CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE bulk(x); INSERT INTO bulk VALUES(randomblob(300000))")
        try bench.msc("backup", bench.data)
        let archive = bench.archive(1)
        #expect(try bench.msc("repair", archive).output == "Nothing is damaged: \(archive)\n")
        try bench.flip(archive, at: 150_000)
        let damaged = try bench.msc("verify", archive)
        #expect(damaged.status == 1 && damaged.output.hasSuffix("\n'msc repair' makes it whole again.\n") && damaged.output.contains("found:\n  "), "\(damaged.output)")
        let repaired = try bench.msc("repair", archive)
        #expect(repaired.output.hasPrefix("Repaired ") && repaired.output.contains(" of \(archive)\n  the damaged file stays as \(archive)"), "\(repaired.output)")
        try bench.flip(archive + ".parity", at: bench.bytes(archive + ".parity").count / 2)
        let parity = try bench.msc("repair", archive)
        #expect(parity.output.contains("  its parity file was damaged and was made anew\n"), "\(parity.output)")
        unlink(archive + ".parity")
        try bench.flip(archive, at: 150_000)
        let beyond = try bench.msc("verify", archive)
        #expect(beyond.status == 1 && !beyond.output.contains("'msc repair'"), "\(beyond.output)")
    }

    @Test("what a repair saved of a log is told with what is lost")
    func salvage() throws {
        let bench = try Workbench()
        try bench.sqlite("PRAGMA journal_mode=wal; CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT)")
        try bench.msc("log", "start", bench.data)
        for _ in 0..<3 {
            try bench.sqlite("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<60) INSERT INTO item(name) SELECT hex(randomblob(40)) FROM n")
            try bench.msc("log", "drain", bench.data)
        }
        try bench.flip(bench.journal, at: bench.bytes(bench.journal).count / 2)
        let saved = try bench.msc("repair", bench.journal)
        #expect(saved.status == 3 && saved.output.hasPrefix("Saved "), "\(saved.output)\(saved.errors)")
        #expect(saved.output.contains(" operations of \(bench.journal) as \(bench.path("SampleDB-salvaged.journal"))\n  lost: "), "\(saved.output)")
    }

    @Test("info tells of a suspension, its beginning and its failures")
    func suspension() throws {
        let bench = try Workbench()
        try bench.sqlite("CREATE TABLE item(id INTEGER PRIMARY KEY)")
        try bench.msc("settings", bench.data, "Frequency", "Hourly")
        try bench.msc("settings", bench.data, "AbortIfBackupFail", "True")
        let application = try Application(data: bench.data)
        let settings = try BackupSettings.read(application)
        try AutomationState.update(application, settings, now: 1_795_255_997_000) { state in
            for _ in 0..<settings.attempts { state.failed(Failure(.writeFailed, "the disk is gone", hint: ""), now: 1_795_255_997_000, settings) }
        }
        let output = try bench.msc("info", bench.data).output
        #expect(output.contains("; SUSPENDED since ") && output.contains(" after \(settings.attempts) failed attempts (error 1401)"), "\(output)")
        #expect(output.contains("; last error: the disk is gone"), "\(output)")
        #expect(!(try bench.msc("resume", bench.data).output.contains("SUSPENDED")))
    }

    @Test("activity --follow goes on with what comes, and Ctrl-C ends it in order")
    func follow() throws {
        let bench = try Workbench.logged()
        let program = try bench.start(["activity", bench.data, "--follow"])
        let before = program.outputSoFar { $0.split(separator: "\n").last?.contains("f") == true }
        #expect(before != nil)
        try bench.add("later")
        let after = program.outputSoFar { $0.contains("later") }
        #expect(after?.split(separator: "\n").count { $0.contains("later") } == 1)
        program.signal(SIGINT)
        let ended = program.wait()
        #expect(ended.status == 0 && ended.errors == "", "\(ended.status) \(ended.errors)")
    }

    @Test("arguments that make no sense are refused before anything is done")
    func refused() throws {
        let bench = try Workbench.logged()
        let page = try bench.msc("open", bench.data, "--page", "nowhere")
        #expect(page.status == 64 && page.errors.contains("There is no page 'nowhere': choose one of information, "), "\(page.errors)")
        let restore = try bench.msc("restore", bench.archive(1), "--integrate", "none", "--until-operation", "3")
        #expect(restore.status == 64 && restore.errors.contains("Nothing is integrated with --integrate none"), "\(restore.errors)")
        #expect(bench.leftovers == [] && !bench.exists(bench.path("SampleDB[0001]")))
    }
}

@Suite("Progress on a terminal")
struct ProgressTests {
    private func session(_ bench: Workbench, columns: Int) throws -> PtySession {
        try PtySession(Workbench.msc, ["backup", bench.data], columns: columns, environment: ["HOME": bench.folder])
    }

    @Test("one line shows phase, bar, share, amounts and rate, and goes before the outcome")
    func line() throws {
        let bench = try Workbench()
        try bench.sqlite("CREATE TABLE bulk(x); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<40) INSERT INTO bulk SELECT randomblob(1000000) FROM n")
        let session = try session(bench, columns: 120)
        try session.wait(for: "the share") { screen in
            screen.lines.contains { $0.contains(/\[#*\.*\]  \d+ %  [0-9.]+ [KM]?B of [0-9.]+ MB  [0-9.]+ [KM]?B\/s  .*\(Ctrl-C stops\)/) }
        }
        #expect(try session.waitForEnd() == 0)
        #expect(session.screen.text.contains("Backup 1 is complete") && !session.screen.text.contains("%"), "\(session.screen.text)")
    }

    @Test("Ctrl-C stops, and on a narrow terminal the phase is what is left of the line")
    func stop() throws {
        let bench = try Workbench()
        try bench.sqlite("CREATE TABLE item(id INTEGER PRIMARY KEY)")
        let holder = try bench.holdLock()
        let session = try session(bench, columns: 100)
        try session.wait(for: "the line") { $0.text.contains("(Ctrl-C stops)") }
        let line = session.screen.lines[0]
        session.send("\u{3}")
        #expect(try session.waitForEnd() == 1)
        #expect(session.screen.text.contains("msc: error 1406: ") && !session.screen.text.contains("(stopping)"), "\(session.screen.text)")
        let narrow = try self.session(bench, columns: line.count - 3)
        try narrow.wait(for: "the line") { $0.lines[0].hasPrefix(line.prefix(10)) }
        #expect(!narrow.screen.text.contains("(") && narrow.screen.lines[1].isEmpty, "\(narrow.screen.text)")
        narrow.send("\u{3}")
        #expect(try narrow.waitForEnd() == 1)
        bench.release(holder)
        #expect(!bench.exists(bench.archive(1)) && bench.leftovers == [])
    }

    @Test("a terminal that cannot show a screen is told, with what to do")
    func dumb() throws {
        let bench = try Workbench()
        try bench.sqlite("CREATE TABLE item(id INTEGER PRIMARY KEY)")
        let session = try PtySession(Workbench.msc, [bench.data], term: "dumb", columns: 120, environment: ["HOME": bench.folder])
        #expect(try session.waitForEnd() == 1)
        #expect(session.screen.lines[0].hasPrefix("msc: the terminal type 'dumb' cannot show a full screen. "), "\(session.screen.text)")
    }
}
