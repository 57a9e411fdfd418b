@testable import Database
import Testing
import Vocabulary

@Suite("Capture on every shape of table")
struct TableShapeTests {
    let scratch = Scratch()

    /// Runs statements on a captured database; redo on a copy of the beginning and undo on the end must meet.
    @discardableResult
    func check(_ schema: String, _ statements: [String], tables: [String], pragmas: String = "") throws -> Collected {
        let app = try Connection(scratch.path(), .create)
        try app.execute(pragmas + schema)
        try Capture.install(app, Scratch.state())
        let first = scratch.path("first.db")
        try app.execute("VACUUM INTO '\(first)'")
        let before = try content(app, tables)
        for sql in statements { try app.execute(sql) }
        let after = try content(app, tables)
        #expect(before != after)
        let sink = Collected()
        _ = try Drain(try Connection(scratch.path(), .read)).run(after: 1, sequences: [:], now: 0, into: sink)
        for (path, undo, wanted) in [(first, false, after), (scratch.path(), true, before)] {
            let copy = try Connection(path, .write)
            try copy.configure(1003, false)
            try copy.execute("BEGIN")
            try NetEffect.apply(sink.entries, sink.tables, undo: undo, to: copy)
            let got = try content(copy, tables)
            #expect(got == wanted, "\(undo ? "undo" : "redo")")
            try copy.execute("ROLLBACK")
        }
        return sink
    }

    func content(_ connection: Connection, _ tables: [String]) throws -> [[Value]] {
        var rows: [[Value]] = []
        for table in tables {
            let select = try connection.prepare("SELECT * FROM \(table)")
            while try select.step() { rows.append((0..<select.columnCount).map { select.value($0) }) }
        }
        return rows
    }

    @Test("a thousand columns", arguments: [40, 299, 300, 301, 1000])
    func wide(count: Int) throws {
        let columns = (0..<count).map { "c\($0)" }
        let values = (0..<count).map { "'v\($0)'" }.joined(separator: ",")
        let sink = try check(
            "CREATE TABLE w(id INTEGER PRIMARY KEY, \(columns.joined(separator: ",")), UNIQUE(c1,c\(count - 1))); INSERT INTO w VALUES(1,\(values))",
            [
                "UPDATE w SET c0='x', c\(count - 1)=NULL", "INSERT OR REPLACE INTO w SELECT 2,\(columns.joined(separator: ",")) FROM w",
                "UPDATE w SET id=9 WHERE id=2", "REPLACE INTO w(c1,c\(count - 1),c5) VALUES('a','b','c'),('a','b','d')", "DELETE FROM w WHERE id=1",
            ], tables: ["w"])
        #expect(sink.entries.count >= 5)
    }

    @Test("a wide key without rowid")
    func wideKey() throws {
        let columns = (0..<70).map { "k\($0)" }
        let list = columns.joined(separator: ",")
        try check(
            "CREATE TABLE w(v, \(list), PRIMARY KEY(\(columns.reversed().joined(separator: ",")))) WITHOUT ROWID;",
            [
                "INSERT INTO w VALUES(0,\(columns.map { "'\($0)'" }.joined(separator: ",")))", "INSERT INTO w SELECT 1,k1,\(columns.dropFirst().joined(separator: ",")) FROM w",
                "UPDATE w SET k69=7 WHERE v=1", "UPDATE w SET v='changed'", "REPLACE INTO w SELECT 5,\(list) FROM w WHERE v='changed'",
            ], tables: ["w"])
    }

    @Test("text in any encoding, odd names, strict and generated columns", arguments: ["UTF-8", "UTF-16le", "UTF-16be"])
    func encodings(encoding: String) throws {
        try check(
            """
            CREATE TABLE "odd "" name[" ("a""b" TEXT, [c d] ANY, `e``f` INT, "select" TEXT AS ("a""b"||'x') UNIQUE, "Ünï" BLOB) STRICT;
            CREATE TABLE "NEW"(old, new, "t" PRIMARY KEY COLLATE NOCASE) WITHOUT ROWID;
            """,
            [
                "INSERT INTO \"odd \"\" name[\"(\"a\"\"b\",[c d],\"Ünï\") VALUES('é日本',1.5,x'00ff'),('z'||char(0)||'z',NULL,zeroblob(600))",
                "UPDATE \"odd \"\" name[\" SET [c d]='x', `e``f`=3", "INSERT OR REPLACE INTO \"odd \"\" name[\"(\"a\"\"b\") VALUES('é日本')",
                "INSERT INTO \"NEW\" VALUES(1,2,'key'),(3,4,'Other')", "REPLACE INTO \"NEW\" VALUES(5,6,'KEY')", "UPDATE \"NEW\" SET t='kEy',old=-0.0 WHERE t='key'",
            ], tables: ["\"odd \"\" name[\"", "\"NEW\""], pragmas: "PRAGMA encoding='\(encoding)';")
    }

    @Test("cascades, application triggers and all forms of REPLACE", arguments: [0, 1])
    func cascades(recursive: Int) throws {
        try check(
            """
            PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=\(recursive);
            CREATE TABLE p(id INTEGER PRIMARY KEY, n UNIQUE ON CONFLICT REPLACE);
            CREATE TABLE c(id INTEGER PRIMARY KEY, p REFERENCES p(id) ON DELETE CASCADE ON UPDATE CASCADE, s REFERENCES p(n) ON DELETE SET NULL);
            CREATE TABLE log(what, n DEFAULT 0);
            CREATE TRIGGER a AFTER UPDATE ON p BEGIN INSERT INTO log(what) VALUES(OLD.n); UPDATE log SET n=n+1; END;
            CREATE TRIGGER d BEFORE DELETE ON c BEGIN INSERT INTO log(what) VALUES('child '||OLD.id); END;
            INSERT INTO p VALUES(1,'a'),(2,'b'),(3,'c'); INSERT INTO c VALUES(1,1,'b'),(2,2,'a'),(3,3,NULL);
            """,
            [
                "UPDATE p SET id=10 WHERE id=1", "INSERT INTO p VALUES(20,'b')", "UPDATE p SET n='a' WHERE id=3", "DELETE FROM p WHERE id=10",
                "INSERT INTO p VALUES(20,'z') ON CONFLICT(id) DO UPDATE SET n=excluded.n",
                "BEGIN; SAVEPOINT s; DELETE FROM c; ROLLBACK TO s; INSERT OR IGNORE INTO p VALUES(3,'q'); COMMIT",
            ], tables: ["p", "c", "log"])
    }
}
