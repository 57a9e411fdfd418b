// Check boxes and radio buttons.

/// A box that is on or off: `[x] Compress`. Its owner changes it.
public struct CheckBox: Hashable, Sendable {
    private let title: String
    private let isOn: Bool

    public init(_ title: String, isOn: Bool) {
        self.title = title
        self.isOn = isOn
    }

    public func render(into frame: inout Frame, _ rect: Rect, isFocused: Bool) {
        let mark = isOn ? String(Character(frame.glyphs.checkOn)) : " "
        frame.write("[\(mark)] \(title)", in: rect, style: isFocused ? .selected : .normal)
    }
}

/// One of several, a row each: `(•) All  ( ) Until an operation`.
public struct RadioButtons: Hashable, Sendable {
    public var titles: [String]
    /// Choices that cannot be made now.
    public var disabled: Set<Int>
    public private(set) var chosen: Int

    public init(_ titles: [String], chosen: Int = 0, disabled: Set<Int> = []) {
        self.titles = titles
        self.disabled = disabled
        self.chosen = chosen
    }

    public func render(into frame: inout Frame, _ rect: Rect, isFocused: Bool) {
        frame.fill(rect)
        let first = firstShown(rows: rect.rows)
        for (offset, index) in (first..<titles.count).prefix(rect.rows).enumerated() {
            let mark = index == chosen ? String(Character(frame.glyphs.radioOn)) : " "
            let style: Style = index == chosen && isFocused ? .selected : disabled.contains(index) ? .disabled : .normal
            frame.write("(\(mark)) \(titles[index])", in: rect.line(offset), style: style)
        }
    }

    /// Arrows move the choice, a click makes it.
    public mutating func handle(_ event: TerminalEvent, in rect: Rect) -> Outcome<Int> {
        switch event {
        case .key(.up), .key("k"): return move(by: -1)
        case .key(.down), .key("j"): return move(by: 1)
        case .key(.character(" ")): return titles.indices.contains(chosen) ? .chosen(chosen) : .handled
        case .mouse(let mouse):
            guard mouse.action == .left, rect.contains(mouse.place) else { return .ignored }
            let index = firstShown(rows: rect.rows) + mouse.place.row - rect.row
            guard titles.indices.contains(index), !disabled.contains(index) else { return .handled }
            chosen = index
            return .chosen(index)
        default: return .ignored
        }
    }

    private func firstShown(rows: Int) -> Int { min(max(0, chosen - rows + 1), max(0, titles.count - rows)) }

    private mutating func move(by step: Int) -> Outcome<Int> {
        var index = chosen + step
        while titles.indices.contains(index), disabled.contains(index) { index += step }
        guard titles.indices.contains(index) else { return .handled }
        chosen = index
        return .chosen(index)
    }
}
