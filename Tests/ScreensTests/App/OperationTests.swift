// The life of an operation in the interface: thermometer, Stop, hiding, waiting for a backup, those of other processes, leaving.

import Engine
import Glibc
import Synchronization
import TerminalKit
import TerminalSupport
import Testing
import Vocabulary

@testable import Screens

@Suite struct OperationTests {
    /// A session whose page `from` starts an operation with `x`.
    private func session(
        from page: PageID = .information, changesData: Bool = false, _ overview: Overview? = Scene.overview(),
        work: @escaping @Sendable (Job) throws -> any Sendable
    ) -> Session {
        let session = Session(overview)
        let request = OperationRequest(
            id: "work", title: "Great work", commandLine: "msc work", changesData: changesData,
            stopLeaves: "Nothing of the work was left behind.", work: work)
        let row = ActionRow("x", keys: ["x"], title: "Work", help: "Works.")
        switch page {
        case .backup:
            session.backup.rows = [row]
            session.backup.effects["x"] = [.run(request)]
        case .rollback:
            session.rollback.rows = [row]
            session.rollback.effects["x"] = [.run(request)]
        default:
            session.information.rows = [row]
            session.information.effects["x"] = [.run(request)]
        }
        return session
    }

    /// Work that goes on until it is stopped.
    private static func untilStopped(_ job: Job) throws -> any Sendable {
        for _ in 0..<1_000_000 { try job.checkStop() }
        return "never stopped"
    }

