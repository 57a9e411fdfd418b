// Waiting for a lock of another program without losing the Stop button.

import Database
import Glibc
import Vocabulary

enum Patience {
    /// Runs `body` again while the database is locked, for at most `seconds`; a Stop ends the waiting at once.
    /// - Throws: the last "locked" error when the time is over, 1406 on Stop, and whatever else `body` throws.
    static func retry<Result>(seconds: Int, _ job: Job, _ body: () throws -> Result) throws -> Result {
        try retry(seconds, job, while: { ($0 as? DatabaseError)?.isBusy == true }, body)
    }

    /// Runs `body` again while another process of ours has the log, as a service that drains it does for moments.
    /// - Throws: 1415 when the time is over, 1406 on Stop, and whatever else `body` throws.
    static func retryForLog<Result>(seconds: Int, _ job: Job, _ body: () throws -> Result) throws -> Result {
        try retry(seconds, job, while: { ($0 as? Failure)?.code == .logBusy }, body)
    }

    private static func retry<Result>(
        _ seconds: Int, _ job: Job, while isBusy: (any Error) -> Bool, _ body: () throws -> Result
    ) throws -> Result {
        let pause: UInt32 = 20_000  // microseconds: short for a person, long for a lock
        // The body may have waited for the lock itself.
        let end = ContinuousClock.now + .seconds(seconds)
        while true {
            do { return try body() } catch {
                if ContinuousClock.now >= end || !isBusy(error) { throw error }
                try job.checkStop()
                usleep(pause)
            }
        }
    }  // Untested: the loop ends only by returning or throwing.
}
