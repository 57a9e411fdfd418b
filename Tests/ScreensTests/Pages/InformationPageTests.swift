// The Information page as people see it, and how it counts records.

import Engine
import TerminalKit
import Testing
import Vocabulary

@testable import Engine
@testable import Screens

@Suite struct InformationPageTests {
    static let information = Information(
        data: .init(path: "/srv/app/SampleDB.db", present: true, bytes: 420_003_840, pageSize: 4096, pages: 102_540, freePages: 60_000, journalMode: "wal", encoding: "UTF-8"),
        log: Scene.log(), backups: [], automation: AutomationStatus(), tables: [
            .init(name: "customer", records: -1, fields: 7, indexes: 2, journaled: true),
            .init(name: "invoice", records: -1, fields: 12, indexes: 3, journaled: true),
            .init(name: "a name with \u{1B}[31m control characters", records: -1, fields: 1, indexes: 0, journaled: false),
            .init(name: "商品", records: -1, fields: 4, indexes: 1, journaled: true),
        ])


    /// The page after its first reading, one table counted and one that cannot be.
    private func page(_ tab: InformationPage.Tab) -> InformationPage {
        var page = InformationPage()
        _ = page.receive("outline", .success(InformationPageTests.information), Scene.context())
        _ = page.receive("count", .success(["customer": Int64?.some(20_000), "invoice": Int64?.none]), Scene.context())
        for _ in 0..<tab.rawValue { _ = page.perform("next", Scene.context()) }
        return page
    }

