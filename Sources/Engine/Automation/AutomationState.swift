// What automatic backup has to remember between two runs of a program: `NAME.msc/automation.json`, written atomically. It is
// about when to try, not about data: lost or damaged, it begins anew.

import FileSystem
import FoundationEssentials
public import Vocabulary

/// How automatic backup stands. Times are milliseconds since 1970-01-01 UTC.
public struct AutomationState: Codable, Sendable, Equatable {
    public var formatVersion = 1
    /// The schedule that was followed, in words: another one begins at the moment it is noticed, and nothing was missed.
    public var schedule: String
    /// Dates of the schedule up to here are done, postponed, or not to be made up for.
    public var settledUntil: Int64
    /// Automatic backups that failed since the last good one, however it was made.
    public var failures = 0
    /// When the last of them failed; nil when there is nothing to try again.
    public var failedAt: Int64?
    public var lastErrorCode: Int?
    public var lastError: String?
    /// Since when no automatic backup is tried any more (error 1401).
    public var suspendedSince: Int64?

    public init(following schedule: Schedule, since now: Int64) {
        self.schedule = schedule.words
        settledUntil = now
    }
}

/// What becomes of the state. Values: nothing is written here.
extension AutomationState {
    /// The state for this schedule: what another one missed is not missed here.
    public func following(_ schedule: Schedule, now: Int64) -> AutomationState {
        var state = self
        if self.schedule != schedule.words {
            state.schedule = schedule.words
            state.settle(now)
        }
        // What a clock wrote down that was ahead: it must not keep the schedule waiting until it has caught up.
        if state.settledUntil > now + Automation.ahead { state.settledUntil = now }
        // Long enough ago for any delay: it is tried again at once.
        if let failedAt = state.failedAt, failedAt > now + Automation.ahead { state.failedAt = now - 86_400_000 }
        return state
    }

    /// A good backup began at `start`, automatic or not: whatever was due before is done, and a suspension ends.
    public mutating func succeeded(start: Int64) {
        settle(start)
        failures = 0
        failedAt = nil
        lastErrorCode = nil
        lastError = nil
        suspendedSince = nil
    }

    /// An automatic backup failed. A backup that could not begin because another operation was running is tried again
    /// without being counted.
    public mutating func failed(_ failure: Failure, now: Int64, _ settings: BackupSettings) {
        settle(now)
        failedAt = now
        lastErrorCode = failure.code.rawValue
        lastError = failure.sentence
        if [.operationRunning, .integrationRunning, .logBusy].contains(failure.code) { return }
        failures = min(max(failures, 0), Int.max - 1) + 1
        if settings.abortsAfterAttempts, failures >= settings.attempts { suspendedSince = now }
    }

    /// What is due now is left to the next date: a postponement, or a Stop by a person.
    public mutating func passed(now: Int64) {
        settle(now)
        failedAt = nil
    }

    /// A person lifts the suspension: the next attempt is at the next date.
    public mutating func resumed(now: Int64) {
        settle(now)
        failures = 0
        failedAt = nil
        suspendedSince = nil
    }

    private mutating func settle(_ instant: Int64) {
        settledUntil = settledUntil > instant + Automation.ahead ? instant : max(settledUntil, instant)
    }

    /// The error that a suspended application reports.
    public var suspension: Failure? {
        guard let suspendedSince else { return nil }
        return Failure(
            .attemptsExhausted, "automatic backup is suspended since \(Timestamp.local(suspendedSince)) after \(failures) failed attempts",
            cause: lastError, hint: "Remove the cause and make a backup, or lift the suspension with 'msc resume'.")
    }
}

extension AutomationState {
    static func path(_ application: Application) -> String { application.companion + "/automation.json" }

    /// The state in the file, as it is; nil when there is none, or none that can be read.
    public static func read(_ application: Application) -> AutomationState? {
        // It is about when to try: what cannot be read begins anew, and the worst is a backup too many.
        guard var state: AutomationState = (try? JSONFile.read(path(application))) ?? nil else { return nil }
        // A time that no clock shows counts as its nearest neighbour that one does: it is computed with.
        state.settledUntil = bounded(state.settledUntil)
        state.failedAt = state.failedAt.map(bounded)
        state.suspendedSince = state.suspendedSince.map(bounded)
        return state
    }

    private static func bounded(_ time: Int64) -> Int64 { min(max(time, 0), 1 << 50) }

    /// Changes the state under a lock, on the disk when this returns.
    /// - Returns: the new state.
    /// - Throws: 1510, 1511 or 1516.
    @discardableResult
    static func update(
        _ application: Application, _ settings: BackupSettings, now: Int64, _ change: (inout AutomationState) -> Void
    ) throws(Failure) -> AutomationState {
        try application.createFolders()
        let lock = try FolderLock.take(application.companion, patience: 10_000)
        defer { withExtendedLifetime(lock) {} }
        let old = read(application)
        var state =
            old?.following(settings.schedule, now: now) ?? AutomationState(following: settings.schedule, since: now)
        change(&state)
        // Who uses no schedule needs no file.
        if state != old, old != nil || settings.schedule != .never { try JSONFile.write(state, path(application)) }
        return state
    }

    /// The state now, written down when the settings name another schedule than before.
    /// - Throws: as `update`.
    public static func current(
        _ application: Application, _ settings: BackupSettings, _ surroundings: Surroundings
    ) throws(Failure) -> AutomationState {
        try update(application, settings, now: surroundings.now()) { _ in }
    }

    /// Lifts a suspension: automatic backups go on at the next date.
    /// - Throws: as `update`; 1512 or 1515 when the settings cannot be read.
    @discardableResult
    public static func resume(_ application: Application, _ surroundings: Surroundings) throws(Failure) -> AutomationState {
        let now = surroundings.now()
        return try update(application, try BackupSettings.read(application), now: now) { $0.resumed(now: now) }
    }
}
