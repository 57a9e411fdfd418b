// Cancels every operation after a chosen one, on the live database, in one transaction.

import Archive
import Database
import FileSystem
import LogFile
public import Vocabulary

/// `msc rollback`.
///
/// By undo from the log's old values where the logs are at hand: the cost is that of what is undone. Where something in
/// between cannot be undone, by an archive and the logs that follow it, restored beside and brought into the live file.
///
/// On Stop (1406), failure or kill -9 the data are as before. The cancelling operations are in the log themselves, so a
/// rollback can be rolled back.
public struct Rollback: Sendable {
    private let application: Application
    private let surroundings: Surroundings
    private let point: Point
    private let insideTransaction: Bool
    private let dryRun: Bool
    private let takesCountersBack: Bool
    /// Tests compare the two ways; nobody else chooses.
    var method: Method?

    enum Method: String, Sendable { case undo, restore }

    /// - Parameter takesCountersBack: AUTOINCREMENT counters too become what they were. Otherwise none is lowered: numbers that others have
    ///   seen are not given again.
    public init(
        application: Application, surroundings: Surroundings, to point: Point, insideTransaction: Bool, dryRun: Bool, takesCountersBack: Bool = false
    ) {
        self.application = application
        self.surroundings = surroundings
        self.point = point
        self.insideTransaction = insideTransaction
        self.dryRun = dryRun
        self.takesCountersBack = takesCountersBack
    }

    public func run(_ job: Job) throws -> RollbackOutcome {
        let lock = try OperationLock(.operation, for: "rollback", on: application, surroundings, job)
        defer { withExtendedLifetime(lock) {} }
        if dryRun { return try translatingDatabaseErrors { try perform(job) } }
        return try BackupJournal(of: application).recordingFailure(of: "rollback", path: application.data, surroundings) {
            try translatingDatabaseErrors { try perform(job) }
        }
    }

    /// The same, for a caller that holds the lock of operations already.
    func perform(_ job: Job) throws -> RollbackOutcome {
        let started = surroundings.now()
        guard let session = try LogSession.open(application, surroundings, for: "rollback", job) else {
            throw try LogSession.absence(application, job)
        }
        _ = try session.drain(job)
        let journal = try session.open()
        let places = try LogPlaces(application)
        let chain = try LogChain.leading(to: try LogReader(journal.path), places)
        let unverified = try chain.authenticate(session.keys, job)
        let oldest = chain.links.map(\.first).min() ?? 1
        let keep = try EndPoint.resolve(
            point, in: chain.links, after: min(oldest - 1, earliestArchive() ?? .max), insideTransaction: insideTransaction)

        var plan = try RollbackPlan(keep: keep, last: journal.lastOperation, chain: chain, job)
        if let method { plan.method = method }
        var warnings = try unverified + (EndPoint.disorder(point, in: chain.links, end: keep).map { [$0.description] } ?? [])
        if dryRun {
            var outcome = plan.outcome(lastOperation: journal.lastOperation, previousOperation: journal.lastOperation, dryRun: true)
            if !takesCountersBack { outcome.keptCounters = plan.movedCounters }
            outcome.warnings = warnings
            return outcome
        }
        let change = LiveChange(
            connection: session.connection, session: session, purpose: "rollback to operation \(keep)",
            mark: [.integer(Int64(clamping: keep)), .integer(Int64(clamping: journal.lastOperation))])
        var keptCounters: Set<String> = []
        var notCancelled: [Failure] = []
        var incomplete: [String] = []
        let previous =
            switch plan.method {
            case .undo: try undo(change, keep, session, chain, &keptCounters, &notCancelled, &warnings, &incomplete, job)
            case .restore: try restore(change, keep, session, places, &keptCounters, &warnings, &incomplete, job)
            }
        warnings += session.drainWhatIsDone()
        var outcome = plan.outcome(lastOperation: try session.open().lastOperation, previousOperation: previous, dryRun: false)
        outcome.notCancelled = notCancelled.map(\.description)
        outcome.warnings = warnings + outcome.notCancelled
        outcome.keptCounters = keptCounters.sorted()
        outcome.incomplete = incomplete
        var line = JournalLine(.rollback, at: started)
        line.status = "complete"
        line.path = application.data
        line.detail = "\(outcome.cancelled) operations cancelled after operation \(keep), by \(plan.method.rawValue)"
        line.seconds = Double(surroundings.now() - started) / 1000
        if let failure = BackupJournal(of: application).record(line) { outcome.warnings.append(failure.description) }
        return outcome
    }

    /// The last operation held by the oldest archive that is there: as far back as archives reach.
    private func earliestArchive() throws -> UInt64? {
        try BackupSet.all(of: application, surroundings).filter(\.present).compactMap(\.lastOperation).min()
    }

