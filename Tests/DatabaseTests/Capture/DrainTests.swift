@testable import Database
import Testing
import Vocabulary

@Suite("What a drain derives")
struct DrainTests {
    let scratch = Scratch()

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
        let app = try scratch.capture("CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT NOT NULL, b REAL)")
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
        #expect(found.entries.map(\.isConsistent) == [true, true, true])
        #expect(found.tables[1]?.columns.map(\.name) == ["a", "b"])
    }

    @Test("thousands of rows replaced and moved in one drain, however often the index of keys has to grow", arguments: [1 << 16, 700])
    func manyReplaced(rows: Int) throws {
        let app = try scratch.capture("CREATE TABLE w(k INT PRIMARY KEY, v INT) WITHOUT ROWID; CREATE TABLE r(id INTEGER PRIMARY KEY, v INT)")
        let rowsFrom = { (value: Int) in "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i<5000) SELECT i,\(value) FROM c" }
        try app.execute("INSERT INTO w \(rowsFrom(0)); INSERT INTO r \(rowsFrom(0))")
        let position = try Capture.position(app)
        try app.execute("REPLACE INTO w \(rowsFrom(1)); REPLACE INTO r \(rowsFrom(1)); UPDATE r SET id=id+10000")
        let sink = Collected()
        let limits = DrainPass.Limits(rows: rows, folder: scratch.folder)
        _ = try Drain(try Connection(scratch.path(), .read), limits: limits).run(after: position, sequences: [:], now: 0, into: sink)
        let actions = { (table: String) in sink.entries.filter { sink.tables[$0.table]?.name == table }.map(\.action) }
        #expect(actions("w") == Array(repeating: .modification, count: 5000))
        #expect(actions("r").count { $0 == .deletion } == 10_000 && actions("r").count { $0 == .addition } == 10_000)
        #expect(sink.entries.count == 25_000)
    }

    @Test("REPLACE shows the rows that it displaced, though no trigger fired for them")
    func displaced() throws {
        let app = try scratch.capture("CREATE TABLE t(id INTEGER PRIMARY KEY, u UNIQUE)")
        try app.execute("INSERT INTO t VALUES(1,'a'),(2,'b')")
        let before = try Capture.position(app)
        try app.execute("REPLACE INTO t VALUES(3,'b')")
        #expect(try drain(before).entries.map { "\($0.action) \($0.key)" } == [
            "deletion \([Value.integer(2)])", "addition \([Value.integer(3)])",
        ])
    }

    @Test("a place for what is too much for memory that is not there ends the drain with 1516, which names it")
    func noScratchFolder() throws {
        let app = try scratch.capture("CREATE TABLE t(id INTEGER PRIMARY KEY)")
        try app.execute("INSERT INTO t VALUES(1),(2),(3),(4),(5),(6)")
        let drain = Drain(try Connection(scratch.path(), .read), limits: .init(rows: 2, bytes: 1 << 20, folder: scratch.path("nowhere")))
        let failure = #expect(throws: Failure.self) { _ = try drain.run(after: 1, sequences: [:], now: 0, into: Collected()) }
        #expect(failure?.code == .writeFailed)
        #expect(failure?.description.contains(scratch.path("nowhere")) == true)
        // The transaction is over, and the connection as good as before.
        #expect(try Drain(Connection(scratch.path(), .read)).run(after: 1, sequences: [:], now: 0, into: Collected())?.operations == 6)
    }

    /// Everything, in rounds of so many rows and bytes.
    func drain(rows: Int, bytes: Int) throws -> [Collected.Entry] {
        let sink = Collected()
        let drain = Drain(try Connection(scratch.path(), .read), limits: .init(rows: rows, bytes: bytes, folder: scratch.folder))
        _ = try drain.run(after: 1, sequences: [:], now: 1_800_000_000_000, into: sink)
        return sink.entries
    }

    @Test("rows that turn out to be larger than their keys told are read in more rounds, and mean the same", arguments: [1, 2, 5, 8])
    func largeRowsAfterSmallOnes(rows: Int) throws {
        let app = try scratch.capture("CREATE TABLE t(id INTEGER PRIMARY KEY, a, b BLOB); CREATE TABLE w(a, b, k, PRIMARY KEY(k,b)) WITHOUT ROWID")
        for id in 1...9 { try app.execute("INSERT INTO t VALUES(\(id),\(id),NULL); INSERT INTO w VALUES(1,2,\(id))") }
        for size in [10, 400, 900, 30] {
            for id in [3, 5, 3, 9] {
                try app.execute("UPDATE t SET a=a+1 WHERE id=\(id); UPDATE t SET a=zeroblob(\(size)) WHERE id=\(id)")
                try app.execute("UPDATE t SET b=zeroblob(\(size)) WHERE id=\(id); UPDATE w SET a=zeroblob(\(size)) WHERE k=\(id)")
            }
            try app.execute("DELETE FROM t WHERE id=3; INSERT INTO t VALUES(3,3,3)")
        }
        #expect(try drain(rows: rows, bytes: 300) == drain(rows: 1 << 16, bytes: 1 << 20))
    }

    @Test("a row without a time happened when the next one did that has one, whichever round that is in")
    func times() throws {
        let app = try scratch.capture("CREATE TABLE t(id INTEGER PRIMARY KEY, a)")
        for _ in 1...10 { try app.execute("INSERT INTO t(a) VALUES(1)") }
        try app.execute("UPDATE t SET a=2 WHERE id=4; INSERT INTO t(a) VALUES(5)")
        for rows in [1, 3, 4, 1 << 16] {
            let times = try drain(rows: rows, bytes: 1 << 20).map(\.time)
            #expect(times.count == 12)
            #expect(Set(times[..<11]).count == 1 && times[0] < 1_800_000_000_000)
            #expect(times[11] == 1_800_000_000_000)
        }
    }

    @Test("I8: data that are older than their log are not drained into it")
    func olderData() throws {
        let app = try scratch.capture("CREATE TABLE t(id INTEGER PRIMARY KEY)")
        try app.execute("INSERT INTO t VALUES(1)")
        let position = try Capture.position(app)
        let failure = #expect(throws: Failure.self) { _ = try drain(position + 1) }
        #expect(failure?.code == .foreignLog)
        #expect(failure?.hint == "The data file was replaced by an older copy: integrate the log into it with 'msc integrate'.")
    }

    @Test("rows that follow one another, stand far apart, are gone or came back are found as they are now")
    func presentRows() throws {
        let app = try scratch.capture("CREATE TABLE t(id INTEGER PRIMARY KEY, a)")
        let added: [Int64] = [1, 2, 3, 7, 8, 100, 99, .min, .max, -1, 5, 6, 4]
        for id in added { try app.execute("INSERT INTO t VALUES(\(id),'\(id)')") }
        try app.execute("DELETE FROM t WHERE id IN (3,8); INSERT INTO t VALUES(3,'again')")
        let last = Dictionary(try drain().entries.map { ($0.key, $0) }) { $1 }
        for id in added {
            let entry = last[[.integer(id)]]
            #expect(entry?.action == (id == 8 ? .deletion : .addition))
            #expect(entry?.new == (id == 8 ? [] : [text(id == 3 ? "again" : "\(id)")]))
        }
    }

    @Test("what is rolled back, savepoints included, leaves nothing")
    func rolledBack() throws {
        let app = try scratch.capture("CREATE TABLE t(id INTEGER PRIMARY KEY, u UNIQUE)")
        try app.execute("BEGIN; INSERT INTO t VALUES(1,'a'); SAVEPOINT s; INSERT INTO t VALUES(2,'b'); ROLLBACK TO s; COMMIT")
        try app.execute("BEGIN; DELETE FROM t; ROLLBACK")
        #expect(try drain().entries.map { "\($0.action) \($0.key)" } == ["addition \([Value.integer(1)])"])
    }

    @Test("a changed key is a deletion and an addition at one position")
    func movedKey() throws {
        let app = try scratch.capture("CREATE TABLE t(id INTEGER PRIMARY KEY, a)")
        try app.execute("INSERT INTO t VALUES(1,'a')")
        let before = try Capture.position(app)
        try app.execute("UPDATE t SET id=5")
        let found = try drain(before).entries
        #expect(found.map { "\($0.action) \($0.key)" } == ["deletion \([Value.integer(1)])", "addition \([Value.integer(5)])"])
        #expect(Set(found.map(\.position)).count == 1)
    }

    @Test("commits still in the -wal file are consistent points, statements inside a transaction are not")
    func commits() throws {
        let app = try scratch.capture("CREATE TABLE t(id INTEGER PRIMARY KEY, a)")
        let reader = Drain(try Connection(scratch.path(), .read))
        var position: Int64 = 1
        for _ in 0..<3 {
            try app.execute("BEGIN; INSERT INTO t(a) VALUES(1); INSERT INTO t(a) VALUES(2); COMMIT; INSERT INTO t(a) VALUES(3)")
            try app.execute("BEGIN; INSERT INTO t(a) VALUES(4); UPDATE t SET a=5 WHERE a=4; UPDATE t SET a=5 WHERE a=5; COMMIT; DELETE FROM t")
            let sink = Collected()
            position = try #require(try reader.run(after: position, sequences: [:], now: 0, into: sink)).position
            #expect(sink.entries.map(\.isConsistent) == [false, true, true, false, true, false, false, false, true])
            _ = try Capture.prune(app, through: position)
        }
    }

    @Test("rows deleted from the outbox before they were drained are reported as missing")
    func missingRows() throws {
        let app = try scratch.capture("CREATE TABLE t(id INTEGER PRIMARY KEY, a)")
        try app.execute("INSERT INTO t VALUES(1,1),(2,2); DELETE FROM _msc_log WHERE n=2")
        let failure = #expect(throws: Failure.self) { try drain() }
        #expect(failure?.code == .logGap)
        #expect(failure?.message.contains("rows 2 to 2") == true)
    }

    @Test("pruning gives way to a writer and never takes the newest row")
    func prune() throws {
        let app = try scratch.capture("CREATE TABLE t(id INTEGER PRIMARY KEY, a)")
        try app.execute("INSERT INTO t VALUES(1,1),(2,2)")
        let ours = try Connection(scratch.path(), .write)
        try app.execute("BEGIN IMMEDIATE")
        #expect(try Capture.prune(ours, through: 3) == 0)
        try app.execute("COMMIT")
        #expect(try Capture.prune(ours, through: 3, limit: 1) == 1)
        #expect(try Capture.prune(ours, through: 3) == 1)
        #expect(try Capture.prune(ours, through: 3) == 0)
        #expect(try Capture.position(app) == 3)
    }

    @Test("AUTOINCREMENT counters are logged when they move")
    func sequences() throws {
        let app = try scratch.capture("CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, a)")
        try app.execute("INSERT INTO t VALUES(41,1); DELETE FROM t")
        let reader = Drain(try Connection(scratch.path(), .read))
        let sink = Collected()
        let outcome = try #require(try reader.run(after: 1, sequences: [:], now: 0, into: sink))
        #expect(outcome.sequences == ["t": 41])
        #expect(sink.entries.map(\.action) == [.addition, .saveSequence, .deletion])
        #expect(sink.entries.map(\.isConsistent) == [false, true, true])
        #expect(sink.entries[1].old == [.null] && sink.entries[1].new == [.integer(41)])
        try app.execute("INSERT INTO t(a) VALUES(2)")
        let next = Collected()
        _ = try reader.run(after: outcome.position, sequences: outcome.sequences, now: 0, into: next)
        #expect(next.entries.map(\.action) == [.addition, .saveSequence])
        #expect(next.entries.last?.old == [.integer(41)])
    }

    @Test("our own changes are observed, with their context, while triggers are off")
    func observed() throws {
        let app = try scratch.capture("CREATE TABLE t(id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES(1,'x')")
        let context = Context(process: "msc", processID: 7, user: "root", host: "h", purpose: "rollback to operation 12")
        let definition = try #require(try Capture.definitions(app).first).definition
        try app.transaction("IMMEDIATE") {
            try Capture.writeMarker(app, action: .rollback, payload: [.integer(12)], context: context)
            for key in [Int64(1), 2] {
                var bytes = ValueBuffer()
                bytes.append(integer: key)
                try bytes.bytes.withUnsafeBytes { try Observer(app, definition, context: context).observe($0) }
            }
            try app.configure(1003, false)
            try app.execute("UPDATE t SET a='y'; INSERT INTO t VALUES(2,'z')")
            try app.configure(1003, true)
        }
        let found = try drain()
        #expect(found.contexts.map { Context(captured: $0) } == [context])
        #expect(found.entries.prefix(3).map { "\($0.action) \($0.new) \($0.context)" } == [
            "rollback \([Value.integer(12)]) 1", "modification \([text("y")]) 1", "addition \([text("z")]) 1",
        ])
    }

    @Test("removing capture leaves the schema as it was")
    func removal() throws {
        let app = try scratch.capture("CREATE TABLE t(id INTEGER PRIMARY KEY, a); CREATE INDEX i ON t(a); CREATE VIRTUAL TABLE f USING fts5(x)")
        try Capture.remove(app)
        #expect(try app.integer("SELECT count(*) FROM sqlite_schema WHERE sql LIKE '%msc%' OR name LIKE '%msc%'") == 0)
        #expect(try app.string("PRAGMA integrity_check") == "ok")
    }
}
