// What a signal asks of the service: flags that a signal handler may set, and the wake-up that makes them seen at once.

import FileSystem
import Synchronization
public import Vocabulary

/// Requests to the running service, from any thread and from signal handlers.
public final class WatchRequests: Sendable {
    private let isStopWanted = Atomic<Bool>(false)
    private let isReloadWanted = Atomic<Bool>(false)
    let wakeUp: WakeUp

    /// - Throws: 1516 when the system gives no more descriptors.
    public init() throws(Failure) {
        do { wakeUp = try WakeUp() } catch { throw Failure.writing(error) }
    }

    /// Ends the service at a safe point.
    public func stop() {
        isStopWanted.store(true, ordering: .releasing)
        wakeUp.raise()
    }

    /// Reads the settings anew.
    public func reload() {
        isReloadWanted.store(true, ordering: .releasing)
        wakeUp.raise()
    }

    /// What was asked since the last time.
    func take() -> (stop: Bool, reload: Bool) {
        (isStopWanted.exchange(false, ordering: .acquiring), isReloadWanted.exchange(false, ordering: .acquiring))
    }
}
