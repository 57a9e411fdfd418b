// What SQLite refuses reads as what the person can do about it.

@testable import Database
import FileSystem
import Testing
import Vocabulary

@Suite("SQLite's refusals for people")
struct DatabaseErrorTests {
    let bench = Bench()

    private func failure(_ body: () throws -> Void) -> Failure? {
        do {
            try body()
            return nil
        } catch { return (error as? DatabaseError)?.failure ?? error as? Failure }
    }

    @Test("writing through a reading connection is error 1511, a full disk 1505, each with the path and SQLite's words")
    func real() throws {
        let connection = try bench.database("a", "CREATE TABLE t(v)")
        let path = bench.folder + "/a.db"
        let reading = try Connection(path, .read)
        let refused = failure { try reading.execute("INSERT INTO t VALUES(1)") }
        #expect(refused?.code == .noPermission)
        #expect(refused?.message == "the database '\(path)' may not be used that way")
        try connection.execute("PRAGMA max_page_count=3")
        let full = failure { try connection.execute("INSERT INTO t VALUES(zeroblob(100000))") }
        #expect(full?.code == .notEnoughSpace)
        #expect(full?.message == "the disk that holds '\(path)' is full")
        #expect(full?.cause == "database or disk is full")
        #expect(full?.hint == "Free space on that disk and try again; nothing was changed.")
    }

    @Test("a broken disk is error 1515, an interruption is the user's Stop, and no statement at all is told with its code")
    func others() throws {
        let broken = DatabaseError(code: 10 | 1 << 8, message: "disk I/O error", path: "/d.db").failure
        #expect(broken.code == .readFailed && broken.message == "reading or writing '/d.db' failed")
        #expect(DatabaseError(code: 9, message: "", path: "/d.db").failure.code == .stopped)
        let connection = try bench.database("a", "CREATE TABLE t(v)")
        let empty = failure { _ = try connection.prepare(" -- nothing") }
        #expect(empty?.code == .databaseError && empty?.cause == "the statement is empty (code 21)")
    }

    @Test("a disk that fills up while operations are applied is told as that, not as rows that differ; a value the table refuses is named")
    func applying() throws {
        let connection = try bench.database("a", "CREATE TABLE t(id INTEGER PRIMARY KEY, v INT) STRICT; CREATE TABLE k(b, v, PRIMARY KEY(b)) WITHOUT ROWID")
        let word = connection.text("word")
        let refused = failure {
            try ApplierTests.apply(.redo, [Recorded(.addition, table: 1, key: [.integer(8)], new: [word])], to: connection)
        }
        #expect(refused?.code == .contentDiffers)
        #expect(refused?.message == "row 8 of the table 't' is not what the log says")
        #expect(refused?.cause?.hasPrefix("the table refuses it: ") == true)
        let keyed = TableDefinition(
            id: 1, name: "k", isWithoutRowid: true, rowidColumn: nil, rowidName: nil,
            columns: [.init(name: "b", type: "", keyPosition: 1), .init(name: "v", type: "")])
        let missing = failure {
            let key = Value.blob([0x01, 0xfe])
            try ApplierTests.apply(.redo, [Recorded(.deletion, table: 1, key: [key], old: [key, .null])], [keyed], to: connection)
        }
        #expect(missing?.message == "row x'01fe' of the table 'k' is not what the log says")
        try connection.execute("PRAGMA max_page_count=4")
        let large = Recorded(.addition, table: 1, key: [.blob([1])], new: [.blob([1]), .blob([UInt8](repeating: 1, count: 100_000))])
        let full = failure { try ApplierTests.apply(.redo, [large], [keyed], to: connection) }
        #expect(full?.code == .notEnoughSpace)
        #expect(try connection.integer("SELECT count(*) FROM k") == 0)
    }

    @Test("a table without rowid whose key is another, and one that hides its rowid, are not the tables of the log")
    func otherKeys() throws {
        let keyed = TableDefinition(
            id: 1, name: "t", isWithoutRowid: true, rowidColumn: nil, rowidName: nil,
            columns: [.init(name: "a", type: "", keyPosition: 1), .init(name: "b", type: "")])
        let hidden = TableDefinition(
            id: 1, name: "t", isWithoutRowid: false, rowidColumn: nil, rowidName: "_rowid_", columns: [.init(name: "v", type: "")])
        for (sql, definition, why) in [
            ("CREATE TABLE t(a, b, PRIMARY KEY(b)) WITHOUT ROWID", keyed, "its key is another"),
            ("CREATE TABLE t(v, _rowid_ AS (1))", hidden, "its rowid cannot be addressed"),
        ] {
            let bench = Bench()
            let connection = try bench.database("a", sql)
            let found = failure {
                try ApplierTests.apply(.redo, [Recorded(.addition, table: 1, key: [.integer(1)], new: [.integer(1)])], [definition], to: connection)
            }
            #expect(found?.code == .structureChanged)
            #expect(found?.description.contains(why) == true, "\(String(describing: found))")
        }
    }

    @Test("a damaged table is told as damage of the database by whichever operation meets it, and nothing is changed", arguments: [
        Recorded(.addition, table: 1, key: [.integer(8)], new: [.integer(1)]), Recorded(.deletion, table: 1, key: [.integer(1)], old: [.integer(1)]),
        Recorded(.modification, table: 1, key: [.integer(1)], old: [.integer(1)], new: [.integer(2)]), Recorded(.reload, table: 1),
    ], [Applier.Expectation.strict, .exact])
    func damaged(operation: Recorded, expectation: Applier.Expectation) throws {
        try { try Connection(bench.folder + "/a.db", .create).execute("CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES(1,1)") }()
        let file = try File(bench.folder + "/a.db", .readWrite)
        try [UInt8](repeating: 0xff, count: 4096).withUnsafeBytes { try file.write($0, at: 4096) }
        let connection = try Connection(bench.folder + "/a.db", .write)
        let found = failure { try ApplierTests.apply(.redo, [operation], to: connection, expectation: expectation) }
        #expect(found?.code == .databaseDamaged, "\(String(describing: found))")
        #expect(!connection.isInTransaction)
    }
}
