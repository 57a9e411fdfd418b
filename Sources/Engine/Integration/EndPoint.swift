// Where a replay or a rollback ends: a number or a time becomes an operation, and it must be one after which the data were
// in a committed state (invariant I8).

import LogFile
import Vocabulary

enum EndPoint {
    /// The last operation to keep, within the logs of a chain.
    /// - Parameters:
    ///   - held: the last operation that the data holds: the earliest possible end.
    ///   - heldTime: a time at which `held` was the last operation; nil when that is not known.
    ///   - insideTransaction: accept a number that may cut a transaction.
    /// - Throws: 1506 outside what data and logs hold, 1507 at a point that is not known to be a committed state.
    static func resolve(
        _ point: Point, in links: [LogChain.Link], after held: UInt64, knownAt heldTime: Int64? = nil, insideTransaction: Bool
    ) throws(Failure) -> UInt64 {
        let last = max(held, links.map(\.last).max() ?? held)
        switch point {
        case .operation(let number):
            guard (held...last).contains(number) else { throw outOfRange("operation \(number)", held, last) }
            if number == held || number == last || insideTransaction { return number }
            guard let link = links.first(where: { $0.first <= number && number <= $0.last }) else {
                throw Failure(
                    .pointOutOfRange, "operation \(number) is in none of the logs that are at hand",
                    hint: "Bring back the missing .4BL files beside the archives, or choose another operation.")
            }
            let reader = try LogReader(link.path)
            let before = try reader.consistentPoint(atOrBefore: number) ?? link.first - 1
            if before == number { return number }
            let after = try reader.consistentPoint(atOrAfter: number) ?? link.last
            throw Failure(
                .pointInsideTransaction, "operation \(number) may lie inside a transaction",
                hint: "Choose operation \(before) or \(after), or add --inside-transaction to take it all the same.")
        case .time(let time):
            guard let first = links.first else { throw outOfRange(Timestamp.local(time), held, last) }
            for link in links.reversed() {
                let reader = try LogReader(link.path)
                guard let number = try reader.lastOperation(atOrBefore: time) else { continue }
                // The data hold operations that came after that time.
                if number < held { break }
                return max(held, try reader.consistentPoint(atOrBefore: number) ?? link.first - 1)
            }
            if let heldTime, heldTime <= time { return held }
            // All operations of the logs came later. What was there then is known only from the moment at which the logs begin.
            guard first.first > held, time >= first.header.startTime else { throw outOfRange(Timestamp.local(time), held, last) }
            return first.first - 1
        }
    }

    private static func outOfRange(_ what: String, _ first: UInt64, _ last: UInt64) -> Failure {
        Failure(
            .pointOutOfRange, "\(what) lies outside what data and logs hold: operations \(first) to \(last)",
            hint: "For an earlier point restore an older archive; for a later one give the logs that follow.")
    }
}
