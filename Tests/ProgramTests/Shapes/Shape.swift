// Every shape of table that applications have, as a schema and a handful of steps. Each step is a piece of Python: `db` is the
// connection, `r` a seeded random generator, `n` the number of the round.

import Testing

struct Shape: CustomTestStringConvertible, Sendable {
    var testDescription: String { name }

    let name: String
    /// Run before anything else: page size, encoding, journal mode.
    var settings = "PRAGMA journal_mode=wal"
    let schema: String
    let steps: String
    /// Content is logged as a whole, which undo cannot pass.
    var comesBackByArchives = false

    private static let everyValue = """
        values = [None, 0, -1, 2**63-1, -2**63, 0.1, -0.0, 1e308, float('inf'), float('-inf'), 5e-324, 1.0, '', 'text', 'nul\\0inside',
                  'grüße \\U0001F680', b'', b'\\0\\xff', random.Random(n).randbytes(300), '1', 'x'*5000]
        v = lambda: r.choice(values)

        """

    private static let plain = everyValue + """
        for i in range(12): db.execute('INSERT INTO t(a,b,c) VALUES(?,?,?)', (v(), v(), v()))
        db.execute('UPDATE t SET b=?, c=? WHERE rowid % 3 = ?', (v(), v(), n % 3))
        db.execute('UPDATE t SET a=CAST(? AS TEXT) WHERE rowid % 5 = 1', (b'\\xff\\xfe not utf-8 \\xc3',))
        db.execute('DELETE FROM t WHERE rowid % 7 = ?', (n % 7,))
        """

    private static let keyed = everyValue + """
        for i in range(10): db.execute('INSERT OR REPLACE INTO t VALUES(?,?,?)', ('k%d' % r.randrange(30), r.randrange(5), v()))
        db.execute('UPDATE t SET c=? WHERE b=?', (v(), n % 5))
        db.execute("UPDATE OR REPLACE t SET a='k'||?, b=b+1 WHERE a='k'||?", (n, n+1))
        db.execute("INSERT INTO t VALUES('k1',1,?) ON CONFLICT DO UPDATE SET c=excluded.c", (v(),))
        db.execute("INSERT OR IGNORE INTO t VALUES('k2',2,?)", (v(),))
        db.execute('DELETE FROM t WHERE b=?', (3,))
        """

