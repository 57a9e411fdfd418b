// A running operation shows itself to other processes of this user: its progress stands in the lock file, and a request to
// stop is a file beside it. The companion folder is open to its owner alone, so nobody else can ask.

import Dispatch
import FileSystem
public import Vocabulary

/// Writes a job's progress into the lock file four times a second and looks for a request to stop, until it ends.
final class Beacon {
    private let timer: any DispatchSourceTimer
    private let queue = DispatchQueue(label: "beacon")

    init(_ lock: HeldLock, _ operation: RunningOperation, _ job: Job) {
        timer = DispatchSource.makeTimerSource(queue: queue)
        timer.schedule(deadline: .now() + .milliseconds(250), repeating: .milliseconds(250))
        let request = Beacon.stopRequest(beside: lock.path, operation.processID)
        // Weak: a cancelled timer lets go of its handler some time later, and the lock must be free when the operation ends.
        timer.setEventHandler { [weak lock] in
            guard let lock else { return }
            if Folder.exists(request) {
                job.stop()
                // Seen; when it cannot be removed, it is a request to a process that will not come back.
                try? Folder.removeFile(request)
            }
            var now = operation
            now.progress = RunningOperation.Reading(job.progress)
            // A picture that cannot be written is only not seen; the operation itself is not concerned.
            try? lock.say(now)
        }
        timer.resume()
    }

    /// Ends the beacon; nothing of it runs any more when this returns.
    func end() {
        timer.cancel()
        queue.sync {}
    }

    static func stopRequest(beside lock: String, _ process: Int32) -> String { "\(lock).stop-\(process)" }
}

extension RunningOperation {
    /// A progress as it is written down.
    public struct Reading: Codable, Sendable, Equatable {
        public var phase: String
        public var subject: String
        public var done: UInt64
        public var total: UInt64
        public var unit: String

        init(_ progress: Progress) {
            phase = progress.phase
            subject = progress.subject
            done = progress.done
            total = progress.total
            unit = progress.unit.rawValue
        }
    }

    /// What runs on the application now, in any process of this user; nil when nothing does.
    public static func now(on application: Application) -> RunningOperation? {
        OperationLock.holder(.operation, application)
    }

    /// The service that watches the application, in any process of this user; nil when none does.
    public static func watching(_ application: Application) -> RunningOperation? {
        OperationLock.holder(.watch, application)
    }

    /// Asks the process that runs the operation to stop it. It ends with error 1406 in that process, within half a second.
    /// - Throws: 1511 or 1516 when the request cannot be written.
    public func requestStop(on application: Application) throws(Failure) {
        let path = Beacon.stopRequest(beside: OperationLock.path(.operation, application), processID)
        do { try Publication.write([], to: path) } catch { throw Failure.writing(error) }
    }
}
