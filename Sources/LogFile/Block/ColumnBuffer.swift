// One column of a block being filled: the values of one place of a row, apart by integer, length and bytes. Their tags go with the shapes.

import Glibc
import Vocabulary

/// Column tags 16 … 20: a real that is exactly an integer divided by 10^k.
enum DecimalReal {
    static let firstTag: UInt8 = 16
    static let powers: (Double, Double, Double, Double, Double) = (1, 10, 100, 1000, 10_000)

    @inline(__always) static func power(_ k: Int) -> Double {
        switch k {
        case 0: powers.0
        case 1: powers.1
        case 2: powers.2
        case 3: powers.3
        default: powers.4
        }
    }

    /// The smallest k and the integer that give back the very same bits, if there are any. Prices and measurements are such
    /// reals; the binary form of 12.34 cannot be compressed, 1234 can.
    @inline(__always) static func parts(of real: Double) -> (k: Int, integer: Int64)? {
        for k in 0...4 {
            let scaled = real * power(k)
            guard abs(scaled) < 9_007_199_254_740_992 else { return nil }
            let integer = Int64(rint(scaled))
            // Exactly what reading does; -0.0 fails here, since no integer has its sign.
            if (Double(integer) / power(k)).bitPattern == real.bitPattern { return (k, integer) }
        }
        return nil
    }
}

/// Flags of a column in the directory of a block.
enum ColumnFlags {
    /// Integers are differences to the one before.
    static let differences: UInt8 = 1
    /// Tags refer to texts written before.
    static let dictionary: UInt8 = 2
}

struct ColumnBuffer: ~Copyable {
    /// Staged as eight bytes each: whether plain values or differences are shorter is known at the end only.
    private var integers = Bytes()
    var lengths = Bytes()
    var bytes = Bytes()
    private var dictionary = ColumnDictionary()
    private var plainSize = 0
    private var differenceSize = 0
    private var previous: Int64 = 0

    init() {}

    mutating func removeAll() {
        dictionary.removeAll()
        integers.removeAll()
        lengths.removeAll()
        bytes.removeAll()
        plainSize = 0
        differenceSize = 0
        previous = 0
    }

    @inline(__always) mutating func append(integer: Int64) {
        integers.append(number: integer)
        plainSize += varintSize(zigzagged(integer))
        differenceSize += varintSize(zigzagged(integer &- previous))
        previous = integer
    }

    /// Takes the real at `real` (big-endian) and returns its tag.
    @inline(__always) mutating func append(real: UnsafeRawPointer) -> UInt8 {
        let bits = UInt64(bigEndian: real.loadUnaligned(as: UInt64.self))
        if let parts = DecimalReal.parts(of: Double(bitPattern: bits)) {
            append(integer: parts.integer)
            return DecimalReal.firstTag + UInt8(parts.k)
        }
        bytes.append(UnsafeRawBufferPointer(start: real, count: 8))
        return ValueTag.real
    }

    /// Takes a text and returns its tag.
    @inline(__always) mutating func append(text: UnsafeRawPointer, count: Int) -> UInt8 {
        if let tag = dictionary.tag(for: text, count: count, in: bytes) { return tag }
        append(text, count)
        return ValueTag.text
    }

    @inline(__always) mutating func append(_ start: UnsafeRawPointer, _ count: Int) {
        lengths.append(varint: UInt64(count))
        bytes.append(UnsafeRawBufferPointer(start: start, count: count))
    }

    var flags: UInt8 { (usesDifferences ? ColumnFlags.differences : 0) | (dictionary.isUsed ? ColumnFlags.dictionary : 0) }

    private var usesDifferences: Bool { differenceSize < plainSize }
    var integersSize: Int { min(plainSize, differenceSize) }

    func appendIntegers(to output: inout Bytes) {
        output.reserve(integersSize + 10)
        var before: Int64 = 0
        let subtract = usesDifferences
        for offset in stride(from: 0, to: integers.count, by: 8) {
            let integer = Int64(littleEndian: integers.base.load(fromByteOffset: offset, as: Int64.self))
            output.append(zigzag: subtract ? integer &- before : integer)
            before = integer
        }
    }
}
