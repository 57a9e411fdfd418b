// Waiting for a lock of another program without losing the Stop button.

import Database
import Glibc
import Vocabulary

enum Patience {
    /// Runs `body` again while the database is locked, for at most `seconds`; a Stop ends the waiting at once.
    /// - Throws: the last "locked" error when the time is over, 1406 on Stop, and whatever else `body` throws.
    static func retry<Result>(seconds: Int, _ job: Job, _ body: () throws -> Result) throws -> Result {
        let pause: UInt32 = 20_000  // microseconds: short for a person, long for a lock
        var left = seconds * 1_000_000 / Int(pause)
        while true {
            do { return try body() } catch let error as DatabaseError where error.isBusy {
                if left <= 0 { throw error }
                left -= 1
                try job.checkStop()
                usleep(pause)
            }
        }
    }
}
