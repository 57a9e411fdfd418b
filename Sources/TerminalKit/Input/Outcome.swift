// What a widget says after it was given an event.

/// The answer of a widget.
public enum Outcome<Choice> {
    /// Not meant for this widget: offer the event to somebody else.
    case ignored
    /// The widget changed; draw again.
    case handled
    /// The person chose this.
    case chosen(Choice)
    /// The person left without choosing.
    case cancelled

    public var isIgnored: Bool {
        if case .ignored = self { true } else { false }
    }
}

extension Outcome: Equatable where Choice: Equatable {}
extension Outcome: Sendable where Choice: Sendable {}
