// Replays the logs of a checked chain onto a database: what integration, restore and the archive way of a rollback share.

import Database
import LogFile
import Parity
import Vocabulary

/// Takes a copy of the data forward along a chain of logs, one transaction per log.
///
/// After Stop, failure or kill -9 the data are as after the last log that was integrated completely, and say so themselves: a
/// second run goes on from there.
struct Replay {
    let connection: Connection
    let chain: LogChain
    /// The last operation to integrate; nil for all.
    let end: UInt64?

    /// What came of it.
    struct Result {
        var steps: [IntegrationOutcome.Step] = []
        /// What could not be brought to the point that was reached, in words.
        var warnings: [String] = []
        /// Virtual tables concerned.
        var incomplete: [String] = []
        fileprivate var touched: Set<String> = []
        fileprivate var outdated: Set<String> = []
        fileprivate var renewed: Set<String> = []
    }

    /// - Throws: 1420 when another process holds the database, 1502 when the data went another way than the log, 1413 at a damaged block, 1517 when the data are not what the
    ///   log says, 1406 on Stop; the log concerned then has left nothing.
    func run(_ job: Job) throws -> Result {
        var result = Result()
        // What a run that was stopped or killed did not come to.
        result.touched = try Capture.unindexed(connection)
        for link in chain.links {
            if let end, link.first > end { break }
            try integrate(link, &result, job)
        }
        if !result.touched.isEmpty {
            job.report(Progress(phase: "Building indexes anew", subject: connection.path, unit: .records))
            try WriteTransaction(connection: connection, session: nil).run(job) {
                for (table, warning) in try VirtualTable.rebuild(connection, touched: result.touched) {
                    result.warnings.append(warning)
                    result.incomplete.append(table)
                }
                try Capture.setUnindexed(connection, [])
            }
        }
        // The logs are in: a Stop comes too late.
        try tellOutdated(&result, Job())
        try nameStaleTables(&result.steps)
        try nameDoubtfulTables(&result.steps, Job())
        return result
    }

    /// The content of virtual tables is in the log as it was at certain moments, or not at all: says of which that is not the point reached.
    private func tellOutdated(_ result: inout Result, _ job: Job) throws {
        let position = try Capture.position(connection)
        var later: Set<String> = []
        if let end {
            var filter = Filter()
            filter.actions = [.reload]
            for link in chain.links where link.last > end {
                let reader = try LogReader(link.path)
                try reader.forEach(from: end + 1, filter: filter, job: job, damage: { _ in }) { operation in
                    // It tells up to where its content was certainly what the log had before.
                    var cursor = ValueCursor(operation.new)
                    if case .integer(let known)? = cursor.next(), known >= position { return .next }
                    if let name = reader.definition(operation.table)?.name.lowercased() { later.insert(name) }
                    return .next
                }
            }
        }
        let before = try Capture.outdated(connection)
        var outdated: [String] = []
        for table in try VirtualTable.all(connection) {
            let names = Set(table.logged.map { $0.lowercased() })
            let isStillOutdated = before.contains(table.name.lowercased()) && result.renewed.isDisjoint(with: names)
            if isStillOutdated || !result.outdated.isDisjoint(with: names) {
                outdated.append(table.name)
                result.incomplete.append(table.name)
                result.warnings.append("the content of the virtual table '\(table.name)' is that of the backup: the log does not hold it")
            } else if table.keeping == .content, !later.isDisjoint(with: names) {
                result.incomplete.append(table.name)
                result.warnings.append(
                    "the content of the virtual table '\(table.name)' may be older than this point: the log holds it as it was at certain moments")
            }
        }
        if Set(outdated.map { $0.lowercased() }) != before {
            try Patience.retry(seconds: 10, job) { try Capture.setOutdated(connection, outdated) }
        }
    }

