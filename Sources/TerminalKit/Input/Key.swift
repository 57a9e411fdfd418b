// What a person can press. Keys are values that a page compares with; how a terminal sends them is not known here.

/// A key with its modifiers, as far as terminals tell them apart.
public enum Key: Hashable, Sendable {
    /// A printable character, blank included.
    case character(Character)
    case enter, escape, tab, backTab, backspace, delete, insert
    case up, down, left, right, home, end, pageUp, pageDown
    case shiftUp, shiftDown, shiftLeft, shiftRight
    case ctrlUp, ctrlDown, ctrlLeft, ctrlRight
    /// F1 is 1.
    case function(Int)
    /// Control with a lower case letter.
    case ctrl(Character)
    /// Alt (or Escape just before) with a character.
    case alt(Character)

    /// As a footer names the key: `F1`, `^C`, `Alt-x`, `Enter`.
    public var name: String {
        switch self {
        case .character(" "): "Space"
        case .character(let character): String(character)
        case .enter: "Enter"
        case .escape: "Esc"
        case .tab: "Tab"
        case .backTab: "Shift-Tab"
        case .backspace: "Backspace"
        case .delete: "Del"
        case .insert: "Ins"
        case .up: "Up"
        case .down: "Down"
        case .left: "Left"
        case .right: "Right"
        case .home: "Home"
        case .end: "End"
        case .pageUp: "PgUp"
        case .pageDown: "PgDn"
        case .shiftUp: "Shift-Up"
        case .shiftDown: "Shift-Down"
        case .shiftLeft: "Shift-Left"
        case .shiftRight: "Shift-Right"
        case .ctrlUp: "^Up"
        case .ctrlDown: "^Down"
        case .ctrlLeft: "^Left"
        case .ctrlRight: "^Right"
        case .function(let number): "F\(number)"
        case .ctrl(let character): "^" + character.uppercased()
        case .alt(let character): "Alt-\(character)"
        }
    }
}

extension Key: ExpressibleByUnicodeScalarLiteral, ExpressibleByExtendedGraphemeClusterLiteral {
    /// `"q"` is the character key q.
    public init(extendedGraphemeClusterLiteral value: Character) { self = .character(value) }
}
