import Engine
import TerminalKit
import TerminalSupport
import Testing
import Vocabulary

@testable import Screens

@Suite("Steps of the restore wizard")
struct StepTests {
    // MARK: Backup

    @Test("the newest archive that is there is looked at first, each other one when it is selected")
    func looksAtArchives() throws {
        var wizard = try Wizard()
        #expect(wizard.loads == ["backup/preview"])
        #expect(wizard.page.choices.preview == nil)
        wizard.receive("backup/preview", Fixture.preview(3))
        #expect(wizard.page.choices.preview?.archive.number == 3)
        wizard.press(.down)
        #expect(wizard.page.choices.preview == nil)
        wizard.press("n")
        #expect(wizard.page.current == .backup)
        #expect(wizard.messages.last == "The archive is not at its place: choose another one, or Browse to where it is now.")
        wizard.press(.down)
        #expect(wizard.loads == ["backup/preview", "backup/preview"])
        wizard.press(.up, .up)
        #expect(wizard.page.choices.preview?.archive.number == 3, "it is known already")
    }

    @Test("an archive from elsewhere comes on top of the list and is selected")
    func browse() throws {
        var wizard = try Wizard()
        wizard.press("o")
        wizard.receive("backup/folder", FolderListing(folder: "/mnt", entries: [.init(name: "x.4BK", isFolder: false, size: 1, modified: 0)]))
        wizard.press(.down, .enter)
        var other = Fixture.preview(1)
        other.archive.path = "/mnt/x.4BK"
        wizard.receive("backup/preview", other)
        #expect(wizard.page.choices.preview?.archive.path == "/mnt/x.4BK")
        #expect(wizard.text.contains("▸       x.4BK"))
    }

    @Test("keys typed into the path of the browser are text, and Esc leaves it without leaving the page")
    func browserTyping() throws {
        var wizard = try Wizard()
        wizard.press("o", .tab)
        wizard.type("/nobq?")
        #expect(wizard.text.contains("/nobq?"))
        wizard.press(.escape)
        #expect(wizard.page.current == .backup && !wizard.text.contains("Open an archive"))
    }

    @Test("a verification says in the message line what it found, and the facts remember it")
    func verify() throws {
        var wizard = try Wizard()
        wizard.chooseFirst()
        wizard.press("v")
        #expect(wizard.requests.last?.commandLine == "msc verify '/srv/app/SampleDB.msc/Backups/SampleDB[0001].4BK'")
        #expect(wizard.requests.last?.changesData == false)
        wizard.end("verify", .success(CheckOutcome(problems: [Problem(where: "Data/SampleDB.db", what: "bytes differ")])))
        #expect(wizard.messages.last == "The archive is damaged: Data/SampleDB.db: bytes differ.")
        wizard.end("verify", .success(CheckOutcome(problems: [Problem(where: "bytes 0 to 1023", what: "damaged")], repairable: true)))
        #expect(wizard.messages.last?.contains("its parity file can repair it") == true)
        #expect(wizard.page.choices.verified == nil)
        wizard.end("verify", .success(CheckOutcome(problems: [])))
        #expect(wizard.page.choices.verified == Fixture.archive(1))
        #expect(wizard.text.contains("Verified"))
    }

    // MARK: Contents

    @Test("checked items become as few names as possible, and the destination is looked at with their size")
    func items() throws {
        var wizard = try Wizard()
        wizard.toContents()
        #expect(wizard.page.choices.items == [] && wizard.page.choices.itemCount == 4)
        wizard.press(.down, .down, " ")
        #expect(wizard.page.choices.items == ["Data", "Attachments"])
        #expect(wizard.page.choices.itemBytes == 310_100_000)
        wizard.press("u")
        wizard.receive("contents/place", RestoreDestination(path: "/x", needed: 0, free: 1))
        wizard.press("n")
        #expect(wizard.messages.last == "Nothing is checked." && wizard.page.current == .contents)
        wizard.press("a")
        #expect(wizard.page.choices.items == [])
    }

    @Test("without the data file no log is integrated")
    func withoutData() throws {
        var wizard = try Wizard()
        wizard.toContents()
        wizard.press(" ")
        wizard.receive("contents/place", RestoreDestination(path: "/x", needed: 0, free: 1))
        wizard.press("n")
        #expect(wizard.page.choices.effectiveLogs == .none)
        #expect(wizard.text.contains("The data file is not among the chosen items."))
    }

