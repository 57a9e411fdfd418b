// Database values and their byte form. The same bytes travel from the capture table through the log file to redo and undo,
// so that no value is ever converted on the way: types, REAL bits and text bytes arrive as they left.
//
// One value:  tag byte, then
//   0 null       -
//   1 integer    zigzag varint (LEB128), 64 bits
//   2 real       8 bytes, IEEE 754, big-endian
//   3 text       varint byte count, bytes in the database's own encoding
//   4 blob       varint byte count, bytes
//   5 same       - (in a new image: as in the old image; in an old image: unchanged and left out)
// A row image is the values of its columns, one after the other, without a count: the table definition knows it.

/// One value with its SQLite storage class. For display, export and tests; the hot paths stay with bytes.
public enum Value: Sendable, Hashable {
    case null
    case integer(Int64)
    case real(Double)
    /// Bytes in the database's text encoding: possibly not valid UTF-8, possibly with NULs inside.
    case text([UInt8])
    case blob([UInt8])
    /// Only in images of a modification: this column did not change and its (large) value was left out.
    case same

    /// Reals are equal when their bits are: -0.0 is not 0.0.
    public static func == (a: Value, b: Value) -> Bool {
        switch (a, b) {
        case (.null, .null), (.same, .same): true
        case (.integer(let x), .integer(let y)): x == y
        case (.real(let x), .real(let y)): x.bitPattern == y.bitPattern
        case (.text(let x), .text(let y)), (.blob(let x), .blob(let y)): x == y
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0)
        case .integer(let x): hasher.combine(x)
        case .real(let x): hasher.combine(x.bitPattern)
        case .text(let x), .blob(let x): hasher.combine(x)
        case .same: hasher.combine(5)
        }
    }
}

/// The first byte of an encoded value.
public enum ValueTag {
    public static let null: UInt8 = 0
    public static let integer: UInt8 = 1
    public static let real: UInt8 = 2
    public static let text: UInt8 = 3
    public static let blob: UInt8 = 4
    public static let same: UInt8 = 5
}

/// How a database stores text (`PRAGMA encoding`); raw values as in the SQLite file header, offset 56.
public enum TextEncoding: UInt8, Sendable {
    case utf8 = 1
    case utf16LittleEndian = 2
    case utf16BigEndian = 3

    /// The text for people; what is not valid is shown with replacement characters.
    public func decode(_ bytes: some Collection<UInt8>) -> String {
        switch self {
        case .utf8: return String(decoding: bytes, as: UTF8.self)
        case .utf16LittleEndian, .utf16BigEndian:
            let all = Array(bytes)
            let units = stride(from: 0, to: all.count & ~1, by: 2).map { index -> UInt16 in
                let first = UInt16(all[index])
                let second = UInt16(all[index + 1])
                return self == .utf16LittleEndian ? first | second << 8 : first << 8 | second
            }
            return String(decoding: units, as: UTF16.self)
        }
    }

    public func encode(_ string: String) -> [UInt8] {
        switch self {
        case .utf8: Array(string.utf8)
        case .utf16LittleEndian: string.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
        case .utf16BigEndian: string.utf16.flatMap { [UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)] }
        }
    }
}
