// A log that begins at once on data that the newest backup holds exactly, though that was made before anything was captured.

import Archive
import Database
import EngineSupport
import FileSystem
import LogFile
import Testing
import Vocabulary

@testable import Engine

@Suite("A log that begins with the backup before it")
struct LogBaseTests {
    /// Rows, a counter, an index over a text of its own and a table that is left out; one backup, without a log.
    private func site(mode: String = "wal") throws -> Site {
        let site = try Site(startsLog: false)
        try site.client().execute(
            """
            PRAGMA journal_mode=\(mode); CREATE TABLE counted(id INTEGER PRIMARY KEY AUTOINCREMENT, a); INSERT INTO counted(a) VALUES(1),(2);
            DELETE FROM counted WHERE id=2; CREATE VIRTUAL TABLE words USING fts5(text); INSERT INTO words VALUES('one'); CREATE TABLE noise(a)
            """)
        try site.add("a", "b")
        _ = try site.backup()
        return site
    }

    private func rollback(_ site: Site, _ keep: UInt64) throws { _ = try site.rollback(keep, .restore) }

    @Test("I2, I8: nothing was written since the backup: the log begins with it at once, and it leads to the present", arguments: ["wal", "delete"])
    func begins(mode: String) throws {
        let site = try site(mode: mode)
        #expect(try LogStartCheck.of(site.application, site.surroundings, counting: false, Job()).base == 1)
        let status = try site.start(excluding: ["noise"])
        #expect(status.state == .ok && status.firstOperation == 1)
        #expect(try site.sets().map(\.number) == [1])
        #expect(try site.sets().first?.lastOperation == 0)
        try site.client().execute("INSERT INTO counted(a) VALUES(3); INSERT INTO noise VALUES(1)")
        try site.add("c")
        _ = try site.drain()
        let preview = try RestorePreview(site.archive(1))
        #expect(try preview.archive.lastOperation == 0 && preview.logs.count == 1 && preview.lastOperation == site.status().lastOperation)
        let copy = try site.restore(1, .folder(site.folder + "/copy"))
        #expect(try site.names(copy.data) == "abc" && copy.lastOperation == site.status().lastOperation)
        #expect(try Connection(try #require(copy.data), .read).integer("SELECT id FROM counted WHERE a=3") == 3)
        #expect(copy.warnings == [] && copy.incomplete == [])
        let first = try site.restore(1, .folder(site.folder + "/first"), until: .operation(0))
        #expect(try site.names(first.data) == "ab")
        try site.client().execute("DELETE FROM noise")
        try site.expectWhole("after the beginning")
        // The next backups cut it, and the first one stays its base.
        try site.add("d")
        _ = try site.backup()
        try site.add("e")
        _ = try site.backup()
        try site.expectWhole("after two more backups")
    }

    @Test("the trial restore, log check with the base, and both ways of a rollback take the backup as the log's base")
    func others() throws {
        let site = try site()
        _ = try site.start()
        try site.add("c", "d")
        _ = try site.drain()
        let kept = try site.status().lastOperation - 1
        #expect(try Proof(archive: site.archive(1), surroundings: site.surroundings).run(Job()).result == .proven)
        #expect(try LogRehearsal(log: site.application.defaultJournal, archive: site.archive(1)).run(Job()).isEmpty)
        _ = try site.rollback(kept, .undo)
        #expect(try site.names() == "abc")
        _ = try site.rollback(kept + 1, .restore)
        #expect(try site.names() == "abcd")
    }

    @Test("a lost data disk: the database comes back in place, with its log going on, though the archive does not name the log")
    func rescue() throws {
        let other = try Site(startsLog: false)
        let site = try Site(startsLog: false)
        try site.set("", general: "<DestinationFolder>\(other.folder)/backups</DestinationFolder>")
        try Folder.create(other.folder + "/backups")
        try site.add("a")
        _ = try site.backup()
        _ = try site.start(at: other.folder + "/SampleDB.journal")
        #expect(try site.sets().map(\.number) == [1])
        try site.add("b")
        _ = try site.drain()
        let last = try site.status().lastOperation
        site.leave()
        for name in try Folder.contents(of: site.folder) { try Folder.removeTree(site.folder + "/" + name) }
        let archive = other.folder + "/backups/" + Application.archiveName("SampleDB", 1)
        func restore(_ logs: Restore.Logs) throws -> RestoreOutcome {
            var restore = Restore(
                archive: archive, surroundings: site.surroundings, target: .inPlace, items: [], logs: logs, until: nil, insideTransaction: false)
            restore.dataFile = site.application.data
            return try restore.run(Job())
        }
        // The history beside the archive names the log: it is not forgotten when it is away.
        try Folder.move(other.folder + "/SampleDB.journal", to: other.folder + "/elsewhere")
        let copy = try Restore(
            archive: archive, surroundings: site.surroundings, target: .folder(site.folder + "/copy"), items: [], logs: .automatic, until: nil,
            insideTransaction: false
        ).run(Job())
        #expect(copy.warnings.contains { $0.contains("/SampleDB.journal', which began on the data of this archive, was not found") })
        try Folder.removeTree(site.folder + "/copy")
        try Folder.move(other.folder + "/elsewhere", to: other.folder + "/SampleDB.journal")
        let outcome = try restore(.automatic)
        #expect(try site.names() == "ab" && outcome.lastOperation == last)
        try site.add("c")
        _ = try site.drain()
        let status = try site.status()
        #expect(status.state == .ok && status.lastOperation == last + 1 && status.path == other.folder + "/SampleDB.journal")
    }

