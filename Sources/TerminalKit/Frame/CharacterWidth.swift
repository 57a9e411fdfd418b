// How many columns a character takes. The table is the C library's own, because ncurses asks it.

/// Width of scalars and texts on the screen.
public enum CharacterWidth {
    /// What stands for a character that cannot be shown: control characters, escape, direction overrides, unassigned.
    public static let replacement: Unicode.Scalar = "\u{B7}"

    /// The C library's answer: 0, 1 or 2 columns; -1 when the scalar is not printable.
    public static func of(_ scalar: Unicode.Scalar) -> Int {
        let code = scalar.value
        if code < 0x300 { return code >= 0x20 && code < 0x7F || code >= 0xA0 ? 1 : code == 0 ? 0 : -1 }
        var low = 0
        var high = widthRuns.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if widthRuns[middle] >> 2 <= code { low = middle } else { high = middle }
        }
        let width = Int(widthRuns[low] & 3)
        return width == 3 ? -1 : width
    }

    /// The scalar as a frame shows it, with its width; nil for what is left out: joiners and variation selectors, on
    /// whose effect terminals do not agree.
    static func shown(_ scalar: Unicode.Scalar) -> (scalar: Unicode.Scalar, width: Int)? {
        let code = scalar.value
        if code >= 0x20 && code < 0x7F { return (scalar, 1) }
        switch code {
        case 0x200C, 0x200D, 0xFE00...0xFE0F, 0xE0000...0xE01EF: return nil
        // Marks that turn the direction of the text around would let a name disguise itself.
        case 0x00AD, 0x061C, 0x200B, 0x200E, 0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF, 0xFFF9...0xFFFB:
            return (replacement, 1)
        default:
            let width = of(scalar)
            return width < 0 || code == 0 ? (replacement, 1) : (scalar, width)
        }
    }

    /// Columns that a text takes when it is written into a frame.
    public static func of(_ text: some StringProtocol) -> Int {
        var columns = 0
        var isFirst = true
        for scalar in text.unicodeScalars {
            guard let shown = shown(scalar) else { continue }
            // A mark with nothing before it gets a cell of its own.
            columns += isFirst && shown.width == 0 ? 1 : shown.width
            isFirst = false
        }
        return columns
    }
}
