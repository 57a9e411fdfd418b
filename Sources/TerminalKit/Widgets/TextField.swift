// One line of text to type into.

/// A text with a cursor. The text scrolls sideways when it is longer than the field.
public struct TextField: Hashable, Sendable {
    public private(set) var text: String
    /// The number of characters before the cursor.
    public private(set) var cursor: Int
    /// Shown while the text is empty.
    public var placeholder: String
    /// Typing stops at this many characters.
    public var maximumLength: Int

    public init(_ text: String = "", placeholder: String = "", maximumLength: Int = 4096) {
        self.text = text
        cursor = text.count
        self.placeholder = placeholder
        self.maximumLength = maximumLength
    }

    /// Replaces the text; the cursor goes to its end.
    public mutating func set(_ text: String) {
        self.text = text
        cursor = text.count
    }

    /// Draws into the first row and, when focused, puts the terminal's cursor. An empty part is underscored by blanks of
    /// the field's style, framed by brackets where there is room, so that it shows without colours.
    public func render(into frame: inout Frame, _ rect: Rect, isFocused: Bool) {
        let line = rect.line(0)
        guard !line.isEmpty else { return }
        let style: Style = isFocused ? .fieldActive : .field
        frame.fill(line, style: style)
        let inside = TextField.inside(line)
        if inside != line {
            frame.write("[", at: line.column, line.row, style: style)
            frame.write("]", at: line.endColumn - 1, line.row, style: style)
        }
        if text.isEmpty, !isFocused || !placeholder.isEmpty {
            frame.write(placeholder, in: inside, style: Style(.hint, style.emphasis))
        }
        let (shown, column) = window(columns: inside.columns)
        frame.write(shown, at: inside.column, inside.row, style: style, limit: inside.endColumn)
        if isFocused { frame.cursor = Point(column: inside.column + column, row: inside.row) }
    }

    /// Handles editing keys; Enter chooses the text, Esc cancels. With a completion, Tab offers what is typed so far and
    /// takes the answer; without one, Tab is ignored and so moves the focus.
    public mutating func handle(
        _ event: TerminalEvent, in rect: Rect, completion: ((String) -> String?)? = nil
    ) -> Outcome<String> {
        switch event {
        case .mouse(let mouse):
            guard mouse.action == .left, rect.line(0).contains(mouse.place) else { return .ignored }
            let inside = TextField.inside(rect.line(0))
            place(cursorAt: mouse.place.column - inside.column, columns: inside.columns)
            return .handled
        case .key(let key):
            switch key {
            case .enter: return .chosen(text)
            case .escape: return .cancelled
            case .tab:
                guard let completed = completion?(text), completed != text else { return .ignored }
                set(completed)
                return .handled
            default: return edit(key) ? .handled : .ignored
            }
        default:
            return .ignored
        }
    }

    private mutating func edit(_ key: Key) -> Bool {
        let place = text.index(text.startIndex, offsetBy: cursor)
        switch key {
        case .character(let character):
            guard text.count < maximumLength else { return true }
            text.insert(character, at: place)
            // A combining mark joins the character before it: the text is then no longer than it was.
            cursor = text.distance(from: text.startIndex, to: text.index(place, offsetBy: 1, limitedBy: text.endIndex) ?? text.endIndex)
        case .backspace:
            guard cursor > 0 else { return true }
            text.remove(at: text.index(before: place))
            cursor -= 1
        case .delete, .ctrl("d"):
            if cursor < text.count { text.remove(at: place) }
        case .left, .ctrl("b"): cursor = max(0, cursor - 1)
        case .right, .ctrl("f"): cursor = min(text.count, cursor + 1)
        case .home, .ctrl("a"): cursor = 0
        case .end, .ctrl("e"): cursor = text.count
        case .ctrl("u"):
            text.removeSubrange(text.startIndex..<place)
            cursor = 0
        case .ctrl("k"): text.removeSubrange(place...)
        case .ctrl("w"): removeWord(before: place)
        case .ctrlLeft, .alt("b"): cursor = wordStart(before: cursor)
        case .ctrlRight, .alt("f"): cursor = wordEnd(after: cursor)
        default: return false
        }
        return true
    }

    private mutating func removeWord(before place: String.Index) {
        let start = wordStart(before: cursor)
        text.removeSubrange(text.index(text.startIndex, offsetBy: start)..<place)
        cursor = start
    }

    private func wordStart(before cursor: Int) -> Int {
        let characters = Array(text.prefix(cursor))
        var index = characters.count
        while index > 0, TextField.isSeparator(characters[index - 1]) { index -= 1 }
        while index > 0, !TextField.isSeparator(characters[index - 1]) { index -= 1 }
        return index
    }

    private func wordEnd(after cursor: Int) -> Int {
        let characters = Array(text)
        var index = cursor
        while index < characters.count, TextField.isSeparator(characters[index]) { index += 1 }
        while index < characters.count, !TextField.isSeparator(characters[index]) { index += 1 }
        return index
    }

    private static func isSeparator(_ character: Character) -> Bool { " /.,;:=".contains(character) }

    private static func inside(_ line: Rect) -> Rect {
        line.columns >= 4
            ? Rect(column: line.column + 1, row: line.row, columns: line.columns - 2, rows: line.rows) : line
    }

    /// The part of the text that is shown, and the column of the cursor in it.
    private func window(columns: Int) -> (text: String, cursor: Int) {
        let shown = Array(text)
        let start = windowStart(shown, columns: columns)
        let before = String(shown[start..<cursor])
        return (String(shown[start...]), min(CharacterWidth.of(before), max(0, columns - 1)))
    }

    /// The first character shown: as many as fit before the cursor, which always has a cell of its own.
    private func windowStart(_ characters: [Character], columns: Int) -> Int {
        var width = 1
        var start = cursor
        while start > 0 {
            width += CharacterWidth.of(String(characters[start - 1]))
            if width > columns { break }
            start -= 1
        }
        return start
    }

    private mutating func place(cursorAt column: Int, columns: Int) {
        let characters = Array(text)
        var index = windowStart(characters, columns: columns)
        var width = 0
        while index < characters.count {
            width += CharacterWidth.of(String(characters[index]))
            if width > column { break }
            index += 1
        }
        cursor = index
    }
}
