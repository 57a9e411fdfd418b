// Detours in the restore wizard: the mouse, what cannot be read, ways back, and what the review says of each choice.

import Engine
import EngineSupport
import TerminalKit
import Testing
import Vocabulary

@testable import Screens

extension Wizard {
    fileprivate mutating func click(on text: String, _ action: MouseEvent.Action = .left, at location: SourceLocation = #_sourceLocation) throws {
        effects += page.handle(try Mouse.event(action, on: text, in: picture().text, at: location), in: size.rect, context) ?? []
    }
}

@Suite("Detours in the restore wizard")
struct DetourTests {
    private let failure = Failure(.readFailed, "the folder cannot be read", hint: "Look at the disk.")

    @Test("the tree of items obeys the mouse: a box changes, a folder folds, the wheel scrolls")
    func tree() throws {
        var wizard = try Wizard()
        wizard.toContents()
        try wizard.click(on: "[x]   Backup.4DSettings")
        #expect(wizard.text.contains("[ ]   Backup.4DSettings") && wizard.page.choices.items == ["Data", "Attachments"])
        try wizard.click(on: "Data/")
        #expect(wizard.text.contains("▸ Data/") && !wizard.text.contains("]   SampleDB.db"))
        try wizard.click(on: "Data/")
        #expect(wizard.text.contains("▾ Data/") && wizard.text.contains("]   SampleDB.db"))
        wizard.size = GridSize(columns: 59, rows: 14)
        try wizard.click(on: "▾ Data/", .wheelDown)
        #expect(!wizard.text.contains("Data/"), "\(wizard.text)")
        try wizard.click(on: "Settings/", .wheelUp)
        #expect(wizard.text.contains("Data/"))
    }

    @Test("a destination that cannot be looked at keeps the wizard there, with the reason")
    func destination() throws {
        var wizard = try Wizard()
        wizard.toContents()
        wizard.fail("contents/place", failure)
        wizard.press("n")
        #expect(wizard.page.current == .contents && wizard.messages.last == "Error 1515: the folder cannot be read.")
    }

    @Test("in place is chosen with the mouse, and refused with the reason for an archive of another database")
    func inPlace() throws {
        var wizard = try Wizard()
        wizard.toContents()
        try wizard.click(on: "In place of")
        #expect(wizard.page.choices.isInPlace && wizard.loads.last == "contents/place")
        try wizard.click(on: "Into a new folder")
        #expect(!wizard.page.choices.isInPlace)
        let count = wizard.messages.count
        wizard.press(.up)
        #expect(!wizard.page.choices.isInPlace && wizard.messages.count == count)
        var other = try Wizard()
        var preview = Fixture.preview(3)
        preview.archive.originalData = "/srv/other/SampleDB.db"
        other.receive("backup/preview", preview)
        other.press("n")
        try other.click(on: "In place of")
        #expect(!other.page.choices.isInPlace)
        #expect(other.messages.last == "This archive was made from /srv/other/SampleDB.db, not from the database that is open.")
    }

    @Test("the browser goes up and down folders, and one that cannot be read leaves the way up")
    func browser() throws {
        var wizard = try Wizard()
        wizard.press("o")
        wizard.fail("backup/folder", failure)
        #expect(wizard.text.contains("Error 1515: the folder cannot be read.") && wizard.text.contains("../"))
        wizard.press(.enter)
        #expect(wizard.loads.last == "backup/folder" && wizard.text.contains("[/srv/app/SampleDB.msc "), "\(wizard.text)")
        wizard.receive("backup/folder", FolderListing(folder: "/srv/app/SampleDB.msc", entries: [.init(name: "old", isFolder: true, size: 0, modified: 0)]))
        wizard.press(.down, .enter)
        #expect(wizard.text.contains("[/srv/app/SampleDB.msc/old "))
        wizard.receive("backup/folder", FolderListing(folder: "/srv/app/SampleDB.msc/old", entries: []))
        wizard.press(.backspace)
        #expect(wizard.text.contains("[/srv/app/SampleDB.msc "))
    }

    @Test("one by one does not go in place: all logs are integrated instead")
    func oneByOneInPlace() throws {
        var wizard = try Wizard()
        wizard.toPoint()
        wizard.press(.up)
        #expect(wizard.page.choices.logs == .oneByOne)
        wizard.press(.escape, "i")
        wizard.receive("contents/place", RestoreDestination(path: Fixture.application.data, situation: .live, needed: 1, free: 90_000_000_000))
        wizard.press("n")
        #expect(wizard.page.current == .point && wizard.page.choices.logs == .all && wizard.text.contains("(•) all that follow"))
    }

    @Test("who asks for an operation, a time or the line wants the logs after all", arguments: ["o", "t", "m"] as [Key])
    func logsAfterAll(_ key: Key) throws {
        var wizard = try Wizard()
        wizard.toPoint()
        wizard.press(.up, .up)
        #expect(wizard.page.choices.logs == .none)
        wizard.press(key)
        #expect(wizard.page.choices.logs == .all && wizard.text.contains("(•) all that follow"))
    }

