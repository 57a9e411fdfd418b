// Follows rows through a log: what an operation says a row was must be what the operation before it left. A log for which that is not
// so cannot be integrated, however sound its bytes are.

import Vocabulary

/// What is known of the rows that operations name. Of a row nothing is known before its first operation.
///
/// Memory: at most about 64 MiB, and half as much again for a moment. When there is no more room, only half of the rows are followed from
/// there on, and so on: `left` says which were not. Another follower takes those, along the same operations.
struct RowFollower {
    /// Rows whose key's digest begins with these bits: all, or one part of 2^depth.
    struct Share: Equatable {
        var depth = 0
        var bits: UInt64 = 0

        fileprivate func holds(_ key: Int) -> Bool { depth == 0 || UInt64(bitPattern: Int64(key)) >> (64 - depth) == bits }
        fileprivate var halves: (Share, Share) { (Share(depth: depth + 1, bits: bits << 1), Share(depth: depth + 1, bits: bits << 1 | 1)) }
        /// The part of all rows.
        var size: Double { 1 / Double(UInt64(1) << depth) }
    }

    enum Fault: String {
        case isThere = "adds a row that is there already"
        case isMissing = "changes a row that is not there"
        case differs = "changes a row that holds other values"
    }

    private struct Row {
        /// The table's era in which this was said.
        var era: UInt32
        var isThere: Bool
        /// Over all values; nil when some were never told.
        var sum: Int?
    }

    /// A table's rows between two moments at which they became unknown (a gap), or were all told anew (a reload).
    private struct Era {
        var number: UInt32 = 0
        var beganEmpty = false
    }

    private let limit: Int
    private var rows: [Int: Row] = [:]
    private var eras: [UInt32: Era] = [:]
    private var share: Share
    /// Rows that are not followed, for want of room.
    private(set) var left: [Share] = []

    /// - Parameters:
    ///   - share: the rows to follow.
    ///   - limit: how many rows there is room for.
    init(_ share: Share = Share(), limit: Int = RowFollower.room) {
        self.share = share
        self.limit = limit
    }

    static let room = 3 << 19

    /// Operations are missing here: nothing is known any more.
    mutating func forget() {
        rows.removeAll(keepingCapacity: true)
        eras.removeAll()
    }

    /// Takes the next operation.
    /// - Returns: what contradicts the operations before it; from there on the operation is believed.
    mutating func follow(_ operation: borrowing Operation) -> Fault? {
        switch operation.action {
        case .reload: begin(operation.table, isEmpty: true)
        case .gap: if operation.table == 0 { forget() } else { begin(operation.table, isEmpty: false) }
        case .addition, .deletion, .modification: return step(operation)
        default: break
        }
        return nil
    }

    private mutating func begin(_ table: UInt32, isEmpty: Bool) {
        eras[table] = Era(number: (eras[table]?.number ?? 0) + 1, beganEmpty: isEmpty)
    }

    private mutating func step(_ operation: borrowing Operation) -> Fault? {
        var hasher = Hasher()
        hasher.combine(operation.table)
        hasher.combine(bytes: operation.key)
        let key = hasher.finalize()
        let era = eras[operation.table] ?? Era()
        guard share.holds(key) else { return nil }
        var known = rows[key]
        if known == nil, rows.count >= limit {
            narrow()
            guard share.holds(key) else { return nil }
        }
        if let found = known, found.era != era.number {
            known = era.beganEmpty ? Row(era: era.number, isThere: false, sum: nil) : nil
        }
        let (before, after, isComplete) = Self.sums(operation)
        var fault: Fault?
        if let known {
            if operation.action == .addition {
                if known.isThere { fault = .isThere }
            } else if !known.isThere {
                fault = .isMissing
            } else if let sum = known.sum, isComplete, sum != before {
                fault = .differs
            }
        }
        var sum: Int? = isComplete ? after : nil
        if !isComplete, fault == nil, let earlier = known?.sum { sum = earlier &- before &+ after }
        rows[key] = Row(era: era.number, isThere: operation.action != .deletion, sum: sum)
        return fault
    }

    /// Follows fewer rows, until there is room for one more.
    private mutating func narrow() {
        while rows.count >= limit, share.depth < 32 {
            let (kept, rest) = share.halves
            share = kept
            left.append(rest)
            rows = rows.filter { kept.holds($0.key) }
        }
    }

    /// Sums over the values before and after. Values that did not change and were left out are in neither.
    private static func sums(_ operation: borrowing Operation) -> (before: Int, after: Int, isComplete: Bool) {
        var (old, new) = (ValueCursor(operation.old), ValueCursor(operation.new))
        var (before, after, isComplete) = (0, 0, true)
        var column = 0
        while true {
            let (oldStart, newStart) = (old.offset, new.offset)
            let (was, becomes) = (old.next(), new.next())
            if was == nil, becomes == nil { return (before, after, isComplete) }
            var earlier = 0
            if case .same? = was {
                isComplete = false
            } else if was != nil {
                earlier = hash(column, operation.old, oldStart..<old.offset)
            }
            before &+= earlier
            if case .same? = becomes { after &+= earlier } else if becomes != nil { after &+= hash(column, operation.new, newStart..<new.offset) }
            column += 1
        }
    }

    private static func hash(_ column: Int, _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int {
        var hasher = Hasher()
        hasher.combine(column)
        hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: bytes[range]))
        return hasher.finalize()
    }
}
