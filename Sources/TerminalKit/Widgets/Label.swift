// A name and its value on one row, as the information areas of the pages have them.

/// `Name: value`, the values of several labels under each other when they share a name width.
public struct Label: Hashable, Sendable {
    public var name: String
    public var value: String
    public var style: Style
    /// Cuts the value in its middle, as paths need it.
    public var isPath: Bool

    public init(_ name: String, _ value: String, style: Style = .normal, isPath: Bool = false) {
        self.name = name
        self.value = value
        self.style = style
        self.isPath = isPath
    }

    public func render(into frame: inout Frame, _ rect: Rect, nameColumns: Int? = nil) {
        let line = rect.line(0)
        guard !line.isEmpty else { return }
        frame.fill(line)
        let width = min(nameColumns ?? CharacterWidth.of(name), max(0, line.columns - 8))
        frame.write(name, in: Rect(column: line.column, row: line.row, columns: width, rows: 1), style: .label)
        let start = line.column + (width > 0 ? width + 1 : 0)
        let place = Rect(column: start, row: line.row, columns: line.endColumn - start, rows: 1)
        let shown = isPath ? TextFitting.fitPath(value, columns: place.columns, ellipsis: frame.glyphs.ellipsis) : value
        frame.write(shown, in: place, style: style)
    }

    /// Draws labels under each other with their values aligned; those that do not fit are left out.
    public static func render(_ labels: [Label], into frame: inout Frame, _ rect: Rect) {
        let width = labels.map { CharacterWidth.of($0.name) }.max() ?? 0
        for (index, label) in labels.prefix(rect.rows).enumerated() {
            label.render(into: &frame, rect.line(index), nameColumns: width)
        }
    }
}
