// What a drain must not present as known, and what it must not keep for ever: gaps, tables that are gone, rows that are missing,
// deletions beside waiting rows, statements that came to nothing.

@testable import Database
import Testing
import Vocabulary

@Suite("What a drain is certain of")
struct CertaintyTests {
    let scratch = Scratch()

    func drain(_ after: Int64 = 1, rows: Int = 1 << 16) throws -> Collected? {
        let sink = Collected()
        let drain = Drain(try Connection(scratch.path(), .read), limits: .init(rows: rows, bytes: 1 << 20, folder: scratch.folder))
        return try drain.run(after: after, sequences: [:], now: 1_800_000_000_000, into: sink) == nil ? nil : sink
    }

    /// `a` and `b`, captured.
    private func twoTables() throws -> Connection {
        try scratch.capture("CREATE TABLE a(id INTEGER PRIMARY KEY, v); CREATE TABLE b(id INTEGER PRIMARY KEY, v)")
    }

    /// Points that a restore may end at, and what has been said of the rows of a table by then.
    func points(_ found: Collected) -> [Int64] { found.entries.filter(\.isConsistent).map(\.position) }

    @Test("I8: before a gap nothing is a consistent point, and no row comes from behind it", arguments: [1, 3, 1 << 16])
    func gap(rows: Int) throws {
        let app = try twoTables()
        for id in 1...9 { try app.execute("INSERT INTO a VALUES(\(id),'one')") }
        try app.execute("INSERT INTO b VALUES(1,'two'); INSERT INTO b VALUES(2,'three')")
        try app.execute("ALTER TABLE a ADD COLUMN w; UPDATE a SET v='later'")
        #expect(try drain() == nil)
        #expect(try Capture.resynchronise(app, reloadLimit: 3)?.gaps == ["a"])
        let found = try #require(try drain(rows: rows))
        #expect(found.entries.contains { $0.action == .gap })
        #expect(points(found) == [try Capture.position(app)])
        for entry in found.entries where entry.action == .addition {
            #expect(entry.new.count == found.tables[entry.table]?.columns.count)
        }
        #expect(!found.entries.contains { $0.new.contains(.text(Array("later".utf8))) })
    }

    @Test("I8: the points before a table was dropped lack what its rows became, and are none")
    func droppedTable() throws {
        let app = try twoTables()
        try app.execute("INSERT INTO b VALUES(1,'first'); INSERT INTO b VALUES(2,'second')")
        let certain = try #require(try drain())
        #expect(points(certain).count == 2)
        let before = try Capture.position(app)
        try app.execute("INSERT INTO a VALUES(1,'lost'); INSERT INTO b VALUES(3,'x'); INSERT INTO b VALUES(4,'y'); DROP TABLE a")
        _ = try Capture.resynchronise(app)
        let found = try #require(try drain(before))
        #expect(points(found) == [try Capture.position(app)])
        // What follows is certain again.
        let after = try Capture.position(app)
        try app.execute("INSERT INTO b VALUES(5,'x'); INSERT INTO b VALUES(6,'y')")
        let following = try #require(try drain(after))
        #expect(points(following).count == 2)
    }

    @Test("I8: no point lies among rows that an index forbade which was gone for a while", arguments: [true, false])
    func withoutIndex(comesBack: Bool) throws {
        let app = try scratch.capture("CREATE TABLE t(id INTEGER PRIMARY KEY, v); CREATE UNIQUE INDEX i ON t(v); INSERT INTO t VALUES(1,1)")
        let start = try Capture.position(app)
        try app.execute("DROP INDEX i; INSERT INTO t VALUES(2,1); UPDATE t SET v=3 WHERE id=1")
        if comesBack { try app.execute("CREATE UNIQUE INDEX i ON t(v)") }
        #expect(try drain(start) == nil)
        try Capture.resynchronise(app)
        let found = try #require(try drain(start))
        #expect(points(found) == [found.entries.last?.position])
        #expect(found.entries.contains { $0.action == .structureChange } == !comesBack)
        // What follows is certain again.
        let after = try Capture.position(app)
        try app.execute("INSERT INTO t VALUES(5,5); INSERT INTO t VALUES(6,6)")
        #expect(points(try #require(try drain(after))).count == 2)
    }

