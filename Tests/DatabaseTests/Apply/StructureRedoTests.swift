@testable import Database
import Testing
import Vocabulary

@Suite("Redo of changed structure")
struct StructureRedoTests {
    let bench = Bench()

    func change(_ type: String, _ name: String, _ old: String?, _ new: String?) -> Recorded {
        func text(_ string: String?) -> Value { string.map { .text(Array($0.utf8)) } ?? .null }
        return Recorded(.structureChange, new: [text(type), text(name), text(old), text(new)])
    }

    @Test("tables, indexes, triggers and views are made and removed as the application made them")
    func makeAndRemove() throws {
        let connection = try bench.database("a", "CREATE TABLE a(x); CREATE INDEX ax ON a(x); CREATE VIEW va AS SELECT * FROM a")
        let made = [
            change("table", "t", nil, "CREATE TABLE t(id INTEGER PRIMARY KEY, v)"),
            change("index", "ti", nil, "CREATE UNIQUE INDEX ti ON t(v)"),
            change("trigger", "tt", nil, "CREATE TRIGGER tt AFTER INSERT ON t BEGIN SELECT 1; END"),
            change("view", "va", "CREATE VIEW va AS SELECT * FROM a", "CREATE VIEW va AS SELECT v FROM t"),
            change("table", "a", "CREATE TABLE a(x)", nil), change("index", "ax", "CREATE INDEX ax ON a(x)", nil),
            change("table", "sqlite_stat1", nil, "CREATE TABLE sqlite_stat1(tbl,idx,stat)"),
            Recorded(.addition, table: 1, key: [.integer(1)], new: [.integer(1)]),
        ]
        try ApplierTests.apply(.redo, made, to: connection)
        #expect(try connection.string("SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema ORDER BY name)") == "t,ti,tt,va")
        #expect(try connection.integer("SELECT v FROM va") == 1)
    }

    @Test("a table with other columns is made anew and filled by its reload, with index, trigger and counter")
    func rebuilt() throws {
        let old = "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, v)"
        let new = "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, v, w)"
        let connection = try bench.database(
            "a", "\(old); CREATE INDEX i ON t(v); CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END; INSERT INTO t VALUES(5,1); DELETE FROM t; INSERT INTO t VALUES(2,2)")
        let changes = [
            Recorded(.modification, table: 1, key: [.integer(2)], old: [.integer(2)], new: [.integer(3)]),
            change("table", "t", old, new), change("index", "iw", nil, "CREATE INDEX iw ON t(w)"),
            Recorded(.reload, table: 2), Recorded(.addition, table: 2, key: [.integer(2)], new: [.integer(3), .integer(4)]),
        ]
        let definitions = [ApplierTests.table(), ApplierTests.table(2, ["v", "w"])]
        try ApplierTests.apply(.redo, changes, definitions, to: connection)
        #expect(try connection.string("SELECT id||v||w FROM t") == "234")
        #expect(try connection.string("SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema WHERE tbl_name='t' ORDER BY name)") == "g,i,iw,t")
        #expect(try connection.integer("SELECT seq FROM sqlite_sequence") == 5)
    }

    @Test("an index that changed with its table is made from its own change, one that was removed stays away")
    func changedIndex() throws {
        let old = "CREATE TABLE t(id INTEGER PRIMARY KEY, v, z)"
        let new = "CREATE TABLE t(id INTEGER PRIMARY KEY, w)"
        let connection = try bench.database("a", "\(old); CREATE INDEX i ON t(v); CREATE INDEX gone ON t(z)")
        let changes = [
            change("table", "t", old, new), change("index", "i", "CREATE INDEX i ON t(v)", "CREATE INDEX i ON t(w)"),
            change("index", "gone", "CREATE INDEX gone ON t(z)", nil), Recorded(.reload, table: 2),
        ]
        try ApplierTests.apply(.redo, changes, [ApplierTests.table(2, ["w"])], to: connection)
        #expect(try connection.string("SELECT group_concat(sql) FROM sqlite_schema") == "\(new),CREATE INDEX i ON t(w)")
    }

