import Glibc
import LogFile
import Testing
import Vocabulary

@Suite("What is written comes back")
struct RoundTripTests {
    /// Values at the borders of the compact forms.
    static let edges: [Value] = [
        .real(-0.0), .real(0), .real(.infinity), .real(Double(bitPattern: 0x7ff8_0000_0000_0001)), .real(Double.leastNonzeroMagnitude), .real(1e16),
        .real(9_007_199_254_740_991), .real(-0.0001), .integer(.min), .integer(.max), .integer(0), .text(""), .blob([]),
        .text(String(repeating: "x", count: 64)), .text(String(repeating: "x", count: 65)), .text([0]),
    ]

    static func randomValue(_ chance: inout SplitMix) -> Value {
        switch Int.random(in: 0..<10, using: &chance) {
        case 0: .null
        case 1: .same
        case 2: .integer(Int64.random(in: -100...100, using: &chance))
        case 3: .integer(Int64(bitPattern: chance.next()))
        case 4: .real(Double(Int.random(in: -100_000...100_000, using: &chance)) / 100)
        case 5: .real(Double(bitPattern: chance.next()))
        case 6: .text((0..<Int.random(in: 0..<40, using: &chance)).map { _ in UInt8.random(in: 0...255, using: &chance) })
        case 8: edges.randomElement(using: &chance) ?? .null
        case 7: .text("word \(Int.random(in: 0..<20, using: &chance))")
        default: .blob((0..<Int.random(in: 0..<200, using: &chance)).map { _ in UInt8.random(in: 0...255, using: &chance) })
        }
    }

    static func randomDrafts(_ count: Int, seed: UInt64, tables: Int = 5) -> [Draft] {
        var chance = SplitMix(state: seed)
        var position: Int64 = 0
        return (0..<count).map { _ in
            var draft = Draft()
            draft.action = Action.allCases.randomElement(using: &chance) ?? .addition
            draft.table = UInt32(Int.random(in: 0..<tables, using: &chance))
            draft.time += Int64.random(in: -50_000...50_000, using: &chance)
            position += Int64.random(in: 0...3, using: &chance)
            draft.position = position
            draft.context = UInt32(Int.random(in: 0...3, using: &chance))
            draft.isConsistentPoint = Bool.random(using: &chance)
            let width = Int(draft.table) * 3
            draft.key = (0..<Int.random(in: 0...2, using: &chance)).map { _ in randomValue(&chance) }
            if Bool.random(using: &chance) { draft.old = (0..<width).map { _ in randomValue(&chance) } }
            if Bool.random(using: &chance) { draft.new = (0..<Int.random(in: 0...width, using: &chance)).map { _ in randomValue(&chance) } }
            return draft
        }
    }

    @Test("random operations, committed in random portions, come back in both directions", arguments: [1, 2, 3, 4] as [UInt64])
    func random(seed: UInt64) throws {
        let folder = try TestFolder()
        let path = folder.file("a.journal")
        let drafts = Self.randomDrafts(seed == 4 ? 30_000 : 3_000, seed: seed, tables: seed == 3 ? 300 : 5)
        var chance = SplitMix(state: seed)
        let writer = try LogWriter.create(path, header: try Sample.header())
        for draft in drafts {
            try draft.append(to: writer)
            if Int.random(in: 0..<(seed == 4 ? 9000 : 3), using: &chance) == 0 { try writer.commit() }
        }
        try writer.commit()
        let forward = try everything(path)
        #expect(forward.damage.isEmpty)
        #expect(forward.operations.map(Draft.init) == drafts)
        #expect(forward.operations.map(\.number) == (1...UInt64(drafts.count)).map { $0 })
        let backward = try everything(path, reverse: true)
        #expect(backward.damage.isEmpty)
        #expect(Array(backward.operations.reversed()) == forward.operations)
    }

