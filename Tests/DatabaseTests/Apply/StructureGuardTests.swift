// A log that somebody made: what its structure changes and its tables may not do.

import Testing
import Vocabulary

@testable import Database

@Suite("Structure from a hostile log")
struct StructureGuardTests {
    let bench = Bench()
    let redo = StructureRedoTests()

    private func refusal(_ type: String, _ name: String, _ sql: String, on connection: Connection) -> Failure? {
        #expect(throws: Failure.self) { try ApplierTests.apply(.redo, [redo.change(type, name, nil, sql)], to: connection) }
    }

    @Test(
        "only making the object is done: nothing is read, counted without end, made elsewhere, or made for our own tables", .timeLimit(.minutes(30)),
        arguments: [
            ("table", "x", "CREATE TABLE x AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM r) SELECT n FROM r"),
            ("table", "x", "CREATE TABLE x AS SELECT name FROM _msc_state"), ("table", "x", "CREATE TABLE temp.x(a)"),
            ("index", "i", "CREATE INDEX i ON t(length(hex(zeroblob(400000000))))"), ("index", "i", "CREATE INDEX i ON t(\((0..<30).reduce("v") { text, _ in "hex(\(text))" }))"),
            ("index", "i", "CREATE INDEX i ON _msc_state(name)"), ("trigger", "r", "CREATE TRIGGER r AFTER INSERT ON _msc_state BEGIN SELECT 1; END"),
            ("view", "x", "CREATE VIEW x AS SELECT 1; DROP TABLE t"), ("view", "x", "CREATE VIEW temp.x AS SELECT 1"),
        ])
    func refused(_ type: String, _ name: String, _ sql: String) throws {
        let connection = try bench.database("a", "CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(1,1); CREATE TABLE _msc_state(name, value)")
        let before = try connection.string("SELECT group_concat(sql) FROM sqlite_schema")
        #expect(refusal(type, name, sql, on: connection)?.code == .structureChanged)
        #expect(try connection.string("SELECT group_concat(sql) FROM sqlite_schema") == before)
        #expect(try connection.integer("SELECT count(*) FROM temp.sqlite_schema") == 0)
    }

    @Test("what applications make is made: rules with JSON, expressions, partial indexes, virtual tables")
    func allowed() throws {
        let connection = try bench.database("a", "CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(1,'{}')")
        // The functions that are built in may stand in rules, whatever a connection trusts.
        try connection.execute("PRAGMA trusted_schema=ON")
        let made = [
            ("table", "j", "CREATE TABLE j(a CHECK(json_valid(a)), b AS (json_extract(a,'$.b')) STORED, c DEFAULT (zeroblob(4)), d INTEGER PRIMARY KEY AUTOINCREMENT)"),
            ("index", "i", "CREATE INDEX i ON t(json_extract(v,'$.a')) WHERE v IS NOT NULL"), ("index", "u", "CREATE UNIQUE INDEX u ON t(lower(v), replace(v,'a','b'))"),
            ("table", "f", "CREATE VIRTUAL TABLE f USING fts5(x, content='t')"), ("table", "r", "CREATE VIRTUAL TABLE r USING rtree(id,a,b)"),
            ("view", "w", "CREATE VIEW w AS SELECT zeroblob(9) FROM t"), ("trigger", "g", "CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM t; END"),
        ]
        try ApplierTests.apply(.redo, made.map { redo.change($0, $1, nil, $2) }, to: connection)
        for (_, name, sql) in made { #expect(try connection.string("SELECT sql FROM sqlite_schema WHERE name=?", connection.text(name)) == sql) }
        // The guard is gone with the statement.
        try connection.execute("CREATE TABLE z AS SELECT 1; INSERT INTO j(a) VALUES('{\"b\":2}')")
        #expect(try connection.integer("SELECT length(zeroblob(20000000)) FROM j WHERE b=2") == 20_000_000)
    }

    @Test("no log names tables of ours or of SQLite's", arguments: ["_msc_state", "_MSC_log", "sqlite_master", "sqlite_stat1"])
    func ourTables(name: String) throws {
        let connection = try bench.database("a", "CREATE TABLE _msc_state(name, value); CREATE TABLE _MSC_log(name, value); CREATE TABLE t(a); ANALYZE")
        var definition = ApplierTests.table()
        definition.name = name
        let addition = Recorded(.addition, table: 1, key: [.integer(9)], new: [.null])
        for operation in [addition, Recorded(.reload, table: 1), Recorded(.saveSequence, table: 1, old: [.integer(1)], new: [.integer(7)])] {
            let failure = #expect(throws: Failure.self) { try ApplierTests.apply(.redo, [operation], [definition], to: connection) }
            #expect(failure?.code == .logDamaged)
        }
        if name.lowercased().hasPrefix("_msc_") {
            for change in [redo.change("table", name, nil, "CREATE TABLE \(name)(a)"), redo.change("table", name, "CREATE TABLE x(a)", nil)] {
                #expect(throws: Failure.self) { try ApplierTests.apply(.redo, [change], to: connection) }
            }
        }
        func text(_ string: String?) -> Value { string.map { .text(Array($0.utf8)) } ?? .null }
        let rename = Recorded(.structureChange, new: [text("table"), text("mine"), text("x"), text("CREATE TABLE mine(name, value)"), text(name)])
        #expect(throws: Failure.self) { try ApplierTests.apply(.redo, [rename], to: connection) }
    }
}
