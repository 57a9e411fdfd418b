// Counts operations without decoding their values: what lists, histograms and plans need of millions of them.

public import Vocabulary

extension LogReader {
    /// Counts the operations of a range by table and action.
    ///
    /// - Parameters:
    ///   - damage: told every damaged place within the range.
    ///   - body: told, block by block, how many operations of a table (0 for none) and an action there are.
    /// Throws what `damage` and `body` throw, 1406, and 1515 when the disk fails.
    public func tally(
        from: UInt64 = 0, to: UInt64 = .max, job: Job? = nil, damage: (Damage) throws(Failure) -> Void,
        body: (_ table: UInt32, _ action: Action, _ count: UInt64) throws(Failure) -> Void
    ) throws(Failure) {
        try forEachOpenBlock(from, to, job, damage, opens: { _ in true }) { (block, range) throws(Failure) in
            if range.count == decoder.count, !block.flags.contains(.plain) {
                for shape in decoder.shapes { try body(shape.table, shape.action, UInt64(shape.count)) }
                return
            }
            for index in range {
                let operation = decoder.bare(index)
                try body(operation.table, operation.action, 1)
            }
        }
    }

    /// Counts the operations of a range by time.
    ///
    /// - Parameters:
    ///   - isFine: whether operations within that span of time (milliseconds UTC) may be counted together; most blocks then need
    ///     not be read.
    ///   - body: told, in the order of the log, how many operations there are at a time.
    /// Throws what `damage` throws, 1406, and 1515 when the disk fails.
    public func times(
        from: UInt64 = 0, to: UInt64 = .max, job: Job? = nil, damage: (Damage) throws(Failure) -> Void,
        isFine: (ClosedRange<Int64>) -> Bool, body: (_ time: Int64, _ count: UInt64) -> Void
    ) throws(Failure) {
        let lower = max(from, firstOperation)
        let upper = min(to, lastOperation)
        try forEachOpenBlock(
            from, to, job, damage,
            opens: { block in
                let isWhole = block.firstOperation >= lower && block.nextOperation - 1 <= upper
                guard isWhole, isFine(block.earliest...block.latest) else { return true }
                body(block.earliest, UInt64(block.count))
                return false
            }
        ) { (_, range) throws(Failure) in
            for index in range { body(decoder.bare(index).time, 1) }
        }
    }

    /// Opens the blocks of a range and hands them out with the places of the range's operations in them.
    private func forEachOpenBlock(
        _ from: UInt64, _ to: UInt64, _ job: Job?, _ damage: (Damage) throws(Failure) -> Void, opens: (BlockSummary) -> Bool,
        body: (BlockSummary, Range<Int>) throws(Failure) -> Void
    ) throws(Failure) {
        let lower = max(from, firstOperation)
        let upper = min(to, lastOperation)
        guard lower <= upper else { return }
        try forEachBlock(in: lower...upper, reverse: false, filter: nil, damage: damage) { (block) throws(Failure) in
            try job?.checkStop()
            job?.report(done: max(block.firstOperation, lower) - lower)
            guard opens(block) else { return .next }
            guard try open(block) else {
                try damage(LogReader.damage(of: block, in: lower...upper))
                return .next
            }
            let first = Int(max(lower, block.firstOperation) - block.firstOperation)
            let end = Int(min(upper, block.nextOperation - 1) - block.firstOperation) + 1
            try body(block, first..<end)
            return .next
        }
    }
}
