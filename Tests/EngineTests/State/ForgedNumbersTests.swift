// Numbers in small files of ours that somebody wrote: none of them ends the program.

import EngineSupport
import FileSystem
import Glibc
import Testing
import Vocabulary

@testable import Engine

@Suite("Forged numbers")
struct ForgedNumbersTests {
    @Test("the greatest number of a backup is no overflow", arguments: [Int.max, Int.max - 1, .min])
    func lastBackup(number: Int) {
        #expect(BackupHistory.nextNumber(lastBackup: number, BackupHistory(name: "x"), names: [], of: "x") >= 1)
    }

    @Test("the greatest number of a set in a history is no overflow where the next backup is thought of", arguments: [false, true])
    func greatestSet(erasesBefore: Bool) {
        var history = BackupHistory(name: "x")
        for number in [1, Int.max] {
            var entry = HistoryEntry(kind: .backup, number: number, start: "", seconds: 1, status: .complete)
            entry.archive = "/b/x[\(number)].4BK"
            history.append(entry)
        }
        var settings = BackupSettings()
        settings.limitsSets = true
        settings.setsKept = 1
        settings.erasesOldestBefore = erasesBefore
        #expect(Retention.setsOfNextBackup(history, settings) { _ in true }.contains { $0.number == 1 })
    }

    @Test("a file of ours that says more than any does is refused before it costs memory for it")
    func tooMuch() throws {
        let bench = try LoggedApplication()
        let path = bench.folder + "/much.json"
        try Publication.write(Array(("[" + String(repeating: "0,", count: JSONBound.most) + "0]").utf8), to: path)
        let failure = #expect(throws: Failure.self) { let _: [Int]? = try JSONFile.read(path) }
        #expect(failure?.code == .badValue)
    }

    @Test("a count of omitted items at the end of its numbers stays there")
    func omittedItems() {
        var entry = HistoryEntry(kind: .backup, number: 1, start: "", seconds: 1, status: .complete)
        entry.items = [.init(role: "attachment", path: "/a", size: 1)]
        entry.itemsOmitted = .max
        entry.keepItems(0)
        #expect(entry.items.isEmpty && entry.itemsOmitted == .max)
    }

    @Test("the file of the sums with times, counts and sums beyond every number is computed with", arguments: [Int64.min, .max])
    func sums(number: Int64) throws {
        let bench = try LoggedApplication()
        try bench.add("A")
        func drain() throws -> DrainOutcome {
            let session = try #require(try LogSession.open(bench.application, bench.surroundings, for: "test", Job()))
            return try session.drain(Job(), comparing: .command)
        }
        _ = try drain()
        var facts = try #require(RowLedger.facts(of: bench.application))
        let (table, _) = try #require(facts.sums.first)
        facts.compared = number
        facts.cost = number
        facts.findings = [.init(table: "item", found: number, times: Int(number), isGap: false, backup: 1)]
        let part = ["0", String(number)]
        facts.sums[table] = part
        facts.parts = ["77": [[String(number), "1"], [String(Int64.min)] + part, ["0"] + part]]
        try JSONFile.write(facts, RowLedger.path(bench.application))
        let ledger = RowLedger(bench.application)
        _ = ledger.isDue(.command, at: 0, 1_800_000_000_000)
        _ = ledger.isDue(.service, at: 0, 1_800_000_000_000)
        ledger.add(["item"], isGap: false, at: 1_800_000_000_000, after: 1)
        #expect(ledger.standing(1).first.map { $0.times >= 1 } == true)
        for row in ["B", "C"] {
            try bench.add(row)
            _ = try drain()
        }
        #expect(try LogStatus.of(bench.application, bench.surroundings).enabled)
    }

    @Test("any time of a restored file can be set", arguments: [Int64.min, .min + 1, -1, 0, .max])
    func modified(time: Int64) throws {
        var template = Array("/tmp/msc-numbers-XXXXXX".utf8CString)
        let folder = String(cString: mkdtemp(&template))
        defer { try? Folder.removeTree(folder) }
        // A file system may refuse what it cannot store; what counts is that this returns.
        try? File(folder + "/f", .createNew).setModified(time)
        let file = try File(folder + "/g", .createNew)
        try file.setModified(-1)
        let status = try file.status()
        #expect(status.st_mtim.tv_sec == -1 && status.st_mtim.tv_nsec == 999_000_000)
    }

    @Test("an automation state with times and counts beyond every clock is computed with", arguments: [Int64.min, .max])
    func automation(number: Int64) throws {
        let bench = try LoggedApplication()
        let text = """
            {"formatVersion":1,"schedule":"every day at 21:00","settledUntil":\(number),"failures":\(number),"failedAt":\(number),"suspendedSince":null}
            """
        try Publication.write(Array(text.utf8), to: AutomationState.path(bench.application))
        var state = try #require(AutomationState.read(bench.application))
        var settings = BackupSettings()
        settings.scheduler.frequency = .daily
        settings.scheduler.daysTime = 21 * 3600
        _ = Automation.decide(now: 1_800_000_000_000, state: state, settings: settings, zone: .utc)
        state.failed(Failure(.stopped, "x", hint: "x"), now: 1_800_000_000_000, settings)
        #expect(state.failures >= 1)
    }

    @Test("a histogram over the ends of time")
    func histogram() {
        var histogram = TimeHistogram()
        histogram.add(1, at: .min)
        histogram.add(1, at: .max)
        #expect(histogram.counts.reduce(0, +) == 2)
        #expect(histogram.time(of: 0) <= histogram.time(of: histogram.counts.count - 1))
    }
}
