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
        #expect(status.unsupported.map { $0.contains("1524") && $0.contains("view 'v'") } == [true])
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

    @Test("what this program cannot write is named at once when it appears, wherever one looks; not where it was excluded on purpose")
    func named() throws {
        let site = try Site()
        let keeper = LogKeeper(site.application, site.surroundings)
        var watched = WatchedLog()
        func said() -> [String] {
            watched.take(keeper.drain(isThorough: false, Job()), 0, WatchPace()).compactMap {
                if case .say(.warning, let line) = $0 { line } else { nil }
            }
        }
        func isNamed(_ lines: [String]) -> Bool { lines.contains { $0.contains("1527") && $0.contains("'odd'") } }
        func checked() -> [String] {
            Health.of(site.application, site.surroundings).checks.filter { $0.name == "schema" && $0.state == .warning }.map(\.message)
        }
        #expect(said() == [] && checked() == [])
        try site.client().execute(
            """
            CREATE TABLE odd(id INTEGER PRIMARY KEY, v); CREATE INDEX i ON odd(abs(v)); INSERT INTO odd VALUES(1,1);
            PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql='CREATE INDEX i ON odd(ours(v))' WHERE name='i'
            """)
        site.leave()
        #expect(try isNamed(LogStartCheck.of(site.application, site.surroundings, counting: false, Job()).remarks))
        #expect(isNamed(said()))
        #expect(said() == [], "once")
        #expect(try isNamed(site.drain().unsupported) && isNamed(site.status().unsupported) && isNamed(checked()))
        _ = try site.stop()
        let again = try site.start(excluding: ["odd"])
        #expect(again.unsupported == [] && checked() == [])
    }

    @Test("a statement that a damaged page garbled is damage, wherever one looks, and leads to a restore; pages that are sound are none")
    func garbled() throws {
        let site = try Site(startsLog: false)
        try site.set("<AutomaticRestore>True</AutomaticRestore>")
        try site.add("0")
        _ = try site.start()
        try site.client().execute("CREATE VIEW v AS SELECT name FROM item")
        _ = try site.backup()
        try site.client().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        site.leave()
        let bytes = try File.contents(of: site.application.data, atMost: 1 << 24)
        let at = try #require(bytes.firstRange(of: Array("CREATE VIEW v AS SELECT".utf8))).lowerBound
        try [UInt8](repeating: 0, count: 9).withUnsafeBytes { try File(site.application.data, .readWrite).write($0, at: UInt64(at + 14)) }
        func code(_ body: () throws -> Void) -> ErrorCode? {
            do { try body() } catch { return (error as? Failure)?.code }
            return nil
        }
        #expect(code { _ = try site.status() } == .databaseDamaged)
        #expect(code { _ = try LogStartCheck.of(site.application, site.surroundings, counting: false, Job()) } == .databaseDamaged)
        let health = Health.of(site.application, site.surroundings)
        #expect(health.checks.contains { $0.name == "data" && $0.state == .critical && $0.message.contains("1501") })
        let verified = try Verification.of(site.application.data, recordsOnly: false, tables: [], Job())
        #expect(verified.result == .damaged)
        #expect(try site.backup().condition == "damaged")
        let automatic = AutomaticRestore(application: site.application, surroundings: site.surroundings)
        #expect(try automatic.isNeeded(isThorough: false, Job()) && automatic.isNeeded(isThorough: true, Job()))
        guard case .restored? = try automatic.run(isThorough: true, Job()) else {
            Issue.record("nothing was restored")
            return
        }
        #expect(try site.names() == "0" && site.status().state == .ok)
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
