// The characters that lines, bars and marks are made of, once for terminals with Unicode and once in plain ASCII.

/// A set of drawing characters. Each is one column wide.
public struct Glyphs: Hashable, Sendable {
    public var horizontal: Unicode.Scalar
    public var vertical: Unicode.Scalar
    public var topLeft: Unicode.Scalar
    public var topRight: Unicode.Scalar
    public var bottomLeft: Unicode.Scalar
    public var bottomRight: Unicode.Scalar
    public var teeLeft: Unicode.Scalar
    public var teeRight: Unicode.Scalar
    public var ellipsis: Unicode.Scalar
    public var barFull: Unicode.Scalar
    public var barRest: Unicode.Scalar
    public var thumb: Unicode.Scalar
    public var track: Unicode.Scalar
    public var sortUp: Unicode.Scalar
    public var sortDown: Unicode.Scalar
    public var more: Unicode.Scalar
    public var less: Unicode.Scalar
    public var expanded: Unicode.Scalar
    public var collapsed: Unicode.Scalar
    public var bullet: Unicode.Scalar
    public var radioOn: Unicode.Scalar
    public var checkOn: Unicode.Scalar
    public var checkMixed: Unicode.Scalar
    public var pointer: Unicode.Scalar
    public var gap: Unicode.Scalar
    public var backup: Unicode.Scalar
    public var cursor: Unicode.Scalar
    public var good: Unicode.Scalar
    public var bad: Unicode.Scalar
    public var warning: Unicode.Scalar
    /// Columns of rising height, for histograms; the first is the lowest that still shows.
    public var heights: [Unicode.Scalar]

    public static let unicode = Glyphs(
        horizontal: "─", vertical: "│", topLeft: "┌", topRight: "┐", bottomLeft: "└", bottomRight: "┘", teeLeft: "├",
        teeRight: "┤", ellipsis: "…", barFull: "█", barRest: "░", thumb: "█", track: "│", sortUp: "▲", sortDown: "▼",
        more: "›", less: "‹", expanded: "▾", collapsed: "▸", bullet: "•", radioOn: "•", checkOn: "x", checkMixed: "-",
        pointer: "▸", gap: "░", backup: "◆", cursor: "▲", good: "✓", bad: "✗", warning: "!",
        heights: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"])

    public static let ascii = Glyphs(
        horizontal: "-", vertical: "|", topLeft: "+", topRight: "+", bottomLeft: "+", bottomRight: "+", teeLeft: "+",
        teeRight: "+", ellipsis: "~", barFull: "#", barRest: ".", thumb: "#", track: "|", sortUp: "^", sortDown: "v",
        more: ">", less: "<", expanded: "-", collapsed: "+", bullet: "*", radioOn: "*", checkOn: "x", checkMixed: "-",
        pointer: ">", gap: "?", backup: "B", cursor: "^", good: "+", bad: "x", warning: "!", heights: [".", ":", "|", "#"])
}
