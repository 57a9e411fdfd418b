// What pages have read behind the keyboard, and the looks at log and backups.

import TerminalKit
import TerminalSupport
import Testing
import Vocabulary

@testable import Screens

@Suite struct LoadTests {
    private func session(_ effects: [Effect]) -> Session {
        let session = Session()
        session.information.rows = [ActionRow("x", keys: ["x"], title: "X", help: "Does x.")]
        session.information.effects["x"] = effects
        return session
    }

    @Test func `what is read comes to the page that asked, also when another is in front`() {
        let session = session([.load(key: "rows") { _ in 42 }])
        let terminal = session.play([.key("x"), .key("2"), .then { session.lanes.run() }, .woken])
        #expect(session.diary.all.contains("information receives rows: 42"))
        #expect(!terminal.isWorking)
    }

    @Test func `a new load with the same key stops the one before, and nothing comes of that`() {
        let session = session([.load(key: "rows") { _ in 1 }, .load(key: "rows") { _ in 2 }])
        _ = session.play([.key("x"), .then { session.lanes.run() }, .woken])
        #expect(session.diary.all.filter { $0.contains("receives") } == ["information receives rows: 2"])
    }

    @Test func `a cancelled load brings nothing`() {
        let session = session([.load(key: "rows") { _ in 1 }, .cancelLoad(key: "rows")])
        let terminal = session.play([.key("x"), .then { session.lanes.run() }, .woken])
        #expect(!session.diary.all.contains { $0.contains("receives") })
        #expect(!terminal.isWorking)
    }

    @Test func `a load that fails brings its failure`() {
        let session = session([.load(key: "rows") { _ in throw Failure(.readFailed, "no", hint: "") }])
        _ = session.play([.key("x"), .then { session.lanes.run() }, .woken])
        #expect(session.diary.all.last == "information receives rows: error 1515")
    }

    @Test func `the answer of a dialog reaches its page at once`() {
        let session = session([.dialog(Prompt("Name", then: { [.answer(key: "name", $0)] }))])
        _ = session.play([.key("x"), .key("o"), .key("k"), .key(.enter)])
        #expect(session.diary.all.last == "information receives name: ok")
    }

    @Test func `idle, the state is looked at every two seconds, and the page in front hears only of changes`() {
        let session = Session()
        let terminal = session.play([
            .then { session.lanes.run() }, .woken, .then { session.clock.advance(by: .seconds(2)) }, .timedOut,
            .then { session.lanes.run() }, .woken,
            .then {
                session.overview.set(Scene.overview(log: Scene.log(last: 12_346)))
                session.clock.advance(by: .seconds(2))
            }, .timedOut, .then { session.lanes.run() }, .woken,
        ])
        #expect(terminal.timeouts.compactMap { $0 }.allSatisfy { $0 <= .seconds(2) })
        #expect(terminal.timeouts.first == .seconds(2))
        #expect(session.diary.all == ["information appears", "information refreshed", "information refreshed"])
        #expect(terminal.newest?.lines[0].contains("last operation 12 346") == true)
    }

    /// A dialog that asks its page for something and stays.
    private struct Question: Screens.Dialog {
        func actions(_ context: PageContext) -> ActionTable<String> {
            ActionTable([
                ActionRow("ask", keys: ["a"], title: "Ask", help: "Asks."), ActionRow("close", keys: [.escape], title: "Close", help: "Closes."),
            ])
        }

        mutating func handle(_ event: TerminalEvent, in size: GridSize, _ context: PageContext) -> DialogAnswer {
            switch event {
            case .key("a"): .effects([.answer(key: "question", 1)])
            case .key(.escape): .close([])
            default: .stay
            }
        }

        func render(into frame: inout Frame, _ context: PageContext) { frame.write("A question", in: frame.rect.line(10)) }
    }

    @Test func `a dialog asks and stays; a click on its line of keys is the key`() throws {
        let session = session([.dialog(Question())])
        let terminal = session.play([.key("x"), .key("a")])
        #expect(session.diary.all.last == "information receives question: 1")
        let picture = try #require(terminal.newest?.text)
        #expect(picture.contains("A question"))
        let other = self.session([.dialog(Question())])
        let asked = other.play([.key("x"), .event(try Mouse.event(on: "a Ask", in: picture))])
        #expect(other.diary.all.last == "information receives question: 1" && asked.newest?.text.contains("A question") == true)
        let closed = self.session([.dialog(Question())]).play([.key("x"), .event(try Mouse.event(on: "Esc Close", in: picture))])
        #expect(closed.newest?.text.contains("A question") == false)
    }
}