    static let all: [Shape] = [
        Shape(name: "INTEGER PRIMARY KEY", schema: "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b, c)", steps: plain),
        Shape(name: "AUTOINCREMENT", schema: "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, a, b, c)", steps: plain),
        Shape(name: "no key", schema: "CREATE TABLE t(a, b, c)", steps: plain),
        Shape(
            name: "no key, DELETE journal, 512-byte pages", settings: "PRAGMA page_size=512; PRAGMA journal_mode=delete",
            schema: "CREATE TABLE t(a, b, c)", steps: plain),
        Shape(
            name: "64 KiB pages, TRUNCATE journal", settings: "PRAGMA page_size=65536; PRAGMA journal_mode=truncate",
            schema: "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b, c)", steps: plain),
        Shape(
            name: "UTF-16le", settings: "PRAGMA encoding='UTF-16le'; PRAGMA journal_mode=wal",
            schema: "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b, c)", steps: plain),
        Shape(
            name: "UTF-16be, PERSIST journal", settings: "PRAGMA encoding='UTF-16be'; PRAGMA journal_mode=persist",
            schema: "CREATE TABLE t(a TEXT PRIMARY KEY, b, c) WITHOUT ROWID", steps: keyed),
        Shape(
            name: "auto-vacuum", settings: "PRAGMA auto_vacuum=full; PRAGMA journal_mode=wal", schema: "CREATE TABLE t(a, b, c)", steps: plain),
        Shape(name: "text key", schema: "CREATE TABLE t(a TEXT PRIMARY KEY, b, c)", steps: keyed),
        Shape(name: "composite key", schema: "CREATE TABLE t(a TEXT, b INTEGER, c, PRIMARY KEY(a, b DESC))", steps: keyed),
        Shape(name: "WITHOUT ROWID", schema: "CREATE TABLE t(a TEXT, b INTEGER, c, PRIMARY KEY(b, a)) WITHOUT ROWID", steps: keyed),
        Shape(
            name: "NOCASE key without rowid",
            schema: "CREATE TABLE t(a TEXT COLLATE NOCASE PRIMARY KEY, b, c UNIQUE) WITHOUT ROWID",
            steps: """
                for i in range(8): db.execute('INSERT OR REPLACE INTO t VALUES(?,?,?)', (r.choice('kKlLmM')+str(r.randrange(4)), n, r.randrange(9)))
                db.execute('UPDATE OR IGNORE t SET a=upper(a), c=c+1')
                db.execute('UPDATE t SET a=lower(a) WHERE b=?', (n,))
                """),
        Shape(
            name: "STRICT", schema: "CREATE TABLE t(id INTEGER PRIMARY KEY, a ANY, b TEXT, c REAL, d BLOB) STRICT",
            steps: everyValue + """
                for i in range(9): db.execute('INSERT INTO t(a,b,c,d) VALUES(?,?,?,?)', (v(), 'b%d' % i, r.random(), r.randbytes(5)))
                db.execute('UPDATE t SET a=?, c=c*3 WHERE id%2=0', (v(),))
                try: db.execute("INSERT INTO t(c) VALUES('no number')")
                except sqlite3.Error: pass
                """),
        Shape(
            name: "generated columns",
            schema: "CREATE TABLE t(id INTEGER PRIMARY KEY, a, v AS (a||'!') VIRTUAL, s AS (length(a)) STORED UNIQUE, b DEFAULT 5)",
            steps: """
                for i in range(6): db.execute('INSERT OR REPLACE INTO t(a) VALUES(?)', ('y'*r.randrange(12),))
                db.execute("UPDATE OR REPLACE t SET a=a||'z' WHERE id%2=?", (n%2,))
                """),
        Shape(
            name: "quoted and unicode names",
            schema: """
                CREATE TABLE "a ""b"" 'c' [d] %s ünï\u{1F680}"("select" INTEGER PRIMARY KEY, "x y" TEXT, "ü'`"" x", "" BLOB);
                CREATE INDEX "in ""dex" ON "a ""b"" 'c' [d] %s ünï\u{1F680}"("x y");
                CREATE TABLE "rowid"("rowid" TEXT, "oid" TEXT)
                """,
            steps: """
                t = '"a ""b"" \\'c\\' [d] %s ün\u{ef}\u{1F680}"'
                for i in range(5): db.execute('INSERT INTO '+t+'("x y", "") VALUES(?,?)', ('v%d' % i, b'\\0'))
                db.execute('UPDATE '+t+' SET "x y"="x y"||? WHERE "select"%2=0', (str(n),))
                db.execute('DELETE FROM '+t+' WHERE "select"%5=1')
                db.execute('INSERT INTO "rowid" VALUES(?,?)', (str(n), 'o'))
                db.execute('UPDATE "rowid" SET "oid"="oid"||1')
                """),
        Shape(
            name: "300 columns",
            schema: "CREATE TABLE t(id INTEGER PRIMARY KEY, " + (1...299).map { "c\($0)" }.joined(separator: ",") + ")",
            steps: """
                for i in range(3): db.execute('INSERT INTO t VALUES(NULL' + ',?'*299 + ')', [r.choice([None, i, 'x', 1.5, b'z']) for _ in range(299)])
                db.execute('UPDATE t SET c299=?, c100=c1, c7=NULL WHERE id%2=0', (n,))
                db.execute('DELETE FROM t WHERE id%4=3')
                """),
        Shape(
            name: "FTS5 and R-Tree",
            schema: "CREATE VIRTUAL TABLE f USING fts5(a, b); CREATE VIRTUAL TABLE g USING rtree(id, x0, x1, y0, y1); CREATE TABLE t(a)",
            steps: """
                for i in range(15):
                    db.execute('INSERT INTO f VALUES(?,?)', ('word%d other' % r.randrange(20), 'more text %d' % n))
                    db.execute('INSERT OR REPLACE INTO g VALUES(?,?,?,?,?)', (r.randrange(200), i, i+1, n, n+2))
                db.execute("DELETE FROM f WHERE rowid % 4 = 1"); db.execute("UPDATE f SET a='changed' WHERE rowid%5=0")
                db.execute('DELETE FROM g WHERE id%3=0'); db.execute('INSERT INTO t VALUES(?)', (n,))
                if n == 3: db.execute("INSERT INTO f(f) VALUES('optimize')")
                """,
            comesBackByArchives: true),
        Shape(
            name: "triggers and cascades",
            schema: """
                CREATE TABLE p(id INTEGER PRIMARY KEY, a);
                CREATE TABLE t(id INTEGER PRIMARY KEY, p REFERENCES p ON DELETE CASCADE ON UPDATE CASCADE, x);
                CREATE TABLE u(p REFERENCES p ON DELETE SET NULL, y);
                CREATE TABLE audit(what, at);
                CREATE TRIGGER p_i AFTER INSERT ON p BEGIN INSERT INTO t(p,x) VALUES(new.id, 'born'); INSERT INTO audit VALUES('i', new.id); END;
                CREATE TRIGGER t_u BEFORE UPDATE ON t BEGIN INSERT INTO audit VALUES('u', old.id); END;
                CREATE TRIGGER t_d AFTER DELETE ON t BEGIN DELETE FROM audit WHERE at=old.id; END;
                CREATE VIEW w AS SELECT id, a FROM p;
                CREATE TRIGGER w_i INSTEAD OF INSERT ON w BEGIN INSERT INTO p(a) VALUES(new.a||'!'); END
                """,
            steps: """
                db.execute('PRAGMA foreign_keys=ON')
                for i in range(6): db.execute('INSERT INTO p(a) VALUES(?)', (i,))
                db.execute("INSERT INTO w(a) VALUES('view')")
                db.execute('INSERT INTO u SELECT id, ? FROM p WHERE id%2=0', (n,))
                db.execute('UPDATE t SET x=x||? WHERE id%3=0', (n,))
                db.execute('DELETE FROM u WHERE p%5=1')
                db.execute('UPDATE p SET id=id+1000*? WHERE id%5=1 AND id<1000', (n,))
                db.execute('DELETE FROM p WHERE id%4=?', (n%4,))
                db.execute('INSERT OR REPLACE INTO p VALUES(2, ?)', (n,))
                """),
        Shape(
            name: "REPLACE over several unique indexes, UPSERT, RETURNING",
            schema: """
                CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE, b UNIQUE, c NOT NULL DEFAULT 'd', UNIQUE(a, c));
                CREATE UNIQUE INDEX e ON t(lower(c), b) WHERE b > 3
                """,
            steps: """
                for i in range(12): db.execute('INSERT OR REPLACE INTO t VALUES(?,?,?,?)', (r.choice([None, r.randrange(20)]), r.randrange(9), r.randrange(9), r.choice('CcDd')))
                db.execute('UPDATE OR REPLACE t SET a=(a+1)%9, b=(b+2)%9, c=NULL WHERE id%2=0')
                db.execute('INSERT INTO t(a,b) VALUES(1,1) ON CONFLICT(a) DO UPDATE SET b=b+10 ON CONFLICT DO NOTHING RETURNING *').fetchall()
                db.execute('DELETE FROM t WHERE id%6=0 RETURNING id').fetchall()
                """),
        Shape(
            name: "savepoints, failed statements, rolled-back transactions",
            schema: "CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE)",
            steps: """
                db.execute('BEGIN')
                db.execute('INSERT INTO t(a) VALUES(?)', ('keep%d' % n,))
                db.execute('SAVEPOINT s'); db.execute("UPDATE t SET a=a||'x'"); db.execute('ROLLBACK TO s')
                db.execute('SAVEPOINT u'); db.execute("INSERT INTO t(a) VALUES(?)", ('in%d' % n,)); db.execute('RELEASE u')
                try: db.execute("INSERT INTO t(a) VALUES('new%d'),('keep%d')" % (n, n))
                except sqlite3.Error: pass
                try: db.execute("INSERT OR FAIL INTO t(a) VALUES('half%d'),('keep%d')" % (n, n))
                except sqlite3.Error: pass
                db.execute('COMMIT')
                db.execute('BEGIN'); db.execute('DELETE FROM t'); db.execute('ROLLBACK')
                """),
    ]
}
