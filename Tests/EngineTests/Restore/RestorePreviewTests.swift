import Engine
import EngineSupport
import FileSystem
import Testing
import Vocabulary

@Suite("Restore preview")
struct RestorePreviewTests {
    private let bench: LoggedApplication

    init() throws {
        bench = try LoggedApplication()
        try bench.workedExample()
    }

    private func time(of number: UInt64) throws -> Int64 {
        let browser = try OperationBrowser(OperationBrowser.logs(of: bench.application))
        return try #require(browser.rows(from: number, count: 1).first).time
    }

    @Test("the logs that follow an archive come in order, with their ranges and times")
    func following() throws {
        let preview = try RestorePreview(bench.archive(1))
        #expect(preview.held == 3)
        #expect(preview.logs.map(\.path) == [bench.logBackup(1), bench.logBackup(2), bench.application.defaultJournal])
        #expect(preview.logs.map(\.first) == [4, 7, 10] && preview.logs.map(\.last) == [6, 9, 12])
        #expect(try preview.logs.map(\.end) == [time(of: 6), time(of: 9), time(of: 12)])
        #expect(try preview.heldTime == time(of: 3))
        #expect(preview.lastOperation == 12 && preview.lastKnown == 12)
        #expect(preview.gaps.isEmpty && preview.beyond.isEmpty && preview.warnings.isEmpty)
        #expect(preview.defaultDestination == bench.folder + "/SampleDB[0001]")
    }

    @Test("a missing log is a gap with its operations; what lies behind it is known and not reachable")
    func gap() throws {
        try Folder.removeFile(bench.logBackup(1))
        let preview = try RestorePreview(bench.archive(1))
        #expect(preview.logs.isEmpty && preview.lastOperation == 3 && preview.lastKnown == 12)
        #expect(preview.gaps.map(\.first) == [4] && preview.gaps.map(\.last) == [6])
        #expect(preview.beyond.map(\.first) == [7, 10])
        let standing = try preview.standing(of: .operation(8))
        #expect(standing.end == nil && standing.before?.operation == 3 && standing.after == nil)
        #expect(standing.refusal?.code == .logGap)
        #expect(standing.refusal?.message == "operations 4 to 6 are missing: no log at hand holds them")
        #expect(try preview.standing(of: .time(time(of: 8))).refusal?.code == .logGap)
        #expect(try preview.standing(of: nil).rest?.count == 9)
    }

    @Test("a log elsewhere closes the gap when it is named")
    func otherLogs() throws {
        let elsewhere = bench.folder + "/moved"
        try Folder.create(elsewhere)
        try Folder.move(bench.logBackup(1), to: elsewhere + "/one.4BL")
        #expect(try RestorePreview(bench.archive(1)).lastOperation == 3)
        #expect(try RestorePreview(bench.archive(1), alongWith: [elsewhere + "/one.4BL"]).lastOperation == 12)
        #expect(try RestorePreview(bench.archive(1), alongWith: [elsewhere]).gaps.isEmpty)
    }

    @Test("a log that cannot be read is told by name")
    func unreadable() throws {
        try Publication.write(Array("no log".utf8), to: bench.logBackup(1))
        let preview = try RestorePreview(bench.archive(1))
        #expect(preview.warnings.count == 1 && preview.warnings[0].contains("SampleDB[0001].4BL"))
        #expect(preview.gaps.map(\.first) == [4])
    }

    @Test("a point says where it ends and what is left out after it")
    func reachable() throws {
        let preview = try RestorePreview(bench.archive(1))
        let standing = try preview.standing(of: .operation(8))
        #expect(try standing.end == RestorePoint(operation: 8, time: time(of: 8)))
        #expect(try standing.rest == .init(first: 9, last: 12, start: time(of: 9), end: time(of: 12)))
        #expect(try preview.standing(of: nil).end?.operation == 12)
        #expect(try preview.standing(of: nil).rest == nil)
        #expect(try preview.standing(of: .time(time(of: 8))).end?.operation == 8)
        #expect(try preview.standing(of: .time(time(of: 9) - 1)).end?.operation == 8)
        #expect(try preview.standing(of: .time(.max)).end?.operation == 12)
    }

    @Test("a point before the archive is refused with the archive's own state as the nearest")
    func tooEarly() throws {
        let preview = try RestorePreview(bench.archive(2))
        #expect(try preview.standing(of: .operation(4)).refusal?.code == .pointOutOfRange)
        #expect(try preview.standing(of: .operation(4)).after?.operation == 6)
        #expect(try preview.standing(of: .time(time(of: 5))).refusal?.code == .pointOutOfRange)
        // The time of the last operation it holds is known from a log, so the moment after it is the archive's state.
        #expect(try preview.standing(of: .time(time(of: 6))).end?.operation == 6)
        #expect(try preview.standing(of: .operation(13)).before?.operation == 12)
    }

    @Test("a point inside a transaction is refused and both committed neighbours are offered")
    func insideTransaction() throws {
        try bench.addTogether("M", "N", "O")
        let preview = try RestorePreview(bench.archive(3))
        let inside = try preview.standing(of: .operation(13))
        #expect(inside.refusal?.code == .pointInsideTransaction)
        #expect(inside.before?.operation == 12)
        #expect(inside.after?.operation == preview.lastOperation)
        #expect(try preview.point(from: 12, forward: true)?.operation == preview.lastOperation)
        #expect(try preview.point(from: preview.lastOperation, forward: false)?.operation == 12)
        #expect(try preview.point(from: 9, forward: false) == nil)
        #expect(try preview.point(from: preview.lastOperation, forward: true) == nil)
    }

    @Test("a destination is looked at before anything is done")
    func destination() throws {
        let free = RestoreDestination(folder: bench.folder + "/new", needed: 1000)
        #expect(free.problem == nil && free.free > 1000 && free.path == bench.folder + "/new")
        #expect(RestoreDestination(folder: bench.folder, needed: 0).problem?.code == .destinationExists)
        #expect(RestoreDestination(folder: bench.folder + "/a/b", needed: 0).problem?.code == .destinationInvalid)
        #expect(RestoreDestination(folder: bench.folder + "/new", needed: .max).problem?.code == .notEnoughSpace)
    }

    @Test("a data file's place is live, damaged or missing")
    func situations() throws {
        let archive = try ArchiveSummary.of(bench.archive(1))
        #expect(try RestoreDestination(inPlace: archive, Job()).situation == .live)
        try Publication.write(Array(repeating: 7, count: 5000), to: bench.application.data)
        #expect(try RestoreDestination(inPlace: archive, Job()).situation == .damaged)
        try Folder.removeFile(bench.application.data)
        #expect(try RestoreDestination(inPlace: archive, Job()).situation == .missing)
        var other = archive
        other.originalData = "/nowhere/at/all.db"
        #expect(try RestoreDestination(inPlace: other, Job()).problem?.code == .destinationInvalid)
    }

    @Test("a folder lists its folders, then the files that are wanted")
    func listing() throws {
        let listing = try FolderListing(bench.application.defaultDestination, endings: [".4BK"], Job())
        #expect(listing.entries.map(\.name) == ["SampleDB[0001].4BK", "SampleDB[0002].4BK", "SampleDB[0003].4BK"])
        #expect(try FolderListing(bench.folder, endings: [".journal"], Job()).entries.map(\.name) == ["SampleDB.msc", "SampleDB.journal"])
        #expect(throws: Failure.self) { try FolderListing("/nowhere", endings: [], Job()) }
    }
}
