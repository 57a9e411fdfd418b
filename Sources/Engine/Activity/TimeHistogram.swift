// How many operations there were when, in a bounded number of buckets however long the time and however many the operations.

/// Counts by time. A bucket is a minute as long as that gives few enough of them, and longer otherwise.
public struct TimeHistogram: Sendable, Equatable {
    /// Lengths of a bucket in milliseconds; each is a multiple of the one before.
    private static let steps: [Int64] = [1, 5, 15, 30, 60, 180, 360, 720, 1440, 10_080].map { $0 * 60_000 }
    static let limit = 2048

    /// Milliseconds that a bucket covers.
    public private(set) var step: Int64 = 60_000
    /// The number of the first bucket: its time divided by `step`.
    private var first: Int64 = 0
    public private(set) var counts: [UInt64] = []

    public init() {}

    public var isEmpty: Bool { counts.isEmpty }

    /// The beginning of a bucket, in milliseconds since 1970 UTC.
    public func time(of bucket: Int) -> Int64 {
        // The time of an operation can be any number.
        let (time, isBeyond) = (first + Int64(bucket)).multipliedReportingOverflow(by: step)
        return isBeyond ? (first < 0 ? .min : .max) : time
    }

    /// The bucket of a time, which may lie outside of `counts`.
    public func bucket(of time: Int64) -> Int { Int(clamping: TimeHistogram.floor(time, step) - first) }

    /// Whether a span of time falls into one bucket.
    func isFine(_ times: ClosedRange<Int64>) -> Bool {
        TimeHistogram.floor(times.lowerBound, step) == TimeHistogram.floor(times.upperBound, step)
    }

    /// Makes room for a span of time beforehand, so that the first counts already know how fine they may be.
    mutating func reserve(_ times: ClosedRange<Int64>) {
        add(0, at: times.lowerBound)
        add(0, at: times.upperBound)
    }

    mutating func add(_ count: UInt64, at time: Int64) {
        var bucket = TimeHistogram.floor(time, step)
        if counts.isEmpty { first = bucket }
        while max(bucket, first + Int64(counts.count) - 1) - min(bucket, first) >= Int64(TimeHistogram.limit) {
            coarsen()
            bucket = TimeHistogram.floor(time, step)
        }
        if bucket < first {
            counts.insert(contentsOf: repeatElement(0, count: Int(first - bucket)), at: 0)
            first = bucket
        }
        let place = Int(bucket - first)
        if place >= counts.count { counts.append(contentsOf: repeatElement(0, count: place - counts.count + 1)) }
        counts[place] += count
    }

    private mutating func coarsen() {
        let next = TimeHistogram.steps.first { $0 > step } ?? step * 2
        let ratio = next / step
        let start = TimeHistogram.floor(first, ratio)
        var merged: [UInt64] = []
        for (index, count) in counts.enumerated() {
            let place = Int(TimeHistogram.floor(first + Int64(index), ratio) - start)
            if place == merged.count { merged.append(0) }
            merged[place] += count
        }
        (first, step, counts) = (start, next, merged)
    }

    private static func floor(_ number: Int64, _ divisor: Int64) -> Int64 {
        let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
