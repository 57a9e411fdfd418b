// What automatic backup has to do now, or when next: a function of the clock, the state and the settings. It decides; the
// service waits and runs (see AutomaticBackup.swift).

/// The decisions of automatic backup. Times are milliseconds since 1970-01-01 UTC.
public enum Automation {
    public enum Decision: Sendable, Equatable {
        /// No schedule.
        case off
        case wait(until: Int64)
        /// Make a backup now.
        case run(Run)
        /// A date went by while nobody was there, and the settings leave it to the next one: note it, and decide again.
        case passOver(due: Int64)
        /// Too many attempts failed (error 1401): nothing is tried until a backup succeeds or somebody resumes.
        case suspended(since: Int64)
    }

    /// Why a backup is to be made.
    public enum Run: Sendable, Equatable {
        /// This date has come.
        case scheduled(due: Int64)
        /// This date went by without a backup.
        case missed(due: Int64)
        /// So many attempts have failed.
        case again(failures: Int)
    }

    /// Later than this a date counts as missed rather than as late.
    public static let grace: Int64 = 600_000
    /// What is further in the future than this was written down by a clock that was ahead. A backup too many is the worst of it.
    public static let ahead: Int64 = 7_200_000

    public static func decide(
        now: Int64, state: AutomationState, settings: BackupSettings, zone: Zone
    ) -> Decision {
        let schedule = settings.schedule
        let state = state.following(schedule, now: now)
        if let since = state.suspendedSince { return .suspended(since: since) }
        let settled = state.settledUntil
        if let due = schedule.missed(since: settled, now: now, in: zone) {
            if now - due <= grace { return .run(.scheduled(due: due)) }
            return settings.retriesAtNextDate ? .passOver(due: due) : .run(.missed(due: due))
        }
        guard let next = schedule.next(after: max(now, settled), in: zone) else { return .off }
        guard let failedAt = state.failedAt, !settings.retriesAtNextDate else { return .wait(until: next) }
        let again = failedAt + Int64(settings.retryDelay) * 1000
        if again <= now { return .run(.again(failures: state.failures)) }
        return .wait(until: min(again, next))
    }
}

/// Automatic backup at a glance, for lists and pages.
public struct AutomationStatus: Codable, Sendable, Equatable {
    /// In words: "every day at 21:00".
    public var schedule: String
    /// When the next backup is tried: UTC, ISO 8601; nil when none will be.
    @OrNull public var next: String?
    /// Since when automatic backup is suspended (error 1401); nil when it is not.
    @OrNull public var suspendedSince: String?
    /// Attempts that failed since the last good backup, and why the last one did.
    public var failures: Int
    @OrNull public var lastError: String?
    /// Whether a service runs that makes the backups.
    public var watched: Bool

    public init(
        schedule: String = Schedule.never.words, next: String? = nil, suspendedSince: String? = nil, failures: Int = 0,
        lastError: String? = nil, watched: Bool = false
    ) {
        self.schedule = schedule
        self.next = next
        self.suspendedSince = suspendedSince
        self.failures = failures
        self.lastError = lastError
        self.watched = watched
    }

    /// Reads settings and state; changes nothing.
    /// - Throws: 1512 or 1515 when the settings cannot be read.
    public static func of(_ application: Application, _ surroundings: Surroundings) throws -> AutomationStatus {
        let settings = try BackupSettings.read(application)
        let now = surroundings.now()
        let state =
            AutomationState.read(application)?.following(settings.schedule, now: now)
            ?? AutomationState(following: settings.schedule, since: now)
        let next: Int64? =
            switch Automation.decide(now: now, state: state, settings: settings, zone: surroundings.zone) {
            case .off, .suspended: nil
            case .wait(let until): until
            case .run: now
            case .passOver: settings.schedule.next(after: now, in: surroundings.zone)
            }
        return AutomationStatus(
            schedule: settings.schedule.words, next: next.map(Timestamp.utc),
            suspendedSince: state.suspendedSince.map(Timestamp.utc), failures: state.failures, lastError: state.lastError,
            watched: RunningOperation.watching(application) != nil)
    }
}
