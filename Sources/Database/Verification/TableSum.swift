// What the rows of one table add up to, part by part. A part is a range of rowids of some ten thousand rows: a table of any size can be held
// against the log in many short transactions, since each change of a row is told to the part that the row belongs to.

public import Vocabulary

/// The sums of the parts of one table.
public struct TableSum: Sendable, Equatable {
    public struct Part: Sendable, Equatable {
        /// The lowest rowid that it can hold. It ends where the next part begins.
        public var first: Int64
        /// Nil as long as its rows were not read.
        public var sum: RowSum?

        public init(first: Int64, sum: RowSum?) {
            self.first = first
            self.sum = sum
        }
    }

    /// Rows of a part. It may get more: then the next comparison makes several of it.
    public static let portion: Int64 = 50_000

    /// At least one. The first begins with the lowest rowid that there can be.
    public private(set) var parts: [Part]
    /// No rowid is higher, as far as the log says: a row behind it can begin a part of its own. Nil where that is not known.
    public private(set) var highest: Int64?
    /// In the part that holds this rowid the next comparison goes on.
    public private(set) var next = Int64.min
    /// Parts that are still to be read.
    public private(set) var waiting = 0

    /// A table that is known as a whole; nil for one of which nothing is known.
    public init(_ sum: RowSum? = nil) {
        parts = [Part(first: .min, sum: sum)]
        if sum?.rows == 0 { highest = .min }
    }

    /// What was written down. Nil when it is none.
    public init?(parts: [Part], highest: Int64?, next: Int64, waiting: Int) {
        guard parts.first?.first == .min, waiting >= 0, zip(parts, parts.dropFirst()).allSatisfy({ $0.first < $1.first }) else { return nil }
        self.parts = parts
        self.highest = highest
        self.next = next
        self.waiting = min(waiting, parts.count)
    }

    public var isKnown: Bool { parts.allSatisfy { $0.sum != nil } }

    /// Of all rows; nil when a part is not known.
    public var total: RowSum? {
        parts.reduce(RowSum() as RowSum?) { total, part in total.flatMap { total in part.sum.map { total + $0 } } }
    }

    /// The part that holds a rowid.
    private func place(_ rowid: Int64) -> Int {
        var (low, high) = (0, parts.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if parts[middle].first <= rowid { low = middle } else { high = middle }
        }
        return low
    }

    // MARK: Following the log

    /// Takes an operation on a row in.
    /// - Returns: false when its bytes are damaged: nothing is known then.
    mutating func take(_ operation: borrowing Operation, _ portion: Int64) -> Bool {
        let index = place(of: operation, portion)
        let isSound: Bool? =
            switch operation.action {
            case .addition: parts[index].sum?.add(key: operation.key, operation.new)
            case .deletion: parts[index].sum?.remove(key: operation.key, operation.old)
            default: parts[index].sum?.modify(key: operation.key, from: operation.old, to: operation.new)
            }
        return isSound ?? true
    }

    private mutating func place(of operation: borrowing Operation, _ portion: Int64) -> Int {
        guard parts.count > 1 || highest != nil else { return 0 }
        var cursor = ValueCursor(operation.key)
        // A key of several values: all of such a table is read at once, and its parts count together.
        guard case .integer(let rowid) = cursor.next() else { return 0 }
        if let highest, rowid > highest, operation.action == .addition {
            self.highest = rowid
            if let sum = parts[parts.count - 1].sum, sum.rows >= portion { parts.append(Part(first: rowid, sum: RowSum())) }
        }
        return place(rowid)
    }

    // MARK: Comparing

    public enum Comparison: Sendable {
        /// What was read is as the log says, or was not known before.
        case same
        /// Rows changed past the log. The sum is that of the rows now.
        case differs
        /// The table has no rowid, and too many rows to be read at once.
        case tooLarge
    }

    /// The table was written to: all of it is to be read again.
    public mutating func restart() { waiting = parts.count }

    /// Whether it has more rows than are read at once, or nobody knows how many.
    public func isLarge(_ limit: Int64) -> Bool { total.map { $0.rows > limit } ?? true }

