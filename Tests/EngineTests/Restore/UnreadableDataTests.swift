// Healthy data that this SQLite is too old for, or that somebody else holds: nothing replaces them, and what can be done is done.

import Database
import FileSystem
import Glibc
import Testing
import Vocabulary

@testable import Engine

@Suite("Healthy data are never replaced (I6)")
struct UnreadableDataTests {
    /// A site with backup 1, then a view that no SQLite of today reads and a row.
    private func site(settings: String = "<AutomaticRestore>True</AutomaticRestore>") throws -> Site {
        let site = try Site(startsLog: false)
        try site.set(settings)
        try site.add("0")
        _ = try site.start()
        try site.add("a")
        _ = try site.drain()
        try site.client().execute(
            """
            CREATE VIEW v AS SELECT name FROM item; INSERT INTO item(name) VALUES('b');
            PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql='CREATE VIEW v AS SELECT name FROM item IN THE FUTURE' WHERE name='v'
            """)
        site.leave()
        return site
    }

    @Test("automatic restore finds nothing to do, at a glance and thoroughly")
    func automatic() throws {
        let site = try site()
        #expect(try InPlaceRestore.situation(of: site.application.data, Job()) == .usable)
        let automatic = AutomaticRestore(application: site.application, surroundings: site.surroundings)
        for isThorough in [false, true] {
            #expect(try !automatic.isNeeded(isThorough: isThorough, Job()))
            #expect(try automatic.run(isThorough: isThorough, Job()) == nil)
        }
        #expect(try site.names() == "0ab")
    }

    @Test("the log, its status, a backup and a restore into a folder go on; the view comes back word by word")
    func goesOn() throws {
        let site = try site()
        #expect(try site.drain().drained > 0)
        let status = try site.status()
        #expect(status.state == .ok && status.notJournaled == [:])
        _ = try site.backup()
        let outcome = try site.restore(1, .folder(site.folder + "/r"))
        #expect(outcome.warnings == [] && !outcome.isPartial)
        #expect(try site.names(outcome.data) == "0ab" && site.content(outcome.data) == site.content())
        let copy = try Connection(try #require(outcome.data), .read)
        #expect(try copy.string("SELECT sql FROM sqlite_schema WHERE name='v'")?.hasSuffix("IN THE FUTURE") == true)
        let verified = try Verification.of(site.application.data, recordsOnly: false, tables: [], Job())
        #expect(verified.result == .ok && verified.notChecked == [], "views have no pages")
        #expect(try Proof(archive: site.archive(1), surroundings: site.surroundings, temporary: site.folder).run(Job()).result == .proven)
        #expect(try site.stop().state == .off)
        #expect(try Connection(site.application.data, .read).integer("SELECT count(*) FROM sqlite_schema WHERE name LIKE '\\_msc%' ESCAPE '\\'") == 0)
    }

    @Test("a restore in place is refused with 1524, and the data stay")
    func inPlace() throws {
        let site = try site()
        let failure = #expect(throws: Failure.self) { _ = try site.restore(1, .inPlace) }
        #expect(failure?.code == .schemaUnreadable, "\(failure?.description ?? "")")
        #expect(try site.names() == "0ab")
    }

    @Test("a database that another program holds is not damaged: there is nothing to restore")
    func locked() throws {
        let site = try Site(startsLog: false)
        try site.set("<AutomaticRestore>True</AutomaticRestore><AutomaticLogIntegration>True</AutomaticLogIntegration>")
        try site.client().execute("PRAGMA journal_mode=DELETE")
        _ = try site.start()
        try site.client().execute("BEGIN EXCLUSIVE; INSERT INTO item(name) VALUES('x')")
        let automatic = AutomaticRestore(application: site.application, surroundings: site.surroundings)
        #expect(try !automatic.isNeeded(isThorough: false, Job()))
        #expect(try automatic.run(isThorough: true, Job()) == nil)
        try site.client().execute("COMMIT")
    }

    @Test("a table that this program cannot write: named by the status and the restore, its rows are those of the backup, the others go on")
    func notWritable() throws {
        let site = try Site(startsLog: false)
        try site.add("0")
        try site.client().execute(
            """
            CREATE TABLE odd(id INTEGER PRIMARY KEY, v); CREATE INDEX i ON odd(abs(v)); INSERT INTO odd VALUES(1,1);
            PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql='CREATE INDEX i ON odd(ours(v))' WHERE name='i'
            """)
        site.leave()
        // Its name is one that the status lists, so it can be given.
        let started = try site.start(excluding: ["odd"])
        #expect(started.notJournaled.keys.contains("odd"))
        try site.add("a")
        _ = try site.drain()
        let outcome = try site.restore(1, .folder(site.folder + "/r"))
        #expect(outcome.isPartial && outcome.warnings.contains { $0.contains("1527") && $0.contains("'odd'") }, "\(outcome.warnings)")
        #expect(try site.names(outcome.data) == "0a")
    }

    @Test("the text of a REAL in an index: the restored copy is not called proven, and the restore says why")
    func realText() throws {
        let site = try Site(startsLog: false)
        try site.client().execute("CREATE TABLE f(id INTEGER PRIMARY KEY, r); CREATE INDEX i ON f(lower(r)); INSERT INTO f(r) VALUES(1.5)")
        _ = try site.start()
        try site.client().execute("INSERT INTO f(r) VALUES(10145709240540254208.0)")
        let proof = try Proof(archive: site.archive(1), surroundings: site.surroundings, temporary: site.folder).run(Job())
        #expect(proof.result == .inconclusive && proof.reason?.contains("REAL") == true)
        let outcome = try site.restore(1, .folder(site.folder + "/r"))
        #expect(outcome.isPartial && outcome.warnings.contains { $0.contains("REAL") })
    }
}
