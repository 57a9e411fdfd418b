// What a log does not take, and what reading a damaged one says: exact errors, and the log as before.

import FileSystem
import Glibc
import LogFile
import Testing
import Vocabulary

@Suite("What logs refuse")
struct RefusalTests {
    let folder: TestFolder
    let path: String

    init() throws {
        folder = try TestFolder()
        path = folder.file("a.journal")
    }

    private func failure(_ body: () throws -> Void) -> Failure? {
        do {
            try body()
            return nil
        } catch { return error as? Failure }
    }

    @Test("a log is not made where something stands: error 1504, and what stands there stays")
    func taken() throws {
        try writeAll(Array("mine".utf8), to: path)
        let failure = failure { _ = try LogWriter.create(path, header: try Sample.header()) }
        #expect(failure?.code == .destinationExists)
        #expect(failure?.message == "something already stands at '\(path)'")
        #expect(try readAll(path) == Array("mine".utf8))
        #expect(try Folder.contents(of: folder.path) == ["a.journal"])
    }

    @Test("I7: an operation from a lower capture row than the one before is error 1502 with both, and what was taken stays")
    func backwards() throws {
        let writer = try LogWriter.create(path, header: try Sample.header())
        try Draft.row(1).append(to: writer)
        var later = Draft.row(2)
        later.position = 7
        try later.append(to: writer)
        let failure = failure { try Draft.row(3).append(to: writer) }
        #expect(failure?.code == .logGap)
        #expect(failure?.message == "operation 3 of the log '\(path)' comes from capture row 3, the one before from row 7")
        later = Draft.row(3)
        later.position = 7
        try later.append(to: writer)
        try writer.commit()
        #expect(try everything(path).operations.map(\.position) == [1, 7, 7])
    }

    @Test("a successor whose header does not fit is error 1506, and the log goes on", arguments: [
        (6, 6), (3, 5), (9, 10),
    ] as [(UInt64, UInt64)])
    func successor(after: UInt64, first: UInt64) throws {
        let writer = try LogWriter.create(path, header: try Sample.header())
        for n in 1...8 { try Draft.row(n).append(to: writer) }
        try writer.commit()
        let failure = failure { _ = try writer.startSuccessor(after: after, header: try Sample.header(firstOperation: first, startPosition: Int64(after))) }
        #expect(failure?.code == .pointOutOfRange)
        #expect(failure?.message == "the log '\(path)' cannot be continued after operation \(after)")
        try Draft.row(9).append(to: writer)
        try writer.commit()
        #expect(try everything(path).operations.map(\.number) == Array(1...9))
    }

    /// A log with full blocks and small ones; one byte in the values of operation `number` is another.
    private func damaged(_ number: UInt64, count: Int = 9000) throws -> LogReader {
        do {
            let writer = try LogWriter.create(path, header: try Sample.header())
            for n in 1...count { try Draft.row(n).append(to: writer) }
            try writer.commit()
            try Draft.row(count + 1).append(to: writer)
            try writer.commit()
        }
        // The block that holds it: the last header before which all numbers are lower.
        var bytes = try readAll(path)
        let blocks = (0..<bytes.count - 88).filter { place in
            bytes[place] == UInt8(ascii: "M") && Array(bytes[place..<place + 5]) == Array("MSCB".utf8) + [1]
                && (0..<8).reduce(0) { $0 | Int(bytes[place + 80 + $1]) << (8 * $1) } == place
        }
        let block = try #require(number > UInt64(count) ? blocks.last : blocks.first)
        bytes[block + 144 + 20] ^= 0x55
        try writeAll(bytes, to: path)
        return try LogReader(path)
    }

    @Test("I8: nothing is copied, counted or shown from a block that is damaged", arguments: [5, 9001] as [UInt64])
    func damagedBlock(number: UInt64) throws {
        let reader = try damaged(number)
        #expect(reader.lastOperation == 9001)
        let copy = folder.file("a[0001].4BL")
        #expect(failure { _ = try reader.writeSealedCopy(to: copy, upTo: 9001) }?.code == .logDamaged)
        #expect(try Folder.contents(of: folder.path) == ["a.journal"])
        #expect(failure { _ = try reader.operation(number) }?.code == .logDamaged)
        #expect(try reader.operation(4500) != nil)
        var lost: [ClosedRange<UInt64>] = []
        var counted: UInt64 = 0
        try reader.tally(damage: { if let operations = $0.operations { lost.append(operations) } }) { counted += $2 }
        #expect(lost.count == 1 && lost[0].contains(number))
        #expect(counted + lost.reduce(0) { $0 + UInt64($1.count) } == 9001)
        var timed: UInt64 = 0
        var lostTimes = 0
        try reader.times(damage: { _ in lostTimes += 1 }, isFine: { _ in false }) { timed += $1 }
        #expect(timed == counted && lostTimes == 1)
    }

    @Test("a large operation that cannot be made smaller comes back, and is counted and found by its time, table and position")
    func incompressible() throws {
        var chance = SplitMix(state: 5)
        var draft = Draft.row(2)
        draft.new = [.blob((0..<2_500_000).map { _ in UInt8.random(in: 0...255, using: &chance) }), .null, .null]
        do {
            let writer = try LogWriter.create(path, header: try Sample.header())
            for draft in [Draft.row(1), draft, Draft.row(3)] { try draft.append(to: writer) }
            try writer.commit()
        }
        let reader = try LogReader(path)
        #expect(try reader.operation(2).map(Draft.init) == draft)
        #expect(try reader.lastOperation(atPosition: 2) == 2)
        #expect(try reader.firstOperation(atOrAfter: draft.time) == 2)
        var counts: [UInt64] = []
        try reader.tally(damage: { _ in }) { table, action, count in
            #expect(table == 1 && action == .addition)
            counts.append(count)
        }
        #expect(counts.reduce(0, +) == 3)
        var times: [Int64] = []
        try reader.times(damage: { _ in }, isFine: { _ in false }) { time, _ in times.append(time) }
        #expect(times == [1, 2, 3].map { Draft.row($0).time })
        // Its bytes are held against their checksum like any other's.
        var bytes = try readAll(path)
        bytes[bytes.count / 2] ^= 1
        try writeAll(bytes, to: path)
        #expect(failure { _ = try LogReader(path).operation(2) }?.code == .logDamaged)
    }

    @Test("a reader that is open while an index is written goes on with it")
    func indexWhileOpen() throws {
        let writer = try LogWriter.create(path, header: try Sample.header())
        try Draft.row(1).append(to: writer)
        try writer.commit()
        let reader = try LogReader(path)
        for n in 2...1300 {
            try Draft.row(n).append(to: writer)
            try writer.commit()
            if n % 600 == 0 {
                #expect(try reader.refresh())
                #expect(reader.lastOperation == UInt64(n))
            }
        }
        #expect(try reader.refresh())
        for n in [1, 511, 512, 513, 1025, 1300] as [UInt64] {
            #expect(try reader.operation(n)?.key == [.integer(Int64(n))])
            #expect(try reader.lastOperation(atPosition: Int64(n)) == n)
        }
        var seen: UInt64 = 0
        try reader.forEach(damage: { _ in Issue.record("damage") }) { operation in
            seen += 1
            if operation.number != seen { Issue.record("\(operation.number)") }
            return .next
        }
        #expect(seen == 1300)
    }
}
