// Where a restore can end: what an operation number or a time means, why a point cannot be reached and which ones near it can,
// and what is left out after it.

import LogFile
public import Vocabulary

/// An operation after which the data are known to be in a committed state.
public struct RestorePoint: Sendable, Equatable {
    /// The last operation that is kept.
    public var operation: UInt64
    /// Milliseconds since 1970 UTC; nil when no log tells.
    public var time: Int64?

    public init(operation: UInt64, time: Int64?) {
        self.operation = operation
        self.time = time
    }
}

/// What a wish for an end point comes to.
public struct PointStanding: Sendable, Equatable {
    /// Operations after an end point that are known.
    public struct Rest: Sendable, Equatable {
        public var first: UInt64
        public var last: UInt64
        /// Milliseconds since 1970 UTC: the first and the last of them; nil when no log tells.
        public var start: Int64?
        public var end: Int64?

        public var count: UInt64 { last - first + 1 }

        public init(first: UInt64, last: UInt64, start: Int64?, end: Int64?) {
            self.first = first
            self.last = last
            self.start = start
            self.end = end
        }
    }

    /// Where a restore ends; nil when the point is refused.
    public var end: RestorePoint?
    /// Why it is refused: 1502, 1506 or 1507.
    public var refusal: Failure?
    /// The nearest points that can be reached, for a refused one.
    public var before: RestorePoint?
    public var after: RestorePoint?
    /// What is left out after the end; nil when it is everything that is known.
    public var rest: Rest?
    /// What is to be known of the end: 1526, where the point is a time and times are out of order after it.
    public var warning: Failure?

    public init(
        end: RestorePoint? = nil, refusal: Failure? = nil, before: RestorePoint? = nil, after: RestorePoint? = nil, rest: Rest? = nil
    ) {
        self.end = end
        self.refusal = refusal
        self.before = before
        self.after = after
        self.rest = rest
    }
}

extension RestorePreview {
    /// What a wish comes to; nil means everything that can be reached. Reads the logs; changes nothing.
    /// - Throws: 1412, 1413 or 1515 when a log cannot be read any more.
    public func standing(of point: Point?) throws(Failure) -> PointStanding {
        switch point {
        case nil: return try reached(lastOperation)
        case .operation(let number): return try standing(of: number)
        case .time(let time): return try standing(at: time)
        }
    }

    /// The next point that can be reached before or after an operation; nil when there is none.
    public func point(from number: UInt64, forward: Bool) throws(Failure) -> RestorePoint? {
        guard forward ? number < lastOperation : number > held else { return nil }
        if !forward, number - 1 <= held { return try point(held) }
        let wanted = forward ? number + 1 : min(number - 1, lastOperation)
        let (before, after) = try neighbours(of: wanted)
        return try point(forward ? after : before)
    }

    private func standing(of number: UInt64) throws(Failure) -> PointStanding {
        if number < held {
            return PointStanding(
                refusal: Failure(
                    .pointOutOfRange, "this backup holds everything up to operation \(held) already, operation \(number) lies before that",
                    hint: "Choose an older backup, or roll back afterwards."),
                after: try point(held))
        }
        if let gap = gaps.first, number >= gap.first { return try missing(gap) }
        if number > lastOperation {
            return PointStanding(
                refusal: Failure(
                    .pointOutOfRange, "operation \(number) is not there: the logs end at operation \(lastOperation)",
                    hint: "Choose an earlier operation, or add the logs that follow."),
                before: try point(lastOperation))
        }
        if number == held || number == lastOperation { return try reached(number) }
        let (before, after) = try neighbours(of: number)
        if before == number { return try reached(number) }
        return PointStanding(
            refusal: Failure(
                .pointInsideTransaction, "operation \(number) may lie inside a transaction",
                hint: "Choose operation \(before) or \(after)."),
            before: try point(before), after: try point(after))
    }

    private func standing(at time: Int64) throws(Failure) -> PointStanding {
        if time < (heldTime ?? archive.time) {
            return PointStanding(
                refusal: Failure(
                    .pointOutOfRange, "this backup holds the data as they were at \(Timestamp.local(archive.time)), after \(Timestamp.local(time))",
                    hint: "Choose an older backup."),
                after: try point(held))
        }
        if let refusal = refusal(of: time) { return PointStanding(refusal: refusal, after: try point(held)) }
        // Between the last operation at hand and the first missing one nobody knows what was done.
        if let gap = gaps.first, time > gap.start { return try missing(gap) }
        let links = try links()
        let end = try EndPoint.resolve(.time(time), in: links, after: held, knownAt: heldTime ?? archive.time, insideTransaction: false)
        var standing = try reached(end)
        standing.warning = try EndPoint.disorder(.time(time), in: links, end: end)
        return standing
    }

    private func missing(_ gap: MissingOperations) throws(Failure) -> PointStanding {
        let which = gap.first == gap.last ? "operation \(gap.first) is missing" : "operations \(gap.first) to \(gap.last) are missing"
        return PointStanding(
            refusal: Failure(
                .logGap, "\(which): no log at hand holds \(gap.first == gap.last ? "it" : "them")",
                hint: "Add the log that does, or choose operation \(lastOperation) or an earlier one."),
            before: try point(lastOperation))
    }

    private func reached(_ number: UInt64) throws(Failure) -> PointStanding {
        var standing = PointStanding(end: try point(number))
        if number < lastKnown {
            standing.rest = .init(
                first: number + 1, last: lastKnown, start: try time(of: number + 1), end: beyond.last?.end ?? logs.last?.end)
        }
        return standing
    }

    private func point(_ number: UInt64) throws(Failure) -> RestorePoint {
        RestorePoint(operation: number, time: number == held ? heldTime ?? archive.time : try time(of: number))
    }

    private func time(of number: UInt64) throws(Failure) -> Int64? {
        guard let log = (logs + beyond).first(where: { $0.first <= number && number <= $0.last }) else { return nil }
        return try LogReader(log.path).operation(number)?.time
    }

    /// The last committed state at or before an operation, and the first at or after it.
    private func neighbours(of number: UInt64) throws(Failure) -> (before: UInt64, after: UInt64) {
        guard let log = logs.first(where: { $0.first <= number && number <= $0.last }) else { return (held, lastOperation) }
        let reader = try LogReader(log.path)
        return (
            max(held, try reader.consistentPoint(atOrBefore: number) ?? log.first - 1),
            try reader.consistentPoint(atOrAfter: number) ?? log.last
        )
    }

    private func links() throws(Failure) -> [LogChain.Link] {
        var links: [LogChain.Link] = []
        for log in logs { links.append(try LogChain.Link(log.path)) }
        return links
    }
}