    /// Reads rows and holds them against the sums, in the transaction that the connection is in. Parts that are not known become known.
    /// - Parameters:
    ///   - limit: a table of no more rows is read as a whole.
    ///   - share: so many rows of a larger one are read, and the rest of the part with which they end.
    ///   - portion: see `RowSums`.
    /// - Throws: `DatabaseError` when the table is not as the definition says; 1406 on Stop. The sums are to be thrown away then.
    public mutating func compare(
        _ definition: TableDefinition, _ connection: Connection, limit: Int64, share: Int64, portion: Int64, _ job: Job
    ) throws -> Comparison {
        if definition.isWithoutRowid { return try compareWhole(definition, connection, limit, job) }
        let isLarge = isLarge(limit)
        // Of a table that is new here nobody knows whether it is large.
        var left = !isLarge ? Int64.max : parts.count == 1 ? limit : share
        if !isLarge { (next, waiting) = (.min, parts.count) }
        var isSame = true
        while left > 0 {
            if waiting == 0 {
                guard let unknown = parts.first(where: { $0.sum == nil }) else { break }
                (next, waiting) = (unknown.first, 1)
            }
            let index = place(next)
            // It has grown too large to be read at once: it begins anew, in parts.
            if isLarge, let rows = parts[index].sum?.rows, rows > limit { parts[index].sum = nil }
            let expected = parts[index].sum
            let end = index + 1 < parts.count ? parts[index + 1].first : nil
            let found = try TableSum.read(
                definition, connection, from: parts[index].first, before: end, most: expected == nil ? left : .max, portion, job)
            left -= max(1, found.parts.reduce(0) { $0 + ($1.sum?.rows ?? 0) })
            if let expected, expected != TableSum.sum(found.parts) { isSame = false }
            parts.replaceSubrange(index...index, with: found.parts + (found.rest.map { [Part(first: $0, sum: nil)] } ?? []))
            if end == nil { highest = found.rest == nil ? found.highest : nil }
            if let rest = found.rest { next = rest } else { (next, waiting) = (end ?? .min, waiting - 1) }
        }
        if !isKnown { waiting = max(1, waiting) }
        joinSmall(portion)
        return isSame ? .same : .differs
    }

    /// Without rowid there are no ranges to read.
    private mutating func compareWhole(_ definition: TableDefinition, _ connection: Connection, _ limit: Int64, _ job: Job) throws -> Comparison {
        let expected = total
        (parts, highest, waiting) = ([Part(first: .min, sum: expected)], nil, 0)
        if let expected, expected.rows > limit { return .tooLarge }
        guard let found = try RowSum.of(definition, connection, limit: limit, job) else { return expected == nil ? .tooLarge : .differs }
        parts[0].sum = found
        return expected.map { $0 == found } ?? true ? .same : .differs
    }

    /// Rows in the order of their rowids, in parts.
    /// - Parameter most: of the rows that are read.
    /// - Returns: besides, the first rowid that was not read, and one that no row's exceeds.
    private static func read(
        _ definition: TableDefinition, _ connection: Connection, from first: Int64, before end: Int64?, most: Int64, _ portion: Int64, _ job: Job
    ) throws -> (parts: [Part], rest: Int64?, highest: Int64) {
        let reading = RowReading(definition)
        let rowid = reading.table.rowid ?? "rowid"
        let rows = try connection.prepare(
            reading.table.select("WHERE \(rowid)>=?1\(end == nil ? "" : " AND \(rowid)<?2") ORDER BY \(rowid)"))
        try rows.bind([.integer(first)] + (end.map { [.integer($0)] } ?? []))
        var parts: [Part] = []
        var (start, sum, count, highest) = (first, RowSum(), Int64(0), max(first, .min + 1) - 1)
        while try rows.step() {
            let now = rows.integer(0)
            if count == most { return (parts + [Part(first: start, sum: sum)], now, highest) }
            if sum.rows >= portion {
                parts.append(Part(first: start, sum: sum))
                (start, sum) = (now, RowSum())
            }
            try reading.add(rows, to: &sum, job)
            (count, highest) = (count + 1, now)
        }
        return (parts + [Part(first: start, sum: sum)], nil, highest)
    }

    private static func sum(_ parts: [Part]) -> RowSum { parts.reduce(RowSum()) { total, part in part.sum.map { total + $0 } ?? total } }

    /// Parts whose rows are gone for the most part: a queue would leave one after the other behind.
    private mutating func joinSmall(_ portion: Int64) {
        guard parts.count > 1 else { return }
        var joined: [Part] = []
        for part in parts {
            if let sum = part.sum, let last = joined.last?.sum, last.rows + sum.rows <= portion / 2 {
                joined[joined.count - 1].sum = last + sum
            } else {
                joined.append(part)
            }
        }
        parts = joined
        waiting = min(waiting, parts.count)
    }
}

extension RowSum {
    static func + (one: RowSum, other: RowSum) -> RowSum { RowSum(value: one.value &+ other.value, rows: one.rows.adding(other.rows)) }
}
