// Rows of our tables in the data file that no trigger of ours wrote: they are refused with their number, and nothing is guessed.

@testable import Database
import Testing
import Vocabulary

@Suite("Capture tables that are not as we wrote them")
struct OutboxDamageTests {
    let scratch = Scratch()

    private func captured() throws -> Connection { try scratch.capture("CREATE TABLE t(id INTEGER PRIMARY KEY, a, b)") }

    private func drain() throws -> [Collected.Entry] {
        let sink = Collected()
        _ = try Drain(try Connection(scratch.path(), .read)).run(after: 1, sequences: [:], now: 0, into: sink)
        return sink.entries
    }

    private func text(_ string: String) -> Value { .text(Array(string.utf8)) }

    @Test("a row that cannot be one of ours is error 1501 with its number", arguments: [
        "(k,v0) VALUES(16|6,1)", "(k,v0) VALUES(16|9,1)", "(k,v0) VALUES(-1,1)", "(k,v0) VALUES(99<<4|3,1)", "(k,v0,v1,v2) VALUES(16|3,'no rowid',1,1)",
        "(k,v0) VALUES(8,250)", "(k,v0) VALUES(8,-1)",
    ])
    func foreignRow(row: String) throws {
        let app = try captured()
        try app.execute("INSERT INTO _msc_log(k,v0) VALUES(16|4,5); INSERT INTO _msc_log\(row)")
        let failure = #expect(throws: Failure.self) { try drain() }
        #expect(failure?.code == .databaseDamaged)
        #expect(failure?.message == "row 3 of the capture table in '\(scratch.path())' cannot be read")
    }

    @Test("a wide row whose continuation is missing is error 1501", arguments: [0, 1])
    func noContinuation(others: Int) throws {
        let columns = (0..<40).map { "c\($0)" }.joined(separator: ",")
        let app = try scratch.capture("CREATE TABLE w(id INTEGER PRIMARY KEY, \(columns)); INSERT INTO w(id) VALUES(1)")
        try app.execute("DELETE FROM w; DELETE FROM _msc_log WHERE n=3")
        if others > 0 { try app.execute("INSERT INTO w(id) VALUES(2)") }
        let failure = #expect(throws: Failure.self) { try drain() }
        #expect(failure?.code == .databaseDamaged)
    }

    @Test("an update logged after its row had gone has the values it leaves out from the image before; without one the table is logged anew")
    func lateUpdate() throws {
        let app = try captured()
        try app.execute("INSERT INTO _msc_log(k,v0,v1,v2) VALUES(16|2,1,'x','y'); INSERT INTO _msc_log(k,m,v0,v1) VALUES(16|2,4,1,'z')")
        try app.execute("INSERT INTO _msc_log(k,v0) VALUES(16|7,1)")
        let known = try drain()
        #expect(known.map(\.action) == [.modification, .deletion])
        #expect(known.map(\.old) == [[text("x"), text("y")], [text("z"), text("y")]])
        try app.execute("INSERT INTO _msc_log(k,m,v0,v1) VALUES(16|2,4,2,'z'); INSERT INTO _msc_log(k,v0) VALUES(16|7,2)")
        let all = try drain()
        #expect(all.map(\.action) == [.reload])
        #expect(all.map(\.position) == [6])
    }

    @Test("a move that was logged without its update counts by itself, before another row, a marker and the end")
    func loneMove() throws {
        let app = try captured()
        try app.execute("DROP TRIGGER _msc_1_bi; DROP TRIGGER _msc_1_ai; INSERT INTO t VALUES(7,'a','b'),(8,'c','d'),(9,'e','f')")
        try app.execute("UPDATE _msc_state SET value=(SELECT schema_version FROM pragma_schema_version) WHERE name='schema version'")
        for row in ["16|5,7", "16|4,20", "16|5,8"] { try app.execute("INSERT INTO _msc_log(k,v0) VALUES(\(row))") }
        try Capture.writeMarker(app, action: .updateContext)
        try app.execute("INSERT INTO _msc_log(k,v0) VALUES(16|5,9)")
        let entries = try drain()
        #expect(entries.filter { $0.action == .addition }.map(\.key) == [[.integer(7)], [.integer(8)], [.integer(9)]])
    }

