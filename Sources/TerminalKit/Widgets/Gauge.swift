// How full something is.

/// A bar of parts of a whole with a text: the used and the free space of a disk.
public struct Gauge: Hashable, Sendable {
    public var used: UInt64
    public var total: UInt64
    public var text: String
    public var style: Style

    public init(used: UInt64, total: UInt64, text: String, style: Style = .bar) {
        self.used = used
        self.total = total
        self.text = text
        self.style = style
    }

    /// The bar takes a third of the row, at most 30 columns, the text the rest.
    public func render(into frame: inout Frame, _ rect: Rect) {
        let line = rect.line(0)
        guard !line.isEmpty else { return }
        frame.fill(line)
        let width = min(30, max(min(6, line.columns), line.columns / 3))
        let share = total > 0 ? Double(used) / Double(total) : 0
        Gauge.renderBar(share: share, into: &frame, Rect(column: line.column, row: line.row, columns: width, rows: 1), style: style)
        let start = line.column + width + 1
        frame.write(text, in: Rect(column: start, row: line.row, columns: line.endColumn - start, rows: 1))
    }

    /// A bar filled to a share from 0 to 1: not full before the end, not empty after the beginning.
    static func renderBar(share: Double, into frame: inout Frame, _ rect: Rect, style: Style = .bar) {
        let width = rect.columns
        guard width > 0 else { return }
        let bounded = share.isFinite ? min(1, max(0, share)) : 0
        var filled = Int(bounded * Double(width))
        if bounded > 0, filled == 0, width > 1 { filled = 1 }
        if bounded < 1, filled == width, width > 1 { filled = width - 1 }
        frame.fill(rect.line(0), frame.glyphs.barRest, style: .barRest)
        frame.fill(Rect(column: rect.column, row: rect.row, columns: filled, rows: 1), frame.glyphs.barFull, style: style)
    }
}
