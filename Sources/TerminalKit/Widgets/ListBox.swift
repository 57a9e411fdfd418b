// A short list of lines to choose from: the pages at the left, backups, the entries of a menu.

/// One line of a list.
public struct ListItem: Hashable, Sendable {
    public var title: String
    /// Right of the title, when there is room.
    public var detail: String
    public var style: Style
    /// Why the line cannot be chosen; nil when it can.
    public var disabledReason: String?
    /// The key that chooses this line at once; shown before the title.
    public var key: Key?

    public init(_ title: String, detail: String = "", style: Style = .normal, disabledReason: String? = nil, key: Key? = nil) {
        self.title = title
        self.detail = detail
        self.style = style
        self.disabledReason = disabledReason
        self.key = key
    }
}

/// Lines with a selection. Lines that cannot be chosen can be selected, so that their reason can be read.
public struct ListBox: Hashable, Sendable {
    public private(set) var items: [ListItem]
    public private(set) var position: ListPosition

    public init(_ items: [ListItem], selected: Int = 0) {
        self.items = items
        position = ListPosition(count: items.count, selected: selected)
    }

    public var selected: Int? { items.isEmpty ? nil : position.selected }

    /// What the keys take before the titles, the longest with a blank behind it.
    var keyColumns: Int { items.compactMap { $0.key.map { CharacterWidth.of($0.name) + 1 } }.max() ?? 0 }

    public mutating func select(_ index: Int) { position.select(index) }

    /// Other lines; the selection keeps its number.
    public mutating func replace(_ items: [ListItem]) {
        self.items = items
        position.resize(count: items.count)
    }

    /// The selected line begins with a pointer, so that it can be told without colours.
    public func render(into frame: inout Frame, _ rect: Rect, isFocused: Bool) {
        frame.fill(rect)
        let visible = position.visible(rows: rect.rows)
        let bar = ScrollBar(count: items.count, visible: visible)
        let width = rect.columns - (bar.isNeeded && rect.columns > 8 ? 1 : 0)
        for (offset, index) in visible.enumerated() {
            let item = items[index]
            let line = Rect(column: rect.column, row: rect.row + offset, columns: width, rows: 1)
            let isSelected = index == position.selected
            let style: Style =
                isSelected
                ? (isFocused ? .selected : .selectedIdle) : item.disabledReason != nil ? .disabled : item.style
            frame.fill(line, style: style)
            let pointer = isSelected ? String(Character(frame.glyphs.pointer)) : " "
            let key = TextFitting.pad(item.key?.name ?? "", columns: keyColumns)
            let detail = item.detail.isEmpty ? 0 : CharacterWidth.of(item.detail) + 2
            let left = line.columns - detail >= 8 ? line.columns - detail : line.columns
            frame.write(
                pointer + key + item.title,
                in: Rect(column: line.column, row: line.row, columns: left, rows: 1), style: style)
            if left < line.columns {
                frame.write(item.detail, at: line.endColumn - detail + 1, line.row, style: style, limit: line.endColumn)
            }
        }
        if width < rect.columns {
            bar.render(into: &frame, Rect(column: rect.endColumn - 1, row: rect.row, columns: 1, rows: rect.rows))
        }
    }

    /// Enter or a second click chooses; a line that cannot be chosen only gets selected.
    public mutating func handle(_ event: TerminalEvent, in rect: Rect) -> Outcome<Int> {
        switch event {
        case .key(let key):
            if let index = items.firstIndex(where: { $0.key == key }) {
                position.select(index)
                return chooseSelected()
            }
            if key == .enter { return chooseSelected() }
            return position.handle(key, rows: rect.rows) ? .handled : .ignored
        case .mouse(let mouse):
            guard rect.contains(mouse.place) else { return .ignored }
            switch mouse.action {
            case .wheelUp: position.scroll(by: -3, rows: rect.rows)
            case .wheelDown: position.scroll(by: 3, rows: rect.rows)
            case .left:
                let visible = position.visible(rows: rect.rows)
                let index = visible.lowerBound + mouse.place.row - rect.row
                guard visible.contains(index) else { return .handled }
                let wasSelected = index == position.selected
                position.settle(rows: rect.rows)
                position.select(index)
                if wasSelected { return chooseSelected() }
            default: return .ignored
            }
            return .handled
        default:
            return .ignored
        }
    }

    private func chooseSelected() -> Outcome<Int> {
        guard let selected, items[selected].disabledReason == nil else { return .handled }
        return .chosen(selected)
    }
}
