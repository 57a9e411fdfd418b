// The last chance of what a damaged data file captured and no log holds yet, before another file takes its place (invariant I1).

import Database
import LogFile
import Vocabulary

/// A damaged data file that is about to be replaced.
struct DamagedData {
    let application: Application
    let surroundings: Surroundings

    /// Writes what was captured to the log, if the pages that tell it are sound. The data file is not written to, but for what SQLite
    /// itself does when it opens one that a crash left.
    /// - Returns: in words, what is lost with the file.
    /// - Throws: 1406 on Stop.
    func drain(_ job: Job) throws -> [String] {
        guard try ApplicationRecord.read(application)?.journal != nil else { return [] }
        var waiting: (count: Int64, isExact: Bool)?
        let reason: String
        do {
            waiting = try backlog(job)
            if waiting?.count == 0 { return [] }
            guard let obstacle = try write(job) else { return [] }
            reason = obstacle
        } catch {
            try job.checkStop()
            reason = (error as? Failure)?.sentence ?? (error as? DatabaseError)?.failure.sentence ?? String(describing: error)
        }
        guard let (count, isExact) = waiting else {
            return ["captured changes that had not come to the log are lost with the damaged file, if there were any: \(reason)"]
        }
        let changes = "\(isExact ? "" : "up to ")\(count) captured change\(count == 1 ? "" : "s")"
        return ["\(changes) that had not come to the log \(count == 1 ? "is" : "are") lost with the damaged file: \(reason)"]
    }

    /// Captured rows that the log does not hold; without the log, all that were not let go: it may hold some of them.
    private func backlog(_ job: Job) throws -> (count: Int64, isExact: Bool) {
        let connection = try Connection(application.data, .read, busyTimeout: 2000, stop: job)
        guard let state = try CaptureState(connection), state.isAttached(to: application) else { return (0, true) }
        let reader = try? LogReader(LogSession.path(try ApplicationRecord.read(application), state, application))
        let isOurs = reader?.header.application.bytes == state.application && reader?.header.chain.bytes == state.chain
        return (try Capture.backlog(connection, after: isOurs ? reader?.lastPosition ?? 0 : 0), isOurs)
    }

    /// - Returns: why it was not done; nil when it was.
    private func write(_ job: Job) throws -> String? {
        guard let session = try LogSession.open(application, surroundings, for: "restore", job) else { return "it has no log" }
        // A drain looks rows up: a page that is damaged could make one that is there look deleted, and the log would say so for ever.
        let tables = try session.connection.withStop(of: job) {
            try Capture.tablesRead(session.connection, after: session.open().lastPosition)
        }
        if let problem = try DatabaseCheck(.full, limit: 1, ignoresRules: true).run(session.connection, tables: tables, job).first {
            return "the table '\(problem.table)' is damaged"
        }
        return try session.drainOnce(job) == nil ? "the structure of the database had changed" : nil
    }
}
