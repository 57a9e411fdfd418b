// Places and extents on a screen, in cells. Row 0 is the top, column 0 the left edge.

/// The extent of a screen, a frame or a widget. Negative extents count as zero.
public struct GridSize: Hashable, Sendable {
    public var columns: Int
    public var rows: Int

    public init(columns: Int, rows: Int) {
        self.columns = max(0, columns)
        self.rows = max(0, rows)
    }

    /// The rectangle of this size at the origin.
    public var rect: Rect { Rect(column: 0, row: 0, columns: columns, rows: rows) }
}

/// One cell's place.
public struct Point: Hashable, Sendable {
    public var column: Int
    public var row: Int

    public init(column: Int, row: Int) {
        self.column = column
        self.row = row
    }
}

/// A rectangle of cells. It may lie outside of a frame: drawing is clipped.
public struct Rect: Hashable, Sendable {
    public var column: Int
    public var row: Int
    public var columns: Int
    public var rows: Int

    public init(column: Int, row: Int, columns: Int, rows: Int) {
        self.column = column
        self.row = row
        self.columns = max(0, columns)
        self.rows = max(0, rows)
    }

    /// The first column right of the rectangle.
    public var endColumn: Int { column + columns }
    /// The first row below the rectangle.
    public var endRow: Int { row + rows }
    public var isEmpty: Bool { columns == 0 || rows == 0 }
    public var size: GridSize { GridSize(columns: columns, rows: rows) }

    public func contains(_ point: Point) -> Bool {
        point.column >= column && point.column < endColumn && point.row >= row && point.row < endRow
    }

    /// The part that both share; empty when they do not touch.
    public func intersection(_ other: Rect) -> Rect {
        let left = max(column, other.column)
        let top = max(row, other.row)
        return Rect(
            column: left, row: top, columns: min(endColumn, other.endColumn) - left, rows: min(endRow, other.endRow) - top)
    }

    /// The rectangle without a border of that many cells.
    public func inset(columns horizontal: Int = 1, rows vertical: Int = 1) -> Rect {
        Rect(
            column: column + min(horizontal, columns), row: row + min(vertical, rows),
            columns: columns - 2 * horizontal, rows: rows - 2 * vertical)
    }

    /// A rectangle of at most that size in the middle of this one.
    public func centred(_ size: GridSize) -> Rect {
        let width = min(size.columns, columns)
        let height = min(size.rows, rows)
        return Rect(column: column + (columns - width) / 2, row: row + (rows - height) / 2, columns: width, rows: height)
    }

    /// The n-th row of the rectangle; empty when it has no such row.
    public func line(_ index: Int) -> Rect {
        Rect(column: column, row: row + index, columns: columns, rows: index >= 0 && index < rows ? 1 : 0)
    }
}
