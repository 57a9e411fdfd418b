import EngineSupport
import FileSystem
import Testing
import Vocabulary

@testable import Engine

@Suite("Restore in place")
struct InPlaceRestoreTests {
    private let bench: LoggedApplication

    init() throws {
        bench = try LoggedApplication()
        try bench.workedExample()
    }

    enum Place: CaseIterable { case live, damaged, missing }

    private func make(_ place: Place) throws {
        switch place {
        case .live: break
        case .damaged: try Publication.write(Array(repeating: 7, count: 5000), to: bench.application.data)
        case .missing: try Folder.removeFile(bench.application.data)
        }
    }

    @Test("I6, I7: the data file comes back to the end, to a point, or as the archive holds it, and its log goes on", arguments: Place.allCases)
    func everyPlace(_ place: Place) throws {
        for (until, logs, names) in [
            (nil, Restore.Logs.automatic, "ABCDEFGHIJKL"), (.operation(8), .automatic, "ABCDEFGH"), (nil, .none, "ABC"),
        ] as [(Point?, Restore.Logs, String)] {
            let bench = try LoggedApplication()
            try bench.workedExample()
            switch place {
            case .live: break
            case .damaged: try Publication.write(Array(repeating: 7, count: 5000), to: bench.application.data)
            case .missing: try Folder.removeFile(bench.application.data)
            }
            let outcome = try bench.restore(1, .inPlace, logs: logs, until: until)
            #expect(try bench.names() == names)
            #expect(outcome.warnings.isEmpty == (place != .damaged))
            let before = try LogStatus.of(bench.application, bench.surroundings)
            #expect(before.state == .ok && before.lastOperation >= 12)
            try bench.add("Z")
            #expect(try bench.names() == names + "Z")
            #expect(try LogStatus.of(bench.application, bench.surroundings).lastOperation > before.lastOperation)
        }
    }

    @Test("I6: a damaged file with a second name is not replaced under one of them; a name that a crash left while it was set aside is none")
    func hardLink() throws {
        try make(.damaged)
        let data = bench.application.data
        try Folder.link(data, as: bench.folder + "/second.db")
        let refused = #expect(throws: Failure.self) { _ = try bench.restore(1, .inPlace) }
        #expect(refused?.code == .destinationExists)
        try Folder.move(bench.folder + "/second.db", to: data + ".damaged-0001")
        _ = try bench.restore(1, .inPlace)
        #expect(try bench.names() == "ABCDEFGHIJKL")
    }

    @Test("I6: a damaged file that somebody has open is not replaced, whoever it is")
    func openElsewhere() throws {
        try make(.damaged)
        do {
            // As in another container, /proc does not show it: this process is passed over there.
            let file = try File(bench.application.data, .readWrite)
            let refused = #expect(throws: Failure.self) { _ = try bench.restore(1, .inPlace) }
            #expect(refused?.code == .databaseLocked)
            withExtendedLifetime(file) {}
        }
        _ = try bench.restore(1, .inPlace)
        #expect(try bench.names() == "ABCDEFGHIJKL")
    }

    @Test(
        "names of up to 243 bytes, and with a backslash, are backed up and restored in place like any other",
        arguments: [String(repeating: "x", count: 240) + ".db", "back\\slash.db"])
    func names(_ name: String) throws {
        let site = try Site(startsLog: false)
        let data = site.folder + "/" + name
        site.leave()
        try Folder.move(site.application.data, to: data)
        try LoggedApplication.run("INSERT INTO item(name) VALUES('A')", on: data)
        let application = try Application(data: data)
        _ = try LogStart(application: application, surroundings: site.surroundings, journal: nil, excluding: []).run(Job())
        let archive = try #require(try BackupSet.all(of: application, site.surroundings).first?.archive)
        for isDamaged in [false, true] {
            if isDamaged { try Publication.write(Array(repeating: 7, count: 5000), to: data) }
            _ = try Restore(
                archive: archive, surroundings: site.surroundings, target: .inPlace, items: [], logs: .automatic, until: nil, insideTransaction: false
            ).run(Job())
            #expect(try site.names(data) == "A")
        }
        try Folder.removeFile(data)
        _ = try Restore(
            archive: archive, surroundings: site.surroundings, target: .inPlace, items: [], logs: .none, until: nil, insideTransaction: false
        ).run(Job())
        #expect(try site.names(data) == "A")
    }

