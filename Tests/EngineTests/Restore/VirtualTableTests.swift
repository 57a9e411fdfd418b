// Full-text and spatial indexes: no trigger stands on their own tables, and what is restored finds the same all the same.

import Database
import EngineSupport
import FileSystem
import Testing
import Vocabulary

@testable import Engine

@Suite("Virtual tables")
struct VirtualTableTests {
    static let external = """
        CREATE TABLE doc(id INTEGER PRIMARY KEY, body); CREATE VIRTUAL TABLE words USING fts5(body, content='doc', content_rowid='id');
        CREATE TRIGGER doc_i AFTER INSERT ON doc BEGIN INSERT INTO words(rowid, body) VALUES(NEW.id, NEW.body); END;
        CREATE TRIGGER doc_d AFTER DELETE ON doc BEGIN INSERT INTO words(words, rowid, body) VALUES('delete', OLD.id, OLD.body); END;
        CREATE TRIGGER doc_u AFTER UPDATE ON doc BEGIN
            INSERT INTO words(words, rowid, body) VALUES('delete', OLD.id, OLD.body); INSERT INTO words(rowid, body) VALUES(NEW.id, NEW.body);
        END;
        INSERT INTO doc(body) VALUES('one two'), ('two three');
        """

    private func site(_ schema: String) throws -> Site {
        let site = try Site(startsLog: false)
        // As a program has it, whose triggers may write to its indexes.
        try site.client().execute("PRAGMA trusted_schema=ON; \(schema)")
        _ = try site.start()
        return site
    }

    private func found(_ site: Site, _ query: String, in path: String? = nil) throws -> String {
        let connection = try Connection(path ?? site.application.data, .write, busyTimeout: 10_000)
        return try connection.string("SELECT coalesce(group_concat(rowid), '') FROM (\(query))") ?? ""
    }

    private let two = "SELECT rowid FROM words WHERE words MATCH 'two' ORDER BY rowid"

    @Test("an index of another table is not logged, finds the same after a restore, and after a rollback that undoes")
    func external() throws {
        let site = try site(Self.external)
        let keep = try site.drain().lastOperation
        try site.client().execute("INSERT INTO doc(body) VALUES('two again'); UPDATE doc SET body = 'none' WHERE id = 1; DELETE FROM doc WHERE id = 2")
        let last = try site.drain().lastOperation
        #expect(last - keep == 3)
        let outcome = try site.restore(1, .folder(site.folder + "/r"))
        #expect(outcome.warnings == [])
        #expect(try found(site, two, in: outcome.data) == "3")
        #expect(try found(site, two) == "3")
        let earlier = try site.restore(1, .folder(site.folder + "/e"), until: .operation(keep + 1))
        #expect(earlier.warnings == [])
        #expect(try found(site, two, in: earlier.data) == "1,2,3")
        let back = try site.rollback(keep, .undo)
        #expect(back.warnings == [])
        #expect(try found(site, two) == "1,2")
        try site.client().execute("INSERT INTO words(words) VALUES('integrity-check')")
        #expect(try Proof(archive: site.archive(1), surroundings: site.surroundings).run(Job()).result == .proven)
    }

    @Test("an index that cannot be built anew is named with the statement that does it")
    func unbuildable() throws {
        let site = try site(Self.external)
        try site.client().execute("CREATE TABLE gone(body); CREATE VIRTUAL TABLE stale USING fts5(body, content='gone'); DROP TABLE gone; INSERT INTO doc(body) VALUES('x')")
        _ = try site.drain()
        let outcome = try site.restore(1, .folder(site.folder + "/r"))
        #expect(outcome.warnings.count == 1 && outcome.incomplete == ["stale"])
        #expect(outcome.warnings.first?.contains("INSERT INTO \"stale\"(\"stale\") VALUES('rebuild')") == true)
        #expect(try found(site, "SELECT rowid FROM words WHERE words MATCH 'x'", in: outcome.data) == "3")
    }

