// What the rows of a table add up to: by operations and by reading them, it must be the same, and no change may go unnoticed.

@testable import Database
import Testing
import Vocabulary

@Suite("What the rows add up to")
struct RowSumsTests {
    private func bytes(_ values: [Value]) -> [UInt8] {
        var buffer = ValueBuffer()
        for value in values { buffer.append(value) }
        return buffer.bytes
    }

    private func take(_ sums: inout RowSums, _ action: Action, table: UInt32 = 1, key: [Value] = [], old: [Value] = [], new: [Value] = []) {
        bytes(key).withUnsafeBytes { key in
            bytes(old).withUnsafeBytes { old in
                bytes(new).withUnsafeBytes { new in
                    sums.take(Operation(action: action, time: 0, position: 0, table: table, key: key, old: old, new: new))
                }
            }
        }
    }

    private func sum(_ rows: [([Value], [Value])]) -> RowSum? {
        var sums = RowSums([1: RowSum()])
        for (key, values) in rows { take(&sums, .addition, key: key, new: values) }
        return sums[1]
    }

    private static let rows: [([Value], [Value])] = [
        ([.integer(1)], [.integer(1), .text([97])]), ([.integer(2)], [.null, .real(1)]), ([.integer(3)], [.blob([]), .text([])]),
    ]

    @Test("the order does not matter; key, place, kind and bytes of a value do")
    func sensitive() {
        let all = sum(Self.rows)
        #expect(all == sum(Self.rows.reversed()))
        var seen: Set<UInt64> = [all?.value ?? 0]
        let one: [[([Value], [Value])]] = [
            [([.integer(1)], [.integer(1), .integer(2)])], [([.integer(1)], [.integer(2), .integer(1)])], [([.integer(2)], [.integer(1), .integer(2)])],
            [([.integer(1)], [.integer(1), .real(2)])], [([.integer(1)], [.integer(1), .null])], [([.integer(1)], [.text([1]), .integer(2)])],
            [([.integer(1)], [.blob([1]), .integer(2)])], [([.integer(1)], [])], [([.integer(2)], [])], [],
            [([.integer(1)], [.integer(2), .integer(2)])], [([.text([49])], [.integer(1), .integer(2)])],
            [([.integer(1)], [.blob([0, 0, 0, 0, 0, 0, 0]), .null])], [([.integer(1)], [.blob([0, 0, 0, 0, 0, 0, 0, 0]), .null])],
        ]
        for rows in one {
            let isNew = seen.insert(sum(rows)?.value ?? 0).inserted
            #expect(isNew, "\(rows)")
        }
    }

    @Test("adding, changing and deleting lead to the sum of what is there")
    func followed() {
        var sums = RowSums([1: RowSum()])
        for (key, values) in Self.rows { take(&sums, .addition, key: key, new: values) }
        take(&sums, .modification, key: [.integer(2)], old: [.same, .real(1)], new: [.same, .text([1, 2])])
        take(&sums, .modification, key: [.integer(1)], old: [.integer(1), .text([97])], new: [.integer(5), .same])
        take(&sums, .deletion, key: [.integer(3)], old: [.blob([]), .text([])])
        #expect(sums[1] == sum([([.integer(2)], [.null, .text([1, 2])]), ([.integer(1)], [.integer(5), .text([97])])]))
        take(&sums, .reload)
        #expect(sums[1] == RowSum())
    }

    @Test("a gap, damaged bytes and a change from nothing known end what is known of a table, and of no other")
    func unknown() {
        var sums = RowSums([1: RowSum(), 2: RowSum(), 3: RowSum(), 4: RowSum()])
        take(&sums, .gap, table: 2)
        take(&sums, .modification, table: 3, key: [.integer(1)], old: [.same], new: [.integer(1)])
        [UInt8](arrayLiteral: ValueTag.text, 200).withUnsafeBytes { bytes in
            sums.take(Operation(action: .addition, time: 0, position: 0, table: 4, new: bytes))
        }
        take(&sums, .addition, table: 9, key: [.integer(1)])
        #expect(sums == RowSums([1: RowSum()]))
        take(&sums, .gap, table: 0)
        #expect(sums == RowSums())
    }

