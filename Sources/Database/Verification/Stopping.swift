// The Stop button reaches into a running SQLite statement.

import CSQLite
public import Vocabulary

/// What SQLite asks while it works.
final class Watch {
    let job: Job
    let reportsReads: Bool
    private var bytes: UInt64 = 0
    private var reported: UInt64 = 0
    private let ender: Int

    init(_ job: Job, reportsReads: Bool, _ session: Session) {
        self.job = job
        self.reportsReads = reportsReads
        // SQLite asks nobody within an instruction that goes through a whole table, as count(*) does.
        nonisolated(unsafe) let handle = session.handle
        ender = job.addEnder { sqlite3_interrupt(handle) }
    }

    /// The connection closes after this.
    deinit { job.removeEnder(ender) }

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
        let watch = job.map { Watch($0, reportsReads: false, session) }
        listen(to: watch)
        session.watch = watch
    }

    /// Runs `body` so that a Stop of `job` ends any statement of it, as `stop(with:)`, or none does (nil); afterwards, what held before holds
    /// again.
    public func withStop<Result>(of job: Job?, _ body: () throws -> Result) rethrows -> Result {
        let before = session.watch
        stop(with: job)
        defer {
            listen(to: before)
            session.watch = before
        }
        return try body()
    }

    /// Asked every thousand instructions of SQLite's virtual machine, well under a millisecond.
    private func listen(to watch: Watch?) {
        session.asked = watch
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
        let watch = Watch(job, reportsReads: reportsReads, session)
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
            listen(to: session.watch)
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
