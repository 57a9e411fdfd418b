// The small operations on a running log: bring it up to date, close it as a segment, say how it is.

import Database
import FileSystem
import LogFile
public import Vocabulary

/// `msc log drain`: writes what was captured to the log file.
///
/// Stop, failure and kill -9 leave the log as it was or as it becomes: captured changes are never lost (I1).
public struct LogDrain: Sendable {
    private let application: Application
    private let surroundings: Surroundings

    public init(application: Application, surroundings: Surroundings) {
        self.application = application
        self.surroundings = surroundings
    }

    /// - Throws: 1403 when there is no log, 1508 for a detached copy, 1274 when the log file is not available.
    public func run(_ job: Job) throws -> DrainOutcome { try run(job, on: nil) }

    /// - Parameter connection: see `LogSession.open`.
    func run(_ job: Job, on connection: Connection?) throws -> DrainOutcome {
        do { return try drain(job, on: connection) } catch let failure as Failure {
            if failure.code == .logUnavailable { try Refusal(application).begin(job) }
            throw failure
        }
    }

    private func drain(_ job: Job, on connection: Connection?) throws -> DrainOutcome {
        try translatingDatabaseErrors {
            let patience = BackupSettings.lockPatience(of: application)
            guard
                let session = try LogSession.open(
                    application, surroundings, for: OperationLock.drain, patience: patience, on: connection, job)
            else {
                throw try LogSession.absence(application, job)
            }
            session.ledger = RowLedger(application)
            var outcome = try session.drain(job, comparing: .command)
            // The log is written. Looking at very many tables takes its time.
            outcome.unsupported = try session.connection.withStop(of: job) {
                try LogStatus.unsupported(Schema.read(session.connection), session.state, in: application.data)
            }
            if session.state.isRefusing { try Capture.setRefusal(session.connection, false) }
            return outcome
        }
    }
}

public struct LogCutOutcome: Codable, Sendable, Equatable {
    /// The path of the closed segment.
    public var segment: String
    public var firstOperation: UInt64
    /// One less than the first when it holds none.
    public var lastOperation: UInt64
}

/// `msc log new`: closes the current log as a segment and starts the next.
public struct LogCut: Sendable {
    private let application: Application
    private let surroundings: Surroundings

    public init(application: Application, surroundings: Surroundings) {
        self.application = application
        self.surroundings = surroundings
    }

    /// After failure the log is as before; after kill -9 it is, or the cut is finished when the log is opened next.
    /// - Throws: 1403 when there is no log, 1415 while a backup or another operation uses it, 1504 when the segment's name is
    ///   taken, 1274 when the log file is not available.
    public func run(_ job: Job) throws -> LogCutOutcome {
        try translatingDatabaseErrors {
            guard let session = try LogSession.open(application, surroundings, for: "log new", job) else {
                throw try LogSession.absence(application, job)
            }
            let ledger = RowLedger(application)
            session.ledger = ledger
            _ = try session.drain(job)
            let outcome = try session.cutSegment(job)
            ledger.saveAfterCut()
            var line = JournalLine(.logCut, at: surroundings.now())
            line.path = outcome.segment
            line.detail = "operations \(outcome.firstOperation) to \(outcome.lastOperation)"
            _ = BackupJournal(of: application).record(line)
            return outcome
        }
    }
}

extension LogSession {
    /// Why there is no log to work on.
    static func absence(_ application: Application, _ job: Job) throws -> Failure {
        let connection = try Connection(application.data, .read, busyTimeout: 2000, stop: job)
        guard try Capture.isInstalled(connection) else { return noLog(application) }
        try CaptureState(connection)?.checkName(application)
        return Failure(
            .copyDetached, "'\(application.data)' is a copy: it carries the log identity of its original",
            hint: "Run 'msc log start' to make it an application of its own, or 'msc restore --in-place' to replace the original.")
    }
}

extension LogStatus {
    static let off = LogStatus(
        enabled: false, path: nil, firstOperation: 0, lastOperation: 0, pending: 0, state: .off, chain: nil, reason: nil,
        notJournaled: [:])

    /// Rows that come to nothing wait in the database until so many have gathered.
    private static let mostEmpty = UInt64(Drain.emptyRows)
    private static let isExcluded = "excluded when the log was started"
    private static let isOfIndex = "it belongs to the index "

    /// Whether nobody expects the log to carry a table: it was excluded, or an index over others is kept in it.
    /// - Parameter reason: from `notJournaled`.
    static func isLeftOutByIntent(_ reason: String?) -> Bool { reason == isExcluded || reason?.hasPrefix(isOfIndex) == true }

    /// What stands for the log's state when it cannot be read.
    public static func unreadable(_ failure: Failure) -> LogStatus {
        var status = off
        status.state = .unavailable
        status.reason = failure.description
        return status
    }

    /// The log's state now. Reads only; takes no lock.
    /// - Parameter job: a Stop of it throws 1406; nil where the state is told of what is done already.
    public static func of(_ application: Application, _ surroundings: Surroundings, _ job: Job? = nil) throws -> LogStatus {
        try of(application, surroundings, job, on: nil)
    }

    /// - Parameter shared: a connection that is open already, in no transaction.
    static func of(_ application: Application, _ surroundings: Surroundings, _ job: Job? = nil, on shared: Connection?) throws -> LogStatus {
        try translatingDatabaseErrors {
            let record = try ApplicationRecord.read(application)
            guard Folder.exists(application.data) else {
                var status = off
                status.path = record?.journal
                status.reason = "The data file is missing: restore it with 'msc restore'."
                if status.path != nil { status.state = .gap }
                return status
            }
            let connection = try shared ?? Connection(application.data, .read, busyTimeout: 2000, stop: job)
            var status = try connection.transaction("DEFERRED") { try of(connection, application, surroundings, record) }
            status.exposed = Exposure.warnings(of: application, log: status.path)
            return status
        }
    }

