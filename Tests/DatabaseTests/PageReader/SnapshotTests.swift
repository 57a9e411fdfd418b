// Snapshots that cannot be marked, or whose write-ahead log is not what its index says.

@testable import Database
import Glibc
import Testing
import Vocabulary

@Suite("Snapshots that are refused")
struct SnapshotTests {
    @Test("a program that commits at each attempt makes the database count as locked: nothing mixed is read, and no transaction stays open")
    func busy() throws {
        let bank = try Bank()
        defer { bank.remove() }
        let writer = try Connection(bank.path, .write)
        try writer.execute("PRAGMA synchronous=OFF; PRAGMA wal_autocheckpoint=0")
        let connection = try Connection(bank.path, .read)
        var commits = 0
        let error = #expect(throws: DatabaseError.self) {
            _ = try PageReader(connection) { () throws(DatabaseError) in
                commits += 1
                try writer.run("UPDATE counter SET n=n+1")
            }
        }
        #expect(commits == 10_000)
        #expect(error?.isBusy == true)
        #expect(error?.message == "other programs commit too fast for a snapshot to be marked")
        #expect(!connection.isInTransaction)
    }

    @Test("I2: a frame that is not what the index says is error 1501 with its number, and no transaction stays open")
    func foreignFrame() throws {
        let bank = try Bank()
        defer { bank.remove() }
        let writer = try Connection(bank.path, .write)
        try writer.execute("PRAGMA wal_autocheckpoint=0; UPDATE account SET balance=balance+1")
        let connection = try Connection(bank.path, .read)
        try PageReader(connection).finish()
        let log = open(bank.path + "-wal", O_WRONLY)
        // The salts in the header of the third frame.
        let size = try #require(try writer.integer("PRAGMA page_size"))
        #expect(pwrite(log, "somebody", 8, 32 + 2 * (24 + Int(size)) + 8) == 8)
        close(log)
        let error = #expect(throws: DatabaseError.self) { _ = try PageReader(connection) }
        #expect(error?.failure.code == .databaseDamaged)
        #expect(error?.message == "frame 3 of the write-ahead log is not what its index says")
        #expect(!connection.isInTransaction)
    }

    @Test("a database that has no file cannot be streamed")
    func inMemory() throws {
        let connection = try Connection(":memory:", .create)
        try connection.execute("CREATE TABLE t(v)")
        let error = #expect(throws: DatabaseError.self) { _ = try PageReader(connection) }
        #expect(error?.message == "SQLite does not have the file open")
        #expect(!connection.isInTransaction)
    }
}
