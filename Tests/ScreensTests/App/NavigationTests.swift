// Keys and mouse: who gets them, and which page they show.

import TerminalKit
import TerminalSupport
import Testing

@testable import Screens

@Suite struct NavigationTests {
    @Test func `the first picture is shown before anything is read`() throws {
        let session = Session()
        session.information.effects["appear"] = [.load(key: "slow") { _ in 1 }]
        let terminal = session.play([])
        #expect(session.lanes.pending == [.overview, .page(.information)])
        #expect(terminal.frames.first?.lines[0] == " SampleDB  reading its state")
        #expect(terminal.frames.first?.lines[1] == "▸1 Information      │Page information")
    }

    @Test(arguments: [
        ([Key.character("2")], "backup"), ([.alt("b")], "backup"), ([.alt("l")], "rollback"), ([.ctrlDown, .ctrlDown], "rollback"),
        ([.ctrlDown, .ctrlUp, .ctrlUp], "information"), ([.tab, .down, .enter], "backup"), ([.tab, .end, .escape, .character("2")], "backup"),
    ])
    func `keys show a page`(keys: [Key], page: String) {
        let session = Session()
        let terminal = session.play(keys.map { .key($0) })
        #expect(terminal.newest?.lines[1].hasSuffix("Page \(page)") == true)
        #expect(session.diary.all.last == "\(page) appears")
    }

    @Test func `a key belongs to the page's actions first, then to the page, then to the frame`() {
        let session = Session()
        session.information.rows = [ActionRow("two", keys: ["2"], title: "Two", help: "Does two.")]
        session.information.handled = ["3", "q"]
        let terminal = session.play([.key("2"), .key("3"), .key("q"), .key("?")])
        #expect(session.diary.all == ["information appears", "information performs two", "information handles key(TerminalKit.Key.character(\"3\"))", "information handles key(TerminalKit.Key.character(\"q\"))"])
        #expect(terminal.newest?.text.contains("Keys on the page Information") == true)
        #expect(terminal.newest?.text.contains("Does two.") == true)
    }

    @Test func `a message that one line does not hold is shown whole over the page, until the next key`() {
        let session = Session()
        session.information.rows = [ActionRow("long", keys: ["x"], title: "Long", help: "Says much.")]
        let text = (1...25).map { "word\($0)" }.joined(separator: " ")
        session.information.effects["long"] = [.message(text, .error)]
        let terminal = session.play(size: GridSize(columns: 80, rows: 24), [.key("x"), .key(.down)])
        let pictures = terminal.frames.map(\.lines)
        let during = pictures.first { $0.joined().contains("word1 ") }
        #expect(during?[19] == String(repeating: "─", count: 80))
        #expect(during?[20...22].joined(separator: " ") == text)
        #expect(pictures.last?.joined().contains("word") == false)
    }

    @Test func `an action that cannot be done now says why, until the next key`() {
        let session = Session()
        session.information.rows = [ActionRow("x", keys: ["x"], title: "X", help: "Does x.", disabledReason: "The moon is full.")]
        let terminal = session.play([.key("x"), .key("y")])
        let shown = terminal.frames.map { $0.lines[22] }
        #expect(shown.contains("The moon is full."))
        #expect(shown.last == "")
        #expect(session.diary.all == ["information appears"])
    }

    @Test func `the page in front hears of the room that it has`() {
        let session = Session()
        _ = session.play([.event(.resized(GridSize(columns: 160, rows: 50))), .key("2"), .event(.resized(GridSize(columns: 60, rows: 20)))])
        #expect(session.diary.all == ["information appears", "information has 139x47", "backup appears", "backup has 60x16"])
    }

    @Test func `a click on a page's name, on the footer and on the page does what it looks like`() {
        let session = Session()
        session.backup.rows = [ActionRow("go", keys: ["g"], title: "Go", help: "Goes.")]
        let terminal = session.play([.click(5, 2), .click(10, 23), .click(40, 8)])
        #expect(terminal.newest?.lines[23].hasPrefix("F1 Help  g Go") == true)
        #expect(session.diary.all.dropFirst().prefix(2) == ["backup appears", "backup performs go"])
        #expect(session.diary.all.last?.hasPrefix("backup handles mouse") == true)
    }

    @Test func `under 70 columns the pages are a strip that can be clicked`() {
        let session = Session()
        let terminal = session.play(size: GridSize(columns: 60, rows: 20), [.click(20, 1)])
        #expect(terminal.frames.first?.lines[1] == "[1 Information] 2 Backup  3 Rollback")
        #expect(terminal.newest?.lines[1] == " 1 Information [2 Backup] 3 Rollback")
        #expect(terminal.newest?.lines[2] == "Page backup")
    }

    @Test func `F9 puts the column aside and back`() {
        let terminal = Session().play([.key(.function(9)), .key(.function(9))])
        #expect(terminal.frames.map { $0.lines[1] }.suffix(2) == ["[1 Information] 2 Backup  3 Rollback", "▸1 Information      │Page information"])
    }

    @Test func `a page that goes to another gives its request along`() {
        let session = Session()
        session.information.rows = [ActionRow("x", keys: ["x"], title: "X", help: "Does x.")]
        session.information.effects["x"] = [.goTo(.rollback, .rollback(keep: 7))]
        _ = session.play([.key("x")])
        #expect(session.diary.all.last == "rollback appears for rollback(keep: 7)")
    }

    @Test func `no size is too small, and no key at any size ends the program by accident`() {
        for (columns, rows) in [(0, 0), (1, 1), (3, 2), (20, 5), (40, 10), (60, 20), (80, 24), (160, 50)] {
            let session = Session(Scene.overview(running: Scene.running()))
            let keys: [Key] = [.tab, .down, .up, .function(1), .pageDown, .escape, .function(2), .enter, .function(9), "3", .backTab, .end]
            let steps: [ScriptedTerminal.Step] = [.then { session.lanes.run() }, .woken]
            let terminal = session.play(size: GridSize(columns: columns, rows: rows), steps + keys.map { .key($0) })
            #expect(terminal.frames.count >= keys.count, "\(columns)x\(rows)")
            #expect(terminal.newest?.size == GridSize(columns: columns, rows: rows))
        }
    }

    @Test func `a resize is drawn in the new size at once`() {
        let terminal = Session().play([.event(.resized(GridSize(columns: 60, rows: 20)))])
        #expect(terminal.newest?.size == GridSize(columns: 60, rows: 20))
        #expect(terminal.newest?.lines[2] == "Page information")
    }
}
