// Capture of which another program removed a part, as tools do that drop the tables they do not know.

import Database
import FileSystem
import Testing
import Vocabulary

@testable import Engine

@Suite("Capture that another program removed a part of")
struct PartlyRemovedTests {
    private static let tables = ["_msc_log", "_msc_tab", "_msc_state", "_msc_schema", "_msc_canary", "_msc_canary2", "_msc_z"]

    private func failure(_ body: () throws -> Void) -> Failure? {
        do {
            try body()
            return nil
        } catch { return error as? Failure }
    }

    /// A tool drops them, not the program: a connection that reads the schema while they are gone does not notice by writing alone that they
    /// are back.
    private func drop(_ site: Site, _ tables: [String]) throws {
        let tool = try Connection(site.application.data, .create, busyTimeout: 10_000)
        for table in tables { try tool.execute("DROP TABLE \(table)") }
    }

    /// An application whose log holds a row, and that lost these tables of ours.
    private func broken(_ gone: [String]) throws -> Site {
        let site = try Site()
        try site.add("a")
        _ = try site.drain()
        try drop(site, gone)
        return site
    }

    /// The service's hand, which has drained once.
    private func keeper(_ site: Site) throws -> LogKeeper {
        let keeper = LogKeeper(site.application, site.surroundings)
        guard case .done = keeper.drain(isThorough: false, Job()) else { throw Failure(.databaseError, "no drain", hint: "") }
        return keeper
    }

    private func leftovers(_ site: Site) throws -> Int64 {
        try site.client().integer("SELECT count(*) FROM sqlite_schema WHERE name LIKE '\\_msc\\_%' ESCAPE '\\'") ?? 0
    }

    /// Each table of ours alone, all of them, and some pairs.
    static let subsets: [[String]] = tables.map { [$0] } + [tables, ["_msc_log", "_msc_z"], ["_msc_state", "_msc_tab"]]

    @Test("it is said by every command, the log can be stopped, and nothing of ours is left", arguments: subsets)
    func stop(_ gone: [String]) throws {
        let site = try broken(gone)
        let status = try site.status()
        #expect(status.state == .gap && !status.enabled)
        #expect(status.reason?.contains("1525") == true && status.reason?.contains(gone[0]) == true)
        #expect(Health.of(site.application, site.surroundings).checks.first { $0.name == "log" }?.state == .critical)
        #expect(failure { _ = try site.drain() }?.code == .changesUnseen)
        // A backup is wanted all the more.
        #expect(try site.backup().warnings.contains { $0.contains("1525") })
        #expect(try site.stop().state == .off)
        #expect(try leftovers(site) == 0)
        try site.add("b")
        #expect(try site.status().state == .off)
    }

    @Test("the log can be started again: a backup begins a new chain, and from then on nothing is missing", arguments: subsets)
    func start(_ gone: [String]) throws {
        let site = try broken(gone)
        #expect(try site.start().state == .ok)
        try site.add("b")
        try site.expectWhole("begun anew", isNewChain: true)
        #expect(try site.names() == "ab")
    }

    @Test("the service removes what is left at once, begins a new chain and says so; the program can write", arguments: subsets)
    func heal(_ gone: [String]) throws {
        let site = try Site()
        try site.add("a")
        let keeper = try keeper(site)
        try drop(site, gone)
        guard case .done(let report) = keeper.drain(isThorough: false, Job()) else { Issue.record("not healed"); return }
        #expect(report.healed?.code == .changesUnseen)
        var log = WatchedLog()
        #expect(log.take(.done(report), 0, WatchPace()).contains {
            if case .say(.error, let line) = $0 { line.contains("another program removed a part of capture") } else { false }
        })
        try site.add("b")
        guard case .done(let next) = keeper.drain(isThorough: false, Job()) else { Issue.record("no drain"); return }
        #expect(next.healed == nil && next.drained > 0)
        try site.expectWhole("healed", isNewChain: true)
    }

    @Test("where the log cannot begin anew yet, the program can write all the same, and the service tries again")
    func healLater() throws {
        let site = try Site(startsLog: false)
        _ = try site.start(excluding: [])
        try site.add("a")
        let keeper = try keeper(site)
        try drop(site, ["_msc_log"])
        do {
            let lock = try OperationLock(.operation, for: "backup", on: site.application, site.surroundings)
            defer { withExtendedLifetime(lock) {} }
            guard case .busy = keeper.drain(isThorough: false, Job()) else { Issue.record("another operation runs"); return }
            #expect(try leftovers(site) == 0)
            try site.add("b")
        }
        guard case .done(let report) = keeper.drain(isThorough: true, Job()) else { Issue.record("not healed"); return }
        #expect(report.healed != nil)
        #expect(try site.status().state == .ok)
    }

    @Test("tables that are left out stay left out when the service begins the log anew, at its place")
    func keepsChoices() throws {
        let site = try Site(startsLog: false)
        try site.client().execute("CREATE TABLE cache(x)")
        try Folder.create(site.folder + "/logs")
        _ = try site.start(at: site.folder + "/logs/own.journal", excluding: ["cache"])
        let keeper = try keeper(site)
        try drop(site, Self.tables)
        guard case .done = keeper.drain(isThorough: false, Job()) else { Issue.record("not healed"); return }
        let status = try site.status()
        #expect(status.path?.hasSuffix("/logs/own.journal") == true)
        #expect(status.notJournaled["cache"] != nil)
    }
}

@Suite("What the log would mean for a database")
struct LogStartCheckTests {
    @Test("versions, journal mode, size, what cannot be logged and what may hide rows are told, and nothing is changed")
    func check() throws {
        let site = try Site(startsLog: false)
        try site.client().execute(
            """
            CREATE VIRTUAL TABLE search USING fts5(text);
            CREATE TRIGGER guard AFTER INSERT ON item WHEN new.name='no' BEGIN SELECT RAISE(FAIL, 'no'); END;
            CREATE TRIGGER second AFTER UPDATE ON item BEGIN INSERT OR FAIL INTO item VALUES(new.id + 1, 'x'); END;
            CREATE TRIGGER harmless BEFORE INSERT ON item WHEN new.name='never' BEGIN SELECT RAISE(FAIL, 'no'); END;
            CREATE TRIGGER abort AFTER INSERT ON item WHEN new.name='never' BEGIN SELECT RAISE(ABORT, 'no'); END
            """)
        try site.add("a", "b")
        let before = try site.content()
        let check = try LogStartCheck.of(site.application, site.surroundings, counting: true, Job())
        #expect(check.writerVersion == check.readerVersion)
        #expect(check.journalMode == "wal" && check.makesBackup)
        #expect(check.bytes > 0 && check.journaled["item"] == 2)
        #expect(check.virtualTables == ["search": "fts5"])
        #expect(check.hidingTriggers == ["guard": "item", "second": "item"])
        #expect(check.notJournaled["search"] != nil)
        #expect(check.remarks.count == 2, "\(check.remarks)")
        #expect(try site.content() == before)
        #expect(try site.status().state == .off)
        try site.client().execute("PRAGMA journal_mode=delete")
        #expect(try LogStartCheck.of(site.application, site.surroundings, counting: false, Job()).remarks.contains { $0.contains("WAL") })
        #expect(try LogStartCheck.of(site.application, site.surroundings, counting: false, Job()).journaled["item"] == -1)
    }

    @Test("a blank database needs no backup")
    func blank() throws {
        let site = try Site(startsLog: false)
        #expect(try !LogStartCheck.of(site.application, site.surroundings, counting: true, Job()).makesBackup)
    }
}
