// Virtual tables: no trigger on the tables in which they keep their content, and their content in the log as a whole.

@testable import Database
import Testing
import Vocabulary

@Suite("Content of virtual tables")
struct VirtualContentTests {
    let scratch = Scratch()

    /// Looks, marks, drains and notes, as a session does.
    func drain(_ app: Connection, after: Int64, limit: Int64 = 100_000) throws -> Collected {
        if try Capture.hasMoved(app) { try Capture.resynchronise(app, reloadLimit: limit) }
        let look = try Capture.look(app, limit: limit)
        if !look.isEmpty { try Capture.mark(app, look, known: 0) }
        let sink = Collected()
        let outcome = try #require(
            try Drain(try Connection(scratch.path(), .read), scratchFolder: scratch.folder)
                .run(after: after, sequences: [:], now: 1_800_000_000_000, into: sink))
        try Capture.note(app, outcome.contents)
        return sink
    }

    static let kinds = [
        "f USING fts5(a)", "f USING fts5(a, content='')", "f USING fts4(a)", "f USING fts3(a)", "f USING rtree(id, a, b)",
    ]

    @Test("no trigger of ours stands on a table of a virtual table's own, in capture and in refusal", arguments: kinds)
    func noTrigger(kind: String) throws {
        let app = try scratch.capture("CREATE TABLE t(a); CREATE VIRTUAL TABLE \(kind)")
        func shadowed() throws -> Int64? { try app.integer("SELECT count(*) FROM sqlite_schema WHERE type='trigger' AND tbl_name LIKE 'f%'") }
        func beside() throws -> String? {
            try app.string("SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema WHERE type='trigger' AND tbl_name='t' ORDER BY name)")
        }
        let before = try #require(try beside())
        #expect(try shadowed() == 0)
        try Capture.setRefusal(app, true)
        #expect(try shadowed() == 0)
        try Capture.setRefusal(app, false)
        #expect(try shadowed() == 0)
        #expect(try beside() == before)
        // SQLite refuses this where a trigger names one of its tables.
        try app.execute("ALTER TABLE f RENAME TO g; DROP TABLE g")
    }

    @Test("triggers that an older program put there go with the next drain")
    func older() throws {
        let app = try scratch.capture("CREATE VIRTUAL TABLE f USING fts5(a)")
        try app.execute("DELETE FROM _msc_state WHERE name='trigger form'; CREATE TRIGGER _msc_1_bd BEFORE DELETE ON f_data BEGIN SELECT 1; END")
        try Capture.note(app, [:])
        #expect(try Capture.hasMoved(app))
        try Capture.resynchronise(app)
        #expect(try app.integer("SELECT count(*) FROM sqlite_schema WHERE type='trigger'") == 0)
        #expect(try !Capture.hasMoved(app))
    }

    @Test("I1: all its tables are logged anew at one moment when its content has changed, and only then", arguments: kinds)
    func reload(kind: String) throws {
        let app = try scratch.capture("CREATE TABLE t(a); CREATE VIRTUAL TABLE \(kind)")
        try Capture.note(app, Capture.contents(app, limit: 100), isAll: true)
        var position = try Capture.position(app)
        #expect(try drain(app, after: position).entries == [])
        try app.execute(kind.contains("rtree") ? "INSERT INTO f VALUES(1, 2, 3); INSERT INTO t VALUES(1)" : "INSERT INTO f(rowid, a) VALUES(1, 'x y'); INSERT INTO t VALUES(1)")
        let found = try drain(app, after: position)
        let reloaded = found.entries.filter { $0.action == .reload }.compactMap { found.tables[$0.table]?.name }
        #expect(reloaded.sorted() == (try VirtualTable.all(app).first?.shadows))
        #expect(found.entries.filter(\.isConsistent).count == 1)
        #expect(found.entries.last?.isConsistent == true)
        position = try Capture.position(app)
        #expect(try drain(app, after: position).entries == [])
        // Back to what it was before: another content than the log has.
        try app.execute(kind.contains("content=''") ? "INSERT INTO f(f, rowid, a) VALUES('delete', 1, 'x y')" : "DELETE FROM f")
        #expect(try drain(app, after: position).entries.contains { $0.action == .reload })
    }

    @Test("what is marked and not yet noted is not taken for known")
    func unnoted() throws {
        let app = try scratch.capture("CREATE VIRTUAL TABLE f USING fts5(a)")
        try Capture.note(app, Capture.contents(app, limit: 100), isAll: true)
        try app.execute("INSERT INTO f VALUES('x')")
        let look = try Capture.look(app, limit: 100)
        #expect(look.changed == ["f"])
        try Capture.mark(app, look, known: 0)
        try app.execute("DELETE FROM f")
        #expect(try Capture.look(app, limit: 100).changed == ["f"])
        // A copy that took operations in knows nothing either.
        try Capture.note(app, Capture.contents(app, limit: 100))
        #expect(try Capture.look(app, limit: 100).isEmpty)
        try Capture.advance(app, to: Capture.position(app) + 5)
        #expect(try Capture.look(app, limit: 100).changed == ["f"])
    }

    @Test("content over the limit is named once, as a gap of its own, and logged when it fits again")
    func tooLarge() throws {
        let app = try scratch.capture("CREATE VIRTUAL TABLE f USING fts5(a)")
        for word in 1...9 { try app.execute("INSERT INTO f VALUES('\(word)')") }
        let start = try Capture.position(app)
        let found = try drain(app, after: start, limit: 5)
        #expect(found.entries.contains { $0.action == .gap })
        #expect(!found.entries.contains { $0.action == .reload })
        #expect(try Capture.unloggedContents(app)["f"]?.contains("more than 5 rows") == true)
        let after = try Capture.position(app)
        #expect(try drain(app, after: after, limit: 5).entries == [])
        #expect(try drain(app, after: after).entries.contains { $0.action == .reload })
        #expect(try Capture.unloggedContents(app) == [:])
    }

    @Test("a table made anew under the same name is logged, whatever it held before")
    func madeAnew() throws {
        let app = try scratch.capture("CREATE VIRTUAL TABLE f USING fts5(a)")
        try Capture.note(app, Capture.contents(app, limit: 100), isAll: true)
        let start = try Capture.position(app)
        try app.execute("DROP TABLE f; CREATE VIRTUAL TABLE f USING fts5(a, b)")
        let found = try drain(app, after: start)
        #expect(found.entries.contains { $0.action == .structureChange })
        #expect(found.entries.filter { $0.action == .reload }.count == 5)
    }
}
