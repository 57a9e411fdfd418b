// Where a window stands in something longer.

/// A vertical bar one column wide.
public struct ScrollBar: Hashable, Sendable {
    public var count: Int
    public var visible: Range<Int>

    public init(count: Int, visible: Range<Int>) {
        self.count = count
        self.visible = visible
    }

    /// Whether there is anything to scroll.
    public var isNeeded: Bool { visible.count < count }

    /// The rows of the thumb in a bar of so many rows. It is at the top or bottom only when the window is.
    public func thumb(rows: Int) -> Range<Int> {
        guard rows > 0, count > 0, isNeeded else { return 0..<0 }
        let length = min(max(1, Int(Double(rows) * Double(visible.count) / Double(count))), rows)
        let room = rows - length
        let hidden = count - visible.count
        var start = Int((Double(visible.lowerBound) / Double(hidden) * Double(room)).rounded())
        if visible.lowerBound > 0, room > 1 { start = max(1, start) }
        if visible.upperBound < count, room > 1 { start = min(room - 1, start) }
        start = min(max(0, start), room)
        return start..<start + length
    }

    public func render(into frame: inout Frame, _ rect: Rect) {
        let bar = Rect(column: rect.column, row: rect.row, columns: min(1, rect.columns), rows: rect.rows)
        guard isNeeded else { return }
        frame.fill(bar, frame.glyphs.track, style: .barRest)
        let thumb = thumb(rows: rect.rows)
        frame.fill(
            Rect(column: bar.column, row: bar.row + thumb.lowerBound, columns: bar.columns, rows: thumb.count),
            frame.glyphs.thumb, style: .bar)
    }
}
