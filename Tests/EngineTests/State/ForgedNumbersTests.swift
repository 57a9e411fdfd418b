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
