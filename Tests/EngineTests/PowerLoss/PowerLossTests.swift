// The power fails at every step of every operation, with everything lost that was not synchronised, or any part of it: afterwards
// the invariants hold, and the next operation works. MSC_POWER_SEEDS sets how many mixtures are tried at each step.
//
// SQLite's own files are trusted to SQLite (https://www.sqlite.org/atomiccommit.html), but not to more than it promises: commits
// that it has not synchronised yet, as in WAL mode with `synchronous=NORMAL`, are lost unless we synchronised them.

import Database
import FileSystem
import Glibc
import LogFile
import Testing
import Vocabulary

@testable import Engine

@Suite("The power fails")
struct PowerLossTests {
    static let seeds = getenv("MSC_POWER_SEEDS").flatMap { UInt64(String(cString: $0)) } ?? 0

    /// Prepares a site, records an operation on it, and checks each aftermath of each step.
    /// - Parameters:
    ///   - allowed: what the names may be after the failure.
    ///   - databases: what SQLite is trusted with.
    ///   - done: what must hold of every aftermath of an operation that had returned.
    ///   - recover: what a person does before anything else.
    ///   - beginsChains: the log ends or begins: only the newest archive leads to the present.
    private func failEverywhere(
        _ allowed: Set<String>, startsLog: Bool = true, databases: [String] = ["SampleDB.db"], areNamedByUs: Bool = false, beginsChains: Bool = false,
        prepare: (Site) throws -> Void, operation: (Site) throws -> Void, done: (Site, Comment) throws -> Void = { _, _ in },
        recover: (Site, Comment) throws -> Void = { _, _ in }, also: (Site, Comment) throws -> Void = { _, _ in }
    ) throws {
        let site = try Site(startsLog: startsLog)
        try site.client().execute("PRAGMA synchronous=NORMAL")
        try prepare(site)
        let disk = RecordedDisk(site.folder, databases: databases, areNamedByUs: areNamedByUs)
        let moments = try disk.record { try operation(site) }
        #expect(moments.count > 3)
        site.leave()
        var seed: UInt64 = 0
        for (number, moment) in moments.enumerated() {
            let isLast = number == moments.count - 1
            var aftermaths: [Aftermath] = PowerLossTests.seeds > 0 || isLast ? [.forgotten, .namesOnly, .bytesOnly] : []
            for _ in 0..<max(1, PowerLossTests.seeds) {
                seed += 1
                aftermaths.append(PowerLossTests.seeds > 0 || isLast ? .torn(seed: seed) : PowerLossTests.turn(seed))
            }
            for aftermath in aftermaths {
                let comment: Comment = "step \(number) of \(moments.count), before \(moment.call): \(aftermath)"
                site.leave()
                try moment.leave(aftermath, in: site.folder)
                try withKnownContext(comment) {
                    if isLast { try done(site, comment) }
                    try recover(site, comment)
                    #expect(allowed.contains(try site.names()), comment)
                    #expect(try site.isSound(), comment)
                    try also(site, comment)
                    try site.add("z")
                    try site.expectWhole(comment, isNewChain: beginsChains)
                    let next = try site.backup()
                    #expect(try site.sets().filter { $0.number == next.number }.count == 1, "I7: \(comment)")
                    #expect(try site.names().hasSuffix("z"), comment)
                    try site.expectWhole(comment, isNewChain: beginsChains)
                }
            }
        }
    }

    /// In the short form each step has one aftermath, all kinds taking turns.
    private static func turn(_ number: UInt64) -> Aftermath {
        switch number % 6 {
        case 0: .forgotten
        case 1: .namesOnly
        case 2: .bytesOnly
        default: .torn(seed: number)
        }
    }

    /// What is thrown is told with the step it was thrown after.
    private func withKnownContext(_ comment: Comment, _ body: () throws -> Void) throws {
        do { try body() } catch { Issue.record("\(comment): \(error)") }
    }

