// What data hold of a damaged log: the answer is true or an error, so that a replay meets the damage instead of starting behind it.

import FileSystem
import LogFile
import Testing
import Vocabulary

@Suite("What data hold of a damaged log")
struct LookupDamageTests {
    let folder: TestFolder
    let path: String

    init() throws {
        folder = try TestFolder()
        path = folder.file("a.journal")
    }

    /// Operations 1 to `count` at the positions 1 to `count`, two in each commit. Returns where the blocks of operations and the indexes begin.
    private func log(_ count: Int, sealed: Bool = false) throws -> (bytes: [UInt8], blocks: [Int], indexes: [Int]) {
        do {
            let writer = try LogWriter.create(path, header: try Sample.header())
            for n in 1...count {
                try Draft.row(n).append(to: writer)
                if n % 2 == 0 { try writer.commit() }
            }
            if sealed { try writer.seal() }
        }
        let bytes = try readAll(path)
        // An index repeats the headers, and each says where it stands.
        func places(_ kind: UInt8) -> [Int] {
            (0..<bytes.count - 88).filter { place in
                bytes[place] == UInt8(ascii: "M") && Array(bytes[place..<place + 5]) == Array("MSCB".utf8) + [kind]
                    && (0..<8).reduce(0) { $0 | Int(bytes[place + 80 + $1]) << (8 * $1) } == place
            }
        }
        let blocks = places(1)
        try #require(blocks.count == count / 2)
        return (bytes, blocks, places(3))
    }

    private func damaged(_ bytes: [UInt8], at places: Int...) throws -> LogReader {
        var changed = bytes
        for place in places { changed[place] ^= 0x55 }
        try writeAll(changed, to: path)
        return try LogReader(path)
    }

    private func expectUnknown(_ reader: LogReader, _ position: Int64, at location: SourceLocation = #_sourceLocation) {
        let failure = #expect(throws: Failure.self, sourceLocation: location) { try reader.lastOperation(atPosition: position) }
        #expect(failure?.code == .logDamaged, sourceLocation: location)
    }

    @Test("I8: a block that cannot be read is not passed over: what lies behind it is not held, what lies in it is not known", arguments: [false, true])
    func payload(sealed: Bool) throws {
        let (bytes, blocks, _) = try log(8, sealed: sealed)
        let reader = try damaged(bytes, at: blocks[1] + 144 + 10)
        #expect(try reader.lastOperation(atPosition: 1) == 1)
        #expect(try reader.lastOperation(atPosition: 2) == 2)
        expectUnknown(reader, 3)
        #expect(try reader.lastOperation(atPosition: 4) == 4)
        #expect(try reader.lastOperation(atPosition: 5) == 5)
        var lost: [ClosedRange<UInt64>] = []
        try reader.forEach(from: 3, damage: { if let operations = $0.operations { lost.append(operations) } }) { _ in .next }
        #expect(lost == [3...4])
    }

    @Test("I8: operations that are missing from the numbering count as a block that cannot be read")
    func hole() throws {
        let (bytes, blocks, _) = try log(8)
        let reader = try damaged(bytes, at: blocks[1] + 20)
        #expect(try reader.lastOperation(atPosition: 2) == 2)
        expectUnknown(reader, 3)
        // Nothing says where the missing ones end.
        expectUnknown(reader, 4)
        #expect(try reader.lastOperation(atPosition: 5) == 5)
        #expect(try damaged(bytes, at: blocks[0] + 20).lastOperation(atPosition: 0) == 0)
    }

    @Test("I8: the same before the seal, where no operation follows")
    func lastBlock() throws {
        let (bytes, blocks, indexes) = try log(8, sealed: true)
        // What an index still tells is not lost with a header.
        #expect(try damaged(bytes, at: blocks[3] + 20).lastOperation(atPosition: 7) == 7)
        let reader = try damaged(bytes, at: blocks[3] + 20, try #require(indexes.last) + 20)
        try #require(reader.lastOperation == 8)
        #expect(try reader.lastOperation(atPosition: 6) == 6)
        expectUnknown(reader, 7)
        #expect(try reader.lastOperation(atPosition: 8) == 8)
    }

    @Test("I8: among many indexed blocks as well")
    func indexed() throws {
        let (bytes, blocks, indexes) = try log(2_400)
        try #require(indexes.count == 2)
        for block in [3, 600, 1_023, 1_100] {
            let held = Int64(2 * block)
            for places in [[blocks[block] + 150, blocks[block] + 150 + 1], [blocks[block] + 20, indexes[min(block / 512, 1)] + 20]] {
                let reader = try damaged(bytes, at: places[0], places[1])
                #expect(try reader.lastOperation(atPosition: held) == UInt64(held), "block \(block)")
                expectUnknown(reader, held + 1)
                #expect(try reader.lastOperation(atPosition: held + 3) == UInt64(held) + 3, "block \(block)")
            }
        }
    }

    @Test("whichever byte is flipped, the answer is the truth or an error")
    func flips() throws {
        let (bytes, _, _) = try log(6, sealed: true)
        for place in bytes.indices {
            guard let reader = try? damaged(bytes, at: place) else { continue }
            for position in Int64(0)...6 {
                guard let found = try? reader.lastOperation(atPosition: position) else { continue }
                #expect(found == min(UInt64(position), reader.lastOperation), "byte \(place), position \(position)")
            }
        }
    }
}
