// What a rollback would cancel, counted from the log before anything is changed, and which way it can go.

import LogFile
import Vocabulary

struct RollbackPlan {
    var method = Rollback.Method.undo
    private let keep: UInt64
    private var tally = OperationTally()
    /// What becomes of the structure, newest change first.
    private var structure: [String] = []

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
            if tally.count(of: .structureChange) > 0 {
                structure.insert(contentsOf: try RollbackPlan.structure(of: reader, from: next, job), at: 0)
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
            previousOperation: previousOperation, method: method.rawValue, dryRun: dryRun, structure: structure)
    }

    /// The changes of structure in a log from an operation on, newest first, as what taking them back means.
    private static func structure(of reader: LogReader, from first: UInt64, _ job: Job) throws(Failure) -> [String] {
        var filter = Filter()
        filter.actions = [.structureChange]
        var found: [String] = []
        try reader.forEach(from: first, reverse: true, filter: filter, job: job, damage: { _ in }) { operation in
            var cursor = ValueCursor(operation.new)
            func text() -> String? {
                switch cursor.next() {
                case .text(let bytes): reader.header.encoding.decode(Array(bytes))
                case .integer(let number): String(number)
                default: nil
                }
            }
            let (type, name, before, after) = (text() ?? "", text() ?? "", text(), text())
            let words =
                if type == "pragma" {
                    "\(name) goes back from \(after ?? "0") to \(before ?? "0")"
                } else {
                    switch (before, after) {
                    case (nil, _): "\(type) '\(name)' goes: it was created"
                    case (_, nil): "\(type) '\(name)' comes back: it was dropped"
                    default: "\(type) '\(name)' becomes again: \(before ?? "")"
                    }
                }
            found.append("\(words) (operation \(operation.number))")
            return .next
        }
        return found
    }
}
