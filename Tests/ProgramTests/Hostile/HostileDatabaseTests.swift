// Databases that mean harm, or only look like it: names that are no words, functions that are not what they are called, triggers and
// views that would have us run their code, files that lie about themselves.

import Database
import FileSystem
import Glibc
import Testing
import Vocabulary

@Suite("Hostile databases")
struct HostileDatabaseTests {
    @Test("names of control and escape characters, quotes and SQL: captured, restored, rolled back, and shown without doing anything")
    func names() throws {
        let bench = try Workbench()
        try bench.python(
            """
            names = ['a"b', "it's", 'x]y', '`', 'semi;DROP TABLE t;--', '\\x1b[31mred\\x1b]0;title\\x07', 'line\\nbreak\\r\\t', '', '%s%n', '\\u202eabc',
                     'select', '../../etc', 'null', 'NEW', 'OLD', 'main.t', '_msc', 'n' * 900]
            q = lambda s: '"' + s.replace('"', '""') + '"'
            db.execute('PRAGMA journal_mode=wal')
            for n in names:
                db.execute('CREATE TABLE %s(id INTEGER PRIMARY KEY, %s TEXT, %s)' % (q(n), q(n + 'a'), q('b' + n)))
                db.execute('CREATE UNIQUE INDEX %s ON %s(%s)' % (q('i' + n), q(n), q(n + 'a')))
            """)
        try bench.json("log", "start", bench.data)
        let fill = """
            for (n,) in db.execute("SELECT name FROM sqlite_schema WHERE type='table' AND name NOT LIKE '\\\\_msc\\\\_%' ESCAPE '\\\\' AND name NOT LIKE 'sqlite%'").fetchall():
                t = '"' + n.replace('"', '""') + '"'
                db.execute('INSERT INTO %s VALUES(NULL, ?, ?)' % t, (n + argv[0], b'\\x1b'))
                db.execute('REPLACE INTO %s VALUES(7, ?, ?)' % t, (n + argv[0], '\\x1b[2J'))
            """
        try bench.python(fill, ["1"])
        let point = try #require(try bench.json("log", "drain", bench.data)["lastOperation"].int)
        #expect(point > 30)
        let before = try bench.content()
        try bench.json("backup", bench.data)
        try bench.python(fill, ["2"])
        try bench.json("log", "drain", bench.data)
        try bench.json("restore", bench.archive(1), "--to", bench.path("r"), "--integrate", "auto")
        #expect(try bench.content(bench.path("r/Data/SampleDB.db")) == bench.content())
        var commands = [["info", bench.data], ["activity", bench.data], ["log", "check", bench.journal], ["verify", bench.data], ["backups", bench.data]]
        commands += [["info", bench.data, "--json"], ["activity", bench.data, "--json"], ["log", "status", bench.data, "--json"]]
        commands += ["json", "jsonl", "csv", "csv-exact", "text", "redo-sql", "undo-sql"].map { ["log", "export", bench.data, "--format", $0] }
        for arguments in commands {
            let ended = try bench.start(arguments).wait()
            // A name that steers a terminal is written into no script: what it is about is left to be done by hand, and said.
            #expect(ended.status == (arguments.last?.hasSuffix("-sql") == true ? 3 : 0), "\(arguments): \(ended.errors)")
            // The lines of CSV end with CR and LF.
            let shown = (ended.output + ended.errors).split(whereSeparator: { $0 == "\r\n" || $0 == "\n" }).joined().unicodeScalars
            #expect(!shown.contains { SafeText.isSteering($0) && $0 != "\t" }, "\(arguments)")
        }
        // What the parser of the command line repeats.
        let wrong = try bench.start(["info", bench.data, "\u{1b}[2J\u{202e}"]).wait()
        #expect(wrong.status == 64 && wrong.errors.contains("\\x1b[2J\\u202e") && !wrong.errors.contains("\u{1b}"))
        try bench.json("rollback", bench.data, "--to-operation", "\(point)")
        #expect(try bench.content() == before)
        #expect(try bench.isSound())
    }