    @Test("I1: content of its own is logged by each drain that is asked for, before a backup and before a rollback")
    func own() throws {
        let site = try site("CREATE VIRTUAL TABLE words USING fts5(body); INSERT INTO words VALUES('one two'); CREATE VIRTUAL TABLE box USING rtree(id, a, b)")
        #expect(try site.drain().drained == 0)
        try site.client().execute("INSERT INTO words VALUES('two'); INSERT INTO box VALUES(1, 2, 3)")
        #expect(try site.status().notJournaled["words"]?.contains("next drain") == true)
        let keep = try site.drain().lastOperation
        #expect(try site.status().notJournaled["words"]?.contains("next drain") == false)
        #expect(try site.drain().drained == 0)
        let old = try site.content()
        try site.client().execute("DELETE FROM words; DELETE FROM box")
        _ = try site.backup()
        try site.expectWhole("after a backup")
        try site.client().execute("INSERT INTO words VALUES('two and more')")
        _ = try site.rollback(keep, .restore)
        #expect(try site.content() == old)
        #expect(try found(site, two) == "1,2")
        try site.expectWhole("after a rollback")
    }

    @Test("a point before which content changed and was not yet logged says so; one at the end of a drain does not")
    func older() throws {
        let site = try site("CREATE VIRTUAL TABLE words USING fts5(body); INSERT INTO words VALUES('one two')")
        try site.add("a")
        let certain = try site.drain().lastOperation
        try site.client().execute("INSERT INTO words VALUES('two')")
        try site.add("b")
        do {
            let session = try #require(try LogSession.open(site.application, site.surroundings, for: "test", Job()))
            let counters = CounterMemory()
            // A comparison that took long is not made again at once.
            let now = site.surroundings.now()
            counters.looked(at: try Capture.position(session.connection) - 1, from: now, to: now + 10_000, found: nil)
            session.counters = counters
            _ = try session.drain(Job())
        }
        let uncertain = try site.status().lastOperation
        #expect(uncertain == certain + 1)
        try site.add("c")
        _ = try site.drain()
        func restored(_ until: UInt64?) throws -> RestoreOutcome {
            try site.restore(1, .folder(site.folder + "/r\(until ?? 0)"), until: until.map { .operation($0) })
        }
        #expect(try restored(certain).incomplete == [])
        let outcome = try restored(uncertain)
        #expect(outcome.incomplete == ["words"] && outcome.warnings.contains { $0.contains("'words' may be older") })
        #expect(try restored(nil).warnings == [])
        // Drained at once, it is known again.
        try site.client().execute("INSERT INTO words VALUES('two')")
        let last = try site.drain().lastOperation
        try site.client().execute("DELETE FROM words")
        _ = try site.drain()
        #expect(try restored(last).incomplete == [])
    }

    @Test("content over the limit: named, the rest of the log goes on, and a way back leaves it as it is")
    func overTheLimit() throws {
        let site = try Site(startsLog: false)
        try site.set("<ReloadLimit>5</ReloadLimit>")
        try site.client().execute("CREATE VIRTUAL TABLE words USING fts5(body)")
        for word in 1...9 { try site.client().execute("INSERT INTO words VALUES('two \(word)')") }
        _ = try site.start()
        try site.add("a")
        let keep = try site.drain().lastOperation
        let status = try site.status()
        #expect(status.state == .ok)
        #expect(status.notJournaled["words"]?.contains("more than 5 rows") == true)
        try site.client().execute("DELETE FROM words WHERE rowid > 2")
        try site.add("b")
        _ = try site.drain()
        let outcome = try site.restore(1, .folder(site.folder + "/r"))
        #expect(try site.names(outcome.data) == "ab")
        #expect(outcome.warnings.contains { $0.contains("'words' is that of the backup") })
        let back = try site.rollback(keep, .restore)
        #expect(back.warnings.contains { $0.contains("'words' is that of the backup") })
        #expect(try site.names() == "a")
        #expect(try found(site, two) == "1,2")
    }
}
