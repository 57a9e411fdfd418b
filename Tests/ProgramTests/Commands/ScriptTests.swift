// Operations exported as SQL and run by the sqlite3 shell: again on the data as they were, back on the data as they are.

import FileSystem
import Testing

@Suite("Redo and undo scripts")
struct ScriptTests {
    private let bench: Workbench
    private let before: String
    private let after: String

    /// Every kind of value and key, in a database that was copied before and after.
    init() throws {
        bench = try Workbench()
        try bench.sqlite(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT, b REAL, c BLOB, d);
            CREATE TABLE w(k TEXT COLLATE NOCASE, n INT, v, PRIMARY KEY(k, n)) WITHOUT ROWID;
            CREATE TABLE r("we""ird col" TEXT, x);
            INSERT INTO t(a, b, c, d) VALUES('x', 0.1, x'00ff', -9223372036854775808);
            """)
        try bench.msc("log", "start", bench.data)
        before = bench.path("before.db")
        after = bench.path("after.db")
        try bench.write(bench.bytes(bench.data), to: before)
        try bench.sqlite(
            """
            INSERT INTO t(a, b, c, d) VALUES('it''s' || char(10) || 'two', 1e308 * 10, x'', 9007199254740993),
                (char(27) || '[31m', -1e308 * 10, NULL, 1.7976931348623157e308),
                (CAST(x'610062' AS TEXT), 5e-324, x'80', 3.141592653589793), ('東京', 0.30000000000000004, zeroblob(3), CAST(x'ff' AS TEXT));
            UPDATE t SET d = d || 'z', a = NULL WHERE id = 1;
            INSERT INTO w VALUES('Key', 1, 2.5), ('o''k', 2, NULL);
            UPDATE w SET v = x'abcd' WHERE n = 1;
            DELETE FROM w WHERE n = 2;
            INSERT INTO r VALUES('q', 1), ('r', 2);
            DELETE FROM r WHERE x = 1;
            DELETE FROM t WHERE id = 2;
            """)
        try bench.msc("log", "drain", bench.data)
        try bench.write(bench.bytes(bench.data), to: after)
    }

    /// Keys, values with their types and bytes, and counters.
    private func content(_ path: String) throws -> String {
        try bench.sqlite(
            """
            SELECT id, quote(a), typeof(a), hex(CAST(a AS BLOB)), printf('%!.20g', b), quote(c), typeof(d), quote(d), hex(d) FROM t ORDER BY id;
            SELECT quote(k), n, quote(v) FROM w; SELECT rowid, quote("we""ird col"), quote(x) FROM r; SELECT name, seq FROM sqlite_sequence
            """, on: path)
    }

    private func run(_ script: String, on path: String) throws { try bench.sqlite(".read '\(script)'", on: path) }

    @Test("a redo script brings the old data to the new, an undo script the new to the old, to the byte")
    func bothWays() throws {
        let (old, new) = (try content(before), try content(after))
        #expect(old != new)
        for (format, start, end) in [("redo-sql", before, new), ("undo-sql", after, old)] {
            let script = bench.path(format)
            try bench.msc("log", "export", bench.data, "--format", format, "--output", script)
            try run(script, on: start)
            #expect(try content(start) == end, "\(format)")
        }
    }

    @Test("a script of which one statement fails, or finds another row, changes nothing, also in a shell that goes on after errors")
    func allOrNothing() throws {
        let script = bench.path("undo")
        try bench.msc("log", "export", bench.data, "--format", "undo-sql", "--output", script)
        for obstacle in [
            "CREATE TRIGGER no BEFORE DELETE ON w BEGIN SELECT RAISE(ABORT, 'no'); END", "DELETE FROM r", "DROP TABLE r",
        ] {
            let copy = bench.path("copy.db")
            try bench.write(bench.bytes(after), to: copy)
            try bench.sqlite(obstacle, on: copy)
            let dump = { [bench] in try bench.sqlite(".dump", on: copy) }
            let now = try dump()
            let ended = try RunningProgram("sqlite3", [copy, ".read '\(script)'"], in: bench.folder, name: "shell").wait()
            #expect(ended.status != 0 && ended.errors.contains("nothing was changed"), "\(obstacle)")
            #expect(try dump() == now, "\(obstacle)")
        }
        #expect(!String(decoding: bench.bytes(script), as: UTF8.self).contains("enable_trigger"))
    }

    @Test("a script builds the indexes over what it changes anew, and says what it cannot do, with exit status 3")
    func indexes() throws {
        let bench = try Workbench()
        try bench.sqlite(
            """
            CREATE TABLE doc(id INTEGER PRIMARY KEY, body TEXT); INSERT INTO doc VALUES(1, 'old');
            CREATE VIRTUAL TABLE words USING fts5(body, content='doc', content_rowid='id'); INSERT INTO words(words) VALUES('rebuild')
            """)
        try bench.msc("log", "start", bench.data)
        try bench.sqlite("UPDATE doc SET body = 'new'; INSERT INTO words(words) VALUES('rebuild')")
        func export(_ format: String) throws -> (script: String, status: Int32) {
            let script = bench.path(format)
            return (script, try bench.start(["log", "export", bench.data, "--format", format, "--output", script]).wait().status)
        }
        func found(_ word: String) throws -> String { try bench.sqlite("SELECT count(*) FROM words WHERE words MATCH '\(word)'") }
        let (undo, status) = try export("undo-sql")
        #expect(status == 0)
        try bench.sqlite(".read '\(undo)'")
        #expect(try bench.sqlite("SELECT body FROM doc") == "old" && found("old") == "1" && found("new") == "0")
        // An index with rows of its own is logged as a whole, which no statement can take back.
        try bench.sqlite("CREATE VIRTUAL TABLE own USING fts5(body); INSERT INTO own VALUES('x')")
        try bench.msc("log", "drain", bench.data)
        let (redo, partial) = try export("redo-sql")
        #expect(partial == 3)
        #expect(String(decoding: bench.bytes(redo), as: UTF8.self).contains("-- the content of the virtual table 'own' is not made again"))
    }

    @Test("nothing in a script can drive a terminal, and one that was cut short changes nothing")
    func harmless() throws {
        let script = bench.path("redo")
        try bench.msc("log", "export", bench.data, "--format", "redo-sql", "--output", script)
        let text = String(decoding: bench.bytes(script), as: UTF8.self)
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
        let old = try content(before)
        let cut = bench.path("cut")
        try bench.write(Array(text.utf8.dropLast("COMMIT;\n".utf8.count)), to: cut)
        try run(cut, on: before)
        #expect(try content(before) == old)
    }

    @Test("--limit takes the newest, with --from the first ones, and writes them newest first")
    func limits() throws {
        func statements(_ arguments: String...) throws -> [String] {
            try bench.start(["log", "export", bench.data, "--format", "undo-sql", "--table", "r"] + arguments).wait().output
                .split(separator: "\n").map(String.init).filter { $0.contains("\"r\"") }
        }
        let all = [
            "INSERT INTO \"r\"(\"_rowid_\",\"we\"\"ird col\",\"x\") VALUES(1,'q',1);", "DELETE FROM \"r\" WHERE \"_rowid_\"=2;",
            "DELETE FROM \"r\" WHERE \"_rowid_\"=1;",
        ]
        #expect(try statements() == all)
        #expect(try statements("--limit", "2") == Array(all.prefix(2)))
        #expect(try statements("--from", "1", "--limit", "2") == Array(all.suffix(2)))
    }
}