    @Test("a destination that is refused keeps the wizard there, with the cursor in the field")
    func refusedDestination() throws {
        var wizard = try Wizard()
        wizard.chooseFirst()
        wizard.press("n", "n")
        #expect(wizard.messages.last == "The destination is being looked at.")
        wizard.receive("contents/place", RestoreDestination(path: "/x", needed: 1, free: 0, problem: Failure(.notEnoughSpace, "too little", hint: "Make room.")))
        wizard.press("n")
        #expect(wizard.messages.last == "Error 1505: too little.")
        wizard.press(.tab, .right, .enter)
        #expect(wizard.messages.last == "Error 1505: too little.")
        wizard.press(.ctrl("u"))
        wizard.type("/new")
        #expect(wizard.page.choices.destination == "/new")
        #expect(wizard.page.choices.place == nil)
        #expect(wizard.loads.last == "contents/place")
    }

    @Test("in place is refused for an archive of another database, with the reason")
    func inPlaceOfAnother() throws {
        var wizard = try Wizard()
        var preview = Fixture.preview(3)
        preview.archive.originalData = "/srv/other/SampleDB.db"
        wizard.receive("backup/preview", preview)
        wizard.press("n", "i")
        #expect(!wizard.page.choices.isInPlace)
        #expect(wizard.messages.last == "This archive was made from /srv/other/SampleDB.db, not from the database that is open.")
    }

    // MARK: Logs and point

    @Test("a point inside a transaction is refused, and the nearest ones are one key away")
    func nearest() throws {
        var wizard = try Wizard()
        wizard.toPoint()
        wizard.press("o", "8")
        wizard.receive("point/standing", PictureTests.Scene.insideTransaction)
        wizard.press(.ctrl("n"))
        #expect(wizard.page.current == .point)
        #expect(wizard.messages.last == "Error 1507: operation 8 may lie inside a transaction. Nearest: < 7 (10:15:00), > 9 (10:19:00).")
        wizard.press(.alt("<"))
        #expect(wizard.page.choices.wish == .operation(7))
        wizard.receive("point/standing", PointStanding(end: RestorePoint(operation: 7, time: Fixture.minutes(15))))
        wizard.press(.alt(">"))
        #expect(wizard.messages.last == "The point can be reached as it is.")
    }

    @Test("what is typed is no number or no time: the reason is shown and nothing is looked up")
    func nonsense() throws {
        var wizard = try Wizard()
        wizard.toPoint()
        wizard.press("o")
        wizard.type("12x")
        #expect(wizard.text.contains("'12x' is not a number."))
        wizard.press(.tab, .tab, .tab, "t")
        wizard.type("yesterday")
        #expect(wizard.text.contains("'yesterday' is not a time."))
        wizard.press(.ctrl("u"))
        wizard.type("2026-11-21 10:15")
        #expect(wizard.page.choices.wish == .time(Fixture.minutes(15)))
    }

