// What an application that is opened gets without being asked for, where its settings want it: a damaged data file becomes the
// last good backup with its logs, and data that lack operations of their log get them.

import Archive
import Database
import FileSystem
import Glibc
import LogFile
public import Vocabulary

/// Automatic restore and automatic integration (settings `Advanced/AutomaticRestore` and `Advanced/AutomaticLogIntegration`).
///
/// Nothing is done to a database that another process has open. On Stop (1406), failure or kill -9: what `Restore` in place and
/// `Integration` leave.
public struct AutomaticRestore: Sendable {
    public enum Outcome: Sendable, Equatable {
        case restored(RestoreOutcome, archive: String)
        case integrated(IntegrationOutcome)

        /// What was done, for people.
        public var sentence: String {
            switch self {
            case .restored(let outcome, let archive):
                let steps = outcome.integrated.reduce(0) { $0 + $1.recordOperations }
                let parts = ["the database was damaged: it was restored from '\(archive)' with \(steps) record operations of its logs"]
                return (parts + outcome.warnings).joined(separator: "; ")
            case .integrated(let outcome):
                let steps = outcome.integrated.reduce(0) { $0 + $1.recordOperations }
                return "the database lacked \(steps) record operations of its log: they were integrated, up to operation \(outcome.lastOperation)"
            }
        }
    }

    private let application: Application
    private let surroundings: Surroundings

    public init(application: Application, surroundings: Surroundings) {
        self.application = application
        self.surroundings = surroundings
    }

    /// Whether the settings want something done that the state of the data needs. Changes nothing.
    /// - Parameter isThorough: reads the whole data file to find damage; otherwise only what is seen at once: a file that is no
    ///   database, is cut short or has an unreadable schema.
    /// - Throws: 1502 when a log that is needed is missing; what reading the settings throws; 1406 on Stop.
    public func isNeeded(isThorough: Bool, _ job: Job) throws -> Bool { try translatingDatabaseErrors { try need(isThorough, job) != nil } }

    /// Does what the settings want and the state of the data needs.
    /// - Parameter isThorough: as for `isNeeded`.
    /// - Returns: nil when there was nothing to do.
    /// - Throws: 1420 when the database needs it and another process has it open; 1410 when no archive is left to restore; what
    ///   reading the settings, restoring and integrating throw.
    public func run(isThorough: Bool, _ job: Job) throws -> Outcome? {
        try translatingDatabaseErrors {
            switch try need(isThorough, job) {
            case .restore(let settings): try restore(settings, job)
            case .integration(let logs, let settings): try integrate(logs, settings, job)
            case nil: nil
            }
        }
    }

    private enum Need {
        case restore(BackupSettings)
        /// The logs that hold what the data lack, in order.
        case integration([String], BackupSettings)
    }

    /// A database that another program holds is in use, not damaged: the next start looks again.
    private func need(_ isThorough: Bool, _ job: Job) throws -> Need? {
        do { return try look(isThorough, job) } catch {
            let isLocked = (error as? DatabaseError)?.isBusy ?? ((error as? Failure)?.code == .databaseLocked)
            guard isLocked else { throw error }
            return nil
        }
    }

    private func look(_ isThorough: Bool, _ job: Job) throws -> Need? {
        let settings = try BackupSettings.read(application)
        guard settings.restoresAutomatically || settings.integratesAutomatically, Folder.exists(application.data),
            try ApplicationRecord.read(application) != nil
        else { return nil }
        if try settings.restoresAutomatically && isDamaged(isThorough, job) { return .restore(settings) }
        guard settings.integratesAutomatically, let logs = try missingLogs(job) else { return nil }
        return .integration(logs, settings)
    }

    // MARK: Damage

    private func isDamaged(_ isThorough: Bool, _ job: Job) throws -> Bool {
        if isThorough { return try InPlaceRestore.situation(of: application.data, job) == .damaged }
        do throws(DatabaseError) {
            let connection = try Connection(application.data, .read, busyTimeout: 2000, stop: job)
            if try connection.schemaDamage() != nil { return true }
            // Pages of the last transactions may still stand in the -wal file alone.
            guard !Folder.exists(application.data + "-wal"), let status = Folder.status(of: application.data) else { return false }
            // Untested: as it is counted; a file that was cut is in the tests, and SQLite itself notices most of them.
            return try Int64(status.st_size) < (connection.integer("PRAGMA page_count") ?? 0) * (connection.integer("PRAGMA page_size") ?? 0)
        } catch {
            let code = error.failure.code
            guard code == .databaseDamaged || code == .notADatabase else { throw error }
            return true
        }
    }

