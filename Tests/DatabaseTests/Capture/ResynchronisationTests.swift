@testable import Database
import Testing
import Vocabulary

@Suite("Structure changes of the application")
struct ResynchronisationTests {
    let scratch = Scratch()
    let app: Connection

    init() throws {
        app = try Connection(scratch.path(), .create)
        try app.execute(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b TEXT, c);
            CREATE TABLE plain(x, y);
            INSERT INTO t VALUES(1,'one','b',NULL),(2,'two','b',NULL);
            INSERT INTO plain VALUES(1,1),(2,2),(3,3);
            """)
        try Capture.install(app, Scratch.state())
    }

    /// Resynchronises and drains; operations without their values.
    func settle(after: Int64 = 1) throws -> (Capture.Resynchronisation?, Collected) {
        let result = try Capture.resynchronise(app)
        let sink = Collected()
        let drain = Drain(try Connection(scratch.path(), .read))
        let outcome = try drain.run(after: after, sequences: [:], now: 1_800_000_000_000, into: sink)
        #expect(outcome != nil)
        #expect(try CaptureState(app)?.isCurrent(app) == true)
        return (result, sink)
    }

    func actions(_ sink: Collected) -> [String] { sink.entries.map { "\($0.action.name) \(sink.tables[$0.table]?.name ?? "")" } }

    @Test("the drain waits until a moved schema is resynchronised")
    func waits() throws {
        try app.execute("CREATE INDEX i ON t(a)")
        let drain = Drain(try Connection(scratch.path(), .read))
        try app.execute("INSERT INTO t VALUES(3,'three','b',NULL)")
        #expect(try drain.run(after: 1, sequences: [:], now: 0, into: Collected()) == nil)
        let (result, sink) = try settle()
        #expect(result == Capture.Resynchronisation(changes: 1))
        #expect(actions(sink) == ["addition t", "structureChange "])
    }

    @Test("dropping a column is not refused because of our triggers, and the next write succeeds")
    func dropColumn() throws {
        try app.execute("ALTER TABLE t DROP COLUMN b")
        try app.execute("UPDATE t SET a='uno' WHERE id=1; INSERT INTO t VALUES(3,'three',NULL); DELETE FROM t WHERE id=2")
        let (result, sink) = try settle()
        #expect(result?.reloaded == ["t"])
        #expect(actions(sink) == ["structureChange ", "reload t", "addition t", "addition t"])
        #expect(sink.entries.last?.new == [.text(Array("three".utf8)), .null])
    }

    @Test("I9: a unique index and then its column may go at once, and until then rows are displaced through it",
        arguments: [
            ("n(id INTEGER PRIMARY KEY, a, b)", "n(b)"), ("n(a, b TEXT COLLATE NOCASE, c NOT NULL DEFAULT 3)", "n(b,c)"),
            ("n(a PRIMARY KEY, b) WITHOUT ROWID", "n(b)"), ("n(a, b, c DEFAULT 3)", "n(lower(b)) WHERE c>1"),
            ("n(a, b NOT NULL DEFAULT 'x', c AS (a IS NULL))", "n(b||'x',c)"),
        ])
    func droppedIndexAndColumn(table: String, index: String) throws {
        try app.execute("CREATE TABLE \(table); CREATE UNIQUE INDEX i ON \(index); INSERT INTO n(a,b) VALUES(1,'x'),(2,'y')")
        let (_, made) = try settle()
        try app.execute("INSERT OR REPLACE INTO n(a,b) VALUES(3,'x'); UPDATE OR REPLACE n SET b='x' WHERE a=2")
        let (_, displaced) = try settle(after: made.entries.last?.position ?? 0)
        #expect(actions(displaced) == ["deletion n", "addition n", "deletion n", "modification n"])
        try app.execute("DROP INDEX i; ALTER TABLE n DROP COLUMN b; INSERT OR REPLACE INTO n(a) VALUES(8),(9); UPDATE n SET a=7 WHERE a=8; DELETE FROM n WHERE a=9")
        let (_, dropped) = try settle(after: displaced.entries.last?.position ?? 0)
        #expect(actions(dropped) == ["structureChange ", "structureChange ", "reload n", "addition n", "addition n"])
    }

    @Test("renaming tables and columns is followed without losing anything")
    func rename() throws {
        try app.execute("UPDATE t SET a='uno' WHERE id=1; ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME COLUMN b TO bee; UPDATE u SET bee='x' WHERE id=2")
        let (result, sink) = try settle()
        #expect(result?.reloaded == [] && result?.gaps == [])
        #expect(actions(sink) == ["modification t", "modification t", "structureChange "])
        try app.execute("INSERT INTO u VALUES(9,'n','n',NULL)")
        let (_, later) = try settle(after: sink.entries.last?.position ?? 0)
        #expect(actions(later) == ["addition u"])
    }

    @Test("a column dropped and another added in its place is no renaming, nor is an exchange of names: the rows are logged anew", arguments: [
        "ALTER TABLE t DROP COLUMN c; ALTER TABLE t ADD COLUMN d", "ALTER TABLE t DROP COLUMN b; ALTER TABLE t ADD COLUMN d TEXT",
        "ALTER TABLE t DROP COLUMN c; ALTER TABLE t ADD COLUMN c INT",
        "ALTER TABLE t RENAME COLUMN a TO x; ALTER TABLE t RENAME COLUMN b TO a; ALTER TABLE t RENAME COLUMN x TO b",
    ])
    func replacedColumn(sql: String) throws {
        try app.execute("UPDATE t SET c=5 WHERE id=1; \(sql); UPDATE t SET a='uno' WHERE id=1")
        let (result, _) = try settle()
        #expect(result?.reloaded == ["t"])
    }

    @Test("columns renamed several times, with their table, to names in use elsewhere, are followed without losing anything")
    func renameAll() throws {
        try app.execute(
            """
            ALTER TABLE t RENAME COLUMN c TO x; ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME COLUMN x TO "y"; ALTER TABLE u RENAME COLUMN a TO A;
            ALTER TABLE u RENAME COLUMN id TO number; ALTER TABLE u RENAME COLUMN b TO "v0 ""x"; UPDATE u SET y=4 WHERE number=1
            """)
        let (result, sink) = try settle()
        #expect(result?.reloaded == [] && result?.gaps == [])
        #expect(actions(sink) == ["modification t", "structureChange "])
    }

    @Test("a table rebuilt by a migration is logged anew")
    func rebuild() throws {
        try app.execute(
            """
            BEGIN; CREATE TABLE new_t(id INTEGER PRIMARY KEY, a TEXT NOT NULL, c); INSERT INTO new_t SELECT id,a,c FROM t;
            DROP TABLE t; ALTER TABLE new_t RENAME TO t; COMMIT; DELETE FROM t WHERE id=1;
            """)
        let (result, sink) = try settle()
        #expect(result?.reloaded == ["t"])
        #expect(actions(sink) == ["structureChange ", "reload t", "addition t"])
        try app.execute("UPDATE t SET a='zwei'")
        let (_, later) = try settle(after: sink.entries.last?.position ?? 0)
        #expect(actions(later) == ["modification t"])
    }

    @Test("a rebuild that keeps the definition and copies the triggers is noticed too")
    func rebuildWithTriggers() throws {
        let triggers = try app.prepare("SELECT group_concat(sql,';') FROM (SELECT sql||'' AS sql FROM sqlite_schema WHERE type='trigger' AND tbl_name='t' ORDER BY rowid)")
        _ = try triggers.step()
        let text = triggers.string(0)
        triggers.reset()
        try app.execute("CREATE TABLE copy AS SELECT * FROM t; DROP TABLE t; CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b TEXT, c); CREATE TABLE spacer(x)")
        try app.execute("INSERT INTO t SELECT id+10,a,b,c FROM copy; DROP TABLE copy; \(text)")
        let (result, _) = try settle()
        #expect(result?.reloaded == ["t"])
    }

    @Test("new tables are journaled with the rows they have, dropped ones are recorded")
    func createAndDrop() throws {
        try app.execute("CREATE TABLE fresh(id INTEGER PRIMARY KEY, v); INSERT INTO fresh VALUES(1,'v'); CREATE TABLE empty(v); DELETE FROM plain; DROP TABLE plain")
        let (result, sink) = try settle()
        #expect(result?.reloaded == ["fresh"])
        #expect(actions(sink) == ["structureChange ", "structureChange ", "structureChange ", "reload fresh", "addition fresh"])
        try app.execute("INSERT INTO empty VALUES(1)")
        let (_, later) = try settle(after: sink.entries.last?.position ?? 0)
        #expect(actions(later) == ["addition empty"])
    }

    private static let rebuild = "CREATE TABLE fresh(id INTEGER PRIMARY KEY, a TEXT, c); INSERT INTO fresh SELECT id,a,c FROM t; DROP TABLE t; ALTER TABLE fresh RENAME TO t"

    @Test("what was captured after a column was dropped, before its table was, had NULL in its place and is not told")
    func droppedBeforeTheTable() throws {
        let change = { (id: Int) in "INSERT INTO t(id,a) VALUES(\(id),'x'); UPDATE t SET a='y' WHERE id=\(id); UPDATE t SET a='z' WHERE id=\(id);" }
        try app.execute("DELETE FROM t; ALTER TABLE t DROP COLUMN b; \(change(1)) \(Self.rebuild)")
        let (result, sink) = try settle()
        #expect(result?.reloaded == ["t"])
        #expect(actions(sink) == ["structureChange ", "reload t", "addition t"])
        let begun = sink.entries.last?.position ?? 0
        try app.execute("ALTER TABLE t DROP COLUMN c; \(change(2)) DROP TABLE t")
        let (_, later) = try settle(after: begun)
        #expect(actions(later) == ["structureChange "])
    }

    @Test("what was captured before a table was built anew or dropped is told, NULL values and all, when nothing else happened")
    func capturedBeforeTheRebuild() throws {
        try app.execute("UPDATE t SET a='uno'; UPDATE t SET a='due'; \(Self.rebuild); CREATE INDEX i ON t(a)")
        let (_, sink) = try settle()
        #expect(actions(sink).prefix(2) == ["modification t", "modification t"])
        try app.execute("INSERT INTO t(id) VALUES(9); DELETE FROM t WHERE id=9; DROP TABLE t")
        let (_, later) = try settle(after: sink.entries.last?.position ?? 0)
        #expect(actions(later).first == "addition t")
    }

    @Test("a column dropped beside two that were added is no addition: the rows are logged anew, and nothing from before")
    func droppedAndAdded() throws {
        try app.execute("ALTER TABLE t DROP COLUMN b; UPDATE t SET a='uno' WHERE id=1; UPDATE t SET a='due' WHERE id=1; ALTER TABLE t ADD COLUMN d; ALTER TABLE t ADD COLUMN e")
        let (_, sink) = try settle()
        #expect(actions(sink) == ["structureChange ", "reload t", "addition t", "addition t"])
    }

    @Test("of two reloads in one drain the later one says everything: what was captured between them follows from rows that nobody logged")
    func twoReloads() throws {
        try app.execute("ALTER TABLE t DROP COLUMN b")
        #expect(try Capture.resynchronise(app)?.reloaded == ["t"])
        try app.execute("UPDATE t SET a='uno' WHERE id=1; UPDATE t SET a='due' WHERE id=1; ALTER TABLE t ADD COLUMN d")
        let (result, sink) = try settle()
        #expect(result?.reloaded == ["t"])
        #expect(actions(sink) == ["structureChange ", "structureChange ", "reload t", "addition t", "addition t"])
    }

    @Test("VACUUM that renumbers rows is noticed for the tables it can concern")
    func vacuum() throws {
        try app.execute("DELETE FROM plain WHERE x=1; VACUUM; UPDATE plain SET y=20 WHERE x=2")
        let (result, sink) = try settle()
        #expect(result == Capture.Resynchronisation(changes: 0, reloaded: ["plain"]))
        #expect(actions(sink) == ["reload plain", "addition plain", "addition plain"])
    }

    @Test("an index made after the VACUUM did not keep the rowids; one that stood all the time did, a constraint's whatever else happened")
    func vacuumAndIndex() throws {
        try app.execute(
            "CREATE TABLE bound(x UNIQUE); INSERT INTO bound VALUES(1),(2); CREATE TABLE indexed(x); CREATE INDEX i ON indexed(x); INSERT INTO indexed VALUES(1),(2)")
        let begun = try settle().1.entries.last?.position ?? 0
        try app.execute("DELETE FROM plain WHERE x=1; DELETE FROM bound WHERE x=1; DELETE FROM indexed WHERE x=1; VACUUM")
        let (result, sink) = try settle(after: begun)
        #expect(result?.reloaded == ["plain"])
        try app.execute("DELETE FROM plain WHERE x=2; VACUUM; CREATE INDEX later ON plain(x); INSERT INTO plain VALUES(4,4)")
        let (again, _) = try settle(after: sink.entries.last?.position ?? 0)
        #expect(again?.reloaded == ["plain", "indexed"])
    }

    @Test("a table too large to be logged anew gets a gap, and what follows is captured")
    func gap() throws {
        try app.execute("UPDATE t SET a='before' WHERE id=1; ALTER TABLE t DROP COLUMN b")
        let result = try Capture.resynchronise(app, reloadLimit: 1)
        #expect(result?.gaps == ["t"])
        try app.execute("UPDATE t SET a='after' WHERE id=2")
        let (_, sink) = try settle()
        #expect(actions(sink) == ["structureChange ", "gap t", "modification t"])
    }

    @Test("a trigger of ours that the application dropped is put back, and its table logged anew")
    func droppedTrigger() throws {
        try app.execute("DROP TRIGGER _msc_2_bu; UPDATE t SET a='unseen'")
        let (result, _) = try settle()
        #expect(result?.reloaded == ["t"])
        try app.execute("UPDATE t SET a='seen' WHERE id=1")
        #expect(try Capture.backlog(app, after: try Capture.position(app) - 1) == 1)
    }

    @Test("what an AFTER INSERT trigger that is newer than ours does to a new row comes after its insertion")
    func lateTrigger() throws {
        try app.execute("CREATE TRIGGER late AFTER INSERT ON t BEGIN UPDATE t SET a='late' WHERE id=NEW.id; END; INSERT INTO t(id) VALUES(7)")
        let (result, sink) = try settle()
        #expect(result?.reloaded == [])
        #expect(actions(sink).prefix(2) == ["addition t", "modification t"])
        #expect(!actions(sink).contains("reload t"))
        try app.execute("INSERT INTO t(id) VALUES(8)")
        let (_, later) = try settle(after: sink.entries.last?.position ?? 0)
        #expect(actions(later) == ["addition t", "modification t"])
    }

    @Test("refusal stops every change with 1274, and ends")
    func refusal() throws {
        try Capture.setRefusal(app, true)
        for sql in ["INSERT INTO t(a) VALUES(1)", "UPDATE plain SET x=1", "DELETE FROM t"] {
            let error = #expect(throws: DatabaseError.self) { try app.execute(sql) }
            #expect(error?.message.hasPrefix("1274 ") == true)
        }
        #expect(try CaptureState(app)?.isRefusing == true)
        try Capture.setRefusal(app, false)
        try app.execute("DELETE FROM t WHERE id=1")
        let (_, sink) = try settle()
        #expect(actions(sink) == ["deletion t"])
    }
}
