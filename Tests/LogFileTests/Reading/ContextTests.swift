// A log may hold more contexts than memory does: what is kept of them is bounded, and none is taken for another.

import Foundation
import Testing
import Vocabulary

@testable import LogFile

@Suite("contexts")
struct ContextTests {
    private let folder: TestFolder
    private var path: String { folder.file("a.journal") }

    init() throws { folder = try TestFolder() }

    private static func context(_ number: Int) -> Context {
        Context(process: "worker-\(number)", processID: Int32(truncatingIfNeeded: number), user: "user-\(number % 7)", host: "box", purpose: "")
    }

    /// Every operation of a context of its own, all in one commit.
    private func log(_ count: Int, purpose: String = "") throws -> LogWriter {
        let writer = try LogWriter.create(path, header: try Sample.header())
        var context = Self.context(0)
        for index in 1...count {
            context = Self.context(index)
            context.purpose = purpose
            #expect(try writer.register(context) == UInt32(index))
        }
        for index in 1...count {
            var draft = Draft.row(index)
            draft.context = UInt32(index)
            try draft.append(to: writer)
        }
        try writer.commit()
        return writer
    }

    @Test("what a reader keeps of many contexts is bounded, and each operation finds its own")
    func bounded() throws {
        _ = try log(20_000)
        let reader = try LogReader(path)
        #expect(reader.openingDamage.isEmpty)
        #expect(reader.contexts.runs.count < 64)
        for number in [UInt32(20_000), 1, 9_999, 10_000, 3, 19_999] + Array(5_000..<11_000) {
            #expect(try reader.context(number) == Self.context(Int(number)))
            #expect(reader.contexts.kept.count <= ContextIndex.mostKept)
        }
        #expect(try reader.context(20_001) == nil)
        #expect(try reader.context(0) == nil)
        var filter = Filter()
        filter.context = "WORKER-12345 "
        #expect(try everything(path, filter: filter).operations.map(\.number) == [12_345])
        #expect(try reader.holdsContext(with: "worker-777 "))
        #expect(try !reader.holdsContext(with: "nobody"))
    }

    @Test("a Stop ends the opening of a log with contexts without end, and a search through them; an honest log opens all the same")
    func stopped() throws {
        let job = Job()
        job.stop()
        func stops(_ body: () throws -> Void) -> Bool {
            do { try job.perform { _ in try body() } } catch { return (error as? Failure)?.code == .stopped }
            return false
        }
        // Each of a kind that deflates well: the file is small.
        _ = try log(600, purpose: String(repeating: "a", count: 60_000))
        #expect(stops { _ = try LogReader(path) })
        let reader = try LogReader(path)
        #expect(stops { _ = try reader.context(1) })
        #expect(try reader.context(1) != nil)
        unlink(path)
        _ = try log(200)
        #expect(!stops { _ = try LogReader(path) })
    }

    @Test("contexts given twice where there is hardly room for more are not sorted again and again: it is full then")
    func fullOfDoubles() throws {
        _ = try log(1)
        let index = ContextIndex(try LogReader(path).map, limit: 64)
        for number in 1...63 { index.note(UInt32(2 * number), at: 1) }
        for _ in 0..<100 {
            index.note(4, at: 1)
            index.note(2, at: 1)
        }
        #expect(index.passedOver >= 198 && index.runs.count <= 64 && index.highest == 126)
    }

    @Test("I1: what a writer keeps of the contexts of one commit is bounded, and a commit that is given up leaves none of them")
    func boundedWriter() throws {
        let writer = try log(10)
        let purpose = String(repeating: "why ", count: 250)
        func giveOut(_ numbers: ClosedRange<Int>) throws {
            for number in numbers {
                var context = Self.context(number)
                context.purpose = purpose
                #expect(try writer.register(context) == UInt32(number))
                #expect(writer.pending.contexts.count <= 260)
            }
        }
        try giveOut(11...2_000)
        writer.cancel()
        #expect(writer.pending.contexts.isEmpty)
        #expect(try LogReader(path).context(11) == nil)
        try giveOut(11...3_000)
        var draft = Draft.row(11)
        draft.context = 3_000
        try draft.append(to: writer)
        // Not before they are part of the log.
        #expect(try LogReader(path).context(11) == nil)
        try writer.commit()
        let reader = try LogReader(path)
        #expect(try reader.context(3_000)?.process == "worker-3000" && reader.context(11)?.purpose == purpose)
        #expect(try LogCheck.run(path).problems.isEmpty)
    }

