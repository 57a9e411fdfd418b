// Where a rollback would cut: the last operation to keep, whether that is a point to go back to, and what it cancels.

import Engine
import TerminalKit
import Vocabulary

struct RollbackCut: Sendable {
    /// The last operation to keep; one less than the log's first keeps nothing of the log.
    let keep: UInt64
    /// The nearest points to go back to, when they have been looked for.
    var points: (before: UInt64, after: UInt64)?
    var tally = OperationTally()
    /// The log's last operation when it was counted.
    var end: UInt64
    /// The operation to go on counting with; nil when all are counted.
    var next: UInt64?

    init(keep: UInt64, row: OperationRow?, extent: LogExtent) {
        self.keep = keep
        end = extent.last
        next = keep < extent.last ? keep + 1 : nil
        if row?.number == keep, row?.isConsistentPoint == true || keep == extent.last { points = (keep, keep) }
        if keep + 1 == extent.first { points = (keep, keep) }
    }

    /// Nil as long as it is not known.
    var isPoint: Bool? { points.map { $0.before == keep || $0.after == keep } }

    /// Why a rollback cannot go there; nil when it can.
    func obstacle(_ extent: LogExtent) -> String? {
        if keep >= extent.last { return "Nothing comes after this operation: choose the last one to keep." }
        guard let points, let isPoint else { return "Whether this is a point to go back to is being looked up." }
        if isPoint { return nil }
        return "This operation may cut a transaction. The nearest safe points are \(points.before) ([) and \(points.after) (])."
    }

    /// Looks up what is not known yet, the rest of the count in slices.
    func read(_ browser: SharedBrowser, _ surroundings: Surroundings) -> [Effect] {
        guard points == nil || next != nil else { return [] }
        return [
            .load(key: RollbackCut.key) { job in
                try browser.use { browser in
                    var cut = self
                    if cut.points == nil { cut.points = try browser.consistentPoints(around: keep) }
                    if let next = cut.next {
                        cut.next = try browser.tally(from: next, into: &cut.tally, job, for: TimeSlice(surroundings, milliseconds: 40))
                    }
                    return cut
                }
            }
        ]
    }

    static let key = "cut"

    // MARK: In words

    func lines(_ extent: LogExtent, row: OperationRow?) -> [(text: String, style: Style)] {
        var lines: [(String, Style)] = []
        let time = row?.number == keep ? row.map { ", \(Timestamp.local($0.time))" } ?? "" : ""
        lines.append(
            keep < extent.first ? ("Nothing of the log is kept: back to its beginning", .title) : ("The last operation kept is \(Quantity.number(keep))\(time)", .title))
        guard keep < extent.last else { return lines + [("Nothing is cancelled. Go up to the last operation to keep.", .hint)] }
        if isPoint == false, let points {
            lines.append(("! It may cut a transaction. Safe points: \(Quantity.number(points.before)) [ and \(Quantity.number(points.after)) ]", .warning))
        }
        var head = "x \(Quantity.number(tally.records)) \(tally.records == 1 ? "change" : "changes")"
        head += next.map { " so far, \(Quantity.percent($0 - keep - 1, of: extent.last - keep)) counted" } ?? " would be cancelled"
        lines.append((head, .doomed))
        lines += tally.tables.map { ("  \($0.name): \(RollbackCut.words($0))", .normal) }
        let structure = tally.count(of: .structureChange)
        if structure > 0 { lines.append(("! \(structure) \(structure == 1 ? "change" : "changes") of structure would be taken back.", .warning)) }
        if tally.needsArchive {
            lines.append(("The log alone cannot undo this: an archive will be used.", .warning))
        }
        return lines
    }

    /// `2 added, 1 modified`.
    static func words(_ table: OperationTally.Table) -> String {
        [(table.additions, "added"), (table.modifications, "modified"), (table.deletions, "deleted")]
            .filter { $0.0 > 0 }.map { "\(Quantity.number($0.0)) \($0.1)" }.joined(separator: ", ")
    }
}
