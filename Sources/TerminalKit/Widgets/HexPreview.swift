// Bytes as hexadecimal numbers and characters, row by row; only the visible ones are asked for.

/// A window into bytes.
public struct HexPreview: Hashable, Sendable {
    public private(set) var byteCount: Int
    /// The first visible row; rows have 16 or 8 bytes, as the width allows.
    private var top = 0

    public init(byteCount: Int) { self.byteCount = max(0, byteCount) }

    /// Bytes in a row at a width: an offset of eight digits, two digits and a blank per byte, and the characters.
    static func bytesPerRow(columns: Int) -> Int {
        columns >= 10 + 16 * 3 + 1 + 16 ? 16 : columns >= 10 + 8 * 3 + 1 + 8 ? 8 : max(1, (columns - 11) / 4)
    }

    /// Asks `bytes` for the visible range; fewer may come back.
    public func render(into frame: inout Frame, _ rect: Rect, bytes: (Range<Int>) -> [UInt8]) {
        frame.fill(rect)
        guard !rect.isEmpty else { return }
        let width = HexPreview.bytesPerRow(columns: rect.columns)
        let first = shownTop(rows: rect.rows, width: width)
        let range = min(byteCount, first * width)..<min(byteCount, (first + rect.rows) * width)
        let visible = range.isEmpty ? [] : bytes(range)
        for row in 0..<rect.rows {
            let start = row * width
            guard start < visible.count else { break }
            let part = visible[start..<min(visible.count, start + width)]
            let offset = String(range.lowerBound + start, radix: 16)
            var text = String(repeating: "0", count: max(0, 8 - offset.count)) + offset + "  "
            for byte in part { text += (byte < 16 ? "0" : "") + String(byte, radix: 16) + " " }
            text += String(repeating: "   ", count: width - part.count) + " "
            for byte in part { text.unicodeScalars.append(byte >= 32 && byte < 127 ? Unicode.Scalar(byte) : ".") }
            frame.write(text, at: rect.column, rect.row + row, limit: rect.endColumn)
        }
        if byteCount == 0 { frame.write("no bytes", in: rect, style: .hint) }
    }

    public mutating func handle(_ event: TerminalEvent, in rect: Rect) -> Outcome<Never> {
        let width = HexPreview.bytesPerRow(columns: rect.columns)
        var position = ListPosition(count: rows(width: width))
        position.scroll(by: shownTop(rows: rect.rows, width: width), rows: rect.rows)
        let page = max(1, rect.rows - 1)
        switch event {
        case .key(.up), .key("k"): position.scroll(by: -1, rows: rect.rows)
        case .key(.down), .key("j"): position.scroll(by: 1, rows: rect.rows)
        case .key(.pageUp): position.scroll(by: -page, rows: rect.rows)
        case .key(.pageDown): position.scroll(by: page, rows: rect.rows)
        case .key(.home), .key("g"): position.scroll(by: -position.count, rows: rect.rows)
        case .key(.end), .key("G"): position.scroll(by: position.count, rows: rect.rows)
        case .mouse(let mouse) where rect.contains(mouse.place) && mouse.action == .wheelUp: position.scroll(by: -3, rows: rect.rows)
        case .mouse(let mouse) where rect.contains(mouse.place) && mouse.action == .wheelDown: position.scroll(by: 3, rows: rect.rows)
        default: return .ignored
        }
        top = position.top
        return .handled
    }

    private func rows(width: Int) -> Int { byteCount / width + (byteCount % width > 0 ? 1 : 0) }

    private func shownTop(rows height: Int, width: Int) -> Int { min(top, max(0, rows(width: width) - height)) }
}
