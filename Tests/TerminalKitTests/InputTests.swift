import TerminalKit
import TerminalSupport
import Testing

@Suite struct InputTests {
    enum Act { case backup, restore, quit }

    private var table: ActionTable<Act> {
        ActionTable([
            ActionRow(.backup, keys: ["b", .function(5)], title: "Backup", help: "Backs the application up."),
            ActionRow(.restore, keys: ["r"], title: "Restore", help: "Restores a backup.", disabledReason: "There is no backup yet."),
            ActionRow(.quit, keys: ["q", .ctrl("c")], title: "Quit", help: "Leaves the program."),
        ])
    }

    @Test func aKeyIsAnActionOrARefusalWithItsReason() {
        #expect(table.answer(to: .function(5)) == .perform(.backup))
        #expect(table.answer(to: "r") == .refused("There is no backup yet."))
        #expect(table.answer(to: "x") == nil)
        #expect(table.conflicts == [])
        #expect(ActionTable(table.rows + table.rows).conflicts.count == 5)
    }

    @Test func theFooterShowsWhatFitsAndAnswersClicks() {
        var frame = Frame(columns: 24, rows: 1)
        table.renderFooter(into: &frame, frame.rect)
        #expect(frame.lines == ["b Backup  r Restore"])
        #expect(frame.role(0, 0) == .key)
        #expect(frame.role(10, 0) == .disabled)
        #expect(table.answer(toClickAt: Point(column: 3, row: 0), footer: frame.rect) == .perform(.backup))
        #expect(table.answer(toClickAt: Point(column: 12, row: 0), footer: frame.rect) == .refused("There is no backup yet."))
        #expect(table.answer(toClickAt: Point(column: 23, row: 0), footer: frame.rect) == nil)
    }

    @Test func theHelpIsMadeOfTheSameRows() {
        var frame = Frame(columns: 60, rows: 7)
        HelpOverlay(title: "Keys", actions: table).render(into: &frame, frame.rect)
        #expect(frame.lines == [
            "    ┌─ Keys ───────────────────────────────────────────┐",
            "    │ b F5  Backs the application up.                  │",
            "    │ r     Restores a backup. (not now: There is no   │",
            "    │       backup yet.)                               │",
            "    │ q ^C  Leaves the program.                        │",
            "    │                                                  │",
            "    └──────────────────────────────────────────────────┘",
        ])
    }

    @Test func whatEscDoesStaysInTheFooterHoweverNarrow() {
        let table = ActionTable([
            ActionRow("a", keys: ["a"], title: "First thing", help: ""), ActionRow("b", keys: ["b"], title: "Second thing", help: ""),
            ActionRow("c", keys: ["c"], title: "Third", help: ""), ActionRow("close", keys: [.escape], title: "Close", help: ""),
        ])
        #expect(table.footer(columns: 80).map(\.row.id) == ["a", "b", "c", "close"])
        #expect(table.footer(columns: 30).map(\.row.id) == ["a", "close"])
        #expect(table.footer(columns: 34).map(\.row.id) == ["a", "c", "close"])
        #expect(table.footer(columns: 9).map(\.row.id) == ["close"])
        #expect(table.footer(columns: 8).isEmpty)
        #expect(table.answer(toClickAt: Point(column: 16, row: 0), footer: Rect(column: 0, row: 0, columns: 30, rows: 1)) == .perform("close"))
    }

    @Test func keysHaveNames() {
        let keys: [Key] = ["q", " ", .ctrl("c"), .alt("x"), .function(1), .backTab, .pageUp]
        #expect(keys.map(\.name) == ["q", "Space", "^C", "Alt-x", "F1", "Shift-Tab", "PgUp"])
    }

    @Test func aScriptedTerminalPlaysItsScriptAndKeepsThePictures() {
        let clock = ManualClock()
        var terminal = ScriptedTerminal(GridSize(columns: 10, rows: 1), steps: [
            .event(.key("a")), .perform { _ in clock.advance(by: .seconds(5)) }, .event(.resized(GridSize(columns: 4, rows: 1))),
        ])
        func loop<T: Terminal & ~Copyable>(_ terminal: inout T) -> Closing {
            while true {
                var frame = terminal.blankFrame()
                frame.write("\(clock.now.components.seconds) s passed", at: 0, 0)
                terminal.present(frame)
                if case .closed(let reason) = terminal.nextEvent(timeout: .seconds(1)) { return reason }
            }
        }
        #expect(loop(&terminal) == .endOfScript)
        #expect(terminal.frames.map(\.lines) == [["0 s passed"], ["0 s passed"], ["5 s"]])
        #expect(terminal.timeouts == [.seconds(1), .seconds(1), .seconds(1)])
        #expect(Closing.signal(15).exitStatus == 143)
    }
}
