// A list of byte ranges that cannot grow without bound: what was damaged, for people to read.

/// Ranges in ascending order, neighbours joined. Beyond a thousand only the bytes are counted.
public struct ByteRanges: Sendable, Equatable {
    public private(set) var ranges: [Range<UInt64>] = []
    /// Bytes of all ranges, those left out included.
    public private(set) var bytes: UInt64 = 0

    private static let most = 1000

    public init() {}

    public var isEmpty: Bool { bytes == 0 }

    /// Whether there are more ranges than the list has.
    public var isCut: Bool { ranges.reduce(0) { $0 + $1.upperBound - $1.lowerBound } < bytes }

    /// Adds a range; what is there already counts once, as long as the list is not full.
    public mutating func insert(_ range: Range<UInt64>) {
        guard !range.isEmpty else { return }
        // In order, as a check finds them: no search.
        if let last = ranges.last, range.lowerBound >= last.upperBound {
            bytes += range.upperBound - range.lowerBound
            if range.lowerBound == last.upperBound {
                ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
            } else if ranges.count < ByteRanges.most {
                ranges.append(range)
            }
            return
        }
        let place = ranges.firstIndex { $0.upperBound >= range.lowerBound } ?? ranges.count
        if place < ranges.count, ranges[place].lowerBound <= range.upperBound {
            var joined = range
            var covered: UInt64 = 0
            while place < ranges.count, ranges[place].lowerBound <= joined.upperBound {
                let old = ranges.remove(at: place)
                covered += old.upperBound - old.lowerBound
                joined = min(joined.lowerBound, old.lowerBound)..<max(joined.upperBound, old.upperBound)
            }
            ranges.insert(joined, at: place)
            bytes += joined.upperBound - joined.lowerBound - covered
            return
        }
        bytes += range.upperBound - range.lowerBound
        if ranges.count < ByteRanges.most { ranges.insert(range, at: place) }
    }

    /// The bytes in words: "bytes 0 to 511 and 4096 to 8191", at most five ranges.
    public var text: String {
        let shown = ranges.prefix(5).map { "\($0.lowerBound) to \($0.upperBound - 1)" }
        let rest = ranges.count > shown.count || isCut
        return "bytes " + shown.joined(separator: ", ") + (rest ? " and others, \(bytes) in all" : "")
    }
}
