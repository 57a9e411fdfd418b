// Redo and undo beside tables that only the application, or a newer SQLite, can write: they are passed over and named, the others go on.

import Testing
import Vocabulary

@testable import Database

@Suite("What cannot be written is passed over")
struct LeftOutTests {
    let bench = Bench()

    private static func table(_ id: UInt32, _ name: String) -> TableDefinition {
        TableDefinition(id: id, name: name, isWithoutRowid: false, rowidColumn: "id", rowidName: "id", columns: [.init(name: "v", type: "")])
    }

    private func change(_ type: String, _ name: String, _ before: String?, _ after: String?) -> Recorded {
        func text(_ string: String?) -> Value { string.map { .text(Array($0.utf8)) } ?? .null }
        return Recorded(.structureChange, new: [text(type), text(name), text(before), text(after), .null])
    }

    private func add(_ table: UInt32, _ id: Int64) -> Recorded {
        Recorded(.addition, table: table, key: [.integer(id)], new: [.integer(id)])
    }

    /// Redoes on a database with `t` and `other`, each with row 1, and returns the warnings.
    private func redo(_ operations: [Recorded], on connection: Connection) throws -> [Failure] {
        let applier = try Applier(connection, .redo)
        for definition in [Self.table(1, "t"), Self.table(2, "other")] { applier.define(definition) }
        try connection.transaction("IMMEDIATE") {
            for operation in operations { try operation.apply(applier) }
            try applier.finish()
        }
        let warnings = applier.warnings
        try applier.close()
        return warnings
    }

    private func make() throws -> Connection {
        try bench.database("a", "CREATE TABLE t(id INTEGER PRIMARY KEY, v); CREATE TABLE other(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(1,1); INSERT INTO other VALUES(1,1)")
    }

    private static let plain = "CREATE TABLE t(id INTEGER PRIMARY KEY, v)"

    @Test("a table whose rows need a function of the application keeps those that it has, and the others follow", arguments: [
        "CREATE TABLE t(id INTEGER PRIMARY KEY, v, w AS (ours(v)) STORED)", "CREATE TABLE t(id INTEGER PRIMARY KEY, v COLLATE ours UNIQUE)",
        "CREATE TABLE t(id INTEGER PRIMARY KEY, v CHECK(v IN THE FUTURE))",
    ])
    func passedOver(sql: String) throws {
        let connection = try make()
        let warnings = try redo([add(2, 2), change("table", "t", Self.plain, sql), add(1, 3), add(1, 4), add(2, 5)], on: connection)
        #expect(warnings.map(\.code) == [.tableNotWritable], "\(warnings)")
        #expect(warnings.first?.message.contains("'t'") == true && warnings.first?.cause?.contains("2 operations") == true, "\(warnings)")
        #expect(try connection.string("SELECT group_concat(id) FROM t") == "1")
        #expect(try connection.string("SELECT group_concat(id) FROM other") == "1,2,5")
        #expect(try DatabaseCheck(.full).run(connection) == [])
    }

    @Test("CHECK and DEFAULT with functions of the application are made as they were, and rows go in: nobody calls them")
    func standIns() throws {
        let connection = try make()
        let sql = "CREATE TABLE n(id INTEGER PRIMARY KEY, v CHECK(v REGEXP 'a'), d DEFAULT (ours(1)))"
        let warnings = try redo([change("table", "n", nil, sql), add(2, 2)], on: connection)
        #expect(warnings == [])
        #expect(try connection.string("SELECT sql FROM sqlite_schema WHERE name='n'") == sql)
        #expect(throws: DatabaseError.self, "the stand-in is gone") { try connection.execute("SELECT ours(1)") }
    }

