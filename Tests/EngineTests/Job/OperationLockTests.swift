// Who waits for a lock and who does not.

import Dispatch
import FileSystem
import Foundation
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

    @Test("I9: who holds a lock is told by the lock, not by the number of a process that may run in another container, or be another one")
    func holder() throws {
        let site = try Site()
        let path = OperationLock.path(.watch, site.application)
        // Left by a service that was killed; a process with its number runs.
        let left = RunningOperation(operation: "watch", process: "msc", processID: getpid(), since: "2026-01-01T00:00:00.000Z")
        let said = try Array(JSONEncoder().encode(left))
        try Publication.write(said, to: path)
        #expect(RunningOperation.watching(site.application) == nil)
        let lock = try OperationLock(.watch, for: "watch", on: site.application, site.surroundings)
        defer { withExtendedLifetime(lock) {} }
        #expect(RunningOperation.watching(site.application)?.operation == "watch")
        // It says a number that nobody has here.
        var other = left
        other.processID = 999_999_999
        let file = try File(path, .readWrite)
        try file.truncate(to: 0)
        let text = try Array(JSONEncoder().encode(other))
        try text.withUnsafeBytes { try file.write($0, at: 0) }
        #expect(RunningOperation.watching(site.application) == other)
    }

    /// The lock goes with it from one thread to another.
    private final class Box: @unchecked Sendable {
        var lock: OperationLock?
        init(_ lock: OperationLock?) { self.lock = lock }
    }
}
