// Two histories of one application: an old copy of the data was put back and went on by itself. Positions alone do not tell, since both
// count on from the same one (invariants I7, I8).

import Database
import LogFile
import Vocabulary

enum Fork {
    /// Refuses data whose captured change at a position is another one than the log holds there.
    ///
    /// Where the row was let go, is none of a change, or carries no time (insertions of most tables, see `TriggerText`), nothing is
    /// known and nothing refused.
    /// - Throws: 1502.
    static func check(_ connection: Connection, against log: @autoclosure () throws(Failure) -> LogReader, at position: Int64) throws {
        guard let time = try Capture.time(connection, at: position) else { return }
        let reader = try log()
        if try isElsewhere(reader, position, time) { throw refusal(connection.path, reader.path, position) }
    }

    static func refusal(_ data: String, _ log: String, _ position: Int64) -> Failure {
        Failure(
            .logGap, "the data in '\(data)' went another way than the log '\(log)' from captured change \(position) on, or before it",
            hint: "The data file was replaced by an older copy and changed since: restore it with 'msc restore --in-place', or keep it as it is and begin a new log with 'msc log start'.")
    }

    /// What a drain derives from one captured row gets the time of that row, to the millisecond.
    private static func isElsewhere(_ reader: LogReader, _ position: Int64, _ time: Int64) throws(Failure) -> Bool {
        let last = try reader.lastOperation(atPosition: position)
        var left = most
        var isOther = false
        var isKnown = false
        try reader.forEach(from: 0, to: last, reverse: true, damage: { _ in isKnown = true }) { operation in
            guard operation.position == position else { return .enough }
            left -= 1
            // Rows that were logged anew stand at the position of their drain, and carry its time.
            if operation.time == time || operation.action == .reload || left == 0 {
                isKnown = true
                return .enough
            }
            isOther = isOther || operation.action.isRecordOperation
            return .next
        }
        return isOther && !isKnown
    }

    /// One captured row gives few operations, counters included; more of them are rows that were logged anew.
    private static let most = 1000
}
