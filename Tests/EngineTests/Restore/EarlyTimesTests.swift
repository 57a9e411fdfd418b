// A time that lies before what the logs tell is refused: what they begin with is not what was there then.

import EngineSupport
import FileSystem
import Testing
import Vocabulary

@testable import Engine

@Suite("Times before the logs")
struct EarlyTimesTests {
    private let bench: LoggedApplication
    /// By operation, in milliseconds since 1970 UTC.
    private let times: [UInt64: Int64]

    init() throws {
        bench = try LoggedApplication()
        try bench.workedExample()
        var times: [UInt64: Int64] = [:]
        for row in try OperationBrowser(OperationBrowser.logs(of: bench.application)).rows(from: 1, count: 12) { times[row.number] = row.time }
        self.times = times
    }

    private func time(_ number: UInt64) throws -> Int64 { try #require(times[number]) }

    private func kept(_ time: Int64) throws -> UInt64 {
        try Rollback(
            application: bench.application, surroundings: bench.surroundings, to: .time(time), insideTransaction: false, dryRun: true
        ).run(Job()).kept
    }

    private func code(_ body: () throws -> Void) -> ErrorCode? {
        do { try body() } catch { return (error as? Failure)?.code }
        return nil
    }

    @Test("I8: a rollback to a time before the oldest log is refused with 1506")
    func rollback() throws {
        for number in [1, 2] {
            try Folder.removeFile(bench.archive(number))
            try Folder.removeFile(bench.logBackup(number))
        }
        for time in [try time(5), 0, try time(9) - 1] { #expect(code { _ = try kept(time) } == .pointOutOfRange) }
        #expect(try kept(time(10)) == 10)
        #expect(try kept(time(10) - 1) == 9)
    }

    @Test("I8: where older archives stand before a gap, a time after the gap means the state after the gap")
    func gap() throws {
        try Folder.removeFile(bench.logBackup(1))
        #expect(try kept(time(7) - 1) == 6)
        #expect(code { _ = try kept(time(5)) } == .pointOutOfRange)
    }

    @Test("I8: a time between an archive's last operation and its beginning means the archive's own state; an earlier one is refused with 1506")
    func archive() throws {
        let outcome = try bench.restore(2, .folder(bench.folder + "/between"), until: .time(try time(6)))
        #expect(try bench.names(outcome.data) == "ABCDEF" && outcome.lastOperation == 6)
        #expect(code { _ = try bench.restore(2, .folder(bench.folder + "/before"), until: .time(try time(6) - 1)) } == .pointOutOfRange)
    }

    @Test("I8: an integration up to a time before the copy's own state is refused with 1506")
    func integration() throws {
        let copy = try #require(try bench.restore(2, .folder(bench.folder + "/copy"), logs: .none).data)
        func integrate(_ logs: [String], _ time: Int64) throws -> UInt64 {
            try Integration(data: copy, surroundings: bench.surroundings, logs: logs, until: .time(time), insideTransaction: false).run(Job())
                .lastOperation
        }
        #expect(code { _ = try integrate([bench.logBackup(2)], try time(5)) } == .pointOutOfRange)
        #expect(code { _ = try integrate([bench.logBackup(1), bench.logBackup(2)], try time(5)) } == .pointOutOfRange)
        #expect(try bench.names(copy) == "ABCDEF")
        #expect(try integrate([bench.logBackup(1), bench.logBackup(2)], try time(6)) == 6)
        #expect(try integrate([bench.logBackup(1), bench.logBackup(2)], try time(8)) == 8)
        #expect(try bench.names(copy) == "ABCDEFGH")
    }

    @Test("a time after everything that is known: the restore takes what there is, and says so where the log that goes on is not at hand")
    func late() throws {
        // The archive is the newest, and the log after it is there and empty.
        let newest = try bench.backup().number
        let late = bench.surroundings.now() + 60_000
        let outcome = try bench.restore(newest, .folder(bench.folder + "/now"), until: .time(late))
        #expect(try bench.names(outcome.data) == bench.names() && outcome.warnings == [])
        #expect(try RestorePreview(bench.archive(newest)).standing(of: .time(late)).end?.operation == outcome.lastOperation)
        // The last log at hand is a closed one.
        try Folder.move(bench.application.defaultJournal, to: bench.folder + "/away")
        for (number, operation) in [(newest, outcome.lastOperation), (2, outcome.lastOperation)] {
            let part = try bench.restore(number, .folder(bench.folder + "/part\(number)"), until: .time(late))
            #expect(try bench.names(part.data) == bench.names() && part.lastOperation == operation)
            #expect(part.warnings.contains { $0.contains("no log at hand goes on after operation \(operation ?? 0) of") })
        }
        let early = try bench.restore(2, .folder(bench.folder + "/early"), until: .time(try time(8)))
        #expect(early.warnings.allSatisfy { !$0.contains("no log at hand") } && early.lastOperation == 8)
        // What was never there is refused.
        #expect(code { _ = try bench.restore(newest, .folder(bench.folder + "/none"), until: .operation(99)) } == .pointOutOfRange)
    }
}
