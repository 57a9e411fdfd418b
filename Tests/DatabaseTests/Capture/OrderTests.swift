// What capture sees in another order than it happened, or not at all, and what a log that ends between two captured rows makes of
// the second one.

@testable import Database
import Testing
import Vocabulary

@Suite("The order of what is captured")
struct OrderTests {
    let scratch = Scratch()

    func drain(_ after: Int64 = 1, rows: Int = 1 << 16, reload: Int64 = 1000) throws -> Collected {
        let sink = Collected()
        let limits = DrainPass.Limits(rows: rows, bytes: 1 << 20, reload: { reload }, folder: scratch.folder)
        let drain = Drain(try Connection(scratch.path(), .read), limits: limits)
        #expect(try drain.run(after: after, sequences: [:], now: 1_800_000_000_000, into: sink) != nil)
        return sink
    }

    func lines(_ found: Collected) -> [String] { found.entries.map { "\($0.action.name) \($0.key) \($0.old) \($0.new)" } }

    @Test(
        "I7: a drain that goes on from where the log ends tells nothing twice, whatever the log ended with",
        arguments: [
            "INSERT OR REPLACE INTO w VALUES('a',2)", "REPLACE INTO w VALUES('a',2),('b',3)", "UPDATE OR REPLACE w SET k='b' WHERE k='a'",
            "REPLACE INTO u VALUES('c',1,7)", "INSERT INTO w VALUES('a',2) ON CONFLICT DO UPDATE SET v=2", "REPLACE INTO r VALUES(1,9)",
            "REPLACE INTO r VALUES(-1,9)", "UPDATE OR REPLACE r SET id=2 WHERE id=1",
        ])
    func secondDrain(sql: String) throws {
        let app = try scratch.capture(
            """
            CREATE TABLE w(k TEXT PRIMARY KEY, v) WITHOUT ROWID; INSERT INTO w VALUES('a',1),('b',1);
            CREATE TABLE u(k TEXT PRIMARY KEY, s UNIQUE, v) WITHOUT ROWID; INSERT INTO u VALUES('a',1,1),('b',2,1),('c',3,1);
            CREATE TABLE r(id INTEGER PRIMARY KEY, v); INSERT INTO r VALUES(-1,1),(1,1),(2,1);
            """)
        try app.execute(sql)
        let first = try drain()
        let end = try #require(first.entries.last?.position)
        #expect(lines(try drain(end)) == [])
        #expect(first.entries.allSatisfy { $0.action.isRecordOperation })
    }

    @Test(
        "triggers of the application that fire before ours change the new row: it comes out as it was inserted, then changed",
        arguments: ["INSERT INTO t VALUES(5,'x')", "INSERT INTO t(v) VALUES('x')", "REPLACE INTO t VALUES(3,'x')"], ["TEMP TRIGGER", "TRIGGER"])
    func changedByEarlierTrigger(sql: String, kind: String) throws {
        let app = try scratch.capture("CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(3,'old'),(4,'x')")
        let before = try Capture.position(app)
        try app.execute("CREATE \(kind) z AFTER INSERT ON main.t BEGIN UPDATE t SET v='changed' WHERE id=NEW.id; END; \(sql)")
        try Capture.resynchronise(app)
        let found = try drain(before)
        let rows = found.entries.filter { $0.action.isRecordOperation }
        #expect(!found.entries.contains { $0.action == .reload || $0.action == .gap })
        let key = rows.first?.key
        #expect(rows.allSatisfy { $0.key == key })
        #expect(rows.first?.action == (sql.hasPrefix("REPLACE") ? .modification : .addition))
        #expect(rows.last?.new == [.text(Array("changed".utf8))])
        #expect(lines(try drain(try #require(found.entries.last?.position))) == [])
    }