    @Test("any bytes are taken without reading beyond them")
    func anyBytes() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let parts = (0..<3).map { _ in (0..<Int.random(in: 0..<24, using: &random)).map { _ in UInt8.random(in: 0..<16, using: &random) } }
            var sums = RowSums([1: RowSum()])
            for action in [Action.addition, .modification, .deletion] {
                parts[0].withUnsafeBytes { key in
                    parts[1].withUnsafeBytes { old in
                        parts[2].withUnsafeBytes { new in
                            sums.take(Operation(action: action, time: 0, position: 0, table: 1, key: key, old: old, new: new))
                        }
                    }
                }
            }
        }
    }

    @Test("a table with more rows than the limit has no sum; one that is not as defined is an error")
    func limits() throws {
        let scratch = Scratch()
        let connection = try scratch.capture("CREATE TABLE t(a); INSERT INTO t VALUES(1),(2),(3)")
        let definition = try #require(try Capture.definitions(connection).first?.definition)
        #expect(try RowSum.of(definition, connection, limit: 2, Job()) == nil)
        #expect(try RowSum.of(definition, connection, limit: 3, Job())?.rows == 3)
        try connection.execute("ALTER TABLE t RENAME TO u")
        #expect(throws: DatabaseError.self) { try RowSum.of(definition, connection, limit: 3, Job()) }
    }

    @Test("the parts of a large table follow the log wherever rows come and go, and each change past the log is found within one round",
        arguments: [1, 2, 3, 4, 5, 6])
    func parts(seed: UInt64) throws {
        var random = Numbers(state: seed)
        let scratch = Scratch()
        let connection = try scratch.capture("CREATE TABLE t(a)")
        let definition = try #require(try Capture.definitions(connection).first?.definition)
        try connection.configure(1003, false)
        var sums = RowSums()
        sums.portion = 4
        sums[parts: definition.id] = TableSum()
        var rows: Set<Int64> = []
        func compare(_ wasWritten: Bool) throws -> TableSum.Comparison {
            var table = try #require(sums[parts: definition.id])
            if wasWritten { table.restart() }
            let found = try table.compare(definition, connection, limit: 10, share: 6, portion: 4, Job())
            sums[parts: definition.id] = table
            return found
        }
        func change(_ isTold: Bool) throws {
            let isAddition = rows.isEmpty || random.below(3) > 0
            let isBehind = random.below(2) == 0
            let id =
                !isAddition ? rows.sorted()[random.below(rows.count)] : isBehind ? (rows.max() ?? 0) + 1 : Int64(random.below(400)) - 200
            if isAddition, rows.contains(id) { return try change(isTold) }
            try connection.execute(isAddition ? "INSERT INTO t(rowid, a) VALUES(\(id), 'x')" : "DELETE FROM t WHERE rowid=\(id)")
            if isAddition { rows.insert(id) } else { rows.remove(id) }
            guard isTold else { return }
            let values: [Value] = [.text([120])]
            let (old, new) = isAddition ? ([], values) : (values, [])
            take(&sums, isAddition ? .addition : .deletion, table: definition.id, key: [.integer(id)], old: old, new: new)
        }
        for _ in 0..<120 {
            for _ in 0..<random.below(12) { try change(true) }
            #expect(try compare(true) == .same)
        }
        // Until all of it is known.
        for _ in 0..<200 where sums[definition.id] == nil { _ = try compare(false) }
        #expect(sums[definition.id] == (try RowSum.of(definition, connection, limit: .max, Job())))
        #expect(sums[parts: definition.id].map { $0.parts.count > 1 } == true)
        try change(false)
        var isFound = false
        for round in 0..<200 where !isFound {
            if case .differs = try compare(round == 0) { isFound = true }
        }
        #expect(isFound)
    }

    /// xorshift64*: the same numbers in every run.
    private struct Numbers {
        var state: UInt64
        mutating func below(_ limit: Int) -> Int {
            state ^= state >> 12
            state ^= state << 25
            state ^= state >> 27
            return Int((state &* 2_685_821_657_736_338_717) >> 33) % limit
        }
    }

    @Test("rows that are logged anew, or come behind all others, fill one part after the other without being read")
    func appended() {
        var sums = RowSums([1: RowSum()])
        sums.portion = 3
        for key in Int64(1)...10 { take(&sums, .addition, key: [.integer(key)], new: [.integer(key)]) }
        #expect(sums[parts: 1]?.parts.map { $0.sum?.rows } == [3, 3, 3, 1])
        #expect(sums[1]?.rows == 10)
        take(&sums, .deletion, key: [.integer(5)], old: [.integer(5)])
        take(&sums, .addition, key: [.integer(5)], new: [.integer(5)])
        #expect(sums[parts: 1]?.parts.map { $0.sum?.rows } == [3, 3, 3, 1])
        take(&sums, .reload)
        #expect(sums[1] == RowSum())
    }

    @Test("a gap that says nothing about the rows leaves them known, once")
    func kept() {
        var sums = RowSums([1: RowSum(), 2: RowSum()])
        sums.keptInGap = [1]
        take(&sums, .gap)
        #expect(sums[1] == RowSum())
        take(&sums, .gap)
        #expect(sums[1] == nil && sums[2] == RowSum())
    }
}