    /// Tables that are not journaled because nobody but the application can write them have stayed as they were, while others went on.
    private func nameStaleTables(_ steps: inout [IntegrationOutcome.Step]) throws {
        guard let last = steps.lastIndex(where: { $0.recordOperations > 0 }) else { return }
        for table in try Schema.read(connection).exclusions where table.isForeign && !steps.contains(where: { $0.names(table.name) }) {
            steps[last].notIntegrated.append(
                Failure(
                    .tableNotWritable, "the table '\(table.name)' is not journaled and keeps the rows of the backup", cause: table.reason,
                    hint: "Bring its rows up to date with the application."
                ).description)
        }
    }

    /// Tables with rows of ours that a newer SQLite might not have written so.
    private func nameDoubtfulTables(_ steps: inout [IntegrationOutcome.Step], _ job: Job) throws {
        guard let last = steps.lastIndex(where: { $0.recordOperations > 0 }) else { return }
        for (table, rows) in try RealText.doubtful(connection, job) {
            steps[last].notIntegrated.append(
                Failure(
                    .tableNotWritable, "in up to \(rows) rows of the table '\(table)' a generated column or an index holds the text of a REAL",
                    cause: "SQLite \(UnreadableObject.sqliteVersion) writes it with 15 digits, newer versions with more",
                    hint: "Where the application uses another version, let it check with PRAGMA integrity_check, write these rows again and REINDEX."
                ).description)
        }
    }

    private func integrate(_ link: LogChain.Link, _ result: inout Result, _ job: Job) throws {
        let reader = try LogReader(link.path)
        let position = try Capture.position(connection)
        try Fork.check(connection, against: reader, at: position)
        let held = try reader.lastOperation(atPosition: position)
        let last = min(end ?? .max, reader.lastOperation)
        var step = IntegrationOutcome.Step(
            log: link.path, operations: 0, recordOperations: 0,
            skipped: max(held, reader.firstOperation - 1) - (reader.firstOperation - 1))
        guard last > held else { return result.steps.append(step) }
        job.report(
            Progress(phase: "Integrating", subject: link.path, total: last - held, unit: .operations))
        let applier = try Applier(connection, .redo)
        for table in reader.definitions { applier.define(table) }
        let reloads = try Reloads(in: reader, from: held + 1, to: last, connection.textEncoding)
        for table in reloads.tables { applier.expectReload(of: table) }
        var touched = result.touched
        do {
            try WriteTransaction(connection: connection, session: nil).run(job) {
                var newest = position
                // The log is unfolded beside the writing: until the relay is done the connection is the consumer's.
                let relay = OperationRelay { (operation) throws(Failure) in
                    try applier.apply(operation)
                    if operation.isConsistentPoint { try applier.finish() }
                }
                try relay.complete {
                    try reader.forEach(
                        from: held + 1, to: last, job: job,
                        damage: { (damage) throws(Failure) in throw Replay.damaged(link.path, damage) }
                    ) { (operation) throws(Failure) in
                        if !reloads.outdo(operation) { try relay.append(operation) }
                        step.operations += 1
                        if operation.action.isRecordOperation { step.recordOperations += 1 }
                        newest = operation.position
                        return .next
                    }
                }
                try applier.finish()
                if try !VirtualTable.all(connection).isEmpty {
                    touched.formUnion(applier.touched)
                    try Capture.setUnindexed(connection, touched)
                }
                try Capture.advance(connection, to: newest)
            }
        } catch {
            try? applier.close()
            throw error
        }
        step.notIntegrated = applier.warnings.map(\.description)
        try applier.close()
        if !reader.repaired.isEmpty { step.repaired = reader.repaired.text }
        result.steps.append(step)
        result.touched = touched
        result.renewed.formUnion(applier.renewed)
        result.outdated = result.outdated.subtracting(applier.renewed).union(applier.outdated)
    }

    static func damaged(_ log: String, _ damage: Damage) -> Failure {
        Failure(
            .logDamaged, "the log '\(log)' is damaged", cause: damage.reason,
            hint: damage.operations.map {
                "The operations up to \($0.lowerBound - 1) are sound: integrate with --until-operation \($0.lowerBound - 1)."
            } ?? "Run 'msc log check' on it.")
    }
}

extension IntegrationOutcome.Step {
    /// Whether the table is told already.
    fileprivate func names(_ table: String) -> Bool { notIntegrated.contains { $0.contains("'\(table)'") } }
}