    @Test("the backup of another application that stood there is restored with a warning when it is asked for, and a rollback takes it back")
    func anotherApplication() throws {
        let old = bench.archive(1)
        let kept = bench.folder + "/old.4BK"
        try Folder.move(old, to: kept)
        try Folder.removeTree(bench.application.companion)
        try Folder.removeFile(bench.application.data)
        try Publication.write([], to: bench.application.data)
        try LoggedApplication.run("CREATE TABLE record(id INTEGER PRIMARY KEY, name TEXT); INSERT INTO record VALUES(1, 'new')", on: bench.application.data)
        _ = try LogStart(application: bench.application, surroundings: bench.surroundings, journal: nil, excluding: []).run(Job())
        let before = try LogStatus.of(bench.application, bench.surroundings).lastOperation
        var restore = Restore(
            archive: kept, surroundings: bench.surroundings, target: .inPlace, items: [], logs: .none, until: nil, insideTransaction: false)
        let unnamed = #expect(throws: Failure.self) { _ = try restore.run(Job()) }
        #expect(unnamed?.code == .badValue)
        restore.dataFile = bench.application.data
        let refused = #expect(throws: Failure.self) { _ = try restore.run(Job()) }
        #expect(refused?.code == .destinationExists)
        #expect(try bench.names() == "new")
        restore.replacesOthers = true
        let outcome = try restore.run(Job())
        #expect(try bench.names() == "ABC")
        #expect(outcome.warnings.contains { $0.contains("another application") }, "\(outcome.warnings)")
        _ = try Rollback(
            application: bench.application, surroundings: bench.surroundings, to: .operation(before), insideTransaction: false, dryRun: false
        ).run(Job())
        #expect(try bench.names() == "new")
    }

    @Test(
        "I6: a missing data file whose logs have a gap comes back to the gap, and says that the log ends")
    func gap() throws {
        try Folder.removeFile(bench.logBackup(2))
        try make(.missing)
        let outcome = try bench.restore(1, .inPlace, until: .operation(5))
        #expect(try bench.names() == "ABCDE")
        #expect(outcome.lastOperation == 5)
        #expect(outcome.warnings.contains { $0.contains("msc log start") })
    }

    @Test("I7: a log that does not join the restored data is refused when it comes back (1416), and log start begins anew")
    func logAway() throws {
        let journal = bench.application.defaultJournal
        // Not where logs are looked for: another disk, and it is not there now.
        try Folder.create(bench.folder + "/disk")
        let away = bench.folder + "/disk/SampleDB.journal"
        try Folder.move(journal, to: away)
        try make(.missing)
        let outcome = try bench.restore(3, .inPlace)
        #expect(try bench.names() == "ABCDEFGHI")
        #expect(outcome.warnings.contains { $0.contains("msc log start") && $0.contains(journal) })
        try Folder.move(away, to: journal)
        let bytes = try File.contents(of: journal, atMost: 1 << 20)
        for name in ["M", "N", "O", "P"] {
            let failure = #expect(throws: Failure.self) { try bench.add(name) }
            #expect(failure?.code == .foreignLog)
        }
        #expect(try LogStatus.of(bench.application, bench.surroundings).state == .unavailable)
        #expect(try File.contents(of: journal, atMost: 1 << 20) == bytes)
        #expect(try AutomaticRestore(application: bench.application, surroundings: bench.surroundings).run(isThorough: true, Job()) == nil)
        #expect(try LogStart(application: bench.application, surroundings: bench.surroundings, journal: nil, excluding: []).run(Job()).state == .ok)
        try bench.add("Q")
        #expect(try bench.names() == "ABCDEFGHIMNOPQ")
        // Both histories are whole, each by itself.
        let old = try bench.restore(2, .folder(bench.folder + "/old"))
        #expect(try bench.names(old.data) == "ABCDEFGHIJKL")
        let new = try bench.restore(4, .folder(bench.folder + "/new"))
        #expect(try bench.names(new.data) == "ABCDEFGHIMNOPQ")
    }