    @Test(
        "a row that FAIL leaves behind before our trigger fires is captured, an automatic rowid too",
        arguments: [
            "INSERT INTO t VALUES(5,'x')", "INSERT INTO t(v) VALUES('x')", "INSERT INTO t(v) VALUES('y'),('y'),('x'),('y')", "INSERT INTO a(v) VALUES('x')",
            "INSERT INTO a VALUES(3,'x')", "INSERT INTO a(v) VALUES('y'),('x')", "INSERT INTO e(v) VALUES('x')", "INSERT INTO n(v) VALUES('x')",
        ])
    func failedStatement(sql: String) throws {
        let app = try scratch.capture(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(1,'a');
            CREATE TABLE a(id INTEGER PRIMARY KEY AUTOINCREMENT, v); INSERT INTO a VALUES(1,'a'),(9,'b'); DELETE FROM a WHERE id=9;
            CREATE TABLE e(id INTEGER PRIMARY KEY, v); CREATE TABLE n(id INTEGER PRIMARY KEY AUTOINCREMENT, v);
            """)
        let tables = ["t", "a", "e", "n"]
        for table in tables {
            try app.execute("CREATE TEMP TRIGGER f\(table) AFTER INSERT ON main.\(table) WHEN NEW.v='x' BEGIN SELECT RAISE(FAIL,'no'); END")
        }
        let rows = { try app.integer("SELECT " + tables.map { "(SELECT count(*) FROM \($0))" }.joined(separator: "+")) ?? 0 }
        let before = try rows()
        #expect(throws: DatabaseError.self) { try app.execute(sql) }
        let found = try drain().entries.filter { $0.action != .saveSequence }
        #expect(try rows() > before)
        #expect(found.count == Int(try rows() - before))
        #expect(found.allSatisfy { $0.action == .addition })
    }

    @Test(
        "I8: what cannot be put in order is logged anew at the end, and nothing before is a point; a larger table gets a gap",
        arguments: [1, 2, 1 << 16])
    func unordered(rows: Int) throws {
        // Behind the largest rowid SQLite takes any, which nobody foresees.
        let app = try scratch.capture(
            "CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(9223372036854775807,2); CREATE TABLE o(id INTEGER PRIMARY KEY, v)")
        try app.execute("CREATE TEMP TRIGGER z AFTER INSERT ON main.t BEGIN UPDATE t SET v=v+1 WHERE id=NEW.id; END")
        try app.execute("INSERT INTO o VALUES(1,1); INSERT INTO t(v) VALUES(1); INSERT INTO o VALUES(2,2)")
        let found = try drain(rows: rows)
        #expect(
            found.entries.map { "\($0.action.name) \(found.tables[$0.table]?.name ?? "")" }
                == ["addition o", "addition o", "reload t", "addition t", "addition t"]
        )
        #expect(found.entries.filter(\.isConsistent).count == 1)
        #expect(found.entries.last?.new == [.integer(2)])
        #expect(try drain(rows: rows, reload: 0).entries.map(\.action) == [.addition, .addition, .gap])
    }

    @Test("a row with the rowid -1 that nobody saw replaced is logged anew")
    func unseenMinusOne() throws {
        let app = try scratch.capture("CREATE TABLE t(id INTEGER PRIMARY KEY, v)")
        try app.execute("INSERT INTO t VALUES(-1,1); REPLACE INTO t VALUES(-1,2)")
        #expect(try drain().entries.map(\.action) == [.reload, .addition])
    }

    @Test("columns added after an update that left values out: no gap, the table is logged anew at once")
    func addedColumn() throws {
        let app = try scratch.capture("CREATE TABLE t(id INTEGER PRIMARY KEY, a, b BLOB); INSERT INTO t VALUES(1,1,x'00')")
        try app.execute("INSERT INTO t VALUES(4,NULL,x'0102'); UPDATE t SET a=3 WHERE id=4; ALTER TABLE t ADD COLUMN d")
        #expect(try Capture.resynchronise(app)?.reloaded == ["t"])
        #expect(try drain().entries.map(\.action) == [.structureChange, .reload, .addition, .addition])
    }
}
