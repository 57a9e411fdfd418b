// Where the operations are that meet a query: a few numbers, never the operations. A list of millions of matches scrolls by them.

public import Vocabulary

/// The matches of a query as far as they have been looked for: both ways from an origin, so that the newest (or whatever is looked
/// at) shows at once and the count goes up behind it.
///
/// A match has a place: 0 for the first one at or after the origin, -1 for the one before it. Places stay what they are while more
/// is found at both ends. Memory is bounded: beyond `anchorLimit` matches a side remembers every second one, then every fourth, ….
public struct OperationMatches: Sendable {
    static let anchorLimit = 32_768

    /// One direction from the origin.
    struct Side: Sendable {
        /// The numbers of every `stride`-th match.
        var anchors: [UInt64] = []
        var stride: UInt64 = 1
        var count: UInt64 = 0
        /// The operation to look at next.
        var next: UInt64
        var isDone = false

        mutating func add(_ number: UInt64) {
            if count % stride == 0 {
                anchors.append(number)
                if anchors.count >= OperationMatches.anchorLimit {
                    anchors = Swift.stride(from: 0, to: anchors.count, by: 2).map { anchors[$0] }
                    stride *= 2
                }
            }
            count += 1
        }
    }

    public let query: ActivityQuery
    public let origin: UInt64
    /// Of the logs: what there is to look through.
    var first: UInt64
    var last: UInt64
    var older: Side
    var newer: Side
    private var isOlderNext = false
    /// How far to look at a time.
    var span = Pace.firstSpan
    /// When the matches found so far were.
    public internal(set) var histogram = TimeHistogram()
    /// Operations that could not be read, so that nobody knows whether they match.
    public internal(set) var damaged: UInt64 = 0

    /// - Parameters:
    ///   - origin: where to begin; operations of the logs are `first` to `last`.
    /// - Throws: 1519 for a query with an empty range.
    public init(_ query: ActivityQuery, origin: UInt64, first: UInt64, last: UInt64) throws(Failure) {
        _ = try query.filter()
        self.query = query
        self.first = max(first, query.from ?? 0)
        self.last = min(last, query.to ?? .max)
        let start = min(max(origin, self.first), self.last + 1)
        self.origin = start
        older = Side(next: start - 1)
        newer = Side(next: start)
        grow(first: first, last: last)
    }

    /// Every operation is a match: places are known without looking.
    public var isDirect: Bool { query.isByNumber }
    public var isComplete: Bool { older.isDone && newer.isDone }
    /// Everything before the origin has been looked through.
    public var isOlderDone: Bool { older.isDone }
    public var isNewerDone: Bool { newer.isDone }
    /// The places known so far.
    public var places: Range<Int> { -Int(clamping: older.count)..<Int(clamping: newer.count) }
    public var count: UInt64 { older.count + newer.count }
    /// Operations looked at, of all.
    public var done: UInt64 {
        isComplete ? total : isDirect ? total : min(total, origin - min(origin, older.next + 1) + (newer.next - origin))
    }
    public var total: UInt64 { last + 1 > first ? last + 1 - first : 0 }

    /// The direction that is looked in next.
    var side: WritableKeyPath<OperationMatches, Side>? {
        if older.isDone { return newer.isDone ? nil : \.newer }
        if newer.isDone { return \.older }
        return isOlderNext ? \.older : \.newer
    }

    mutating func turn() { isOlderNext.toggle() }

    /// There are more operations now, at either end.
    public mutating func grow(first newFirst: UInt64, last newLast: UInt64) {
        first = max(newFirst, query.from ?? 0)
        last = min(newLast, query.to ?? .max)
        if isDirect {
            older.count = origin > first ? origin - first : 0
            newer.count = last + 1 > origin ? last + 1 - origin : 0
            older.isDone = true
            newer.isDone = true
        } else {
            older.isDone = origin <= first || older.next < first
            newer.isDone = newer.next > last
        }
    }

    /// The number of a place, when it is known without reading.
    func number(of place: Int) -> UInt64? {
        if isDirect { return places.contains(place) ? UInt64(clamping: Int64(clamping: origin) + Int64(place)) : nil }
        let side = place < 0 ? older : newer
        let index = place < 0 ? -1 - place : place
        guard index < Int(clamping: side.count), UInt64(index) % side.stride == 0 else { return nil }
        return side.anchors[index / Int(side.stride)]
    }
}
