// What a backup sees of its pages: nothing in whole databases of every shape, and the damage that disks and bad copies do.

import Glibc
import Testing
import Vocabulary

@testable import Database

@Suite("A check of the pages that stream by")
struct PageCheckTests {
    private func findings(_ path: String) throws -> PageCheck.Findings {
        let reader = try PageReader(Connection(path, .read, busyTimeout: 5000))
        defer { reader.finish() }
        var check = PageCheck(pageSize: reader.pageSize, pageCount: reader.pageCount)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let offset = reader.offset
            let count = try reader.read(into: buffer)
            if count == 0 { break }
            check.take(UnsafeRawBufferPointer(rebasing: buffer[..<count]), at: offset)
        }
        return try reader.findings(of: check)
    }

    private static func fill(_ connection: Connection) throws {
        try connection.execute(
            """
            CREATE TABLE wide(a INTEGER PRIMARY KEY, b, c); CREATE INDEX i ON wide(b);
            CREATE TABLE plain(k TEXT, v, PRIMARY KEY(k, v)) WITHOUT ROWID;
            CREATE TABLE _msc_like(x); CREATE VIEW view AS SELECT 1; CREATE VIRTUAL TABLE words USING fts5(text);
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
            INSERT INTO wide SELECT i, hex(randomblob(20)), randomblob(CASE WHEN i % 50 THEN 40 ELSE 9000 END) FROM n;
            INSERT INTO plain SELECT b, a FROM wide; INSERT INTO words SELECT b FROM wide WHERE a % 10 = 0;
            """)
    }

    @Test(
        "a whole database is never called damaged: page sizes, vacuum modes, journals, free pages, values of many pages",
        arguments: [512, 1024, 4096, 65536], ["PRAGMA auto_vacuum=0", "PRAGMA auto_vacuum=1", "PRAGMA auto_vacuum=2"])
    func whole(pageSize: Int, vacuum: String) throws {
        for mode in ["wal", "delete"] {
            let bank = try Bank("PRAGMA page_size=\(pageSize); \(vacuum); PRAGMA journal_mode=\(mode); PRAGMA wal_autocheckpoint=50")
            defer { bank.remove() }
            let writer = try Connection(bank.path, .write, busyTimeout: 5000)
            try Self.fill(writer)
            for statement in [
                "SELECT 1", "DELETE FROM wide WHERE a % 3 = 0", "DELETE FROM plain", "DROP INDEX i",
                "UPDATE wide SET c = randomblob(200) WHERE a % 7 = 0",
                "DELETE FROM wide", "PRAGMA incremental_vacuum(20)", "DROP TABLE wide", "VACUUM",
            ] {
                try writer.execute(statement)
                let found = try findings(bank.path)
                #expect(found.problem == nil, "\(statement) \(pageSize) \(mode)")
                #expect((found.pagesOfTables ?? 0) > 0)
            }
        }
    }

    @Test("an empty file, and one that was never written to, are whole")
    func empty() throws {
        let bank = try Bank()
        defer { bank.remove() }
        for name in ["data.db", "data.db-wal", "data.db-shm"] { unlink(bank.folder + "/" + name) }
        let file = try #require(fopen(bank.path, "w"))
        fclose(file)
        #expect(try findings(bank.path) == PageCheck.Findings())
    }

    @Test("a tree whose pages name the same page ten thousands of times is damaged at once: they are not all remembered")
    func manyChildren() throws {
        let (pageSize, pageCount) = (65536, UInt64(40))
        func page(_ number: UInt64) -> [UInt8] {
            var page = [UInt8](repeating: 0, count: pageSize)
            let isFirst = number == 1
            if isFirst { page.replaceSubrange(0..<24, with: Array("SQLite format 3\0".utf8) + [0, 1, 1, 1, 0, 64, 32, 32]) }
            func put(_ value: Int, at place: Int) { (page[place], page[place + 1]) = (UInt8(value >> 8), UInt8(value & 0xff)) }
            let start = isFirst ? 100 : 0
            // A leaf without rows on page 1; interior pages whose cells are all the same.
            page[start] = isFirst ? 13 : 5
            let count = isFirst ? 0 : 32_000
            put(count, at: start + 3)
            put(64_100, at: start + 5)
            if isFirst { return page }
            page[11] = UInt8(number + 1)
            for cell in 0..<count { put(64_100, at: 12 + 2 * cell) }
            page[64_103] = UInt8(number + 1)
            return page
        }
        var check = PageCheck(pageSize: pageSize, pageCount: pageCount)
        for number in 1...pageCount { page(number).withUnsafeBytes { check.take($0, at: (number - 1) * UInt64(pageSize)) } }
        var read = 0
        let found = try check.findings(roots: [(page: 2, isOwn: true)]) { number in
            read += 1
            return page(number)
        }
        #expect(found.problem?.contains("used twice") == true)
        #expect(read == 1)
    }

    @Test("pages that were wiped, overwritten or exchanged are found", arguments: [[UInt8(0)], [0xff], Array("garbage ".utf8), [13, 0, 0, 255, 255]])
    func damaged(content: [UInt8]) throws {
        let bank = try Bank("PRAGMA journal_mode=delete")
        defer { bank.remove() }
        try Self.fill(Connection(bank.path, .write))
        let found = try Connection(bank.path, .read).integer("SELECT rootpage FROM sqlite_schema WHERE name = 'i'")
        let root = try #require(found)
        let file = try #require(fopen(bank.path, "r+"))
        fseek(file, Int(root - 1) * 4096, SEEK_SET)
        let bytes = (0..<4096).map { content[$0 % content.count] }
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
        #expect(try findings(bank.path).problem != nil)
    }

    @Test("a file that lost its end, and a broken list of free pages, are found")
    func cut() throws {
        let bank = try Bank("PRAGMA journal_mode=delete")
        defer { bank.remove() }
        let writer = try Connection(bank.path, .write)
        try Self.fill(writer)
        try writer.execute("DROP TABLE plain")
        let file = try #require(fopen(bank.path, "r+"))
        fseek(file, 36, SEEK_SET)
        fwrite([UInt8]([0, 0, 0, 1]), 1, 4, file)
        fclose(file)
        #expect(try findings(bank.path).problem?.contains("free pages") == true)
    }
}
