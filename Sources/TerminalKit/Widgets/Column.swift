// The columns of a table: their order, their widths, which are shown.

/// One column.
public struct Column: Hashable, Sendable {
    public var id: String
    public var title: String
    public var width: Share
    public var align: Alignment
    public var isHidden: Bool
    /// A click on its head asks for sorting.
    public var isSortable: Bool

    public init(
        _ id: String, _ title: String, width: Share, align: Alignment = .left, isHidden: Bool = false, isSortable: Bool = false
    ) {
        self.id = id
        self.title = title
        self.width = width
        self.align = align
        self.isHidden = isHidden
        self.isSortable = isSortable
    }

    /// The least width at which the column is worth showing.
    var minimum: Int {
        switch width {
        case .fixed(let cells): max(1, cells)
        case .flexible(_, let minimum): max(4, minimum)
        }
    }
}

/// By which column a table is sorted.
public struct SortOrder: Hashable, Sendable {
    public var column: String
    public var isDescending: Bool

    public init(column: String, isDescending: Bool = false) {
        self.column = column
        self.isDescending = isDescending
    }
}

/// All columns of a table in the order in which they are shown.
public struct ColumnSet: Hashable, Sendable {
    public private(set) var all: [Column]

    public init(_ columns: [Column]) { all = columns }

    public var shown: [Column] { all.filter { !$0.isHidden } }

    /// Where columns stand in a width, beginning with the `first`-th shown one: as many as have room, the last one cut
    /// when only a part of it fits. One blank separates them.
    func places(columns: Int, first: Int) -> [(column: Column, start: Int, width: Int)] {
        var taken: [Column] = []
        var used = 0
        for column in shown.dropFirst(max(0, first)) {
            let gap = taken.isEmpty ? 0 : 1
            guard used + gap < columns else { break }
            taken.append(column)
            used += gap + column.minimum
        }
        let shares = taken.map { column -> Share in
            if case .flexible(let weight, _) = column.width { return .flexible(weight: weight, minimum: column.minimum) }
            return .fixed(column.minimum)
        }
        var widths = divide(columns - max(0, taken.count - 1), shares)
        if let last = widths.indices.last {
            // When nothing is flexible the last column gets what is left.
            widths[last] += max(0, columns - max(0, taken.count - 1) - widths.reduce(0, +))
        }
        var start = 0
        return zip(taken, widths).map { column, width in
            defer { start += width + 1 }
            return (column, start, width)
        }
    }
}
