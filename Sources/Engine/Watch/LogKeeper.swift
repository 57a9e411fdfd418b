// What the service does to the log. Each call opens database and log, does one short thing and lets both go: between two calls
// nothing of ours stands in the way of the application, of a checkpoint, or of another msc.

import Database
import FileSystem
import Glibc
import LogFile
import Vocabulary

/// What a drain of the service found and did.
struct DrainReport: Sendable, Equatable {
    /// Operations written to the log.
    var drained: UInt64 = 0
    /// The last operation of the log.
    var lastOperation: UInt64 = 0
    /// Captured rows that are durable in the log and still stand in the database.
    var removable: Int64 = 0
    /// In the other journal modes a reader can keep a writer from committing.
    var isWriteAheadLog = true
    /// The structure had changed, and capture was brought in line with it.
    var isResynchronised = false
    /// The application's writes were refused (1274), and are not any more.
    var liftedRefusal = false
    /// Tables that were found changed past capture.
    var unseen: [String] = []
    /// What went wrong after the log was written.
    var warnings: [String] = []
    /// Another program had removed a part of capture, and the log was begun anew.
    var healed: Failure?
    /// What this program cannot read or write, in words.
    var unsupported: [String] = []
    /// The table of a gap in the log, which only a backup closes; nil when there is none.
    var gap: String?
}

/// How a drain ended.
enum DrainEnd: Sendable, Equatable {
    case done(DrainReport)
    /// Another program holds the database, or another msc the log.
    case busy(Failure)
    case failed(Failure)
}

/// The service's hand on the log. One thread at a time uses it.
final class LogKeeper {
    /// Where the data stood after the last drain: as long as it stands there, there is nothing to write.
    private struct Place: Equatable {
        var position: Int64
        var schemaVersion: Int64
        var inode: UInt64
        var journal: FileMark?
    }

    private let application: Application
    private let surroundings: Surroundings
    private let counters = CounterMemory()
    private let ledger: RowLedger
    private var rhythm = Rhythm.Memory()
    private var place: Place?
    private var last = DrainReport()
    private var journalPath = ""
    /// Another program removed a part of capture: why the log has to be begun anew, until that is done.
    private var healing: Failure?
    private var holdsContents = false
    /// The schema's version when it was looked at for what this program cannot read or write.
    private var schemaRead: Int64?

    init(_ application: Application, _ surroundings: Surroundings) {
        self.application = application
        self.surroundings = surroundings
        ledger = RowLedger(application)
    }

    /// Brings the log up to the data. Leaves what a drain leaves: see `LogDrain`.
    /// - Parameter isThorough: opens the log even when the data have nothing new for it.
    func drain(isThorough: Bool, _ job: Job) -> DrainEnd {
        do {
            if let healing { return .done(try heal(healing, job)) }
            // What changed in virtual tables alone, or past capture, leaves no captured row.
            let now = surroundings.now()
            if !isThorough, let place, !(holdsContents && counters.isDue(now)), try look(after: place, job) == place,
                !ledger.isDue(.service, at: place.position, now)
            {
                var report = last
                report.unseen = []
                report.warnings = []
                report.healed = nil
                report.drained = 0
                report.isResynchronised = false
                report.liftedRefusal = false
                return .done(report)
            }
            place = nil
            return .done(try drain(isThorough: isThorough, job))
        } catch let error as DatabaseError {
            return error.isBusy ? .busy(error.failure) : .failed(error.failure)
        } catch let failure as Failure {
            if failure.code == .changesUnseen { return startHealing(failure, job) }
            let isBusy = failure.code == .logBusy || failure.code == .databaseLocked || failure.code == .operationRunning
            if failure.code == .logUnavailable {
                if let running = RunningOperation.now(on: application) { return .busy(awaiting(running)) }
                refuse(job)
            }
            return isBusy ? .busy(failure) : .failed(failure)
        } catch {
            // Untested: for an error that the engine forgot to make a Failure of; the tests know of none.
            return .failed(Failure(
                .databaseError, "an unexpected error ended the drain", cause: String(describing: error), hint: "Please report this sentence."))
        }
    }

    /// Another program removed a part of capture. What is left is removed at once, since the program's writes fail until then, and the log
    /// begins anew.
    private func startHealing(_ failure: Failure, _ job: Job) -> DrainEnd {
        do {
            let connection = try Connection(application.data, .write, stop: job)
            try Patience.retry(seconds: 10, job) { try Capture.remove(connection) }
        } catch { return .failed(failure) }
        healing = failure
        return drain(isThorough: true, job)
    }

    /// Begins a new chain with a backup, in the place of the log that ended. What keeps it from that is met again by the next drain.
    private func heal(_ why: Failure, _ job: Job) throws -> DrainReport {
        guard let record = try ApplicationRecord.read(application), let journal = record.journal else {
            // Somebody turned the log off meanwhile.
            healing = nil
            throw LogSession.noLog(application)
        }
        _ = try LogStart(application: application, surroundings: surroundings, journal: journal, excluding: record.exclusions ?? []).run(job)
        healing = nil
        var report: DrainReport = try drain(isThorough: true, job)
        report.healed = why
        return report
    }

