// Invariant I9: two processes of ours never run the same kind of operation on one application at once.

import FileSystem
import FoundationEssentials
import Glibc
import Vocabulary

/// What a process is doing on an application.
public struct RunningOperation: Codable, Sendable, Equatable {
    /// "backup", "restore", "integration", "rollback", "log start", …
    public var operation: String
    public var process: String
    public var processID: Int32
    /// UTC, ISO 8601.
    public var since: String
    /// How far it is; nil in its first quarter of a second.
    public var progress: Reading?
}

/// The right to run an operation, held until the value ends or the process dies. While it is held, other processes of this
/// user see the operation and can ask it to stop: see `Beacon`.
final class OperationLock {
    /// What can be held apart: the right to change data or write archives, the right to append to or cut the log, and the
    /// right to be the service of the application. A backup holds the first two; a drain only the second.
    enum Kind: String, Sendable { case operation, log, watch }

    private let held: HeldLock
    private let beacon: Beacon?

    /// - Parameters:
    ///   - job: what other processes see and may stop; nil for short work.
    ///   - waiting: waits up to ten seconds while the holder drains, which the service does all the time; a Stop of this job
    ///     ends the waiting. Nil does not wait.
    /// - Throws: 1510 with who holds it and since when; 1417 when that is an integration; for `log`, 1415; 1406 on Stop.
    init(
        _ kind: Kind, for operation: String, on application: Application, _ surroundings: Surroundings, _ job: Job? = nil,
        waiting: Job? = nil
    ) throws(Failure) {
        let path = OperationLock.path(kind, application)
        let me = RunningOperation(
            operation: operation, process: surroundings.context.process, processID: surroundings.context.processID,
            since: Timestamp.utc(surroundings.now()))
        do throws(SystemError) {
            try Folder.create(Folder.parent(of: path))
            var taken = try HeldLock(path)
            // A holder that has fallen silent is about to let go: a child that has not become its program yet still has the
            // file open.
            for _ in 0..<OperationLock.breath where taken == nil && OperationLock.holder(kind, application) == nil {
                usleep(UInt32(OperationLock.pause) * 1000)
                taken = try HeldLock(path)
            }
            var left = waiting == nil ? 0 : OperationLock.patience / OperationLock.pause
            while taken == nil, left > 0, waiting?.isStopped == false, OperationLock.isDraining(kind, application) {
                usleep(UInt32(OperationLock.pause) * 1000)
                left -= 1
                taken = try HeldLock(path)
            }
            guard let taken else { throw SystemError(.open, path, errno: EWOULDBLOCK) }
            held = taken
            try held.say(me)
        } catch {
            try waiting?.checkStop()
            if error.errno == EWOULDBLOCK { throw OperationLock.refusal(kind, OperationLock.holder(kind, application)) }
            throw Failure.writing(error)
        }
        beacon = job.map { [held] in Beacon(held, me, $0) }
    }

    /// Milliseconds.
    private static let patience = 10_000
    private static let pause = 5
    /// How often one looks whether a silent holder has let go: for a second in all.
    private static let breath = 200

    /// What a service or a command calls its drains.
    static let drain = "drain"

    /// Whether the holder drains. One that says nothing has just taken the lock, or is letting it go.
    private static func isDraining(_ kind: Kind, _ application: Application) -> Bool {
        holder(kind, application).map { $0.operation == drain } ?? true
    }

    deinit {
        beacon?.end()
        held.fallSilent()
    }

    /// Who holds the lock; nil when nobody does, or when its holder died.
    static func holder(_ kind: Kind, _ application: Application) -> RunningOperation? {
        let path = path(kind, application)
        // What a dead process said stays in the file: the lock itself tells, in every container.
        guard FileLock.isHeld(path), let bytes = try? FileLock.text(of: path) else { return nil }
        return try? JSONDecoder().decode(RunningOperation.self, from: Data(bytes))
    }

    static func path(_ kind: Kind, _ application: Application) -> String { "\(application.companion)/Lock/\(kind.rawValue)" }

    private static func refusal(_ kind: Kind, _ holder: RunningOperation?) -> Failure {
        let who = holder.map { "\($0.operation) by \($0.process), process \($0.processID), since \((try? Timestamp.parse($0.since)).map { Timestamp.local($0) } ?? $0.since)" } ?? "another process"
        switch kind {
        case .log:
            return Failure(
                .logBusy, "the log is in use: \(who)", hint: "Try again when that operation has ended.")
        case .watch:
            return Failure(
                .operationRunning, "a service watches this database already: \(who)",
                hint: "One service is enough; stop that one first to start another.")
        case .operation where holder?.operation == "integration":
            return Failure(
                .integrationRunning, "an integration is running: \(who)", hint: "Try again when it has ended.")
        case .operation:
            return Failure(
                .operationRunning, "another operation is running: \(who)", hint: "Wait until it has ended, or stop it.")
        }
    }
}

/// A lock that is held, to be shared with the beacon's queue.
final class HeldLock: Sendable {
    let path: String
    private let lock: FileLock

    /// Nil when another process holds it.
    init?(_ path: String) throws(SystemError) {
        guard let taken = try FileLock.take(path) else { return nil }
        self.path = path
        lock = taken
    }

    /// Writes down what is being done. A picture that cannot be made is only not seen.
    func say(_ operation: RunningOperation) throws(SystemError) {
        guard let text = try? JSONEncoder().encode(operation) else { return }
        try lock.say(Array(text))
    }

    func fallSilent() { try? lock.say([]) }
}
