import TerminalKit
import Testing

@Suite struct WidgetTests {
    private func picture(_ columns: Int, _ rows: Int, _ draw: (inout Frame, Rect) -> Void) -> [String] {
        var frame = Frame(columns: columns, rows: rows)
        draw(&frame, frame.rect)
        return frame.lines
    }

    private func click(_ column: Int, _ row: Int) -> TerminalEvent { .mouse(MouseEvent(.left, at: Point(column: column, row: row))) }

    @Test func aFieldIsEditedAndShowsItsCursor() {
        var field = TextField("backup")
        let rect = Rect(column: 0, row: 0, columns: 12, rows: 1)
        for key in [Key.home, "x", .right, .backspace, .end, .ctrl("w"), "n", "e", "\u{301}", "w", .left, .delete, "!"] {
            #expect(field.handle(.key(key), in: rect) == .handled)
        }
        #expect(field.text == "ne\u{301}!")
        #expect(field.cursor == 3)
        var frame = Frame(columns: 12, rows: 1)
        field.render(into: &frame, rect, isFocused: true)
        #expect(frame.lines == ["[ne\u{301}!       ]"])
        #expect(frame.cursor == Point(column: 4, row: 0))
        #expect(field.handle(.key(.enter), in: rect) == .chosen("ne\u{301}!"))
        #expect(field.handle(.key(.escape), in: rect) == .cancelled)
        #expect(field.handle(.key(.tab), in: rect) == .ignored)
        #expect(field.handle(.key(.tab), in: rect, completion: { $0 + "/complete" }) == .handled)
        #expect(field.text == "ne\u{301}!/complete")
    }

    @Test func aLongFieldScrollsWithItsCursor() {
        var field = TextField("/srv/app/backups")
        let rect = Rect(column: 0, row: 0, columns: 10, rows: 1)
        #expect(picture(10, 1) { field.render(into: &$0, $1, isFocused: true) } == ["[backups ]"])
        _ = field.handle(.key(.home), in: rect)
        #expect(picture(10, 1) { field.render(into: &$0, $1, isFocused: true) } == ["[/srv/app]"])
        _ = field.handle(click(5, 0), in: rect)
        #expect(field.cursor == 4)
        _ = field.handle(.key(.ctrlRight), in: rect)
        #expect(field.cursor == 8)
        _ = field.handle(.key(.alt("f")), in: rect)
        #expect(field.cursor == 16)
        _ = field.handle(.key(.ctrlRight), in: rect)
        #expect(field.cursor == 16)
        let empty = TextField(placeholder: "where to")
        #expect(picture(12, 1) { empty.render(into: &$0, $1, isFocused: false) } == ["[where to  ]"])
    }

    @Test func choicesAreMadeByKeyAndClick() {
        #expect(picture(20, 1) { CheckBox("Compress", isOn: true).render(into: &$0, $1, isFocused: false) } == ["[x] Compress"])
        var radio = RadioButtons(["All", "Operation", "Time"], disabled: [1])
        let rect = Rect(column: 0, row: 0, columns: 20, rows: 3)
        #expect(radio.handle(.key(.down), in: rect) == .chosen(2))
        #expect(radio.handle(.key(.down), in: rect) == .handled)
        #expect(picture(20, 3) { radio.render(into: &$0, $1, isFocused: true) } == ["( ) All", "( ) Operation", "(•) Time"])
        #expect(radio.handle(click(3, 1), in: rect) == .handled)
        #expect(radio.handle(click(3, 0), in: rect) == .chosen(0))
    }

    @Test func buttonsShowWhichOneIsSelectedWithoutColours() {
        var row = ButtonRow([Button(1, "Backup", key: "b"), Button(2, "Restore", disabledReason: "none"), Button(3, "Settings")])
        let rect = Rect(column: 0, row: 0, columns: 50, rows: 1)
        #expect(picture(50, 1) { row.render(into: &$0, $1, isFocused: true) } == ["[>Backup (b)<]  [ Restore ]  [ Settings ]"])
        #expect(row.handle(.key(.right), in: rect) == .handled)
        #expect(row.handle(.key(.enter), in: rect) == .handled)
        #expect(row.handle(click(32, 0), in: rect) == .chosen(3))
        #expect(row.pressed(by: "b") == .chosen(1))
        row.select(3)
        // Too narrow for all: the selected one shows.
        #expect(picture(16, 1) { row.render(into: &$0, $1, isFocused: true) } == ["[…  [>Settings<]"])
    }