    /// The table of the first gap in a log; nil when there is none. Virtual tables whose content is not logged are no gap in the log of
    /// the others.
    static func gap(in reader: LogReader, passing shadows: Set<String>) throws(Failure) -> String? {
        var filter = Filter()
        filter.actions = [.gap]
        var found: String?
        try reader.forEach(filter: filter, damage: { _ in }) { operation in
            let table = reader.definition(operation.table)
            if let table, shadows.contains(table.name.lowercased()) { return .next }
            found = table.map { "table '\($0.name)'" } ?? "some tables"
            return .enough
        }
        return found
    }

    /// What this program cannot read or write, in words. Who excluded a table knows of it.
    /// - Throws: 1501 when not a newer SQLite but damage is the reason.
    static func unsupported(_ schema: Schema, _ state: CaptureState?, in path: String) throws(DatabaseError) -> [String] {
        if let damage = schema.damage { throw .damagedSchema(damage, in: path) }
        let excluded = Set((state?.exclusions ?? []).map { $0.lowercased() })
        return schema.unsupported.filter { !excluded.contains($0.table.lowercased()) }.map(\.words)
    }

    private static func of(
        _ connection: Connection, _ application: Application, _ surroundings: Surroundings, _ record: ApplicationRecord?
    ) throws -> LogStatus {
        var status = off
        if let failure = try Capture.partlyRemoved(connection) {
            status.path = record?.journal
            status.state = .gap
            status.reason = failure.description
            return status
        }
        guard let found = try CaptureState(connection) else {
            if let journal = record?.journal {
                status.path = journal
                status.state = .gap
                status.reason =
                    "The data file does not capture changes any more: it was replaced, or the end of the log was interrupted. "
                    + "Run 'msc log start' again, or restore the data, or end the log with 'msc log stop'."
            }
            status.startsWithNextBackup = LogRequest.waits(application, record)
            status.unsupported = try unsupported(Schema.read(connection), nil, in: application.data)
            return status
        }
        let state = found.settled
        try state.checkName(application)
        status.enabled = true
        status.chain = try state.chainIdentity.description
        let schema = try Schema.read(connection)
        status.unsupported = try unsupported(schema, state, in: application.data)
        let shadows = Set(schema.virtualTables.flatMap(\.shadows).map { $0.lowercased() })
        for exclusion in schema.exclusions { status.notJournaled[exclusion.name] = exclusion.reason }
        for table in schema.virtualTables {
            for name in table.shadows where !table.logged.contains(name) { status.notJournaled[name] = "\(LogStatus.isOfIndex)'\(table.name)'" }
        }
        for (name, reason) in try Capture.unloggedContents(connection) { status.notJournaled[name] = reason }
        for name in state.exclusions { status.notJournaled[name] = LogStatus.isExcluded }
        guard state.isAttached(to: application) else {
            status.enabled = false
            status.state = .detached
            status.reason = "This is a copy. It does not write to the log of its original; 'msc log start' gives it a log of its own."
            return status
        }
        // A chain that a crash ended at its beginning counts, and the record does not know yet.
        let path = found.former != nil && state.chain == found.chain ? state.journalPath : LogSession.path(record, state, application)
        status.path = path
        let position = try Capture.position(connection)
        var number: UInt32?
        do {
            let reader = try LogReader(path)
            number = reader.header.number
            status.firstOperation = reader.firstOperation
            status.lastOperation = reader.lastOperation
            status.pending = UInt64(try Capture.backlog(connection, after: reader.lastPosition))
            // More than these are never left by a drain.
            if status.pending > 0, status.pending <= LogStatus.mostEmpty, !Drain.yields(connection, after: reader.lastPosition) { status.pending = 0 }
            status.state = .ok
            try status.takeIntegrity(reader, application, surroundings)
            for name in try Capture.waitingContents(connection, limit: 2000) where status.notJournaled[name] != nil {
                status.notJournaled[name] = "its content has changed: the next drain logs it anew"
            }
            if reader.header.application.bytes != state.application || reader.header.chain.bytes != state.chain {
                status.state = .unavailable
                status.reason = "The file at the log's place is the log of another application or chain. Bring back the right one, or run 'msc log start' again."
            } else if let table = try gap(in: reader, passing: shadows) {
                status.state = .gap
                status.reason = "Changes of \(table) are missing in the log: make a backup, from which the log is whole again."
            } else if reader.lastPosition > position {
                status.state = .gap
                status.reason = "The data are older than the log: integrate it with 'msc integrate'."
            }
            do { try Fork.check(connection, against: reader, at: min(position, reader.lastPosition)) } catch let failure as Failure {
                if status.state != .unavailable, failure.code == .logGap {
                    status.state = .gap
                    status.reason = failure.description
                }
            }
        } catch let failure as Failure {
            status.state = .unavailable
            status.pending = UInt64(try Capture.backlog(connection, after: 0))
            status.reason = state.isBeginning ? LogSession.notBegun(application).description : failure.description
            if failure.code != .noPermission, !state.isBeginning {
                status.reason? += " The changes wait in the data file; if the log is lost, run 'msc log start' again."
            }
        }
        status.take(RowLedger.facts(of: application), chain: status.chain, backup: number)
        if state.isRefusing {
            status.reason = "The application's writes are refused (1274) until a drain succeeds. \(status.reason ?? "")"
        }
        return status
    }
}
