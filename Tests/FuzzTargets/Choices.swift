// The decisions of an encoder, taken from the bytes of an input: the same input makes the same file, and a small change of it another
// one. Where the bytes end, what they add up to goes on deciding.

import Deflate

struct Choices {
    private let bytes: [UInt8]
    private var place = 0
    private var state: UInt64

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        state = bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 } | 1
    }

    mutating func byte() -> UInt8 {
        if place < bytes.count {
            place += 1
            return bytes[place - 1]
        }
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return UInt8(truncatingIfNeeded: state &* 0x2545_F491_4F6C_DD1D >> 56)
    }

    /// A number below `count`, which is at most 256.
    mutating func below(_ count: Int) -> Int { Int(byte()) % max(1, count) }

    /// True once in `count` times.
    mutating func once(in count: Int) -> Bool { below(count) == 0 }

    mutating func one<Element>(of list: [Element]) -> Element { list[below(list.count)] }

    /// Mostly what it should be, sometimes a number at the bounds of its kind.
    mutating func number<Number: FixedWidthInteger>(_ expected: Number, lying odds: Int = 24) -> Number {
        guard once(in: odds) else { return expected }
        switch below(10) {
        case 0: return .min
        case 1: return .max
        case 2: return 0
        case 3: return 1
        case 4: return expected &+ 1
        case 5: return expected &- 1
        case 6: return .max / 100
        case 7: return .min / 100
        case 8: return ~expected
        default: return .max / 2
        }
    }

    /// Names and texts that mean something to somebody: to a shell, a terminal, a file system, SQL.
    mutating func text() -> String {
        one(of: [
            "t", "T", "a", "", "item", "_msc_state", "_MSC_log", "sqlite_master", "sqlite_sequence", "sqlite_stat1", "t\"; DROP TABLE t; --",
            "..", "../..",
            "../../../../tmp/x", "/", "a/b", "\u{0}", "a\u{0}b", "\u{1b}[2J", "\u{9b}31m", "\u{202e}gpj.exe", "=1+1", "@SUM(1)", "a\nb",
            "a\r\n.shell touch x",
            String(repeating: "n", count: 300), String(repeating: "é", count: 200), "\\", "-", "%s%n", "main.t", "temp", "rowid",
        ])
    }
}

/// Bytes as both formats write them.
extension [UInt8] {
    mutating func append(little number: some FixedWidthInteger) { Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) } }

    mutating func append(varint number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(rest))
    }

    mutating func append(zigzag number: Int64) { append(varint: UInt64(bitPattern: number << 1 ^ number >> 63)) }

    mutating func append(string text: String) {
        append(varint: UInt64(text.utf8.count))
        append(contentsOf: text.utf8)
    }

    /// As a raw deflate stream.
    var deflated: [UInt8] {
        var output = [UInt8](repeating: 0, count: count + count / 8 + 1024)
        let deflater = Deflater(Effort(isalLevel: 2, isalMemory: 100_000, zlibLevel: 6))
        let rest = withUnsafeBytes { bytes in
            output.withUnsafeMutableBytes { memory in
                deflater.begin()
                var (input, room) = (bytes, memory)
                _ = deflater.deflate(&input, .end, into: &room)
                return room.count
            }
        }
        return Array(output.dropLast(rest))
    }

    /// CRC-32 as ZIP has it.
    var checksum: UInt32 {
        withUnsafeBytes { Codec.best.checksum($0) }
    }
}
