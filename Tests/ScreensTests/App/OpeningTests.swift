// What comes before anything is read of a database that has just been opened.

import Engine
import TerminalKit
import TerminalSupport
import Testing
import Vocabulary

@testable import Screens

@Suite struct OpeningTests {
    private func session(isNeeded: @escaping @Sendable (Job) throws -> Bool, _ work: @escaping @Sendable (Job) throws -> any Sendable = { _ in "" }) -> Session {
        let session = Session()
        session.opening = Opening(
            isNeeded: isNeeded,
            request: OperationRequest(
                id: Opening.key, title: "Automatic restore of SampleDB", commandLine: "", changesData: true,
                stopLeaves: "The data are as they were.", work: work))
        return session
    }

    private static let look = Lane.page(.information)

    @Test func `the first picture is there before the look, and no page is read before it has ended`() {
        let session = session { _ in false }
        var before: [String] = []
        let terminal = session.play([
            .perform { terminal in
                before = session.diary.all + [terminal.frames.first?.text.contains("Page information") == true ? "picture" : "none"]
                session.lanes.run(OpeningTests.look)
            },
            .woken,
        ])
        #expect(before == ["picture"])
        #expect(session.diary.all == ["information appears"])
        #expect(terminal.newest?.text.contains("Automatic restore") == false)
    }

    @Test func `a database that needs it is brought in order under the thermometer, what was done is told, and then the page is read`() {
        let session = session(isNeeded: { _ in true }) { job in
            job.report(Progress(phase: "Integrating", subject: "/srv/app/SampleDB.journal", total: 9))
            return "the database lacked 9 operations: they were integrated"
        }
        var during = ""
        let terminal = session.play([
            .then { session.lanes.run(OpeningTests.look) }, .woken,
            .perform { terminal in
                during = terminal.newest?.text ?? ""
                session.lanes.run(.operation)
            },
            .woken,
        ])
        #expect(during.contains("─ Automatic restore of SampleDB ─") && during.contains("Stop (s)"))
        #expect(session.diary.all == ["information appears"])
        #expect(terminal.newest?.text.contains("The database lacked 9 operations: they were integrated.") == true)
    }

    @Test(arguments: [true, false])
    func `what keeps it from being brought in order is told, and the page is read`(failsAtOnce: Bool) {
        let failure = Failure(.databaseLocked, "somebody has it open", hint: "Stop that program.")
        let session = session { _ in
            if failsAtOnce { throw failure }
            return true
        } _: { _ in throw failure }
        let terminal = session.play([
            .then { session.lanes.run(OpeningTests.look) }, .woken, .then { session.lanes.run(.operation) }, .woken,
        ])
        #expect(session.diary.all == ["information appears"])
        #expect(terminal.newest?.text.contains("Error 1420: somebody has it open.") == true)
    }
}
