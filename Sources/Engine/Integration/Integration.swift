// Integrates logs that a person names into a database that does not have their operations yet.

import Database
import FileSystem
import LogFile
public import Vocabulary

/// `msc integrate`: each log in one transaction, all checked before the first change (invariant I8).
///
/// After Stop (1406), failure or kill -9 the data are as after the last log that was integrated completely.
public struct Integration: Sendable {
    private let data: String
    private let surroundings: Surroundings
    private let logs: [String]
    private let until: Point?
    private let insideTransaction: Bool

    /// - Parameter until: where to end; nil for all.
    public init(data: String, surroundings: Surroundings, logs: [String], until: Point?, insideTransaction: Bool) {
        self.data = data
        self.surroundings = surroundings
        self.logs = logs
        self.until = until
        self.insideTransaction = insideTransaction
    }

    public func run(_ job: Job) throws -> IntegrationOutcome {
        let application = try Application(data: data)
        // A copy without a companion folder has nobody to compete with but SQLite's own writers.
        let lock = Folder.isFolder(application.companion)
            ? try OperationLock(.operation, for: "integration", on: application, surroundings, job) : nil
        defer { withExtendedLifetime(lock) {} }
        guard Folder.isFolder(application.companion) else { return try integrate(application, job) }
        return try BackupJournal(of: application).recordingFailure(
            of: "integration", path: logs.map { Folder.resolved($0) ?? $0 }.joined(separator: ", "), surroundings
        ) { try integrate(application, job) }
    }

    private func integrate(_ application: Application, _ job: Job) throws -> IntegrationOutcome {
        try translatingDatabaseErrors {
            let unverified = try LogChain.authenticate(logs, surroundings.integrity.keys(for: application), job)
            let connection = try Connection(application.data, .write, stop: job)
            try Integration.rebuildBlank(connection, from: logs.first, job)
            try LogBase.adopt(connection, from: logs.first, job)
            guard let state = try CaptureState(connection) else {
                throw Failure(
                    .foreignLog, "the database '\(data)' does not say which operations it holds",
                    hint: "Integrate into a copy restored from an archive that was made while the log was on.")
            }
            let position = try Capture.position(connection)
            let chain = try LogChain.named(logs, after: position, of: state.owner, until: until)
            let held = try chain.leastOperation(at: position)
            let end = try until.map {
                try EndPoint.resolve($0, in: chain.links, after: held, insideTransaction: insideTransaction)
            }
            let warning = try end.flatMap { try EndPoint.disorder(until, in: chain.links, end: $0) }
            let result = try Replay(connection: connection, chain: chain, end: end).run(job)
            // It is done: a Stop comes too late.
            connection.stop(with: nil)
            let outcome = IntegrationOutcome(
                integrated: result.steps, lastOperation: try chain.operation(at: Capture.position(connection)),
                warnings: unverified + [warning?.description].compactMap { $0 } + result.warnings, incomplete: result.incomplete)
            if Folder.isFolder(application.companion) { record(outcome, application) }
            return outcome
        }
    }

    /// The integration is done: a line that cannot be written does not undo it.
    private func record(_ outcome: IntegrationOutcome, _ application: Application) {
        let journal = BackupJournal(of: application)
        for step in outcome.integrated {
            var line = JournalLine(.integration, at: surroundings.now())
            line.status = "complete"
            line.path = step.log
            line.detail = "\(step.operations) operations, \(step.skipped) were there already"
            _ = journal.record(line)
        }
    }

    /// A log that begins with a blank data file carries the structure: an empty database gets it first, and one that has just that structure and
    /// no row is such a data file.
    static func rebuildBlank(_ connection: Connection, from log: String?, _ job: Job) throws {
        guard let log, try CaptureState(connection) == nil else { return }
        let header = try LogReader(log).header
        guard header.firstOperation == 1, header.number == 0 else { return }
        let isEmpty = try connection.integer("SELECT count(*) FROM sqlite_schema") == 0
        guard try isEmpty || (Structure.isBlank(connection) && Set(Structure.sql(connection)) == Set(header.structure)) else { return }
        try connection.transaction("IMMEDIATE") {
            if isEmpty { for sql in header.structure { try StructureText.run(sql, on: connection) } }
            // A copy without a home: it must not write to the log that it came from.
            try Capture.install(
                connection,
                CaptureState(
                    application: header.application.bytes, chain: header.chain.bytes, homePath: "", homeDevice: 0, homeInode: 0))
            try Capture.advance(connection, to: header.startPosition)
        }
    }
}

extension LogChain {
    /// Like `operation(at:)`, for the earliest end point: what a log notes down at its beginning, before any change, counts as
    /// not held.
    func leastOperation(at position: Int64) throws(Failure) -> UInt64 {
        if let link = links.last(where: { $0.header.startPosition <= position }), link.header.startPosition == position {
            return link.first - 1
        }
        return try operation(at: position)
    }

    /// The last operation that data at `position` hold; the operation before the chain's first when they hold none of it.
    func operation(at position: Int64) throws(Failure) -> UInt64 {
        for link in links.reversed() where link.header.startPosition <= position {
            return try LogReader(link.path).lastOperation(atPosition: position)
        }
        return links.first.map { $0.first - 1 } ?? 0
    }
}
