@testable import Database
import Glibc
import Testing
import Vocabulary

@Suite("The pages of a live database as one stream", .serialized)
struct PageReaderTests {
    @Test(
        "every stream taken while others commit and checkpoint is a whole database in one committed state",
        arguments: ["WAL", "DELETE", "TRUNCATE", "PERSIST"], [512, 4096])
    func hammer(mode: String, pageSize: Int) throws {
        let bank = try Bank("PRAGMA page_size=\(pageSize); PRAGMA journal_mode=\(mode)")
        defer { bank.remove() }
        let connection = try Connection(bank.path, .read, busyTimeout: 5000)
        try bank.whileWriting {
            for round in 0..<10 {
                let reader = try PageReader(connection)
                #expect(reader.isWriteAheadLog == (mode == "WAL"))
                let copy = try bank.stream(reader, chunk: [1 << 20, 65536, 777][round % 3])
                // Other reads of the same connection see the same state.
                let rows = try connection.integer("SELECT count(*) FROM entry")
                reader.finish()
                #expect(try Bank.fault(of: copy) == nil)
                #expect(try Connection(copy, .read).integer("SELECT count(*) FROM entry") == rows)
            }
        }
    }

    @Test("the log's pages are laid over the main file, and none once a checkpoint has moved them")
    func overlay() throws {
        let bank = try Bank()
        defer { bank.remove() }
        let writer = try Connection(bank.path, .write)
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20 { try Bank.transact(writer, &random) }
        let connection = try Connection(bank.path, .read)
        let before = try PageReader(connection)
        #expect(before.frames.count > 10)
        #expect(try Bank.fault(of: bank.stream(before, chunk: 1000)) == nil)
        before.finish()
        try writer.execute("PRAGMA wal_checkpoint(PASSIVE)")
        let after = try PageReader(connection)
        #expect(after.frames.count == 0)
        #expect(try Bank.fault(of: bank.stream(after, chunk: 1000)) == nil)
    }

    @Test("a commit or a new log that falls into the marking is noticed and marking tried again", arguments: [
        "UPDATE account SET pad=randomblob(600)", "UPDATE account SET pad=randomblob(600); PRAGMA wal_checkpoint(PASSIVE)",
    ])
    func disturbed(disturbance: String) throws {
        let bank = try Bank()
        defer { bank.remove() }
        let writer = try Connection(bank.path, .write)
        let connection = try Connection(bank.path, .read)
        for rounds in 1...5 {
            var left = rounds
            let reader = try PageReader(connection) { () throws(DatabaseError) in
                if left > 0 { try writer.execute(disturbance) }
                left -= 1
            }
            let copy = try bank.stream(reader, chunk: 4096)
            #expect(left < 0)
            #expect(try Bank.fault(of: copy) == nil)
            let pads = "SELECT group_concat(hex(pad)) FROM account"
            #expect(try Connection(copy, .read).string(pads) == connection.string(pads))
            reader.finish()
        }
    }

    @Test("the stream stays in its snapshot when the log starts anew and grows behind it")
    func restart() throws {
        let bank = try Bank()
        defer { bank.remove() }
        let writer = try Connection(bank.path, .write)
        try writer.execute("PRAGMA wal_checkpoint(PASSIVE)")
        let connection = try Connection(bank.path, .read)
        // Everything is in the main file, so this reader keeps nobody from starting the log anew.
        let reader = try PageReader(connection)
        try writer.execute("UPDATE account SET balance=0, pad=randomblob(900); PRAGMA wal_checkpoint(PASSIVE)")
        let copy = try bank.stream(reader, chunk: 4096)
        reader.finish()
        #expect(try Bank.fault(of: copy) == nil)
    }

    @Test("every page size, encoding and vacuum mode streams to a sound file", arguments: [512, 1024, 8192, 65536])
    func shapes(pageSize: Int) throws {
        for (encoding, vacuum) in [("UTF-8", "FULL"), ("UTF-16le", "INCREMENTAL"), ("UTF-16be", "NONE")] {
            let bank = try Bank(
                "PRAGMA page_size=\(pageSize); PRAGMA encoding='\(encoding)'; PRAGMA auto_vacuum=\(vacuum); PRAGMA journal_mode=WAL")
            defer { bank.remove() }
            let writer = try Connection(bank.path, .write)
            var random = SystemRandomNumberGenerator()
            for _ in 0..<20 { try Bank.transact(writer, &random) }
            try writer.execute("PRAGMA wal_checkpoint(PASSIVE); DELETE FROM entry WHERE id%2; UPDATE counter SET n=(SELECT count(*) FROM entry)")
            let reader = try PageReader(try Connection(bank.path, .read))
            #expect(reader.pageSize == pageSize)
            #expect(try Bank.fault(of: bank.stream(reader, chunk: 50_000)) == nil)
        }
    }

