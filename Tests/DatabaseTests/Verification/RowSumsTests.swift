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
}
