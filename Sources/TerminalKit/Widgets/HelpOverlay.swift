// The keys of a page, all of them, with a sentence each; made from the same rows that answer the keys.

/// A box with a list of keys. It can be scrolled, and any other key closes it.
public struct HelpOverlay: Hashable, Sendable {
    public struct Entry: Hashable, Sendable {
        public var keys: String
        public var text: String

        public init(keys: String, text: String) {
            self.keys = keys
            self.text = text
        }
    }

    public var title: String
    public private(set) var entries: [Entry]
    private var first = 0

    public init(title: String, entries: [Entry]) {
        self.title = title
        self.entries = entries
    }

    /// The rows of a table of actions, and what the page's widgets understand by themselves.
    public init<ID>(title: String, actions: ActionTable<ID>, more: [Entry] = []) {
        let rows = actions.rows.map { row in
            let reason = row.disabledReason.map { " (not now: \($0))" } ?? ""
            return Entry(keys: row.keys.map(\.name).joined(separator: " "), text: row.help + reason)
        }
        self.init(title: title, entries: rows + more)
    }

    private func box(_ screen: Rect) -> Rect { screen.inset(columns: screen.columns > 50 ? 4 : 0, rows: screen.rows > 14 ? 2 : 0) }

    private func lines(columns: Int, ellipsis: Unicode.Scalar) -> [(keys: String, text: String)] {
        let widest = entries.map { CharacterWidth.of($0.keys) }.max() ?? 0
        let width = min(widest, max(0, columns / 3))
        return entries.flatMap { entry in
            let texts = TextFitting.wrap(entry.text, columns: max(1, columns - width - 2))
            return texts.enumerated().map { index, text in
                (TextFitting.pad(index == 0 ? entry.keys : "", columns: width, ellipsis: ellipsis), text)
            }
        }
    }

    public func render(into frame: inout Frame, _ screen: Rect) {
        let box = box(screen)
        frame.fill(box)
        frame.cursor = nil
        let inside = frame.box(box, title: title, style: .borderActive).inset(columns: box.columns > 20 ? 1 : 0, rows: 0)
        let lines = lines(columns: inside.columns, ellipsis: frame.glyphs.ellipsis)
        let start = min(first, max(0, lines.count - inside.rows))
        for (offset, line) in lines.dropFirst(start).prefix(inside.rows).enumerated() {
            let next = frame.write(line.keys, at: inside.column, inside.row + offset, style: .key, limit: inside.endColumn)
            frame.write(line.text, at: next + 2, inside.row + offset, limit: inside.endColumn)
        }
        if lines.count > inside.rows {
            let bar = Rect(column: box.endColumn - 1, row: inside.row, columns: 1, rows: inside.rows)
            ScrollBar(count: lines.count, visible: start..<start + inside.rows).render(into: &frame, bar)
        }
    }

    /// Moving keys and the wheel scroll; any other key or click closes (`.cancelled`).
    public mutating func handle(_ event: TerminalEvent, in screen: Rect) -> Outcome<Never> {
        let box = box(screen)
        let inside = box.inset(columns: box.columns > 20 ? 2 : 1, rows: 1)
        let last = max(0, lines(columns: inside.columns, ellipsis: "~").count - inside.rows)
        let step: Int
        switch event {
        case .key(.up), .key("k"): step = -1
        case .key(.down), .key("j"): step = 1
        case .key(.pageUp): step = -max(1, inside.rows)
        case .key(.pageDown): step = max(1, inside.rows)
        case .key(.home): step = -last
        case .key(.end): step = last
        case .mouse(let mouse) where mouse.action == .wheelUp: step = -3
        case .mouse(let mouse) where mouse.action == .wheelDown: step = 3
        case .key, .mouse: return .cancelled
        default: return .ignored
        }
        first = min(max(0, min(first, last) + step), last)
        return .handled
    }
}
