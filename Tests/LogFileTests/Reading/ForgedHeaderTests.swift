import Deflate
import Glibc
import Testing
import Vocabulary

@testable import LogFile

@Suite("Forged block headers with right checksums")
struct ForgedHeaderTests {
    @Test("a time that no clock shows, and a segment after which none can come, are damage: nobody computes with them",
        arguments: [Int64.min, -(1 << 53) - 1, (1 << 53) + 1, .max])
    func times(_ time: Int64) throws {
        func isRefused(_ change: (inout LogHeader) -> Void) throws -> Bool {
            var header = try Sample.header()
            change(&header)
            return header.bytes().withUnsafeBytes { !LogHeader.isReadable($0, path: "a") }
        }
        #expect(try isRefused { $0.startTime = time })
        #expect(try isRefused { $0.segment = .max })
        #expect(try !isRefused { $0.startTime = time > 0 ? 1 << 53 : -(1 << 53) })
        for isEarliest in [true, false] {
            var summary = BlockSummary(kind: .definitions, firstOperation: 1, time: 0, position: 0)
            if isEarliest == (time < 0) { summary.earliest = min(time, 0) }
            if isEarliest == (time > 0) { summary.latest = max(time, 0) }
            var bytes = Bytes()
            summary.append(to: &bytes)
            var reader = BytesReader(bytes.view)
            let isWhole = summary.earliest == 0 && summary.latest == 0
            #expect((BlockSummary(&reader) != nil) == isWhole)
        }
    }

    @Test("random fields crash nobody, hang nobody and allocate nothing absurd", .timeLimit(.minutes(30)))
    func randomFields() throws {
        let folder = try TestFolder()
        let path = folder.file("a")
        do {
            let writer = try LogWriter.create(path, header: try Sample.header())
            for n in 1...40 {
                try Draft.row(n).append(to: writer)
                try writer.commit()
            }
            try writer.seal()
        }
        let honest = try readAll(path)
        let blocks = (0..<honest.count - 8).filter { Array(honest[$0..<$0 + 4]) == Array("MSCB".utf8) }
        var chance = SplitMix(state: 21)
        for _ in 0..<600 {
            var bytes = honest
            for _ in 0..<Int.random(in: 1...3, using: &chance) {
                let block = blocks[Int.random(in: 0..<blocks.count, using: &chance)]
                let field = Int.random(in: 4..<104, using: &chance)
                for place in block + field..<block + min(field + Int.random(in: 1...8, using: &chance), 104) {
                    bytes[place] = [0, 1, 0x7f, 0xff, UInt8.random(in: 0...255, using: &chance)].randomElement(using: &chance) ?? 0
                }
                let checksum = bytes[block..<block + 140].withUnsafeBytes { Codec.best.checksum($0) }
                let stored = bytes[block + 8..<block + 12]
                for (index, byte) in withUnsafeBytes(of: checksum.littleEndian, Array.init).enumerated() {
                    bytes[block + 140 + index] = byte
                    // The trailer where the stored length says it is, if that lies in the file.
                    let length = stored.reversed().reduce(0) { $0 << 8 | Int($1) }
                    if block + 152 + length <= bytes.count { bytes[block + 148 + length + index] = byte }
                }
            }
            try writeAll(bytes, to: path)
            _ = try? everything(path)
            _ = try? everything(path, reverse: true)
            if let reader = try? LogReader(path) {
                _ = try? reader.firstOperation(atOrAfter: 1_700_000_000_020)
                _ = try? reader.consistentPoint(atOrBefore: 30)
                _ = try? reader.operations(from: 10, count: 50)
            }
            _ = try? LogCheck.run(path)
            _ = try? LogSalvage.run(path, to: folder.file("saved"))
            unlink(folder.file("saved"))
            _ = try? LogWriter(opening: path)
        }
    }
}
