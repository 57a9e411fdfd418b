import Engine
import EngineSupport
import FileSystem
import Testing
import Vocabulary

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
