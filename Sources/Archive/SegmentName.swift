// The names of an archive's segments: `SampleDB[0006].4BK` in pieces is `SampleDB[0006-0001].4BK`, `SampleDB[0006-0002].4BK`, ...

/// A segment's number and the archive it belongs to, as its name tells them.
public struct SegmentName: Sendable, Equatable {
    /// The path the archive would have in one piece.
    public let archive: String
    /// From 1 to 9999.
    public let number: Int

    public static let maximalNumber = 9999

    public init(archive: String, number: Int) {
        self.archive = archive
        self.number = number
    }

    /// Reads a path; nil when it does not end like a segment's.
    public init?(path: String) {
        let (stem, tail) = SegmentName.split(path)
        let digits = stem.utf8.suffix(4)
        guard digits.count == 4, digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            stem.utf8.dropLast(4).last == UInt8(ascii: "-"),
            let number = Int(String(decoding: digits, as: UTF8.self)), number > 0
        else { return nil }
        self.init(archive: String(decoding: stem.utf8.dropLast(5), as: UTF8.self) + tail, number: number)
    }

    public var path: String {
        let (stem, tail) = SegmentName.split(archive)
        let digits = String(number)
        return "\(stem)-\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits)\(tail)"
    }

    /// The number goes before the closing bracket, or before the extension when there is none.
    private static func split(_ path: String) -> (stem: String, tail: String) {
        for tail in ["].4BK", "].4bk", ".4BK", ".4bk"] where path.hasSuffix(tail) {
            return (String(path.dropLast(tail.count)), tail)
        }
        return (path, "")
    }
}
