// Names that go from one table to another between two drains: the log leads to each state, whoever has a name now.

@testable import Database
import FileSystem
import Testing
import Vocabulary

@testable import Engine

@Suite("Names that go from one table to another")
struct NameTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// What the program does, with a drain after each.
        let steps: [String]

        init(_ name: String, _ steps: String...) { (testDescription, self.steps) = (name, steps) }
    }

    private static let shape = "(id INTEGER PRIMARY KEY, d)"

    static let cases = [
        Case(
            "a table is renamed, and one of the same text takes its name", "INSERT INTO t VALUES(4,'four')",
            "ALTER TABLE t RENAME TO x; CREATE TABLE t\(shape); INSERT INTO t VALUES(1,'one')", "INSERT INTO t VALUES(2,'two'); UPDATE x SET d=d||'!'"),
        Case(
            "the same, without a row", "INSERT INTO t VALUES(4,'four')", "ALTER TABLE t RENAME TO x; CREATE TABLE t\(shape)",
            "INSERT INTO t VALUES(2,'two'); UPDATE x SET d=d||'!'"),
        Case(
            "a table goes, and another takes its name", "INSERT INTO s VALUES(9,'nine'); UPDATE t SET d='u' WHERE id=1",
            "UPDATE t SET d='v' WHERE id=2; DROP TABLE t; ALTER TABLE s RENAME TO t", "INSERT INTO t VALUES(11,'x'); DELETE FROM t WHERE id=7"),
        Case(
            "two tables exchange their names", "INSERT INTO s VALUES(9,'nine'); UPDATE t SET d='u' WHERE id=1",
            """
            UPDATE t SET d='v' WHERE id=2; ALTER TABLE t RENAME TO q; ALTER TABLE s RENAME TO t; ALTER TABLE q RENAME TO s;
            INSERT INTO t VALUES(12,'z')
            """, "INSERT INTO t VALUES(11,'x'); DELETE FROM t WHERE id=7; UPDATE s SET d=d||'?'"),
        Case(
            "three tables do in a ring", "CREATE TABLE u\(shape); INSERT INTO u VALUES(5,'u5')",
            "ALTER TABLE t RENAME TO q; ALTER TABLE s RENAME TO t; ALTER TABLE u RENAME TO s; ALTER TABLE q RENAME TO u", "UPDATE u SET d=d||'?'"),
        Case(
            "a name goes on, and another comes", "INSERT INTO s VALUES(9,'nine')", "ALTER TABLE t RENAME TO q; ALTER TABLE s RENAME TO t",
            "INSERT INTO t VALUES(11,'x'); DELETE FROM t WHERE id=7; UPDATE q SET d=d||'?'"),
        Case(
            "the same the other way round", "INSERT INTO s VALUES(9,'nine')", "ALTER TABLE s RENAME TO q; ALTER TABLE t RENAME TO s",
            "INSERT INTO s VALUES(11,'x'); UPDATE q SET d=d||'?'"),
        Case(
            "an index of the same text is on the table that took the name", "CREATE INDEX i ON t(d)",
            "DROP TABLE t; ALTER TABLE s RENAME TO t; CREATE INDEX i ON t(d)", "INSERT INTO t VALUES(44,'a')"),
        Case(
            "a row was displaced through a unique index as young as the name", "UPDATE t SET d=id",
            "CREATE UNIQUE INDEX u ON t(d); INSERT OR REPLACE INTO t VALUES(4,1); ALTER TABLE t RENAME TO x", "INSERT INTO x VALUES(5,5)"),
        Case(
            "an index of the same text is on a new table", "CREATE INDEX i ON t(d)",
            "ALTER TABLE t RENAME TO x; DROP INDEX i; CREATE TABLE t\(shape); CREATE INDEX i ON t(d)", "INSERT INTO t VALUES(44,'a')"),
        Case(
            "a trigger of the same text is on another view",
            "CREATE VIEW v AS SELECT id FROM t; CREATE TRIGGER g INSTEAD OF INSERT ON v BEGIN INSERT INTO t(d) VALUES('v'); END",
            """
            DROP VIEW v; CREATE VIEW v AS SELECT id,d FROM t; CREATE TRIGGER g INSTEAD OF INSERT ON v BEGIN INSERT INTO t(d) VALUES('v'); END;
            INSERT INTO v(id) VALUES(1)
            """),
    ]

    @Test("I8: the log leads to each state", arguments: cases, ["wal", "delete"])
    func names(_ names: Case, _ mode: String) throws {
        let site = try Site(startsLog: false)
        let client = try site.client()
        try client.execute(
            """
            PRAGMA journal_mode=\(mode); CREATE TABLE t\(Self.shape); INSERT INTO t VALUES(1,'t1'),(2,'t2'),(3,'t3');
            CREATE TABLE s\(Self.shape); INSERT INTO s VALUES(1,'s1'),(7,'s7')
            """)
        _ = try site.start()
        var states: [(operation: UInt64, content: String)] = []
        for step in names.steps {
            try client.execute(step)
            states.append((try site.drain().lastOperation, try site.content()))
        }
        for state in states {
            let outcome = try site.restore(1, .folder(site.folder + "/restored"), until: .operation(state.operation))
            #expect(try site.content(outcome.data) == state.content, "operation \(state.operation)")
            try Folder.removeTree(site.folder + "/restored")
        }
        #expect(try Verification.ofLog(site.application.defaultJournal, Job()).problems.isEmpty)
    }

    @Test("renamings come in an order in which each name is free, and a ring of names has none")
    func order() {
        func object(_ id: UInt32, _ table: String) -> Resynchroniser.Object {
            .init(type: "trigger", name: TriggerText.name(id, "bd"), table: table, sql: "")
        }
        func succession(_ names: [(String, String?)], _ there: [String]) -> Succession {
            let definitions = names.enumerated().map {
                TableDefinition(id: UInt32($0.offset + 1), name: $0.element.0, isWithoutRowid: false, rowidColumn: nil, rowidName: "rowid", columns: [])
            }
            return Succession(
                of: definitions, to: there, in: names.enumerated().compactMap { place, pair in pair.1.map { object(UInt32(place + 1), $0) } })
        }
        let chain = succession([("a", "b"), ("b", "c"), ("c", "D")], ["b", "c", "D"])
        #expect(chain.order == ["D", "c", "b"] && chain.ring.isEmpty && chain.formerName("d") == "c" && chain.hasLeft("A"))
        let ring = succession([("a", "b"), ("b", "c"), ("c", "a"), ("x", "y")], ["a", "b", "c", "y"])
        #expect(ring.order == ["y"] && ring.ring == ["a", "b", "c"] && ring.formerName("a") == nil)
        // The trigger of the one that is gone went with it: its name is another's.
        let taken = succession([("a", nil), ("b", "a")], ["a"])
        #expect(taken.names == [nil, "a"] && taken.formerName("a") == "b" && !taken.hasLeft("a"))
        #expect(succession([("a", nil)], ["a"]).names == ["a"])
    }
}
