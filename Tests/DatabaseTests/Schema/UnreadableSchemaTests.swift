// A schema with statements of a SQLite that does not exist yet: nothing of it is damage, and what can be read is read.

import FileSystem
import Testing
import Vocabulary

@testable import Database

@Suite("Structure that this SQLite cannot read")
struct UnreadableSchemaTests {
    let scratch = Scratch()

    /// Puts other SQL in the place of an object's, as a newer SQLite would have written it.
    static func alter(_ name: String, to sql: String, _ connection: Connection) throws {
        try connection.undefended { () throws(DatabaseError) in
            try connection.execute("PRAGMA writable_schema=ON")
            try connection.run("UPDATE sqlite_schema SET sql=? WHERE name=?", connection.text(sql), connection.text(name))
            let version = try connection.integer("PRAGMA schema_version") ?? 0
            try connection.execute("PRAGMA schema_version=\(version + 1)")
        }
    }

    private static let future = [
        ("v", "CREATE VIEW v AS SELECT x FROM t IN THE FUTURE"), ("g", "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT IN THE FUTURE; END"),
        ("i", "CREATE INDEX i ON t(x IN THE FUTURE)"), ("u", "CREATE TABLE u(a IN THE FUTURE, b)"),
    ]

    /// A view, trigger, index and table; those named here are beyond this SQLite.
    private func make(_ names: [String], captured: Bool = false) throws -> Connection {
        do {
            let connection = try Connection(scratch.path(), .create)
            try connection.execute(
                """
                CREATE TABLE t(id INTEGER PRIMARY KEY, x); CREATE TABLE u(a, b); CREATE TABLE plain(id INTEGER PRIMARY KEY, x);
                CREATE VIEW v AS SELECT x FROM t; CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END; CREATE INDEX i ON t(x);
                INSERT INTO t VALUES(1,'a'); INSERT INTO u VALUES(1,2); INSERT INTO plain VALUES(1,'p')
                """)
            if captured { try Capture.install(connection, Scratch.state()) }
            for (name, sql) in Self.future where names.contains(name) { try Self.alter(name, to: sql, connection) }
        }
        return try Connection(scratch.path(), .write)
    }

    private func lines(_ connection: Connection) throws -> [String] {
        let select = try connection.prepare("SELECT type||' '||name||' '||coalesce(sql,'') FROM sqlite_schema ORDER BY 1")
        var lines: [String] = []
        while try select.step() { lines.append(select.string(0)) }
        return lines
    }

    @Test("each kind of object is named as what it is, and everything else can be read", arguments: ["v", "g", "i", "u"])
    func named(name: String) throws {
        let connection = try make([name])
        #expect(try connection.unreadableObjects().map(\.name) == [name])
        #expect(try connection.string("SELECT x FROM plain") == "p")
        let failure = try #require(try connection.unreadableFailure())
        #expect(failure.code == .schemaUnreadable && failure.message.contains("'\(name)'") && failure.message.contains(UnreadableObject.sqliteVersion))
    }

    @Test("a schema that can be read has no such objects, and costs no look")
    func readable() throws {
        let connection = try make([])
        #expect(try connection.unreadableObjects() == [] && connection.unreadableFailure() == nil && !connection.passesOverUnreadableObjects)
    }

