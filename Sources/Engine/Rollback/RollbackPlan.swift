// What a rollback would cancel, counted from the log before anything is changed, and which way it can go.

import LogFile
import Vocabulary

struct RollbackPlan {
    var method = Rollback.Method.undo
    private let keep: UInt64
    private var tally = OperationTally()

    /// Reads the operations after `keep`. What cannot be undone on the way (a gap, rows logged anew, a structure change, missing
    /// or damaged operations) makes it the archives' work.
    init(keep: UInt64, last: UInt64, chain: LogChain, _ job: Job) throws(Failure) {
        self.keep = keep
        var next = keep + 1
        for link in chain.links where link.last > keep {
            if link.first > next { method = .restore }
            let reader = try LogReader(link.path)
            job.report(Progress(phase: "Counting", subject: link.path, total: link.last - keep, unit: .operations))
            var lost = false
            try reader.tally(from: next, job: job, damage: { _ in lost = true }) { table, action, count in
                tally.add(count, reader.definition(table)?.name ?? (table == 0 ? "" : "?"), action)
            }
            if lost { method = .restore }
            next = max(next, reader.lastOperation + 1)
        }
        if next <= last || tally.needsArchive { method = .restore }
    }

    /// Tables whose AUTOINCREMENT counters moved since.
    var movedCounters: [String] { tally.counts.filter { ($0.value[.saveSequence] ?? 0) > 0 }.map(\.key).sorted() }

    func outcome(lastOperation: UInt64, previousOperation: UInt64, dryRun: Bool) -> RollbackOutcome {
        var byTable: [String: UInt64] = [:]
        var actions: [String: [String: UInt64]] = [:]
        for table in tally.tables {
            byTable[table.name] = table.total
            for (action, count) in tally.counts[table.name] ?? [:] where action.isRecordOperation {
                actions[table.name, default: [:]][action.name] = count
            }
        }
        return RollbackOutcome(
            kept: keep, cancelled: tally.records, lastOperation: lastOperation, byTable: byTable, actions: actions,
            previousOperation: previousOperation, method: method.rawValue, dryRun: dryRun)
    }
}
