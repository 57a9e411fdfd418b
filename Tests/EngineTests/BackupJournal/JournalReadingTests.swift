import FileSystem
import Testing
import Vocabulary

@testable import Engine

@Suite("What the backup journal of a real application says")
struct JournalReadingTests {
    private func events(_ site: Site) throws -> [String] {
        try BackupJournal.newest(of: site.application).filter { !$0.isItem }.map { [$0.event, $0.status].filter { !$0.isEmpty }.joined(separator: " ") }
    }

    @Test("backups, restores, integrations, rollbacks, deletions and failures each have their line, and history has what it is for")
    func everything() throws {
        let site = try Site()
        try site.set("<SetNumber><Value>1</Value></SetNumber>")
        try site.add("a")
        _ = try site.backup()
        try site.add("b")
        #expect(try site.sets().map(\.deletedByNextBackup) == [true])
        _ = try site.backup()
        let copy = site.folder + "/copy"
        _ = try site.restore(2, .folder(copy))
        #expect(throws: Failure.self) { try site.restore(2, .folder(copy)) }
        _ = try site.rollback(1, .undo)
        #expect(throws: Failure.self) { try site.rollback(1_000_000, .undo) }
        #expect(throws: Failure.self) { try site.integrate(site.application.data, [site.folder + "/none.4BL"]) }
        let stopped = Job()
        stopped.stop()
        #expect(throws: Failure.self) { try site.backup(stopped) }
        #expect(try events(site) == [
            "log start", "backup complete", "backup complete", "deletion of a set", "restore complete", "failure failed", "rollback complete",
            "failure failed", "failure failed", "failure stopped",
        ])
        let lines = try BackupJournal.newest(of: site.application)
        let second = try #require(lines.first { $0.event == "backup" && $0.number == "2" })
        #expect(second.path == site.archive(2) && second.detail.contains("manual; log backup \(site.logBackup(1)), operations "))
        #expect(lines.contains { $0.isItem && $0.status == "data" && $0.path == site.application.data && $0.size ?? 0 > 0 })
        #expect(lines.contains { $0.isItem && $0.status == "log" && $0.path == site.logBackup(1) && $0.size ?? 0 > 0 })
        #expect(lines.first { $0.event == "deletion of a set" }?.path == site.archive(1))

        let record = try #require(try ApplicationRecord.read(site.application))
        let history = try HistoryFile(of: record, site.application, folder: site.application.defaultDestination).read().history
        #expect(history.entries.map(\.kind) == [.backup, .backup, .restore, .restore, .backup])
        #expect(history.entries.map(\.status) == [.complete, .complete, .complete, .failed, .stopped])
        #expect(history.entries[2].destination == copy && history.entries[2].bytes > 0 && history.entries[2].chain == history.entries[1].chain)
        #expect(history.entries[1].firstOperation != nil && history.entries[1].lastOperation != nil && history.entries[1].due == nil)
    }

    @Test("brief, the journal has no items; the end of two files is read, and a torn line is passed over")
    func ends() throws {
        let scratch = try ScratchApplication()
        let journal = BackupJournal(folder: scratch.application.logsFolder, isVerbose: false, limit: 300)
        #expect(try BackupJournal.newest(of: scratch.application) == [])
        for number in 1...40 {
            var line = JournalLine(.backup, at: 0)
            line.number = number
            line.items = [.init(role: "data", path: "/x", size: 1)]
            #expect(journal.record(line) == nil)
        }
        let read = try BackupJournal.newest(of: scratch.application)
        #expect(read.last?.number == "40" && read.count > 2 && read.count < 20 && !read.contains { $0.isItem })
        #expect(zip(read, read.dropFirst()).allSatisfy { Int($0.number).map { $0 + 1 } == Int($1.number) })
        #expect(try BackupJournal.newest(of: scratch.application, bytes: 100).count < read.count)
    }

    @Test("a destination that cannot be written to does not hide the failed backup")
    func failedDestination() throws {
        let site = try Site()
        try site.add("a")
        _ = try site.backup()
        try site.set("<Nothing/></Advanced><General><DestinationFolder>/nowhere</DestinationFolder></General><Advanced>")
        #expect(throws: Failure.self) { try site.backup() }
        let last = try #require(try BackupSet.lastAttempt(of: site.application))
        #expect(last.status == "failed" && last.error?.contains("/nowhere") == true)
        #expect(try site.sets().map(\.number) == [1])
    }
}
