// Restores over a part of the log in which a table is logged anew: what was done to its rows before is passed over, so that they are not
// what they were at the changes of structure in between.

@testable import Database
import FileSystem
import Testing
import Vocabulary

@testable import Engine

@Suite("Restoring over a table that is logged anew")
struct ReloadedTableTests {
    /// A table whose first archive holds rows that break the rules which come later.
    private func site() throws -> Site {
        let site = try Site(startsLog: false)
        try site.client().execute("CREATE TABLE t(id INTEGER PRIMARY KEY, d); INSERT INTO t VALUES(1,'[1'),(2,'[1'),(3,'x')")
        _ = try site.start()
        return site
    }

    private func expectWhole(_ site: Site, _ content: String, until operation: UInt64? = nil, at location: SourceLocation = #_sourceLocation) throws {
        let outcome = try site.restore(1, .folder(site.folder + "/restored"), until: operation.map { .operation($0) })
        #expect(outcome.warnings.isEmpty, sourceLocation: location)
        #expect(try site.content(outcome.data) == content, "I8", sourceLocation: location)
        try Folder.removeTree(site.folder + "/restored")
    }

    @Test("I8: an index that the rows of the archive break, since their mending is passed over, is made when they are there again",
        arguments: ["CREATE UNIQUE INDEX u ON t(d)", "CREATE INDEX j ON t(json_extract(d,'$[0]'))"])
    func index(_ sql: String) throws {
        let site = try site()
        let client = try site.client()
        try client.execute("UPDATE t SET d='['||id||']'; \(sql)")
        let between = try (site.drain().lastOperation, site.content())
        try client.execute("INSERT INTO t VALUES(4,'[4]')")
        _ = try site.drain()
        try client.execute("ALTER TABLE t ADD COLUMN e; UPDATE t SET e=id")
        _ = try site.drain()
        try client.execute("INSERT INTO t VALUES(5,'[5]',5)")
        _ = try site.drain()
        try expectWhole(site, site.content())
        try expectWhole(site, between.1, until: between.0)
    }

    @Test("I8: such an index goes with its table's new name, and is gone where it was removed",
        arguments: ["ALTER TABLE t RENAME TO s", "DROP INDEX u"])
    func after(_ sql: String) throws {
        let site = try site()
        let client = try site.client()
        try client.execute("UPDATE t SET d=id; CREATE UNIQUE INDEX u ON t(d)")
        _ = try site.drain()
        try client.execute("ALTER TABLE t ADD COLUMN e; UPDATE t SET e=id")
        _ = try site.drain()
        try client.execute(sql)
        _ = try site.drain()
        try expectWhole(site, site.content())
    }

    @Test("I8: rows of a table that got another name are not lost when the next one of the old name is logged anew")
    func renamed() throws {
        let site = try site()
        let client = try site.client()
        try client.execute("INSERT INTO t VALUES(4,'four')")
        _ = try site.drain()
        try client.execute("ALTER TABLE t RENAME TO s; CREATE TABLE t(id INTEGER PRIMARY KEY, d); INSERT INTO t VALUES(1,'one')")
        _ = try site.drain()
        try client.configure(1003, false)  // SQLITE_DBCONFIG_ENABLE_TRIGGER
        try client.execute("INSERT INTO t VALUES(2,'two')")
        try client.configure(1003, true)
        #expect(try site.drain().unseen == ["t"])
        try expectWhole(site, site.content())
    }
}