    private func restore(_ settings: BackupSettings, _ job: Job) throws -> Outcome {
        try InPlaceRestore.checkUnused(application.data)
        for set in try BackupSet.all(of: application, surroundings)
        where set.status == "complete" && set.present && set.proof?.result != .failed && set.condition != HistoryEntry.Condition.damaged.rawValue
            && set.condition != HistoryEntry.Condition.foreign.rawValue
        {
            do {
                let manifest = try ArchiveReader(path: set.archive).manifest()
                // Somebody may have put the archive of another application there.
                guard ArchiveHome.data(of: set.archive, manifest) == application.data,
                    try manifest.application == ApplicationRecord.read(application)?.application
                else { continue }
                var step = Restore(
                    archive: set.archive, surroundings: surroundings, target: .inPlace, items: [], logs: .automatic, until: nil,
                    insideTransaction: false)
                step.refusesDamage = true
                step.dataFile = application.data
                let outcome = try step.run(job)
                let done = Outcome.restored(outcome, archive: set.archive)
                note(.restore, set.archive, done, settings)
                return done
            } catch let failure as Failure {
                // An archive that is not what it was, or that was made of damaged data, is found out before anything is touched: the
                // one before it is as good.
                guard [.archiveDamaged, .archiveMissing, .databaseDamaged, .notADatabase, .tampered].contains(failure.code) else { throw failure }
            }
        }
        // Untested: as it is counted; a test holds these words.
        throw Failure(
            .archiveMissing, "the database '\(application.data)' is damaged, and no complete archive that gives sound data is at its place",
            hint: "Look for an archive with 'msc backups', then restore it with 'msc restore --in-place'.")
    }

    // MARK: Incompleteness

    private func integrate(_ logs: [String], _ settings: BackupSettings, _ job: Job) throws -> Outcome {
        // The logs go in through SQLite, as writes that a program sees: where nobody can tell, none is known.
        if case .open(let process) = FileUse.of(application.data) {
            // Untested: another process has to have the database open, which the tests of this room are alone with.
            let holder = process.map { "process \($0)" } ?? "another program"
            throw Failure(
                .databaseLocked, "the database '\(application.data)' lacks operations of its log and is open in \(holder)",
                hint: "Stop that program, then integrate the log with 'msc integrate'.")
        }
        let outcome = try Integration(data: application.data, surroundings: surroundings, logs: logs, until: nil, insideTransaction: false)
            .run(job)
        let done = Outcome.integrated(outcome)
        note(.integration, logs.last ?? "", done, settings)
        return done
    }

    /// The logs that hold what the data lack, in order; nil when the data lack nothing, are a copy, or have no log that can be read.
    /// - Throws: 1502 when a log between is missing.
    private func missingLogs(_ job: Job) throws -> [String]? {
        let connection: Connection
        let position: Int64
        let state: CaptureState
        do {
            connection = try Connection(application.data, .read, busyTimeout: 2000, stop: job)
            guard let found = try CaptureState(connection), found.isAttached(to: application) else { return nil }
            state = found
            position = try Capture.position(connection)
        } catch let error as DatabaseError {
            // A database that cannot be read lacks more than operations: the drain, the next thing to be done, tells why.
            if error.endsAll { throw error }
            return nil
        }
        let places = try LogPlaces(application)
        guard let journal = places.files.first, let current = try? LogReader(journal),
            current.header.application.bytes == state.application, current.header.chain.bytes == state.chain,
            current.lastPosition > position
        else { return nil }
        let chain = try LogChain.following(position, of: state.owner, folders: places.folders, files: places.files)
        try chain.checkGap(nil)
        return chain.links.isEmpty ? nil : chain.links.map(\.path)
    }

    /// It is done: a line that cannot be written does not undo it.
    private func note(_ event: JournalLine.Event, _ path: String, _ outcome: Outcome, _ settings: BackupSettings) {
        var line = JournalLine(event, at: surroundings.now())
        line.status = "automatic"
        line.path = path
        line.detail = outcome.sentence
        _ = BackupJournal(folder: application.logsFolder, isVerbose: settings.journalIsVerbose).record(line)
    }
}