    @Test func `files on a screen of 80 by 24`() {
        #expect(Scene.picture(page(.files), columns: 59, rows: 21) == """
             [Files]  Tables   Space

             Data file /srv/app/SampleDB.db
                       420.0 MB, wal mode, UTF-8, pages of 4096 bytes
                       4 tables
             Log file  /srv/app/SampleDB.journal
                       log on, last operation 12 345
             Backups   1, the last is number 12, complete
                       /srv/app/Sample….msc/Backups/SampleDB[0012].4BK
             Settings  /srv/app/Sample….msc/Settings/Backup.4DSettings
             Program   msc 1.0.0, run by admin on db1
            """ + "\n\n\n\n\n\n\n\n\n\n")
    }

    @Test func `tables on a screen of 60 by 20, control characters harmless, wide ones in line`() {
        #expect(Scene.picture(page(.tables), columns: 60, rows: 16) == """
              Files  [Tables]  Space

              Table                    Records  Fields  Indexes  Logged
             ▸customer                  20 000       7        2     yes
              invoice                    Error      12        3     yes
              a name with ·[31m…      counting       1        0      no
              商品                                   4        1     yes
            """ + "\n\n\n\n\n\n\n\n\n")
    }

    @Test func `tables on a large screen`() {
        #expect(Scene.picture(page(.tables), columns: 139, rows: 47).hasPrefix("""
              Files  [Tables]  Space

              Table                                                                                                   Records  Fields  Indexes  Logged
             ▸customer                                                                                                 20 000       7        2     yes
              invoice                                                                                                   Error      12        3     yes
              a name with ·[31m control characters                                                                   counting       1        0      no
              商品                                                                                                                  4        1     yes
            """))
    }

    @Test func `space as a bar`() {
        #expect(Scene.picture(page(.space), columns: 59, rows: 21) == """
              Files   Tables  [Space]

             Space in the data file

             ███████░░░░░░░░░░░░ 41 % used

             Used   174.2 MB in 42 540 pages
             Free   245.8 MB in 60 000 pages, used again for new reco…
             In all 420.0 MB

             ! Less than half of the file is used. Compacting it would
             give the rest back to the disk.
            """ + "\n\n\n\n\n\n\n\n\n")
    }

    @Test func `tables are counted one reading after the other, each once`() {
        var page = InformationPage()
        func key(_ effects: [Effect]) -> String? { if case .load(let key, _)? = effects.first { key } else { nil } }
        #expect(key(page.appear(nil, Scene.context())) == "outline")
        #expect(key(page.receive("outline", .success(InformationPageTests.information), Scene.context())) == "count")
        // Read anew meanwhile: no second count begins.
        #expect(key(page.receive("outline", .success(InformationPageTests.information), Scene.context())) == nil)
        #expect(key(page.receive("count", .success(["customer": Int64?.some(1)]), Scene.context())) == "count")
        #expect(key(page.receive("outline", .success(InformationPageTests.information), Scene.context())) == nil)
    }

    @Test func `a database that cannot be read shows why, and what to do`() {
        var page = InformationPage()
        let failure = Failure(.notADatabase, "'/srv/app/SampleDB.db' is not a SQLite database", hint: "Give another path.")
        _ = page.receive("outline", .failure(failure), Scene.context())
        #expect(Scene.picture(page, columns: 120, rows: 20).contains("error 1500: '/srv/app/SampleDB.db' is not a SQLite database. Give another path."))
    }

    @Test func `a log that this user may not ask for is unknown, not none`() {
        let failure = Failure(.noPermission, "'/srv/app/SampleDB.msc' may not be read by this user", hint: "Run msc as the owner.")
        let context = Scene.context(Scene.overview(log: .unreadable(failure), backups: [], problems: [failure]))
        let picture = Scene.picture(InformationPage(), columns: 80, rows: 20, context)
        #expect(picture.contains("Log file  unknown") && picture.contains("Backups   unknown") && picture.contains("error 1511"))
    }

    @Test func `a log that is on can be turned off, with the command line, and not by a hasty Enter`() {
        var page = page(.files)
        let context = Scene.context()
        #expect(page.actions(Scene.context(Scene.overview(log: Scene.log(.off))))["stop"] == nil)
        #expect(page.actions(Scene.context(isReadOnly: true))["stop"]?.disabledReason == "The program was started with --readonly.")
        #expect(page.actions(context)["stop"]?.disabledReason == nil)
        guard case .dialog(var dialog)? = page.perform("stop", context).first else {
            Issue.record("no dialog")
            return
        }
        let size = GridSize(columns: 80, rows: 24)
        var frame = Frame(size)
        dialog.render(into: &frame, context)
        #expect(frame.text.contains("msc log stop /srv/app/SampleDB.db"))
        guard case .close(let none) = dialog.handle(.key(.enter), in: size, context) else {
            Issue.record("Enter cancels")
            return
        }
        #expect(none.isEmpty)
        _ = dialog.handle(.key(.left), in: size, context)
        guard case .close(let effects) = dialog.handle(.key(.enter), in: size, context), case .run(let request)? = effects.first else {
            Issue.record("the other button ends the log")
            return
        }
        #expect(request.id == "log stop" && request.changesData)
        guard case .message(let text, _)? = page.ended(request.id, .success(LogStatus.off), context).first else { return }
        #expect(text == "The log is off.")
    }

    @Test func `without a log it offers one, with the command line`() {
        var page = InformationPage()
        let context = Scene.context(Scene.overview(log: Scene.log(.off)))
        #expect(page.actions(Scene.context())["start"] == nil)
        #expect(page.actions(context)["start"]?.disabledReason == nil)
        guard case .dialog(let dialog)? = page.perform("start", context).first else {
            Issue.record("no dialog")
            return
        }
        var frame = Frame(columns: 80, rows: 24)
        dialog.render(into: &frame, context)
        #expect(frame.text.contains("msc log start /srv/app/SampleDB.db"))
    }

    @Test(arguments: [(true, nil), (false, nil), (false, 3)] as [(Bool, Int?)])
    func `only where a backup comes first it asks when; blank data and data just saved start at once`(makesBackup: Bool, base: Int?) throws {
        var page = InformationPage()
        let context = Scene.context(Scene.overview(log: Scene.log(.off)))
        let readiness = LogStartCheck(
            data: "/srv/app/SampleDB.db", writerVersion: "3.40.1", readerVersion: "3.40.1", journalMode: "wal", bytes: 8192, makesBackup: makesBackup,
            base: base, journaled: ["item": -1], notJournaled: [:], virtualTables: [:], hidingTriggers: [:], remarks: ["Something to know."])
        _ = page.receive("readiness", .success(readiness), context)
        guard case .dialog(let dialog)? = page.perform("start", context).first else {
            Issue.record("no dialog")
            return
        }
        var frame = Frame(columns: 100, rows: 30)
        dialog.render(into: &frame, context)
        #expect(frame.text.contains("With next backup") == makesBackup && frame.text.contains("Back up now") == makesBackup)
        #expect(frame.text.contains("Start log") == !makesBackup)
        #expect(frame.text.contains("since backup 3") == (base != nil))
        #expect(frame.text.contains("journal mode wal, written by SQLite 3.40.1") && frame.text.contains("Something to know."))
    }

    @Test func `the mouse chooses tabs, selects tables and scrolls them`() throws {
        var page = page(.files)
        let rect = Rect(column: 0, row: 0, columns: 60, rows: 5)
        func picture() -> String { Scene.picture(page, columns: 60, rows: 5) }
        func use(_ action: MouseEvent.Action = .left, on text: String) throws { _ = page.handle(try Mouse.event(action, on: text, in: picture()), in: rect, Scene.context()) }
        try use(on: "Space")
        #expect(picture().contains("[Space]"))
        try use(on: "Tables")
        #expect(picture().contains("[Tables]") && picture().contains("▸customer"))
        #expect(page.handle(.key(.down), in: rect, Scene.context())?.isEmpty == true && picture().contains("▸invoice"))
        #expect(page.handle(.key(.up), in: rect, Scene.context())?.isEmpty == true && picture().contains("▸customer"))
        try use(on: "invoice")
        #expect(picture().contains("▸invoice"))
        try use(.wheelDown, on: "invoice")
        #expect(picture().contains("商品") && !picture().contains("customer"))
        try use(.wheelUp, on: "商品")
        #expect(picture().contains("customer"))
    }

    @Test func `each tab says that it reads, and why it could not; reading again counts anew`() {
        let failure = Failure(.notADatabase, "'/srv/app/SampleDB.db' is not a SQLite database", hint: "Give another path.")
        for tab in InformationPage.Tab.allCases where tab != .files {
            var page = InformationPage()
            for _ in 0..<tab.rawValue { _ = page.perform("next", Scene.context()) }
            #expect(Scene.picture(page, columns: 100, rows: 20).contains("Reading"))
            _ = page.receive("outline", .failure(failure), Scene.context())
            #expect(Scene.picture(page, columns: 100, rows: 20).contains("error 1500"))
        }
        var page = page(.tables)
        #expect(Scene.picture(page, columns: 60, rows: 16).contains("20 000"))
        guard case .load("outline", _)? = page.perform("read", Scene.context()).last else {
            Issue.record("it reads again")
            return
        }
        #expect(!Scene.picture(page, columns: 60, rows: 16).contains("20 000"))
    }

    @Test func `a table that cannot be counted says so, and the others are counted all the same`() throws {
        var page = InformationPage()
        for _ in 0..<InformationPage.Tab.tables.rawValue { _ = page.perform("next", Scene.context()) }
        guard case .load("count", let work)? = page.receive("outline", .success(InformationPageTests.information), Scene.context()).first else {
            Issue.record("nothing is counted")
            return
        }
        // The database of the scene is nowhere.
        _ = page.receive("count", .success(try work(Job())), Scene.context())
        #expect(Scene.picture(page, columns: 60, rows: 16).split(separator: "\n").count { $0.contains("Error") } == 4)
    }
}
