// Looks for a text in values. Blocks are rejected by one pass over their bytes, before anything is unfolded into rows; numbers are
// looked at only when the text could be part of one.

import Glibc
import Vocabulary

struct TextSearch {
    private let needle: [UInt8]
    /// 0x20 where a letter may stand in either case, else 0; the needle has its letters in lower case.
    private let folds: [UInt8]
    private let isWide: Bool
    /// The needle as it would stand in a number, or nil when it cannot.
    private let numeric: [UInt8]?
    /// The smallest magnitude of an integer whose text can hold the needle.
    private let smallest: UInt64

    init(_ text: String, encoding: TextEncoding) {
        isWide = encoding != .utf8
        var needle = encoding.encode(text)
        var folds = [UInt8](repeating: 0, count: needle.count)
        for index in needle.indices where needle[index] | 0x20 >= 0x61 && needle[index] | 0x20 <= 0x7a && needle[index] >= 0x41 {
            // In UTF-16 a letter is ASCII only where its other byte is zero.
            let other = encoding == .utf16LittleEndian ? index + 1 : index - 1
            let isLowByte = encoding == .utf16LittleEndian ? index % 2 == 0 : index % 2 == 1
            guard !isWide || (isLowByte && needle[other] == 0) else { continue }
            needle[index] |= 0x20
            folds[index] = 0x20
        }
        self.needle = needle
        self.folds = folds
        let lower = Array(text.asciiLowercased.utf8)
        let possible = lower.allSatisfy { ($0 >= 0x30 && $0 <= 0x39) || Array("+-.einf".utf8).contains($0) }
        numeric = possible && lower.count <= 30 ? lower : nil
        var smallest: UInt64 = 0
        let digits = lower.filter { $0 >= 0x30 && $0 <= 0x39 }.count
        if digits == lower.count, digits > 1, digits < 20 { smallest = (1..<digits).reduce(1) { power, _ in power * 10 } }
        // A needle that begins with zeros stands only behind other digits, which the bound allows for.
        self.smallest = smallest
    }

    // MARK: Blocks

    /// Whether some value of the wanted tables (by place) in this block may hold the text. True may be wrong, false is not.
    func mayMatch(_ block: BlockDecoder, wanted: [Bool]) -> Bool {
        for (place, table) in block.tables.enumerated() where wanted[place] {
            let columns = block.columns[table.columns]
            // The bytes of a table's columns stand side by side.
            if let first = columns.first?.bytes.baseAddress, let last = columns.last?.bytes, let lastStart = last.baseAddress {
                if find(in: UnsafeRawBufferPointer(start: first, count: lastStart + last.count - first)) { return true }
            }
        }
        guard numeric != nil else { return false }
        var room = [UInt8](repeating: 0, count: 32)
        return block.anyNumber(wanted: wanted) { number in
            switch number {
            case .integer(let integer): holds(integer, &room)
            case .real(let real): holds(real)
            case .none: false
            }
        }
    }

    // MARK: Values

    func matches(_ operation: Operation) -> Bool {
        matches(operation.key) || matches(operation.old) || matches(operation.new)
    }

    private func matches(_ values: UnsafeRawBufferPointer) -> Bool {
        // One look at all bytes spares most walks; what it finds may still reach over the border of two values.
        if numeric == nil, !find(in: values) { return false }
        var cursor = ValueCursor(values)
        var room: [UInt8] = numeric == nil ? [] : [UInt8](repeating: 0, count: 32)
        while let value = cursor.next() {
            switch value {
            case .text(let bytes): if find(in: bytes, aligned: isWide) { return true }
            case .blob(let bytes): if find(in: bytes) { return true }
            case .integer(let integer): if numeric != nil, holds(integer, &room) { return true }
            case .real(let real): if numeric != nil, holds(real) { return true }
            case .null, .same: break
            }
        }
        return false
    }

    private func holds(_ integer: Int64, _ room: inout [UInt8]) -> Bool {
        guard integer.magnitude >= smallest, let numeric else { return false }
        var rest = integer.magnitude
        var start = room.count
        repeat {
            start -= 1
            room[start] = 0x30 + UInt8(rest % 10)
            rest /= 10
        } while rest > 0
        if integer < 0 {
            start -= 1
            room[start] = 0x2d
        }
        return contains(room[start...], numeric)
    }

    private func holds(_ real: Double) -> Bool {
        guard let numeric else { return false }
        return contains(Array(String(describing: real).utf8)[...], numeric)
    }

    private func contains(_ text: ArraySlice<UInt8>, _ part: [UInt8]) -> Bool {
        guard text.count >= part.count else { return false }
        var start = text.startIndex
        while start <= text.endIndex - part.count {
            var index = 0
            while index < part.count, text[start + index] | 0x20 == part[index] | 0x20 { index += 1 }
            if index == part.count { return true }
            start += 1
        }
        return false
    }

    // MARK: Bytes

    /// Whether the needle stands in `bytes`, ASCII letters in either case. Compares its first and last byte at eight places at once.
    func find(in bytes: UnsafeRawBufferPointer, aligned: Bool = false) -> Bool {
        let length = needle.count
        guard bytes.count >= length, let base = bytes.baseAddress, length > 0 else { return false }
        let places = bytes.count - length + 1
        let ones: UInt64 = 0x0101_0101_0101_0101
        let first = UInt64(needle[0]) &* ones
        let firstFold = UInt64(folds[0]) &* ones
        let last = UInt64(needle[length - 1]) &* ones
        let lastFold = UInt64(folds[length - 1]) &* ones
        var place = 0
        while place + 8 <= places {
            let a = base.loadUnaligned(fromByteOffset: place, as: UInt64.self) | firstFold
            let b = base.loadUnaligned(fromByteOffset: place + length - 1, as: UInt64.self) | lastFold
            let differs = (a ^ first) | (b ^ last)
            // A byte is zero where both ends of the needle fit; the usual test may also hit the byte after such a one.
            if (differs &- ones) & ~differs & (ones << 7) != 0 {
                for lane in 0..<8 where isMatch(base, place + lane, aligned) { return true }
            }
            place += 8
        }
        while place < places {
            if isMatch(base, place, aligned) { return true }
            place += 1
        }
        return false
    }

    private func isMatch(_ base: UnsafeRawPointer, _ place: Int, _ aligned: Bool) -> Bool {
        if aligned && place % 2 != 0 { return false }
        for index in needle.indices {
            if base.load(fromByteOffset: place + index, as: UInt8.self) | folds[index] != needle[index] { return false }
        }
        return true
    }
}
