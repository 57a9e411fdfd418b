// Rows that change past capture: noticed when the rows are held against the log, told, and logged anew.

@testable import Database
import FileSystem
import LogFile
import Testing
import Vocabulary

@testable import Engine

@Suite("Rows that change past capture")
struct UnseenChangesTests {
    /// SQLITE_DBCONFIG_ENABLE_TRIGGER
    private static let triggers: Int32 = 1003

    /// What a program does that switches triggers off.
    private func pastCapture(_ site: Site, _ sql: String) throws {
        try site.client().configure(Self.triggers, false)
        try site.client().execute(sql)
        try site.client().configure(Self.triggers, true)
    }

    /// What the service does with the log, on a clock of the test's.
    private struct Service {
        let clock: Clock
        private let keeper: LogKeeper

        init(_ site: Site) {
            let clock = Clock(site.surroundings.now())
            var surroundings = site.surroundings
            surroundings.now = { clock.now }
            self.clock = clock
            keeper = LogKeeper(site.application, surroundings)
        }

        /// Drains, and tells the tables that were found to differ.
        func unseen() throws -> [String] {
            guard case .done(let report) = keeper.drain(isThorough: false, Job()) else { throw Failure(.databaseError, "no drain", hint: "") }
            return report.unseen
        }
    }

    /// The first archive and the logs lead to the present.
    private func expectWhole(_ site: Site, at location: SourceLocation = #_sourceLocation) throws {
        let outcome = try site.restore(1, .folder(site.folder + "/restored"))
        #expect(try site.content(outcome.data) == site.content(), "I1", sourceLocation: location)
        try Folder.removeTree(site.folder + "/restored")
    }

    @Test("I1: rows added, changed and deleted with triggers off are noticed, told and logged anew, in every journal mode",
        arguments: ["wal", "delete", "truncate", "persist"])
    func triggersOff(_ mode: String) throws {
        let site = try Site(startsLog: false)
        try site.client().execute("PRAGMA journal_mode=\(mode)")
        try site.add("a", "b", "c")
        _ = try site.start()
        try pastCapture(site, "INSERT INTO item(name) VALUES('d'); UPDATE item SET name='B' WHERE id=2; DELETE FROM item WHERE id=1")
        let outcome = try site.drain()
        #expect(outcome.unseen == ["item"])
        let status = try site.status()
        #expect(status.state == .unseen && status.unseen == ["item"])
        #expect(status.reason?.contains("error 1525: rows of 'item' were changed past capture") == true)
        let health = Health.of(site.application, site.surroundings)
        #expect(health.checks.first { $0.name == "log" }?.state == .warning)
        try expectWhole(site)
        // What is found once is not found again, and a backup ends it.
        try site.add("e")
        #expect(try site.drain().unseen == [])
        #expect(try site.status().state == .unseen)
        _ = try site.backup()
        #expect(try site.status().state == .ok)
    }

    @Test("I1: a change past capture beside captured ones, in one transaction, is noticed")
    func beside() throws {
        let site = try Site()
        try site.add("a", "b")
        _ = try site.drain()
        let client = try site.client()
        try client.execute("BEGIN; UPDATE item SET name='A' WHERE id=1")
        try pastCapture(site, "UPDATE item SET name='B' WHERE id=2")
        try client.execute("COMMIT")
        #expect(try site.drain().unseen == ["item"])
        #expect(try site.names() == "AB")
    }

    @Test("I1, I8: captured changes of a row that came past capture do not stop a restore, since the table is logged anew after them")
    func followed() throws {
        let site = try Site(startsLog: false)
        try site.add("a")
        _ = try site.start()
        try pastCapture(site, "INSERT INTO item VALUES(9, 'past'); DELETE FROM item WHERE id=1")
        try site.client().execute("UPDATE item SET name='captured' WHERE id=9; DELETE FROM item WHERE id=9; INSERT INTO item VALUES(1, 'again')")
        #expect(try site.drain().unseen == ["item"])
        try site.add("b")
        try expectWhole(site)
    }

