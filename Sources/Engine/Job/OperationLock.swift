// Invariant I9: two processes of ours never run the same kind of operation on one application at once.

import FileSystem
import FoundationEssentials
import Vocabulary

/// What another process is doing on this application.
public struct RunningOperation: Codable, Sendable, Equatable {
    /// "backup", "restore", "integration", "rollback", "log".
    public var operation: String
    public var process: String
    public var processID: Int32
    /// UTC, ISO 8601.
    public var since: String
}

/// The right to run an operation, held until the value ends or the process dies.
struct OperationLock: ~Copyable {
    /// The two things that can be held apart: the right to change data or write archives, and the right to append to or
    /// cut the log. A backup holds both; a drain only the second.
    enum Kind: String, Sendable { case operation, log }

    private let lock: FileLock

    /// - Throws: 1510 with who holds it and since when; for `log`, 1415.
    init(
        _ kind: Kind, for operation: String, on application: Application, _ surroundings: Surroundings
    ) throws(Failure) {
        let path = OperationLock.path(kind, application)
        let me = RunningOperation(
            operation: operation, process: surroundings.context.process, processID: surroundings.context.processID,
            since: Timestamp.utc(surroundings.now()))
        let text: [UInt8]
        do { text = Array(try JSONEncoder().encode(me)) } catch { text = [] }
        do {
            try Folder.create(Folder.parent(of: path))
            guard let taken = try FileLock.take(path, holder: text) else {
                throw OperationLock.held(kind, OperationLock.holder(kind, application))
            }
            lock = taken
        } catch let error as SystemError {
            throw Failure.writing(error)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(
                .operationRunning, "the lock '\(path)' cannot be taken", cause: String(describing: error),
                hint: "Try again.")
        }
    }

    /// Who wrote the lock file last: meaningful only while the lock cannot be taken.
    static func holder(_ kind: Kind, _ application: Application) -> RunningOperation? {
        guard let bytes = try? FileLock.holder(of: path(kind, application)) else { return nil }
        return try? JSONDecoder().decode(RunningOperation.self, from: Data(bytes))
    }

    private static func path(_ kind: Kind, _ application: Application) -> String {
        "\(application.companion)/Lock/\(kind.rawValue)"
    }

    private static func held(_ kind: Kind, _ holder: RunningOperation?) -> Failure {
        let who = holder.map { "\($0.operation) by \($0.process), process \($0.processID), since \($0.since)" } ?? "another process"
        switch kind {
        case .log:
            return Failure(
                .logBusy, "the log is in use: \(who)", hint: "Try again when that operation has ended.")
        case .operation where holder?.operation == "integration":
            return Failure(
                .integrationRunning, "an integration is running: \(who)", hint: "Try again when it has ended.")
        case .operation:
            return Failure(
                .operationRunning, "another operation is running: \(who)", hint: "Wait until it has ended, or stop it.")
        }
    }
}