    /// All but `julianday` and `typeof`, which capture calls (docs/capture.md).
    @Test("a client that redefined the functions of SQLite is captured all the same")
    func redefinedFunctions() throws {
        let bench = try Workbench()
        try bench.sqlite(
            """
            PRAGMA journal_mode=wal; CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT UNIQUE, x REAL DEFAULT 1.5, b BLOB);
            CREATE TABLE pair(a TEXT COLLATE NOCASE, b, PRIMARY KEY(a,b)) WITHOUT ROWID;
            """)
        try bench.json("log", "start", bench.data)
        try bench.add("first")
        try bench.json("backup", bench.data)
        try bench.python(
            """
            def wrong(*a): raise RuntimeError('called')
            taken = 0
            for name, n in db.execute("SELECT DISTINCT name, narg FROM pragma_function_list WHERE type='s' AND name NOT IN ('julianday', 'typeof')").fetchall():
                try: db.create_function(name, n, wrong); taken += 1
                except Exception: pass
            assert taken > 50
            for n in range(20):
                db.execute("INSERT OR REPLACE INTO item(name, b) VALUES(?, ?)", ('n%d' % (n % 7), bytes([n]) * n))
                db.execute("INSERT OR IGNORE INTO pair VALUES(?, ?)", ('K%d' % (n % 3), n))
                db.execute("UPDATE item SET x = x * 2 WHERE id % 3 = ?", (n % 3,))
                db.execute("UPDATE OR REPLACE pair SET b = 5 WHERE b = ?", (n - 1,))
            db.execute("DELETE FROM item WHERE id < 10")
            """)
        try bench.json("log", "drain", bench.data)
        try bench.json("restore", bench.archive(1), "--to", bench.path("r"), "--integrate", "auto")
        #expect(try bench.content(bench.path("r/Data/SampleDB.db")) == bench.content())
    }

    @Test("functions of the application in its triggers, views and checks are never called by us")
    func applicationFunctions() throws {
        let bench = try Workbench()
        let open = """
            calls = 0
            def mine(*a):
                global calls
                calls += 1
                return a[0] if a else 1
            db.create_function('mine', -1, mine, deterministic=True)

            """
        try bench.python(
            open + """
            db.executescript('''PRAGMA journal_mode=wal;
                CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT CHECK(mine(name) IS NOT NULL));
                CREATE TABLE trail(id INTEGER PRIMARY KEY, what TEXT);
                CREATE VIEW seen AS SELECT mine(name) AS n FROM item;
                CREATE VIEW evil AS SELECT load_extension('/tmp/evil') AS e FROM item;
                CREATE TRIGGER t AFTER INSERT ON item BEGIN INSERT INTO trail(what) VALUES(mine(new.name)); END;
                CREATE TRIGGER v INSTEAD OF INSERT ON seen BEGIN INSERT INTO item(name) VALUES(new.n); END;''')
            """)
        try bench.json("log", "start", bench.data)
        try bench.python(open + "for n in 'abc': db.execute('INSERT INTO item(name) VALUES(?)', (n,))")
        let point = try #require(try bench.json("log", "drain", bench.data)["lastOperation"].int)
        let before = try bench.content()
        try bench.json("backup", bench.data)
        try bench.python(open + "db.execute(\"INSERT INTO seen(n) VALUES('d')\"); db.execute(\"UPDATE item SET name='x' WHERE id=1\")")
        try bench.json("log", "drain", bench.data)
        let live = try bench.content()
        try bench.json("info", bench.data)
        #expect(try bench.json("verify", bench.data)["result"].string == "ok")
        try bench.json("restore", bench.archive(1), "--to", bench.path("r"), "--integrate", "auto")
        #expect(try bench.content(bench.path("r/Data/SampleDB.db")) == live)
        try bench.json("rollback", bench.data, "--to-operation", "\(point)")
        #expect(try bench.content() == before)
        // The same through the archive: the restored data are compared with the live ones.
        try bench.json("restore", bench.archive(1), "--in-place", "--integrate", "none")
        #expect(try bench.content() == before)
    }

    @Test("a database with damage anywhere: every command ends with a code of its own, nobody crashes, nobody hangs", .timeLimit(.minutes(30)))
    func damage() throws {
        let bench = try Workbench()
        try bench.python(
            """
            db.executescript('CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT); CREATE INDEX i ON item(name)')
            db.executemany('INSERT INTO item(name) VALUES(?)', [('name %d' % n,) for n in range(300)])
            """)
        let whole = bench.bytes(bench.data)
        var random = SystemRandomNumberGenerator()
        for round in 0..<6 {
            var bytes = whole
            // The header, the schema's page, and anywhere.
            let range = round == 0 ? 16..<100 : round == 1 ? 100..<4096 : 0..<bytes.count
            for _ in 0..<(round < 2 ? 4 : 60) { bytes[Int.random(in: range, using: &random)] = .random(in: 0...255) }
            if round == 5 { bytes.removeLast(bytes.count / 2 + 100) }
            for suffix in ["-wal", "-shm", "-journal"] { unlink(bench.data + suffix) }
            try Folder.removeTree(bench.companion)
            try bench.write(bytes, to: bench.data)
            for arguments in [["info", bench.data], ["verify", bench.data], ["log", "start", bench.data], ["log", "status", bench.data]] {
                let ended = try bench.start(arguments + ["--json"]).wait()
                #expect(ended.status == 0 || ended.status == 1, "round \(round) \(arguments): \(ended.status) \(ended.errors)")
                if ended.status == 1, arguments[0] != "verify" { #expect(ended.errors.contains("msc: error "), "\(arguments) \(ended.errors)") }
            }
        }
    }
}