    @Test("I6: an archive that was made elsewhere is enough to go back across a change of structure, the file missing")
    func elsewhere() throws {
        try LoggedApplication.run("ALTER TABLE record ADD COLUMN note", on: bench.application.data)
        try bench.add("unwanted")
        try Folder.move(bench.application.defaultDestination, to: bench.folder + "/offsite")
        try make(.missing)
        var restore = Restore(
            archive: bench.folder + "/offsite/SampleDB[0003].4BK", surroundings: bench.surroundings, target: .inPlace, items: [],
            logs: .automatic, until: .operation(11), insideTransaction: false)
        restore.dataFile = bench.application.data
        let outcome = try restore.run(Job())
        #expect(outcome.lastOperation == 11)
        #expect(try bench.names() == "ABCDEFGHIJK")
        let status = try LogStatus.of(bench.application, bench.surroundings)
        #expect(status.state == .ok && status.lastOperation > 13 && status.pending == 0)
        try bench.add("Z")
        #expect(try bench.names() == "ABCDEFGHIJKZ")
        let copy = try Restore(
            archive: bench.folder + "/offsite/SampleDB[0003].4BK", surroundings: bench.surroundings, target: .folder(bench.folder + "/copy"),
            items: [], logs: .automatic, until: nil, insideTransaction: false
        ).run(Job())
        #expect(try bench.names(copy.data) == "ABCDEFGHIJKZ")
    }

    @Test("I6: a Stop at any moment on the way to an earlier point publishes nothing, or the point")
    func stopped() throws {
        let place = bench.folder + "/stops"
        try Folder.create(place)
        var missing = 0
        let met = try withEveryCall(below: place) { arm, end in
            let site = try Site(in: place)
            try site.add("a", "b")
            _ = try site.backup()
            try site.add("c")
            _ = try site.drain()
            site.leave()
            for suffix in ["", "-wal", "-shm"] { try Folder.removeFile(site.application.data + suffix) }
            let job = Job()
            arm {
                job.stop()
                return nil
            }
            let outcome = Result { try site.restore(1, .inPlace, until: .operation(2), job) }
            _ = end()
            if case .failure(let error) = outcome {
                missing += 1
                #expect((error as? Failure)?.code == .stopped, "\(error)")
                #expect(!Folder.exists(site.application.data))
                _ = try site.restore(1, .inPlace, until: .operation(2))
            }
            #expect(try site.names() == "ab" && site.status().state == .ok)
            try site.add("z")
            try site.expectWhole("stopped")
        }
        #expect(met > 0 && met < 600 && missing > 0)
    }

    @Test("named logs are used in place as well")
    func namedLogs() throws {
        let elsewhere = bench.folder + "/one.4BL"
        try Folder.move(bench.logBackup(1), to: elsewhere)
        _ = try bench.restore(1, .inPlace, logs: .files([elsewhere]))
        #expect(try bench.names() == "ABCDEF")
    }

    @Test("a time before the archive is refused and not taken for the archive's own state")
    func tooEarly() throws {
        let failure = #expect(throws: Failure.self) {
            try bench.restore(2, .folder(bench.folder + "/back"), until: .time(try ArchiveSummary.of(bench.archive(1)).time))
        }
        #expect(failure?.code == .pointOutOfRange)
        #expect(!Folder.exists(bench.folder + "/back"))
    }
}
