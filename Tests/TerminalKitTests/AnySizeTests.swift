import TerminalKit
import Testing

/// Every widget at every size: nothing traps, nothing leaves its rectangle.
@Suite struct AnySizeTests {
    private static let keys: [TerminalEvent] = [
        .key(.down), .key(.end), .key(.pageUp), .key(.right), .key(.left), .key(.home), .key("x"), .key(" "), .key(.enter),
        .key(.tab), .key(.pageDown), .mouse(MouseEvent(.left, at: Point(column: 2, row: 2))),
        .mouse(MouseEvent(.left, at: Point(column: 1, row: 1))), .mouse(MouseEvent(.wheelDown, at: Point(column: 1, row: 1))),
        .mouse(MouseEvent(.wheelUp, at: Point(column: 1, row: 1))), .resized(GridSize(columns: 1, rows: 1)), .woken,
    ]

    private static let sizes = [(0, 0), (1, 1), (1, 30), (2, 2), (3, 3), (5, 2), (8, 4), (12, 6), (20, 9), (60, 20), (80, 24), (160, 50)]

    @Test(arguments: sizes, [false, true])
    func everyWidgetDrawsInsideOfItsRectangle(_ size: (Int, Int), _ isAscii: Bool) {
        let (columns, rows) = size
        let glyphs = isAscii ? Glyphs.ascii : .unicode
        let rect = Rect(column: 1, row: 1, columns: columns, rows: rows)
        var background = Frame(columns: columns + 2, rows: rows + 2, glyphs: glyphs)
        background.fill(background.rect, "%")

        func check(_ name: String, _ draw: (inout Frame) -> Void) {
            var frame = background
            draw(&frame)
            for row in 0..<rows + 2 {
                for column in 0..<columns + 2 where !rect.contains(Point(column: column, row: row)) {
                    if frame[column, row]?.scalar != "%" {
                        Issue.record("\(name) left its rectangle at \(column),\(row) in \(columns)x\(rows)\n\(frame.text)")
                        return
                    }
                }
            }
            if isAscii {
                #expect(frame.text.unicodeScalars.allSatisfy { $0.value < 128 || $0 == "日" || $0 == "本" }, "\(name)")
            }
        }

        let items = (0..<40).map { ListItem("item 日本 \($0)", detail: "\($0) MB", key: $0 == 0 ? "x" : nil) }
        var list = ListBox(items)
        var table = Table(
            [Column("a", "A", width: .fixed(9)), Column("b", "B", width: .flexible(minimum: 3)), Column("c", "C", width: .fixed(30))],
            count: 1000)
        table.highlighted = 10..<20
        let source = ClosureRows { $0.map { TableRow(["a": "\($0)", "b": "日日日", "c": "text"]) } }
        var field = TextField("日 some text")
        let box = CheckBox("check", isOn: true)
        var radio = RadioButtons((0..<30).map { "choice \($0)" })
        var buttons = ButtonRow((0..<5).map { Button($0, "Button \($0)") })
        var dialog = Dialog(title: "title", text: String(repeating: "words and 日 ", count: 60), buttons: [Button(1, "OK"), Button(2, "Cancel")], contentRows: 2)
        var help = HelpOverlay(title: "help", entries: (0..<40).map { HelpOverlay.Entry(keys: "F\($0)", text: "what it does \($0)") })
        var hex = HexPreview(byteCount: 5000)
        let thermometer = Thermometer()
        let readings = [
            ThermometerReading(title: "T", phase: "phase", subject: "/a/b/c", done: 5, total: 9, silence: .seconds(9)),
            ThermometerReading(title: "T", phase: "phase", done: 5, elapsed: .seconds(9), state: .stopping),
        ]
        for event in [TerminalEvent.timedOut] + AnySizeTests.keys {
            _ = list.handle(event, in: rect)
            _ = table.handle(event, in: rect)
            _ = field.handle(event, in: rect)
            _ = radio.handle(event, in: rect)
            _ = buttons.handle(event, in: rect)
            _ = dialog.handle(event, in: rect)
            _ = help.handle(event, in: rect)
            _ = hex.handle(event, in: rect)
            check("list") { list.render(into: &$0, rect, isFocused: true) }
            check("table") { table.render(into: &$0, rect, isFocused: true, source: source) }
            check("field") { field.render(into: &$0, rect, isFocused: true) }
            check("box") { box.render(into: &$0, rect, isFocused: true) }
            check("radio") { radio.render(into: &$0, rect, isFocused: true) }
            check("buttons") { buttons.render(into: &$0, rect, isFocused: true, align: .centre) }
            check("dialog") { dialog.render(into: &$0, rect) }
            check("help") { help.render(into: &$0, rect) }
            check("bytes") { hex.render(into: &$0, rect) { Array(repeating: 7, count: $0.count) } }
            check("gauge") { Gauge(used: 5, total: 9, text: "text").render(into: &$0, rect) }
            check("histogram") { Histogram([1, 5, 2]).render(into: &$0, rect) }
            check("label") { Label.render([Label("name", "value 日本"), Label("a longer name", "/a/path", isPath: true)], into: &$0, rect) }
            check("scroll bar") { ScrollBar(count: 100, visible: 3..<9).render(into: &$0, rect) }
            for reading in readings {
                _ = thermometer.handle(event, reading, in: rect)
                check("thermometer") { thermometer.render(reading, into: &$0, rect) }
            }
        }
    }
}
