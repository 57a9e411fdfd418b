// A log that is wished for and starts with the next backup, whoever makes it: the second of 4D's two ways to begin one.

import Database
import FileSystem
public import Vocabulary

/// `msc log start --after-next-backup`: notes the wish, and changes nothing of the database.
///
/// The setting General/JournalFileEnabled is the wish; where the log shall stand and what it leaves out waits in the application's record.
/// On failure both are as before, or the setting is not made yet. `msc log stop` takes the wish back.
public struct LogRequest: Sendable {
    private let application: Application
    private let surroundings: Surroundings

    public init(application: Application, surroundings: Surroundings) {
        self.application = application
        self.surroundings = surroundings
    }

    static let setting = "General/JournalFileEnabled"

    /// - Parameters:
    ///   - journal: where the log file shall stand; nil for beside the data file.
    ///   - exclusions: tables that are not journaled.
    /// - Throws: 1518 when the log is on; 1508 for a detached copy; 1510, 1511, 1513, 1516 or 1519.
    public func run(journal: String?, excluding exclusions: [String], _ job: Job) throws -> LogStatus {
        let start = LogStart(application: application, surroundings: surroundings, journal: journal, excluding: exclusions)
        try translatingDatabaseErrors {
            let lock = try OperationLock(.operation, for: "log start", on: application, surroundings)
            defer { withExtendedLifetime(lock) {} }
            let path = try start.checkedPath(job)
            var record = try ApplicationRecord.establish(application, surroundings, job)
            let state = try CaptureState(try Connection(application.data, .read, busyTimeout: 2000, stop: job))
            if let state, state.isAttached(to: application) {
                throw Failure(
                    .logAlreadyOn, "the log of '\(application.data)' is on: '\(record.journal ?? application.defaultJournal)'",
                    hint: "See 'msc log status'. Where its file is lost, 'msc log start' begins a new one at once.")
            }
            if state != nil { throw try LogSession.absence(application, job) }
            record.logRequest = .init(journal: path, exclusions: exclusions)
            try record.write(application)
            try set(true)
        }
        return try LogStatus.of(application, surroundings)
    }

    /// Whether a log is wished for that is not there. Settings that cannot be read wish for none: whoever runs msc is told of them elsewhere.
    static func waits(_ application: Application, _ record: ApplicationRecord?) -> Bool {
        record?.journal == nil && (try? BackupSettings.read(application))?.startsLog == true
    }

    /// Takes the wish back.
    /// - Returns: whether there was one.
    @discardableResult
    func cancel() throws(Failure) -> Bool {
        // Settings that cannot be read let no backup be made, and do not stand in the way of who turns the log off.
        guard (try? BackupSettings.read(application))?.startsLog == true else { return false }
        try set(false)
        if var record = try ApplicationRecord.read(application), record.logRequest != nil {
            record.logRequest = nil
            try record.write(application)
        }
        return true
    }

    private func set(_ isOn: Bool) throws(Failure) {
        guard let key = BackupSettings.key(LogRequest.setting) else { return }
        try BackupSettings.change(key, to: isOn ? ["True"] : nil, of: application)
    }

    /// Installs capture for the log that is wished for, where one is and the data have none. The caller makes the backup, and holds the
    /// lock of operations.
    /// - Returns: what was begun, to be taken back when the backup fails; or why it could not be: the backup is made without it.
    func begin(_ settings: BackupSettings, _ job: Job) throws -> (start: (LogStart, LogStart.Beginning)?, notice: Failure?) {
        guard settings.startsLog, Folder.exists(application.data) else { return (nil, nil) }
        let record = try ApplicationRecord.read(application)
        guard record?.journal == nil else { return (nil, nil) }
        do {
            return try translatingDatabaseErrors {
                guard try CaptureState(try Connection(application.data, .read, busyTimeout: 2000, stop: job)) == nil else { return (nil, nil) }
                let start = LogStart(
                    application: application, surroundings: surroundings, journal: record?.logRequest?.journal,
                    excluding: record?.logRequest?.exclusions ?? [])
                return ((start, try start.install(job)), nil)
            }
        } catch let failure as Failure where failure.code != .stopped {
            return (
                nil,
                Failure(
                    failure.code, "the log that was to start with this backup was not started: \(failure.message)", cause: failure.cause,
                    hint: failure.hint)
            )
        }
    }
}
