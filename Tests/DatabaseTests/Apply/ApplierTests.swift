@testable import Database
import Glibc
import Testing
import Vocabulary

@Suite("One operation, one step")
struct ApplierTests {
    let bench = Bench()

    static func table(_ id: UInt32 = 1, _ columns: [String] = ["v"], name: String = "t", rowid: String? = "id") -> TableDefinition {
        TableDefinition(
            id: id, name: name, isWithoutRowid: false, rowidColumn: rowid, rowidName: rowid ?? "_rowid_",
            columns: columns.map { .init(name: $0, type: "") })
    }

    static func apply(
        _ direction: Applier.Direction, _ operations: [Recorded], _ definitions: [TableDefinition] = [table()],
        to connection: Connection, expectation: Applier.Expectation = .strict, parkingLimit: Int = 1 << 20,
        observe: Applier.Observer? = nil
    ) throws {
        let applier = try Applier(
            connection, direction, expectation: expectation, parkingLimit: parkingLimit, observe: observe)
        for definition in definitions { applier.define(definition) }
        try connection.transaction("IMMEDIATE") {
            for operation in operations { try operation.apply(applier) }
            try applier.finish()
        }
        try applier.close()
    }

    @Test("a row that is not what the log says is error 1517 with its table and key, and nothing is changed")
    func mismatch() throws {
        let connection = try bench.database("a", "CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(1,'x')")
        let one: [Value] = [.integer(1)]
        let x: [Value] = [connection.text("x")]
        let y: [Value] = [connection.text("y")]
        let wrong: [(Applier.Direction, Recorded, Applier.Expectation)] = [
            (.redo, Recorded(.addition, table: 1, key: one, new: y), .strict),
            (.redo, Recorded(.deletion, table: 1, key: [.integer(2)], old: x), .strict),
            (.redo, Recorded(.modification, table: 1, key: [.integer(2)], old: x, new: y), .strict),
            (.undo, Recorded(.addition, table: 1, key: [.integer(2)], new: y), .strict),
            (.undo, Recorded(.deletion, table: 1, key: one, old: x), .strict),
            (.undo, Recorded(.modification, table: 1, key: [.integer(2)], old: x, new: y), .strict),
            (.redo, Recorded(.deletion, table: 1, key: one, old: y), .exact),
            (.redo, Recorded(.modification, table: 1, key: one, old: y, new: x), .exact),
            (.undo, Recorded(.addition, table: 1, key: one, new: y), .exact),
            (.undo, Recorded(.modification, table: 1, key: one, old: x, new: y), .exact),
        ]
        for (direction, operation, expectation) in wrong {
            let failure = #expect(throws: Failure.self) {
                try Self.apply(direction, [operation], to: connection, expectation: expectation)
            }
            #expect(failure?.code == .contentDiffers)
            #expect(failure?.message.contains("of the table 't'") == true)
        }
        #expect(try connection.string("SELECT group_concat(id||v) FROM t") == "1x")
    }

    @Test("what a table does with conflicts is not asked: values that change places arrive, and collisions are errors", arguments: [
        "IGNORE", "REPLACE", "ROLLBACK", "FAIL", "ABORT",
    ])
    func conflictClauses(clause: String) throws {
        let connection = try bench.database(
            "a", "CREATE TABLE t(id INTEGER PRIMARY KEY ON CONFLICT \(clause), v UNIQUE ON CONFLICT \(clause)); INSERT INTO t VALUES(1,'x'),(2,'y')")
        let (x, y) = ([connection.text("x")], [connection.text("y")])
        let exchange = [
            Recorded(.modification, table: 1, key: [.integer(1)], old: x, new: y), Recorded(.addition, table: 1, key: [.integer(3)], new: x),
            Recorded(.modification, table: 1, key: [.integer(2)], old: y, new: [.integer(5)]),
        ]
        try Self.apply(.redo, exchange, to: connection, expectation: .exact)
        #expect(try connection.string("SELECT group_concat(id||v) FROM t") == "1y,25,3x")
        try Self.apply(.undo, exchange.reversed(), to: connection, expectation: .exact)
        #expect(try connection.string("SELECT group_concat(id||v) FROM t") == "1x,2y")
        let failure = #expect(throws: Failure.self) {
            try Self.apply(.redo, [Recorded(.addition, table: 1, key: [.integer(3)], new: x)], to: connection)
        }
        #expect(failure?.code == .contentDiffers)
        #expect(try connection.string("SELECT group_concat(id||v) FROM t") == "1x,2y")
    }

    @Test("1 is not 1.0 as a key of a WITHOUT ROWID table")
    func exactTypes() throws {
        let connection = try bench.database("a", "CREATE TABLE t(k PRIMARY KEY) WITHOUT ROWID; INSERT INTO t VALUES(1)")
        let definition = TableDefinition(
            id: 1, name: "t", isWithoutRowid: true, rowidColumn: nil, rowidName: nil,
            columns: [.init(name: "k", type: "", keyPosition: 1)])
        let deletion = Recorded(.deletion, table: 1, key: [.real(1)], old: [.real(1)])
        #expect(throws: Failure.self) { try Self.apply(.redo, [deletion], [definition], to: connection) }
    }

    @Test("keys of a WITHOUT ROWID table are exact in spelling, and a row in a new spelling waits for the old one to go")
    func exactKeys() throws {
        let connection = try bench.database(
            "a", "CREATE TABLE t(k, v, PRIMARY KEY(k COLLATE NOCASE)) WITHOUT ROWID; INSERT INTO t VALUES('a',1),(1,2)")
        let definition = TableDefinition(
            id: 1, name: "t", isWithoutRowid: true, rowidColumn: nil, rowidName: nil,
            columns: [.init(name: "k", type: "", keyPosition: 1), .init(name: "v", type: "")])
        for (key, v) in [(connection.text("A"), 1), (.real(1), 2)] {
            let deletion = Recorded(.deletion, table: 1, key: [key], old: [key, .integer(Int64(v))])
            let failure = #expect(throws: Failure.self) { try Self.apply(.redo, [deletion], [definition], to: connection) }
            #expect(failure?.code == .contentDiffers)
        }
        // The new spelling comes before the old one goes: it waits.
        let a = connection.text("a")
        let capital = connection.text("A")
        let respelled = [
            Recorded(.addition, table: 1, key: [capital], new: [capital, .integer(5)]),
            Recorded(.modification, table: 1, key: [capital], old: [capital, .integer(5)], new: [.same, .integer(6)]),
            Recorded(.deletion, table: 1, key: [a], old: [a, .integer(1)]),
        ]
        try Self.apply(.redo, respelled, [definition], to: connection, expectation: .exact)
        #expect(try connection.string("SELECT group_concat(k||v) FROM t ORDER BY k") == "12,A6")
        try Self.apply(.undo, respelled.reversed(), [definition], to: connection, expectation: .exact)
        #expect(try connection.string("SELECT group_concat(k||v) FROM t ORDER BY k") == "12,a1")
    }

    @Test("rows that swap unique values wait for one another; what still collides at a consistent point is error 1517")
    func swaps() throws {
        let connection = try bench.database(
            "a", "CREATE TABLE t(id INTEGER PRIMARY KEY, v UNIQUE); WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i<500) INSERT INTO t SELECT i,i FROM c")
        let rotation = (1...500).map { id -> Recorded in
            Recorded(.modification, table: 1, key: [.integer(id)], old: [.integer(id)], new: [.integer(id % 500 + 1)])
        }
        try Self.apply(.redo, rotation, to: connection, expectation: .exact)
        #expect(try connection.integer("SELECT count(*) FROM t WHERE v=id%500+1") == 500)
        try Self.apply(.undo, rotation.reversed(), to: connection, expectation: .exact)
        #expect(try connection.integer("SELECT count(*) FROM t WHERE v=id") == 500)
        let stuck = #expect(throws: Failure.self) { try Self.apply(.redo, Array(rotation.prefix(3)), to: connection) }
        #expect(stuck?.code == .contentDiffers)
        let full = #expect(throws: Failure.self) { try Self.apply(.redo, rotation, to: connection, parkingLimit: 100) }
        #expect(full?.message.contains("wait for unique values") == true)
        #expect(try connection.integer("SELECT count(*) FROM t WHERE v=id") == 500)
    }

    @Test("counters follow the log in both directions")
    func sequences() throws {
        let connection = try bench.database(
            "a", "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, v); INSERT INTO t VALUES(7,1); DELETE FROM t; UPDATE sqlite_sequence SET seq=3")
        let row: [Value] = [.integer(1)]
        let step = [
            Recorded(.addition, table: 1, key: [.integer(9)], new: row),
            Recorded(.saveSequence, table: 1, old: [.integer(3)], new: [.integer(20)]),
        ]
        let seq = "SELECT seq FROM sqlite_sequence WHERE name='t'"
        try Self.apply(.redo, step, to: connection)
        #expect(try connection.integer(seq) == 20)
        try Self.apply(.undo, step.reversed(), to: connection)
        #expect(try connection.integer(seq) == 3)
        // A row put back moves no counter; a row to come does.
        try Self.apply(.undo, [Recorded(.deletion, table: 1, key: [.integer(50)], old: row)], to: connection)
        #expect(try connection.integer(seq) == 3)
        try Self.apply(.redo, [Recorded(.addition, table: 1, key: [.integer(60)], new: row)], to: connection)
        #expect(try connection.integer(seq) == 60)
        try Self.apply(.redo, [Recorded(.saveSequence, table: 1, old: [.integer(60)], new: [.null])], to: connection)
        #expect(try connection.integer(seq) == nil)
        let applier = try Applier(connection, .redo)
        applier.define(Self.table())
        try connection.transaction("IMMEDIATE") {
            try Recorded(.saveSequence, table: 1, old: [.null], new: [.integer(70)]).apply(applier)
            try applier.finish()
            try Recorded(.addition, table: 1, key: [.integer(80)], new: row).apply(applier)
            try applier.finish()
        }
        #expect(try connection.integer(seq) == 80)
    }

    @Test("what cannot be passed is an error with its own code")
    func barriers() throws {
        let connection = try bench.database("a", "CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(1,1)")
        let change = Recorded(
            .structureChange,
            new: [connection.text("table"), connection.text("x"), .null, connection.text("CREATE TABLE x(a)")])
        let cases: [(Applier.Direction, Recorded, ErrorCode)] = [
            (.redo, Recorded(.gap), .logGap), (.undo, Recorded(.gap), .logGap), (.undo, Recorded(.reload, table: 1), .logGap),
            (.undo, change, .structureChanged), (.redo, Recorded(.addBlob), .unsupportedVersion),
            (.redo, Recorded(.addition, table: 2, key: [.integer(2)], new: [.null]), .logDamaged),
            (.redo, Recorded(.addition, table: 1, key: [.integer(2)], new: []), .logDamaged),
            (.redo, Recorded(.addition, table: 1, key: [.integer(2)], new: [.same]), .logDamaged),
            (.redo, Recorded(.addition, table: 1, key: [.integer(2)], new: [.null, .null]), .logDamaged),
            (.redo, Recorded(.addition, table: 1, key: [connection.text("2")], new: [.null]), .logDamaged),
            (.redo, Recorded(.deletion, table: 1, key: [], old: [.null]), .logDamaged),
            (.redo, Recorded(.modification, table: 1, key: [.integer(1)], old: [.null], new: [.same]), .logDamaged),
            (.undo, Recorded(.modification, table: 1, key: [.integer(1)], old: [.same], new: [.null]), .logDamaged),
            (.redo, Recorded(.saveSequence, table: 1), .logDamaged), (.redo, Recorded(.structureChange), .logDamaged),
        ]
        for (direction, operation, code) in cases {
            let failure = #expect(throws: Failure.self) { try Self.apply(direction, [operation], to: connection) }
            #expect(failure?.code == code, "\(direction) \(operation.action)")
        }
        #expect(try connection.string("SELECT group_concat(id||v) FROM t") == "11")
    }

    @Test("no bytes of an operation, however damaged, do more than fail")
    func damage() throws {
        let connection = try bench.database("a", "CREATE TABLE t(id INTEGER PRIMARY KEY, v, w); INSERT INTO t VALUES(1,1,1)")
        var random = SystemRandomNumberGenerator()
        for round in 0..<3000 {
            var operation = Recorded(
                Action.allCases[round % Action.allCases.count], table: 1, key: [.integer(1)], old: [.integer(1), connection.text("abc")],
                new: [.same, .real(2)])
            func spoil(_ bytes: inout [UInt8]) {
                if bytes.isEmpty { return }
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...7, using: &random)
                if Bool.random(using: &random) { bytes.removeLast() }
            }
            spoil(&operation.key)
            spoil(&operation.old)
            spoil(&operation.new)
            try? Self.apply(
                Bool.random(using: &random) ? .redo : .undo, [operation], [Self.table(1, ["v", "w"])], to: connection,
                expectation: Bool.random(using: &random) ? .exact : .strict)
            #expect(!connection.isInTransaction)
        }
        #expect(try DatabaseCheck(.full).run(connection) == [])
    }

    @Test("a table that is not the one of the log is error 1509", arguments: [
        "CREATE TABLE t(id INTEGER PRIMARY KEY, other)", "CREATE TABLE t(id INTEGER PRIMARY KEY, v, more)",
        "CREATE TABLE t(v)", "CREATE VIEW t AS SELECT 1 AS id, 2 AS v", "CREATE TABLE u(id INTEGER PRIMARY KEY, v)",
        "CREATE TABLE t(id INTEGER PRIMARY KEY, v AS (1))", "CREATE TABLE t(id PRIMARY KEY, v) WITHOUT ROWID",
    ])
    func changedTable(sql: String) throws {
        let connection = try bench.database("a", sql)
        let failure = #expect(throws: Failure.self) {
            try Self.apply(.redo, [Recorded(.addition, table: 1, key: [.integer(1)], new: [.null])], to: connection)
        }
        #expect(failure?.code == .structureChanged)
    }

    @Test("the connection behaves as before once the applier is closed or gone")
    func settings() throws {
        let connection = try bench.database(
            "a", "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE t(id INTEGER PRIMARY KEY, v CHECK(v>0) REFERENCES p); CREATE TRIGGER g AFTER INSERT ON p BEGIN INSERT INTO t VALUES(new.id,NULL); END")
        try connection.execute("PRAGMA foreign_keys=ON")
        do {
            let applier = try Applier(connection, .redo)
            try connection.execute("INSERT INTO p VALUES(1); INSERT INTO t VALUES(8,-1)")
            #expect(try connection.integer("SELECT count(*) FROM t") == 1)
            #expect(try connection.integer("SELECT count(*) FROM pragma_foreign_key_check") == 1)
            withExtendedLifetime(applier) {}
        }
        #expect(throws: DatabaseError.self) { try connection.execute("INSERT INTO t VALUES(9,-1)") }
        #expect(throws: DatabaseError.self) { try connection.execute("INSERT INTO t VALUES(9,77)") }
        try connection.execute("INSERT INTO p VALUES(2)")
        #expect(try connection.integer("SELECT count(*) FROM t") == 2)
        try connection.transaction("DEFERRED") { _ = #expect(throws: Failure.self) { try Applier(connection, .redo) } }
    }

    @Test("each step on a row of the table is observed once, with the row as it was")
    func observed() throws {
        let connection = try bench.database("a", "CREATE TABLE t(id INTEGER PRIMARY KEY, v UNIQUE); INSERT INTO t VALUES(1,1),(2,2),(3,3)")
        let operations = [
            Recorded(.modification, table: 1, key: [.integer(1)], old: [.integer(1)], new: [.integer(2)]),
            Recorded(.modification, table: 1, key: [.integer(2)], old: [.integer(2)], new: [.integer(1)]),
            Recorded(.deletion, table: 1, key: [.integer(3)], old: [.integer(3)]),
            Recorded(.addition, table: 1, key: [.integer(4)], new: [.integer(4)]),
        ]
        var seen: [String] = []
        let state = "SELECT group_concat(id||'='||v) FROM (SELECT * FROM t ORDER BY id)"
        try Self.apply(.redo, operations, to: connection) { definition, action, key throws(Failure) in
            var cursor = ValueCursor(key)
            let rows = (try? connection.string(state)) ?? ""
            seen.append("\(definition.name) \(action) \(cursor.rest() ?? []) \(rows)")
        }
        #expect(
            seen == [
                "t modification [Vocabulary.Value.integer(1)] 1=1,2=2,3=3", "t modification [Vocabulary.Value.integer(2)] 2=2,3=3",
                "t deletion [Vocabulary.Value.integer(3)] 2=1,3=3", "t addition [Vocabulary.Value.integer(4)] 2=1,4=4",
            ])
        #expect(try connection.string(state) == "1=2,2=1,4=4")
    }
}
