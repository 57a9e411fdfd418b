// The Stop button reaches into a running SQLite statement.

import CSQLite
import Vocabulary

extension Connection {
    /// Runs `body` so that a Stop of `job` ends the statement that runs, which then throws error 1406. Other errors come as
    /// failures. The connection serves one such call at a time.
    func stopping<Result>(
        with job: Job, _ body: () throws(DatabaseError) -> Result
    ) throws(Failure) -> Result {
        try job.checkStop()
        // Asked every thousand instructions of SQLite's virtual machine: well under a millisecond.
        let isStopped: @Sendable @convention(c) (UnsafeMutableRawPointer?) -> Int32 = { context in
            guard let context else { return 0 }
            return Unmanaged<Job>.fromOpaque(context).takeUnretainedValue().isStopped ? 1 : 0
        }
        sqlite3_progress_handler(handle, 1000, isStopped, Unmanaged.passUnretained(job).toOpaque())
        defer { sqlite3_progress_handler(handle, 0, nil, nil) }
        do throws(DatabaseError) { return try withExtendedLifetime(job, body) } catch {
            if error.isInterrupted { try job.checkStop() }
            throw error.failure
        }
    }
}
