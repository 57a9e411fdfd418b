// Buttons side by side.

/// A button: `[ Backup ]`.
public struct Button<ID: Hashable & Sendable>: Hashable, Sendable {
    public var id: ID
    public var title: String
    /// A key that presses it from anywhere on the page; shown in the button.
    public var key: Key?
    public var disabledReason: String?

    public init(_ id: ID, _ title: String, key: Key? = nil, disabledReason: String? = nil) {
        self.id = id
        self.title = title
        self.key = key
        self.disabledReason = disabledReason
    }

    var text: String { key.map { "[ \(title) (\($0.name)) ]" } ?? "[ \(title) ]" }
}

/// Buttons of which one is selected.
public struct ButtonRow<ID: Hashable & Sendable>: Hashable, Sendable {
    public var buttons: [Button<ID>]
    public private(set) var selected: Int

    public init(_ buttons: [Button<ID>], selected: Int = 0) {
        self.buttons = buttons
        self.selected = buttons.indices.contains(selected) ? selected : 0
    }

    public mutating func select(_ id: ID) {
        if let index = buttons.firstIndex(where: { $0.id == id }) { selected = index }
    }

    /// Where each button stands. When they do not all fit, the row begins further right so that the selected one shows.
    public func places(in rect: Rect, align: Alignment = .left) -> [Rect] {
        let widths = buttons.map { CharacterWidth.of($0.text) }
        let total = widths.reduce(0, +) + 2 * max(0, widths.count - 1)
        var start = rect.column
        if total <= rect.columns {
            start += align == .left ? 0 : align == .right ? rect.columns - total : (rect.columns - total) / 2
        } else {
            let before = widths.prefix(selected).reduce(0) { $0 + $1 + 2 }
            let end = before + (widths.indices.contains(selected) ? widths[selected] : 0)
            start -= min(before, max(0, end - rect.columns))
        }
        return widths.map { width in
            defer { start += width + 2 }
            return Rect(column: start, row: rect.row, columns: width, rows: min(1, rect.rows)).intersection(rect)
        }
    }

    public func render(into frame: inout Frame, _ rect: Rect, isFocused: Bool, align: Alignment = .left) {
        frame.fill(rect.line(0))
        for (index, (button, place)) in zip(buttons, places(in: rect, align: align)).enumerated() where !place.isEmpty {
            let style: Style =
                button.disabledReason != nil
                ? .disabled : index == selected ? (isFocused ? .selected : .selectedIdle) : .normal
            frame.write(button.text, in: place, style: style)
            // Without colours the selected button is told by its marks, a disabled selected one too.
            if isFocused, index == selected, place.columns > 2 {
                frame.write(">", at: place.column + 1, place.row, style: style, limit: place.endColumn)
                frame.write("<", at: place.endColumn - 2, place.row, style: style, limit: place.endColumn)
            }
        }
    }

    /// Left and right select, Enter and blank press, a click presses. A disabled button is selected but not pressed.
    public mutating func handle(_ event: TerminalEvent, in rect: Rect, align: Alignment = .left) -> Outcome<ID> {
        switch event {
        case .key(.left), .key("h"): selected = max(0, selected - 1)
        case .key(.right), .key("l"): selected = min(max(0, buttons.count - 1), selected + 1)
        case .key(.enter), .key(.character(" ")): return press(selected)
        case .key(let key): return pressed(by: key)
        case .mouse(let mouse):
            guard mouse.action == .left,
                let index = places(in: rect, align: align).firstIndex(where: { $0.contains(mouse.place) })
            else { return .ignored }
            selected = index
            return press(index)
        default: return .ignored
        }
        return .handled
    }

    /// Presses the button that has this key, whether the row has the focus or not.
    public mutating func pressed(by key: Key) -> Outcome<ID> {
        guard let index = buttons.firstIndex(where: { $0.key == key }) else { return .ignored }
        selected = index
        return press(index)
    }

    private func press(_ index: Int) -> Outcome<ID> {
        guard buttons.indices.contains(index), buttons[index].disabledReason == nil else { return .handled }
        return .chosen(buttons[index].id)
    }
}
