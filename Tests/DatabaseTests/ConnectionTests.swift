import Database
import Glibc
import Testing
import Vocabulary

@Suite("A connection and its statements")
struct ConnectionTests {
    let path: String

    init() throws {
        var template = Array("/tmp/msc-test-XXXXXX".utf8CString)
        path = String(cString: mkdtemp(&template)) + "/data.db"
    }

    @Test("values come back with their type and bytes in every encoding", arguments: ["UTF-8", "UTF-16le", "UTF-16be"])
    func values(encoding: String) throws {
        do {
            let maker = try Connection(path, .create)
            try maker.execute("PRAGMA encoding='\(encoding)'; CREATE TABLE t(v)")
        }
        let connection = try Connection(path, .write)
        var odd: [UInt8] = [0x61, 0, 0x62]
        if encoding != "UTF-8" { odd = [0x00, 0xd8, 0x61, 0x00] }  // a lone surrogate
        let values: [Value] = [
            .null, .integer(.min), .real(-0.0), .real(Double.leastNonzeroMagnitude), connection.text("é日本"), .text(odd), .blob([0, 1]), .blob([]),
            connection.text(""),
        ]
        for value in values { try connection.run("INSERT INTO t VALUES(?)", value) }
        let select = try connection.prepare("SELECT v FROM t ORDER BY rowid")
        var read: [Value] = []
        while try select.step() { read.append(select.value(0)) }
        #expect(read == values)
        #expect(try connection.string("SELECT v FROM t WHERE rowid=5") == "é日本")
    }

    @Test("a transaction that throws leaves nothing")
    func rollback() throws {
        let connection = try Connection(path, .create)
        try connection.execute("CREATE TABLE t(v)")
        #expect(throws: DatabaseError.self) {
            try connection.transaction("IMMEDIATE") {
                try connection.execute("INSERT INTO t VALUES(1)")
                try connection.execute("INSERT INTO nowhere VALUES(1)")
            }
        }
        #expect(try connection.integer("SELECT count(*) FROM t") == 0)
    }

    @Test("a connection closes with its last reference, kept statements or not, and a statement may outlive it")
    func closes() throws {
        var statement: Statement?
        do {
            let connection = try Connection(path, .create)
            try connection.execute("PRAGMA journal_mode=WAL; CREATE TABLE t(v)")
            try connection.run("INSERT INTO t VALUES(?)", .integer(1))
            statement = try connection.prepare("SELECT v FROM t")
        }
        #expect(try statement?.step() == true)
        #expect(access(path + "-wal", F_OK) == 0)
        statement = nil
        #expect(access(path + "-wal", F_OK) != 0)
    }

    @Test("a file that is no database gets error 1500, a missing one 1513")
    func badFiles() throws {
        let file = fopen(path, "w")
        fputs(String(repeating: "no database ", count: 100), file)
        fclose(file)
        let failure = #expect(throws: DatabaseError.self) { try Connection(path, .read) }
        #expect(failure?.failure.code == .notADatabase)
        let missing = #expect(throws: DatabaseError.self) { try Connection(path + "x", .read) }
        #expect(missing?.failure.code == .fileNotFound)
    }
}
