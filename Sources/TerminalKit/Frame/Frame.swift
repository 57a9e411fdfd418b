// A picture of the whole screen as a value. Pages draw into it, tests read it, the terminal shows it; drawing outside
// of it is cut off, so that no page has to know whether it fits.

/// The cells of a screen, the place of the cursor, and the set of drawing characters in use.
public struct Frame: Equatable, Sendable {
    public let size: GridSize
    public let glyphs: Glyphs
    /// Where the terminal's cursor stands; nil hides it.
    public var cursor: Point?
    var cells: [Cell]

    /// A blank frame.
    public init(_ size: GridSize, glyphs: Glyphs = .unicode) {
        self.size = size
        self.glyphs = glyphs
        cells = Array(repeating: .blank(.normal), count: size.columns * size.rows)
    }

    /// A blank frame of so many columns and rows.
    public init(columns: Int, rows: Int, glyphs: Glyphs = .unicode) {
        self.init(GridSize(columns: columns, rows: rows), glyphs: glyphs)
    }

    public var rect: Rect { size.rect }

    /// The cell at a place; nil outside.
    public subscript(column: Int, row: Int) -> Cell? {
        rect.contains(Point(column: column, row: row)) ? cells[row * size.columns + column] : nil
    }

    /// The meaning of a cell; nil outside.
    public func role(_ column: Int, _ row: Int) -> Role? { self[column, row]?.style.role }

    /// The cells of one row; empty outside.
    public func row(_ row: Int) -> ArraySlice<Cell> {
        row >= 0 && row < size.rows ? cells[row * size.columns..<(row + 1) * size.columns] : []
    }

    /// The text of each row without blanks at its end.
    public var lines: [String] {
        (0..<size.rows).map { row in
            var text = ""
            for cell in self.row(row) { cell.append(to: &text) }
            while text.last == " " { text.removeLast() }
            return text
        }
    }

    /// The whole picture as one text, for a person to read.
    public var text: String { lines.joined(separator: "\n") }

    /// Puts one cell, keeping wide characters whole: a half that loses its other half becomes a blank.
    mutating func put(_ cell: Cell, at column: Int, _ row: Int) {
        let start = row * size.columns
        let index = start + column
        if cells[index].isContinuation, column > 0 {
            cells[index - 1] = .blank(cells[index - 1].style)
        }
        let end = column + max(1, Int(cell.width))
        if end < size.columns, cells[start + end].isContinuation {
            cells[start + end] = .blank(cells[start + end].style)
        }
        cells[index] = cell
        if cell.width == 2 {
            cells[index + 1] = Cell(" ", width: 0, style: cell.style)
        }
    }
}
