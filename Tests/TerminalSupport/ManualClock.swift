// A clock for tests.

public import TerminalKit

/// A clock that only moves when it is told to. A class, because a test moves it while the program under test holds it;
/// both are on one thread.
public final class ManualClock: Stopwatch {
    public private(set) var now: Duration

    public init(_ now: Duration = .zero) { self.now = now }

    public func advance(by time: Duration) { now += time }
}
