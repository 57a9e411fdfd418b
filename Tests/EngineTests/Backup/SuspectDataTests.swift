// Backups of data that one does not want to go back to: they are made, they say so, and good sets do not make way for them (I4).

import Database
import FileSystem
import Glibc
import Testing
import Vocabulary

@testable import Engine

@Suite("Backups of emptied, exchanged and damaged data")
struct SuspectDataTests {
    private func filled(startsLog: Bool = true) throws -> Site {
        let site = try Site(startsLog: startsLog)
        try site.client().execute(
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
            INSERT INTO item(name) SELECT hex(randomblob(50)) FROM n
            """)
        for _ in 0..<3 { #expect(try site.backup().condition == nil) }
        return site
    }

    private func present(_ site: Site) throws -> [Int] { try site.sets().filter(\.present).map(\.number).sorted() }

    enum Exchange: CaseIterable { case zero, fresh, setAside }

    @Test(
        "I4: another file in the data's place does not drive out the last good set, however many backups are made of it",
        arguments: Exchange.allCases)
    func exchanged(_ exchange: Exchange) throws {
        let site = try filled()
        let before = try present(site)
        let good = try #require(before.max())
        site.leave()
        let data = site.application.data
        if exchange == .setAside { try Folder.move(data, to: data + ".corrupt") }
        for path in [data, data + "-wal", data + "-shm"] { try Folder.removeFile(path) }
        if exchange == .zero { try Publication.write([], to: data) } else {
            try Connection(data, .create).execute("CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT)")
        }
        for _ in 0..<5 {
            let outcome = try site.backup()
            #expect(outcome.condition == "foreign")
            #expect( outcome.warnings.contains { $0.hasPrefix("error 1528") })
        }
        #expect(try present(site).contains(good))
        let restored = try #require(try site.restore(good, .folder(site.folder + "/back")).data)
        let rows = try Connection(restored, .read).integer("SELECT count(*) FROM item")
        #expect(rows == 2000)
    }

    @Test("I4: emptied tables are told from grown ones, without a log too; filled again, the data are good")
    func emptied() throws {
        let site = try filled(startsLog: false)
        try site.client().execute("CREATE TABLE kept AS SELECT * FROM item; DELETE FROM item")
        #expect(try site.backup().condition == nil, "half of it is not much less")
        try site.client().execute("DELETE FROM kept")
        for _ in 0..<5 { #expect(try site.backup().condition == "emptied") }
        #expect(try present(site).contains(4))
        try site.client().execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO item(name) SELECT hex(randomblob(50)) FROM n")
        #expect(try site.backup().condition == nil)
    }

    @Test("damaged data are saved, and said to be damaged; a history that was lost knows it again from the archives")
    func damaged() throws {
        let site = try filled()
        _ = try site.drain()
        try site.client().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        let found = try site.client().integer("SELECT rootpage FROM sqlite_schema WHERE name = 'item'")
        let root = try #require(found)
        site.leave()
        let file = try #require(fopen(site.application.data, "r+"))
        fseek(file, Int(root - 1) * 4096, SEEK_SET)
        fwrite([UInt8](repeating: 0xff, count: 4096), 1, 4096, file)
        fclose(file)
        for _ in 0..<4 { #expect(try site.backup().condition == "damaged") }
        let sets = try site.sets()
        #expect(sets.filter { $0.condition == nil }.map(\.number).max() == 3)
        try Folder.removeFile(site.application.defaultDestination + "/" + HistoryFile.name)
        #expect(try site.sets().map(\.condition) == sets.map(\.condition))
    }
}