    @Test("I1, I8: the same where the table got another column before it is logged anew, or an index, and the log's own check knows it",
        arguments: ["ALTER TABLE item ADD COLUMN more DEFAULT 1", "CREATE UNIQUE INDEX i ON item(name)"])
    func followedByStructure(_ change: String) throws {
        let site = try Site(startsLog: false)
        try site.add("a")
        _ = try site.start()
        try site.client().execute("DELETE FROM item WHERE id=1")
        _ = try site.drain()
        try pastCapture(site, "INSERT INTO item VALUES(1, 'past'), (9, 'past too')")
        try site.client().execute("DELETE FROM item WHERE id=1; INSERT INTO item VALUES(1, 'again')")
        try site.client().execute("UPDATE item SET name='x' WHERE id=9; UPDATE item SET name='y' WHERE id=9; \(change)")
        _ = try site.drain()
        try expectWhole(site)
        #expect(try LogCheck.run(site.folder + "/SampleDB.journal").problems == [])
    }

    @Test("I1: what a backup finds is in its archive, and the log before it leads there too")
    func backup() throws {
        let site = try Site(startsLog: false)
        try site.add("a")
        _ = try site.start()
        try pastCapture(site, "UPDATE item SET name='z'")
        let outcome = try site.backup()
        #expect(outcome.warnings.contains { $0.contains("1525") })
        #expect(try site.status().state == .ok)
        try expectWhole(site)
    }

    @Test("I1: content of virtual tables, which no trigger sees, is not called changed past capture; tables beside it are",
        arguments: ["fts5(a)", "fts4(a)", "rtree(id, x, y)"])
    func virtualTables(_ module: String) throws {
        let site = try Site(startsLog: false)
        try site.client().execute("CREATE VIRTUAL TABLE v USING \(module); INSERT INTO v VALUES\(module.hasPrefix("rtree") ? "(1, 1, 1)" : "('a')")")
        _ = try site.start()
        #expect(try site.drain().unseen == [])
        for number in 2...5 {
            try site.client().execute(
                module.hasPrefix("rtree") ? "INSERT INTO v VALUES(\(number), 1, 1); DELETE FROM v WHERE id=\(number - 1)"
                    : "INSERT INTO v VALUES('b\(number)'); DELETE FROM v WHERE rowid=\(number - 1)")
            if number == 3 { try site.add("x") }
            #expect(try site.drain().unseen == [])
            #expect(try site.drain().unseen == [])
            #expect(try site.status().state == .ok)
            #expect(try site.status().notCompared == [])
        }
        try expectWhole(site)
        try pastCapture(site, "UPDATE item SET name='z'")
        #expect(try site.backup().warnings.contains { $0.contains("rows of 'item' were changed past capture") })
    }

    @Test("the service notices without being told that anything was captured")
    func service() throws {
        let site = try Site()
        try site.add("a")
        let service = Service(site)
        #expect(try service.unseen() == [])
        service.clock.now += 120_000
        try pastCapture(site, "UPDATE item SET name='z'")
        #expect(try service.unseen() == ["item"])
        // Not at every write: at most every five seconds.
        try pastCapture(site, "UPDATE item SET name='y'")
        #expect(try service.unseen() == [])
        service.clock.now += 5001
        #expect(try service.unseen() == ["item"])
        #expect(try site.status().reason?.contains("cannot be logged by triggers") == true)
    }

    private final class Clock: @unchecked Sendable {
        var now: Int64
        init(_ now: Int64) { self.now = now }
    }

