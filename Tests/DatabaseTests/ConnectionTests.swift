import CSQLite
import Database
import FileSystem
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

    /// The end of a rollback journal as SQLite writes it when a transaction spans several databases, behind a header.
    private func leaveJournal(naming name: String, isHot: Bool = true) throws {
        let magic: [UInt8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7]
        func number(_ value: Int) -> [UInt8] { (0..<4).reversed().map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
        var bytes = magic + number(0) + number(1) + number(1) + number(512) + number(4096) + [UInt8](repeating: 0, count: 512 - 28)
        if !isHot { bytes.replaceSubrange(0..<28, with: [UInt8](repeating: 0, count: 28)) }
        bytes += number(0x4000_0000 / 4096 + 1) + Array(name.utf8) + number(name.utf8.count) + number(name.utf8.reduce(0) { $0 + Int($1) }) + magic
        try Publication.write(bytes, to: path + "-journal")
    }

    @Test("a rollback journal that names a super-journal elsewhere is left to its program: SQLite would remove the file that it names")
    func superJournal() throws {
        try Connection(path, .create).execute("CREATE TABLE t(a)")
        let precious = Folder.parent(of: path) + "/precious"
        try Publication.write([1], to: precious)
        for access in [Connection.Access.read, .write] {
            try leaveJournal(naming: precious)
            let error = #expect(throws: DatabaseError.self) { _ = try Connection(path, access).integer("SELECT count(*) FROM t") }
            #expect(error?.isBusy == true && error?.failure.code == .databaseLocked && error?.message.contains(precious) == true)
            #expect(Folder.exists(precious) && Folder.exists(path + "-journal"))
        }
        // One that was finished, and one that SQLite left beside its own database.
        try leaveJournal(naming: precious, isHot: false)
        #expect(try Connection(path, .read).integer("SELECT count(*) FROM t") == 0)
        try Folder.removeFile(path + "-journal")
        try leaveJournal(naming: path + "-mj12345678")
        #expect(try Connection(path, .write).integer("SELECT count(*) FROM t") == 0)
        #expect(Folder.exists(precious))
    }

    @Test("a Stop ends a statement that would not end, and what the connection did in its transaction", .timeLimit(.minutes(30)))
    func stop() throws {
        let connection = try Connection(path, .create)
        try connection.execute("CREATE TABLE t(a)")
        let job = Job()
        connection.stop(with: job)
        try connection.execute("INSERT INTO t VALUES(1)")
        job.stop()
        let endless = "INSERT INTO t WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM r) SELECT n FROM r"
        let error = #expect(throws: DatabaseError.self) { try connection.transaction("IMMEDIATE") { try connection.execute(endless) } }
        #expect(error?.failure.code == .stopped)
        // Inside, another job decides; afterwards this one does again.
        #expect(try connection.stopping(with: Job()) { () throws(DatabaseError) in try connection.integer("SELECT count(*) FROM t") } == 1)
        #expect(throws: DatabaseError.self) { try connection.execute(endless) }
        connection.stop(with: nil)
        #expect(try connection.integer("WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM r LIMIT 5000) SELECT max(n) FROM r") == 5000)
        #expect(try connection.integer("SELECT count(*) FROM t") == 1)
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

    @Test("SQLite opens no pipe and no device, whenever that came there, and waits for neither")
    func plainFilesOnly() throws {
        _ = try Connection(path, .create)
        // What all of SQLite opens goes through, the shared memory of a write-ahead log too: its own call of the system's open.
        let system = try #require(sqlite3_vfs_find("unix"))
        let call = try #require(system.pointee.xGetSystemCall(system, "open"))
        let open = unsafeBitCast(call, to: (@convention(c) (UnsafePointer<CChar>, Int32, Int32) -> Int32).self)
        func opens(_ path: String, _ flags: Int32 = O_RDONLY) -> Bool {
            let descriptor = open(path, flags, 0o600)
            if descriptor >= 0 { close(descriptor) }
            return descriptor >= 0
        }
        let pipe = Folder.parent(of: path) + "/pipe"
        let link = Folder.parent(of: path) + "/link"
        #expect(mkfifo(pipe, 0o600) == 0 && symlink(pipe, link) == 0)
        // Its other end is open, so that an open that asks for a reader or writer alone would come back too.
        let other = Glibc.open(pipe, O_RDWR)
        defer { close(other) }
        for name in [pipe, link, "/dev/zero", "/dev/full"] {
            for flags in [O_RDONLY, O_RDWR, O_RDWR | O_CREAT] { #expect(!opens(name, flags), "\(name)") }
        }
        for name in [path, Folder.parent(of: path), "/dev/urandom", "/dev/null"] { #expect(opens(name), "\(name)") }
    }

    @Test("a pipe that takes the place of a journal when the file is open already ends the statement, which waits for nobody")
    func latePipe() throws {
        try Connection(path, .create).execute("CREATE TABLE t(a)")
        let reader = try Connection(path, .read)
        let writer = try Connection(path, .write)
        #expect(mkfifo(path + "-journal", 0o600) == 0)
        #expect(throws: DatabaseError.self) { try writer.run("INSERT INTO t VALUES(2)") }
        #expect(throws: DatabaseError.self) { _ = try reader.integer("SELECT count(*) FROM t") }
        unlink(path + "-journal")
        try writer.run("INSERT INTO t VALUES(2)")
        #expect(try reader.integer("SELECT count(*) FROM t") == 1)
    }

    @Test(
        "no statement writes to the schema table or to the tables of a virtual table, where our own code does not ask for it",
        arguments: [Connection.Access.read, .write])
    func defensive(access: Connection.Access) throws {
        try Connection(path, .create).execute("CREATE TABLE t(a); CREATE VIRTUAL TABLE f USING fts5(x); INSERT INTO f VALUES('word')")
        let connection = try Connection(path, access)
        try connection.execute("PRAGMA query_only=OFF; PRAGMA writable_schema=ON; PRAGMA schema_version=77; PRAGMA journal_mode=OFF")
        for sql in ["DELETE FROM sqlite_schema", "UPDATE sqlite_schema SET sql='x'", "DELETE FROM f_content", "DROP TABLE f_data"] {
            #expect(throws: DatabaseError.self, "\(sql)") { try connection.execute(sql) }
        }
        #expect(try connection.integer("PRAGMA schema_version") != 77)
        #expect(try connection.string("PRAGMA journal_mode") == "delete")
        #expect(try connection.integer("SELECT count(*) FROM f WHERE f MATCH 'word'") == 1)
    }

    @Test("a database in memory is nobody else's, and no file")
    func memory() throws {
        let (one, other) = (try Connection(":memory:", .create), try Connection(":memory:", .create))
        for connection in [one, other] { try connection.execute("CREATE TABLE t(v)") }
        #expect(access(":memory:", F_OK) != 0)
    }
}