    @Test("I7: rows that are missing are missing, whatever comes next")
    func missingRows() throws {
        let app = try scratch.capture("CREATE TABLE t(id INTEGER PRIMARY KEY, a)")
        try app.execute("INSERT INTO t VALUES(1,1),(2,2); PRAGMA user_version=7")
        _ = try Capture.resynchronise(app)
        try app.execute("DELETE FROM _msc_log WHERE n IN (2,3)")
        let failure = #expect(throws: Failure.self) { try drain() }
        #expect(failure?.code == .logGap)
        #expect(failure?.message.contains("rows 2 to 3") == true)
    }

    @Test("I8: rows deleted while others wait make no point of the middle of a transaction", arguments: [3, 10, 40])
    func prunedBesideAWriter(limit: Int64) throws {
        // Many pages from few rows.
        try Connection(scratch.path(), .create).execute("PRAGMA page_size=512; VACUUM")
        let app = try scratch.capture("CREATE TABLE t(id INTEGER PRIMARY KEY, a)")
        try app.execute("BEGIN; WITH RECURSIVE c(x) AS (VALUES(1) UNION ALL SELECT x+1 FROM c WHERE x<300) INSERT INTO t SELECT x,x FROM c; COMMIT")
        let position = try Capture.position(app)
        #expect(try drain()?.entries.count == 300)
        try app.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        try app.execute("BEGIN; WITH RECURSIVE c(x) AS (VALUES(301) UNION ALL SELECT x+1 FROM c WHERE x<700) INSERT INTO t SELECT x,x FROM c; COMMIT")
        let last = try Capture.position(app)
        let ours = try Connection(scratch.path(), .write)
        // The -wal file begins with the first deletions, and with others after a commit.
        try app.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for _ in 0..<3 { #expect(try Capture.prune(ours, through: position, limit: limit) == limit) }
        try app.execute("INSERT INTO t(a) VALUES(0)")
        while try Capture.prune(ours, through: position, limit: limit) > 0 {}
        try app.execute("BEGIN; INSERT INTO t(a) VALUES(1); INSERT INTO t(a) VALUES(2); COMMIT; INSERT INTO t(a) VALUES(3)")
        let found = try #require(try drain(position))
        #expect(found.entries.count == 404)
        #expect(Set(points(found)).isSubset(of: [last, last + 1, last + 3, last + 4]))
        #expect(points(found).last == last + 4)
    }

    @Test("I1: a row in several parts is one row in all of them, when an index that was dropped makes several look displaced")
    func droppedIndex() throws {
        let app = try scratch.capture("CREATE TABLE t(id INTEGER PRIMARY KEY, a, b)")
        try app.execute("ALTER TABLE t ADD COLUMN c DEFAULT 'c'; ALTER TABLE t ADD COLUMN d DEFAULT 'd'; ALTER TABLE t ADD COLUMN e; CREATE UNIQUE INDEX i ON t(b)")
        _ = try Capture.resynchronise(app)
        try app.execute("INSERT INTO t(id,b) VALUES(1,'x'),(2,'y'),(3,'z'); DROP INDEX i; UPDATE t SET b=0; INSERT OR REPLACE INTO t(id,b) VALUES(3,0)")
        _ = try Capture.resynchronise(app)
        let found = try #require(try drain())
        let last = found.entries.last { $0.action == .addition || $0.action == .modification }
        #expect(last?.new.prefix(2) == [.null, .integer(0)])
    }

    @Test("rows that came to nothing are let go of after an operation without effect")
    func rowsWithoutOperations() throws {
        let app = try scratch.capture("CREATE TABLE t(id INTEGER PRIMARY KEY, u UNIQUE, a); INSERT INTO t VALUES(1,'x',1)")
        // Two rows of the outbox for each: the row that is in the way, and the rowid that was foreseen.
        let ignored = "WITH RECURSIVE c(x) AS (VALUES(1) UNION ALL SELECT x+1 FROM c WHERE x<%) INSERT OR IGNORE INTO t(u,a) SELECT 'x',x FROM c"
        try app.execute(ignored.replacing("%", with: "4500"))
        #expect(try drain()?.entries.isEmpty == true)
        try app.execute(ignored.replacing("%", with: "500"))
        // Small rounds: such rows are a group without an end.
        let found = try #require(try drain(rows: 4))
        #expect(found.entries.map { "\($0.action) \($0.position) \($0.isConsistent)" } == ["validateTransaction 10001 true"])
        #expect(try drain(10001)?.entries.isEmpty == true)
    }
}
