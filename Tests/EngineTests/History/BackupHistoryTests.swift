import Testing
import Vocabulary

@testable import Engine

@Suite("Entries and numbers of the history")
struct BackupHistoryTests {
    private func entry(_ number: Int, _ status: HistoryEntry.Status = .complete, archive: Bool = true) -> HistoryEntry {
        var entry = HistoryEntry(kind: .backup, number: number, start: "2023-11-14T22:13:20.000Z", seconds: 1, status: status)
        if archive { entry.archive = "/b/S[\(number)].4BK" }
        return entry
    }

    private func next(_ lastBackup: Int, _ entries: [HistoryEntry], _ names: [String]) -> Int {
        var history = BackupHistory(name: "S")
        for entry in entries { history.append(entry) }
        return BackupHistory.nextNumber(lastBackup: lastBackup, history, names: names, of: "S")
    }

    @Test("I7: the next number is above what identity, history or files tell, whichever is lost")
    func nextNumber() {
        #expect(next(0, [], []) == 1)
        #expect(next(4, [], []) == 5)
        #expect(next(0, [entry(4)], []) == 5)
        #expect(next(0, [], ["S[0004].4BK", "S[0002].4BK"]) == 5)
        #expect(next(0, [], ["S[0004-0003].4BK"]) == 5)
        #expect(next(2, [entry(3)], ["S[0001].4BK"]) == 4)
        #expect(next(0, [], ["other[0009].4BK", "S[0009].4BK.old", "S[009].4BK"]) == 1)
    }

    @Test("I7: a log backup proves that the backup which closed it was made")
    func logProves() {
        #expect(next(0, [], ["S[0004].4BL"]) == 6)
    }

    @Test("I7: the number of a deleted set is not free, that of a failed or stopped backup is")
    func deletedAndFailed() {
        var gone = entry(7, archive: false)
        gone.deleted = true
        #expect(next(0, [gone], []) == 8)
        #expect(next(0, [entry(7, .partial)], []) == 8)
        #expect(next(0, [entry(6), entry(7, .failed, archive: false), entry(7, .stopped, archive: false)], []) == 7)
        var restore = entry(9)
        restore.kind = .restore
        #expect(next(0, [restore], []) == 1)
    }

    @Test("the history stays small: old failures go, old entries lose their items, sets stay")
    func bounds() {
        var history = BackupHistory(name: "S")
        var set = entry(1)
        set.items = (0..<80).map { HistoryEntry.Item(role: "attachment", path: "/a\($0)", size: 1) }
        history.append(set)
        #expect(history.entries[0].items.count == 50 && history.entries[0].itemsOmitted == 30)
        for _ in 0..<600 { history.append(entry(2, .failed, archive: false)) }
        #expect(history.entries.count == 501)
        #expect(history.entries[0].number == 1 && history.entries[0].items.isEmpty && history.entries[0].itemsOmitted == 80)
        history.entries = (0..<10_000).map { entry($0 + 1) }
        history.append(entry(10_001))
        #expect(history.entries.count == 10_000 && history.entries.last?.number == 10_001)
    }

    @Test("sets are newest first, without failures, restores and deleted ones")
    func sets() {
        var history = BackupHistory(name: "S")
        var gone = entry(1)
        gone.deleted = true
        for entry in [gone, entry(2), entry(3, .failed, archive: false), entry(3, .partial)] { history.append(entry) }
        #expect(history.sets.map(\.number) == [3, 2])
        #expect(history.lastBackup?.status == .partial)
    }

    @Test("a number of segments from a damaged file costs no more than an archive can have")
    func segmentsBounded() {
        var entry = entry(1)
        entry.segments = .max
        #expect(entry.files.count == 10_000 && entry.firstFile == entry.archiveFiles.first)
        entry.segments = 9999
        #expect(entry.files.count == 9999)
        entry.segments = .min
        #expect(entry.files.count == 1)
    }
}
