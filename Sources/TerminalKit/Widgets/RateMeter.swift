// How fast something goes, from what was seen of it: smooth enough to be read, quick enough to follow a change.

/// A rate over the last seconds. Feed it whenever progress is shown.
public struct RateMeter: Hashable, Sendable {
    private struct Sample: Hashable, Sendable {
        var time: Duration
        var done: UInt64
    }

    /// At most this many samples, one per interval: memory and work stay the same however long the job.
    private static let limit = 20
    private static let interval = Duration.milliseconds(500)
    private var samples: [Sample] = []

    public init() {}

    /// Notes how much is done at a time. A smaller amount than before begins anew: another phase has begun.
    public mutating func note(done: UInt64, at time: Duration) {
        if let last = samples.last {
            if done < last.done {
                samples = []
            } else if time - last.time < RateMeter.interval, samples.count > 1 {
                return
            }
        }
        samples.append(Sample(time: time, done: done))
        if samples.count > RateMeter.limit { samples.removeFirst() }
    }

    /// Units per second, at a time; nil until something can be said. It falls when nothing more arrives.
    public func rate(done: UInt64, at time: Duration) -> Double? {
        guard let first = samples.first, done >= first.done else { return nil }
        let seconds = (time - first.time) / .seconds(1)
        guard seconds >= 0.5 else { return nil }
        return Double(done - first.done) / seconds
    }

    /// The time until the end at that rate; nil when it cannot be said.
    public func remaining(done: UInt64, total: UInt64, at time: Duration) -> Duration? {
        guard let rate = rate(done: done, at: time), rate > 0, total > done else { return nil }
        let seconds = Double(total - done) / rate
        return seconds < 30 * 86400 ? .seconds(seconds) : nil
    }
}
