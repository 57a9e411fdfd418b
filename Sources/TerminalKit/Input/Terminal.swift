// The whole surface between a program and its terminal: show a picture, wait for an event. The loop that uses it runs on
// one thread, the only one that touches it.

/// Wakes a waiting terminal from any thread.
public struct Waker: Sendable {
    private let action: @Sendable () -> Void

    public init(_ action: @escaping @Sendable () -> Void) { self.action = action }

    /// Makes the terminal report `.woken`, soon and once, however often it is called before that. Never blocks. Without
    /// effect when the terminal is gone.
    public func wake() { action() }
}

/// A screen with a keyboard.
public protocol Terminal: ~Copyable {
    /// The extent of the screen as the last event left it.
    var size: GridSize { get }
    /// The drawing characters that this terminal can show.
    var glyphs: Glyphs { get }
    /// What other threads wake this terminal with.
    var waker: Waker { get }
    /// True while the program works in the background, so that the picture may still change without input. Tests wait
    /// for it to be false; nothing else depends on it.
    var isWorking: Bool { get set }

    /// Shows a picture; only what changed since the last one is sent. A picture of another size is cut off.
    mutating func present(_ frame: borrowing Frame)

    /// Waits for the next event, for ever when `timeout` is nil. Input comes at once; `.woken` comes at most every 50 ms,
    /// so that progress of any speed costs little.
    mutating func nextEvent(timeout: Duration?) -> TerminalEvent
}

extension Terminal where Self: ~Copyable {
    /// A blank frame for this terminal.
    public func blankFrame() -> Frame { Frame(size, glyphs: glyphs) }
}
