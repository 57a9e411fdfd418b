// Backups, logs and gaps on an axis of time, with a cursor to choose a moment.

/// Moments are seconds since any start; how they read is said by whoever draws.
public struct TimeLine: Hashable, Sendable {
    /// A log, from its first to its last operation.
    public struct Span: Hashable, Sendable {
        public var from: Int64
        public var to: Int64
        /// Part of the way: drawn as chosen.
        public var isChosen: Bool

        public init(from: Int64, to: Int64, isChosen: Bool = false) {
            self.from = from
            self.to = to
            self.isChosen = isChosen
        }
    }

    public var from: Int64
    public var to: Int64
    public var backups: [Int64]
    public var logs: [Span]
    /// Times that nothing recorded.
    public var gaps: [Span]
    public private(set) var cursor: Int64

    public init(from: Int64, to: Int64, backups: [Int64], logs: [Span], gaps: [Span] = [], cursor: Int64) {
        self.from = min(from, to)
        self.to = max(from, to)
        self.backups = backups
        self.logs = logs
        self.gaps = gaps
        self.cursor = cursor
        moveCursor(to: cursor)
    }

    public mutating func moveCursor(to moment: Int64) { cursor = min(max(from, moment), to) }

    /// Four rows: backups, logs with their gaps, the cursor, and the axis with the times of its ends and of the cursor.
    /// With fewer rows the last ones are left out; the cursor then marks the logs' row.
    public func render(into frame: inout Frame, _ rect: Rect, isFocused: Bool, label: (Int64) -> String) {
        frame.fill(rect)
        guard !rect.isEmpty else { return }
        let glyphs = frame.glyphs
        let logRow = rect.rows >= 2 ? 1 : 0
        if rect.rows >= 2 {
            for backup in backups {
                guard let column = column(backup, in: rect) else { continue }
                frame.write(String(Character(glyphs.backup)), at: column, rect.row, style: .good, limit: rect.endColumn)
            }
        }
        let line = rect.line(logRow)
        for log in logs { draw(log, glyphs.horizontal, log.isChosen ? .marked : .normal, into: &frame, line) }
        for gap in gaps { draw(gap, glyphs.gap, .error, into: &frame, line) }
        guard let place = column(cursor, in: rect) else { return }
        let pointer = rect.line(rect.rows >= 3 ? 2 : logRow)
        frame.write(
            String(Character(glyphs.cursor)), at: place, pointer.row, style: isFocused ? .selected : .selectedIdle,
            limit: rect.endColumn)
        guard rect.rows >= 4 else { return }
        let axis = rect.line(3)
        let text = label(cursor)
        let width = CharacterWidth.of(text)
        let start = max(rect.column, min(place - width / 2, rect.endColumn - width))
        let first = label(from)
        let last = label(to)
        let lastStart = rect.endColumn - CharacterWidth.of(last)
        if rect.column + CharacterWidth.of(first) < start { frame.write(first, at: rect.column, axis.row, style: .hint) }
        if lastStart > start + width { frame.write(last, at: lastStart, axis.row, style: .hint, limit: rect.endColumn) }
        frame.write(text, at: start, axis.row, style: .normal, limit: rect.endColumn)
    }

    /// Left and right move by one column, with Shift or Control by ten; Home and End go to the ends; `b` and `B` go to the
    /// backup before and after; Enter and a second click choose the moment.
    public mutating func handle(_ event: TerminalEvent, in rect: Rect) -> Outcome<Int64> {
        switch event {
        case .key(.left), .key("h"): step(-1, in: rect)
        case .key(.right), .key("l"): step(1, in: rect)
        case .key(.shiftLeft), .key(.ctrlLeft): step(-10, in: rect)
        case .key(.shiftRight), .key(.ctrlRight): step(10, in: rect)
        case .key(.home): cursor = from
        case .key(.end): cursor = to
        case .key("b"): if let backup = backups.filter({ $0 < cursor }).max() { moveCursor(to: backup) }
        case .key("B"): if let backup = backups.filter({ $0 > cursor }).min() { moveCursor(to: backup) }
        case .key(.enter): return .chosen(cursor)
        case .mouse(let mouse):
            guard mouse.action == .left, rect.contains(mouse.place) else { return .ignored }
            if column(cursor, in: rect) == mouse.place.column { return .chosen(cursor) }
            moveCursor(to: moment(column: mouse.place.column - rect.column, columns: rect.columns))
        default: return .ignored
        }
        return .handled
    }

    private mutating func step(_ columns: Int, in rect: Rect) {
        guard rect.columns > 1 else { return }
        let second = max(1, span / Double(rect.columns - 1))
        let target = Double(cursor) + second * Double(columns)
        moveCursor(to: target <= Double(from) ? from : target >= Double(to) ? to : Int64(target))
    }

    private func draw(_ span: Span, _ scalar: Unicode.Scalar, _ style: Style, into frame: inout Frame, _ line: Rect) {
        guard span.from <= to, span.to >= from, span.from <= span.to,
            let first = column(max(span.from, from), in: line), let last = column(min(span.to, to), in: line)
        else { return }
        frame.fill(Rect(column: first, row: line.row, columns: last - first + 1, rows: line.rows), scalar, style: style)
    }

    /// Doubles: the ends may be so far apart that their difference is no Int64.
    private var span: Double { Double(to) - Double(from) }

    private func column(_ moment: Int64, in rect: Rect) -> Int? {
        guard moment >= from, moment <= to, rect.columns > 0 else { return nil }
        guard span > 0 else { return rect.column }
        return rect.column + Int(((Double(moment) - Double(from)) / span * Double(rect.columns - 1)).rounded())
    }

    private func moment(column: Int, columns: Int) -> Int64 {
        guard columns > 1 else { return from }
        let value = Double(from) + span * Double(column) / Double(columns - 1)
        return value >= Double(to) ? to : value <= Double(from) ? from : Int64(value.rounded())
    }
}
