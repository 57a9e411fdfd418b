// What a mouse did, and where.

/// A press of a button or a turn of the wheel. Its place is always inside the screen.
public struct MouseEvent: Hashable, Sendable {
    public enum Action: Hashable, Sendable { case left, middle, right, wheelUp, wheelDown }

    public var action: Action
    public var place: Point

    public init(_ action: Action, at place: Point) {
        self.action = action
        self.place = place
    }
}
