// The Backup page as people see it, at three sizes, and what it does with events and results.

import Engine
import TerminalKit
import Testing
import Vocabulary

@testable import Engine
@testable import Screens

@Suite struct BackupPageTests {
    static let plan = BackupPlan(
        destination: "/srv/app/SampleDB.msc/Backups", free: 80_500_000_000, capacity: 101_400_000_000, obstacle: nil,
        items: [
            .init(role: "data", path: "/srv/app/SampleDB.db", bytes: 420_000_000, files: 1, isMissing: false),
            .init(role: "log", path: "/srv/app/SampleDB.journal", bytes: 1_200_000, files: 1, isMissing: false),
            .init(role: "settings", path: "/srv/app/SampleDB.msc/Settings", bytes: 1_400, files: 1, isMissing: false),
            .init(role: "structure", path: "/srv/app/program", bytes: 5_500_000, files: 120, isMissing: false),
            .init(role: "attachment", path: "/srv/app/pictures/of/all/the/customers/and/their/houses", bytes: 12_000_000, files: 3, isMissing: true),
            .init(role: "attachment", path: "/mnt/gone", bytes: 0, files: 0, isMissing: true),
        ], setsKept: 3, checksArchive: true)

    private func page(columns: Int = 59, rows: Int = 21) -> BackupPage {
        var page = BackupPage()
        _ = page.appear(nil, Scene.context())
        _ = page.receive("plan", .success(BackupPageTests.plan), Scene.context())
        return page
    }

    private let rect = Rect(column: 0, row: 0, columns: 59, rows: 21)

