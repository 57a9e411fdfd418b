// What a terminal that shows nothing but ASCII gets instead of other characters.

import TerminalKit

/// A character in ASCII of the same width.
enum AsciiFallback {
    static func scalar(for scalar: Unicode.Scalar) -> Unicode.Scalar {
        scalar.value < 0x7F ? scalar : replacements[scalar] ?? "?"
    }

    /// The drawing characters of the Unicode set that a page may have used in spite of `glyphs`.
    private static let replacements: [Unicode.Scalar: Unicode.Scalar] = {
        let from = Glyphs.unicode
        let to = Glyphs.ascii
        var table: [Unicode.Scalar: Unicode.Scalar] = [CharacterWidth.replacement: "."]
        let parts: [KeyPath<Glyphs, Unicode.Scalar>] = [
            \.horizontal, \.vertical, \.topLeft, \.topRight, \.bottomLeft, \.bottomRight, \.teeLeft, \.teeRight, \.ellipsis,
            \.barFull, \.barRest, \.sortUp, \.sortDown, \.more, \.less, \.expanded, \.collapsed, \.bullet, \.backup, \.good, \.bad,
        ]
        for part in parts { table[from[keyPath: part]] = to[keyPath: part] }
        for height in from.heights.dropLast() { table[height] = ":" }
        return table
    }()
}