    @Test("a program that always goes past capture is not logged anew without end: the log has a gap, once, until a backup")
    func endless() throws {
        let site = try Site()
        try site.add("a")
        // A comparison that takes no time is not put off.
        var surroundings = site.surroundings
        surroundings.now = { 1_700_000_000_000 }
        let drain = LogDrain(application: site.application, surroundings: surroundings)
        _ = try drain.run(Job())
        for round in 1...6 {
            try pastCapture(site, "UPDATE item SET name='\(round)'")
            let unseen = try drain.run(Job()).unseen
            #expect(unseen == ["item"], "round \(round)")
            let state = try site.status().state
            #expect(state == (round <= RowLedger.mostReloads ? .unseen : .gap), "round \(round)")
        }
        let before = try site.status().lastOperation
        #expect(try site.drain().unseen == [])
        #expect(try site.status().lastOperation == before)
        let log = try LogReader(site.application.defaultJournal)
        #expect(try log.operations(from: 0, count: 1000).operations.count { $0.action == .gap } == 1)
        _ = try site.backup()
        #expect(try site.status().state == .ok)
    }

    @Test("I8: a table that is too large to be logged anew gets a gap")
    func large() throws {
        let site = try Site(startsLog: false)
        try site.set("<ReloadLimit>2</ReloadLimit>")
        try site.add("a", "b", "c")
        _ = try site.start()
        try pastCapture(site, "UPDATE item SET name='z' WHERE id=1")
        #expect(try site.drain().unseen == ["item"])
        let status = try site.status()
        #expect(status.state == .gap && status.unseen == ["item"])
        #expect(status.reason?.contains("1525") == true && status.reason?.contains("are missing in the log") == true)
    }

    /// Compares with little room: tables of more than eight rows are read part by part.
    private func drain(_ site: Site) throws -> DrainOutcome {
        let session = try #require(try LogSession.open(site.application, site.surroundings, for: "test", Job()))
        session.ledger = RowLedger(site.application, most: 8, mostHeld: 8, portion: 3)
        return try session.drain(Job(), comparing: .backup)
    }

    @Test("I1: a change past capture is noticed in a table that is too large to be read at once, in every journal mode, and again after its gap",
        arguments: ["wal", "delete"])
    func largeTable(_ mode: String) throws {
        let site = try Site(startsLog: false)
        try site.client().execute("PRAGMA journal_mode=\(mode)")
        try site.set("<ReloadLimit>5</ReloadLimit>")
        for number in 1...40 { try site.add("\(number)") }
        _ = try site.start()
        // What the start has read with more room.
        try Folder.removeFile(site.application.companion + "/comparison.json")
        _ = try drain(site)
        #expect(try site.status().notCompared == ["item"], "it is not known as a whole yet")
        func drainAll() throws -> [String] {
            var found: Set<String> = []
            for _ in 0..<30 { found.formUnion(try drain(site).unseen) }
            return found.sorted()
        }
        #expect(try drainAll() == [])
        #expect(try site.status().notCompared == [])
        // Captured changes at both ends and in the middle.
        for number in 1...20 { try site.add("more \(number)") }
        try site.client().execute(
            "INSERT INTO item VALUES(-5, 'before'); DELETE FROM item WHERE id BETWEEN 12 AND 20; UPDATE item SET name='x' WHERE id=30")
        #expect(try drainAll() == [])
        for number in [2, 33, 60] {
            try pastCapture(site, "UPDATE item SET name='z' WHERE id=\(number)")
            #expect(try drainAll() == ["item"], "row \(number)")
            #expect(try site.status().state == .gap)
        }
        _ = try site.backup()
        #expect(try site.status().state == .ok)
    }

    @Test("I1: what changes past capture right after a backup or a new segment is noticed: the sums go on where the log was cut", arguments: [true, false])
    func afterCut(_ byBackup: Bool) throws {
        let site = try Site()
        try site.add("a", "b")
        _ = try site.drain()
        try site.add("c")
        if byBackup { _ = try site.backup() } else { _ = try site.cut() }
        try site.add("d")
        try pastCapture(site, "UPDATE item SET name='z' WHERE id=1")
        #expect(try site.drain().unseen == ["item"])
    }

    @Test("I1: the service goes on with what a backup of another process compared and cut")
    func backupBesideService() throws {
        let site = try Site()
        try site.add("a")
        let service = Service(site)
        #expect(try service.unseen() == [])
        try site.add("b", "c")
        _ = try site.backup()
        try site.add("d")
        try pastCapture(site, "UPDATE item SET name='z' WHERE id=2")
        service.clock.now += 120_000
        #expect(try service.unseen() == ["item"])
    }

