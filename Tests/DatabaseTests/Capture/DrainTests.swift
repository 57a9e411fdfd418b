import Database
import Testing
import Vocabulary

@Suite("What a drain derives")
struct DrainTests {
    let scratch = Scratch()

    func capture(_ schema: String) throws -> Connection {
        let connection = try Connection(scratch.path(), .create)
        try connection.execute("PRAGMA journal_mode=WAL;" + schema)
        try Capture.install(connection, Scratch.state())
        return connection
    }

    func drain(_ after: Int64 = 1) throws -> Collected {
        let sink = Collected()
        let drain = Drain(try Connection(scratch.path(), .read))
        let outcome = try drain.run(after: after, sequences: [:], now: 1_800_000_000_000, into: sink)
        #expect(outcome != nil)
        return sink
    }

    func text(_ string: String) -> Value { .text(Array(string.utf8)) }

    @Test("an insertion, an update and a deletion come out with old and new values")
    func basics() throws {
        let app = try capture("CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT NOT NULL, b REAL)")
        try app.execute("INSERT INTO t VALUES(7,'x',1.5)")
        try app.execute("UPDATE t SET b=2.5 WHERE id=7")
        try app.execute("UPDATE t SET b=2.5 WHERE id=7")
        try app.execute("DELETE FROM t")
        let found = try drain()
        #expect(
            found.entries.map { "\($0.action) \($0.key) \($0.old) \($0.new)" } == [
                "addition \([Value.integer(7)]) [] \([text("x"), .real(1.5)])",
                "modification \([Value.integer(7)]) \([text("x"), .real(1.5)]) \([.same, Value.real(2.5)])",
                "deletion \([Value.integer(7)]) \([text("x"), .real(2.5)]) []",
            ])
        #expect(found.entries.map(\.isConsistent) == [false, false, true])
        #expect(found.tables[1]?.columns.map(\.name) == ["a", "b"])
    }

    @Test("REPLACE shows the rows that it displaced, though no trigger fired for them")
    func displaced() throws {
        let app = try capture("CREATE TABLE t(id INTEGER PRIMARY KEY, u UNIQUE)")
        try app.execute("INSERT INTO t VALUES(1,'a'),(2,'b')")
        let before = try Capture.position(app)
        try app.execute("REPLACE INTO t VALUES(3,'b')")
        #expect(try drain(before).entries.map { "\($0.action) \($0.key)" } == [
            "deletion \([Value.integer(2)])", "addition \([Value.integer(3)])",
        ])
    }

    @Test("what is rolled back, savepoints included, leaves nothing")
    func rolledBack() throws {
        let app = try capture("CREATE TABLE t(id INTEGER PRIMARY KEY, u UNIQUE)")
        try app.execute("BEGIN; INSERT INTO t VALUES(1,'a'); SAVEPOINT s; INSERT INTO t VALUES(2,'b'); ROLLBACK TO s; COMMIT")
        try app.execute("BEGIN; DELETE FROM t; ROLLBACK")
        #expect(try drain().entries.map { "\($0.action) \($0.key)" } == ["addition \([Value.integer(1)])"])
    }

    @Test("a changed key is a deletion and an addition at one position")
    func movedKey() throws {
        let app = try capture("CREATE TABLE t(id INTEGER PRIMARY KEY, a)")
        try app.execute("INSERT INTO t VALUES(1,'a')")
        let before = try Capture.position(app)
        try app.execute("UPDATE t SET id=5")
        let found = try drain(before).entries
        #expect(found.map { "\($0.action) \($0.key)" } == ["deletion \([Value.integer(1)])", "addition \([Value.integer(5)])"])
        #expect(Set(found.map(\.position)).count == 1)
    }

    @Test("removing capture leaves the schema as it was")
    func removal() throws {
        let app = try capture("CREATE TABLE t(id INTEGER PRIMARY KEY, a); CREATE INDEX i ON t(a); CREATE VIRTUAL TABLE f USING fts5(x)")
        try Capture.remove(app)
        #expect(try app.integer("SELECT count(*) FROM sqlite_schema WHERE sql LIKE '%msc%' OR name LIKE '%msc%'") == 0)
        #expect(try app.string("PRAGMA integrity_check") == "ok")
    }
}