    @Test("an index that cannot be made is named with each name that its table had: each may keep rows that it had before")
    func renamed() throws {
        let sql = { (table: String) in "CREATE INDEX i ON \(table)(ours(v))" }
        let renaming = Recorded(
            .structureChange, new: ["table", "u", Self.plain, "CREATE TABLE u(id INTEGER PRIMARY KEY, v)", "t"].map { .text(Array($0.utf8)) })
        let warnings = try redo([change("index", "i", nil, sql("t")), renaming, change("index", "i", sql("t"), sql("u"))], on: make())
        #expect(warnings.count == 2 && warnings[0].message.contains("'t'") && warnings[1].message.contains("'u'"), "\(warnings)")
    }

    @Test("an index that cannot be made over the rows is left out and named; its table goes on")
    func index() throws {
        for sql in ["CREATE INDEX i ON t(ours(v))", "CREATE INDEX i ON t(v COLLATE ours)", "CREATE INDEX i ON t(v IN THE FUTURE)"] {
            let bench = Bench()
            let connection = try bench.database("a", "CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(1,'b'),(2,'a')")
            let warnings = try redo([change("index", "i", nil, sql), add(1, 3)], on: connection)
            #expect(warnings.map(\.code) == [.tableNotWritable] && warnings.first?.message.contains("'i'") == true, "\(sql) \(warnings)")
            #expect(try connection.string("SELECT group_concat(id) FROM t") == "1,2,3")
            #expect(try DatabaseCheck(.full).run(connection) == [])
        }
    }

    @Test("I8: rows that wait go on waiting past a change that is left out, and an index that was set aside for them is there again",
        arguments: [1 << 20, 300])
    func waiting(parkingLimit: Int) throws {
        let unique = "CREATE UNIQUE INDEX i ON t(v)"
        let connection = try bench.database("a", "\(Self.plain); \(unique); INSERT INTO t VALUES(1,1)")
        let rows = (2...9).map { Recorded(.addition, table: 1, key: [.integer($0)], new: [.integer(1)]) }
        let room = (1...8).map { Recorded(.deletion, table: 1, key: [.integer($0)], old: [.integer(1)]) }
        let applier = try Applier(connection, .redo, expectation: .strict, parkingLimit: parkingLimit)
        applier.define(Self.table(1, "t"))
        try connection.transaction("IMMEDIATE") {
            for operation in rows + [change("index", "i", unique, "CREATE INDEX i ON t(ours(v))")] + room { try operation.apply(applier) }
            try applier.finish()
        }
        #expect(applier.warnings.map(\.code) == [.tableNotWritable], "\(applier.warnings)")
        try applier.close()
        #expect(try connection.string("SELECT group_concat(id||v) FROM t") == "91")
        #expect(try connection.string("SELECT sql FROM sqlite_schema WHERE name='i'") == unique)
        #expect(try DatabaseCheck(.full).run(connection) == [])
    }

    @Test("I8: a table with an index that is left out may change and have another index: rows that break it are left out")
    func strange() throws {
        let foreign = "CREATE INDEX i ON t(ours(v))"
        let unique = "CREATE UNIQUE INDEX u ON t(v)"
        let wider = "CREATE TABLE t(id INTEGER PRIMARY KEY, v, w)"
        let left = [change("index", "i", nil, foreign), change("index", "u", nil, unique), change("table", "t", Self.plain, wider), add(2, 2)]
        let connection = try make()
        // As in a log that does not have the rows of the table while the index is there.
        try connection.execute("INSERT INTO t VALUES(2,1)")
        let warnings = try redo(left, on: connection)
        #expect(warnings.map(\.code) == [.tableNotWritable] && warnings.allSatisfy { $0.message.contains("'t'") }, "\(warnings)")
        #expect(try connection.string("SELECT group_concat(id||v) FROM t") == "11")
        #expect(try connection.string("SELECT sql FROM sqlite_schema WHERE name='t'") == wider)
        #expect(try connection.integer("SELECT count(*) FROM sqlite_schema WHERE type='index'") == 1)
    }