    @Test("an exact copy that was restored without a log takes the log by name; one that was written to does not")
    func integrate() throws {
        let site = try site()
        _ = try site.start()
        try site.add("c")
        _ = try site.drain()
        func copy(_ name: String) throws -> String {
            try #require(
                try Restore(
                    archive: site.archive(1), surroundings: site.surroundings, target: .folder(site.folder + "/" + name), items: [], logs: .none,
                    until: nil, insideTransaction: false
                ).run(Job()).data)
        }
        let exact = try copy("exact")
        #expect(try !Capture.isInstalled(Connection(exact, .read)))
        _ = try site.integrate(exact, [site.application.defaultJournal])
        #expect(try site.names(exact) == "abc")
        let changed = try copy("changed")
        try Connection(changed, .write).execute("INSERT INTO item(name) VALUES('x')")
        #expect(throws: Failure.self) { _ = try site.integrate(changed, [site.application.defaultJournal]) }
        #expect(try site.names(changed) == "abx")
    }

    @Test("what was written since, an archive that is damaged or cut, data of another kind: a backup comes first, as ever", arguments: 0..<5)
    func notFresh(which: Int) throws {
        let site = try site()
        switch which {
        case 0: try site.add("c")
        case 1: try site.client().execute("CREATE INDEX i ON item(name); DROP INDEX i")
        case 2: try File(site.archive(1), .readWrite).truncate(to: 100)
        case 3: try Folder.removeFile(site.archive(1))
        default: try site.client().execute("PRAGMA user_version=7")
        }
        // Whatever the times say.
        let base = try #require(LogBase.candidate(site.application, site.surroundings, trustingTimes: false).map { Optional($0) } ?? (which == 2 || which == 3 ? .some(nil) : nil))
        if let base {
            let state = CaptureState(application: [], chain: [], homePath: "", homeDevice: 0, homeInode: 0)
            #expect(try base.compare(Connection(site.application.data, .write), as: state, limit: 1000, Job()) == nil)
        }
        _ = try site.start()
        #expect(try site.sets().map(\.number).max() == 2)
        #expect(try site.status().state == .ok)
    }

    @Test("I1: what is committed while the log is being begun is in it", arguments: [true, false])
    func race(isBlank: Bool) throws {
        let site = try isBlank ? Site(startsLog: false) : site()
        let start = LogStart(application: site.application, surroundings: site.surroundings, journal: nil, excluding: [])
        let beginning = try start.install(Job(), on: LogBase.candidate(site.application, site.surroundings))
        #expect((beginning.base != nil) == !isBlank && beginning.mark != nil)
        try site.add("x")
        try start.begin(beginning, Job())
        _ = try site.drain()
        let data: String
        if isBlank {
            data = site.folder + "/empty.db"
            try Connection(data, .create).execute("")
            _ = try site.integrate(data, [site.application.defaultJournal])
        } else {
            data = try #require(try site.restore(1, .folder(site.folder + "/copy")).data)
        }
        #expect(try site.names(data).hasSuffix("x") && site.names(data) == site.names())
    }

    @Test("a commit between the comparison and the installation of capture makes the backup no base")
    func commitBetween() throws {
        let site = try site()
        let base = try #require(LogBase.candidate(site.application, site.surroundings))
        let connection = try Connection(site.application.data, .write)
        let state = CaptureState(application: [], chain: [], homePath: "", homeDevice: 0, homeInode: 0)
        let found = try #require(try base.compare(connection, as: state, limit: 1000, Job()))
        #expect(try connection.integer("PRAGMA main.data_version") == found.version)
        try site.add("c")
        #expect(try connection.integer("PRAGMA main.data_version") != found.version)
    }

    @Test("a log that could not be begun leaves the history as it was, and no capture")
    func failure() throws {
        let site = try site()
        let before = try site.sets()
        let start = LogStart(application: site.application, surroundings: site.surroundings, journal: nil, excluding: [])
        let beginning = try start.install(Job(), on: LogBase.candidate(site.application, site.surroundings))
        // Its place is taken by a folder.
        try Folder.create(site.application.defaultJournal)
        #expect(throws: Failure.self) { try start.begin(beginning, Job()) }
        #expect(try site.sets() == before && !Capture.isInstalled(site.client()))
        try Folder.removeTree(site.application.defaultJournal)
        _ = try site.backup()
        #expect(try site.status().state == .off)
    }
}
