// kill -9 at random moments, while a foreign program commits: nothing that it committed is lost, nothing half-made stands under
// a final name, and the next operation works. MSC_KILL_ROUNDS sets the number of kills per operation, MSC_KILL_SEED the moments.

import Foundation
import Glibc
import Testing

@Suite("kill -9 at random moments")
struct KillTests {
    enum Victim: String, CaseIterable, Sendable { case drain, new, backup, restore, integrate, inPlace, rollback, start, retention, settings }

    /// Those of MSC_KILL_VICTIMS, with commas between them; all without it.
    static let victims: [Victim] = ProcessInfo.processInfo.environment["MSC_KILL_VICTIMS"]
        .map { $0.split(separator: ",").compactMap { Victim(rawValue: String($0)) } } ?? Victim.allCases

    static let rounds = ProcessInfo.processInfo.environment["MSC_KILL_ROUNDS"].flatMap { Int($0) } ?? 20

    @Test("I1, I2, I3, I6, I7: whatever was killed, every acknowledged commit is in the data or the log", arguments: victims)
    func killed(victim: Victim) throws {
        let bench = try Workbench()
        try bench.set("Advanced", "<SetNumber><Enable>False</Enable></SetNumber>")
        try bench.python(
            """
            db.executescript('PRAGMA journal_mode=wal; CREATE TABLE bulk(x); CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT)')
            for n in range(4): db.execute('INSERT INTO bulk VALUES(?)', (random.randbytes(1_000_000),))
            """)
        // The more tables there are, the more moments its start has.
        if victim == .start {
            try bench.python(
                """
                db.execute('BEGIN')
                for n in range(200): db.execute('CREATE TABLE t%d(id INTEGER PRIMARY KEY, a UNIQUE)' % n)
                db.execute('COMMIT')
                """)
        } else {
            try bench.json("log", "start", bench.data)
        }
        try bench.python("for n in range(200): db.execute('INSERT INTO item(name) VALUES(?)', ('early %d' % n,))")
        if victim != .start { try bench.json("backup", bench.data) }
        let writer = try Writer(bench)

        var generator = Seeded(ProcessInfo.processInfo.environment["MSC_KILL_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0..<1 << 32))
        var longest: UInt32 = 40_000
        for round in 0..<KillTests.rounds {
            let comment: Comment = "\(victim) round \(round), seed \(generator.seed)"
            let arguments = try prepare(victim, bench, round)
            let program = try bench.start(arguments)
            let started = DispatchTime.now().uptimeNanoseconds
            usleep(UInt32.random(in: 2_000...longest, using: &generator))
            if program.isRunning { program.signal(SIGKILL) }
            let ended = program.wait()
            #expect(ended.status == 0 || ended.status == 128 + SIGKILL, "\(comment) \(ended.errors)")
            if ended.status == 0 {
                longest = max(20_000, UInt32((DispatchTime.now().uptimeNanoseconds - started) / 1000))
            } else {
                longest = min(longest * 5 / 4, 1_000_000)
            }
            try check(victim, bench, round, ended, comment)
        }

        let acknowledged = try writer.stop()
        #expect(acknowledged > 0)
        #expect(try bench.isSound())
        if victim == .start, try bench.json("log", "status", bench.data)["state"].string != "ok" {
            try bench.json("log", "start", bench.data)
        }
        try bench.json("log", "drain", bench.data)
        if victim != .start {
            // Retention takes the oldest logs away.
            if victim != .retention { try expectLogged(acknowledged, bench) }
            if victim != .rollback, victim != .inPlace {
                #expect(try bench.sqlite("SELECT count(*) FROM item WHERE name LIKE 'n%'") == "\(acknowledged)")
            }
        } else {
            #expect(try bench.sqlite("SELECT count(*) FROM item WHERE name LIKE 'n%'") == "\(acknowledged)")
        }
        // The next operations work, clear away what was left, and an archive with its logs leads to the present.
        let newest = try #require(try bench.json("backup", bench.data)["archive"].string)
        // Each start begins a new chain; otherwise the oldest archive is still of use.
        let oldest = victim == .retention ? try #require(try bench.json("backups", bench.data).items.last?["archive"].string) : bench.archive(1)
        try bench.json("restore", victim == .start ? newest : oldest, "--to", bench.path("final"), "--integrate", "auto")
        #expect(try bench.content(bench.path("final/Data/SampleDB.db")) == bench.content())
        #expect(bench.listing(bench.backups).filter { $0.contains(".msc-partial-") } == [])
    }

    private func prepare(_ victim: Victim, _ bench: Workbench, _ round: Int) throws -> [String] {
        switch victim {
        case .drain: return ["log", "drain", bench.data]
        case .new: return ["log", "new", bench.data]
        case .backup: return ["backup", bench.data]
        case .restore:
            try bench.json("log", "drain", bench.data)
            return ["restore", bench.archive(1), "--to", bench.path("r\(round)"), "--integrate", "auto"]
        case .integrate:
            try bench.json("log", "drain", bench.data)
            if !bench.exists(bench.path("copy")) { try bench.json("restore", bench.archive(1), "--to", bench.path("copy")) }
            // Backup 1 was made by the start of the log, backup 2 afterwards.
            return ["integrate", bench.path("copy/Data/SampleDB.db"), bench.logBackup(1), bench.journal]
        case .inPlace: return ["restore", bench.archive(1), "--in-place", "--integrate", "none"]
        case .rollback:
            let last = try bench.json("log", "drain", bench.data)["lastOperation"].int ?? 0
            try bench.json("log", "drain", bench.data)
            return ["rollback", bench.data, "--to-operation", "\(last)"]
        case .retention:
            // Each backup makes room for itself, before or after.
            try bench.set("Advanced", "<SetNumber><Enable>True</Enable><Value>2</Value></SetNumber><EraseOldBackupBefore>\(round % 2 == 0 ? "True" : "False")</EraseOldBackupBefore>")
            return ["backup", bench.data]
        case .settings:
            return ["settings", bench.data, "Advanced/SetNumber/Value", "\(round + 3)"]
        case .start:
            // What the kill before left is removed, or is what the next start finds.
            let state = try bench.json("log", "status", bench.data)["state"].string
            if state == "ok" || round % 2 == 0 && state != "off" {
                try bench.json("log", "stop", bench.data)
                #expect(try bench.sqlite("SELECT count(*) FROM sqlite_schema WHERE name LIKE '\\_msc\\_%' ESCAPE '\\'") == "0")
            }
            return ["log", "start", bench.data]
        }
    }

    /// Right after the kill.
    private func check(_ victim: Victim, _ bench: Workbench, _ round: Int, _ ended: Ended, _ comment: Comment) throws {
        for name in bench.listing(bench.backups) where name.hasSuffix(".4BK") || name.hasSuffix(".4BL") {
            #expect(!name.contains(".msc-partial-") || name.hasPrefix("."), comment)
            if !name.hasPrefix(".") {
                #expect(try bench.msc("verify", bench.backups + "/" + name).status == 0, "\(comment) \(name)")
            }
        }
        switch victim {
        case .settings:
            // An old value or the new one, and never a file that cannot be read.
            let value = Int(try bench.json("settings", bench.data, "Advanced/SetNumber/Value")["value"].string ?? "") ?? 0
            #expect(ended.status == 0 ? value == round + 3 : (3...round + 3).contains(value), "\(comment) \(value)")
        case .retention:
            let sets = try bench.json("backups", bench.data).items
            #expect(sets.allSatisfy { $0["present"].bool == true } && !sets.isEmpty, "I4, I5: \(comment)")
        case .restore where bench.exists(bench.path("r\(round)")):
            #expect(try bench.isSound(bench.path("r\(round)/Data/SampleDB.db")), comment)
            #expect(try bench.json("log", "status", bench.path("r\(round)/Data/SampleDB.db"))["state"].string == "detached", comment)
        case .integrate:
            #expect(try bench.isSound(bench.path("copy/Data/SampleDB.db")), comment)
        default: break
        }
        #expect(try bench.isSound(), comment)
        let status = try bench.json("log", "status", bench.data)
        if victim == .start {
            #expect(["ok", "unavailable", "off"].contains(status["state"].string), comment)
        } else {
            #expect(["ok", "unavailable"].contains(status["state"].string), "\(comment) \(status["reason"].string ?? "")")
            // The lock of the dead is no lock (I9), and what it began is finished or undone.
            let drain = try bench.msc("log", "drain", bench.data, "--json")
            #expect(drain.status == 0, "\(comment) \(drain.errors)")
        }
    }

    /// Every number that the writer was told is committed was logged, once, under operation numbers without a hole (I7).
    private func expectLogged(_ acknowledged: Int, _ bench: Workbench) throws {
        let text = try bench.msc("log", "export", bench.data, "--format", "jsonl", "--from", "1").output
        var expected = 1
        var numbers: [String: Int] = [:]
        for line in text.split(separator: "\n") {
            let operation = try JSON(String(line))
            #expect(operation["operation"].int == expected)
            expected += 1
            if operation["action"].string == "addition", operation["context"].isNull, let name = operation["new"]["name"].string {
                numbers[name, default: 0] += 1
            }
        }
        let missing = (1...acknowledged).filter { numbers["n\($0)"] != 1 }
        #expect(missing.isEmpty, "not logged exactly once: \(missing.prefix(5))")
    }
}

/// A program that commits one row after the other and keeps its own record of what was acknowledged.
final class Writer {
    private let bench: Workbench
    private let program: RunningProgram

    init(_ bench: Workbench) throws {
        self.bench = bench
        program = try bench.startPython(
            """
            db.execute('PRAGMA synchronous=normal')
            record = os.open(argv[0], os.O_CREAT | os.O_WRONLY, 0o600)
            n = 0
            while not os.path.exists(argv[1]):
                n += 1
                db.execute("INSERT INTO item(name) VALUES('n%d')" % n)
                os.pwrite(record, b'%d\\n' % n, 0)
                time.sleep(0.001)
            """, [bench.path("record"), bench.path("stop")])
        try bench.waitFor(bench.path("record"))
    }

    /// - Returns: the last number that was committed.
    func stop() throws -> Int {
        try bench.write([], to: bench.path("stop"))
        let ended = program.wait()
        try #require(ended.status == 0, "the writer failed: \(ended.errors)")
        let text = String(decoding: bench.bytes(bench.path("record")), as: UTF8.self)
        return Int(text.split(separator: "\n").first ?? "") ?? 0
    }
}

/// A generator that can be repeated (xorshift64*).
private struct Seeded: RandomNumberGenerator {
    let seed: UInt64
    private var state: UInt64

    init(_ seed: UInt64) {
        self.seed = seed
        state = seed | 1
    }

    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_F491_4F6C_DD1D
    }
}
