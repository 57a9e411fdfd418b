// What people come for when something went wrong: who did it, away with it, and back again; in the built program, keys and screen
// only. And what stays when the program itself is struck down.

import Glibc
import PtySupport
import TerminalKit
import Testing

@Suite("Incidents on a terminal")
struct IncidentTests {
    @Test("a rollback shows old and new values, is confirmed by its number, and is undone from the same page")
    func rollback() throws {
        let bench = try Workbench.logged()
        try bench.msc("log", "drain", bench.data)
        try bench.sqlite("UPDATE item SET name = 'B' WHERE id = 2; DELETE FROM item WHERE id = 1")
        let session = try bench.interface([bench.data, "--page", "rollback"])
        try session.wait(forText: "The last operation kept is 8")
        try session.press("[")
        try session.wait(forText: "x 2 changes would be cancelled")
        try session.press("R")
        // How the command breaks into lines is a matter of the path's length.
        for line in ["8: item 1: comes back: a", "7: item 2: name: B → b", "--to-operation", "Type 2 to go on."] {
            #expect(session.screen.text.contains(line))
        }
        try session.press("4", .enter)
        try session.wait(forText: "That is not 2. Nothing was done.")
        #expect(try bench.names() == "Bcdef")
        try session.press(.ctrl("u"), "2", .enter)
        try session.wait(forText: "2 changes were cancelled.")
        #expect(try bench.names() == "abcdef")
        try session.press(.escape)
        try session.press("U")
        try session.wait(forText: "Type 2 to go on.")
        try session.press("2", .enter)
        try session.wait(forText: "2 changes were cancelled.")
        #expect(try bench.names() == "Bcdef")
    }

    @Test("a large log: to an operation, to a text, to a row's history, and out to a script, whatever is in the values")
    func analysis() throws {
        let bench = try Workbench()
        try bench.sqlite("CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT)")
        try bench.msc("log", "start", bench.data)
        try bench.python(
            #"""
            db.execute('BEGIN')
            db.executemany('INSERT INTO item(name) VALUES(?)', (('record %d' % n,) for n in range(1, 40001)))
            db.execute('UPDATE item SET name = ? WHERE id = 33333', ('\x1b]0;owned\x07\x1b[2J 東京 e\u0301 \u202e\u200b',))
            db.execute('COMMIT')
            """#)
        let session = try bench.interface([bench.data, "--page", "activity"])
        try session.wait(forText: "▸    40 001 Modification item     33333")
        // Marks are drawn on the letter before them; what could drive the terminal is a dot.
        try session.press(.enter)
        #expect(session.screen.text.contains("·]0;owned··[2J 東京 e\u{301}"))
        try session.press(.escape)
        try session.press("g", .down)
        try session.wait(forText: "▸         2 Addition     item     2       record 2")
        try session.type(":12345")
        try session.press(.enter)
        try session.wait(forText: "▸    12 345 Addition     item     12345   record 12345")
        try session.type("/record 39999")
        try session.press(.enter)
        try session.wait(forText: "▸    39 999 Addition")
        try session.type(":33333")
        try session.press(.enter)
        try session.wait(forText: "▸    33 333 Addition")
        try session.press("H")
        try session.wait(forText: "item; key 33333: 2")
        try session.press("e", .down, .down, .down, .down)
        #expect(session.screen.text.contains("undo-sql --output"))
        try session.press(.enter)
        try session.wait(forText: "Written to \(bench.path("SampleDB-activity.undo.sql"))")
        let script = String(decoding: bench.bytes(bench.path("SampleDB-activity.undo.sql")), as: UTF8.self)
        let changes = script.split(separator: "\n").filter { $0.hasPrefix("UPDATE \"item\"") || $0.hasPrefix("DELETE FROM \"item\"") }
        #expect(changes == ["UPDATE \"item\" SET \"name\"='record 33333' WHERE \"id\"=33333;", "DELETE FROM \"item\" WHERE \"id\"=33333;"])
        #expect(session.screen.unknown == [])
    }

    @Test("a connection that breaks while an archive is written leaves a whole archive or none")
    func hangUp() throws {
        let bench = try Workbench()
        try bench.sqlite(
            """
            CREATE TABLE scan(id INTEGER PRIMARY KEY, content BLOB);
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40) INSERT INTO scan(content) SELECT randomblob(1000000) FROM n
            """)
        let session = try bench.interface([bench.data, "--page", "backup"])
        session.send("b\r")
        try session.wait(for: "bytes that are written") { $0.text.contains(" MB of ") || $0.text.contains("is complete") }
        session.hangUp()
        #expect(try session.waitForEnd() == 129)
        #expect(bench.leftovers == [])
        if bench.exists(bench.archive(1)) { try bench.json("verify", bench.archive(1)) }
    }

    @Test("a crash during a backup gives the terminal back, and the next backup finds nothing in its way", arguments: [SIGSEGV, SIGABRT])
    func crash(_ signal: Int32) throws {
        let bench = try Workbench.logged(journalMode: "delete")
        let session = try bench.interface([bench.data, "--page", "backup"])
        let holder = try bench.holdLock()
        session.send("b\r")
        try session.wait(forText: "Stop (s)")
        kill(session.process, signal)
        #expect(try session.waitForEnd() == 128 + signal)
        session.expectRestored()
        bench.release(holder)
        #expect(!bench.exists(bench.archive(2)))
        try bench.json("backup", bench.data)
        #expect(bench.leftovers == [])
        try bench.json("verify", bench.data)
    }
}