    @Test("a table whose structure changed without its rows following is error 1509 at its next use and at the consistent point")
    func withoutReload() throws {
        let connection = try bench.database("a", "CREATE TABLE t(id INTEGER PRIMARY KEY, v)")
        let changed = change("table", "t", "CREATE TABLE t(id INTEGER PRIMARY KEY, v)", "CREATE TABLE t(id INTEGER PRIMARY KEY, v, w)")
        let use = Recorded(.addition, table: 2, key: [.integer(2)], new: [.null, .null])
        for operations in [[changed], [changed, use]] {
            let failure = #expect(throws: Failure.self) {
                try ApplierTests.apply(.redo, operations, [ApplierTests.table(2, ["v", "w"])], to: connection)
            }
            #expect(failure?.code == .structureChanged)
        }
    }

    @Test("text that does more than create its object is refused", arguments: [
        "CREATE TABLE t(v); DROP TABLE keep", "DROP TABLE keep", "CREATE TABLE other(v)", "CREATE TABLE t AS SELECT 1 AS v",
        "CREATE TEMP TABLE t(v)", "create table t(v)", "", "CREATE TABLE t(v) -- \0 tail", "CREATE TABLE t(",
    ])
    func refused(sql: String) throws {
        let connection = try bench.database("a", "CREATE TABLE keep(v)")
        let failure = #expect(throws: Failure.self) {
            try ApplierTests.apply(.redo, [change("table", "t", nil, sql)], to: connection)
        }
        #expect(failure?.code == .structureChanged || failure?.code == .databaseError)
        #expect(try connection.string("SELECT group_concat(name) FROM sqlite_schema") == "keep")
    }

    @Test("full-text and R-Tree tables follow through their shadow tables, and are made by their own statement")
    func virtualTables() throws {
        let sql = "CREATE VIRTUAL TABLE f USING fts5(body); CREATE VIRTUAL TABLE r USING rtree(id,x0,x1); CREATE VIRTUAL TABLE old USING fts4(a,b)"
        let work = try bench.database("a", sql)
        let recorder = try Recorder(work)
        let copy = try bench.copy("a", to: "b")
        let start = try everything.compute(work)
        for step in 0..<30 {
            try recorder.record {
                try work.execute("INSERT INTO f VALUES('word\(step) common'); INSERT INTO r VALUES(\(step),\(step),\(step+1)); INSERT INTO old VALUES('x\(step)','y')")
                if step % 4 == 3 {
                    try work.execute("DELETE FROM f WHERE rowid=\(step - 2); DELETE FROM r WHERE id=\(step - 1); UPDATE old SET b='z' WHERE rowid=2")
                }
                if step == 20 { try work.execute("INSERT INTO f(f) VALUES('optimize'); INSERT INTO old(old) VALUES('optimize')") }
            }
        }
        let end = try everything.compute(work)
        try recorder.apply(.redo, to: copy, expectation: .exact)
        #expect(try everything.compute(copy) == end)
        let again = try Connection(bench.folder + "/b.db", .write)
        #expect(try again.integer("SELECT count(*) FROM f WHERE f MATCH 'common'") == 23)
        #expect(try again.integer("SELECT count(*) FROM r WHERE x0>=10") == (try work.integer("SELECT count(*) FROM r WHERE x0>=10")))
        try again.execute("INSERT INTO f(f) VALUES('integrity-check')")
        try recorder.apply(.undo, to: work, expectation: .exact)
        #expect(try everything.compute(work) == start)

        let blank = Bench()
        let fresh = try blank.database("a", "PRAGMA user_version=1")
        try ApplierTests.apply(.redo, [
            change("table", "f", nil, "CREATE VIRTUAL TABLE f USING fts5(body)"),
            change("table", "f_data", nil, "CREATE TABLE 'f_data'(id INTEGER PRIMARY KEY, block BLOB)"),
        ], to: fresh)
        #expect(try fresh.integer("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'f%'") == 6)
        let unknown = #expect(throws: Failure.self) {
            try ApplierTests.apply(.redo, [change("table", "v", nil, "CREATE VIRTUAL TABLE v USING vectors(a)")], to: fresh)
        }
        #expect(unknown?.cause == "no such module: vectors")
    }
}
