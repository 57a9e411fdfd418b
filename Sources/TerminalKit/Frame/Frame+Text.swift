// Writing text into a frame: one row at a time, cut at the edge, nothing of it able to reach the terminal as a command.

/// Where a text stands in its space.
public enum Alignment: Hashable, Sendable { case left, centre, right }

extension Frame {
    /// Writes a text from a place to the right and returns the column after it.
    ///
    /// It is cut at `limit` (the first column not to be touched; by default the frame's edge). A wide character that
    /// would cross it is left out and its column blanked. Control characters appear as `·`; combining marks join the
    /// character before.
    @discardableResult
    public mutating func write(
        _ text: some StringProtocol, at column: Int, _ row: Int, style: Style = .normal, limit: Int? = nil
    ) -> Int {
        var place = column
        let end = min(limit ?? size.columns, size.columns)
        guard row >= 0, row < size.rows else { return place }
        var previous: Int?
        for scalar in text.unicodeScalars {
            guard var shown = CharacterWidth.shown(scalar) else { continue }
            if shown.width == 0 {
                if let previous {
                    cells[row * size.columns + previous].add(mark: shown.scalar)
                    continue
                }
                if place > column { continue }
                shown = (CharacterWidth.replacement, 1)
            }
            guard place + shown.width <= end else {
                if place < end, place >= 0 { put(.blank(style), at: place, row) }
                return place
            }
            if place >= 0 {
                put(Cell(shown.scalar, width: shown.width, style: style), at: place, row)
                previous = place
            } else {
                if place + shown.width > 0 { put(.blank(style), at: 0, row) }
                previous = nil
            }
            place += shown.width
        }
        return place
    }

    /// Writes a text into the first row of a rectangle, blanking the rest of that row. What does not fit ends in `…`.
    public mutating func write(_ text: some StringProtocol, in rect: Rect, style: Style = .normal, align: Alignment = .left) {
        let line = rect.line(0)
        guard !line.isEmpty else { return }
        fill(line, style: style)
        let fitting = fit(text, columns: rect.columns)
        let space = rect.columns - CharacterWidth.of(fitting)
        let start =
            switch align {
            case .left: rect.column
            case .centre: rect.column + space / 2
            case .right: rect.column + space
            }
        write(fitting, at: start, rect.row, style: style, limit: rect.endColumn)
    }

    /// The text if it fits, or its beginning and an ellipsis.
    public func fit(_ text: some StringProtocol, columns: Int) -> String {
        TextFitting.fit(text, columns: columns, ellipsis: glyphs.ellipsis)
    }

    /// Writes a text over several rows, broken between words. Returns the number of rows used.
    @discardableResult
    public mutating func writeWrapped(_ text: String, in rect: Rect, style: Style = .normal) -> Int {
        let lines = TextFitting.wrap(text, columns: rect.columns)
        for (index, line) in lines.prefix(rect.rows).enumerated() {
            let isCut = index == rect.rows - 1 && lines.count > rect.rows
            write(isCut ? line + String(Character(glyphs.ellipsis)) : line, in: rect.line(index), style: style)
        }
        return min(lines.count, rect.rows)
    }
}
