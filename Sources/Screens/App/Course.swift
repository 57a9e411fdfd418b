// The course of an operation as seen from outside: from readings of its progress come rate, time left and the time since its
// last sign of life. Time is an argument.

import Engine
import TerminalKit
import Vocabulary

/// What is known of an operation that runs.
struct Course: Sendable, Equatable {
    private(set) var progress: Progress
    /// On the loop's clock; before zero when the operation began earlier than the loop.
    let started: Duration
    /// When the progress changed last.
    private(set) var lastSign: Duration
    private(set) var changes: UInt64 = 0
    private var meter = RateMeter()

    init(_ progress: Progress, started: Duration, now: Duration) {
        self.progress = progress
        self.started = started
        lastSign = now
        meter.note(done: progress.done, at: now)
    }

    /// Takes a reading.
    /// - Parameter changes: grows with every report of the operation; an unchanged one is no sign of life.
    mutating func observe(_ new: Progress, changes: UInt64, at now: Duration) {
        guard changes != self.changes || new != progress else { return }
        self.changes = changes
        lastSign = now
        if new.phase != progress.phase || new.unit != progress.unit { meter = RateMeter() }
        progress = new
        meter.note(done: new.done, at: now)
    }

    /// Everything that a thermometer shows of it.
    func reading(title: String, at now: Duration) -> ThermometerReading {
        ThermometerReading(
            title: title, phase: progress.phase, subject: progress.subject, done: progress.done, total: progress.total,
            unit: progress.unit == .bytes ? .bytes : .things(progress.unit.rawValue), rate: meter.rate(done: progress.done, at: now),
            left: meter.remaining(done: progress.done, total: progress.total, at: now), elapsed: now - started, silence: now - lastSign)
    }
}

enum Wording {
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
