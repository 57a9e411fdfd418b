// A running operation as its caller sees it: the newest progress, and the Stop button. Values go up, one flag comes down.

import Synchronization

/// How far an operation is. A renderer (thermometer, command line, another process) is a function of this value.
public struct Progress: Sendable, Equatable {
    public enum Unit: String, Sendable { case bytes, operations, records }

    /// What is being done now, in a few words: "Copying the data file".
    public var phase: String
    /// The file, table or log concerned; empty when there is none.
    public var subject: String
    public var done: UInt64
    /// Zero when it is not known beforehand.
    public var total: UInt64
    public var unit: Unit

    public init(phase: String, subject: String = "", done: UInt64 = 0, total: UInt64 = 0, unit: Unit = .bytes) {
        self.phase = phase
        self.subject = subject
        self.done = done
        self.total = total
        self.unit = unit
    }
}

/// The handle shared by a running operation and whoever watches it.
///
/// The operation calls `report` and, between steps, `checkStop`; a watcher reads `progress` and calls `stop` from any
/// thread or signal-handling loop. What a stop leaves behind is the contract of each operation.
public final class Job: Sendable {
    private let newest: Mutex<Progress>
    private let stopRequested = Atomic<Bool>(false)
    private let changes = Atomic<UInt64>(0)
    private let enders = Mutex<(next: Int, bodies: [Int: @Sendable () -> Void])>((0, [:]))

    /// The job of the operation that runs on this thread, for what is done in a hundred places and takes long only where somebody means harm.
    /// Nil where nobody can press Stop.
    @TaskLocal public static var current: Job?

    /// Does the work of an operation, as the current job of this thread.
    public func perform<Result>(_ work: (Job) throws -> Result) rethrows -> Result { try Job.$current.withValue(self) { try work(self) } }

    public init() { newest = Mutex(Progress(phase: "Starting")) }

    public var progress: Progress { newest.withLock { $0 } }

    /// Grows with every report: a watcher that sees it unchanged for long knows that there was no sign of life.
    public var changeCount: UInt64 { changes.load(ordering: .relaxed) }

    public func report(_ progress: Progress) {
        newest.withLock { $0 = progress }
        changes.wrappingAdd(1, ordering: .relaxed)
    }

    /// Moves the bar without naming phase and subject again.
    public func report(done: UInt64) {
        newest.withLock { $0.done = done }
        changes.wrappingAdd(1, ordering: .relaxed)
    }

    /// Presses the button. Pressing it again helps a call that had not begun yet: see `addEnder`.
    public func stop() {
        stopRequested.store(true, ordering: .releasing)
        enders.withLock { for end in $0.bodies.values { end() } }
    }

    /// Has each `stop` call `end`, for work that cannot look at the flag by itself. It must be quick, and may come when nothing runs.
    /// - Returns: what `removeEnder` takes.
    public func addEnder(_ end: @escaping @Sendable () -> Void) -> Int {
        enders.withLock {
            $0.next += 1
            $0.bodies[$0.next] = end
            return $0.next
        }
    }

    /// When this returns, it is not called any more.
    public func removeEnder(_ ender: Int) { enders.withLock { $0.bodies[ender] = nil } }

    public var isStopped: Bool { stopRequested.load(ordering: .acquiring) }

    /// Throws error 1406 once somebody pressed Stop.
    public func checkStop() throws(Failure) {
        if isStopped {
            throw Failure(.stopped, "stopped by the user", hint: "Nothing half-made was left behind.")
        }
    }
}
