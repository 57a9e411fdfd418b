// Makes checksums right again in the bytes of a log that were changed: what a hostile writer of logs sends, which damage never is.
// docs/formats/journal.md tells the places.

import FileSystem

enum ForgedLog {
    private static let blockHeader = 144
    private static let trailer = 8

    /// The bytes as a log whose header, blocks and chain of digests fit, as far as its lengths lead.
    static func sealed(_ bytes: [UInt8]) -> [UInt8] {
        var log = bytes
        guard log.count > 16 else { return log }
        let length = Int(number(log, 12))
        guard length >= 160, length <= log.count else { return log }
        put(Array(log[..<(length - 4)]).checksum, into: &log, at: length - 4)
        var digest = log[..<length].withUnsafeBytes { Digest.of($0) }
        var start = length
        while start + blockHeader + trailer <= log.count {
            let count = Int(number(log, start + 8))
            let end = start + blockHeader + count
            guard end + trailer <= log.count else { break }
            put(Array(log[(start + blockHeader)..<end]).checksum, into: &log, at: start + 76)
            log.replaceSubrange((start + 104)..<(start + 136), with: digest)
            let sum = Array(log[start..<(start + 140)]).checksum
            put(sum, into: &log, at: start + 140)
            put(UInt32(count), into: &log, at: end)
            put(sum, into: &log, at: end + 4)
            let stream = Digest()
            log[(start + blockHeader)..<end].withUnsafeBytes { stream.update($0) }
            log[start..<(start + blockHeader)].withUnsafeBytes { stream.update($0) }
            digest = stream.finish()
            start = end + trailer
        }
        return log
    }

    private static func number(_ bytes: [UInt8], _ place: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(bytes[place + $1]) << (8 * UInt32($1)) }
    }

    private static func put(_ number: UInt32, into bytes: inout [UInt8], at place: Int) {
        for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: number >> (8 * UInt32(index))) }
    }
}