    @Test("a connection that was open when the object appeared fails with 1524, never with damage")
    func whileOpen() throws {
        let connection = try make([])
        _ = try connection.string("SELECT x FROM plain")
        try Self.alter("v", to: Self.future[0].1, try Connection(scratch.path(), .write))
        do {
            _ = try connection.string("SELECT x FROM plain WHERE id=1")
            Issue.record("the schema was read")
        } catch { #expect(error.failure.code == .schemaUnreadable, "\(error)") }
    }

    @Test("what SQLite says of pages stays damage")
    func pages() {
        for (words, code) in [
            ("malformed database schema (t) - invalid rootpage", ErrorCode.databaseDamaged), ("malformed database schema (i) - orphan index", .databaseDamaged),
            ("malformed database schema (?)", .databaseDamaged), ("database disk image is malformed", .databaseDamaged),
            ("malformed database schema (v) - near \"x\": syntax error", .schemaUnreadable),
        ] {
            #expect(DatabaseError(code: 11, message: words, path: "/d").failure.code == code, "\(words)")
        }
    }

    @Test("damage is looked for within reach of a Stop: a structure may be without end")
    func judgedUntilStop() throws {
        _ = try make([])
        try Self.alter("v", to: "CREATE VIEW v AS \u{0}", try Connection(scratch.path(), .write))
        let error = DatabaseError(code: 11, message: "malformed database schema (v) - near \"x\": syntax error", path: scratch.path())
        #expect(error.judged.failure.code == .databaseDamaged)
        let job = Job()
        #expect(job.perform { _ in error.judged.failure.code } == .databaseDamaged)
        job.stop()
        #expect(job.perform { _ in error.judged.failure.code } == .schemaUnreadable)
    }

    @Test("tables that cannot be read, or have an index that cannot, are not journaled and say why")
    func schema() throws {
        let schema = try Schema.read(make(["v", "g", "i", "u"]))
        #expect(schema.tables.map(\.name) == ["plain"])
        #expect(schema.exclusions.map(\.name).sorted() == ["t", "u"] && schema.exclusions.allSatisfy { $0.isForeign && $0.reason.contains(UnreadableObject.sqliteVersion) })
    }

    @Test("a view or trigger does not keep its table from being journaled")
    func withoutPages() throws {
        #expect(try Schema.read(make(["v", "g"])).tables.map(\.name) == ["plain", "t", "u"])
    }

    @Test("capture goes on with what can be read, and leaves the schema as if it had never been there", arguments: [["v"], ["g"], ["i"], ["u"], ["v", "g", "i", "u"]])
    func capture(names: [String]) throws {
        let before = try lines(make(names))
        try Folder.removeFile(scratch.path())
        let connection = try make(names, captured: true)
        let changes = try #require(try Capture.resynchronise(connection))
        #expect(changes.changes == names.count)
        try connection.execute("INSERT INTO plain VALUES(2,'q')")
        let sink = Collected()
        _ = try #require(try Drain(connection).run(after: 1, sequences: [:], now: 1, into: sink))
        #expect(sink.entries.contains { $0.action == .addition && $0.key == [.integer(2)] })
        try Capture.remove(connection)
        #expect(try lines(connection) == before)
        #expect(try lines(Connection(scratch.path(), .read)) == before)
    }

    /// What no SQLite writes, with the byte that is garbled counted from the beginning of the statement.
    @Test("damage that garbled a statement is told from a newer SQLite's", arguments: [(0, 0x58), (20, 0), (20, 0x58)])
    func garbled(place: Int, byte: UInt8) throws {
        _ = try make([])
        let bytes = try File.contents(of: scratch.path(), atMost: 1 << 20)
        let at = try #require(bytes.firstRange(of: Array(Self.text.utf8))).lowerBound
        try [UInt8](repeating: byte, count: 3).withUnsafeBytes { try File(scratch.path(), .readWrite).write($0, at: UInt64(at + place)) }
        // A garbled word could be one of a newer SQLite: only what cannot be is damage.
        let isCertain = byte == 0 || place == 0
        do {
            let connection = try Connection(scratch.path(), .write)
            #expect(try (connection.schemaDamage() != nil) == isCertain)
            #expect(try connection.unreadableFailure()?.code == (isCertain ? .databaseDamaged : .schemaUnreadable))
            #expect(try DatabaseCheck(.full).run(connection).isEmpty != isCertain)
        } catch let error as DatabaseError { #expect(isCertain && error.judged.failure.code == .databaseDamaged, "\(error)") }
    }

    private static let text = "CREATE VIEW v AS SELECT x"

    @Test("healthy structures are never damage, whatever a newer SQLite wrote", arguments: [["v"], ["g"], ["i"], ["u"], ["v", "g", "i", "u"], []])
    func healthy(names: [String]) throws {
        let connection = try make(names)
        #expect(try connection.schemaDamage() == nil)
        for encoding in ["UTF-16le", "UTF-16be"] {
            let other = try Connection(scratch.path(encoding), .create)
            try other.execute("PRAGMA encoding='\(encoding)'; CREATE TABLE t(a DEFAULT 'Zoë \u{1}'); CREATE VIEW v AS SELECT 1")
            try Self.alter("v", to: Self.future[0].1, other)
            #expect(try Connection(scratch.path(encoding), .write).schemaDamage() == nil)
        }
    }

    @Test("a check looks at all pages, and says what it could not ask; damage in what cannot be read is found")
    func check() throws {
        let connection = try make(["i", "u"])
        let report = try DatabaseCheck(.full).report(connection)
        #expect(report.problems == [] && report.notChecked.contains { $0.contains("'u'") } && report.notChecked.contains { $0.contains("'i'") })
        let page = try #require(try connection.integer("SELECT rootpage FROM sqlite_schema WHERE name='u'"))
        let size = try #require(try connection.integer("PRAGMA page_size"))
        let file = try File(scratch.path(), .readWrite)
        let rubbish = [UInt8](repeating: 0xff, count: Int(size))
        try rubbish.withUnsafeBytes { try file.write($0, at: UInt64((page - 1) * size)) }
        #expect(try DatabaseCheck(.full).run(Connection(scratch.path(), .read)).map(\.table) == ["u"])
    }

    @Test("functions that SQLite itself has may stand in a schema", arguments: [
        "CREATE TABLE j(a CHECK(json_valid(a)))", "CREATE TABLE j(a, b AS (json_extract(a,'$.x')) STORED)", "CREATE TABLE j(a, b AS (a->>'$.x'))",
        "CREATE TABLE j(a, b DEFAULT (json_object('k',1)))", "CREATE TABLE j(a); CREATE INDEX k ON j(json_extract(a,'$.x'))", "CREATE TABLE j(a CHECK(sqrt(1)>0), b AS (soundex(a)))",
    ])
    func builtIn(sql: String) throws {
        try Connection(scratch.path(), .create).execute(sql)
        let connection = try Connection(scratch.path(), .write)
        #expect(try connection.unreadableObjects() == [])
        let schema = try Schema.read(connection)
        #expect(schema.tables.map(\.name) == ["j"] && schema.exclusions == [])
    }

    @Test("what an insertion does not call does not matter: CHECK and DEFAULT with functions of the application")
    func harmless() throws {
        do {
            let connection = try Connection(scratch.path(), .create)
            try connection.execute("CREATE TABLE c(a CHECK(a>0), b DEFAULT (abs(1))); CREATE TABLE d(a, b AS (abs(a)) STORED)")
            try Self.alter("c", to: "CREATE TABLE c(a CHECK(ours(a)), b DEFAULT (ours(1)))", connection)
            try Self.alter("d", to: "CREATE TABLE d(a, b AS (ours(a)) STORED)", connection)
        }
        let schema = try Schema.read(Connection(scratch.path(), .write))
        #expect(schema.tables.map(\.name) == ["c"] && schema.exclusions.map(\.name) == ["d"])
    }
}
