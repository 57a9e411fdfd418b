// How long a connection waits for the locks of other programs, and that a Stop ends the waiting.

import Glibc

/// Waiting for locks: SQLite asks again and again, with pauses that grow from 1 to 25 milliseconds. Without it, it gives way at once.
public final class LockPatience {
    private let limit: Duration
    private let isStopped: () -> Bool
    private var began = ContinuousClock.now
    /// The last waiting was ended by a Stop: the error that follows is that, and no lock.
    private(set) var wasStopped = false
    /// While it is set, every lock ends the attempt at once.
    var isSuspended = false

    /// - Parameter limit: the longest time for one lock.
    public init(_ limit: Duration, isStopped: @escaping () -> Bool) {
        self.limit = limit
        self.isStopped = isStopped
    }

    /// - Parameter attempt: how often SQLite has asked for this lock before.
    func goesOn(_ attempt: Int32) -> Bool {
        if attempt == 0 { began = .now }
        if isSuspended { return false }
        wasStopped = isStopped()
        guard !wasStopped, ContinuousClock.now - began < limit else { return false }
        usleep(min(25_000, 1000 << UInt32(min(attempt, 5))))
        return true
    }
}
