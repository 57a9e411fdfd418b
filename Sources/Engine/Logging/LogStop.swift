// Turns the log off: what is captured is written first, then everything of ours leaves the database.

import Database
import FileSystem
import LogFile
public import Vocabulary

/// `msc log stop`. The log file stays where it is, sealed; the schema of the database is as if we had never been there.
///
/// On failure the log is on as before. On kill -9 the log is on, or off with its file sealed. There is nothing to stop. What a crash left of the
/// beginning of a log is removed: the log has not begun, and nothing was promised to be in it.
public struct LogStop: Sendable {
    private let application: Application
    private let surroundings: Surroundings

    public init(application: Application, surroundings: Surroundings) {
        self.application = application
        self.surroundings = surroundings
    }

    /// - Throws: 1403 when there is no log; 1274 when captured changes cannot be written to the log file: they would be lost.
    public func run(_ job: Job) throws -> LogStatus {
        try translatingDatabaseErrors {
            let lock = try OperationLock(.operation, for: "log stop", on: application, surroundings)
            defer { withExtendedLifetime(lock) {} }
            // Or the next backup would start it again.
            let wasWaiting = try LogRequest(application: application, surroundings: surroundings).cancel()
            let opened: LogSession?
            do { opened = try LogSession.open(application, surroundings, for: "log stop", job) } catch let failure as Failure {
                switch failure.code {
                case .changesUnseen: return try removeWhatIsLeft("another program had removed a part of capture", job)
                case .logUnavailable where try hasNotBegun(job): return try removeWhatIsLeft("its start had been interrupted", job)
                default: throw failure
                }
            }
            guard let session = opened else {
                if wasWaiting, try !Capture.isInstalled(Connection(application.data, .read, busyTimeout: 2000, stop: job)) { return .off }
                return try removeFromCopy(job)
            }
            // Most of it first, so that the transaction that ends capture is short.
            _ = try session.drain(job)
            let record = try ApplicationRecord.establish(application, surroundings, job)
            // The commit is the last step, so that whatever fails before leaves the log on: one that is sealed by then goes on in a new
            // segment.
            do {
                try WriteTransaction(connection: session.connection, session: session).run(job) {
                    try Capture.remove(session.connection)
                    try session.open().seal()
                    var known = record
                    known.journal = session.journalPath
                    try turnOff(known)
                }
            } catch {
                // It may have been written, with only the durability of that in doubt.
                try? record.write(application)
                throw error
            }
            let writer = try session.open()
            var line = JournalLine(.logStop, at: surroundings.now())
            line.path = writer.path
            _ = BackupJournal(of: application).record(line)
            var status = LogStatus.off
            status.path = writer.path
            status.lastOperation = writer.lastOperation
            return status
        }
    }

    private func hasNotBegun(_ job: Job) throws -> Bool {
        try CaptureState(Connection(application.data, .read, busyTimeout: 2000, stop: job))?.settled.isBeginning == true
    }

    /// Removes capture of which another program removed a part, or whose log has not begun. Nothing can be written to a log: a file that is there
    /// stays as it is.
    private func removeWhatIsLeft(_ reason: String, _ job: Job) throws -> LogStatus {
        let connection = try Connection(application.data, .write, stop: job)
        let record = try ApplicationRecord.read(application)
        // The record first: what a crash leaves then is ended by this command run again.
        try record.map(turnOff)
        do { try Patience.retry(seconds: 10, job) { try Capture.remove(connection) } } catch {
            try? record?.write(application)
            throw error
        }
        return ended(record?.journal, reason)
    }

    /// The application's record says that there is no log.
    private func turnOff(_ record: ApplicationRecord) throws {
        guard let journal = record.journal else { return }
        var off = record
        off.rememberLogFolder(of: journal)
        off.journal = nil
        try off.write(application)
    }

    private func ended(_ journal: String?, _ reason: String) -> LogStatus {
        guard let journal else { return .off }
        var line = JournalLine(.logStop, at: surroundings.now())
        line.path = journal
        line.detail = reason
        _ = BackupJournal(of: application).record(line)
        var status = LogStatus.off
        status.path = journal
        status.lastOperation = (try? LogReader(journal))?.lastOperation ?? 0
        return status
    }

    /// A detached copy has no log of its own, but the capture tables of its original. Data that capture nothing have none, whatever the
    /// application's record says: they were replaced, or a crash ended the end of the log.
    private func removeFromCopy(_ job: Job) throws -> LogStatus {
        let connection = try Connection(application.data, .write, stop: job)
        guard try Capture.isInstalled(connection) else {
            guard let record = try ApplicationRecord.read(application), let journal = record.journal else { throw LogSession.noLog(application) }
            try turnOff(record)
            return ended(journal, "the data did not capture changes any more")
        }
        try CaptureState(connection)?.checkName(application)
        try Patience.retry(seconds: 10, job) { try Capture.remove(connection) }
        return .off
    }
}
