// What a rollback would change, before anybody agrees to it: how much of which table, and the newest rows with their values.

import Engine
import TerminalKit
import Vocabulary

/// A rollback that was only counted, and what it would do to rows.
struct RollbackPreview: Sendable {
    var outcome: RollbackOutcome
    /// The newest first; at most `most`.
    var rows: [OperationRow]

    /// More than anybody reads in a dialog; the list behind it has them all.
    static let most = 100
    private static let widest = 200

    /// One line for each row, below a heading.
    var lines: [String] {
        guard !rows.isEmpty else { return [] }
        let more = outcome.cancelled - min(outcome.cancelled, UInt64(rows.count))
        return ["", "In this order, now → then:"] + rows.map(RollbackPreview.line)
            + (more > 0 ? ["and \(Quantity.number(more)) before them, marked in the list."] : [])
    }

    private static func line(_ row: OperationRow) -> String {
        let what =
            switch row.action {
            case .addition: "is removed: \(row.values)"
            case .deletion: "comes back: \(row.values)"
            default: row.values
            }
        let text = "\(Quantity.number(row.number)): \(row.table) \(row.key): \(what)"
        // A line feed in a value must not look like another row.
        let plain = String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 ? "·" : $0 }))
        return plain.count > widest ? plain.prefix(widest) + "…" : plain
    }
}
