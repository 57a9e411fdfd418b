// The Stop button reaches into a running SQLite statement.

import CSQLite
public import Vocabulary

/// What SQLite asks while it works.
private final class Watch {
    let job: Job
    let reportsReads: Bool
    private var bytes: UInt64 = 0
    private var reported: UInt64 = 0

    init(_ job: Job, reportsReads: Bool) {
        self.job = job
        self.reportsReads = reportsReads
    }

    /// Before `count` bytes are read.
    func goesOn(reading count: Int32) -> Bool {
        bytes += UInt64(count)
        if reportsReads, bytes - reported >= 4 << 20 {
            reported = bytes
            job.report(done: bytes)
        }
        return !job.isStopped
    }
}

extension Connection {
    /// Runs `body` so that a Stop of `job` ends the statement that runs, wherever it is, and throws error 1406. What `body`
    /// found after a Stop is dropped. Other errors come as failures. Not to be nested.
    /// - Parameter reportsReads: report the bytes read so far, as a sign of life of a statement that returns nothing for long.
    public func stopping<Result>(
        with job: Job, reportsReads: Bool = false, _ body: () throws(DatabaseError) -> Result
    ) throws(Failure) -> Result {
        try job.checkStop()
        let watch = Watch(job, reportsReads: reportsReads)
        let context = Unmanaged.passUnretained(watch).toOpaque()
        let progressed: @Sendable @convention(c) (UnsafeMutableRawPointer?) -> Int32 = { context in
            guard let context else { return 0 }
            return Unmanaged<Watch>.fromOpaque(context).takeUnretainedValue().goesOn(reading: 0) ? 0 : 1
        }
        let reading: @Sendable @convention(c) (UnsafeMutableRawPointer?, Int32) -> Int32 = { context, count in
            guard let context else { return 0 }
            return Unmanaged<Watch>.fromOpaque(context).takeUnretainedValue().goesOn(reading: count) ? 0 : 1
        }
        // Asked every thousand instructions of SQLite's virtual machine, well under a millisecond; and before each read, for
        // single instructions that go through a whole file.
        sqlite3_progress_handler(handle, 1000, progressed, context)
        let readGuard = UnsafeMutablePointer<CSQLiteReadGuard>.allocate(capacity: 1)
        csqlite_read_guard_begin(readGuard, handle, reading, context)
        defer {
            csqlite_read_guard_end(readGuard)
            readGuard.deallocate()
            sqlite3_progress_handler(handle, 0, nil, nil)
        }
        let result: Result
        do throws(DatabaseError) { result = try withExtendedLifetime(watch, body) } catch {
            try job.checkStop()
            throw error.failure
        }
        try job.checkStop()
        return result
    }
}
