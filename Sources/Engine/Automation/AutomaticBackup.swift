// A backup that the schedule asks for: made, postponed or failed, and what becomes of it written down, so that the next
// decision knows.

import FileSystem
import LogFile
public import Vocabulary

/// One run of automatic backup.
public struct AutomaticBackup: Sendable {
    public enum Outcome: Sendable, Equatable {
        case done(BackupOutcome)
        /// The data did not change since the last good backup, and the settings postpone then.
        case postponed
    }

    private let application: Application
    private let surroundings: Surroundings
    private let given: BackupSettings?

    /// - Parameter settings: what holds; nil for what the settings file says. A service goes on with the last good ones.
    public init(application: Application, surroundings: Surroundings, settings: BackupSettings? = nil) {
        self.application = application
        self.surroundings = surroundings
        given = settings
    }

    private func settings() throws(Failure) -> BackupSettings {
        if let given { return given }
        return try BackupSettings.read(application)
    }

    /// What is to be done now or when next.
    /// - Throws: 1512 or 1515 when the settings cannot be read; 1510, 1511 or 1516 when the state cannot be written.
    public func decide() throws(Failure) -> Automation.Decision {
        let settings = try settings()
        let state = try AutomationState.current(application, settings, surroundings)
        return Automation.decide(now: surroundings.now(), state: state, settings: settings, zone: surroundings.zone)
    }

    /// Makes the backup, unless the settings postpone it.
    ///
    /// The outcome is in the automation's state when this returns or throws, except for a Stop: whether that was a person's
    /// wish for this backup (`leaveToNextDate`) or the end of the service, the caller knows. What the backup itself leaves:
    /// see `Backup`.
    /// - Parameter run: why it is made, for history and backup journal; nil for the date of the schedule that came last.
    /// - Throws: what `Backup.run` throws; 1401 with the last failure as its cause when that was one attempt too many.
    public func run(_ job: Job, because run: Automation.Run? = nil) throws -> Outcome {
        let settings = try settings()
        if settings.onlyIfDataChanged, try !hasChanged(job) {
            let now = surroundings.now()
            try AutomationState.update(application, settings, now: now) { $0.passed(now: now) }
            note("postponed", "the data did not change since the last good backup", settings)
            return .postponed
        }
        do {
            // A good backup settles the schedule by itself, automatic or not.
            var backup = Backup(application: application, surroundings: surroundings, destination: nil)
            backup.due =
                switch run {
                case .scheduled(let due), .missed(let due): due
                case .again, nil: settings.schedule.last(atOrBefore: surroundings.now(), in: surroundings.zone)
                }
            backup.settings = given
            return .done(try backup.run(job))
        } catch let failure as Failure {
            if failure.code == .stopped { throw failure }
            let now = surroundings.now()
            let state = try AutomationState.update(application, settings, now: now) { $0.failed(failure, now: now, settings) }
            if let suspension = state.suspension {
                note("suspended", suspension.sentence, settings)
                throw suspension
            }
            throw failure
        }
    }

    /// Leaves what is due to the next date: after a person stopped it, or when a date went by and the settings say so.
    /// - Throws: 1510, 1511 or 1516 when the state cannot be written; 1512 or 1515 when the settings cannot be read.
    public func leaveToNextDate(because reason: String) throws(Failure) {
        let settings = try settings()
        let now = surroundings.now()
        try AutomationState.update(application, settings, now: now) { $0.passed(now: now) }
        note("postponed", reason, settings)
    }

    /// Whether the data changed since the last good backup that is at its place; true when that cannot be told.
    ///
    /// With a log that holds every table, its operations tell; otherwise the time at which the data was last written to.
    public func hasChanged(_ job: Job = Job()) throws -> Bool {
        guard let last = try BackupSet.all(of: application, surroundings).first(where: { $0.status == "complete" && $0.present })
        else { return true }
        let log = try LogStatus.of(application, surroundings, job)
        if log.state == .ok, log.notJournaled.isEmpty, let operation = last.lastOperation {
            return try log.pending > 0 || hasLogged(after: operation, log)
        }
        guard let start = try? Timestamp.parse(last.date), let changed = application.dataChanged else { return true }
        return changed >= start
    }

    /// Whether a log holds changes after an operation. Counters and marks of how far a drain has read are none.
    private func hasLogged(after operation: UInt64, _ log: LogStatus) throws -> Bool {
        guard let path = log.path, log.lastOperation >= operation, log.firstOperation <= operation + 1 else { return true }
        var isFound = false
        try LogReader(path).tally(from: operation + 1, damage: { _ in isFound = true }) { _, action, _ in
            isFound = isFound || action != .saveSequence && action != .validateTransaction
        }
        return isFound
    }

    private func note(_ status: String, _ detail: String, _ settings: BackupSettings) {
        var line = JournalLine(.postponement, at: surroundings.now())
        line.status = status
        line.detail = detail
        // The journal is for people: what cannot be written there changes nothing.
        _ = BackupJournal(folder: application.logsFolder, isVerbose: settings.journalIsVerbose).record(line)
    }
}