    @Test("a log whose header holds the contexts of the one before, as logs were once cut, is read")
    func formerHeader() throws {
        let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/header-with-contexts.journal")
        // A reader takes no file that others may write to.
        try Data(contentsOf: fixture).write(to: URL(fileURLWithPath: path))
        let reader = try LogReader(path)
        #expect(reader.openingDamage.isEmpty)
        #expect(try reader.context(1)?.process == "msc")
        let operations = try everything(path).operations
        #expect(operations.map(\.number) == [5, 6, 7])
        #expect(try LogCheck.run(path).problems.isEmpty)
    }

    @Test("contexts for which there is no room are told and unknown, never taken for another")
    func noRoom() throws {
        _ = try log(10)
        let index = ContextIndex(try LogReader(path).map, limit: 3)
        for number in [UInt32(5), 1, 9, 7, 7] { index.note(number, at: 1) }
        #expect(index.runs == [5, 1, 9].sorted().map { .init(first: $0, last: $0, offset: 1) })
        #expect(index.passedOver == 2)
        #expect(try index.context(7) == nil)
        #expect(index.highest == 9)
        #expect(index.newest(2) == [9, 5])
    }

    @Test("I1: contexts of one commit that fill more than a block are all there again")
    func severalBlocks() throws {
        let purpose = String(repeating: "why ", count: 3_000)
        _ = try log(1_500, purpose: purpose)
        let reader = try LogReader(path)
        #expect(reader.openingDamage.isEmpty)
        #expect(try reader.context(1_500)?.purpose == purpose)
        #expect(try LogCheck.run(path).problems.isEmpty)
        // Whoever writes on gives the same numbers to the contexts given out last, and new ones to new contexts.
        let writer = try LogWriter(opening: path)
        var last = Self.context(1_500)
        last.purpose = purpose
        #expect(try writer.register(last) == 1_500)
        #expect(try writer.register(Sample.context) == 1_501)
    }

    @Test("I2: a successor holds the contexts of the operations that it takes along, and no others; a sealed copy holds them all")
    func successor() throws {
        let writer = try log(3_000)
        let reader = try LogReader(path)
        let copy = folder.file("copy.4BL")
        _ = try reader.writeSealedCopy(to: copy, upTo: 3_000)
        #expect(try LogReader(copy).context(3_000) == Self.context(3_000))
        #expect(try LogReader(copy).context(1) == Self.context(1))
        let header = try reader.successorHeader(
            after: 2_990, number: 1, segment: 0, startTime: 5, structure: [], previousDigest: LogHeader.noDigest)
        let next = try writer.startSuccessor(after: 2_990, header: header)
        let now = try LogReader(path)
        #expect(now.contexts.runs.map { $0.first...$0.last } == [2_991...3_000])
        for number in UInt32(2_991)...3_000 { #expect(try now.context(number) == Self.context(Int(number))) }
        #expect(try now.context(1) == nil)
        // A number is never given to another context while operations have it.
        #expect(try next.register(Self.context(1)) == 3_001)
        #expect(try next.register(Self.context(2_995)) == 2_995)
        #expect(try LogCheck.run(path).problems.isEmpty)
    }

    @Test("a context's texts are cut off where no block could hold them, and a name within stays whole")
    func longText() throws {
        let writer = try LogWriter.create(path, header: try Sample.header())
        let number = try writer.register(Context(process: String(repeating: "p", count: 17 << 20), processID: 1, user: "anna", host: "box"))
        var draft = Draft.row(1)
        draft.context = number
        try draft.append(to: writer)
        try writer.commit()
        let found = try LogReader(path)
        #expect(found.openingDamage.isEmpty)
        #expect(try found.context(number)?.process.utf8.count == 64 << 10)
        #expect(try found.context(number)?.user == "anna")
    }
}
