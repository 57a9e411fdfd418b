// What a log says of itself when something is wrong with it, and how it goes on after a cut that a crash interrupted.

import Database
import FileSystem
import Glibc
import LogFile
import Testing
import Vocabulary

@testable import Engine

@Suite("A log that is not as it was left")
struct LogStateTests {
    private func failure(_ body: () throws -> Void) -> Failure? {
        do {
            try body()
            return nil
        } catch { return error as? Failure }
    }

    private func done(_ end: DrainEnd) -> DrainReport? {
        if case .done(let report) = end { report } else { nil }
    }

    @Test("I8: a table too large to be logged anew is a gap, which the status names until a backup")
    func gap() throws {
        let site = try Site(startsLog: false)
        try site.set("<ReloadLimit>2</ReloadLimit>")
        try site.add("a", "b", "c")
        _ = try site.start()
        try site.client().execute("ALTER TABLE item ADD COLUMN more; UPDATE item SET more=name")
        _ = try site.drain()
        let status = try site.status()
        #expect(status.state == .gap)
        #expect(status.reason == "Changes of table 'item' are missing in the log: make a backup, from which the log is whole again.")
        _ = try site.backup()
        #expect(try site.status().state == .ok)
    }

    @Test("a row that takes several rows of the capture table is one change, and once it is in the log nothing waits")
    func wideRows() throws {
        let site = try Site(startsLog: false)
        try site.client().execute("CREATE TABLE wide(id INTEGER PRIMARY KEY, \((0..<400).map { "c\($0)" }.joined(separator: ",")))")
        _ = try site.start()
        try site.client().execute("INSERT INTO wide(id, c1, c399) VALUES(1, 'a', 'b'); UPDATE wide SET c399='c'")
        #expect(try site.status().pending == 2)
        _ = try site.drain()
        #expect(try site.status().pending == 0)
    }

