// A list of choices in a box, at a place of the screen.

/// A menu that drops down from a place.
public struct Menu: Hashable, Sendable {
    public var title: String
    public private(set) var list: ListBox

    public init(title: String = "", _ items: [ListItem], selected: Int = 0) {
        self.title = title
        list = ListBox(items, selected: selected)
    }

    /// The box: below the place when there is room, moved up and left as far as needed otherwise.
    public func box(at place: Point, in screen: Rect) -> Rect {
        let widths = list.items.map { CharacterWidth.of($0.title) + ($0.detail.isEmpty ? 0 : CharacterWidth.of($0.detail) + 2) }
        let widest = (widths.max() ?? 0) + list.keyColumns
        let size = GridSize(
            columns: min(screen.columns, max(widest + 4, CharacterWidth.of(title) + 6)),
            rows: min(screen.rows, list.items.count + 2))
        return Rect(
            column: max(screen.column, min(place.column, screen.endColumn - size.columns)),
            row: max(screen.row, min(place.row, screen.endRow - size.rows)), columns: size.columns, rows: size.rows)
    }

    public func render(into frame: inout Frame, at place: Point, in screen: Rect) {
        let box = box(at: place, in: screen)
        frame.fill(box)
        list.render(into: &frame, frame.box(box, title: title, style: .borderActive), isFocused: true)
        // The reason stands where the person looks.
        if let selected = list.selected, let reason = list.items[selected].disabledReason {
            frame.write(reason, in: Rect(column: box.column + 1, row: box.endRow - 1, columns: box.columns - 2, rows: 1), style: .warning)
        }
    }

    /// Esc or a click elsewhere cancels.
    public mutating func handle(_ event: TerminalEvent, at place: Point, in screen: Rect) -> Outcome<Int> {
        let box = box(at: place, in: screen)
        switch event {
        case .key(.escape): return .cancelled
        case .mouse(let mouse) where mouse.action == .left && !box.contains(mouse.place): return .cancelled
        default: return list.handle(event, in: box.columns >= 2 && box.rows >= 2 ? box.inset() : box)
        }
    }
}
