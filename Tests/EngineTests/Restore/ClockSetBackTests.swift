// A point that is a time, in logs whose times are not in order because the clock was set back.

import Database
import EngineSupport
import LogFile
import Testing
import Vocabulary

@testable import Engine

@Suite("Times after the clock was set back")
struct ClockSetBackTests {
    private static let hour: Int64 = 3_600_000

    private let bench: LoggedApplication
    private let now: Int64
    /// Between A and B.
    private var time: Int64 { now + 3 * ClockSetBackTests.hour / 2 }

    /// A, one hour from now; B, the accident, in two hours; C, after the machine came up without a clock; D, in three hours.
    init() throws {
        bench = try LoggedApplication()
        now = bench.surroundings.now()
        try bench.backup()
        for (name, time) in [("A", now + Self.hour), ("B", now + 2 * Self.hour), ("C", 978_307_200_000), ("D", now + 3 * Self.hour)] {
            try bench.addAndDrain(name, at: time)
        }
    }

    private func rollback(_ time: Int64) throws -> RollbackOutcome {
        try Rollback(application: bench.application, surroundings: bench.surroundings, to: .time(time), insideTransaction: false, dryRun: true)
            .run(Job())
    }

    @Test("I8: a restore to a time ends before the first operation that is later, whatever the times after it say, and warns with 1526")
    func restore() throws {
        let outcome = try bench.restore(1, .folder(bench.folder + "/back"), until: .time(time))
        #expect(try bench.names(outcome.data) == "A" && outcome.lastOperation == 1)
        #expect(outcome.warnings.count == 1 && outcome.warnings[0].contains("1526"))
        let standing = try RestorePreview(bench.archive(1)).standing(of: .time(time))
        #expect(standing.end?.operation == 1 && standing.warning?.code == .clockWentBack)
    }

    @Test("I8: so does a rollback, and an integration")
    func rollback() throws {
        let outcome = try rollback(time)
        #expect(outcome.kept == 1 && outcome.warnings.count == 1 && outcome.warnings[0].contains("1526"))
        let copy = try #require(try bench.restore(1, .folder(bench.folder + "/copy"), logs: .none).data)
        let integrated = try Integration(
            data: copy, surroundings: bench.surroundings, logs: [bench.application.defaultJournal], until: .time(time), insideTransaction: false
        ).run(Job())
        #expect(try bench.names(copy) == "A" && integrated.warnings.count == 1)
    }

    @Test("a later time takes in what came before it in the order of the log, and needs no warning")
    func later() throws {
        #expect(try rollback(now + 5 * Self.hour / 2).kept == 4)
        #expect(try rollback(now + 5 * Self.hour / 2).warnings == [])
        #expect(try rollback(now + 4 * Self.hour).kept == 5)
    }

    @Test("I8: data that hold what came after the time are not taken for those of the time because earlier times follow")
    func held() throws {
        let copy = try #require(try bench.restore(1, .folder(bench.folder + "/copy"), until: .operation(2)).data)
        var code: ErrorCode?
        do {
            _ = try Integration(
                data: copy, surroundings: bench.surroundings, logs: [bench.application.defaultJournal], until: .time(time), insideTransaction: false
            ).run(Job())
        } catch { code = (error as? Failure)?.code }
        #expect(code == .pointOutOfRange)
        #expect(try bench.names(copy) == "AB")
    }

    @Test("I8: a backup made under a clock that was set back is not that of a time before what it holds; command and preview say so alike")
    func archive() throws {
        // Dated now, and B was done in two hours.
        _ = try bench.backup()
        let preview = try RestorePreview(bench.archive(2))
        #expect(preview.warnings.count == 1 && preview.warnings[0].contains("1526"))
        let standing = try preview.standing(of: .time(time))
        #expect(standing.end == nil && standing.refusal?.code == .pointOutOfRange)
        let failure = #expect(throws: Failure.self) { _ = try bench.restore(2, .folder(bench.folder + "/two"), until: .time(time)) }
        #expect(failure?.code == .pointOutOfRange)
        try bench.addAndDrain("E", at: now + 7 * Self.hour / 2)
        let late = try bench.restore(2, .folder(bench.folder + "/late"), until: .time(now + 4 * Self.hour))
        #expect(try bench.names(late.data) == "ABCDE" && late.warnings == preview.warnings)
        #expect(try RestorePreview(bench.archive(1)).warnings == [])
    }

    @Test("the jump is an entry in the log, with both times; it is no change of data")
    func entry() throws {
        let reader = try LogReader(bench.application.defaultJournal)
        let (found, _) = try reader.operations(from: 1, count: 10)
        #expect(found.map(\.action) == [.addition, .addition, .updateContext, .addition, .addition])
        let texts = found[2].new.map { value -> String in if case .text(let bytes) = value { reader.header.encoding.decode(bytes) } else { "" } }
        #expect(texts == ["the clock went back", Timestamp.utc(now + 2 * Self.hour), Timestamp.utc(978_307_200_000)])
        #expect(try bench.restore(1, .folder(bench.folder + "/all")).warnings == [])
        #expect(try bench.names(bench.folder + "/all/Data/SampleDB.db") == "ABCD")
    }
}

extension LoggedApplication {
    /// A row that is captured under a clock that shows this time, and comes to the log.
    fileprivate func addAndDrain(_ name: String, at time: Int64) throws {
        try LoggedApplication.run(
            "INSERT INTO record(name) VALUES('\(name)'); "
                + "UPDATE _msc_log SET ts=2440587.5+\(time)/86400000.0 WHERE n=(SELECT max(n) FROM _msc_log)",
            on: application.data)
        _ = try LogDrain(application: application, surroundings: surroundings).run(Job())
    }
}