    @Test func `destination, last backup and contents on a screen of 80 by 24`() {
        #expect(Scene.picture(page(), columns: 59, rows: 21) == """
             [>Backup (b)<]  [ Settings (s) ]  [ Journal (J) ]

             Backup file destination
             Folder /srv/app/SampleDB.msc/Backups
             Disk   80.5 GB free of 101.4 GB, 20.9 GB used

             Last backup information
             Date    2026-11-21 08:02:11, 2 hours ago, in 3.2 s
             Status  complete, number 12
             Size    31.0 MB, up to operation 12 000
             Archive /srv/app/SampleDB.msc/Backups/SampleDB[0012].4BK


             Contents of the backup file: 438.7 MB
              data       /srv/app/SampleDB.db                 420.0 MB
              log        /srv/app/SampleDB.journal              1.2 MB
              settings   /srv/app/SampleDB.msc/Settings         1.4 KB
              structure  /srv/app/program          5.5 MB in 120 files
              attachment /srv/a…/their/houses  PART MISSING in 3 files
              attachment /mnt/gone                             MISSING
            """ + "\n")
    }

    @Test func `what the system refuses to this user is not called missing`() {
        var plan = BackupPageTests.plan
        plan.items = plan.items.map { BackupPlan.Item(role: $0.role, path: $0.path, bytes: $0.bytes, files: $0.files, isMissing: true, isRefused: true) }
        var page = BackupPage()
        _ = page.receive("plan", .success(plan), Scene.context())
        let picture = Scene.picture(page, columns: 79, rows: 21)
        #expect(!picture.contains("MISSING"))
        #expect(picture.split(separator: "\n").count { $0.contains("NOT READABLE (1511)") } == 6)
        #expect(picture.split(separator: "\n").count { $0.contains("PART NOT READABLE (1511)") } == 3)
    }

    @Test func `the same on a screen of 60 by 20`() {
        #expect(Scene.picture(page(), columns: 60, rows: 16) == """
             [>Backup (b)<]  [ Settings (s) ]  [ Journal (J) ]
             Backup file destination
             Folder /srv/app/SampleDB.msc/Backups
             Disk   80.5 GB free of 101.4 GB, 20.9 GB used

             Last backup information
             Date    2026-11-21 08:02:11, 2 hours ago, in 3.2 s
             Status  complete, number 12
             Size    31.0 MB, up to operation 12 000
             Archive /srv/app/SampleDB.msc/Backups/SampleDB[0012].4BK

             Contents of the backup file: 438.7 MB
              data       /srv/app/SampleDB.db                  420.0 MB
              log        /srv/app/SampleDB.journal               1.2 MB
              settings   /srv/app/SampleDB.msc/Settings          1.4 KB
              structure  /srv/app/program           5.5 MB in 120 files
            """ + "")
    }

    @Test func `a large screen shows paths in full`() {
        let picture = Scene.picture(page(), columns: 139, rows: 47)
        #expect(picture.contains("attachment /srv/app/pictures/of/all/the/customers/and/their/houses   "))
        #expect(picture.split(separator: "\n", omittingEmptySubsequences: false).count == 47)
    }

    @Test func `a backup that failed shows its error, and the good one before it`() {
        let failed = Scene.backup(
            13, "2026-11-21T10:00:00.000Z", status: "failed", error: "the archive cannot be written: no space left on device")
        let picture = Scene.picture(page(), columns: 59, rows: 21, Scene.context(Scene.overview(lastAttempt: failed)))
        #expect(picture.contains("""
             Last backup information
             Date   2026-11-21 10:00:00, 13 minutes ago, in 3.2 s
             Status ! failed, number 13
             Error  the archive cannot be written: no space left on
                    device
             Before number 12 of 2026-11-21 08:02:11, complete

            """))
    }

    @Test func `the next automatic backup and the sets that it deletes stand below the folder`() {
        var old = Scene.backup(10)
        old.deletedByNextBackup = true
        var older = Scene.backup(9)
        older.deletedByNextBackup = true
        var overview = Scene.overview(backups: [Scene.backup(), Scene.backup(11), old, older])
        overview.automation = AutomationStatus(schedule: "every day at 21:00", next: "2026-11-21T21:00:00.000Z", watched: true)
        let context = Scene.context(overview)
        #expect(Scene.picture(page(), columns: 59, rows: 21, context).contains("""
             Disk   80.5 GB free of 101.4 GB, 20.9 GB used
             Next   2026-11-21 21:00:00, every day at 21:00
             Sets   number 9 and 10 are deleted by the next backup

            """))
        var page = page()
        guard case .dialog(let dialog)? = page.perform("backup", context).first else {
            Issue.record("no dialog")
            return
        }
        var frame = Frame(columns: 80, rows: 24)
        dialog.render(into: &frame, context)
        #expect(frame.text.contains("The newest 3 sets are kept; number 9 and 10 are deleted by the next"))
    }

    @Test func `the other buttons go to the settings and to the backup journal`() {
        var page = page()
        guard case .goTo(.settings, nil)? = page.perform("settings", Scene.context()).first else {
            Issue.record("it goes to the settings")
            return
        }
        _ = page.handle(.key(.right), in: rect, Scene.context())
        _ = page.handle(.key(.right), in: rect, Scene.context())
        guard case .load("journal", _)? = (page.handle(.key(.enter), in: rect, Scene.context()) ?? []).first else {
            Issue.record("it reads the journal")
            return
        }
        guard case .dialog? = page.receive("journal", .success([JournalReading]()), Scene.context()).first else {
            Issue.record("it shows the journal")
            return
        }
    }

    @Test func `the status says what the trial restore of the archive came to`() {
        for (result, words) in [
            (ProofOutcome.Result.proven, "complete, number 12, proven restorable in 2.5 s"), (.failed, "complete, number 12, ! TRIAL RESTORE FAILED"),
            (.inconclusive, "complete, number 12, trial restore inconclusive"),
        ] {
            var set = Scene.backup()
            set.proof = ProofRecord(result: result, date: "2026-11-21T08:02:20.000Z", seconds: 2.5, operation: 7, reason: nil)
            let picture = Scene.picture(page(), columns: 70, rows: 21, Scene.context(Scene.overview(backups: [set], lastAttempt: set)))
            #expect(picture.contains(words))
        }
    }

    @Test func `the status says what is wrong with the data of the last backup, and with its archive`() {
        var set = Scene.backup()
        func picture() -> String { Scene.picture(page(), columns: 100, rows: 21, Scene.context(Scene.overview(backups: [set], lastAttempt: set))) }
        #expect(picture().contains("complete, number 12\n"))
        for (condition, words) in [("damaged", "! DAMAGED DATA"), ("emptied", "! EMPTIED DATA"), ("foreign", "! FOREIGN DATA")] {
            set.condition = condition
            #expect(picture().contains("complete, number 12, \(words)"))
        }
        set.condition = nil
        (set.holdsData, set.bytesFound) = (false, 5)
        #expect(picture().contains("complete, number 12, ! ARCHIVE CUT OR CHANGED, ! WITHOUT THE DATA"))
    }

    @Test func `before anything is read it says so, and in ASCII it needs no other characters`() {
        let picture = Scene.picture(BackupPage(), columns: 59, rows: 21, Scene.context(nil), glyphs: .ascii)
        #expect(picture.contains("Backup file destination\n Reading"))
        #expect(picture.unicodeScalars.allSatisfy { $0.isASCII })
    }

    @Test func `the button opens a dialog that says what will be saved and the command line`() {
        var page = page()
        let effects = page.handle(.key(.enter), in: rect, Scene.context()) ?? []
        guard case .dialog(let dialog)? = effects.first else {
            Issue.record("no dialog: \(effects)")
            return
        }
        var frame = Frame(columns: 80, rows: 24)
        dialog.render(into: &frame, Scene.context())
        #expect(frame.text.contains("Saves 6 items, 438.7 MB, to "))
        #expect(frame.text.contains("│ /srv/app/SampleDB.msc/Backups  "))
        #expect(frame.text.contains("2 of them cannot be read: the backup will be partial."))
        #expect(frame.text.contains("msc backup /srv/app/SampleDB.db"))
    }

    @Test func `it cannot be started while something runs, here or elsewhere, nor with --readonly, nor without a folder`() {
        func reason(_ context: PageContext, _ page: BackupPage) -> String? { page.actions(context)["backup"]?.disabledReason }
        #expect(reason(Scene.context(), page()) == nil)
        #expect(reason(Scene.context(isBusy: true), page()) == "An operation is running.")
        #expect(reason(Scene.context(isReadOnly: true), page()) == "The program was started with --readonly.")
        #expect(reason(Scene.context(Scene.overview(running: Scene.running())), page()) == "Backup by msc, process 815 is running: F2 shows it.")
        var page = page()
        var plan = BackupPageTests.plan
        plan.obstacle = "The folder does not exist."
        _ = page.receive("plan", .success(plan), Scene.context())
        #expect(reason(Scene.context(), page) == "/srv/app/SampleDB.msc/Backups: The folder does not exist.")
    }

    @Test func `Tab goes from the button to the list and on to the frame, Shift-Tab back`() {
        var page = page()
        let answers = [Key.tab, .down].map { page.handle(.key($0), in: rect, Scene.context()) != nil }
        #expect(answers == [true, true])
        #expect(Scene.picture(page, columns: 59, rows: 21).contains("▸log"))
        let left = [Key.tab, .backTab].map { page.handle(.key($0), in: rect, Scene.context()) == nil }
        #expect(left == [true, true])
    }

    @Test func `how a backup ended is one line, or a dialog with what is missing in it and what went wrong after it`() throws {
        var page = page()
        var outcome = BackupOutcome(
            number: 13, status: .complete, archive: "/b/S[0013].4BK", log: nil, lastOperation: nil, bytes: 1, archiveBytes: 31_000_000, seconds: 3.2,
            missing: [], writersWaitedSeconds: 0, warnings: [])
        guard case .message(let text, .good)? = page.ended("backup", .success(outcome), Scene.context()).first else {
            Issue.record("no message")
            return
        }
        #expect(text == "Backup 13 is complete: 31.0 MB in 3.2 s")
        outcome.status = .partial
        outcome.missing = ["/mnt/gone"]
        outcome.warnings = ["the oldest set was not deleted"]
        guard case .dialog(let dialog)? = page.ended("backup", .success(outcome), Scene.context()).first else {
            Issue.record("no dialog")
            return
        }
        let picture = DialogScene(dialog).picture
        for part in ["Backup 13 is partial: 31.0 MB in 3.2 s.", "/b/S[0013].4BK", "Missing in it:", "/mnt/gone", "Warnings:", "the oldest set was not deleted"] {
            #expect(picture.contains(part), "\(picture)")
        }
        guard case .load("plan", _)? = page.ended("backup", .failure(Failure(.writeFailed, "no", hint: "")), Scene.context()).first else {
            Issue.record("what can be saved is read anew")
            return
        }
    }

    @Test func `what would be saved cannot be read: the page says why, and too little space is told before the start`() {
        var page = page()
        _ = page.receive("plan", .failure(Failure(.badSetting, "the settings cannot be read", hint: "Look at them.")), Scene.context())
        #expect(Scene.picture(page, columns: 70, rows: 21).contains("the settings cannot be read. Look at them."))
        var plan = BackupPageTests.plan
        plan.free = 1000
        _ = page.receive("plan", .success(plan), Scene.context())
        guard case .dialog(let dialog)? = page.perform("backup", Scene.context()).first else {
            Issue.record("no dialog")
            return
        }
        #expect(DialogScene(dialog).picture.contains("Only 1.0 KB are free there; compressed, it may still fit."))
    }

    @Test func `the mouse selects and scrolls what will be saved, and presses the buttons`() throws {
        var page = page()
        let rect = Rect(column: 0, row: 0, columns: 60, rows: 16)
        func picture() -> String { Scene.picture(page, columns: 60, rows: 16) }
        _ = page.handle(try Mouse.event(on: "settings   /srv", in: picture()), in: rect, Scene.context())
        #expect(picture().contains("▸settings"))
        _ = page.handle(try Mouse.event(.wheelDown, on: "settings   /srv", in: picture()), in: rect, Scene.context())
        #expect(picture().contains("/mnt/gone") && !picture().contains("data       "))
        _ = page.handle(try Mouse.event(.wheelUp, on: "/mnt/gone", in: picture()), in: rect, Scene.context())
        #expect(picture().contains("data       "))
        guard case .goTo(.settings, nil)? = page.handle(try Mouse.event(on: "Settings (s)", in: picture()), in: rect, Scene.context())?.first else {
            Issue.record("it goes to the settings")
            return
        }
    }
}
