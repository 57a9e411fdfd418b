// Which columns the list shows, and in which order.

import TerminalKit

struct ColumnsDialog: Dialog {
    private var choice: ColumnChoice
    private var position: ListPosition
    private let answerKey: String

    init(_ choice: ColumnChoice, answerKey: String) {
        self.choice = choice
        self.answerKey = answerKey
        position = ListPosition(count: choice.order.count)
    }

    func actions(_ context: PageContext) -> ActionTable<String> {
        ActionTable([
            ActionRow("toggle", keys: [" "], title: "Show or hide", help: "Shows or hides the column."),
            ActionRow("up", keys: ["-", .shiftUp], title: "Up", help: "Moves the column to the left in the list."),
            ActionRow("down", keys: ["+", .shiftDown], title: "Down", help: "Moves the column to the right in the list."),
            ActionRow("reset", keys: ["r"], title: "Reset", help: "All columns in their first order, as many as fit."),
            ActionRow("apply", keys: [.enter], title: "Apply", help: "Takes the choice."),
            ActionRow("cancel", keys: [.escape], title: "Cancel", help: "Leaves the columns as they were."),
        ])
    }

    private var selected: OperationColumn { choice.order[position.selected] }

    mutating func handle(_ event: TerminalEvent, in size: GridSize, _ context: PageContext) -> DialogAnswer {
        let list = ColumnsDialog.box(size).inset(columns: 2, rows: 1)
        switch event {
        case .key(.escape): return .close([])
        case .key(.enter): return .close([.answer(key: answerKey, choice)])
        case .key(.character(" ")): choice.toggle(selected)
        case .key("-"), .key(.shiftUp), .key("K"): move(by: -1)
        case .key("+"), .key(.shiftDown), .key("J"): move(by: 1)
        case .key("r"): choice.reset()
        case .key(let key): _ = position.handle(key, rows: list.rows)
        case .mouse(let mouse) where mouse.action == .left:
            let index = position.visible(rows: list.rows).lowerBound + mouse.place.row - list.row
            guard list.contains(mouse.place), choice.order.indices.contains(index) else { return .stay }
            if index == position.selected { choice.toggle(selected) } else { position.select(index) }
        default: break
        }
        return .stay
    }

    private mutating func move(by step: Int) {
        let column = selected
        choice.move(column, by: step)
        position.select(choice.order.firstIndex(of: column) ?? 0)
    }

    private static func box(_ size: GridSize) -> Rect {
        size.rect.centred(GridSize(columns: 44, rows: OperationColumn.allCases.count + 3))
    }

    func render(into frame: inout Frame, _ context: PageContext) {
        let box = ColumnsDialog.box(frame.size)
        frame.fill(box)
        frame.cursor = nil
        frame.box(box, title: "Columns", style: .borderActive)
        let inside = box.inset(columns: 2, rows: 1)
        let visible = position.visible(rows: inside.rows - 1)
        for (offset, index) in visible.enumerated() {
            let column = choice.order[index]
            let line = inside.line(offset)
            let isSelected = index == position.selected
            frame.fill(line, style: isSelected ? .selected : .normal)
            frame.write(isSelected ? String(Character(frame.glyphs.pointer)) : " ", at: line.column, line.row, style: isSelected ? .selected : .normal, limit: line.endColumn)
            CheckBox(column.title, isOn: choice.isShown(column))
                .render(into: &frame, Rect(column: line.column + 1, row: line.row, columns: line.columns - 1, rows: 1), isFocused: isSelected)
        }
        frame.write(choice.isChosen ? "Left and right scroll the list." : "Those without room are left out.", in: inside.line(inside.rows - 1), style: .hint)
    }
}
