// A box over the page with a text and buttons: questions, errors, results.

/// A question or a message. The page below keeps its picture; the dialog gets the keys.
public struct Dialog<ID: Hashable & Sendable>: Hashable, Sendable {
    public var title: String
    public var text: String
    public var style: Style
    public var buttons: ButtonRow<ID>
    /// Rows between text and buttons that the page fills itself, with a field to type into for example.
    public var contentRows: Int
    /// The widest the box may be.
    public var maximumColumns: Int
    private var firstLine = 0

    public init(
        title: String, text: String, style: Style = .normal, buttons: [Button<ID>], selected: Int = 0, contentRows: Int = 0,
        maximumColumns: Int = 64
    ) {
        self.title = title
        self.text = text
        self.style = style
        self.buttons = ButtonRow(buttons, selected: selected)
        self.contentRows = contentRows
        self.maximumColumns = maximumColumns
    }

    /// The parts of the dialog on a screen.
    public struct Places: Hashable, Sendable {
        public var box: Rect
        public var text: Rect
        public var content: Rect
        public var buttons: Rect
    }

    public func places(in screen: Rect) -> Places {
        let width = min(screen.columns, maximumColumns)
        let buttonColumns = CharacterWidth.of(buttons.buttons.map(\.text).joined(separator: "  "))
        let inner = max(0, width - 4)
        let lines = TextFitting.wrap(text, columns: inner)
        let textWidth = lines.map { CharacterWidth.of($0) }.max() ?? 0
        let columns = min(max(textWidth, min(buttonColumns, inner), contentRows > 0 ? inner : 0, CharacterWidth.of(title) + 4), inner) + 4
        let wanted = lines.count + (contentRows > 0 ? contentRows + 1 : 0) + 4
        // The last line, with the keys, stays in sight; centred, that takes one at the top as well.
        let box = screen.centred(GridSize(columns: columns, rows: min(wanted, max(8, screen.rows - 2))))
        let inside = box.inset(columns: min(2, box.columns / 2), rows: 1)
        // The buttons come first, then the page's content: a long text is what can be scrolled.
        let button = inside.line(inside.rows - 1)
        let space = max(0, inside.rows - 2)
        let content = min(contentRows, space)
        let textRows = max(0, space - content - (content > 0 ? 1 : 0))
        return Places(
            box: box,
            text: Rect(column: inside.column, row: inside.row, columns: inside.columns, rows: textRows),
            content: Rect(
                column: inside.column, row: inside.endRow - 2 - content, columns: inside.columns, rows: content),
            buttons: button)
    }

    public func render(into frame: inout Frame, _ screen: Rect, areButtonsFocused: Bool = true) {
        let places = places(in: screen)
        frame.fill(places.box)
        frame.cursor = nil
        frame.box(places.box, title: title, style: .borderActive, titleStyle: style == .normal ? .title : style)
        let lines = TextFitting.wrap(text, columns: places.text.columns)
        let first = min(firstLine, max(0, lines.count - places.text.rows))
        for (offset, line) in lines.dropFirst(first).prefix(places.text.rows).enumerated() {
            frame.write(line, in: places.text.line(offset))
        }
        if lines.count > places.text.rows {
            let bar = Rect(column: places.box.endColumn - 1, row: places.text.row, columns: 1, rows: places.text.rows)
            ScrollBar(count: lines.count, visible: first..<first + places.text.rows).render(into: &frame, bar)
        }
        buttons.render(into: &frame, places.buttons, isFocused: areButtonsFocused, align: .centre)
    }

    /// Esc cancels; left, right and Tab select a button; up and down scroll a long text.
    public mutating func handle(_ event: TerminalEvent, in screen: Rect) -> Outcome<ID> {
        let places = places(in: screen)
        switch event {
        case .key(.escape): return .cancelled
        case .key(.tab): return buttons.handle(.key(.right), in: places.buttons, align: .centre)
        case .key(.backTab): return buttons.handle(.key(.left), in: places.buttons, align: .centre)
        case .key(.up), .key("k"): scroll(by: -1, places)
        case .key(.down), .key("j"): scroll(by: 1, places)
        case .key(.pageUp): scroll(by: -places.text.rows, places)
        case .key(.pageDown): scroll(by: places.text.rows, places)
        case .mouse(let mouse) where mouse.action == .wheelUp: scroll(by: -3, places)
        case .mouse(let mouse) where mouse.action == .wheelDown: scroll(by: 3, places)
        default: return buttons.handle(event, in: places.buttons, align: .centre)
        }
        return .handled
    }

    private mutating func scroll(by step: Int, _ places: Places) {
        let lines = TextFitting.wrap(text, columns: places.text.columns).count
        let last = max(0, lines - places.text.rows)
        firstLine = min(max(0, min(firstLine, last) + step), last)
    }
}
