// A log that began with tables without a row: it carries its own base. And what a rollback does to the structure is told before.

import Database
import EngineSupport
import FileSystem
import Testing
import Vocabulary

@testable import Engine

@Suite("A log that began on blank data")
struct BlankBaseTests {
    private let site: Site

    init() throws {
        site = try Site()
        try site.add("a", "b")
        _ = try site.drain()
    }

    private func rollback(to operation: UInt64, dryRun: Bool) throws -> RollbackOutcome {
        try Rollback(
            application: site.application, surroundings: site.surroundings, to: .operation(operation), insideTransaction: false, dryRun: dryRun
        ).run(Job())
    }

    @Test("a rollback over a migration needs no archive, and is told with its structure before")
    func rollback() throws {
        try site.client().execute("ALTER TABLE item ADD COLUMN z; PRAGMA user_version=7; CREATE TABLE other(a); INSERT INTO item VALUES(3, 'c', 3)")
        _ = try site.drain()
        #expect(try site.sets() == [])
        let told = try rollback(to: 2, dryRun: true)
        #expect(told.structure.count == 3 && told.dryRun)
        #expect(told.structure.contains { $0.hasPrefix("user_version goes back from 7 to 0") })
        #expect(told.structure.contains { $0.hasPrefix("table 'other' goes") })
        #expect(told.structure.contains { $0.hasPrefix("table 'item' becomes again: CREATE TABLE item(id") })
        #expect(try site.names() == "abc")
        _ = try rollback(to: 2, dryRun: false)
        #expect(try site.names() == "ab")
        #expect(try site.client().integer("SELECT count(*) FROM pragma_table_info('item')") == 2)
        #expect(try site.client().integer("SELECT count(*) FROM sqlite_schema WHERE name='other'") == 0)
    }

    @Test("I8: the lost data come back by the log alone, into an empty file or one with just these tables; not into one with rows or others")
    func integrate() throws {
        func file(_ name: String, _ sql: String) throws -> String {
            try Connection(site.folder + "/" + name, .create).execute(sql)
            return site.folder + "/" + name
        }
        let logs = [site.application.defaultJournal]
        let same = try file("same.db", "CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT)")
        _ = try site.integrate(same, logs)
        #expect(try site.names(same) == "ab")
        let empty = try file("empty.db", "")
        _ = try site.integrate(empty, logs)
        #expect(try site.names(empty) == "ab")
        for (name, sql) in [
            ("rows.db", "CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT); INSERT INTO item(name) VALUES('x')"), ("other.db", "CREATE TABLE item(id)"),
        ] {
            let path = try file(name, sql)
            #expect(throws: Failure.self) { _ = try site.integrate(path, logs) }
        }
    }

    @Test("what is asked for wherever it is, is found in the logs before the current one; what was not searched is named")
    func history() throws {
        _ = try site.backup()
        try site.add("c")
        var query = ActivityQuery()
        query.key = "1"
        func list(_ query: ActivityQuery) throws -> (found: UInt64, warnings: [String]) {
            let activity = try Activity(site.application.data, site.surroundings, query, Job())
            return (try activity.lines(query, .text, writesBlobs: false, Job()) { (_) throws(Failure) in }, activity.warnings)
        }
        #expect(try list(query) == (1, []))
        var last = ActivityQuery()
        last.limit = 3
        #expect(try list(last) == (3, []))
        try Folder.removeFile(site.logBackup(0))
        let lost = try list(query)
        #expect(lost.found == 0 && lost.warnings.contains { $0.contains("operations 1 to 2") })
        _ = try site.stop()
        _ = try site.start()
        #expect(try list(query).warnings.contains { $0.contains("of an earlier chain") })
    }
}
