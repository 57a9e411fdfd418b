// Backups, logs and gaps along a line of time, with the point where a restore ends. A picture of values; it reads nothing.

import Engine
import TerminalKit

/// Three rows: the two ends of the time shown, the line, and the cursor below it.
struct RestoreTimeLine: Sendable, Equatable {
    struct Stretch: Sendable, Equatable {
        enum Kind: Sendable { case reachable, unreachable, missing }
        var kind: Kind
        var start: Int64
        var end: Int64
    }

    var start: Int64
    var end: Int64
    var stretches: [Stretch]
    /// When backups began.
    var backups: [Int64]
    /// The end of the restore; nil when there is none yet.
    var cursor: Int64?
    /// What stands beside the cursor.
    var label: String
    /// The cursor's place cannot be reached.
    var isRefused: Bool

    static let rows = 3

    /// The line of a preview.
    init(_ preview: RestorePreview, backups: [Int64], cursor: Int64?, label: String = "", isRefused: Bool = false) {
        start = preview.archive.time
        stretches = preview.logs.map { Stretch(kind: .reachable, start: $0.start, end: $0.end) }
        // Between two logs nothing is missing: the line goes on.
        for index in stretches.indices.dropLast() { stretches[index].end = stretches[index + 1].start }
        if let first = stretches.indices.first { stretches[first].start = min(start, stretches[first].start) }
        stretches += preview.beyond.map { Stretch(kind: .unreachable, start: $0.start, end: $0.end) }
        stretches += preview.gaps.map { Stretch(kind: .missing, start: $0.start, end: $0.end) }
        end = max(start + 1000, stretches.map(\.end).max() ?? start)
        self.backups = backups.filter { [start, end] in $0 >= start && $0 <= end }
        self.cursor = cursor
        self.label = label
        self.isRefused = isRefused
    }

    /// The column of a time, from 0; times outside are at the ends.
    func column(of time: Int64, columns: Int) -> Int {
        guard columns > 1, end > start else { return 0 }
        let share = Double(min(max(time, start), end) - start) / Double(end - start)
        return Int((share * Double(columns - 1)).rounded())
    }

    /// The latest time that is shown in a column.
    func time(at column: Int, columns: Int) -> Int64 {
        guard columns > 1 else { return end }
        if column >= columns - 1 { return end }
        return start + Int64((Double(max(0, column)) + 0.5) / Double(columns - 1) * Double(end - start))
    }

    func render(into frame: inout Frame, _ rect: Rect, isFocused: Bool) {
        guard !rect.isEmpty else { return }
        frame.fill(rect)
        frame.write(Timestamp.local(start), in: rect.line(0), style: .label)
        let last = Timestamp.local(end)
        if rect.columns >= 2 * last.utf8.count + 1 {
            frame.write(last, at: rect.endColumn - last.utf8.count, rect.row, style: .label, limit: rect.endColumn)
        }
        let line = rect.line(1)
        guard !line.isEmpty else { return }
        let cells = cells(columns: line.columns)
        for (offset, cell) in cells.enumerated() {
            let (glyph, style) = cell.appearance(frame.glyphs)
            frame.fill(Rect(column: line.column + offset, row: line.row, columns: 1, rows: 1), glyph, style: style)
        }
        renderCursor(into: &frame, rect.line(2), isFocused: isFocused)
    }

    private func renderCursor(into frame: inout Frame, _ rect: Rect, isFocused: Bool) {
        guard let cursor, !rect.isEmpty else { return }
        let place = rect.column + column(of: cursor, columns: rect.columns)
        let style: Style = isRefused ? .error : isFocused ? .selected : .title
        let mark = isRefused ? frame.glyphs.bad : frame.glyphs.cursor
        frame.fill(Rect(column: place, row: rect.row, columns: 1, rows: 1), mark, style: style)
        let width = CharacterWidth.of(label)
        guard width > 0 else { return }
        if place + 2 + width <= rect.endColumn {
            frame.write(label, at: place + 2, rect.row, style: style, limit: rect.endColumn)
        } else if place - 1 - width >= rect.column {
            frame.write(label, at: place - 1 - width, rect.row, style: style, limit: place)
        }
    }

    /// What a column stands for. A backup is seen before a gap, a gap before a log: the rare must not be hidden.
    enum Cell: Sendable, Equatable {
        case nothing, kept, leftOut, unreachable, missing, backup

        func appearance(_ glyphs: Glyphs) -> (Unicode.Scalar, Style) {
            switch self {
            case .nothing: (" ", .normal)
            case .kept: (glyphs.barFull, .bar)
            case .leftOut: (glyphs.horizontal, .normal)
            case .unreachable: (glyphs.bullet, .disabled)
            case .missing: (glyphs.gap, .error)
            case .backup: (glyphs.backup, .good)
            }
        }
    }

    func cells(columns: Int) -> [Cell] {
        var cells = Array(repeating: Cell.nothing, count: max(0, columns))
        guard !cells.isEmpty else { return cells }
        let limit = isRefused ? start : cursor ?? end
        for kind in [Stretch.Kind.unreachable, .reachable, .missing] {
            for stretch in stretches where stretch.kind == kind {
                let first = column(of: stretch.start, columns: columns)
                for place in first...max(first, column(of: stretch.end, columns: columns)) {
                    switch kind {
                    case .reachable: cells[place] = place <= column(of: limit, columns: columns) ? .kept : .leftOut
                    case .unreachable: cells[place] = .unreachable
                    case .missing: cells[place] = .missing
                    }
                }
            }
        }
        for time in backups { cells[column(of: time, columns: columns)] = .backup }
        return cells
    }

    /// The meaning of the marks, as one line.
    static func legend(_ glyphs: Glyphs) -> String {
        [(glyphs.backup, "backup"), (glyphs.barFull, "kept"), (glyphs.horizontal, "left out"), (glyphs.gap, "missing"), (glyphs.bullet, "out of reach")]
            .map { "\(Character($0.0)) \($0.1)" }.joined(separator: "  ")
    }
}
