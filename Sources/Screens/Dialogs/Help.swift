// The help overlay: every key that means something here, with a sentence, and why it cannot be used now. It reads the rows by
// which keys are dispatched, so it cannot be wrong about them.

import TerminalKit

struct Help: Dialog {
    private struct Row: Sendable {
        var keys: String
        var text: String
        var style: Style
    }

    private let title: String
    private let rows: [Row]
    private var first = 0

    private static let keyColumns = 16

    init(_ title: String, _ table: ActionTable<FrameAction>) {
        self.title = title
        var rows: [Row] = []
        for row in table.rows {
            rows.append(Row(keys: row.keys.map(\.name).joined(separator: " "), text: row.help, style: row.disabledReason == nil ? .normal : .disabled))
            if let reason = row.disabledReason { rows.append(Row(keys: "", text: "Not now: \(reason)", style: .hint)) }
        }
        rows += [
            Row(keys: "Tab Shift-Tab", text: "Goes to the next field or button, or to the one before.", style: .normal),
            Row(keys: "Esc", text: "Leaves a dialog.", style: .normal),
            Row(keys: "^Z ^L", text: "Suspends the program; draws the screen anew.", style: .normal),
        ]
        self.rows = rows
    }

    func actions(_ context: PageContext) -> ActionTable<String> {
        ActionTable([ActionRow("close", keys: [.escape, .enter, "q", .function(1), "?"], title: "Close", help: "Closes the help.")])
    }

    mutating func handle(_ event: TerminalEvent, in size: GridSize, _ context: PageContext) -> DialogAnswer {
        let inside = box(in: size).inset(columns: 2, rows: 1)
        let count = lines(columns: inside.columns).count
        var position = ListPosition(count: max(1, count - inside.rows + 1), selected: first)
        switch event {
        case .key(let key):
            if case .perform = actions(context).answer(to: key) { return .close([]) }
            _ = position.handle(key, rows: max(1, inside.rows))
        case .mouse(let mouse):
            if mouse.action == .wheelUp { position.move(by: -3, rows: 1) }
            if mouse.action == .wheelDown { position.move(by: 3, rows: 1) }
            if mouse.action == .left, !box(in: size).contains(mouse.place) { return .close([]) }
        default: break
        }
        first = position.selected
        return .stay
    }

    private func box(in size: GridSize) -> Rect {
        let columns = min(78, max(0, size.columns - 2))
        return size.rect.centred(GridSize(columns: columns, rows: min(max(0, size.rows - 2), lines(columns: columns - 4).count + 2)))
    }

    private func lines(columns: Int) -> [(keys: String, text: String, style: Style)] {
        rows.flatMap { row in
            let wrapped = TextFitting.wrap(row.text, columns: max(1, columns - Help.keyColumns))
            return wrapped.enumerated().map { ($0.offset == 0 ? row.keys : "", $0.element, row.style) }
        }
    }

    func render(into frame: inout Frame, _ context: PageContext) {
        let box = box(in: frame.size)
        frame.fill(box)
        let inside = frame.box(box, title: title, style: .borderActive).inset(columns: 1, rows: 0)
        let lines = lines(columns: inside.columns)
        let start = min(first, max(0, lines.count - inside.rows))
        for (index, line) in lines.dropFirst(start).prefix(inside.rows).enumerated() {
            let place = inside.line(index)
            frame.write(line.keys, in: Rect(column: place.column, row: place.row, columns: Help.keyColumns - 1, rows: 1), style: .label)
            frame.write(
                line.text,
                in: Rect(column: place.column + Help.keyColumns, row: place.row, columns: place.columns - Help.keyColumns, rows: 1),
                style: line.style)
        }
        ScrollBar(count: lines.count, visible: start..<min(lines.count, start + inside.rows))
            .render(into: &frame, Rect(column: box.endColumn - 1, row: inside.row, columns: 1, rows: inside.rows))
    }
}
