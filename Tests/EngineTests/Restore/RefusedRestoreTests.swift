// What cannot be restored or integrated is said before anything is changed, with what can be done instead.

import Database
import FileSystem
import Testing
import Vocabulary

@testable import Engine

@Suite("Restores and integrations that are refused")
struct RefusedRestoreTests {
    private func failure(_ body: () throws -> Void) -> Failure? {
        do {
            try body()
            return nil
        } catch { return error as? Failure }
    }

    @Test("an archive without the data has nothing to put in their place, and no logs to integrate")
    func withoutData() throws {
        let site = try Site()
        try site.set("", general: "<IncludeDataFile>False</IncludeDataFile>")
        try site.add("a")
        _ = try site.backup()
        let number = try #require(try site.sets().first?.number)
        let inPlace = failure { _ = try site.restore(number, .inPlace) }
        #expect(inPlace?.code == .fileNotFound)
        #expect(inPlace?.message == "the archive '\(site.archive(number))' holds no data file")
        let named = failure {
            _ = try Restore(
                archive: site.archive(number), surroundings: site.surroundings, target: .folder(site.folder + "/r"), items: [],
                logs: .files([site.application.defaultJournal]), until: nil, insideTransaction: false
            ).run(Job())
        }
        #expect(named?.code == .badValue)
        #expect(!Folder.exists(site.folder + "/r") && (try? site.leftovers()) == [])
        #expect(try site.names() == "a")
    }

    @Test("a database that never had a log does not say which operations it holds: error 1416, and nothing is integrated")
    func unknownPosition() throws {
        let site = try Site()
        try site.add("a")
        _ = try site.drain()
        let other = try Site(startsLog: false)
        try other.add("x")
        let refused = failure { _ = try other.integrate(other.application.data, [site.application.defaultJournal]) }
        #expect(refused?.code == .foreignLog)
        #expect(refused?.message == "the database '\(other.application.data)' does not say which operations it holds")
        #expect(try other.names() == "x")
    }

    @Test("I8: damage behind sound operations ends the integration of that log with the operation to integrate up to")
    func damageBehind() throws {
        let site = try Site(startsLog: false)
        try site.add("0")
        _ = try site.start()
        for name in ["a", "b", "c"] {
            try site.add(name)
            _ = try site.drain()
        }
        let copy = try #require(try site.restore(1, .folder(site.folder + "/copy"), until: .operation(0)).data)
        let journal = site.application.defaultJournal
        var bytes = try File.contents(of: journal, atMost: 1 << 20)
        let blocks = (0..<bytes.count - 8).filter { Array(bytes[$0..<$0 + 5]) == Array("MSCB".utf8) + [1] }
        bytes[try #require(blocks.count == 3 ? blocks[1] : nil) + 160] ^= 0x10
        try Publication.write(bytes, to: journal)
        let refused = failure { _ = try site.integrate(copy, [journal]) }
        #expect(refused?.code == .logDamaged && refused?.message == "the log '\(journal)' is damaged")
        #expect(refused?.hint == "The operations up to 1 are sound: integrate with --until-operation 1.")
        #expect(try site.names(copy) == "0")
        let until = Integration(data: copy, surroundings: site.surroundings, logs: [journal], until: .operation(1), insideTransaction: false)
        _ = try until.run(Job())
        #expect(try site.names(copy) == "0a")
    }

    @Test("a structure that cannot be made in the live database is 1509 with its name, and nothing is changed")
    func structure() throws {
        let site = try Site()
        try site.add("a")
        try site.client().execute(
            """
            PRAGMA writable_schema=1;
            INSERT INTO sqlite_schema(type, name, tbl_name, rootpage, sql) VALUES('table', 'odd', 'odd', 0, 'CREATE VIRTUAL TABLE odd USING nothere(x)');
            PRAGMA writable_schema=0
            """)
        site.leave()
        _ = try site.backup()
        try site.client().execute("PRAGMA writable_schema=1; DELETE FROM sqlite_schema WHERE name='odd'; PRAGMA writable_schema=0")
        site.leave()
        try site.add("b")
        let found = failure { _ = try site.restore(site.sets()[0].number, .inPlace, until: nil) }
        #expect(found?.code == .structureChanged && found?.message == "the table 'odd' cannot be made in '\(site.application.data)'", "\(String(describing: found))")
        #expect(try site.names() == "ab")
    }

    @Test("where a restore would go by itself is a free place")
    func freePlace() throws {
        let site = try Site(startsLog: false)
        let path = site.folder + "/restored"
        #expect(RestoreDestination.free(path) == path)
        try Folder.create(path)
        try Folder.create(path + "-2")
        #expect(RestoreDestination.free(path) == path + "-3")
    }

    @Test("a folder where a file is asked for is told as one")
    func folders() throws {
        let site = try Site(startsLog: false)
        let folder = site.folder + "/folder.db"
        try Folder.create(folder)
        #expect(failure { _ = try Application(data: folder) }?.code == .notADatabase)
        #expect(failure { _ = try FileKind.of(folder) }?.message == "'\(folder)' is a folder")
        #expect(failure { _ = try Application(data: site.folder + "/nowhere/x.db") }?.code == .fileNotFound)
        #expect(failure { _ = try Application(restoring: folder) }?.hint == "Restore into a folder with --to instead.")
    }

    @Test("a restore without the current log says that what only it held is missing")
    func missingLog() throws {
        let site = try Site()
        try site.add("a")
        _ = try site.backup()
        try site.add("b")
        _ = try site.drain()
        let journal = site.application.defaultJournal
        try Folder.removeFile(journal)
        let outcome = try site.restore(1, .folder(site.folder + "/r"))
        #expect(outcome.warnings.contains("the log '\(journal)' is missing: what only it held is not in the restored data"), "\(outcome.warnings)")
        #expect(try site.names(outcome.data) == "a" && outcome.lastOperation == 1)
    }
}
