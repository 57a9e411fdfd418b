// Dividing a rectangle among the parts of a page. What does not fit shrinks; nothing becomes negative.

/// How much of the space a part asks for.
public enum Share: Hashable, Sendable {
    /// So many cells, less when there are not as many.
    case fixed(Int)
    /// What remains after the fixed parts, in proportion to the weights, but not under the minimum while there is room.
    case flexible(weight: Int = 1, minimum: Int = 0)
}

/// Divides a length. Fixed parts and minima are served first, from the first part to the last; the rest is shared by
/// weight. The results add up to at most `length`.
public func divide(_ length: Int, _ shares: [Share]) -> [Int] {
    var rest = max(0, length)
    var parts = shares.map { share -> Int in
        let wanted =
            switch share {
            case .fixed(let cells): cells
            case .flexible(_, let minimum): minimum
            }
        let granted = min(max(0, wanted), rest)
        rest -= granted
        return granted
    }
    var weights = 0
    for case .flexible(let weight, _) in shares { weights += max(0, weight) }
    for (index, share) in shares.enumerated() where weights > 0 {
        guard case .flexible(let weight, _) = share, weight > 0 else { continue }
        let extra = rest * weight / weights
        parts[index] += extra
        rest -= extra
        weights -= weight
    }
    return parts
}

extension Rect {
    /// Parts on top of each other, from the top.
    public func split(rows shares: Share...) -> [Rect] {
        var top = row
        return divide(rows, shares).map { height in
            defer { top += height }
            return Rect(column: column, row: top, columns: columns, rows: height)
        }
    }

    /// Parts side by side, from the left.
    public func split(columns shares: Share...) -> [Rect] {
        var left = column
        return divide(columns, shares).map { width in
            defer { left += width }
            return Rect(column: left, row: row, columns: width, rows: rows)
        }
    }
}