    /// Newest first, each log from its end: rows become what the log says they were.
    /// - Returns: the last operation before the cancelling ones.
    private func undo(
        _ change: LiveChange, _ keep: UInt64, _ session: LogSession, _ chain: LogChain, _ keptCounters: inout Set<String>,
        _ notCancelled: inout [Failure], _ warnings: inout [String], _ incomplete: inout [String], _ job: Job
    ) throws -> UInt64 {
        var previous: UInt64 = 0
        var failed: [(table: String, warning: String)] = []
        try change.run(.undo, surroundings.context, job) { applier in
            applier.keepsCounters = !takesCountersBack
            // Inside the transaction: the log now ends where the data are.
            previous = try session.open().lastOperation
            var next = UInt64.max
            for link in chain.links.reversed() {
                let reader = try LogReader(link.path)
                guard reader.lastOperation > keep else { break }
                for table in reader.definitions { applier.define(table) }
                job.report(
                    Progress(
                        phase: "Rolling back", subject: link.path, total: reader.lastOperation - max(keep, reader.firstOperation - 1),
                        unit: .operations))
                try reader.forEach(
                    from: keep + 1, to: next - 1, reverse: true, job: job,
                    damage: { (damage) throws(Failure) in throw Replay.damaged(link.path, damage) }
                ) { (operation) throws(Failure) in
                    if operation.isConsistentPoint { try applier.finish() }
                    try applier.apply(operation)
                    return .next
                }
                next = reader.firstOperation
            }
            try applier.finish()
            failed = try VirtualTable.rebuild(change.connection, touched: applier.touched)
            keptCounters = applier.keptCounters
            notCancelled = applier.warnings
        }
        warnings += failed.map(\.warning)
        incomplete += failed.map(\.table)
        return previous
    }

    /// Restores the newest archive that is old enough beside the data, takes it forward to the point, and brings its rows in. One that is
    /// damaged is passed over with a warning: an older one reaches the same point by more logs.
    /// - Returns: the last operation before the cancelling ones.
    private func restore(
        _ change: LiveChange, _ keep: UInt64, _ session: LogSession, _ places: LogPlaces, _ keptCounters: inout Set<String>,
        _ warnings: inout [String], _ incomplete: inout [String], _ job: Job
    ) throws -> UInt64 {
        let mine = try session.state.owner
        func bringIn(_ path: String, _ taken: Replay.Result) throws -> UInt64 {
            var previous: UInt64 = 0
            try change.run(.redo, surroundings.context, job) { applier in
                applier.keepsCounters = !takesCountersBack
                previous = try session.open().lastOperation
                try Difference(live: application.data, wanted: path, job).apply(to: change.connection, applier, job)
                keptCounters = applier.keptCounters
            }
            warnings += taken.warnings
            incomplete = taken.incomplete
            return previous
        }
        var damage: Failure?
        for set in try BackupSet.all(of: application, surroundings) where set.present {
            do {
                let reader = try ArchiveReader(path: set.archive)
                let made = try reader.manifest()
                let manifest = try LogBase.joined(made, set.archive)
                guard manifest.chain == mine.chain.description else { continue }
                warnings += try reader.authenticate(session.keys)
                // The archive's clock says what it holds, also when its log was not at hand when it was made.
                let logs = try LogChain.following(manifest.position, of: mine, folders: places.folders, files: places.files)
                guard try logs.links.isEmpty ? manifest.lastOperation <= keep : logs.leastOperation(at: manifest.position) <= keep,
                    let item = manifest.items.first(where: { $0.role == .data })
                else { continue }
                let folder = try Restore.partialFolder(for: application.data)
                defer { withExtendedLifetime(folder) {} }
                var copy = try Restore.extractData(item, reader, made, to: folder, way: .rollback, job)
                try copy.join(set.archive, nil, job)
                return try bringIn(copy.path, try takeForward(copy, to: keep, places, session.keys, job))
            } catch let failure as Failure {
                guard [.archiveDamaged, .archiveMissing, .tampered].contains(failure.code) else { throw failure }
                warnings.append("backup \(set.number) was passed over: \(failure.sentence)")
                damage = damage ?? failure
            }
        }
        let folder = try Restore.partialFolder(for: application.data)
        defer { withExtendedLifetime(folder) {} }
        if let (path, taken) = try rebuild(keep, session, places, in: folder.path, job) { return try bringIn(path, taken) }
        throw damage ?? Failure(
            .pointOutOfRange, "no archive of this chain reaches back to operation \(keep)",
            hint: "'msc backups' lists the archives and the operations they hold.")
    }

    /// Where the logs begin with a blank data file, they need no archive: the structure stands in the first one.
    /// - Returns: the data as they were at the point; nil when the logs do not begin so.
    private func rebuild(
        _ keep: UInt64, _ session: LogSession, _ places: LogPlaces, in folder: String, _ job: Job
    ) throws -> (path: String, taken: Replay.Result)? {
        let chain = try LogChain.leading(to: try LogReader(session.open().path), places)
        guard let first = chain.links.first, first.header.firstOperation == 1, first.header.number == 0 else { return nil }
        let path = Folder.join(folder, Folder.name(of: application.data))
        // The encoding stands in the file before anything else does.
        try Connection(path, .create, stop: job).execute("PRAGMA encoding='\(first.header.encoding.pragmaName)'; CREATE TABLE x(x); DROP TABLE x")
        let copy = try Connection(path, .write, stop: job)
        try Integration.rebuildBlank(copy, from: first.path, job)
        return (path, try Replay(connection: copy, chain: chain, end: keep).run(job))
    }

    private func takeForward(_ copy: RestoredData, to keep: UInt64, _ places: LogPlaces, _ keys: IntegrityKeys?, _ job: Job) throws -> Replay.Result {
        guard let (owner, position) = try copy.owner(job) else { throw LogSession.noLog(application) }
        let logs = try LogChain.following(position, of: owner, folders: places.folders, files: places.files)
        _ = try logs.authenticate(keys, job)
        let held = logs.links.isEmpty ? copy.manifest.lastOperation : try logs.leastOperation(at: position)
        guard max(held, logs.lastOperation ?? 0) >= keep else {
            throw Failure(
                .logGap, "the logs that follow archive \(copy.manifest.backupNumber) end before operation \(keep)",
                hint: "Bring back the missing .4BL files beside the archives.")
        }
        return try copy.integrate(logs, to: keep, job)
    }
}
