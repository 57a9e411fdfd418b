// What a piece of the screen means, never how it looks: the terminal turns roles into colours or, without colours,
// into bold, underline and reverse. No page may rely on colour alone.

/// The meaning of a cell.
public enum Role: UInt8, Hashable, Sendable, CaseIterable {
    case normal
    /// A heading of a page, a dialog or a group.
    case title
    /// The name of a value that stands beside it.
    case label
    /// The row or button that the keys act on.
    case selected
    /// The chosen row of a list that does not have the keys now.
    case selectedIdle
    /// What cannot be used now.
    case disabled
    case warning
    case error
    case good
    /// A key to press.
    case key
    case border
    /// The border of the part that has the keys.
    case borderActive
    /// The filled part of a bar.
    case bar
    /// The rest of a bar.
    case barRest
    case hint
    /// A field to type into.
    case field
    /// The field that has the keys.
    case fieldActive
    /// The heads of a table's columns.
    case heading
    /// Rows that an operation is about to cancel or remove.
    case doomed
    /// A value that changed, or the part of a text that was searched for.
    case marked
    /// The line at the top and the line at the bottom of the screen.
    case status
}

/// Stress on top of a role.
public struct Emphasis: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let bold = Emphasis(rawValue: 1)
    public static let underline = Emphasis(rawValue: 2)
    public static let reverse = Emphasis(rawValue: 4)
}

/// A role and its stress.
public struct Style: Hashable, Sendable {
    public var role: Role
    public var emphasis: Emphasis

    public init(_ role: Role, _ emphasis: Emphasis = []) {
        self.role = role
        self.emphasis = emphasis
    }

    public func with(_ more: Emphasis) -> Style { Style(role, emphasis.union(more)) }

    public static let normal = Style(.normal)
    public static let title = Style(.title)
    public static let label = Style(.label)
    public static let selected = Style(.selected)
    public static let selectedIdle = Style(.selectedIdle)
    public static let disabled = Style(.disabled)
    public static let warning = Style(.warning)
    public static let error = Style(.error)
    public static let good = Style(.good)
    public static let key = Style(.key)
    public static let border = Style(.border)
    public static let borderActive = Style(.borderActive)
    public static let bar = Style(.bar)
    public static let barRest = Style(.barRest)
    public static let hint = Style(.hint)
    public static let field = Style(.field)
    public static let fieldActive = Style(.fieldActive)
    public static let heading = Style(.heading)
    public static let doomed = Style(.doomed)
    public static let marked = Style(.marked)
    public static let status = Style(.status)
}
