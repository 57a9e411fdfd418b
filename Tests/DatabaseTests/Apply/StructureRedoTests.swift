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

    @Test("a row that waits for its place does not bring back indexes amid the changes that give a column another name")
    func waitingRow() throws {
        let old = "CREATE TABLE t(id INTEGER PRIMARY KEY, v UNIQUE, w)"
        let new = "CREATE TABLE t(id INTEGER PRIMARY KEY, v UNIQUE, x)"
        let connection = try bench.database("a", "\(old); CREATE INDEX i ON t(w); INSERT INTO t VALUES(1,1,1)")
        let changes = [
            Recorded(.addition, table: 1, key: [.integer(2)], new: [.integer(1), .integer(5)]),
            change("table", "t", old, new), change("index", "i", "CREATE INDEX i ON t(w)", "CREATE INDEX i ON t(x)"),
            Recorded(.deletion, table: 2, key: [.integer(1)], old: [.integer(1), .integer(1)]),
        ]
        try ApplierTests.apply(
            .redo, changes, [ApplierTests.table(1, ["v", "w"]), ApplierTests.table(2, ["v", "x"])], to: connection)
        #expect(try connection.string("SELECT group_concat(id||v||x) FROM t") == "215")
        #expect(try connection.string("SELECT sql FROM sqlite_schema WHERE name='i'") == "CREATE INDEX i ON t(x)")
    }

    @Test("I8: a row that waits for its place follows its table, and its columns, to other names: what comes then finds it",
        arguments: [
            ("CREATE TABLE t(id INTEGER PRIMARY KEY, x UNIQUE)", nil), ("CREATE TABLE \"u\"(id INTEGER PRIMARY KEY, v UNIQUE)", "t"),
            ("CREATE TABLE \"u\"(id INTEGER PRIMARY KEY, x UNIQUE)", "t"),
        ])
    func waitingRowFollows(new: String, former: String?) throws {
        let old = "CREATE TABLE t(id INTEGER PRIMARY KEY, v UNIQUE)"
        let (name, column) = (former == nil ? "t" : "u", new.contains("x") ? "x" : "v")
        let connection = try bench.database("a", "\(old); INSERT INTO t VALUES(1,1)")
        let texts: [Value] = ["table", name, old, new, former].map { $0.map { .text(Array($0.utf8)) } ?? .null }
        let changes = [
            Recorded(.addition, table: 1, key: [.integer(2)], new: [.integer(1)]),
            Recorded(.addition, table: 1, key: [.integer(3)], new: [.integer(1)]),
            Recorded(.structureChange, new: texts),
            Recorded(.modification, table: 2, key: [.integer(2)], old: [.integer(1)], new: [.integer(7)]),
            Recorded(.deletion, table: 2, key: [.integer(1)], old: [.integer(1)]),
        ]
        try ApplierTests.apply(.redo, changes, [ApplierTests.table(1, ["v"]), ApplierTests.table(2, [column], name: name)], to: connection)
        #expect(try connection.string("SELECT group_concat(id||\(column)) FROM (SELECT * FROM \(name) ORDER BY id)") == "27,31")
    }

    @Test("a table whose structure changed without its rows following is error 1509 at the consistent point")
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

    @Test("a renamed column keeps the rows of its table, with rowids, counter, index and trigger")
    func renamedColumn() throws {
        let old = "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, v, g AS (v||'!'), w TEXT DEFAULT 'x')"
        let new = "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, \"v v\", g AS (\"v v\"||'!'), w TEXT DEFAULT 'x')"
        let loose = ("CREATE TABLE l(a, b)", "CREATE TABLE l(c, b)")
        let keyed = ("CREATE TABLE k(a PRIMARY KEY, b) WITHOUT ROWID", "CREATE TABLE k(aa PRIMARY KEY, bb) WITHOUT ROWID")
        let connection = try bench.database(
            "a",
            """
            \(old); \(loose.0); \(keyed.0); CREATE INDEX i ON t(w); CREATE INDEX j ON t(v); CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END;
            CREATE TABLE child(t REFERENCES t(id)); CREATE VIEW all_t AS SELECT * FROM t;
            INSERT INTO t VALUES(9,1,1); DELETE FROM t; INSERT INTO t VALUES(2,'a','b'),(4,x'00',NULL); INSERT INTO l(rowid,a,b) VALUES(40,1,2); INSERT INTO k VALUES('k',1);
            """)
        let changes = [
            change("table", "t", old, new), change("index", "j", "CREATE INDEX j ON t(v)", "CREATE INDEX j ON t(\"v v\")"),
            change("table", "l", loose.0, loose.1), change("table", "k", keyed.0, keyed.1),
            Recorded(.modification, table: 1, key: [.integer(2)], old: [.same, .same], new: [.same, .integer(7)]),
            Recorded(.addition, table: 3, key: [.text(Array("z".utf8))], new: [.text(Array("z".utf8)), .null]),
        ]
        let definitions = [
            ApplierTests.table(1, ["v v", "w"]), ApplierTests.table(2, ["c", "b"], name: "l", rowid: nil),
            TableDefinition(
                id: 3, name: "k", isWithoutRowid: true, rowidColumn: nil, rowidName: nil,
                columns: [.init(name: "aa", type: "", keyPosition: 1), .init(name: "bb", type: "")]),
        ]
        try ApplierTests.apply(.redo, changes, definitions, to: connection)
        #expect(try connection.string("SELECT group_concat(quote(id)||quote(\"v v\")||quote(w)) FROM t") == "2'a''7',4X'00'NULL")
        #expect(try connection.string("SELECT group_concat(rowid||c||b) FROM l") == "4012")
        #expect(try connection.string("SELECT group_concat(aa||coalesce(bb,'-')) FROM k") == "k1,z-")
        #expect(try connection.integer("SELECT seq FROM sqlite_sequence WHERE name='t'") == 9)
        #expect(try connection.integer("SELECT count(*) FROM sqlite_sequence") == 1)
        #expect(try connection.string("SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite%' ORDER BY name)") == "all_t,child,i,j,k,l,r,t")
        #expect(try connection.string("SELECT sql FROM sqlite_schema WHERE name='child'") == "CREATE TABLE child(t REFERENCES t(id))")
        #expect(try connection.string("PRAGMA integrity_check") == "ok")
    }

    @Test("renamed twice, and with its table, before a row or a consistent point comes; rows that follow all the same replace those that stayed")
    func renamedTwice() throws {
        let texts = ["CREATE TABLE t(id INTEGER PRIMARY KEY, v)", "CREATE TABLE t(id INTEGER PRIMARY KEY, w)", "CREATE TABLE \"u\"(id INTEGER PRIMARY KEY, x)"]
        let renamed = Recorded(.structureChange, new: [.text(Array("table".utf8)), .text(Array("u".utf8)), .text(Array(texts[1].utf8)), .text(Array(texts[2].utf8)), .text(Array("t".utf8))])
        let changes = [change("table", "t", texts[0], texts[1]), renamed]
        let definitions = [ApplierTests.table(1, ["v"]), ApplierTests.table(2, ["w"]), ApplierTests.table(3, ["x"], name: "u")]
        for (operations, rows) in [(changes, "1a,2b"), (changes + [Recorded(.reload, table: 3), Recorded(.addition, table: 3, key: [.integer(5)], new: [.integer(6)])], "56")] {
            let bench = Bench()
            let connection = try bench.database("a", "\(texts[0]); CREATE INDEX i ON t(id); INSERT INTO t VALUES(1,'a'),(2,'b')")
            try ApplierTests.apply(.redo, operations, definitions, to: connection)
            #expect(try connection.string("SELECT group_concat(id||x) FROM u") == rows)
            #expect(try connection.string("SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema ORDER BY name)") == "i,u")
        }
    }

    @Test("what concerns a table between a change and its reload is passed over, through further changes")
    func beforeReload() throws {
        let texts = (0..<3).map { "CREATE TABLE t(id INTEGER PRIMARY KEY, v\(["", ", w", ", w, x"][$0]))" }
        let connection = try bench.database("a", "\(texts[0]); CREATE INDEX i ON t(v); INSERT INTO t VALUES(1,1)")
        let one: [Value] = [.integer(1)]
        let changes = [
            change("table", "t", texts[0], texts[1]), Recorded(.addition, table: 2, key: [.integer(3)], new: one + one),
            Recorded(.modification, table: 2, key: [.integer(8)], old: one + one, new: [.same, .integer(2)]), change("table", "t", texts[1], texts[2]),
            Recorded(.deletion, table: 3, key: one, old: one + one + one), Recorded(.reload, table: 3), Recorded(.addition, table: 3, key: [.integer(4)], new: one + one + one),
        ]
        let definitions = [ApplierTests.table(), ApplierTests.table(2, ["v", "w"]), ApplierTests.table(3, ["v", "w", "x"])]
        try ApplierTests.apply(.redo, changes, definitions, to: connection)
        #expect(try connection.string("SELECT group_concat(id||v||w||x) FROM t") == "4111")
        #expect(try connection.string("SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema ORDER BY name)") == "i,t")
    }

    @Test("what may be no renaming is error 1509 unless the rows follow", arguments: [
        "CREATE TABLE t(id INTEGER PRIMARY KEY, b, a)", "CREATE TABLE t(id INTEGER PRIMARY KEY, a, c TEXT)", "CREATE TABLE t(id INTEGER PRIMARY KEY, a, c DEFAULT 1)",
        "CREATE TABLE t(id INTEGER PRIMARY KEY, a)", "CREATE TABLE t(id INTEGER PRIMARY KEY, b, c)", "CREATE TABLE t(id INT PRIMARY KEY, a, b)",
    ])
    func noRenaming(sql: String) throws {
        let connection = try bench.database("a", "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b); INSERT INTO t VALUES(1,2,3)")
        let failure = #expect(throws: Failure.self) {
            try ApplierTests.apply(
                .redo, [change("table", "t", "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b)", sql)], [ApplierTests.table(1, ["a", "b"])], to: connection)
        }
        #expect(failure?.code == .structureChanged)
        #expect(try connection.string("SELECT id||a||b FROM t") == "123")
    }

    @Test("a table is renamed while a trigger still names a column that was renamed at the same time")
    func renameBesideBroken() throws {
        let texts = ("CREATE TABLE t(id INTEGER PRIMARY KEY, v)", "CREATE TABLE t(id INTEGER PRIMARY KEY, w)")
        let triggers = ("CREATE TRIGGER g AFTER INSERT ON o BEGIN UPDATE t SET v=1; END", "CREATE TRIGGER g AFTER INSERT ON \"p\" BEGIN UPDATE t SET w=1; END")
        let connection = try bench.database("a", "\(texts.0); CREATE TABLE o(x); \(triggers.0); CREATE TRIGGER _msc_1_bd BEFORE DELETE ON t BEGIN SELECT OLD.v; END; INSERT INTO t VALUES(1,2)")
        func text(_ string: String) -> Value { .text(Array(string.utf8)) }
        let changes = [
            change("table", "t", texts.0, texts.1),
            Recorded(.structureChange, new: [text("table"), text("p"), text("CREATE TABLE o(x)"), text("CREATE TABLE \"p\"(x)"), text("o")]),
            change("trigger", "g", triggers.0, triggers.1), Recorded(.addition, table: 1, key: [.integer(4)], new: [.integer(5)]),
        ]
        try ApplierTests.apply(.redo, changes, [ApplierTests.table(1, ["w"]), ApplierTests.table(2, ["x"], name: "o", rowid: nil)], to: connection)
        #expect(try connection.string("SELECT group_concat(id||w) FROM t") == "12,45")
        #expect(try connection.string("SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema ORDER BY name)") == "g,p,t")
    }

    @Test("rows that collide where the structure changes are error 1517, unless their table comes anew")
    func collision() throws {
        let texts = ("CREATE TABLE t(id INTEGER PRIMARY KEY, v UNIQUE)", "CREATE TABLE t(id INTEGER PRIMARY KEY, v UNIQUE, w)")
        let rename = [Value.text(Array("table".utf8)), .text(Array("u".utf8)), .text(Array(texts.0.utf8)), .text(Array("CREATE TABLE \"u\"(id INTEGER PRIMARY KEY, v UNIQUE)".utf8)), .text(Array("t".utf8))]
        let colliding = Recorded(.addition, table: 1, key: [.integer(2)], new: [.integer(1)])
        let anew = [Recorded(.reload, table: 2), Recorded(.addition, table: 2, key: [.integer(7)], new: [.integer(1), .null])]
        let definitions = [ApplierTests.table(), ApplierTests.table(2, ["v", "w"]), ApplierTests.table(3, ["v"], name: "u")]
        for (operations, rows) in [
            ([colliding, change("table", "t", texts.0, texts.1)], nil), ([colliding, change("index", "i", nil, "CREATE INDEX i ON t(v)")], nil),
            ([colliding, change("table", "t", texts.0, texts.1)] + anew, "71"),
            ([colliding, Recorded(.structureChange, new: rename), Recorded(.reload, table: 3)], ""),
        ] as [([Recorded], String?)] {
            let bench = Bench()
            let connection = try bench.database("a", "\(texts.0); INSERT INTO t VALUES(1,1)")
            guard let rows else {
                let failure = #expect(throws: Failure.self) { try ApplierTests.apply(.redo, operations, definitions, to: connection) }
                #expect(failure?.code == .contentDiffers)
                continue
            }
            try ApplierTests.apply(.redo, operations, definitions, to: connection)
            #expect(try connection.string("SELECT coalesce(group_concat(id||v),'') FROM \(rows.isEmpty ? "u" : "t")") == rows)
        }
    }

    @Test("I8: rows that an index forbade are told before the index is gone, and find their place when it is", arguments: [1 << 20, 300])
    func droppedUnique(parkingLimit: Int) throws {
        let text = "CREATE TABLE t(id INTEGER PRIMARY KEY, v)"
        let renamed = [Value.text(Array("table".utf8)), .text(Array("u".utf8)), .text(Array(text.utf8)), .text(Array("CREATE TABLE \"u\"(id INTEGER PRIMARY KEY, v)".utf8)), .text(Array("t".utf8))]
        let dropped = change("index", "i", "CREATE UNIQUE INDEX i ON t(v)", nil)
        let rows = (2...9).map { Recorded(.addition, table: 1, key: [.integer($0)], new: [.integer(1)]) }
        let swapped = [
            Recorded(.modification, table: 1, key: [.integer(2)], old: [.integer(1)], new: [.integer(7)]),
            Recorded(.deletion, table: 1, key: [.integer(9)], old: [.integer(1)]),
        ]
        for (changes, table) in [
            ([dropped], "t"), ([dropped, Recorded(.structureChange, new: renamed)], "u"),
            ([change("index", "i", "CREATE UNIQUE INDEX i ON t(v)", "CREATE INDEX i ON t(v)")], "t"),
            ([dropped, change("index", "k", nil, "CREATE UNIQUE INDEX k ON t(id, v)")], "t"),
            ([dropped, change("table", "t", text, "CREATE TABLE t(id INTEGER PRIMARY KEY, w)")], "t"),
        ] {
            let bench = Bench()
            let connection = try bench.database("a", "\(text); CREATE UNIQUE INDEX i ON t(v); INSERT INTO t VALUES(1,1)")
            try ApplierTests.apply(.redo, rows + swapped + changes, to: connection, parkingLimit: parkingLimit)
            #expect(try connection.integer("SELECT count(*) FROM \(table)") == 8)
            #expect(try connection.string("PRAGMA integrity_check") == "ok")
        }
        // Without the change the rows are not what the log says.
        let connection = try bench.database("a", "\(text); CREATE UNIQUE INDEX i ON t(v); INSERT INTO t VALUES(1,1)")
        let failure = #expect(throws: Failure.self) { try ApplierTests.apply(.redo, rows, to: connection, parkingLimit: parkingLimit) }
        #expect(failure?.code == .contentDiffers)
        // With room made at last, the index is there as it was.
        let room = rows + (1...8).map { Recorded(.deletion, table: 1, key: [.integer($0)], old: [.integer(1)]) }
        try ApplierTests.apply(.redo, room, to: connection, parkingLimit: parkingLimit)
        #expect(try connection.string("SELECT sql FROM sqlite_schema WHERE name='i'") == "CREATE UNIQUE INDEX i ON t(v)")
    }

    @Test("I8: a row that NOT NULL or STRICT forbade finds its place when the rule is gone; more than memory holds come with the reload")
    func droppedRules() throws {
        let strict = ("CREATE TABLE t(id INTEGER PRIMARY KEY, v INT NOT NULL) STRICT", "CREATE TABLE t(id INTEGER PRIMARY KEY, v INT)")
        let rows = [Recorded(.addition, table: 1, key: [.integer(2)], new: [.null]), Recorded(.addition, table: 1, key: [.integer(3)], new: [.text(Array("x".utf8))])]
        let definition = TableDefinition(
            id: 1, name: "t", isWithoutRowid: false, rowidColumn: "id", rowidName: "id", columns: [.init(name: "v", type: "INT")])
        let connection = try bench.database("a", "\(strict.0); INSERT INTO t VALUES(1,1)")
        let failure = #expect(throws: Failure.self) { try ApplierTests.apply(.redo, rows, [definition], to: connection) }
        #expect(failure?.code == .contentDiffers)
        try ApplierTests.apply(.redo, rows + [change("table", "t", strict.0, strict.1)], [definition], to: connection)
        #expect(try connection.string("SELECT group_concat(id||coalesce(v,'-')) FROM t") == "11,2-,3x")

        let unique = ("CREATE TABLE t(id INTEGER PRIMARY KEY, v UNIQUE)", "CREATE TABLE t(id INTEGER PRIMARY KEY, v)")
        let many = (2...9).map { Recorded(.addition, table: 1, key: [.integer($0)], new: [.integer(1)]) }
        let anew = [change("table", "t", unique.0, unique.1), Recorded(.reload, table: 2), Recorded(.addition, table: 2, key: [.integer(4)], new: [.integer(1)])]
        let second = Bench()
        let other = try second.database("a", "\(unique.0); INSERT INTO t VALUES(1,1)")
        try ApplierTests.apply(.redo, many + anew, [ApplierTests.table(), ApplierTests.table(2)], to: other, parkingLimit: 300)
        #expect(try other.string("SELECT group_concat(id||v) FROM t") == "41")
    }

    @Test("a table that the log does not know keeps the rows that fit: nothing can follow for it")
    func unknownTable() throws {
        let text = "CREATE TABLE c(id INTEGER PRIMARY KEY, v, w)"
        let cases = [
            ("CREATE TABLE c(id INTEGER PRIMARY KEY, v, w, z DEFAULT 5)", "SELECT group_concat(id||v||w||z) FROM c", "1ab5,2ac5"),
            ("CREATE TABLE c(id INTEGER PRIMARY KEY, w)", "SELECT group_concat(id||w) FROM c", "1b,2c"),
            ("CREATE TABLE c(id INTEGER PRIMARY KEY, v UNIQUE, w)", "SELECT group_concat(id||v||w) FROM c", "1ab"),
            ("CREATE TABLE c(id INTEGER PRIMARY KEY, v, w, z NOT NULL)", "SELECT count(*) FROM c", "0"),
            ("CREATE TABLE c(q)", "SELECT count(*) FROM c", "0"),
        ]
        for (sql, query, wanted) in cases {
            let bench = Bench()
            let connection = try bench.database("a", "\(text); INSERT INTO c VALUES(1,'a','b'),(2,'a','c'); CREATE TABLE t(id INTEGER PRIMARY KEY, v)")
            try ApplierTests.apply(
                .redo, [change("table", "c", text, sql), Recorded(.addition, table: 1, key: [.integer(1)], new: [.integer(1)])], to: connection)
            #expect(try connection.string(query) == wanted, "\(sql)")
            #expect(try connection.string("SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name)") == "c,t")
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
        let applier = try Applier(fresh, .redo)
        try fresh.transaction("IMMEDIATE") { try change("table", "v", nil, "CREATE VIRTUAL TABLE v USING vectors(a)").apply(applier) }
        #expect(applier.warnings.map(\.cause) == ["no such module: vectors"])
    }
}
