// The shape that all dialogs share: a framed box in the middle with a title, some text, perhaps rows of its own, and buttons.
// Text that does not fit is scrolled; nothing is ever drawn outside of the screen.

import TerminalKit

/// A piece of a dialog's text.
struct Paragraph: Sendable, Equatable {
    var text: String
    var style: Style

    init(_ text: String, _ style: Style = .normal) {
        self.text = text
        self.style = style
    }
}

/// Title, text and buttons of a dialog, with their places.
struct MessageBox: Sendable, Equatable {
    /// Where the parts are on a screen of some size.
    struct Places {
        var box: Rect
        var text: Rect
        /// The dialog's own rows between text and buttons.
        var middle: Rect
        var buttons: Rect
    }

    static let widest = 74

    var title: String
    var titleStyle: Style = .title
    var paragraphs: [Paragraph]
    /// Rows that the dialog draws itself.
    var middleRows = 0
    var buttons: ButtonRow<String>
    /// The first line of text shown.
    private(set) var first = 0

    init(_ title: String, titleStyle: Style = .title, _ paragraphs: [Paragraph], middleRows: Int = 0, buttons: [Button<String>], selected: Int = 0) {
        self.title = title
        self.titleStyle = titleStyle
        self.paragraphs = paragraphs
        self.middleRows = middleRows
        self.buttons = ButtonRow(buttons, selected: selected)
    }

    func places(in size: GridSize) -> Places {
        let width = min(size.columns, MessageBox.widest)
        let inside = max(0, width - 4)
        let wanted = lines(columns: inside).count
        let fixed = 2 + (middleRows > 0 ? middleRows + 1 : 0) + 2
        let height = min(size.rows, wanted + fixed)
        let box = size.rect.centred(GridSize(columns: width, rows: height))
        let content = box.inset(columns: 2, rows: 1)
        // The buttons are served first, then what is typed into, then the text.
        let buttonRow = Rect(column: content.column, row: max(content.row, content.endRow - 1), columns: content.columns, rows: min(1, content.rows))
        let middleHeight = min(middleRows, max(0, content.rows - 1))
        let middle = Rect(
            column: content.column, row: max(content.row, buttonRow.row - 1 - middleHeight), columns: content.columns, rows: middleHeight)
        let end = middleRows > 0 ? middle.row - 1 : buttonRow.row - 1
        let text = Rect(column: content.column, row: content.row, columns: content.columns, rows: max(0, end - content.row))
        return Places(box: box, text: text, middle: middle, buttons: buttonRow)
    }

    private func lines(columns: Int) -> [(text: String, style: Style)] {
        paragraphs.flatMap { paragraph in
            TextFitting.wrap(paragraph.text, columns: columns).map { ($0, paragraph.style) }
        }
    }

    func render(into frame: inout Frame, hasFocusOnButtons: Bool = true) {
        let places = places(in: frame.size)
        frame.fill(places.box)
        frame.box(places.box, title: title, style: .borderActive, titleStyle: titleStyle)
        let lines = lines(columns: places.text.columns)
        let start = min(first, max(0, lines.count - places.text.rows))
        for (row, line) in lines.dropFirst(start).prefix(places.text.rows).enumerated() {
            frame.write(line.text, in: places.text.line(row), style: line.style)
        }
        let bar = ScrollBar(count: lines.count, visible: start..<min(lines.count, start + places.text.rows))
        if bar.isNeeded, places.text.rows > 0 {
            bar.render(into: &frame, Rect(column: places.box.endColumn - 1, row: places.text.row, columns: 1, rows: places.text.rows))
        }
        buttons.render(into: &frame, places.buttons, isFocused: hasFocusOnButtons, align: .centre)
    }

    /// Esc leaves, the buttons answer, everything else scrolls the text or does nothing.
    mutating func handle(_ event: TerminalEvent, in size: GridSize) -> Outcome<String> {
        let places = places(in: size)
        switch event {
        case .key(.escape): return .cancelled
        case .key(.tab): return buttons.handle(.key(.right), in: places.buttons, align: .centre)
        case .key(.backTab): return buttons.handle(.key(.left), in: places.buttons, align: .centre)
        case .key(.up): scroll(by: -1, places)
        case .key(.down): scroll(by: 1, places)
        case .key(.pageUp): scroll(by: -max(1, places.text.rows - 1), places)
        case .key(.pageDown): scroll(by: max(1, places.text.rows - 1), places)
        case .mouse(let mouse) where mouse.action == .wheelUp: scroll(by: -3, places)
        case .mouse(let mouse) where mouse.action == .wheelDown: scroll(by: 3, places)
        default: return buttons.handle(event, in: places.buttons, align: .centre)
        }
        return .handled
    }

    private mutating func scroll(by step: Int, _ places: Places) {
        let count = lines(columns: places.text.columns).count
        first = min(max(0, first + step), max(0, count - places.text.rows))
    }
}
