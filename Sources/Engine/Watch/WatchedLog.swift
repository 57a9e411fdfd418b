// How the log stands in the eyes of the service: what is told once when it changes, and how long to leave it alone.

import Vocabulary

/// The log's health, drain by drain.
struct WatchedLog: Sendable {
    private enum Health: Sendable, Equatable { case unknown, written, busy, absent(ErrorCode), failing(ErrorCode) }

    private var health = Health.unknown
    private var lastFailure: Failure?
    /// Drains that failed, or found the database held, one after the other.
    private var failures = 0
    /// When it began to fail or to be held.
    private var since: Int64 = 0
    private var isBusyTold = false
    /// What is wrong beside the log, as it was told.
    private var warnings: [String] = []
    /// It was told that the log is written. The first drain may meet a database that is held, and say nothing.
    private var isWritingTold = false
    /// What this program cannot read or write, as it was told.
    private var unsupported: [String] = []

    /// Whether the last drain succeeded.
    var isWritable: Bool { health == .written }

    /// Takes how a drain ended.
    /// - Returns: lines to say: one when something changed, none when it is as before.
    mutating func take(_ end: DrainEnd, _ now: Int64, _ pace: WatchPace) -> [WatchEffect] {
        switch end {
        case .done(let report):
            var lines: [WatchEffect] = []
            switch health {
            case .unknown,
                .written,
                .busy where !isBusyTold:
                if !isWritingTold { lines.append(.say(.info, "the log is written: operation \(report.lastOperation)")) }
            case .busy, .absent, .failing:
                lines.append(.say(.notice, "the log is written again after \(seconds(now)): operation \(report.lastOperation)"))
            }
            if report.liftedRefusal { lines.append(.say(.notice, "the application's writes are not refused any more")) }
            if report.isResynchronised {
                lines.append(.say(.notice, "the structure changed: it is in the log, and capture was brought in line with it"))
            }
            if let why = report.healed {
                lines.append(.say(.error, "\(why.sentence): the log was begun anew with a backup; the one before has ended"))
            }
            if !report.unseen.isEmpty { lines.append(.say(.warning, RowLedger.unseen(report.unseen).description)) }
            lines += report.unsupported.filter { !unsupported.contains($0) }.map { .say(.warning, "\($0) (see docs/capture.md)") }
            unsupported = report.unsupported
            lines += report.warnings.filter { !warnings.contains($0) }.map { .say(.error, $0) }
            warnings = report.warnings
            (health, failures, isBusyTold, isWritingTold, lastFailure) = (.written, 0, false, true, nil)
            return lines
        case .busy(let failure):
            failures += 1
            if health != .busy { (health, since, failures) = (.busy, now, 1) }
            guard !isBusyTold, now - since >= pace.busyIsTold else { return [] }
            isBusyTold = true
            return [.say(.warning, "the changes have been waiting for \(seconds(now)): \(failure.description)")]
        case .failed(let failure):
            let new = WatchedLog.health(failure)
            failures += 1
            if health == new { return [] }
            if health == .written || health == .unknown || health == .busy { (since, failures) = (now, 1) }
            (health, lastFailure, isBusyTold) = (new, failure, false)
            if case .absent = new { return [.say(.warning, failure.description)] }
            return [.say(.error, failure.description)]
        }
    }

    private static func health(_ failure: Failure) -> Health {
        failure.code == .noLog || failure.code == .copyDetached ? .absent(failure.code) : .failing(failure.code)
    }

    /// How long to leave the log alone after a drain that ended so.
    func pauseAfter(_ end: DrainEnd, _ pace: WatchPace) -> Int64 {
        let doublings = min(failures, 10)
        switch end {
        case .done: return 0
        case .busy: return min(pace.whileBusy << doublings, pace.longestWhileBusy)
        case .failed(let failure):
            if case .absent = WatchedLog.health(failure) { return pace.withoutLog }
            return min(pace.afterFailure << doublings, pace.longestAfterFailure)
        }
    }

    private func seconds(_ now: Int64) -> String { "\(max(0, now - since) / 1000) s" }

    /// For the status line.
    var status: String {
        switch health {
        case .unknown: "the log is being looked at"
        case .written: "the log is written"
        case .busy:
            if isBusyTold {
                "the log waits: the database is held by another program"
            } else {
                isWritingTold ? "the log is written" : "the log is being looked at"
            }
        case .absent: lastFailure?.code == .copyDetached ? "the data are a copy without a log of its own" : "there is no log"
        case .failing(let code): "the log is not written: error \(code.rawValue)"
        }
    }
}

/// Sentences of the service.
enum WatchWords {
    static func of(_ outcome: BackupOutcome) -> String {
        let parts =
            ["backup \(outcome.number) is \(outcome.status.rawValue): \(outcome.archive)"] + outcome.missing.map { "missing \($0)" }
            + outcome.warnings.map { "warning: \($0)" }
        return parts.joined(separator: "; ")
    }

    static func of(_ run: Automation.Run) -> String {
        switch run {
        case .scheduled(let due): "it is due since \(Timestamp.local(due))"
        case .missed(let due): "the date \(Timestamp.local(due)) went by without one"
        case .again(let failures): failures == 1 ? "1 attempt has failed" : "\(failures) attempts have failed"
        }
    }
}
