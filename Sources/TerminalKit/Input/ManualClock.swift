// Time as an argument. Widgets get durations; whoever owns the loop measures them, tests set them.

/// Time since some start that does not matter.
public protocol Stopwatch {
    var now: Duration { get }
}

/// The computer's own steady clock.
public struct SteadyStopwatch: Stopwatch, Sendable {
    private let start = ContinuousClock.now

    public init() {}

    public var now: Duration { ContinuousClock.now - start }
}

/// A clock that only moves when it is told to. A class, because a test moves it while the program under test holds it;
/// both are on one thread.
public final class ManualClock: Stopwatch {
    public private(set) var now: Duration

    public init(_ now: Duration = .zero) { self.now = now }

    public func advance(by time: Duration) { now += time }
}