    @Test("a click on the time line goes to its time, and what is left out is told with times")
    func timeLine() throws {
        var wizard = try Wizard()
        wizard.toPoint()
        try wizard.click(on: "███")
        guard case .time(let time)? = wizard.page.choices.wish else {
            Issue.record("no time")
            return
        }
        #expect(time > Fixture.minutes(0) && time < Fixture.minutes(2))
        wizard.receive("point/standing", PictureTests.Scene.nine)
        #expect(wizard.text.contains("Left out: operations 10 to 12 (3), 10:21:00 to 10:29:00"), "\(wizard.text)")
        wizard.fail("point/step", failure)
        #expect(wizard.messages.last == "Error 1515: the folder cannot be read.")
    }

    @Test("a backup that no log follows says so, and how one is named")
    func noLogFollows() throws {
        var wizard = try Wizard()
        var preview = Fixture.preview(3)
        preview.logs = []
        wizard.receive("backup/preview", preview)
        wizard.press("n")
        wizard.receive("contents/place", RestoreDestination(path: "/x", needed: 0, free: 1))
        wizard.press("n")
        #expect(wizard.page.current == .point && wizard.text.contains("No log follows this backup. Add log names one that"), "\(wizard.text)")
    }

    @Test("reading again, another log and another restore look at the archive anew")
    func again() throws {
        var wizard = try Wizard()
        wizard.chooseFirst()
        var count = wizard.loads.count
        wizard.press("r")
        #expect(wizard.loads.count == count + 1 && wizard.loads.last == "backup/preview")
        wizard = try Wizard()
        wizard.toPoint(hasGap: true)
        wizard.press("a")
        wizard.receive("point/folder", FolderListing(folder: "/mnt", entries: [.init(name: "two.4BL", isFolder: false, size: 1, modified: 0)]))
        wizard.press(.down, .enter)
        count = wizard.loads.count { $0 == "backup/preview" }
        wizard.press(.escape, .escape)
        #expect(wizard.page.current == .backup && wizard.loads.count { $0 == "backup/preview" } == count + 1)
        wizard = try Wizard()
        try PictureTests.Scene.done.play(&wizard)
        wizard.press("r")
        #expect(wizard.page.current == .backup && wizard.loads.last == "backup/preview" && wizard.page.choices.preview == nil)
    }

    @Test("changes that could not be written to the log before are a warning, and the archive is read all the same")
    func waitingChanges() throws {
        let bench = try LoggedApplication()
        try bench.add("A")
        let archive = try bench.backup().archive
        // As if they waited in a database that is not there.
        var context = try Fixture.context()
        context.overview?.log.pending = 1
        guard case .load(_, let work) = BackupStep.load(archive, [], context) else {
            Issue.record("nothing is read")
            return
        }
        let preview = try #require(try work(Job()) as? RestorePreview)
        #expect(preview.archive.path == archive)
        #expect(preview.warnings.contains { $0.hasPrefix("changes that wait in the data file could not be written to the log: ") }, "\(preview.warnings)")
    }

    // MARK: Review

    /// The review of usual choices with a change.
    private func review(_ change: (inout RestoreChoices) -> Void) throws -> String {
        var wizard = try Wizard()
        wizard.toReview()
        var choices = wizard.page.choices
        change(&choices)
        return RestoreReview(choices, Fixture.application, .unicode).facts.map { "\($0.name): \($0.text)" }.joined(separator: "\n")
    }

    @Test("the review names the items that were chosen, the first twenty of many")
    func items() throws {
        let few = try review { ($0.items, $0.itemCount) = (["Data", "Attachments"], 3) }
        #expect(few.contains("Items: 3 of 4, 310.1 MB:\n:   Data\n:   Attachments\n"), "\(few)")
        let many = try review { ($0.items, $0.itemCount) = ((1...25).map { "Attachments/\($0)" }, 25) }
        #expect(many.contains(":   Attachments/20\n:   and 5 more\n") && !many.contains(":   Attachments/21"), "\(many)")
    }

    @Test("the review says what becomes of damaged data, and why what comes after the point is rolled back")
    func damaged() throws {
        let text = try review { choices in
            choices.isInPlace = true
            choices.place = RestoreDestination(path: Fixture.application.data, situation: .damaged, needed: 1, free: 2)
            choices.wish = .operation(9)
            choices.standing = PictureTests.Scene.nine
        }
        #expect(text.contains("It is damaged: it is set aside beside its place as SampleDB.db.damaged-…"), "\(text)")
        #expect(text.contains("what comes after that point is then rolled back: no operation number is used twice."), "\(text)")
    }

    @Test("the review says why no log is integrated, and where a backup without a log ends")
    func logs() throws {
        #expect(try review { $0.logs = .none }.contains("Logs: none is integrated\n"))
        #expect(try review { $0.preview?.logs = [] }.contains("Logs: none follows\n"))
        let needless = try review { choices in
            choices.wish = .operation(3)
            choices.standing = PointStanding(end: RestorePoint(operation: 3, time: nil))
        }
        #expect(needless.contains("Logs: none is needed to come there\n"), "\(needless)")
        let without = try review { $0.preview?.archive.lastOperation = nil }
        #expect(without.contains("Logs: This backup was made without a log: no log can follow it.\nEnds: as the backup holds the data\n"), "\(without)")
    }
}