    @Test func aDialogHoldsItsTextAndButtons() {
        var dialog = Dialog(title: "Stop?", text: "The backup is running. Nothing is left behind when it is stopped.", buttons: [Button("stop", "Stop"), Button("go", "Go on")], selected: 1, maximumColumns: 40)
        let screen = Rect(column: 0, row: 0, columns: 44, rows: 9)
        #expect(picture(44, 9) { dialog.render(into: &$0, $1) } == [
            "",
            "   ┌─ Stop? ───────────────────────────┐",
            "   │ The backup is running. Nothing is │",
            "   │ left behind when it is stopped.   │",
            "   │                                   │",
            "   │        [ Stop ]  [>Go on<]        │",
            "   └───────────────────────────────────┘",
            "",
            "",
        ])
        #expect(dialog.handle(.key(.escape), in: screen) == .cancelled)
        #expect(dialog.handle(.key(.backTab), in: screen) == .handled)
        #expect(dialog.handle(.key(.enter), in: screen) == .chosen("stop"))
        #expect(dialog.handle(click(24, 5), in: screen) == .chosen("go"))
    }

    @Test func aLongDialogScrollsAndKeepsItsButtons() {
        var dialog = Dialog(title: "Error", text: (1...30).map { "line \($0)" }.joined(separator: "\n"), buttons: [Button(1, "OK")])
        let screen = Rect(column: 0, row: 0, columns: 24, rows: 8)
        _ = dialog.handle(.key(.pageDown), in: screen)
        let lines = picture(24, 8) { dialog.render(into: &$0, $1) }
        #expect(lines[1].contains("line 5"))
        #expect(lines[6].contains("[>OK<]"))
    }

    @Test func aHistogramShowsEverythingThatIsNotZero() {
        #expect(Histogram([0, 1, 4, 8]).columns(4) == [0, 1, 4, 8])
        #expect(Histogram([1, 2, 3, 4]).columns(2) == [3, 7])
        #expect(Histogram([1, 2]).columns(4) == [1, 1, 2, 2])
        #expect(Histogram([.max, .max]).columns(1) == [.max])
        #expect(picture(4, 2) { Histogram([0, 1, 40, 80]).render(into: &$0, $1) } == ["   █", " ▁██"])
    }

    @Test func bytesAreShownInRowsOfWhatFits() {
        let bytes = Array("SQLite format 3\0and more".utf8)
        let preview = HexPreview(byteCount: bytes.count)
        #expect(picture(76, 2) { preview.render(into: &$0, $1) { Array(bytes[$0]) } } == [
            "00000000  53 51 4c 69 74 65 20 66 6f 72 6d 61 74 20 33 00  SQLite format 3.",
            "00000010  61 6e 64 20 6d 6f 72 65                          and more",
        ])
        #expect(picture(50, 1) { preview.render(into: &$0, $1) { Array(bytes[$0]) } } == ["00000000  53 51 4c 69 74 65 20 66  SQLite f"])
        var scrolled = HexPreview(byteCount: bytes.count)
        let rect = Rect(column: 0, row: 0, columns: 76, rows: 1)
        #expect(scrolled.handle(.key(.end), in: rect) == .handled)
        #expect(picture(76, 1) { scrolled.render(into: &$0, $1) { Array(bytes[$0]) } }[0].hasPrefix("00000010"))
        #expect(picture(20, 1) { HexPreview(byteCount: 0).render(into: &$0, $1) { _ in [] } } == ["no bytes"])
    }

    @Test func gaugesAndScrollBarsAreFullOrAtAnEndOnlyWhenTheyAre() {
        #expect(picture(40, 1) { Gauge(used: 1, total: 1000, text: "1 of 1000").render(into: &$0, $1) } == ["█░░░░░░░░░░░░ 1 of 1000"])
        #expect(picture(40, 1) { Gauge(used: 999, total: 1000, text: "").render(into: &$0, $1) } == ["████████████░"])
        #expect(picture(40, 1) { Gauge(used: 9, total: 0, text: "unknown").render(into: &$0, $1) } == ["░░░░░░░░░░░░░ unknown"])
        #expect(ScrollBar(count: 100, visible: 0..<10).thumb(rows: 10) == 0..<1)
        #expect(ScrollBar(count: 100, visible: 1..<11).thumb(rows: 10) == 1..<2)
        #expect(ScrollBar(count: 100, visible: 89..<99).thumb(rows: 10) == 8..<9)
        #expect(ScrollBar(count: 100, visible: 90..<100).thumb(rows: 10) == 9..<10)
        #expect(ScrollBar(count: 5, visible: 0..<5).thumb(rows: 10) == 0..<0)
    }

    @Test func labelsAlignTheirValues() {
        let labels = [Label("Path", "/srv/application/data.db", isPath: true), Label("Last backup", "yesterday")]
        #expect(picture(30, 2) { Label.render(labels, into: &$0, $1) } == ["Path        /srv/…tion/data.db", "Last backup yesterday"])
    }
}
