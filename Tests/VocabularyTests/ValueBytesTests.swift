import Testing
import Vocabulary

@Suite("Byte form of values")
struct ValueBytesTests {
    static let samples: [Value] = [
        .null, .same, .integer(0), .integer(-1), .integer(.max), .integer(.min), .real(-0.0), .real(1e300),
        .real(Double(bitPattern: 0x7ff0_0000_0000_0001)), .text([]), .text([0x61, 0, 0xff]), .blob([]),
        .blob([UInt8](repeating: 7, count: 300)),
    ]

    @Test("every value comes back bit for bit")
    func roundTrip() {
        var buffer = ValueBuffer()
        for value in Self.samples { buffer.append(value) }
        buffer.bytes.withUnsafeBytes { bytes in
            var cursor = ValueCursor(bytes)
            #expect(cursor.rest() == Self.samples)
        }
    }

    @Test("every truncation is either a shorter list or damage, never more")
    func truncation() {
        var buffer = ValueBuffer()
        for value in Self.samples { buffer.append(value) }
        for length in 0..<buffer.bytes.count {
            buffer.bytes.withUnsafeBytes { bytes in
                var cursor = ValueCursor(UnsafeRawBufferPointer(rebasing: bytes[..<length]))
                if let values = cursor.rest() { #expect(values == Array(Self.samples.prefix(values.count))) }
            }
        }
    }

    @Test("a length beyond the end and an endless varint are damage", arguments: [
        [3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], [1] + [UInt8](repeating: 0xff, count: 40), [9], [2, 1],
    ] as [[UInt8]])
    func damage(bytes: [UInt8]) {
        bytes.withUnsafeBytes { bytes in
            var cursor = ValueCursor(bytes)
            #expect(cursor.rest() == nil)
        }
    }
}