    private func start(_ site: Site) throws {
        try site.add("a")
        _ = try site.backup()
        try site.add("b", "c")
    }

    @Test("I1: a drain: what the log holds is in the data, what the data lost is not in the log")
    func drain() throws {
        try failEverywhere(["a", "ab", "abc", "abcd"], prepare: start) { site in
            _ = try site.drain()
            // Committed by a program that does not synchronise its commits.
            try site.add("d")
            _ = try site.drain()
        } done: { site, comment in
            let found = try site.names()
            #expect(found == "abcd", comment)
            let last = try site.drain().lastOperation
            #expect(last == 4, comment)
        }
    }

    @Test("I2, I3, I4, I5: a backup with retention: the old sets, or the new one whole with its log")
    func backup() throws {
        try failEverywhere(["abc", "abcd"]) { site in
            try site.set("<SetNumber><Value>2</Value></SetNumber>")
            try start(site)
            _ = try site.backup()
        } operation: { site in
            try site.add("d")
            _ = try site.backup()
        } done: { site, comment in
            let names = try site.names()
            #expect(names == "abcd", comment)
            let found = try site.sets().map(\.number)
            #expect(found == [3, 2], comment)
            #expect(Folder.exists(site.logBackup(2)), comment)
        } also: { site, comment in
            let found = try site.sets().count { $0.present }
            #expect(found >= 2, "I4: \(comment)")
        }
    }

    @Test("I2, I7: a cut: the log, or its segment and the successor")
    func cut() throws {
        try failEverywhere(["abc", "abcd"], prepare: start) { site in
            try site.add("d")
            _ = try site.cut()
        }
    }

    @Test("I6: a rollback: the state before or the state after", arguments: [Rollback.Method.undo, .restore])
    func rollback(method: Rollback.Method) throws {
        try failEverywhere(["abc", "ab"]) { site in
            try start(site)
            _ = try site.drain()
        } operation: { _ = try $0.rollback(2, method) }
    }

    @Test("I6: a restore in place over a live file")
    func inPlace() throws {
        try failEverywhere(["abc", "ab"]) { site in
            try start(site)
            _ = try site.drain()
        } operation: { _ = try $0.restore(1, .inPlace, until: .operation(2)) }
    }

    @Test("I3: a restore into a folder: the folder whole or not there; whole for certain once it is told")
    func restore() throws {
        try failEverywhere(["abc"]) { site in
            try start(site)
            _ = try site.drain()
        } operation: { site in
            _ = try site.restore(1, .folder(site.folder + "/r"))
        } done: { site, comment in
            #expect(Folder.exists(site.folder + "/r"), comment)
        } also: { site, comment in
            guard Folder.exists(site.folder + "/r") else { return }
            let data = site.folder + "/r/Data/SampleDB.db"
            let isSound = try site.isSound(data)
            #expect(isSound, comment)
            let found = try site.names(data)
            #expect(found == "abc", comment)
            try Folder.removeTree(site.folder + "/r")
        }
    }

    @Test("I3: the settings file: not there or whole")
    func settings() throws {
        try failEverywhere(["abc"]) { site in
            try start(site)
            _ = try site.drain()
            try Folder.removeFile(site.application.settingsFile)
        } operation: {
            _ = try BackupSettings.createDefault($0.application)
        } done: { site, comment in
            #expect(Folder.exists(site.application.settingsFile), comment)
        } also: { site, comment in
            let found = try BackupSettings.read(site.application)
            #expect(found == BackupSettings(), comment)
        }
    }

