// Finds operations by number, time, position and consistent point, from block headers as far as they tell.

public import Vocabulary

extension LogReader {
    /// A page of a list: up to `count` operations from `from` on (down from it when `reverse`), those that meet the filter.
    ///
    /// A page ends early when its values exceed 16 MiB, so that it fits in memory; it holds at least one operation if there is any. Damage
    /// within the walked range comes with it. Costs milliseconds without a filter; with one, a Stop of `job` ends it with 1406.
    public func operations(
        from: UInt64, count: Int, reverse: Bool = false, filter: Filter = Filter(), job: Job? = nil
    ) throws(Failure) -> (operations: [OwnedOperation], damage: [Damage]) {
        var found: [OwnedOperation] = []
        var damage: [Damage] = []
        var size = 0
        guard count > 0 else { return ([], []) }
        try forEach(
            from: reverse ? 0 : from, to: reverse ? from : .max, reverse: reverse, filter: filter, job: job,
            damage: { damage.append($0) }
        ) { operation in
            let owned = OwnedOperation(operation)
            size += owned.size
            if size > 16 << 20, !found.isEmpty { return .enough }
            found.append(owned)
            return found.count < count ? .next : .enough
        }
        return (found, damage)
    }

    /// One operation. Nil when the log does not hold the number; throws 1413 when its block is damaged.
    public func operation(_ number: UInt64) throws(Failure) -> OwnedOperation? {
        var found: OwnedOperation?
        try forEach(
            from: number, to: number,
            damage: { (damage) throws(Failure) in
                throw LogHeader.damaged(self.path, damage.reason)
            }
        ) { operation in
            found = OwnedOperation(operation)
            return .enough
        }
        return found
    }

    /// The first operation, in the order of the log, whose time is `time` (milliseconds UTC) or later; nil when there is none.
    /// Operations in damaged blocks are passed over.
    /// - Parameter number: operations before this one do not count.
    public func firstOperation(atOrAfter time: Int64, from number: UInt64 = 0) throws(Failure) -> UInt64? {
        var filter = Filter()
        filter.times = time...Int64.max
        return try firstNumber(from: number, filter: filter)
    }

    /// The last operation, in the order of the log, whose time is `time` or earlier; nil when there is none.
    public func lastOperation(atOrBefore time: Int64) throws(Failure) -> UInt64? {
        var filter = Filter()
        filter.times = Int64.min...time
        return try firstNumber(filter: filter, reverse: true)
    }

    private func firstNumber(from number: UInt64 = 0, filter: Filter, reverse: Bool = false) throws(Failure) -> UInt64? {
        let compiled = CompiledFilter(filter, tables: [], encoding: header.encoding)
        return try firstBare(in: number...UInt64.max, reverse: reverse, mayHold: { compiled.mayMatch($0) }) {
            filter.times?.contains($0.time) ?? true
        }
    }

    /// The number of the last operation whose position is not above `position`: what a copy of the data with this newest capture row
    /// holds. One less than the first number when it holds none of this log.
    ///
    /// Never further than what is known: operations that cannot be read, or are missing from the numbering, are not held when they can
    /// only lie behind `position`. Where they may hold it, how far the data go cannot be told: 1413.
    public func lastOperation(atPosition position: Int64) throws(Failure) -> UInt64 {
        if position >= lastPosition { return lastOperation }
        var passed = (next: firstOperation, position: header.startPosition)
        for place in 0...map.groups.count {
            if place < map.groups.count {
                let group = map.groups[place]
                if group.hasIndex, group.sum.lastPosition <= position {
                    passed = (max(passed.next, group.sum.nextOperation), group.sum.lastPosition)
                    continue
                }
            }
            for block in place < map.groups.count ? try map.blocks(of: place) : map.tail {
                if block.firstOperation > passed.next, block.firstPosition > position {
                    return try lastHeld(before: block.firstOperation, passed, position)
                }
                if block.kind == .operations, block.lastPosition > position {
                    if block.firstPosition > position { return block.firstOperation - 1 }
                    guard try open(block) else {
                        throw LogHeader.damaged(path, LogReader.damage(of: block, in: firstOperation...lastOperation).reason)
                    }
                    for index in 0..<decoder.count {
                        let operation = decoder.bare(index)
                        if operation.position > position { return operation.number - 1 }
                    }
                }
                passed = (max(passed.next, block.nextOperation), block.lastPosition)
            }
        }
        // Untested: the operation at the last position stands in a block, which the loop has met unless it is damaged and passed over.
        if passed.next > lastOperation { return lastOperation }
        // Untested: as above.
        return try lastHeld(before: map.nextOperation, passed, position)
    }

    /// Operations are missing between `passed` and the number `next`, which lies behind `position`.
    private func lastHeld(
        before next: UInt64, _ passed: (next: UInt64, position: Int64), _ position: Int64
    ) throws(Failure) -> UInt64 {
        guard passed.position < position else { return passed.next - 1 }
        throw LogHeader.damaged(path, "operations \(passed.next) to \(next - 1) are missing")
    }

    /// The nearest consistent point that is `number` or lies before it; nil when this log holds none (its beginning is one: one less
    /// than the first operation).
    public func consistentPoint(atOrBefore number: UInt64) throws(Failure) -> UInt64? {
        guard number >= firstOperation else { return nil }
        return try firstBare(in: 0...number, reverse: true, mayHold: { $0.lastConsistent > 0 }) { $0.isConsistentPoint }
    }

    /// The nearest consistent point that is `number` or lies after it; nil when this log holds none.
    public func consistentPoint(atOrAfter number: UInt64) throws(Failure) -> UInt64? {
        try firstBare(in: number...UInt64.max, reverse: false, mayHold: { $0.lastConsistent > 0 }) { $0.isConsistentPoint }
    }

    /// The first operation of a walk that meets `condition`, without its values. `mayHold` rules out blocks, and whole groups, by header.
    private func firstBare(
        in wanted: ClosedRange<UInt64>, reverse: Bool, mayHold: (BlockSummary) -> Bool, _ condition: (Operation) -> Bool
    ) throws(Failure) -> UInt64? {
        let lower = max(wanted.lowerBound, firstOperation)
        let upper = min(wanted.upperBound, lastOperation)
        guard lower <= upper else { return nil }
        let groupCount = map.groups.count
        for step in 0...groupCount {
            let place = reverse ? groupCount - step : step
            if place < groupCount {
                let group = map.groups[place]
                guard group.sum.nextOperation > lower, group.sum.firstOperation <= upper, !group.hasIndex || mayHold(group.sum)
                else { continue }
            }
            let blocks = place < groupCount ? try map.blocks(of: place) : map.tail
            for index in blocks.indices {
                let block = blocks[reverse ? blocks.count - 1 - index : index]
                guard block.kind == .operations, block.nextOperation > lower, block.firstOperation <= upper, mayHold(block),
                    try open(block)
                else { continue }
                let first = Int(max(lower, block.firstOperation) - block.firstOperation)
                let last = Int(min(upper, block.nextOperation - 1) - block.firstOperation)
                for at in 0...(last - first) {
                    let operation = decoder.bare(reverse ? last - at : first + at)
                    if condition(operation) { return operation.number }
                }
            }
        }
        return nil
    }
}