    @Test("nothing is told of rows that capture followed: keys moved, tables altered, vacuumed, rebuilt, rolled back, replaced")
    func noFalseAlarm() throws {
        let site = try Site()
        let client = try site.client()
        try client.execute("CREATE TABLE pair(a TEXT, b BLOB, n REAL, PRIMARY KEY(a, b)) WITHOUT ROWID; CREATE TABLE free(x, y)")
        _ = try site.drain()
        let steps = [
            "INSERT INTO item(name) VALUES('a'),('b'),('c'); UPDATE item SET id=id+10",
            "INSERT INTO pair VALUES('k', x'00', 1.0),('l', NULL, -0.0) ON CONFLICT DO NOTHING",
            "INSERT INTO pair VALUES('k', x'00', 1.0); REPLACE INTO pair VALUES('k', x'00', 5); UPDATE pair SET a='K'",
            "INSERT INTO free VALUES(zeroblob(70000), 1e300),('t', -9223372036854775808); DELETE FROM free WHERE y=1e300",
            "ALTER TABLE item ADD COLUMN more DEFAULT 7", "ALTER TABLE item RENAME COLUMN more TO less", "ALTER TABLE item RENAME TO thing",
            "UPDATE thing SET less=8 WHERE id=11", "VACUUM", "ALTER TABLE thing DROP COLUMN less", "ALTER TABLE thing RENAME TO item",
            "BEGIN; DELETE FROM item; SAVEPOINT s; INSERT INTO item VALUES(1,'s'); ROLLBACK TO s; COMMIT",
            "INSERT INTO item(id, name) VALUES(9223372036854775807, 'max'); REPLACE INTO item VALUES(9223372036854775807, NULL)",
            "DROP TABLE free; CREATE TABLE free(x, y); INSERT INTO free VALUES(1, 2)", "REINDEX; ANALYZE; PRAGMA user_version=3",
        ]
        for step in steps {
            // Some steps are meant to fail.
            try? client.execute(step)
            #expect(try site.drain().unseen == [], "after \(step)")
        }
        _ = try site.cut()
        try client.execute("INSERT INTO item(name) VALUES('x')")
        #expect(try site.drain().unseen == [])
        _ = try site.backup()
        #expect(try site.drain().unseen == [])
        let last = try site.status().lastOperation
        try client.execute("INSERT INTO item(name) VALUES('y')")
        _ = try site.rollback(last, .undo)
        #expect(try site.drain().unseen == [])
        #expect(try site.status().notCompared == [])
        #expect(try site.status().compared != nil)
    }

    @Test("without the file of the sums, or with a damaged one, the rows are read anew and nothing is told",
        arguments: [nil, "{}", "\u{0}", "{\"formatVersion\":2}"])
    func lostFile(_ content: String?) throws {
        let site = try Site()
        try site.add("a")
        _ = try site.drain()
        let path = site.application.companion + "/comparison.json"
        try Folder.removeFile(path)
        if let content { try Publication.write(Array(content.utf8), to: path) }
        try site.add("b")
        #expect(try site.drain().unseen == [])
        #expect(try site.status().state == .ok)
        try pastCapture(site, "UPDATE item SET name='z'")
        #expect(try site.drain().unseen == ["item"])
    }

    @Test("sums that another process left behind are brought up to the log's end from the log")
    func behind() throws {
        let site = try Site()
        try site.add("a")
        _ = try site.drain()
        // Somebody else writes to the log, and knows nothing of sums.
        try site.add("b", "c")
        do {
            let session = try #require(try LogSession.open(site.application, site.surroundings, for: "test", Job()))
            _ = try session.drain(Job())
        }
        try site.add("d")
        #expect(try site.drain().unseen == [])
        try pastCapture(site, "DELETE FROM item WHERE name='b'")
        #expect(try site.drain().unseen == ["item"])
    }
}
