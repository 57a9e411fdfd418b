// The course of an operation as seen from outside: from readings of its progress come rate, time left and the time since its
// last sign of life. Time is an argument.

import Engine
import Vocabulary

/// What is known of an operation that runs.
struct Course: Sendable, Equatable {
    private(set) var progress: Progress
    /// On the loop's clock; before zero when the operation began earlier than the loop.
    let started: Duration
    /// When the progress changed last.
    private(set) var lastSign: Duration
    private(set) var changes: UInt64 = 0
    /// The amounts done in this phase at some times of the last seconds, oldest first.
    private var samples: [Sample] = []

    private struct Sample: Sendable, Equatable {
        var time: Duration
        var done: UInt64
    }

    /// The rate is that of so much time: long enough to be steady, short enough to follow.
    private static let window = Duration.seconds(5)
    private static let mostSamples = 64

    init(_ progress: Progress, started: Duration, now: Duration) {
        self.progress = progress
        self.started = started
        lastSign = now
        samples = [Sample(time: now, done: progress.done)]
    }

    /// Takes a reading.
    /// - Parameter changes: grows with every report of the operation; an unchanged one is no sign of life.
    mutating func observe(_ new: Progress, changes: UInt64, at now: Duration) {
        guard changes != self.changes || new != progress else { return }
        self.changes = changes
        lastSign = now
        if new.phase != progress.phase || new.unit != progress.unit || new.done < progress.done { samples = [] }
        progress = new
        samples.append(Sample(time: now, done: new.done))
        while samples.count > 2, now - samples[1].time > Course.window || samples.count > Course.mostSamples { samples.removeFirst() }
    }

    /// Between 0 and 1; nil when the total is not known.
    var share: Double? { progress.total > 0 ? min(1, Double(progress.done) / Double(progress.total)) : nil }

    var percent: Int? { share.map { Int($0 * 100) } }

    /// Units a second; nil as long as it cannot be told.
    func rate(at now: Duration) -> Double? {
        guard let first = samples.first, let last = samples.last, last.done > first.done else { return nil }
        let seconds = (now - first.time) / .seconds(1)
        return seconds >= 0.5 ? Double(last.done - first.done) / seconds : nil
    }

    /// Seconds left at this rate.
    func secondsLeft(at now: Duration) -> Int? {
        guard progress.total > progress.done, let rate = rate(at: now), rate > 0 else { return nil }
        let seconds = Double(progress.total - progress.done) / rate
        return seconds < 1e7 ? Int(seconds.rounded(.up)) : nil
    }

    func elapsed(at now: Duration) -> Int { max(0, Int((now - started) / .seconds(1))) }

    func silence(at now: Duration) -> Int { max(0, Int((now - lastSign) / .seconds(1))) }
}

/// Amounts as the thermometer writes them.
enum Wording {
    static func amount(_ count: UInt64, _ unit: Progress.Unit) -> String {
        unit == .bytes ? Amount.bytes(count) : "\(grouped(count)) \(unit.rawValue)"
    }

    /// `1,234,567`.
    static func grouped(_ number: some BinaryInteger) -> String {
        var text = ""
        for (index, digit) in String(number).reversed().enumerated() {
            if index > 0, index % 3 == 0, digit != "-" { text.append(",") }
            text.append(digit)
        }
        return String(text.reversed())
    }

    /// `0:42`, `12:05`, `3:00:12`.
    static func clock(_ seconds: Int) -> String {
        let (hours, rest) = seconds.quotientAndRemainder(dividingBy: 3600)
        let (minutes, left) = rest.quotientAndRemainder(dividingBy: 60)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return hours > 0 ? "\(hours):\(two(minutes)):\(two(left))" : "\(minutes):\(two(left))"
    }

    /// How long ago something was: `just now`, `5 minutes ago`, `3 days ago`.
    static func ago(_ milliseconds: Int64) -> String {
        let minutes = milliseconds / 60_000
        switch minutes {
        case ..<1: return "just now"
        case ..<120: return minutes == 1 ? "1 minute ago" : "\(minutes) minutes ago"
        case ..<(48 * 60): return "\(minutes / 60) hours ago"
        default: return "\(minutes / 1440) days ago"
        }
    }
}
