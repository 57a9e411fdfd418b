// Making a text fit a number of columns: cutting with an ellipsis at the end or in the middle, and breaking into lines.

/// Pure functions from text and columns to text.
public enum TextFitting {
    /// The text if it fits, or its beginning and an ellipsis.
    public static func fit(_ text: some StringProtocol, columns: Int, ellipsis: Unicode.Scalar = "…") -> String {
        // No scalar takes more columns than bytes: short texts need no counting.
        if text.utf8.count <= columns { return String(text) }
        if columns <= 0 { return "" }
        let head = prefix(text, columns: columns)
        if head.utf8.count == text.utf8.count { return head }
        return prefix(text, columns: columns - 1) + String(Character(ellipsis))
    }

    /// A path if it fits, or its two ends with an ellipsis between them: the name at the end is what tells files apart.
    public static func fitPath(_ path: String, columns: Int, ellipsis: Unicode.Scalar = "…") -> String {
        let width = CharacterWidth.of(path)
        if width <= columns { return path }
        if columns <= 0 { return "" }
        if columns < 8 { return fit(path, columns: columns, ellipsis: ellipsis) }
        let head = prefix(path, columns: (columns - 1) / 3)
        return head + String(Character(ellipsis)) + suffix(path, columns: columns - 1 - CharacterWidth.of(head))
    }

    /// As much of the beginning as fits.
    static func prefix(_ text: some StringProtocol, columns: Int) -> String {
        var result = String.UnicodeScalarView()
        var width = 0
        for scalar in text.unicodeScalars {
            let next = CharacterWidth.shown(scalar)?.width ?? 0
            if width + next > columns { break }
            width += next
            result.append(scalar)
        }
        return String(result)
    }

    /// As much of the end as fits.
    static func suffix(_ text: some StringProtocol, columns: Int) -> String {
        var width = 0
        var start = text.unicodeScalars.endIndex
        for index in text.unicodeScalars.indices.reversed() {
            let next = CharacterWidth.shown(text.unicodeScalars[index])?.width ?? 0
            if width + next > columns { break }
            width += next
            // A mark belongs to the character before it: a cut never falls between them.
            if next > 0 { start = index }
        }
        return String(text[start...])
    }

    /// Lines of at most that many columns, broken at blanks, in words only when a word is longer than a line. A line
    /// feed begins a new line.
    public static func wrap(_ text: String, columns: Int) -> [String] {
        guard columns > 0 else { return [] }
        var lines: [String] = []
        for paragraph in text.split(separator: "\n", omittingEmptySubsequences: false) {
            var line = ""
            var width = 0
            for word in paragraph.split(separator: " ") {
                var rest = String(word)
                var restWidth = CharacterWidth.of(rest)
                if width > 0, width + 1 + restWidth > columns {
                    lines.append(line)
                    line = ""
                    width = 0
                }
                while restWidth > columns {
                    let head = prefix(rest, columns: columns)
                    // A wide character in a single column can never be placed.
                    guard !head.isEmpty else { break }
                    lines.append(head)
                    rest = String(Substring(rest.unicodeScalars.dropFirst(head.unicodeScalars.count)))
                    restWidth = CharacterWidth.of(rest)
                }
                if width > 0 {
                    line += " "
                    width += 1
                }
                line += rest
                width += restWidth
            }
            lines.append(line)
        }
        return lines
    }
}

extension TextFitting {
    /// The text, cut or with blanks, in exactly that many columns.
    public static func pad(_ text: some StringProtocol, columns: Int, align: Alignment = .left, ellipsis: Unicode.Scalar = "…")
        -> String
    {
        let fitting = fit(text, columns: columns, ellipsis: ellipsis)
        let space = max(0, columns - CharacterWidth.of(fitting))
        let before =
            switch align {
            case .left: 0
            case .centre: space / 2
            case .right: space
            }
        return String(repeating: " ", count: before) + fitting + String(repeating: " ", count: space - before)
    }
}
