@testable import Database
import Glibc
import Testing
import Vocabulary

@Suite("Digest and check of a database")
struct VerificationTests {
    let bench = Bench()

    static let schema = """
        CREATE TABLE t(id INTEGER PRIMARY KEY, v, g AS (id+1)); CREATE TABLE h(v); CREATE TABLE w(a, b, PRIMARY KEY(b DESC, a)) WITHOUT ROWID;
        CREATE INDEX i ON h(v); CREATE INDEX j ON w(a); CREATE TABLE q(id INTEGER PRIMARY KEY AUTOINCREMENT); CREATE TABLE _msc_log(n);
        """

    @Test("the same content in other pages has the same digest")
    func sameContent() throws {
        let one = try bench.database("a", Self.schema)
        let other = try bench.database("b", "PRAGMA page_size=512; PRAGMA auto_vacuum=FULL; \(Self.schema)")
        try one.execute(
            """
            WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i<300) INSERT INTO t SELECT i, zeroblob(i*7) FROM c;
            INSERT INTO h VALUES(1),('1'),(1.0),(x'31'),(NULL); INSERT INTO w SELECT id%10, id FROM t; INSERT INTO h VALUES(zeroblob(200000));
            """)
        try other.execute(
            """
            WITH RECURSIVE c(i) AS (SELECT 300 UNION ALL SELECT i-1 FROM c WHERE i>-50) INSERT INTO t SELECT i, zeroblob(abs(i)*7) FROM c;
            DELETE FROM t WHERE id<1; INSERT INTO h(rowid,v) VALUES(10,1),(20,'1'),(21,1.0),(30,x'31'),(31,NULL),(32,zeroblob(200000));
            INSERT INTO w SELECT id%10, id FROM t ORDER BY random(); INSERT INTO _msc_log VALUES(1);
            """)
        #expect(try ContentDigest().compute(one) == ContentDigest().compute(other))
        #expect(try ContentDigest(rowids: .all).compute(one) != ContentDigest(rowids: .all).compute(other))
        let before = try ContentDigest().compute(one)
        try one.execute("DROP INDEX i; VACUUM")
        #expect(try ContentDigest().compute(one) == before)
    }

    @Test("any difference of a value, its type, a row, a column or a table changes the digest", arguments: [
        "UPDATE h SET v='1' WHERE typeof(v)='integer'", "UPDATE h SET v=1.0 WHERE typeof(v)='integer'", "UPDATE t SET id=id+100",
        "DELETE FROM w", "INSERT INTO h VALUES(NULL)", "CREATE TABLE more(a)", "ALTER TABLE h RENAME TO k", "ALTER TABLE h RENAME v TO x",
        "UPDATE h SET v=CAST(x'6100' AS TEXT) WHERE v='a'",
    ])
    func difference(sql: String) throws {
        let connection = try bench.database("a", "\(Self.schema) INSERT INTO h VALUES(1),('a'); INSERT INTO t(id,v) VALUES(1,-0.0); INSERT INTO w VALUES(1,2)")
        let before = try ContentDigest().compute(connection)
        try connection.execute(sql)
        #expect(try ContentDigest().compute(connection) != before)
    }

    @Test("counters count only when wanted")
    func counters() throws {
        let connection = try bench.database("a", "\(Self.schema) INSERT INTO q VALUES(1)")
        let plain = try ContentDigest().compute(connection)
        let all = try everything.compute(connection)
        try connection.execute("UPDATE sqlite_sequence SET seq=9")
        #expect(try ContentDigest().compute(connection) == plain)
        #expect(try everything.compute(connection) != all)
    }

    @Test("a damaged index and a damaged page are problems, a sound database has none")
    func problems() throws {
        do {
            let connection = try bench.database("a", "\(Self.schema) WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i<3000) INSERT INTO h SELECT hex(randomblob(20)) FROM c; INSERT INTO t(id) VALUES(1)")
            #expect(try DatabaseCheck(.full).run(connection) == [])
            #expect(try DatabaseCheck(.quick).run(connection, tables: ["t", "h", "w"]) == [])
            try connection.undefended { () throws(DatabaseError) in
                try connection.execute("PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql='CREATE INDEX i ON h(lower(v))' WHERE name='i'")
            }
        }
        do {
            let connection = try Connection(bench.folder + "/a.db", .read)
            let found = try DatabaseCheck(.full, limit: 5).run(connection, tables: ["t", "h"])
            #expect(found.count == 5)
            #expect(found.allSatisfy { $0.table == "h" && $0.message.contains("index i") })
        }
        let file = try #require(fopen(bench.folder + "/a.db", "r+"))
        fseek(file, 4096 * 12, SEEK_SET)
        fwrite([UInt8](repeating: 0xee, count: 4096), 1, 4096, file)
        fclose(file)
        #expect(try !DatabaseCheck(.quick).run(try Connection(bench.folder + "/a.db", .read)).isEmpty)
    }

    @Test("Stop is noticed before the next page is read, and the file is read as before afterwards")
    func stopWhileReading() throws {
        let connection = try bench.database("a", "\(Self.schema) WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i<9000) INSERT INTO t SELECT i, zeroblob(1000) FROM c")
        try connection.execute("PRAGMA cache_size=10")
        let job = Job()
        let failure = #expect(throws: Failure.self) {
            try connection.stopping(with: job, reportsReads: true) { () throws(DatabaseError) in
                _ = try connection.string("PRAGMA integrity_check")
                #expect(job.progress.done > 4 << 20)
                job.stop()
                let found = try connection.string("PRAGMA integrity_check")
                // This SQLite reports unreadable pages, a later one the interruption.
                #expect(found != "ok")
            }
        }
        #expect(failure?.code == .stopped)
        #expect(try connection.string("PRAGMA integrity_check") == "ok")
    }

    @Test("Stop ends digest and check with error 1406, and the connection goes on")
    func stop() throws {
        let connection = try bench.database("a", "\(Self.schema) WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i<200000) INSERT INTO t SELECT i, i FROM c")
        for body: (Job) throws -> Void in [
            { _ = try ContentDigest().compute(connection, $0) }, { _ = try DatabaseCheck(.full).run(connection, $0) },
        ] {
            let stopped = Job()
            stopped.stop()
            #expect(#expect(throws: Failure.self) { try body(stopped) }?.code == .stopped)
            #expect(!connection.isInTransaction)
        }
        for body: (Job) throws -> Void in [
            { _ = try ContentDigest().compute(connection, $0) }, { _ = try DatabaseCheck(.full).run(connection, $0) },
        ] {
            let job = Job()
            let thread = StopLater(job)
            try thread.start()
            defer { thread.join() }
            let failure = #expect(throws: Failure.self) { for _ in 0..<1000 { try body(job) } }
            #expect(failure?.code == .stopped)
        }
        #expect(try connection.integer("SELECT count(*) FROM t") == 200_000)
    }
}

/// Presses Stop after 20 milliseconds.
private final class StopLater {
    let job: Job
    var thread = pthread_t()

    init(_ job: Job) { self.job = job }

    func start() throws {
        let body: @Sendable @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
            usleep(20_000)
            if let context = $0 { Unmanaged<Job>.fromOpaque(context).takeRetainedValue().stop() }
            return nil
        }
        try #require(pthread_create(&thread, nil, body, Unmanaged.passRetained(job).toOpaque()) == 0)
    }

    func join() { pthread_join(thread, nil) }
}
