// A write transaction of ours on a database that other programs use (invariant I6): they see all of it or nothing.

import Database
import Vocabulary

/// On Stop, failure or kill -9 the data are as before.
struct WriteTransaction {
    let connection: Connection
    /// The log that is complete up to the beginning of the transaction; nil when there is none.
    let session: LogSession?

    /// Runs `body` in one transaction. Waits up to ten seconds for other programs at its beginning and at its end, then 1420.
    func run(_ job: Job, _ body: () throws -> Void) throws {
        do {
            if let session {
                try session.beginWriting(job)
            } else {
                try Patience.retry(seconds: 10, job) { try connection.execute("BEGIN IMMEDIATE") }
            }
            // A hostile structure or a large table: no statement outlasts a Stop. The transaction's own ends are not cut short.
            try connection.withStop(of: job, body)
            try connection.withStop(of: nil) { try Patience.retry(seconds: 10, job) { try connection.execute("COMMIT") } }
        } catch {
            // The first error is the one to report; without COMMIT nothing stays either way.
            if connection.isInTransaction { try? connection.execute("ROLLBACK") }
            throw error
        }
    }
}
