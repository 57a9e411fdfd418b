// Who waits for a lock and who does not.

import Dispatch
import FileSystem
import Glibc
import Testing
import Vocabulary

@testable import Engine

@Suite("Waiting for the log")
struct OperationLockTests {
    @Test("I9: who waits has the log when the holder has drained; a holder that does something else is not waited for")
    func waiting() throws {
        let site = try Site()
        var holder: OperationLock? = try OperationLock(.log, for: OperationLock.drain, on: site.application, site.surroundings)
        let job = Job()
        let end = Box(holder)
        holder = nil
        // A queue of its own: the tests' threads are all taken.
        DispatchQueue(label: "holder").async {
            usleep(100_000)
            end.lock = nil
        }
        do {
            let taken = try OperationLock(.log, for: "log cut", on: site.application, site.surroundings, waiting: job)
            defer { withExtendedLifetime(taken) {} }
            #expect(end.lock == nil)
            let refused = #expect(throws: Failure.self) {
                _ = try OperationLock(.log, for: "backup", on: site.application, site.surroundings, waiting: job)
            }
            #expect(refused?.code == .logBusy)
        }
    }

    /// The lock goes with it from one thread to another.
    private final class Box: @unchecked Sendable {
        var lock: OperationLock?
        init(_ lock: OperationLock?) { self.lock = lock }
    }
}
