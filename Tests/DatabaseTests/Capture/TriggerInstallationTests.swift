// Triggers are written into the schema all at once: the result must be what CREATE TRIGGER leaves.

import Testing
import Vocabulary

@testable import Database

@Suite("Installation of triggers")
struct TriggerInstallationTests {
    let bench = Bench()

    @Test("the schema is the one that CREATE TRIGGER would leave, others see it at once, and a failure leaves nothing", arguments: ["UTF-8", "UTF-16le"])
    func same(encoding: String) throws {
        let connection = try bench.database(
            "a", """
            PRAGMA encoding='\(encoding)'; CREATE TABLE "T é""x"(id INTEGER PRIMARY KEY, b BLOB, c UNIQUE); CREATE TABLE w(k PRIMARY KEY, v) WITHOUT ROWID;
            CREATE TABLE plain(a); CREATE TRIGGER own BEFORE INSERT ON plain BEGIN SELECT 1; END
            """)
        let other = try Connection(connection.path, .write)
        #expect(try other.integer("SELECT count(*) FROM plain") == 0)
        let state = CaptureState(
            application: Array(repeating: 1, count: 16), chain: Array(repeating: 2, count: 16), homePath: "", homeDevice: 0, homeInode: 0)
        try Capture.install(connection, state)
        try other.execute("INSERT INTO plain VALUES(1)")
        #expect(try Capture.position(connection) > 1)
        func triggers() throws -> [String] {
            let select = try connection.prepare(
                "SELECT type||name||tbl_name||rootpage||sql FROM sqlite_schema WHERE name LIKE '\\_msc\\_%' ESCAPE '\\' AND type='trigger'")
            var found: [String] = []
            while try select.step() { found.append(select.string(0)) }
            return found
        }
        let made = try triggers()
        #expect(made.count == 6 + 4 + 6)
        let texts = try connection.prepare(
            "SELECT name,sql FROM sqlite_schema WHERE type='trigger' AND name LIKE '\\_msc\\_%' ESCAPE '\\' ORDER BY rowid")
        var statements: [(String, String)] = []
        while try texts.step() { statements.append((texts.string(0), texts.string(1))) }
        texts.reset()
        for (name, _) in statements { try connection.execute("DROP TRIGGER \(name)") }
        for (_, sql) in statements { try connection.execute(sql) }
        #expect(try triggers() == made)
        #expect(try connection.string("PRAGMA integrity_check") == "ok")
        try connection.transaction("IMMEDIATE") { try Capture.dropTriggers(connection) }
        #expect(try triggers().isEmpty)
        #expect(try connection.integer("SELECT count(*) FROM sqlite_schema WHERE type='trigger'") == 1)
        try other.execute("INSERT INTO plain VALUES(2)")
        struct Enough: Error {}
        try Capture.remove(connection)
        let before = try connection.string("SELECT group_concat(sql) FROM sqlite_schema")
        #expect(throws: Enough.self) {
            try connection.transaction("IMMEDIATE") {
                try Capture.install(connection, state)
                throw Enough()
            }
        }
        #expect(try connection.string("SELECT group_concat(sql) FROM sqlite_schema") == before)
        try connection.execute("INSERT INTO plain VALUES(3)")
        #expect(try Connection(connection.path, .read).integer("SELECT count(*) FROM plain") == 3)
        #expect(try connection.integer("PRAGMA writable_schema") == 0)
    }
}