    @Test("the time line moves by columns and by committed states, and Enter on a log ends with it")
    func moving() throws {
        var wizard = try Wizard()
        wizard.toPoint()
        wizard.press("m", .left)
        guard case .time(let time)? = wizard.page.choices.wish else { return #expect(Bool(false), "no time") }
        #expect(time < Fixture.minutes(29) && time > Fixture.minutes(28))
        wizard.press(.shiftLeft)
        #expect(wizard.loads.last == "point/step")
        wizard.receive("point/step", RestorePoint?.some(RestorePoint(operation: 9, time: nil)))
        #expect(wizard.page.choices.wish == .operation(9))
        wizard.press(.home)
        #expect(wizard.page.choices.wish == .operation(3))
        wizard.press(.end)
        #expect(wizard.page.choices.wish == nil)
        wizard.press(.backTab, .down, .enter)
        #expect(wizard.page.choices.wish == .operation(9))
    }

    @Test("with no logs the end is what the backup holds")
    func noLogs() throws {
        var wizard = try Wizard()
        wizard.toPoint()
        wizard.press(.up, .up)
        #expect(wizard.page.choices.logs == .none && wizard.page.choices.end == nil)
        wizard.press("n")
        #expect(wizard.page.current == .review)
        wizard.press(.enter)
        #expect(wizard.requests.last?.commandLine.hasSuffix("--integrate none") == true)
    }

    @Test("a log that is added by hand is part of the reading and of the command line")
    func addedLog() throws {
        var wizard = try Wizard()
        wizard.toPoint(hasGap: true)
        wizard.press("a")
        wizard.receive("point/folder", FolderListing(folder: "/mnt", entries: [.init(name: "two.4BL", isFolder: false, size: 1, modified: 0)]))
        wizard.press(.down, .enter)
        #expect(wizard.page.choices.otherLogs == ["/mnt/two.4BL"])
        #expect(wizard.loads.last == "point/preview")
        wizard.receive("point/preview", Fixture.preview(1))
        wizard.receive("point/standing", PointStanding(end: RestorePoint(operation: 12, time: nil)))
        #expect(wizard.page.choices.commandLine.contains("--integrate '/srv/app/SampleDB.msc/Backups/SampleDB[0001].4BL'"))
        #expect(wizard.page.choices.destination == "/srv/app/SampleDB[0001]", "what was chosen before stays")
    }

    // MARK: Review, run, result

    @Test("in place nothing starts before the name is typed; going back asks for it again")
    func confirmation() throws {
        var wizard = try Wizard()
        try PictureTests.Scene.reviewInPlace.play(&wizard)
        wizard.press(.enter)
        #expect(wizard.requests.isEmpty)
        wizard.type("SampleDB")
        #expect(wizard.page.choices.isConfirmed)
        wizard.press(.escape)
        wizard.receive("point/standing", PictureTests.Scene.nine)
        wizard.press(.ctrl("n"))
        #expect(!wizard.page.choices.isConfirmed && wizard.page.current == .review)
        wizard.type("SampleDB")
        wizard.press(.enter)
        let request = try #require(wizard.requests.first)
        #expect(request.changesData)
        let options = "--in-place --data /srv/app/SampleDB.db --integrate auto --until-operation 9"
        #expect(request.commandLine == "msc restore '/srv/app/SampleDB.msc/Backups/SampleDB[0001].4BK' \(options)")
    }

    @Test("while something else runs, or read only, nothing is started and the reason is said")
    func obstacles() throws {
        for (context, reason) in [
            (try Fixture.context(isBusy: true), "An operation is running."), (try Fixture.context(isReadOnly: true), "The program was started with --readonly."),
        ] {
            var wizard = try Wizard(context: context)
            wizard.toReview()
            wizard.press(.enter)
            #expect(wizard.requests.isEmpty && wizard.messages.last == reason)
        }
    }

    @Test("one by one: the next log is offered until there is none; what was done is told after each")
    func oneByOne() throws {
        var wizard = try Wizard()
        wizard.toAsking()
        #expect(wizard.text.contains("Integrate a log?"))
        wizard.press(.enter)
        let first = try #require(wizard.requests.last)
        #expect(first.id == "integrate" && first.commandLine.hasSuffix("SampleDB[0001].4BL'"))
        try wizard.integrated("SampleDB[0001].4BL", to: 6)
        #expect(wizard.text.contains("3 operations were integrated. Integrate another?"))
        wizard.press(.down, .enter)
        #expect(wizard.messages.last == "The logs before it come first.")
        wizard.press("a")
        #expect(wizard.requests.last?.commandLine.hasSuffix("/srv/app/SampleDB.journal") == true)
        wizard.end("integrate", .failure(Failure(.logDamaged, "the log is damaged", hint: "Look at it.")))
        #expect(wizard.text.contains("SampleDB[0002].4BL was not integrated.") && wizard.text.contains("Try again"))
        wizard.press("f")
        #expect(wizard.text.contains("Another restore"))
    }

    @Test("one by one stops at the chosen operation: the log that holds it is integrated up to there, later ones are not offered")
    func oneByOneUpTo() throws {
        var wizard = try Wizard()
        wizard.toContents()
        wizard.press("n", .up)
        wizard.press("o", "8")
        wizard.receive("point/standing", PointStanding(end: RestorePoint(operation: 8, time: nil)))
        wizard.press(.ctrl("n"), .enter)
        try wizard.restored()
        wizard.press("a")
        #expect(wizard.requests.last?.commandLine.hasSuffix("SampleDB[0002].4BL' --until-operation 8") == true)
    }

    @Test("after a failure the way back is open and nothing is forgotten")
    func afterFailure() throws {
        var wizard = try Wizard()
        try PictureTests.Scene.failed.play(&wizard)
        wizard.press(.escape)
        #expect(wizard.page.current == .review && wizard.page.choices.preview != nil)
        wizard.press(.escape, .escape, .escape)
        #expect(wizard.page.current == .backup)
        wizard.press(.escape)
        #expect(wizard.page.current == .backup)
    }

    @Test("nothing but Stop leaves a running restore; the page can be left and shows it again")
    func running() throws {
        var wizard = try Wizard()
        try PictureTests.Scene.running.play(&wizard)
        wizard.press(.escape, "b", "n", .enter)
        #expect(wizard.page.current == .result && wizard.requests.count == 1)
        #expect(wizard.page.appear(nil, wizard.context).isEmpty)
    }

    // MARK: Asked by another page

    @Test("asked to go back to an operation, the page goes to the newest backup before it and on to the point")
    func request() throws {
        var wizard = try Wizard()
        wizard.effects = wizard.page.appear(.restore(to: 5), wizard.context)
        #expect(wizard.loads == ["backup/preview"])
        wizard.receive("backup/preview", Fixture.preview(1))
        #expect(wizard.page.current == .contents)
        wizard.receive("contents/place", RestoreDestination(path: "/x", needed: 0, free: 1))
        #expect(wizard.page.current == .point && wizard.page.choices.wish == .operation(5))
        #expect(wizard.loads.last == "point/standing")
    }

    @Test("asked for an operation before every backup, it says so and stays at the first step")
    func requestTooEarly() throws {
        var wizard = try Wizard()
        wizard.effects = wizard.page.appear(.restore(to: 1), wizard.context)
        #expect(wizard.messages == ["No backup reaches back to operation 1."])
        #expect(wizard.page.current == .backup)
    }

    // MARK: Keys

    @Test("no key means two things in a step, and none is taken from a text field", arguments: PictureTests.Scene.allCases)
    func keys(_ scene: PictureTests.Scene) throws {
        var wizard = try Wizard()
        try scene.play(&wizard)
        for _ in 0..<8 {
            let table = wizard.page.actions(wizard.context)
            #expect(table.conflicts.isEmpty)
            if wizard.picture().cursor != nil {
                for row in table.rows { for case .character(let character) in row.keys { #expect(Bool(false), "\(row.id) takes \(character)") } }
            }
            wizard.press(.tab)
        }
    }

    @Test("Tab goes through every control and then to the frame")
    func tab() throws {
        var wizard = try Wizard()
        wizard.toContents()
        #expect(wizard.page.handle(.key(.tab), in: wizard.size.rect, wizard.context) != nil)
        #expect(wizard.page.handle(.key(.tab), in: wizard.size.rect, wizard.context) == nil)
    }
}

extension Wizard {
    mutating func restored() throws {
        end(
            "restore",
            .success(
                try JSONText.decode(
                    RestoreOutcome.self,
                    """
                    {"destination":"/srv/app/SampleDB[0001]","data":"/srv/app/SampleDB[0001]/Data/SampleDB.db","items":[],"integrated":[],"lastOperation":3,"warnings":[],"incomplete":[]}
                    """)))
    }

    /// At the last step, asked for the first log.
    mutating func toAsking() {
        toContents()
        press("n", .up)
        receive("point/standing", PointStanding(end: RestorePoint(operation: 12, time: Fixture.minutes(29))))
        press("n", .enter)
        do { try restored() } catch { Issue.record(error) }
    }

    mutating func integrated(_ log: String, to last: UInt64) throws {
        end(
            "integrate",
            .success(
                try JSONText.decode(
                    IntegrationOutcome.self,
                    """
                    {"integrated":[{"log":"\(Fixture.folder)/\(log)","operations":3,"recordOperations":3,"skipped":0,"notIntegrated":[]}],"lastOperation":\(last),"warnings":[],"incomplete":[]}
                    """)))
    }
}
