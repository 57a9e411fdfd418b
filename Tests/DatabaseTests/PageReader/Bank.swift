// A database whose every committed state obeys two rules, and a writer that keeps committing to it while tests read.

import Database
import Glibc
import Synchronization
import Testing
import Vocabulary

/// Rules: the balances add up to 100,000, and `counter` holds the number of rows of `entry`.
struct Bank {
    let folder: String
    var path: String { folder + "/data.db" }

    init(_ pragmas: String = "PRAGMA journal_mode=WAL") throws {
        var template = Array("/tmp/msc-test-XXXXXX".utf8CString)
        folder = String(cString: mkdtemp(&template))
        let maker = try Connection(path, .create)
        try maker.execute(
            """
            \(pragmas);
            CREATE TABLE account(id INTEGER PRIMARY KEY, balance INTEGER, pad BLOB);
            CREATE TABLE entry(id INTEGER PRIMARY KEY, text TEXT UNIQUE, pad BLOB);
            CREATE TABLE counter(n INTEGER);
            INSERT INTO counter VALUES(0);
            WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i<100)
            INSERT INTO account SELECT i, 1000, randomblob(700) FROM c;
            """)
    }

    func remove() {
        for name in ["data.db", "data.db-wal", "data.db-shm", "data.db-journal", "copy.db"] { unlink(folder + "/" + name) }
        rmdir(folder)
    }

    /// One transaction that keeps the rules and touches pages all over the file.
    static func transact(_ connection: Connection, _ random: inout SystemRandomNumberGenerator) throws {
        try connection.transaction("IMMEDIATE") {
            let from = Int64.random(in: 1...100, using: &random)
            let to = Int64.random(in: 1...100, using: &random)
            try connection.run("UPDATE account SET balance=balance-7 WHERE id=?", .integer(from))
            try connection.run("UPDATE account SET balance=balance+7 WHERE id=?", .integer(to))
            for _ in 0..<3 {
                try connection.run("INSERT INTO entry(text,pad) VALUES(hex(randomblob(10)), randomblob(abs(random())%3000))")
            }
            if Int.random(in: 0..<20, using: &random) == 0 { try connection.run("DELETE FROM entry WHERE id%3=0") }
            try connection.run("UPDATE counter SET n=(SELECT count(*) FROM entry)")
        }
    }

    /// Streams the pages into `copy.db` in portions of `chunk` bytes.
    func stream(_ reader: PageReader, chunk: Int) throws -> String {
        let copy = folder + "/copy.db"
        unlink(copy)
        let file = try #require(fopen(copy, "w"))
        defer { fclose(file) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 16)
        defer { buffer.deallocate() }
        var total: UInt64 = 0
        while true {
            let count = try reader.read(into: buffer)
            if count == 0 { break }
            // A portion of zeros becomes a hole, so that a test of more than 1 GiB needs no such space.
            let bytes = try #require(buffer.baseAddress)
            let isZero = buffer[0] == 0 && memcmp(bytes, bytes + 1, count - 1) == 0
            if isZero { fseek(file, count, SEEK_CUR) } else { #expect(fwrite(bytes, 1, count, file) == count) }
            total += UInt64(count)
            if count < chunk { break }
        }
        #expect(total == reader.byteCount)
        fflush(file)
        truncate(copy, off_t(total))
        return copy
    }

    /// What is wrong with a streamed file; nil when it is whole and obeys the rules.
    static func fault(of copy: String) throws -> String? {
        let connection = try Connection(copy, .write)
        let check = try connection.string("PRAGMA integrity_check")
        if check != "ok" { return check }
        let sum = try connection.integer("SELECT sum(balance) FROM account") ?? 0
        if sum != 100_000 { return "the balances add up to \(sum)" }
        let rows = try connection.integer("SELECT count(*) FROM entry") ?? 0
        let counter = try connection.integer("SELECT n FROM counter") ?? 0
        return rows == counter ? nil : "\(rows) rows, counted \(counter)"
    }

    /// Runs `body` while another thread commits and, in WAL mode, checkpoints in every way.
    func whileWriting<Result>(_ reading: () throws -> Result) throws -> Result {
        let writer = Writer(path: path)
        var thread = pthread_t()
        let context = Unmanaged.passRetained(writer).toOpaque()
        let body: @Sendable @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
            if let context = $0 { Unmanaged<Writer>.fromOpaque(context).takeRetainedValue().run() }
            return nil
        }
        try #require(pthread_create(&thread, nil, body, context) == 0)
        defer {
            writer.isStopped.store(true, ordering: .releasing)
            pthread_join(thread, nil)
        }
        let deadline = ContinuousClock.now + .seconds(120)
        while writer.commits.load(ordering: .acquiring) == 0, ContinuousClock.now < deadline { usleep(100) }
        return try reading()
    }
}

/// Commits until it is stopped.
final class Writer: Sendable {
    let path: String
    let isStopped = Atomic<Bool>(false)
    let commits = Atomic<Int>(0)

    init(path: String) { self.path = path }

    func run() {
        var random = SystemRandomNumberGenerator()
        guard let connection = try? Connection(path, .write, busyTimeout: 2000) else { return }
        try? connection.execute("PRAGMA synchronous=OFF; PRAGMA cache_size=20")
        while !isStopped.load(ordering: .acquiring) {
            do {
                try Bank.transact(connection, &random)
                commits.add(1, ordering: .releasing)
                switch Int.random(in: 0..<12) {
                case 0: try connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                case 1: try connection.execute("PRAGMA wal_checkpoint(RESTART)")
                case 2, 3: try connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
                default: break
                }
            } catch {
                // A reader kept a checkpoint or a commit waiting for longer than the timeout: go on.
            }
        }
    }
}
