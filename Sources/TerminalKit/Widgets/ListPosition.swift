// The selected row and the first visible row of anything that scrolls: list, table, tree, preview. Counts may be in the
// millions; nothing here depends on them.

/// A selection in `count` rows of which a window is visible.
public struct ListPosition: Hashable, Sendable {
    public private(set) var count: Int
    public private(set) var selected: Int
    /// The first visible row as it was last settled; `visible(rows:)` says what it is at a given height.
    public private(set) var top: Int

    public init(count: Int, selected: Int = 0) {
        self.count = max(0, count)
        self.selected = min(max(0, selected), max(0, count - 1))
        top = 0
    }

    /// The number of rows changed; the selection stays where it was as far as it can.
    public mutating func resize(count: Int) {
        self.count = max(0, count)
        selected = min(selected, max(0, self.count - 1))
        top = min(top, selected)
    }

    /// So many rows came in before the first one: selection and window stay on theirs.
    public mutating func shift(by rows: Int) {
        selected = min(max(0, selected + rows), max(0, count - 1))
        top = max(0, top + rows)
    }

    public mutating func select(_ row: Int) { selected = min(max(0, row), max(0, count - 1)) }

    /// Selects a row and, when the window of that height does not show it, brings the window around it.
    public mutating func reveal(_ row: Int, rows: Int) {
        let shown = visible(rows: rows)
        select(row)
        top = shown.contains(selected) ? shown.lowerBound : max(0, min(selected - rows / 2, count - rows))
    }

    /// The rows shown in a window of that height: the settled ones, moved as little as needed to show the selection.
    public func visible(rows: Int) -> Range<Int> {
        let height = max(0, rows)
        var first = min(top, max(0, count - height))
        if selected < first { first = selected }
        if height > 0, selected >= first + height { first = selected - height + 1 }
        return first..<min(count, first + height)
    }

    /// Moves the selection by rows, the window following.
    public mutating func move(by step: Int, rows: Int) {
        let (target, overflow) = selected.addingReportingOverflow(step)
        select(overflow ? (step < 0 ? 0 : count) : target)
        settle(rows: rows)
    }

    /// Moves the window; the selection stays inside of it.
    public mutating func scroll(by step: Int, rows: Int) {
        let height = max(1, rows)
        let first = min(max(0, visible(rows: rows).lowerBound + step), max(0, count - height))
        top = first
        selected = min(max(selected, first), max(0, min(count, first + height) - 1))
    }

    /// Remembers the window as it is shown at that height.
    public mutating func settle(rows: Int) { top = visible(rows: rows).lowerBound }

    /// Rows that stay in sight when a step leaps over the window's edge.
    private static let kept = 2

    /// Moves the selection by one row; at its edge the window turns over like a page. All other steps then change two rows alone:
    /// a window that moves by one row each time sends a row and its frame with every key, which is felt over a slow connection.
    private mutating func step(_ step: Int, rows: Int) {
        let shown = visible(rows: rows)
        select(selected + step)
        if !shown.contains(selected) { top = max(0, min(shown.lowerBound + step * max(1, rows - ListPosition.kept), count - rows)) }
        settle(rows: rows)
    }

    /// Handles the keys that move: arrows, paging, Home and End, and vi's j k g G ^D ^U ^F ^B.
    /// - Parameter leaps: a step over the window's edge turns the window over, all but a few rows.
    public mutating func handle(_ key: Key, rows: Int, leaps: Bool = false) -> Bool {
        let page = max(1, rows - 1)
        settle(rows: rows)
        switch key {
        case .up, "k": leaps ? step(-1, rows: rows) : move(by: -1, rows: rows)
        case .down, "j": leaps ? step(1, rows: rows) : move(by: 1, rows: rows)
        case .pageUp, .ctrl("b"): move(by: -page, rows: rows)
        case .pageDown, .ctrl("f"): move(by: page, rows: rows)
        case .ctrl("u"): move(by: -max(1, rows / 2), rows: rows)
        case .ctrl("d"): move(by: max(1, rows / 2), rows: rows)
        case .home, "g": move(by: -count, rows: rows)
        case .end, "G": move(by: count, rows: rows)
        default: return false
        }
        return true
    }
}
