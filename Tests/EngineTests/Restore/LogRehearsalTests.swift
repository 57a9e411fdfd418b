// `msc log check --base`: a log whose own operations join, and that its archive refuses all the same.

import Archive
import Database
import FileSystem
import LogFile
import Testing
import Vocabulary

@testable import Engine

@Suite("A log checked against the archive that it follows")
struct LogRehearsalTests {
    private func check(_ site: Site, _ log: String, onto number: Int) throws -> CheckOutcome {
        try Verification.ofLog(log, onto: site.archive(number), Job())
    }

    @Test("I8: the log, a closed segment and a log backup of the archive are in order; nothing is left behind")
    func sound() throws {
        let site = try Site()
        try site.add("a", "b")
        _ = try site.backup()
        try site.client().execute("UPDATE item SET name='c' WHERE id=1; DELETE FROM item WHERE id=2")
        let segment = try site.cut().segment
        try site.client().execute("UPDATE item SET name='d' WHERE id=1")
        _ = try site.drain()
        let before = try Folder.contents(of: site.application.defaultDestination)
        #expect(try check(site, segment, onto: 1) == CheckOutcome(problems: []))
        #expect(try check(site, site.application.defaultJournal, onto: 1) == CheckOutcome(problems: []))
        #expect(try Folder.contents(of: site.application.defaultDestination) == before)
        _ = try site.backup()
        #expect(try check(site, site.logBackup(1), onto: 1) == CheckOutcome(problems: []))
    }

    @Test("I8: a log that changes a row which the archive does not hold is damaged, and without the archive the check says what it does not know")
    func contradiction() throws {
        let site = try Site()
        try site.add("a")
        _ = try site.drain()
        _ = try site.backup()
        let writer = try LogWriter(opening: site.application.defaultJournal)
        try Self.append(to: writer)
        let alone = try Verification.ofLog(site.application.defaultJournal, Job())
        #expect(alone.result == .ok)
        #expect(alone.notChecked.contains { $0.contains("backup 1") && $0.contains("--base") })
        let found = try check(site, site.application.defaultJournal, onto: 1)
        #expect(found.result == .damaged)
        #expect(found.problems.map(\.where) == ["integration into '\(site.archive(1))'"], "\(found.problems)")
        #expect(found.problems.first?.what.contains("row 99") == true)
    }

    @Test("an archive that the log does not follow, or of another application, says nothing about it")
    func others() throws {
        let site = try Site()
        try site.add("a")
        _ = try site.backup()
        try site.add("b")
        _ = try site.backup()
        let failure = #expect(throws: Failure.self) { try check(site, site.application.defaultJournal, onto: 1) }
        #expect(failure?.code == .logGap)
        let other = try Site()
        _ = try other.backup()
        let foreign = #expect(throws: Failure.self) { try Verification.ofLog(site.application.defaultJournal, onto: other.archive(1), Job()) }
        #expect(foreign?.code == .foreignLog)
    }

    /// A sound operation about a row that was never there.
    private static func append(to writer: LogWriter) throws {
        let table = try #require(writer.header.tables.first { $0.name == "item" })
        var key = ValueBuffer()
        key.append(.integer(99))
        var old = ValueBuffer()
        for _ in table.columns { old.append(.integer(99)) }
        try key.bytes.withUnsafeBytes { key in
            try old.bytes.withUnsafeBytes { old in
                _ = try writer.append(
                    Operation(
                        action: .deletion, time: writer.header.startTime, position: writer.lastPosition + 1, isConsistentPoint: true, table: table.id,
                        key: key, old: old))
            }
        }
        try writer.commit()
    }
}