    private func drain(isThorough: Bool, _ job: Job) throws -> DrainReport {
        guard let session = try LogSession.open(application, surroundings, for: OperationLock.drain, patience: .zero, job) else {
            throw try LogSession.absence(application, job)
        }
        session.counters = counters
        let before = try session.schemaVersion()
        // All up to here will be in the log; what comes in while the drain runs is seen as new by the next look.
        let position = try Capture.position(session.connection)
        session.ledger = ledger
        let outcome = try session.drain(job, pruning: false, comparing: .service)
        var report = DrainReport(drained: outcome.drained, lastOperation: outcome.lastOperation)
        report.unseen = outcome.unseen
        report.warnings = outcome.warnings
        if session.state.isRefusing {
            try Capture.setRefusal(session.connection, false)
            report.liftedRefusal = true
        }
        let connection = session.connection
        report.isResynchronised = try session.schemaVersion() != before && !report.liftedRefusal
        let virtualTables = try VirtualTable.all(connection)
        let version = try session.schemaVersion()
        report.unsupported =
            version == schemaRead ? last.unsupported : try LogStatus.unsupported(Schema.read(connection), session.state, in: application.data)
        schemaRead = version
        // A gap comes with a change of structure, or with rows that changed past capture.
        report.gap = isThorough || report.isResynchronised || session.wantsResynchronisation || !session.gaps.isEmpty
            ? try LogStatus.gap(in: LogReader(session.journalPath), passing: Set(virtualTables.flatMap(\.shadows).map { $0.lowercased() }))
            : last.gap
        report.isWriteAheadLog = try connection.string("PRAGMA journal_mode") == "wal"
        report.removable = max(0, try min(Capture.position(connection), session.open().lastPosition) - Capture.oldest(connection))
        last = report
        place = Place(
            position: position, schemaVersion: try session.schemaVersion(),
            inode: Folder.status(of: application.data).map { UInt64($0.st_ino) } ?? 0, journal: FileMark(session.journalPath))
        journalPath = session.journalPath
        holdsContents = virtualTables.contains { !$0.logged.isEmpty }
        return report
    }

    /// A log that is being started has its file as soon as its first backup is safe, and so has one that was lost.
    private func awaiting(_ running: RunningOperation) -> Failure {
        Failure(
            .logBusy, "the log file of '\(application.data)' is not there while this runs: \(running.operation) by process \(running.processID)",
            hint: "A backup begins it anew.")
    }

    /// Where the data stand now; nil when the structure is another one, in which there may be no capture any more.
    private func look(after place: Place, _ job: Job) throws -> Place? {
        let connection = try Connection(application.data, .read, stop: job)
        let schemaVersion = try connection.integer("PRAGMA main.schema_version") ?? 0
        guard schemaVersion == place.schemaVersion else { return nil }
        return Place(
            position: try Capture.position(connection), schemaVersion: schemaVersion,
            inode: Folder.status(of: application.data).map { UInt64($0.st_ino) } ?? 0, journal: FileMark(journalPath))
    }

    /// Removes captured rows that are in the log, for at most `time`.
    /// - Returns: whether it was kept from it by somebody else, or nothing was left to remove.
    func prune(for time: Duration, _ job: Job) -> (gaveWay: Bool, end: DrainEnd) {
        do {
            guard let session = try LogSession.open(application, surroundings, for: OperationLock.drain, patience: .zero, job) else {
                throw try LogSession.absence(application, job)
            }
            let ending = try session.letGo(for: time, &rhythm)
            last.removable = max(0, try session.open().lastPosition - Capture.oldest(session.connection))
            var report = last
            report.drained = 0
            return (ending != .timeIsUp, .done(report))
        } catch let error as DatabaseError {
            return (true, error.isBusy ? .busy(error.failure) : .failed(error.failure))
        } catch let failure as Failure {
            return (true, failure.code == .logBusy ? .busy(failure) : .failed(failure))
        } catch {
            // Untested: for an error that the engine forgot to make a Failure of; the tests know of none.
            return (true, .failed(Failure(
                .databaseError, "an unexpected error ended the clearing", cause: String(describing: error), hint: "Please report this sentence.")))
        }
    }

    /// 1274 in the application itself, where the settings ask for it. What keeps it from being switched on is met again by the
    /// next attempt to drain, and the log's state is told in any case.
    private func refuse(_ job: Job) { try? Refusal(application).begin(job) }
}

extension LogSession {
    func schemaVersion() throws(DatabaseError) -> Int64 { try connection.integer("PRAGMA main.schema_version") ?? 0 }
}

/// A file's identity and size, to see that it was replaced, cut or went away.
struct FileMark: Sendable, Equatable {
    private let inode: UInt64
    private let size: Int64
    private let seconds: Int
    private let nanoseconds: Int

    /// Nil when nothing stands there.
    init?(_ path: String) {
        guard let status = Folder.status(of: path) else { return nil }
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
    }
}
