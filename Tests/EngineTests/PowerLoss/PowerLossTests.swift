// The power fails at every step of every operation, with everything lost that was not synchronised, or any part of it: afterwards
// the invariants hold, and the next operation works. MSC_POWER_SEEDS sets how many mixtures are tried at each step.
//
// SQLite's own files are trusted to SQLite (https://www.sqlite.org/atomiccommit.html), but not to more than it promises: commits
// that it has not synchronised yet, as in WAL mode with `synchronous=NORMAL`, are lost unless we synchronised them.

import Database
import FileSystem
import Glibc
import Testing
import Vocabulary

@testable import Engine

@Suite("The power fails")
struct PowerLossTests {
    static let seeds = getenv("MSC_POWER_SEEDS").flatMap { UInt64(String(cString: $0)) } ?? 0

    /// Prepares a site, records an operation on it, and checks each aftermath of each step.
    /// - Parameters:
    ///   - allowed: what the names may be after the failure.
    ///   - done: what must hold of every aftermath of an operation that had returned.
    private func failEverywhere(
        _ allowed: Set<String>, prepare: (Site) throws -> Void, operation: (Site) throws -> Void,
        done: (Site, Comment) throws -> Void = { _, _ in }, also: (Site, Comment) throws -> Void = { _, _ in }
    ) throws {
        let site = try Site()
        try site.client().execute("PRAGMA synchronous=NORMAL")
        try prepare(site)
        let disk = RecordedDisk(site.folder, database: "SampleDB.db")
        // Another module's test may take the gate while this one records: rare, and told.
        guard let (_, moments) = try disk.record({ try operation(site) }) else { return }
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
                    #expect(allowed.contains(try site.names()), comment)
                    #expect(try site.isSound(), comment)
                    if isLast { try done(site, comment) }
                    try also(site, comment)
                    try site.add("z")
                    try site.expectWhole(comment)
                    let next = try site.backup()
                    #expect(try site.sets().filter { $0.number == next.number }.count == 1, "I7: \(comment)")
                    #expect(try site.names().hasSuffix("z"), comment)
                    try site.expectWhole(comment)
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
}