    @Test("what REPLACE puts over rowid -1 is not taken for an automatic rowid: what the row before was is not known, and the table is logged anew", arguments: [
        "", "UPDATE t SET a='x' WHERE id=-1;", "UPDATE t SET id=-1 WHERE id=1;",
    ])
    func minusOne(change: String) throws {
        let app = try captured()
        try app.execute("INSERT INTO t VALUES(1,'a','b')")
        if !change.contains("id=-1 WHERE id=1") { try app.execute("INSERT INTO t VALUES(-1,'a','b')") }
        try app.execute("\(change) REPLACE INTO t VALUES(-1,'c','d')")
        #expect(try drain().map(\.action) == [.reload] + Array(repeating: .addition, count: Int(try app.integer("SELECT count(*) FROM t") ?? 0)))
    }

    @Test("a row -1 that an earlier statement only looked at, and REPLACE then displaced, is not told to have gone in between")
    func minusOneLookedAt() throws {
        let app = try scratch.capture("CREATE TABLE u(id INTEGER PRIMARY KEY, k UNIQUE)")
        try app.execute("INSERT INTO u(id,k) VALUES(-2,-1),(NULL,4); INSERT OR REPLACE INTO u(k,id) SELECT k,0 FROM u WHERE true ON CONFLICT DO NOTHING")
        try app.execute("REPLACE INTO u(k,id) VALUES(1.0,-1)")
        let found = try drain()
        #expect(!found.contains { $0.action == .gap || $0.action == .reload })
        let ofMinusOne = found.filter { $0.key == [.integer(-1)] }
        #expect(ofMinusOne.map(\.action) == [.addition, .deletion, .addition])
        #expect(ofMinusOne.last?.position == ofMinusOne.dropLast().last?.position)
    }

    @Test("capture tables of a newer version are 1503, and without them there is nothing to drain")
    func version() throws {
        let app = try captured()
        try app.execute("UPDATE _msc_state SET value=2 WHERE name='format'")
        let newer = #expect(throws: Failure.self) { try drain() }
        #expect(newer?.code == .unsupportedVersion)
        #expect(newer?.message == "the capture tables in '\(scratch.path())' have format version 2")
        try app.execute("UPDATE _msc_state SET value=1 WHERE name='format'; INSERT INTO t VALUES(1,1,1)")
        #expect(try Capture.backlogBytes(app) >= 4096)
        try app.execute("DROP TABLE _msc_state")
        #expect((#expect(throws: Failure.self) { try drain() })?.code == .noLog)
    }

    @Test("a definition that cannot be read is error 1501 and not a table left out")
    func definition() throws {
        let app = try captured()
        try app.execute("INSERT INTO t VALUES(1,1,1); UPDATE _msc_tab SET definition=x'00'")
        let failure = #expect(throws: Failure.self) { try drain() }
        #expect(failure?.code == .databaseDamaged)
        #expect(failure?.message == "the capture tables in '\(scratch.path())' hold a definition that cannot be read")
        #expect(failure?.hint == "Turn the log off and on again with 'msc log stop' and 'msc log start', then make a backup.")
    }

    @Test("without the next table number a new table is refused, and nothing is changed")
    func nextTable() throws {
        let app = try captured()
        try app.execute("UPDATE _msc_state SET value='x' WHERE name='next table'; CREATE TABLE u(a)")
        let failure = #expect(throws: Failure.self) { try Capture.resynchronise(app) }
        #expect(failure?.code == .databaseDamaged)
        #expect(failure?.message == "the capture tables in '\(scratch.path())' do not hold the next table number")
        #expect(!app.isInTransaction)
        #expect(try app.integer("SELECT count(*) FROM _msc_tab") == 1)
    }

    @Test("a log that is on is not installed again, and one that is off is not read")
    func installedOnceOnly() throws {
        let app = try captured()
        try app.execute("INSERT INTO t VALUES(1,1,1)")
        let again = #expect(throws: Failure.self) { try Capture.install(app, Scratch.state()) }
        #expect(again?.code == .logAlreadyOn)
        #expect(try drain().count == 1)
        try Capture.remove(app)
        #expect((#expect(throws: Failure.self) { try Capture.resynchronise(app) })?.code == .noLog)
    }

    @Test("a context that no version wrote is shown as it stands")
    func context() {
        #expect(Context(captured: "by hand") == Context(process: "", processID: 0, user: "", host: "", purpose: "by hand"))
    }
}
