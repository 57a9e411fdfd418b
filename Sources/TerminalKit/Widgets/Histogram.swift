// Counts side by side as columns: operations over time.

/// Columns of rising height. More values than columns are added up in groups, fewer are spread.
public struct Histogram: Hashable, Sendable {
    public var values: [UInt64]
    /// Columns drawn with another style, as a range of values.
    public var highlighted: Range<Int>?

    public init(_ values: [UInt64], highlighted: Range<Int>? = nil) {
        self.values = values
        self.highlighted = highlighted
    }

    /// The sum of the values under each column.
    public func columns(_ count: Int) -> [UInt64] {
        guard count > 0, !values.isEmpty else { return [] }
        return (0..<count).map { column in
            values[group(column, of: count)].reduce(0) { sum, value in
                let (result, overflow) = sum.addingReportingOverflow(value)
                return overflow ? .max : result
            }
        }
    }

    private func group(_ column: Int, of count: Int) -> Range<Int> {
        let start = column * values.count / count
        return start..<max(start + 1, (column + 1) * values.count / count)
    }

    public func render(into frame: inout Frame, _ rect: Rect) {
        frame.fill(rect)
        let sums = columns(rect.columns)
        guard let highest = sums.max(), highest > 0 else { return }
        let steps = frame.glyphs.heights
        for (column, sum) in sums.enumerated() where sum > 0 {
            // Everything that is not zero shows.
            let height = max(1, Int((Double(sum) / Double(highest) * Double(rect.rows * steps.count)).rounded()))
            let isHighlighted = highlighted.map { $0.overlaps(group(column, of: rect.columns)) } ?? false
            for row in 0..<rect.rows {
                let part = min(steps.count, height - row * steps.count)
                guard part > 0 else { break }
                let place = Rect(column: rect.column + column, row: rect.endRow - 1 - row, columns: 1, rows: 1)
                frame.fill(place, steps[part - 1], style: isHighlighted ? .marked : .bar)
            }
        }
    }
}