    @Test("I8: a table that kept rows keeps them when the index that hid it from the log is gone: they may break another index until a reload",
        arguments: [false, true])
    func stale(isReloaded: Bool) throws {
        let foreign = "CREATE INDEX i ON t(ours(v))"
        let unique = "CREATE UNIQUE INDEX u ON t(v)"
        let connection = try make()
        // As in a log that does not have the rows of the table while the index is there.
        try connection.execute("INSERT INTO t VALUES(2,1)")
        let reload = isReloaded ? [Recorded(.reload, table: 1), add(1, 5)] : []
        let warnings = try redo([change("index", "i", nil, foreign), change("index", "i", foreign, nil)] + reload + [change("index", "u", nil, unique)], on: connection)
        #expect(warnings.count == (isReloaded ? 1 : 2) && warnings.allSatisfy { $0.code == .tableNotWritable && $0.message.contains("'t'") }, "\(warnings)")
        #expect(try connection.string("SELECT group_concat(id) FROM t") == (isReloaded ? "5" : "1,2"))
        #expect(try connection.integer("SELECT count(*) FROM sqlite_schema WHERE type='index'") == (isReloaded ? 1 : 0))
    }

    @Test("I8: a table that was passed over keeps its rows when it can be written again, also under another name")
    func staleTable() throws {
        let foreign = "CREATE TABLE t(id INTEGER PRIMARY KEY, v COLLATE ours UNIQUE)"
        let renamed = "CREATE TABLE \"u\"(id INTEGER PRIMARY KEY, v)"
        let connection = try make()
        try connection.execute("INSERT INTO t VALUES(2,1)")
        let renaming = Recorded(.structureChange, new: ["table", "u", Self.plain, renamed, "t"].map { .text(Array($0.utf8)) })
        let warnings = try redo(
            [change("table", "t", Self.plain, foreign), change("table", "t", foreign, Self.plain), renaming,
                change("index", "i", nil, "CREATE UNIQUE INDEX i ON u(v)")], on: connection)
        #expect(warnings.map(\.code) == [.tableNotWritable, .tableNotWritable], "\(warnings)")
        #expect(try connection.string("SELECT group_concat(id) FROM u") == "1,2")
    }

    @Test("an index of the application's on a table that is made anew is left out, though no row calls its function; the rows stay",
        arguments: ["CREATE INDEX i ON t(ours(v))", "CREATE INDEX i ON t(v) WHERE (ours(v) IS NOT 2)"])
    func strangeAnew(sql: String) throws {
        let connection = try make()
        let wider = "CREATE TABLE t(id INTEGER PRIMARY KEY, v, w)"
        let warnings = try redo([change("table", "t", Self.plain, wider), change("index", "i", nil, sql), add(2, 2)], on: connection)
        #expect(warnings.map(\.code) == [.tableNotWritable], "\(warnings)")
        #expect(try connection.string("SELECT group_concat(id||v) FROM t") == "11" && connection.integer("SELECT count(*) FROM other") == 2)
    }

    @Test("rows that wait for others are let go of where the log ceases to have their table")
    func waitingInVain() throws {
        let connection = try bench.database("a", "\(Self.plain); CREATE UNIQUE INDEX u ON t(v); CREATE TABLE other(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(1,1)")
        let row = Recorded(.addition, table: 1, key: [.integer(2)], new: [.integer(1)])
        let warnings = try redo([row, change("index", "i", nil, "CREATE INDEX i ON t(ours(v))"), add(2, 2)], on: connection)
        #expect(warnings.map(\.code) == [.tableNotWritable], "\(warnings)")
        #expect(try connection.string("SELECT group_concat(id) FROM t") == "1" && connection.integer("SELECT count(*) FROM other") == 1)
    }

    @Test("rows that wait for others go with their table when it is dropped")
    func dropped() throws {
        let unique = "CREATE TABLE t(id INTEGER PRIMARY KEY, v UNIQUE)"
        let connection = try bench.database("a", "\(unique); INSERT INTO t VALUES(1,1); CREATE TABLE other(id INTEGER PRIMARY KEY, v)")
        let row = Recorded(.addition, table: 1, key: [.integer(2)], new: [.integer(1)])
        #expect(try redo([row, change("table", "t", unique, nil), add(2, 2)], on: connection) == [])
        #expect(try connection.string("SELECT group_concat(name) FROM sqlite_schema WHERE type='table'") == "other")
    }