    @Test("an operation of several MiB stands alone and comes back in place")
    func large() throws {
        let folder = try TestFolder()
        let path = folder.file("a.journal")
        var chance = SplitMix(state: 9)
        var draft = Draft.row(2)
        draft.old = [.blob((0..<3_000_000).map { _ in UInt8.random(in: 0...255, using: &chance) })]
        draft.new = [.text(String(repeating: "all the same ", count: 200_000))]
        let writer = try LogWriter.create(path, header: try Sample.header())
        try Draft.row(1).append(to: writer)
        try draft.append(to: writer)
        try writer.commit()
        try Draft.row(3).append(to: writer)
        try writer.commit()
        let found = try everything(path)
        #expect(found.damage.isEmpty)
        #expect(found.operations.map(Draft.init) == [.row(1), draft, .row(3)])
    }

    @Test("definitions and contexts come back, and a writer that opens the log goes on with them")
    func definitions() throws {
        let folder = try TestFolder()
        let path = folder.file("a.journal")
        var table = Sample.table
        table.id = 7
        table.name = "Größe"
        table.isWithoutRowid = true
        table.rowidName = nil
        do {
            let writer = try LogWriter.create(path, header: try Sample.header())
            try writer.define(table)
            #expect(try writer.register(Sample.context) == 1)
            #expect(try writer.register(Sample.context) == 1)
            try writer.commit()
        }
        let reader = try LogReader(path)
        #expect(reader.header == (try Sample.header()))
        #expect(reader.definitions == [Sample.table, table])
        #expect(try reader.context(1) == Sample.context)
        let writer = try LogWriter(opening: path)
        #expect(writer.bytesCut == 0)
        #expect(try writer.register(Sample.context) == 1)
        var other = Sample.context
        other.purpose = "rollback"
        #expect(try writer.register(other) == 2)
        table.columns = []
        #expect(throws: Failure.self) { try writer.define(table) }
        try Draft.row(1).append(to: writer)
        try writer.commit()
        #expect(try reader.refresh())
        #expect(try reader.context(2) == other)
        #expect(reader.lastOperation == 1)
    }

    @Test("many tiny commits are indexed, and every lookup agrees with the operations")
    func tinyCommits() throws {
        let folder = try TestFolder()
        let path = folder.file("a.journal")
        let count = 2_000
        var writer = try LogWriter.create(path, header: try Sample.header(firstOperation: 101))
        for n in 1...count {
            var draft = Draft.row(n, isConsistentPoint: n % 10 == 0)
            draft.position = Int64(n * 2)
            try draft.append(to: writer)
            try writer.commit()
            if n == 700 {
                writer.cancel()
                let again = path
                writer = try reopen(&writer, again)
            }
        }
        let reader = try LogReader(path)
        #expect(reader.firstOperation == 101)
        #expect(reader.lastOperation == UInt64(100 + count))
        #expect(reader.lastPosition == Int64(count * 2))
        for n in [1, 2, 511, 512, 513, 1024, 1500, count] {
            let number = UInt64(100 + n)
            let start = Int64(1_700_000_000_000)
            #expect(try reader.operation(number)?.key == [.integer(Int64(n))])
            #expect(try reader.firstOperation(atOrAfter: start + Int64(n)) == number)
            #expect(try reader.lastOperation(atOrBefore: start + Int64(n)) == number)
            #expect(try reader.lastOperation(atPosition: Int64(n * 2)) == number)
            #expect(try reader.lastOperation(atPosition: Int64(n * 2 - 1)) == number - 1)
            #expect(try reader.consistentPoint(atOrBefore: number) == (n < 10 ? nil : UInt64(100 + n / 10 * 10)))
            #expect(try reader.consistentPoint(atOrAfter: number) == UInt64(100 + (n + 9) / 10 * 10))
            let page = try reader.operations(from: number, count: 3, reverse: true)
            #expect(page.operations.map(\.number) == (0..<3).compactMap { n - $0 >= 1 ? number - UInt64($0) : nil })
        }
        #expect(try reader.firstOperation(atOrAfter: .max) == nil)
        #expect(try reader.operation(100) == nil)
    }

    private func reopen(_ old: inout LogWriter, _ path: String) throws -> LogWriter {
        // The lock of a writer lives as long as it does.
        #expect(throws: Failure.self) { try LogWriter(opening: path) }
        let temporary = try LogWriter.create(path + ".other", header: try Sample.header())
        old = temporary
        return try LogWriter(opening: path)
    }
}
