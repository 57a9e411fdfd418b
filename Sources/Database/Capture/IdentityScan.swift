// Whose a database is, found in its bytes as they stream by: for an archive that is checked without being taken out.

import Glibc
import Vocabulary

/// Looks for the line of the capture tables that holds the application's identity. It is small and lies in one page; remains of
/// former lines may be found as well.
public struct IdentityScan: Sendable {
    /// Every identity found, 16 bytes each.
    public private(set) var found: Set<[UInt8]> = []
    private var carried: [UInt8] = []
    private let marks: [[UInt8]]

    private static let identitySize = 16

    public init() {
        // A record (https://www.sqlite.org/fileformat2.html#record_format) of a text and 16 bytes: three bytes of header, then both.
        marks = [TextEncoding.utf8, .utf16LittleEndian, .utf16BigEndian].map { encoding in
            let name = encoding.encode("application")
            return [3, UInt8(13 + 2 * name.count), UInt8(12 + 2 * Self.identitySize)] + name
        }
    }

    /// The next bytes, in order.
    public mutating func read(_ bytes: UnsafeRawBufferPointer) {
        let overlap = (marks.map(\.count).max() ?? 0) + Self.identitySize - 1
        let head = carried + bytes.prefix(overlap)
        head.withUnsafeBytes { search($0) }
        search(bytes)
        carried = Array((bytes.count >= overlap ? Array(bytes.suffix(overlap)) : (carried + bytes).suffix(overlap)))
    }

    private mutating func search(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        for mark in marks {
            // The second byte, the length of the name, is rarer than the first.
            var offset = 1
            while offset < bytes.count, let place = memchr(start + offset, Int32(mark[1]), bytes.count - offset) {
                let first = start.distance(to: place) - 1
                offset = first + 2
                let end = first + mark.count
                guard end + Self.identitySize <= bytes.count, memcmp(start + first, mark, mark.count) == 0 else { continue }
                found.insert(Array(bytes[end..<end + Self.identitySize]))
            }
        }
    }
}