    @Test("a table that was left out is made where a change makes it one that can be")
    func madeLater() throws {
        let connection = try make()
        let foreign = "CREATE TABLE n(id INTEGER PRIMARY KEY, v COLLATE ours UNIQUE)"
        let wider = "CREATE TABLE n(id INTEGER PRIMARY KEY, v COLLATE ours UNIQUE, w)"
        let plain = "CREATE TABLE n(id INTEGER PRIMARY KEY, v)"
        let warnings = try redo(
            [change("table", "n", nil, foreign), change("table", "n", foreign, wider), change("table", "n", wider, plain)], on: connection)
        #expect(warnings.map(\.code) == [.tableNotWritable], "\(warnings)")
        #expect(try connection.string("SELECT sql FROM sqlite_schema WHERE name='n'") == plain)
    }

    @Test("views and triggers of a newer SQLite come back word by word, and go again")
    func lines() throws {
        let connection = try make()
        let view = "CREATE VIEW v AS SELECT v FROM t IN THE FUTURE"
        let trigger = "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT IN THE FUTURE; END"
        #expect(try redo([change("view", "v", nil, view), change("trigger", "g", nil, trigger), add(1, 2)], on: connection) == [])
        let again = try Connection(bench.folder + "/a.db", .write)
        #expect(try again.string("SELECT group_concat(sql,'|') FROM (SELECT sql FROM sqlite_schema WHERE type IN ('view','trigger') ORDER BY type)") == "\(trigger)|\(view)")
        #expect(try again.unreadableObjects().map(\.table).sorted() == ["t", "v"])
        #expect(try again.integer("SELECT count(*) FROM t") == 2)
        #expect(try redo([change("view", "v", view, nil), change("trigger", "g", trigger, nil)], on: again) == [])
        #expect(try Connection(bench.folder + "/a.db", .write).unreadableFailure() == nil)
        #expect(try again.integer("SELECT count(*) FROM sqlite_schema WHERE name IN ('v','g')") == 0)
    }

    @Test("undo passes over the table too, and rows of a table with an index that SQLite cannot read are left alone")
    func undo() throws {
        do {
            let connection = try make()
            try connection.execute("INSERT INTO t VALUES(2,2); INSERT INTO other VALUES(2,2); CREATE INDEX i ON t(v)")
            try UnreadableSchemaTests.alter("i", to: "CREATE INDEX i ON t(v IN THE FUTURE)", connection)
        }
        let connection = try Connection(bench.folder + "/a.db", .write)
        let applier = try Applier(connection, .undo)
        for definition in [Self.table(1, "t"), Self.table(2, "other")] { applier.define(definition) }
        try connection.transaction("IMMEDIATE") {
            for operation in [add(1, 2), add(2, 2)] { try operation.apply(applier) }
            try applier.finish()
        }
        #expect(applier.warnings.map(\.code) == [.tableNotWritable])
        #expect(try connection.string("SELECT (SELECT count(*) FROM t)||(SELECT count(*) FROM other)") == "21")
    }

    @Test("an index changed by hand to an unknown function keeps its table as it is, and names it")
    func foreignIndex() throws {
        for sql in ["CREATE INDEX i ON t(ours(v))", "CREATE INDEX i ON t(v COLLATE ours)"] {
            let bench = Bench()
            let maker = try bench.database("b", "CREATE TABLE t(id INTEGER PRIMARY KEY, v); CREATE INDEX i ON t(abs(v))")
            try UnreadableSchemaTests.alter("i", to: sql, maker)
            let warnings = try redo([add(1, 1)], on: try Connection(bench.folder + "/b.db", .write))
            #expect(warnings.map(\.message) == ["this program cannot write 't': it needs what only its application, or a newer SQLite, has"])
        }
    }
}
