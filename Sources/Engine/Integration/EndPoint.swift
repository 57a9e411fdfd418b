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
            guard let first = links.first else {
                // Nothing is known of what came after the data were as they are.
                if let heldTime, heldTime <= time { return held }
                throw outOfRange(Timestamp.local(time), held, last)
            }
            // Clocks are set back. What came after an operation that is later than the time came after it, whatever its own time says.
            let number = try firstOperation(after: time, from: held + 1, in: links).map { $0 - 1 } ?? last
            if number > held, let link = links.last(where: { $0.first <= number }) {
                if heldTime.map({ $0 > time }) ?? true, let early = try firstOperation(after: time + tolerance, from: 0, in: links), early <= held {
                    throw outOfRange(Timestamp.local(time), held, last)
                }
                return max(held, try LogReader(link.path).consistentPoint(atOrBefore: number) ?? link.first - 1)
            }
            if let heldTime, heldTime <= time { return held }
            if let link = links.first(where: { $0.first <= held && held <= $0.last }),
                let operation = try LogReader(link.path).operation(held), operation.time <= time
            {
                return held
            }
            // All operations of the logs came later. What was there then is known only from the moment at which the logs begin.
            guard first.first > held, time >= first.header.startTime else { throw outOfRange(Timestamp.local(time), held, last) }
            return first.first - 1
        }
    }

    /// Times may be out of order by so much without a word: changes of one moment are not always noted in their order. Milliseconds.
    static let tolerance: Int64 = 1000

    /// What is to be told of an end point that is a time: operations after it carry an earlier time, because the clock was set back.
    /// - Parameter end: what `resolve` made of the point.
    /// - Returns: 1526; nil where times are in order.
    static func disorder(_ point: Point?, in links: [LogChain.Link], end: UInt64) throws(Failure) -> Failure? {
        guard case .time(let time)? = point, let later = try firstOperation(after: time, from: end + 1, in: links) else { return nil }
        for link in links.reversed() where link.last > later {
            let reader = try LogReader(link.path)
            guard let number = try reader.lastOperation(atOrBefore: time - tolerance) else { continue }
            guard number > later, let back = try reader.operation(number) else { return nil }
            return Failure(
                .clockWentBack,
                "the clock went back: operation \(number) carries the time \(Timestamp.local(back.time)), and comes after operation \(later), "
                    + "which is later than \(Timestamp.local(time))",
                hint: "The data end after operation \(end), before the first operation that is later. To end elsewhere, name an operation.")
        }
        return nil
    }

    /// The first operation, in the order of the logs, that is later than a time.
    /// - Parameter number: operations before this one do not count.
    private static func firstOperation(after time: Int64, from number: UInt64, in links: [LogChain.Link]) throws(Failure) -> UInt64? {
        if time == .max { return nil }
        for link in links where link.last >= number {
            if let found = try LogReader(link.path).firstOperation(atOrAfter: time + 1, from: number) { return found }
        }
        return nil
    }

    private static func outOfRange(_ what: String, _ first: UInt64, _ last: UInt64) -> Failure {
        Failure(
            .pointOutOfRange, "\(what) lies outside what data and logs hold: operations \(first) to \(last)",
            hint: "For an earlier point restore an older archive; for a later one give the logs that follow.")
    }
}
