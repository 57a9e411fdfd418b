// Text that came from a file on its way to a person: what would steer a terminal, or turn the direction of the text around, is
// written as an escape.

public enum SafeText {
    /// Whether the scalar does something to a terminal or to the text around it: control characters (C0, DEL, C1), marks and
    /// overrides of direction, and the line and paragraph separators.
    public static func isSteering(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7f...0x9f, 0x061c, 0x200e, 0x200f, 0x2028...0x202e, 0x2066...0x2069: true
        default: false
        }
    }

    /// The text with `\t`, `\n`, `\x1b` or `\u202e` in place of what steers.
    /// - Parameter kept: steering scalars that stay as they are.
    public static func escaped(_ text: String, keeping kept: Set<Unicode.Scalar> = []) -> String {
        guard text.unicodeScalars.contains(where: { isSteering($0) && !kept.contains($0) }) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            if isSteering(scalar), !kept.contains(scalar) {
                result += escape(scalar)
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// A JSON document with `\u009b` in place of what steers: outside of strings JSON has none of it but white space.
    public static func escapedJSON(_ document: String) -> String {
        guard document.unicodeScalars.contains(where: { isSteering($0) && $0 != "\n" }) else { return document }
        var result = ""
        for scalar in document.unicodeScalars {
            if isSteering(scalar), scalar != "\n" {
                result += "\\u" + hexadecimal(scalar, digits: 4)
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\t": "\\t"
        case "\n": "\\n"
        case _ where scalar.value < 0x100: "\\x" + hexadecimal(scalar, digits: 2)
        default: "\\u" + hexadecimal(scalar, digits: 4)
        }
    }

    private static func hexadecimal(_ scalar: Unicode.Scalar, digits: Int) -> String {
        let text = String(scalar.value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }
}