    @Test("the log's start: it is on, or the same command turns it on; nothing but a log that is on stands for one", arguments: [false, true])
    func logStart(holdsRows: Bool) throws {
        try failEverywhere(holdsRows ? ["a", "ab"] : ["", "b"], startsLog: false, beginsChains: true) { site in
            if holdsRows { try site.add("a") }
        } operation: { site in
            _ = try site.start()
            try site.add("b")
            _ = try site.drain()
        } done: { site, comment in
            let names = try site.names()
            let state = try site.status().state
            #expect(names == (holdsRows ? "ab" : "b") && state == .ok, comment)
        } recover: { site, comment in
            if try site.status().state != .ok { _ = try site.start() }
            let state = try site.status().state
            #expect(state == .ok, comment)
            // A log that began with blank data has no backup yet.
            if try site.sets().isEmpty { _ = try site.backup() }
        }
    }

    @Test("I1: the log's end: it is on, or off with every change in the sealed log file; the next log begins")
    func logStop() throws {
        // SQLite synchronises the commit that ends capture, unseen here: an end that was told may be one that did not happen.
        try failEverywhere(["abc"], beginsChains: true, prepare: start) { site in
            _ = try site.stop()
        } recover: { site, comment in
            guard try site.status().state != .ok else { return }
            let isOff = try site.client().string("SELECT group_concat(name) FROM sqlite_schema") == "item"
            #expect(isOff, comment)
            let ended = try LogReader(site.application.defaultJournal).lastOperation
            #expect(ended == 3, comment)
            _ = try site.start()
        }
    }

    @Test("I8: logs integrated into a copy: each whole or nothing of it, and the same command goes on")
    func integration() throws {
        let copy = "copy.db"
        try failEverywhere(["abcd"], databases: ["SampleDB.db", copy]) { site in
            try start(site)
            _ = try site.backup()
            try site.add("d")
            _ = try site.drain()
            let outcome = try Restore(
                archive: site.archive(1), surroundings: site.surroundings, target: .folder(site.folder + "/r"), items: [], logs: .none,
                until: nil, insideTransaction: false
            ).run(Job())
            try #require(rename(outcome.data, site.folder + "/" + copy) == 0)
            try Folder.removeTree(site.folder + "/r")
        } operation: { site in
            _ = try site.integrate(site.folder + "/" + copy, [site.logBackup(1), site.application.defaultJournal])
        } done: { site, comment in
            let found = try site.names(site.folder + "/" + copy)
            #expect(found == "abcd", comment)
        } also: { site, comment in
            let path = site.folder + "/" + copy
            let found = try site.names(path)
            let isSound = try site.isSound(path)
            #expect(["a", "abc", "abcd"].contains(found) && isSound, comment)
            _ = try site.integrate(path, [site.logBackup(1), site.application.defaultJournal])
            let end = try site.names(path)
            #expect(end == "abcd", comment)
        }
    }

    @Test("I6: a restore of a missing data file: it is missing or whole; whole for certain once it is told")
    func missing() throws {
        try failEverywhere(["abc"], areNamedByUs: true) { site in
            try start(site)
            _ = try site.drain()
            site.leave()
            for suffix in ["", "-wal", "-shm"] { unlink(site.application.data + suffix) }
        } operation: { site in
            _ = try site.restore(1, .inPlace)
        } done: { site, comment in
            #expect(Folder.exists(site.application.data), comment)
        } recover: { site, comment in
            if !Folder.exists(site.application.data) { _ = try site.restore(1, .inPlace) }
        }
    }

    @Test("I3: a changed setting: the old value or the new one, the new one for certain once it is told")
    func changedSetting() throws {
        let key = "Advanced/SetNumber/Value"
        try failEverywhere(["abc"]) { site in
            try site.set("<SetNumber><Value>7</Value></SetNumber>")
            try start(site)
            _ = try site.drain()
        } operation: { site in
            try BackupSettings.change(try BackupSettings.key(named: key), to: ["9"], of: site.application)
        } done: { site, comment in
            let found = try BackupSettings.read(site.application).setsKept
            #expect(found == 9, comment)
        } also: { site, comment in
            let found = try BackupSettings.read(site.application).setsKept
            #expect([7, 9].contains(found), comment)
        }
    }
}
