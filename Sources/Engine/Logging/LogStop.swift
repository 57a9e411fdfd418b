// Turns the log off: what is captured is written first, then everything of ours leaves the database.

import Database
import FileSystem
import LogFile
public import Vocabulary

/// `msc log stop`. The log file stays where it is, sealed; the schema of the database is as if we had never been there.
///
/// On failure the log is on as before. On kill -9 the log is on, or off with its file sealed. There is nothing to stop.
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
                guard failure.code == .changesUnseen else { throw failure }
                return try removeWhatIsLeft(job)
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
                    var off = record
                    off.rememberLogFolder(of: session.journalPath)
                    off.journal = nil
                    try off.write(application)
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

    /// Another program removed a part of capture. What was captured and not drained is gone with it, so that nothing can be written to
    /// the log, whose file stays as it is.
    private func removeWhatIsLeft(_ job: Job) throws -> LogStatus {
        let connection = try Connection(application.data, .write, stop: job)
        try Patience.retry(seconds: 10, job) { try Capture.remove(connection) }
        guard var record = try ApplicationRecord.read(application), let journal = record.journal else { return .off }
        record.rememberLogFolder(of: journal)
        record.journal = nil
        try record.write(application)
        var line = JournalLine(.logStop, at: surroundings.now())
        line.path = journal
        line.detail = "another program had removed a part of capture"
        _ = BackupJournal(of: application).record(line)
        var status = LogStatus.off
        status.path = journal
        status.lastOperation = (try? LogReader(journal))?.lastOperation ?? 0
        return status
    }

    /// A detached copy has no log of its own, but the capture tables of its original.
    private func removeFromCopy(_ job: Job) throws -> LogStatus {
        let connection = try Connection(application.data, .write, stop: job)
        guard try Capture.isInstalled(connection) else { throw LogSession.noLog(application) }
        try CaptureState(connection)?.checkName(application)
        try Patience.retry(seconds: 10, job) { try Capture.remove(connection) }
        return .off
    }
}