    @Test func `a running operation shows phase, file, bar, amounts, rate and times, read every 50 ms`() {
        var model = AppModel(
            Scene.application, Scene.surroundings, pages: [(.backup, ProbePage(name: "backup", diary: Diary()))], front: .backup,
            isReadOnly: false, now: .zero, size: GridSize(columns: 80, rows: 24))
        let request = OperationRequest(id: "work", title: "Great work", commandLine: "", changesData: false, stopLeaves: "") { _ in 1 }
        _ = model.start(request, .backup)
        #expect(model.timeout == .milliseconds(50))
        let job = Job()
        for second in 0...10 {
            _ = model.takeTime(.seconds(second))
            job.report(Progress(phase: "Copying", subject: "/srv/app/SampleDB.db", done: UInt64(second) * 10_000_000, total: 500_000_000))
            model.observe(job)
        }
        _ = model.takeTime(.seconds(17))
        model.observe(job)
        var frame = Frame(columns: 80, rows: 24)
        model.render(into: &frame)
        #expect(frame.lines[6...15].map { $0.dropFirst(8) }.joined(separator: "\n") == """
            ┌─ Great work ─────────────────────────────────────────────────┐
            │ Copying                                                      │
            │ /srv/app/SampleDB.db                                         │
            │                                                              │
            │ ██████████░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░  20 % │
            │ 100.0 MB of 500.0 MB   5.9 MB/s                              │
            │ Elapsed 17 s   left 1 min 08 s                               │
            │ ! Last sign of life 7 s ago                                  │
            │                                                              │
            │                 [ Stop (s) ]  [>Hide (Esc)<]                 │
            """)
        #expect(frame.lines[23] == "s Stop  Esc Hide")
    }

    @Test func `Stop shows at once, and the end says what was left`() {
        let session = session(work: OperationTests.untilStopped)
        var stopping = ""
        let terminal = session.play([
            .key("x"), .key("s"),
            .perform { terminal in
                stopping = terminal.newest?.text ?? ""
                session.lanes.run(.operation)
            },
            .woken,
        ])
        #expect(stopping.contains("Stopping"))
        #expect(session.diary.all.last == "information: work ended with error 1406")
        #expect(terminal.newest?.text.contains("Error 1406: stopped by the user.") == true)
        #expect(terminal.newest?.text.contains("Nothing of the work was left behind.") == true)
    }

    @Test func `Esc and Enter put the thermometer aside, F2 brings it back, other keys keep working meanwhile`() {
        let session = session(work: OperationTests.untilStopped)
        var pictures: [String] = []
        let look = ScriptedTerminal.Step.perform { pictures.append($0.newest?.text ?? "") }
        _ = session.play([
            .key("x"), .key(.enter), look, .key(.function(2)), look, .key("2"), look, .key("s"), .then { session.lanes.run(.operation) },
        ])
        #expect(pictures[0].contains("Great work runs (F2)") && !pictures[0].contains("Stop (s)"))
        #expect(pictures[1].contains("Stop (s)"))
        #expect(pictures[2].contains("Page backup") && !pictures[2].contains("Stop (s)"))
        // The s after that was not for a thermometer that nobody saw.
        #expect(!session.diary.all.contains { $0.contains("error 1406") })
    }

    @Test func `a second operation is refused with 1510, and its page hears of it`() {
        let session = session(work: OperationTests.untilStopped)
        let terminal = session.play([.key("x"), .key(.escape), .key("x")])
        #expect(terminal.newest?.text.contains("Error 1510") == true)
        #expect(session.diary.all.last == "information: work ended with error 1510")
    }

    @Test func `a failure goes under a dialog that is open`() {
        let session = session { _ in throw Failure(.writeFailed, "the disk said no", hint: "Ask it again.") }
        let terminal = session.play([
            .key("x"), .key(.escape), .key("?"), .then { session.lanes.run(.operation) }, .woken, .key(.enter),
        ])
        let pictures = terminal.frames.map(\.text)
        #expect(pictures.dropLast().last?.contains("Keys on the page") == true)
        #expect(pictures.last?.contains("Error 1516: the disk said no.") == true)
        #expect(pictures.last?.contains("Ask it again.") == true)
    }

    @Test func `a change of the data waits for the end of a backup in another process`() {
        let session = session(changesData: true, Scene.overview(running: Scene.running())) { _ in "done" }
        var waiting = ""
        _ = session.play([
            .then { session.lanes.run(.overview) }, .woken, .key(.escape), .key("x"),
            .perform { terminal in
                waiting = terminal.newest?.text ?? ""
                session.overview.set(Scene.overview(running: nil))
                session.clock.advance(by: .seconds(2))
            },
            .timedOut, .then { session.lanes.run(.overview) }, .woken, .then { session.lanes.run(.operation) }, .woken,
        ])
        #expect(waiting.contains("Wait for end of backup") && waiting.contains("Backup by msc, process 815"))
        #expect(waiting.contains("62 %"))
        #expect(session.diary.all.contains("information: work ended with done"))
    }

    @Test func `Cancel operation gives a waiting change up with -9976`() {
        let session = session(changesData: true, Scene.overview(running: Scene.running())) { _ in "done" }
        let terminal = session.play([.then { session.lanes.run(.overview) }, .woken, .key(.escape), .key("x"), .key(.escape)])
        #expect(session.diary.all.last == "information: work ended with error -9976")
        #expect(terminal.newest?.text.contains("Error -9976") == true)
        #expect(!session.lanes.pending.contains(.operation))
    }

    @Test func `a change waits for the end of our own backup as well`() {
        let session = session(from: .backup, work: OperationTests.untilStopped)
        session.rollback.rows = [ActionRow("y", keys: ["y"], title: "Change", help: "Changes.")]
        session.rollback.effects["y"] = [
            .run(OperationRequest(id: "change", title: "A change", commandLine: "", changesData: true, stopLeaves: "") { _ in "changed" })
        ]
        let terminal = session.play(page: .backup, [
            .key("x"), .key("3"), .key("y"), .perform { #expect($0.newest?.text.contains("Wait for end of backup") == true) },
            .key(.escape), .key(.enter), .key("y"), .key(.function(2)),
        ])
        #expect(session.diary.all.contains("rollback: change ended with error -9976"))
        #expect(terminal.newest?.text.contains("Wait for end of backup") == true)
    }

    @Test func `an operation of another process shows by itself only at the beginning, and F2 shows it later`() {
        let session = Session(Scene.overview())
        var pictures: [String] = []
        let look = ScriptedTerminal.Step.perform { pictures.append($0.newest?.text ?? "") }
        _ = session.play([
            .then { session.lanes.run(.overview) }, .woken,
            .then {
                session.overview.set(Scene.overview(running: Scene.running()))
                session.clock.advance(by: .seconds(2))
            },
            .timedOut, .then { session.lanes.run(.overview) }, .woken, look, .key(.function(2)), look,
        ])
        #expect(pictures[0].contains("Backup 62 % (F2)") && !pictures[0].contains("Stop (s)"))
        #expect(pictures[1].contains("Runs in msc, process 815"))

        let other = Session(Scene.overview(running: Scene.running()))
        let terminal = other.play([.then { other.lanes.run(.overview) }, .woken])
        #expect(terminal.newest?.text.contains("Runs in msc, process 815") == true)
        #expect(terminal.newest?.text.contains("Elapsed 30 s") == true)
    }

    @Test func `q asks while something runs, and leaving stops it first`() {
        let session = session(work: OperationTests.untilStopped)
        var asked = ""
        _ = session.play([
            .key("x"), .key("q"), .perform { asked = $0.newest?.text ?? "" }, .key(.left), .key(.enter),
            .then { session.lanes.run(.operation) }, .woken, .key("2"),
        ])
        #expect(asked.contains("Stop it and quit"))
        #expect(session.status == 0)
        #expect(!session.diary.all.contains("backup appears"))
    }

    @Test func `SIGTERM and hang-up stop the operation, wait for its end and tell by the exit status`() {
        for (closing, status) in [(Closing.signal(SIGTERM), Int32(143)), (.hangUp, 129)] {
            let session = session(work: OperationTests.untilStopped)
            var isWaiting = false
            _ = session.play([
                .key("x"), .event(.closed(closing)), .event(.closed(closing)), .perform { isWaiting = $0.isWorking },
                .then { session.lanes.run(.operation) }, .woken,
            ])
            #expect(isWaiting)
            #expect(session.status == status)
        }
    }

    @Test func `started with --readonly nothing that changes the data is run`() {
        let session = session(changesData: true) { _ in "done" }
        session.isReadOnly = true
        let terminal = session.play([.key("x")])
        #expect(session.diary.all.last == "information: work ended with error 1511")
        #expect(terminal.newest?.lines[0].contains("read") == true)
        #expect(session.lanes.pending == [.overview])
    }

    @Test func `the progress of another process goes on in the picture, and a Stop that cannot be asked for says why`() {
        let session = Session(Scene.overview(running: Scene.running(done: 62)))
        var pictures: [String] = []
        let look = ScriptedTerminal.Step.perform { pictures.append($0.newest?.text ?? "") }
        _ = session.play([
            .then { session.lanes.run(.overview) }, .woken, look,
            .then {
                session.overview.set(Scene.overview(running: Scene.running(done: 70)))
                session.clock.advance(by: .seconds(2))
            },
            // The scene's folder is nowhere, so that nobody can be asked.
            .timedOut, .then { session.lanes.run(.overview) }, .woken, look, .key("s"), .then { session.lanes.run() }, .woken, look, .key(.enter), look,
        ])
        #expect(pictures[0].contains("62 %") && pictures[1].contains("70 %"))
        #expect(pictures[2].contains("─ Stop ─") && pictures[2].contains("Error 1516"), "\(pictures[2])")
        #expect(pictures[3].contains("Stop (s)") && !pictures[3].contains("Stopping"))
    }
}
