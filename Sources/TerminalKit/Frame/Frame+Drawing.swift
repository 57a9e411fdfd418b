// Areas, lines and boxes.

extension Frame {
    /// Fills a rectangle with one character (one column wide) and style.
    public mutating func fill(_ rect: Rect, _ scalar: Unicode.Scalar = " ", style: Style = .normal) {
        let area = rect.intersection(self.rect)
        guard !area.isEmpty else { return }
        let cell = CharacterWidth.of(scalar) == 1 ? Cell(scalar, width: 1, style: style) : .blank(style)
        for row in area.row..<area.endRow {
            // Only the two ends can cut a wide character in half.
            put(cell, at: area.column, row)
            put(cell, at: area.endColumn - 1, row)
            for column in area.column..<area.endColumn { cells[row * size.columns + column] = cell }
        }
    }

    /// A horizontal line in the first row of a rectangle.
    public mutating func rule(_ rect: Rect, style: Style = .border) { fill(rect.line(0), glyphs.horizontal, style: style) }

    /// A border along the edge of a rectangle with a title in its upper side. Returns the rectangle inside, which is
    /// not touched. A rectangle of fewer than two rows or columns gets no border.
    @discardableResult
    public mutating func box(_ rect: Rect, title: String = "", style: Style = .border, titleStyle: Style = .title) -> Rect {
        guard rect.columns >= 2, rect.rows >= 2 else { return rect }
        let right = rect.endColumn - 1
        let bottom = rect.endRow - 1
        rule(rect, style: style)
        rule(rect.line(rect.rows - 1), style: style)
        for (column, scalar) in [(rect.column, glyphs.vertical), (right, glyphs.vertical)] {
            fill(Rect(column: column, row: rect.row + 1, columns: 1, rows: rect.rows - 2), scalar, style: style)
        }
        let corners = [
            (rect.column, rect.row, glyphs.topLeft), (right, rect.row, glyphs.topRight),
            (rect.column, bottom, glyphs.bottomLeft), (right, bottom, glyphs.bottomRight),
        ]
        for (column, row, scalar) in corners {
            fill(Rect(column: column, row: row, columns: 1, rows: 1), scalar, style: style)
        }
        if !title.isEmpty, rect.columns >= 7 {
            let shown = fit(title, columns: rect.columns - 6)
            write(" \(shown) ", at: rect.column + 2, rect.row, style: titleStyle, limit: right)
        }
        return rect.inset()
    }
}
