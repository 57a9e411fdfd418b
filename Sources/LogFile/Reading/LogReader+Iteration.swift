// Walks over operations in either direction, skipping what the block headers rule out, and reporting what is lost on the way.

public import Vocabulary

/// What the receiver of an operation wants next.
public enum Step: Sendable {
    case next
    case enough
}

extension LogReader {
    /// Hands the operations of a range, those that meet the filter, to `body`; newest first when `reverse` is set.
    ///
    /// - Parameters:
    ///   - from, to: operation numbers, both included; what lies outside the log is ignored.
    ///   - job: told the operations passed, once a block; a Stop ends with 1406 and leaves nothing behind.
    ///   - damage: told every damaged place within the range (and within what the filter does not rule out), in the order of the walk. It
    ///     may throw to end the walk; returning goes on behind the damage.
    ///   - body: the views of the operation are valid during the call. It must not call this reader.
    /// Throws what `body` and `damage` throw, 1406, and 1515 when the disk fails.
    public func forEach(
        from: UInt64 = 0, to: UInt64 = .max, reverse: Bool = false, filter: Filter = Filter(), job: Job? = nil,
        damage: (Damage) throws(Failure) -> Void, body: (Operation) throws(Failure) -> Step
    ) throws(Failure) {
        let compiled = CompiledFilter(filter, tables: definitions, encoding: header.encoding, contexts: contexts)
        let lower = max(from, firstOperation, compiled.operations.lowerBound)
        let upper = min(to, lastOperation, compiled.operations.upperBound)
        guard lower <= upper else { return }
        let range = lower...upper
        try forEachBlock(in: range, reverse: reverse, filter: compiled, damage: damage) { (block) throws(Failure) in
            try job?.checkStop()
            job?.report(done: reverse ? upper - min(upper, block.nextOperation - 1) : max(block.firstOperation, lower) - lower)
            return try self.forEach(inside: block, range, reverse, compiled, damage, body)
        }
    }

    /// The operations of one block.
    private func forEach(
        inside block: BlockSummary, _ range: ClosedRange<UInt64>, _ reverse: Bool, _ filter: CompiledFilter,
        _ damage: (Damage) throws(Failure) -> Void, _ body: (Operation) throws(Failure) -> Step
    ) throws(Failure) -> Step {
        guard try open(block) else {
            try damage(LogReader.damage(of: block, in: range))
            return .next
        }
        let wanted = decoder.tables.map { filter.wants(table: $0.id) }
        let isPlain = block.flags.contains(.plain)
        if !isPlain, !wanted.contains(true) { return .next }
        if !isPlain, let search = filter.search, !search.mayMatch(decoder, wanted: wanted) { return .next }
        guard decoder.decodeImages(wanted: wanted) else {
            // Untested: only who forges a block with the right checksums gets here.
            try damage(LogReader.damage(of: block, in: range))
            return .next  // Untested: as above.
        }
        let passing = decoder.shapes.map { filter.wants(table: $0.table) && filter.wants(action: $0.action) }
        let passesAll = passing.allSatisfy { $0 } && !isPlain
        let isByShape = filter.isByShape
        let first = Int(max(range.lowerBound, block.firstOperation) - block.firstOperation)
        let last = Int(min(range.upperBound, block.nextOperation - 1) - block.firstOperation)
        var index = reverse ? last : first
        let stride = reverse ? -1 : 1
        for _ in 0..<(last - first + 1) {
            defer { index += stride }
            if !passesAll, !isPlain, !passing[decoder.shape(of: index)] { continue }
            let operation = decoder.operation(index)
            if isPlain, !(filter.wants(table: operation.table) && filter.wants(action: operation.action)) { continue }
            if !isByShape, try !filter.matches(operation) { continue }
            if case .enough = try body(operation) { return .enough }
        }
        return .next
    }

    /// Reads a block into the decoder; false when it is damaged.
    func open(_ block: BlockSummary) throws(Failure) -> Bool {
        guard let payload = try payloads.read(block) else { return false }
        return decoder.open(payload, block)
    }

    static func damage(of block: BlockSummary, in range: ClosedRange<UInt64>) -> Damage {
        let lost = max(block.firstOperation, range.lowerBound)...min(block.nextOperation - 1, range.upperBound)
        return Damage(operations: lost, offset: block.offset, reason: "the block at byte \(block.offset) cannot be read")
    }

    /// The blocks of operations that meet the range and may meet the filter, and between them what is missing in the numbering.
    func forEachBlock(
        in range: ClosedRange<UInt64>, reverse: Bool, filter: CompiledFilter?, damage: (Damage) throws(Failure) -> Void,
        body: (BlockSummary) throws(Failure) -> Step
    ) throws(Failure) {
        var walk = NumberingWalk(range, reverse: reverse)
        let groups = map.groups.indices
        let tail = groups.count
        for step in 0...tail {
            let place = reverse ? tail - step : step
            if place < tail {
                let group = map.groups[place]
                let sum = group.sum
                guard sum.nextOperation > range.lowerBound, sum.firstOperation <= range.upperBound else { continue }
                if group.hasIndex, let filter, !filter.mayMatch(sum) {
                    if let lost = walk.pass(sum.firstOperation, sum.nextOperation, at: group.start) { try damage(lost) }
                    continue
                }
            }
            let blocks = place < tail ? try map.blocks(of: place) : map.tail
            for index in blocks.indices {
                let block = blocks[reverse ? blocks.count - 1 - index : index]
                if let lost = walk.pass(block.firstOperation, block.nextOperation, at: block.offset) { try damage(lost) }
                guard block.kind == .operations, block.nextOperation > range.lowerBound, block.firstOperation <= range.upperBound
                else { continue }
                if let filter, !filter.mayMatch(block) { continue }
                if case .enough = try body(block) { return }
            }
        }
        if let lost = walk.finish() { try damage(lost) }
    }
}

/// Follows the numbering of blocks over a range and notices what is missing.
struct NumberingWalk {
    private let range: ClosedRange<UInt64>
    private let reverse: Bool
    /// Forward: the number expected next. Backward: one more than the number expected next.
    private var expected: UInt64

    init(_ range: ClosedRange<UInt64>, reverse: Bool) {
        self.range = range
        self.reverse = reverse
        expected = reverse ? range.upperBound + 1 : range.lowerBound
    }

    /// Passes blocks that hold the numbers `first ..< next`. Returns what is missing before them (behind them, backwards).
    mutating func pass(_ first: UInt64, _ next: UInt64, at offset: UInt64) -> Damage? {
        if reverse {
            let top = min(next, range.upperBound + 1)
            defer { expected = min(expected, max(first, range.lowerBound)) }
            return top < expected ? lost(max(top, range.lowerBound), expected, offset) : nil
        }
        let bottom = max(first, range.lowerBound)
        defer { expected = max(expected, min(next, range.upperBound + 1)) }
        return bottom > expected ? lost(expected, min(bottom, range.upperBound + 1), offset) : nil
    }

    /// What is missing at the end of the walk.
    mutating func finish() -> Damage? {
        reverse ? lost(range.lowerBound, expected, nil) : lost(expected, range.upperBound + 1, nil)
    }

    private func lost(_ first: UInt64, _ next: UInt64, _ offset: UInt64?) -> Damage? {
        guard first < next else { return nil }
        let place = offset.map { " before the block at byte \($0)" } ?? ""
        return Damage(
            operations: first...(next - 1), offset: offset, reason: "operations \(first) to \(next - 1) are missing\(place)")
    }
}