    @Test("a database beyond 1 GiB, with its lock-byte page, streams whole", arguments: ["DELETE", "WAL"])
    func lockBytePage(mode: String) throws {
        let bank = try Bank("PRAGMA page_size=65536; PRAGMA auto_vacuum=NONE; PRAGMA journal_mode=\(mode)")
        defer { bank.remove() }
        try { try Connection(bank.path, .write).execute("PRAGMA wal_checkpoint(TRUNCATE)") }()
        try Self.stretch(bank.path, pageSize: 65536, toPage: 16_500)
        let writer = try Connection(bank.path, .write)
        try writer.execute("CREATE TABLE far(v); INSERT INTO far VALUES(randomblob(900000))")
        let blob = try writer.string("SELECT hex(v) FROM far")
        let reader = try PageReader(try Connection(bank.path, .read))
        #expect(reader.byteCount == 16_500 * 65_536)
        let copy = try bank.stream(reader, chunk: 1 << 20)
        reader.finish()
        #expect(try Self.hasBytes(copy, behind: 16_385 * 65_536))
        #expect(try Bank.fault(of: copy) == nil)
        #expect(try Connection(copy, .read).string("SELECT hex(v) FROM far") == blob)
    }

    static func hasBytes(_ path: String, behind offset: Int) throws -> Bool {
        let file = try #require(fopen(path, "r"))
        defer { fclose(file) }
        fseek(file, offset, SEEK_SET)
        while true {
            let byte = getc(file)
            if byte == EOF { return false }
            if byte != 0 { return true }
        }
    }

    /// Lengthens a closed database by a hole whose pages are a free list, the last ones first in it; so the next
    /// overflow pages stand behind the lock-byte page (the one at 1 GiB), and no space is used.
    static func stretch(_ path: String, pageSize: Int, toPage last: Int) throws {
        let file = try #require(fopen(path, "r+"))
        defer { fclose(file) }
        fseek(file, 0, SEEK_END)
        let pages = ftell(file) / pageSize
        func put(_ numbers: [Int], at offset: Int) {
            fseek(file, offset, SEEK_SET)
            for number in numbers { withUnsafeBytes(of: UInt32(number).bigEndian) { _ = fwrite($0.baseAddress, 4, 1, file) } }
        }
        let leaves = (pages + 3...last).reversed().filter { $0 != (1 << 30) / pageSize + 1 }
        let half = leaves.count / 2
        put([pages + 2, half] + leaves[..<half], at: pages * pageSize)
        put([0, leaves.count - half] + leaves[half...], at: (pages + 1) * pageSize)
        put([last], at: 28)
        put([pages + 1, leaves.count + 2], at: 32)
        fflush(file)
        truncate(path, off_t(last * pageSize))
    }

    @Test("a file of no bytes streams as no bytes")
    func empty() throws {
        let bank = try Bank("PRAGMA journal_mode=DELETE")
        defer { bank.remove() }
        truncate(bank.path, 0)
        let reader = try PageReader(try Connection(bank.path, .read))
        #expect(reader.byteCount == 0)
        var byte: UInt8 = 7
        #expect(try withUnsafeMutableBytes(of: &byte) { try reader.read(into: $0) } == 0)
    }

    @Test("a WAL database that nobody has open, without a log, streams whole")
    func closedLog() throws {
        let bank = try Bank()
        defer { bank.remove() }
        try { try Connection(bank.path, .write).execute("PRAGMA wal_checkpoint(TRUNCATE)") }()
        unlink(bank.path + "-wal")
        unlink(bank.path + "-shm")
        let reader = try PageReader(try Connection(bank.path, .read))
        #expect(reader.isWriteAheadLog)
        #expect(try Bank.fault(of: bank.stream(reader, chunk: 4096)) == nil)
    }

    @Test("a database held exclusively is busy, and nothing is left begun", arguments: ["WAL", "DELETE"])
    func exclusive(mode: String) throws {
        let bank = try Bank("PRAGMA journal_mode=\(mode)")
        defer { bank.remove() }
        do {
            // In WAL mode nobody can become the only one while others have the database open.
            let early = mode == "WAL" ? nil : try Connection(bank.path, .read)
            let owner = try Connection(bank.path, .write)
            try owner.execute("PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE; UPDATE counter SET n=n; COMMIT")
            let error = #expect(throws: DatabaseError.self) { try PageReader(early ?? Connection(bank.path, .read)) }
            #expect(error?.isBusy == true)
            #expect(early?.isInTransaction != true)
        }
        let reader = try PageReader(try Connection(bank.path, .read))
        #expect(try Bank.fault(of: bank.stream(reader, chunk: 4096)) == nil)
    }

    @Test("a rollback-journal database keeps writers out until the reader finishes, and says for how long")
    func held() throws {
        let bank = try Bank("PRAGMA journal_mode=DELETE")
        defer { bank.remove() }
        let writer = try Connection(bank.path, .write)
        let reader = try PageReader(try Connection(bank.path, .read))
        #expect(!reader.isWriteAheadLog)
        usleep(20_000)
        #expect(throws: DatabaseError.self) { try writer.execute("UPDATE account SET balance=1") }
        reader.finish()
        #expect(reader.heldMicroseconds >= 20_000)
        try writer.execute("UPDATE account SET balance=1")
    }

    @Test("reading after the transaction has ended is an error, not other pages")
    func ended() throws {
        let bank = try Bank()
        defer { bank.remove() }
        let connection = try Connection(bank.path, .read)
        let reader = try PageReader(connection)
        #expect(throws: DatabaseError.self) { try PageReader(connection) }
        reader.finish()
        var byte: UInt8 = 7
        #expect(throws: DatabaseError.self) { try withUnsafeMutableBytes(of: &byte) { try reader.read(into: $0) } }
    }
}
