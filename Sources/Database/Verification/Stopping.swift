// The Stop button reaches into a running SQLite statement.

import CSQLite
public import Vocabulary

/// What SQLite asks while it works.
final class Watch {
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
    private static let progressed: @Sendable @convention(c) (UnsafeMutableRawPointer?) -> Int32 = { context in
        guard let context else { return 0 }
        return Unmanaged<Watch>.fromOpaque(context).takeUnretainedValue().goesOn(reading: 0) ? 0 : 1
    }

    /// Lets a Stop of `job` end any statement from now on, with an error that reads as 1406; nil ends that. Where work of many statements
    /// must end with a Stop, each of which can be long, and an error leaves all as it was.
    public func stop(with job: Job?) {
        watch = job.map { Watch($0, reportsReads: false) }
        listen(to: watch)
    }

    /// Asked every thousand instructions of SQLite's virtual machine, well under a millisecond.
    private func listen(to watch: Watch?) {
        guard let watch else { return sqlite3_progress_handler(handle, 0, nil, nil) }
        sqlite3_progress_handler(handle, 1000, Self.progressed, Unmanaged.passUnretained(watch).toOpaque())
    }

    /// Runs `body` so that a Stop of `job` ends the statement that runs, wherever it is, and throws error 1406. What `body`
    /// found after a Stop is dropped. Other errors come as failures. Not to be nested.
    /// - Parameter reportsReads: report the bytes read so far, as a sign of life of a statement that returns nothing for long.
    public func stopping<Result>(
        with job: Job, reportsReads: Bool = false, _ body: () throws(DatabaseError) -> Result
    ) throws(Failure) -> Result {
        try job.checkStop()
        let watch = Watch(job, reportsReads: reportsReads)
        let context = Unmanaged.passUnretained(watch).toOpaque()
        let reading: @Sendable @convention(c) (UnsafeMutableRawPointer?, Int32) -> Int32 = { context, count in
            guard let context else { return 0 }
            return Unmanaged<Watch>.fromOpaque(context).takeUnretainedValue().goesOn(reading: count) ? 0 : 1
        }
        // Besides, asked before each read, for single instructions that go through a whole file.
        listen(to: watch)
        let readGuard = UnsafeMutablePointer<CSQLiteReadGuard>.allocate(capacity: 1)
        csqlite_read_guard_begin(readGuard, handle, reading, context)
        defer {
            csqlite_read_guard_end(readGuard)
            readGuard.deallocate()
            listen(to: self.watch)
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
