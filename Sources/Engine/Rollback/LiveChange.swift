// One transaction of ours on a live database (invariant I6): rows are changed through SQLite, and every change is captured, so
// that it is in the log like any other and can be undone itself.

import Database
import LogFile
import Vocabulary

struct LiveChange {
    let connection: Connection
    /// The log that the changes go to; nil when the database has none.
    let session: LogSession?
    /// Said in the log as the context's purpose.
    let purpose: String
    /// The values of the `rollback` entry: what the log's reader is told.
    let mark: [Value]

    /// Runs `body` in one write transaction that other programs see whole or not at all.
    ///
    /// On Stop, failure or kill -9 the data are as before. Waits up to ten seconds for a writer, then 1420.
    /// - Parameter body: gets the applier inside the transaction, when the log is complete up to the present moment.
    func run(_ direction: Applier.Direction, _ context: Context, _ job: Job, _ body: (Applier) throws -> Void) throws {
        var said = context
        said.purpose = purpose
        let isCaptured = try Capture.isInstalled(connection)
        let connection = connection
        let applier = try Applier(
            connection, direction,
            observe: isCaptured
                ? { (table, action, key) throws(Failure) in
                    try LiveChange.translating { try Capture.observe(connection, table, action, key, by: said) }
                } : nil)
        do {
            try Patience.retry(seconds: 10, job) { try connection.execute("BEGIN IMMEDIATE") }
            if let session { _ = try session.drainSnapshot(job) }
            if isCaptured {
                try Capture.mark(connection, Action.startTransaction, [], by: said)
                try Capture.mark(connection, Action.rollback, mark, by: said)
            }
            try body(applier)
            try applier.finish()
            if isCaptured { try Capture.mark(connection, Action.validateTransaction, [], by: said) }
            try job.checkStop()
            try connection.execute("COMMIT")
        } catch {
            // The first error is the one to report; without COMMIT nothing stays either way.
            if connection.isInTransaction { try? connection.execute("ROLLBACK") }
            try? applier.close()
            throw error
        }
        try applier.close()
    }

    private static func translating(_ body: () throws -> Void) throws(Failure) {
        do { try body() } catch let error as DatabaseError { throw error.failure } catch let failure as Failure { throw failure } catch {
            throw Failure(
                .databaseError, "capturing a change of ours failed", cause: String(describing: error), hint: "Nothing was changed.")
        }
    }
}
