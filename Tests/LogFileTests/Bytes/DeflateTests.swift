import Deflate
import Testing

@testable import LogFile

@Suite("Deflate: either library reads what the other wrote")
struct DeflateTests {
    static let inputs: [[UInt8]] = {
        var chance = SplitMix(state: 3)
        return [
            [7], [UInt8](repeating: 9, count: 100_000), (0..<100_000).map { UInt8(truncatingIfNeeded: $0 / 7) },
            (0..<50_000).map { _ in UInt8.random(in: 0...255, using: &chance) },
        ]
    }()

    @Test("whole, in parts, with either effort", arguments: [Codec.isal, .zlib], [Codec.isal, .zlib])
    func roundTrip(writer: Codec, reader: Codec) {
        for effort in [Effort.fast, .small] {
            let deflater = Deflater(effort, codec: writer)
            let inflater = Inflater(codec: reader)
            for input in Self.inputs {
                for ends in [[], [input.count / 3, input.count / 2], [0, input.count]] {
                    var packed = Bytes()
                    input.withUnsafeBytes { deflater.deflate($0, parts: ends, into: &packed) }
                    var output = [UInt8](repeating: 0, count: input.count)
                    let stored = packed.array
                    #expect(stored.withUnsafeBytes { stored in output.withUnsafeMutableBytes { inflater.inflate(stored, into: $0) } })
                    #expect(output == input)
                }
            }
        }
    }

    @Test("a stream that is cut, too short or too long for the output is damage", arguments: [Codec.isal, .zlib])
    func damage(codec: Codec) {
        let input = Self.inputs[2]
        var packed = Bytes()
        input.withUnsafeBytes { Deflater(.fast, codec: codec).deflate($0, parts: [], into: &packed) }
        let stored = packed.array
        let inflater = Inflater(codec: codec)
        func inflates(_ bytes: ArraySlice<UInt8>, _ size: Int) -> Bool {
            var output = [UInt8](repeating: 0, count: size)
            return Array(bytes).withUnsafeBytes { bytes in output.withUnsafeMutableBytes { inflater.inflate(bytes, into: $0) } }
        }
        #expect(inflates(stored[...], input.count))
        #expect(!inflates(stored[...], input.count - 1))
        #expect(!inflates(stored[...], input.count + 1))
        for length in stride(from: 0, to: stored.count - 1, by: 97) { #expect(!inflates(stored[..<length], input.count)) }
    }

    @Test("CRC-32 is the one of gzip, in one piece or two")
    func checksum() {
        Array("123456789".utf8).withUnsafeBytes { bytes in
            #expect(Codec.best.checksum(bytes) == 0xcbf4_3926)
            let first = Codec.best.checksum(UnsafeRawBufferPointer(rebasing: bytes[..<4]))
            #expect(Codec.best.checksum(UnsafeRawBufferPointer(rebasing: bytes[4...]), from: first) == 0xcbf4_3926)
        }
    }
}
