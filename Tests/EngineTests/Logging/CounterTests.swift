// AUTOINCREMENT counters: no trigger sees them. A restore gives them exactly, a rollback on the live data lowers none.

import Database
import EngineSupport
import FileSystem
import LogFile
import Testing
import Vocabulary

@testable import Engine

@Suite("AUTOINCREMENT counters in the log")
struct CounterTests {
    private let site: Site

    init() throws {
        site = try Site(startsLog: false)
        try site.client().execute(
            "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, a); CREATE TABLE u(id INTEGER PRIMARY KEY AUTOINCREMENT, a); INSERT INTO t(a) VALUES(1),(2),(3)")
        _ = try site.start()
    }

    private func counters(_ path: String? = nil) throws -> String {
        let select = try Connection(path ?? site.application.data, .read).prepare("SELECT name,seq FROM sqlite_sequence ORDER BY name")
        var found: [String] = []
        while try select.step() { found.append("\(select.string(0))=\(select.integer(1))") }
        return found.joined(separator: " ")
    }

    /// Drains, restores the archive and compares.
    private func expectRestored(_ comment: Comment) throws {
        _ = try site.drain()
        let copy = site.folder + "/copy"
        defer { try? Folder.removeTree(copy) }
        let restored = try site.restore(1, .folder(copy))
        #expect(try site.content(restored.data) == site.content(), comment)
    }

    @Test(
        "I2: counters that are set, deleted, made by an insertion of nothing or made anew with their table come back as they were",
        arguments: [
            "INSERT INTO u(a) SELECT 1 WHERE 0", "DELETE FROM t; DELETE FROM sqlite_sequence WHERE name='t'", "DELETE FROM t; UPDATE sqlite_sequence SET seq=0",
            "DELETE FROM sqlite_sequence", "UPDATE sqlite_sequence SET seq=1000 WHERE name='t'", "INSERT INTO u(a) VALUES(1); DELETE FROM u; UPDATE sqlite_sequence SET seq=0",
            "DROP TABLE t; CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, a); INSERT INTO t(a) SELECT 1 WHERE 0",
            "UPDATE t SET id=50 WHERE id=2", "INSERT INTO u(a) VALUES(1); DELETE FROM sqlite_sequence WHERE name='u'",
            "DROP TABLE u; CREATE TABLE u(id INTEGER PRIMARY KEY AUTOINCREMENT, a, b); INSERT INTO u(a) VALUES(1); DELETE FROM sqlite_sequence WHERE name='u'",
        ], [false, true])
    func exact(sql: String, betweenDrains: Bool) throws {
        try site.client().execute("INSERT INTO t(a) VALUES(4)")
        if betweenDrains { _ = try site.drain() }
        try site.client().execute(sql)
        try expectRestored("\(sql)")
        // What moved is told once.
        let last = try site.drain().lastOperation
        #expect(try site.drain().lastOperation == last)
        try site.client().execute("INSERT INTO u(a) VALUES(7)")
        try expectRestored("afterwards: \(sql)")
    }

    @Test("I8: at each commit between two drains the counters are what they were there")
    func betweenDrains() throws {
        let client = try site.client()
        try client.execute("PRAGMA journal_mode=WAL")
        _ = try site.drain()
        let start = try Capture.position(client)
        var wanted: [Int64: String] = [:]
        for sql in [
            "INSERT INTO t(a) VALUES(4)", "INSERT INTO t(a) VALUES(5); DELETE FROM t WHERE id=5", "UPDATE t SET id=50 WHERE id=2",
            "UPDATE sqlite_sequence SET seq=70; INSERT INTO u(a) VALUES(1)", "DELETE FROM sqlite_sequence; UPDATE t SET a=9 WHERE id=1",
            "INSERT INTO u(id,a) VALUES(-5,1)", "UPDATE sqlite_sequence SET seq=-9000000000; DELETE FROM u", "INSERT INTO t(a) VALUES(6)",
        ] {
            try client.execute("BEGIN; \(sql); COMMIT")
            wanted[try Capture.position(client)] = try counters()
        }
        _ = try site.drain()
        var points: [(operation: UInt64, position: Int64)] = []
        try LogReader(site.application.defaultJournal).forEach(damage: { _ in }) { operation in
            if operation.isConsistentPoint, operation.position > start { points.append((operation.number, operation.position)) }
            return .next
        }
        #expect(points.count == wanted.count)
        for ((operation, _), position) in zip(points, wanted.keys.sorted()) {
            let copy = site.folder + "/copy"
            defer { try? Folder.removeTree(copy) }
            let restored = try site.restore(1, .folder(copy), until: .operation(operation))
            #expect(try counters(restored.data) == wanted[position], "operation \(operation)")
        }
    }

    @Test("I7: a counter that moves alone moves the data's clock: an archive made before gets it from the log")
    func movedAlone() throws {
        try site.client().execute("INSERT INTO t(a) VALUES(4)")
        _ = try site.backup()
        try site.client().execute("UPDATE sqlite_sequence SET seq=77 WHERE name='t'")
        _ = try site.drain()
        for number in [1, 2] {
            let copy = site.folder + "/copy\(number)"
            let restored = try site.restore(number, .folder(copy))
            #expect(try counters(restored.data) == counters())
        }
    }

    @Test("the last operation of a drain is one to which the archive before can be taken, though it be a counter that a log begins with")
    func lastOperation() throws {
        try site.client().execute("INSERT INTO t(a) VALUES(4)")
        _ = try site.backup()
        let last = try site.drain().lastOperation
        for number in [1, 2] {
            let restored = try site.restore(number, .folder(site.folder + "/copy\(number)"), until: .operation(last))
            #expect(try site.content(restored.data) == site.content())
        }
    }

    @Test("a rollback lowers no counter and names those it kept; it takes them back when asked to", arguments: [Rollback.Method.undo, .restore])
    func rollback(method: Rollback.Method) throws {
        let before = try site.drain().lastOperation
        try site.client().execute("INSERT INTO t(a) VALUES(4),(5)")
        let kept = try site.rollback(before, method)
        #expect(kept.keptCounters == ["t"])
        #expect(try counters() == "t=5")
        #expect(try site.client().integer("SELECT max(id) FROM t") == 3)
        try expectRestored("kept")
        var exact = Rollback(
            application: site.application, surroundings: site.surroundings, to: .operation(before), insideTransaction: false, dryRun: false,
            takesCountersBack: true)
        exact.method = method
        #expect(try exact.run(Job()).keptCounters == [])
        #expect(try counters() == "t=3")
        try expectRestored("taken back")
    }
}