    @Test("I2: a second name of the data file is refused everywhere, before anything is made for it, and the log is not cut in two")
    func hardLink() throws {
        let site = try Site()
        try site.add("a")
        _ = try site.backup()
        try site.add("b")
        // With its -wal file it could not be read under another name anyway.
        site.leave()
        let name = site.folder + "/Other.db"
        #expect(link(site.application.data, name) == 0)
        let other = try Application(data: name)
        let attempts: [() throws -> Void] = [
            { _ = try LogStatus.of(other, site.surroundings) }, { _ = try LogDrain(application: other, surroundings: site.surroundings).run(Job()) },
            { _ = try Backup(application: other, surroundings: site.surroundings, destination: nil).run(Job()) },
            { _ = try LogStart(application: other, surroundings: site.surroundings, journal: nil, excluding: []).run(Job()) },
            { _ = try LogStop(application: other, surroundings: site.surroundings).run(Job()) },
        ]
        for attempt in attempts { #expect(failure(attempt)?.code == .copyDetached) }
        #expect(try ApplicationRecord.read(other) == nil)
        try site.expectWhole("beside a second name")
        // The first name goes: it was a move.
        try Folder.removeFile(site.application.data)
        #expect(try LogStatus.of(other, site.surroundings).enabled)
    }

    @Test("captured rows that come to nothing do not wait, before a drain or after it, nor are they changes for the next backup")
    func nothing() throws {
        let site = try Site()
        try site.client().execute("CREATE TABLE once(a UNIQUE); INSERT INTO once VALUES(1)")
        try site.add("a", "b")
        #expect(try site.status().pending > 0)
        _ = try site.drain()
        _ = try site.backup()
        #expect(try site.status().pending == 0)
        for _ in 0..<3 { try site.client().execute("UPDATE item SET name=name; INSERT OR IGNORE INTO once VALUES(1)") }
        #expect(try site.status().pending == 0)
        #expect(try site.drain().drained == 0 && site.status().pending == 0)
        let automatic = AutomaticBackup(application: site.application, surroundings: site.surroundings)
        #expect(try !automatic.hasChanged())
        // So many that the drain notes how far it has read.
        try site.client().execute(
            "WITH RECURSIVE n(i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO item SELECT i, 'x' FROM n")
        _ = try site.drain()
        _ = try site.backup()
        for _ in 0..<4 { try site.client().execute("UPDATE item SET name=name") }
        #expect(try site.drain().drained == 1 && site.status().pending == 0 && !automatic.hasChanged())
        try site.client().execute("UPDATE item SET name=name; UPDATE item SET name='c' WHERE id=1")
        #expect(try site.status().pending > 0 && automatic.hasChanged())
    }

    @Test(
        "I8: the log of another application at the log's place is not changed, and the status says what it is",
        arguments: ["whole", "torn", "sealed"])
    func foreign(_ state: String) throws {
        let site = try Site()
        let other = try Site()
        try site.add("a")
        try other.add("x")
        _ = try other.drain()
        // Whoever opens them for writing cuts a torn end off, and gives a sealed log its segment's name.
        if state == "sealed" { try LogWriter(opening: other.application.defaultJournal).seal() }
        let bytes = try File.contents(of: other.application.defaultJournal, atMost: 1 << 20) + (state == "torn" ? [1, 2, 3] : [])
        try Folder.removeFile(site.application.defaultJournal)
        try Publication.write(bytes, to: site.application.defaultJournal)
        let status = try site.status()
        #expect(status.state == .unavailable)
        #expect(status.reason?.hasPrefix("The file at the log's place is the log of another application or chain.") == true)
        let refused = failure { _ = try site.drain() }
        #expect(refused?.code == .foreignLog && refused?.message.contains("does not belong to '\(site.application.data)'") == true)
        #expect(try File.contents(of: site.application.defaultJournal, atMost: 1 << 20) == bytes)
    }

    @Test("I2: a cut that ended between the seal and the new name is finished by the next drain, without losing a change")
    func interruptedCut() throws {
        let site = try Site()
        try site.add("a", "b")
        _ = try site.drain()
        do { try LogWriter(opening: site.application.defaultJournal).seal() }
        try site.add("c")
        #expect(try site.drain().lastOperation == 3)
        let segment = Folder.join(site.application.folder, Application.segmentName("SampleDB", backup: 0, segment: 1))
        let sealed = try LogReader(segment)
        #expect(sealed.isSealed && sealed.firstOperation == 1 && sealed.lastOperation == 2)
        #expect(try site.status().firstOperation == 3)
        // A second time, where the first segment's name is taken by something else.
        do { try LogWriter(opening: site.application.defaultJournal).seal() }
        let next = Folder.join(site.application.folder, Application.segmentName("SampleDB", backup: 0, segment: 2))
        try Publication.write([1], to: next)
        let taken = failure { _ = try site.drain() }
        #expect(taken?.code == .destinationExists && taken?.message == "the segment '\(next)' exists already")
        #expect(try File.contents(of: next, atMost: 10) == [1])
        try Folder.removeFile(next)
        try site.add("d")
        #expect(try site.drain().lastOperation == 4)
    }

    @Test("a copy is cleared of capture by 'log stop', and one that has none says so")
    func stopOnCopy() throws {
        let site = try Site()
        try site.add("a")
        site.leave()
        let folder = site.folder + "/copy"
        try Folder.create(folder)
        let copy = folder + "/SampleDB.db"
        try Connection(site.application.data, .write).execute("VACUUM INTO '\(copy)'")
        let application = try Application(data: copy)
        #expect(try LogStatus.of(application, site.surroundings).state == .detached)
        #expect(try LogStop(application: application, surroundings: site.surroundings).run(Job()).enabled == false)
        #expect(try Connection(copy, .read).integer("SELECT count(*) FROM sqlite_schema WHERE name LIKE '%msc%'") == 0)
        #expect(try site.names(copy) == "a")
        let again = failure { _ = try LogStop(application: application, surroundings: site.surroundings).run(Job()) }
        #expect(again?.code == .noLog)
        #expect(try site.drain().lastOperation == 1)
    }

    @Test("'log start' without the data, into no folder, or with a table that is not there changes nothing")
    func refusedStarts() throws {
        let site = try Site(startsLog: false)
        try site.add("a")
        let place = failure { _ = try site.start(at: site.folder + "/nowhere/log.journal") }
        #expect(place?.code == .fileNotFound && place?.message == "the folder of the log file '\(site.folder)/nowhere/log.journal' does not exist")
        let table = failure { _ = try site.start(excluding: ["item", "nothing"]) }
        #expect(table?.code == .badValue && table?.message == "there is no table 'nothing' to exclude")
        var record = try ApplicationRecord.establish(site.application, site.surroundings, nil)
        let identifier = record.application
        record.application = "nobody"
        try record.write(site.application)
        let nobody = failure { _ = try site.start() }
        #expect(nobody?.code == .badValue && nobody?.message == "'nobody' is not an identifier")
        record.application = identifier
        try record.write(site.application)
        #expect(try !Capture.isInstalled(site.client()) && site.status().enabled == false)
        _ = try site.start()
        site.leave()
        try Folder.removeFile(site.application.data)
        let missing = failure { _ = try site.start() }
        #expect(missing?.code == .fileNotFound && missing?.hint == "Restore it first with 'msc restore'.")
    }

    @Test("whose file with two names it is, is asked within reach of a Stop: such a file may be without end")
    func twoNames() throws {
        let site = try Site(startsLog: false)
        try site.add("a")
        try Folder.link(site.application.data, as: site.folder + "/other.db")
        let job = Job()
        job.stop()
        #expect(failure { _ = try ApplicationRecord.establish(site.application, site.surroundings, job) }?.code == .stopped)
        #expect(!Folder.exists(site.application.companion + "/application.json"))
    }

    @Test("what stands at the log's place and is no log stays there: 'log start' refuses with 1504, on a new application and in the place of a lost log")
    func noLogThere() throws {
        let site = try Site(startsLog: false)
        try site.add("a")
        let journal = site.application.defaultJournal
        try Publication.write(Array("letters".utf8), to: journal)
        let first = failure { _ = try site.start() }
        #expect(first?.code == .destinationExists && first?.message == "something that is not a log stands at '\(journal)'")
        #expect(try !Capture.isInstalled(site.client()) && site.status().enabled == false)
        try Folder.removeFile(journal)
        _ = try site.start()
        try Publication.write(Array("letters".utf8), to: journal)
        let again = failure { _ = try site.start() }
        #expect(again?.code == .destinationExists)
        #expect(try File.contents(of: journal, atMost: 100) == Array("letters".utf8))
    }

    @Test("an identifier in the data that is none is damage, with the way out")
    func identifier() throws {
        let site = try Site()
        var state = try #require(try CaptureState(site.client()))
        state.chain = [1, 2, 3]
        let found = failure { _ = try state.chainIdentity }
        #expect(found?.code == .databaseDamaged && found?.message == "the capture tables hold an identifier of 3 bytes")
    }

    @Test("writes are not refused in a database that another program holds: that is left to the next drain")
    func refusalWaits() throws {
        let site = try Site()
        try site.set("<RefuseWritesWhileLogUnavailable>True</RefuseWritesWhileLogUnavailable>")
        try site.client().execute("BEGIN IMMEDIATE")
        try Refusal(site.application).begin(Job())
        try site.client().execute("ROLLBACK")
        #expect(try CaptureState(site.client())?.isRefusing == false)
        try Refusal(site.application).begin(Job())
        #expect(try CaptureState(site.client())?.isRefusing == true)
    }

    @Test("where the settings ask for it the application's writes are refused while its log is away, and taken again when it is back")
    func refusal() throws {
        let site = try Site(startsLog: false)
        let disk = site.folder + "/disk"
        try Folder.create(disk)
        _ = try site.start(at: disk + "/log.journal")
        try site.add("a")
        let keeper = LogKeeper(site.application, site.surroundings)
        _ = try #require(done(keeper.drain(isThorough: true, Job())))
        try Folder.move(disk, to: site.folder + "/away")
        try site.add("b")
        _ = keeper.drain(isThorough: true, Job())
        try site.add("c")
        try site.set("<RefuseWritesWhileLogUnavailable>True</RefuseWritesWhileLogUnavailable>")
        guard case .failed(let failure) = keeper.drain(isThorough: true, Job()) else {
            Issue.record("the log is away")
            return
        }
        #expect(failure.code == .logUnavailable)
        #expect(throws: DatabaseError.self) { try site.add("d") }
        #expect(try site.status().reason?.contains("are refused (1274)") == true)
        try Folder.move(site.folder + "/away", to: disk)
        let report = try #require(done(keeper.drain(isThorough: true, Job())))
        #expect(report.liftedRefusal)
        try site.add("e")
        #expect(try site.names() == "abce")
        #expect(try site.drain().lastOperation == 4)
    }

    @Test("I1: the service lets captured rows go only through what its log holds, and says how many are left")
    func pruning() throws {
        let site = try Site()
        for n in 1...250 { try site.add("\(n)") }
        let keeper = LogKeeper(site.application, site.surroundings)
        let report = try #require(done(keeper.drain(isThorough: true, Job())))
        #expect(report.removable >= 250)
        try site.add("later")
        let (rest, end) = keeper.prune(for: .seconds(5), Job())
        let after = try #require(done(end))
        #expect(rest && after.removable == 0, "nothing is left to delete")
        #expect(try Capture.backlog(site.client(), after: 0) == 1, "what the log does not hold yet stays")
        #expect(try site.drain().lastOperation == 251)
        // A writer comes first.
        try site.client().execute("BEGIN IMMEDIATE")
        #expect(keeper.prune(for: .milliseconds(80), Job()).gaveWay)
        try site.client().execute("COMMIT")
    }

    @Test("I8: while an integration runs nothing else does: error 1417, with who runs it")
    func integrationRunning() throws {
        let site = try Site()
        try site.add("a")
        let lock = try OperationLock(.operation, for: "integration", on: site.application, site.surroundings)
        defer { withExtendedLifetime(lock) {} }
        let refused = failure { _ = try site.backup() }
        #expect(refused?.code == .integrationRunning && refused?.message.hasPrefix("an integration is running: integration by tests, process ") == true)
        #expect(try site.sets() == [])
    }
}
