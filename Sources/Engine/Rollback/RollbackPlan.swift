// What a rollback would cancel, counted from the log before anything is changed, and which way it can go.

import LogFile
import Vocabulary

struct RollbackPlan {
    var method = Rollback.Method.undo
    private let keep: UInt64
    private var cancelled: UInt64 = 0
    private var byTable: [String: UInt64] = [:]

    /// Reads the operations after `keep`. What cannot be undone on the way (a gap, rows logged anew, a structure change, missing
    /// or damaged operations) makes it the archives' work.
    init(keep: UInt64, last: UInt64, chain: LogChain, _ job: Job) throws(Failure) {
        self.keep = keep
        var next = keep + 1
        for link in chain.links where link.last > keep {
            if link.first > next { method = .restore }
            let reader = try LogReader(link.path)
            job.report(Progress(phase: "Counting", subject: link.path, total: link.last - keep, unit: .operations))
            var names: [UInt32: UInt64] = [:]
            var blocked = false
            try reader.forEach(from: next, job: job, damage: { _ in blocked = true }) { operation in
                switch operation.action {
                case .addition, .modification, .deletion: names[operation.table, default: 0] += 1
                case .gap, .reload, .structureChange: blocked = true
                default: break
                }
                return .next
            }
            for (table, count) in names {
                byTable[reader.definition(table)?.name ?? "?", default: 0] += count
                cancelled += count
            }
            if blocked { method = .restore }
            next = max(next, reader.lastOperation + 1)
        }
        if next <= last { method = .restore }
    }

    func outcome(lastOperation: UInt64, dryRun: Bool) -> RollbackOutcome {
        RollbackOutcome(
            kept: keep, cancelled: cancelled, lastOperation: lastOperation, byTable: byTable, method: method.rawValue,
            dryRun: dryRun)
    }
}
