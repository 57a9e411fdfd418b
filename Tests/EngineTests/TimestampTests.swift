import Engine
import Testing
import Vocabulary

@Suite("Times")
struct TimestampTests {
    @Test("a zone is honoured", arguments: [
        ("2026-11-21T09:13:17.138Z", 1_795_252_397_138), ("2026-11-21T10:13:17+01:00", 1_795_252_397_000),
        ("2026-11-21 09:13Z", 1_795_252_380_000), ("1969-12-31T23:59:59.999Z", -1),
    ] as [(String, Int64)])
    func zones(text: String, milliseconds: Int64) throws {
        #expect(try Timestamp.parse(text) == milliseconds)
    }

    @Test("what parse reads from utc is what went in", arguments: [0, -1, 1_795_252_397_138, 253_402_300_799_999] as [Int64])
    func roundTrip(milliseconds: Int64) throws {
        #expect(try Timestamp.parse(Timestamp.utc(milliseconds)) == milliseconds)
        #expect(try Timestamp.parse(Timestamp.local(milliseconds)) == milliseconds - ((milliseconds % 1000) + 1000) % 1000)
    }

    @Test("what is not a time gets error 1519", arguments: ["", "yesterday", "2026-13-01", "2026-11-21T25:00", "2026-11-21T10:00Zx"])
    func bad(text: String) {
        let failure = #expect(throws: Failure.self) { try Timestamp.parse(text) }
        #expect(failure?.code == .badValue)
    }
}
