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
