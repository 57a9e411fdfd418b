// The Rollback page as people see it, over a real log.


import TerminalKit
import TerminalSupport
import Testing
import Vocabulary

@testable import Engine
@testable import Screens

@Suite struct RollbackPageTests {
    private func stage(
        _ entries: [SampleLog.Entry] = SampleLog.story, columns: Int = 59, rows: Int = 21, context: PageContext = Scene.context(), request: PageRequest? = nil
    ) throws -> Stage<RollbackPage> {
        Stage(RollbackPage(), try SampleLog(entries), columns: columns, rows: rows, context: context, request: request)
    }

    private let plan = RollbackOutcome(
        kept: 7, cancelled: 4, lastOperation: 12, byTable: ["invoice": 2, "customer": 2],
        actions: ["invoice": ["addition": 1, "deletion": 1], "customer": ["modification": 1, "deletion": 1]], previousOperation: 12, method: "undo", dryRun: true)

    @Test func `begins at the newest operation, with nothing to cancel`() throws {
        let stage = try stage()
        #expect(stage.selected == 12)
        #expect(stage.lines[15] == "The last operation kept is 12, 2026-11-21 10:12:29")
        stage.type("R")
        #expect(stage.message == "Nothing comes after this operation: choose the last one to keep.")
    }

    @Test func `on a screen of 80 by 24: what would be cancelled is marked and counted`() throws {
        let stage = try stage()
        stage.type(.up, .up, .up, .up, .up)
        #expect(
            stage.picture == """
            SampleDB.journal, operations 1 to 12
            No filter
             Operation▲ Action       Table    Key/BL… Values
            :         3 Start of Tr…                                  │
            :         4 Addition     invoice  1       Ada;100.0;NULL;…│
            :         5 Addition     invoice  2       Ada;7.5;tab·her…█
                      6 Validation …                                  █
            ▸         7 Modification invoice  1       total: 100.0 → …█
            x         8 Modification customer 2       city: 東京 → 大…█
            x         9 Deletion     invoice  2       Ada;7.5;tab·her…█
            x        10 Addition     invoice  3       Bob;1.0;long lo…█
            x        11 Save sequen… invoice          2 → 3           █
            x        12 Deletion     customer 1       Ada;Paris       █
            2026-11-21 10:12:24  89 bytes  record 1
            ───────────────────────────────────────────────────────────
            The last operation kept is 7, 2026-11-21 10:12:24
            x 4 changes would be cancelled
              customer: 1 modified, 1 deleted
              invoice: 1 added, 1 deleted

            [ Rollback… (R) ]
            """)
    }

    @Test func `on a screen of 60 by 20`() throws {
        let stage = try stage(columns: 60, rows: 16)
        stage.type(.up, .up, .up)
        #expect(
            stage.picture == """
            SampleDB.journal, operations 1 to 12
             Operation▲ Action       Table    Key/BL… Values
                      7 Modification invoice  1       total: 100.0 → 1…│
            :         8 Modification customer 2       city: 東京 → 大阪│
            ▸         9 Deletion     invoice  2       Ada;7.5;tab·here…│
            x        10 Addition     invoice  3       Bob;1.0;long lon…█
            x        11 Save sequen… invoice          2 → 3            █
            x        12 Deletion     customer 1       Ada;Paris        █
            2026-11-21 10:12:26  36 bytes  record 2
            ────────────────────────────────────────────────────────────
            The last operation kept is 9, 2026-11-21 10:12:26
            x 2 changes would be cancelled
              customer: 1 deleted
              invoice: 1 added

            [ Rollback… (R) ]
            """)
    }

    @Test func `on a screen of 160 by 50`() throws {
        let stage = try stage(columns: 139, rows: 47)
        stage.type(.up, .up, .up)
        #expect(
            stage.lines.filter { !$0.isEmpty }.joined(separator: "\n") == """
            SampleDB.journal, operations 1 to 12
            No filter
             Operation▲ Action       Table    Key/BLOB     Process          Size Date and Hour       System User    Values
                      1 Addition     customer 1                               14 2026-11-21 10:12:18                Ada;Paris
                      2 Addition     customer 2                               25 2026-11-21 10:12:19                商店 東京;東京
            :         3 Start of Tr…                       shop 812            0 2026-11-21 10:12:20 anna@web1
            :         4 Addition     invoice  1            shop 812           22 2026-11-21 10:12:21 anna@web1      Ada;100.0;NULL;(blob of 3 bytes)
            :         5 Addition     invoice  2            shop 812           36 2026-11-21 10:12:22 anna@web1      Ada;7.5;tab·here ·[31mred;NULL
                      6 Validation …                       shop 812            0 2026-11-21 10:12:23 anna@web1
                      7 Modification invoice  1                               89 2026-11-21 10:12:24                total: 100.0 → 120.25, note: NULL …
            :         8 Modification customer 2                               34 2026-11-21 10:12:25                city: 東京 → 大阪
            ▸         9 Deletion     invoice  2                               36 2026-11-21 10:12:26                Ada;7.5;tab·here ·[31mred;NULL
            x        10 Addition     invoice  3                            1 020 2026-11-21 10:12:27                Bob;1.0;long long long long long l…
            x        11 Save sequen… invoice                                   4 2026-11-21 10:12:28                2 → 3
            x        12 Deletion     customer 1                               14 2026-11-21 10:12:29                Ada;Paris
            2026-11-21 10:12:26  36 bytes  record 2
            ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
            The last operation kept is 9, 2026-11-21 10:12:26
            x 2 changes would be cancelled
              customer: 1 deleted
              invoice: 1 added
            [ Rollback… (R) ]
            """)
    }

    @Test func `a point inside a transaction is refused, and the nearest ones are a key away`() throws {
        let stage = try stage()
        stage.type(":")
        stage.type("4")
        stage.type(.enter)
        #expect(stage.selected == 4)
        #expect(stage.lines[16] == "! It may cut a transaction. Safe points: 2 [ and 6 ]")
        stage.type("R")
        #expect(stage.message == "This operation may cut a transaction. The nearest safe points are 2 ([) and 6 (]).")
        stage.type("]")
        #expect(stage.selected == 6)
        stage.type("[")
        #expect(stage.selected == 2)
    }

    @Test func `everything in the log can be cancelled`() throws {
        let stage = try stage()
        stage.type("g", "[")
        #expect(stage.lines[15] == "Nothing of the log is kept: back to its beginning")
        #expect(stage.lines[16] == "x 9 changes would be cancelled")
        #expect(stage.lines[3].hasPrefix("▸"))
        stage.type("]", "]")
        #expect(stage.selected == 2)
    }

    @Test func `held, the operations to be cancelled can be looked at`() throws {
        let stage = try stage()
        stage.type(.up, .up, .up, .up, .up, " ", .down, .down)
        #expect(stage.selected == 9)
        #expect(stage.lines[15] == "The last operation kept is 7")
        #expect(stage.lines.contains { $0.hasPrefix("=         7 ") })
        stage.type(.up, .enter)
        #expect(stage.dialogPicture.contains("The rollback to operation 7 cancels this operation."))
        #expect(stage.dialogPicture.contains("Before: comes back"))
        stage.type(.escape, " ")
        #expect(stage.lines[15] == "The last operation kept is 8, 2026-11-21 10:12:25")
    }

    @Test func `comes from a row of the activity`() throws {
        let stage = try stage(request: .rollback(keep: 7))
        #expect(stage.selected == 7)
        let outside = try self.stage(request: .rollback(keep: 0))
        #expect(outside.lines[15] == "Nothing of the log is kept: back to its beginning")
        let later = Stage(RollbackPage(), try SampleLog(SampleLog.many(20), from: 100), request: .rollback(keep: 98))
        #expect(later.message == "The logs that are there begin with operation 100." && later.selected == 119)
    }

    @Test func `the rollback is confirmed by the number of changes, run, and can be undone`() throws {
        let stage = try stage()
        stage.answers["plan"] = .success(RollbackPreview(outcome: plan, rows: []))
        stage.type(.up, .up, .up, .up, .up, "R")
        #expect(
            stage.dialogPicture == """




               ┌─ Cancel 4 changes ─────────────────────────────────────────────────────┐
               │ Everything after operation 7 is cancelled, whoever did it, also what   │
               │ programs do until you confirm.                                         │
               │ customer: 1 modified, 1 deleted                                        │
               │ invoice: 1 added, 1 deleted                                            │
               │ The log's old values are put back in one transaction.                  │
               │ The rollback is logged itself, so it can be undone.                    │
               │                                                                        │
               │ The same on the command line:                                          │
               │ msc rollback /srv/app/SampleDB.db --to-operation 7                     │
               │                                                                        │
               │ Type 4 to go on.                                                       │
               │ [                                                                    ] │
               │                                                                        │
               │                    [ Roll back ]  [ Cancel (Esc) ]                     │
               └────────────────────────────────────────────────────────────────────────┘




            """)
        stage.type("3")
        stage.type(.enter)
        #expect(stage.runs.isEmpty && stage.dialogs.count == 1)
        stage.type(.ctrl("u"))
        stage.type("4")
        stage.type(.enter)
        let run = try #require(stage.runs.first)
        #expect(run.changesData && run.id == "rollback")
        #expect(run.commandLine == "msc rollback /srv/app/SampleDB.db --to-operation 7")
        var outcome = plan
        outcome.dryRun = false
        outcome.lastOperation = 19
        stage.perform(stage.page.ended("rollback", .success(outcome), stage.context))
        #expect(
            stage.dialogPicture == """








               ┌─ Rollback of SampleDB ─────────────────────────────────────────────────┐
               │ 4 changes were cancelled. The data are as they were after operation 7. │
               │ The log goes on: the cancelling operations end with 19.                │
               │                                                                        │
               │ U on this page undoes this rollback: it goes back to operation 12.     │
               │                                                                        │
               │                                 [>OK<]                                 │
               └────────────────────────────────────────────────────────────────────────┘








            """)
        stage.type(.escape)
        #expect(stage.lines[20].contains("[ Undo this rollback (U) ]"))
        var undo = plan
        undo.kept = 12
        stage.answers["plan"] = .success(RollbackPreview(outcome: undo, rows: []))
        stage.type("U")
        #expect(stage.dialogPicture.contains("--to-operation 12"))
    }

    @Test func `before anything is confirmed the values are shown, as they are and as they will be`() throws {
        let stage = try stage()
        let browser = stage.page.view.listing.browser
        stage.answers["plan"] = .success(RollbackPreview(outcome: plan, rows: try browser.use { try $0.undoing(after: 7, count: 3) }))
        stage.type(.up, .up, .up, .up, .up, "R")
        // The long list is scrolled; what is asked stays below it.
        stage.type(.pageDown)
        #expect(
            stage.dialogPicture == """

               ┌─ Cancel 4 changes ─────────────────────────────────────────────────────┐
               │ customer: 1 modified, 1 deleted                                        │
               │ invoice: 1 added, 1 deleted                                            │
               │ The log's old values are put back in one transaction.                  █
               │ The rollback is logged itself, so it can be undone.                    █
               │                                                                        █
               │ The same on the command line:                                          █
               │ msc rollback /srv/app/SampleDB.db --to-operation 7                     █
               │                                                                        █
               │ In this order, now → then:                                             █
               │ 12: customer 1: comes back: Ada;Paris                                  █
               │ 10: invoice 3: is removed: Bob;1.0;long long long long long long long  █
               │ long long long long long long long long long long long long long long  █
               │ long long long long long long long long long long long long …          █
               │ 9: invoice 2: comes back: Ada;7.5;tab·here ·[31mred;NULL               █
               │ and 1 before them, marked in the list.                                 █
               │                                                                        │
               │ Type 4 to go on.                                                       │
               │ [                                                                    ] │
               │                                                                        │
               │                    [ Roll back ]  [ Cancel (Esc) ]                     │
               └────────────────────────────────────────────────────────────────────────┘

            """)
        stage.type("x", .pageUp)
        #expect(stage.dialogPicture.contains("[x "))
        #expect(stage.dialogPicture.contains("Everything after operation 7 is cancelled"))
    }

    @Test func `a plan that fails says why, and nothing is changed`() throws {
        let stage = try stage()
        stage.answers["plan"] = .failure(Failure(.operationRunning, "a backup is running", hint: "Wait until it has ended."))
        stage.type(.up, "R")
        #expect(stage.dialogPicture.contains("Error 1510"))
        #expect(stage.dialogPicture.contains("Nothing was changed."))
        stage.type(.escape)
        #expect(stage.dialogs.isEmpty)
    }

    @Test func `a read-only program looks and does not touch`() throws {
        let stage = try stage(context: Scene.context(isReadOnly: true))
        stage.type(.up, "R")
        #expect(stage.message == "The program was started with --readonly.")
    }

    @Test func `a long cancellation is counted in slices that a move replaces`() throws {
        let stage = try stage(SampleLog.many(30_000))
        stage.held = [RollbackCut.key]
        stage.type("g", .down, .down, .down, .down)
        #expect(stage.lines[16].contains("0 changes so far"))
        stage.release()
        #expect(stage.lines[16] == "x 29 995 changes would be cancelled")
        #expect(stage.lines[17] == "  invoice: 26 995 added")
        #expect(stage.lines[18] == "  customer: 3 000 deleted")
    }

    @Test func `a screen that becomes larger is filled`() throws {
        let stage = try stage(SampleLog.many(600), columns: 100, rows: 300)
        #expect(stage.picture.contains("…"))
        stage.context.room = GridSize(columns: 100, rows: 300)
        stage.perform(stage.page.resized(stage.context))
        #expect(stage.lines.dropFirst(3).prefix(280).allSatisfy { $0.contains("Addition") || $0.contains("Deletion") })
    }

    @Test func `draws at any size, and no key is a dead end`() throws {
        let stage = try stage()
        stage.type(.up, .up)
        for (columns, rows) in [(0, 0), (1, 1), (2, 3), (10, 4), (30, 8), (40, 6), (300, 100)] {
            _ = Scene.picture(stage.page, columns: columns, rows: rows, stage.context)
        }
        #expect(stage.page.actions(stage.context).conflicts.isEmpty)
    }

    @Test func `the button obeys the mouse, or says why it does not`() throws {
        let stage = try stage()
        try stage.click(on: "Rollback… (R)")
        #expect(stage.message == "Nothing comes after this operation: choose the last one to keep.")
        stage.answers["plan"] = .success(RollbackPreview(outcome: plan, rows: []))
        stage.type(.up)
        try stage.click(on: "Rollback… (R)")
        #expect(stage.dialogPicture.contains("─ Cancel 4 changes ─"))
    }

    @Test func `while it is being counted a second one is refused, and Esc gives it up`() throws {
        let stage = try stage()
        stage.held = ["plan"]
        stage.answers["plan"] = .success(RollbackPreview(outcome: plan, rows: []))
        stage.type(.up, "R")
        #expect(stage.message == "Looking at what would be cancelled…")
        stage.type("R")
        #expect(stage.message == "What would be cancelled is being counted.")
        stage.type(.escape)
        #expect(stage.message == "Nothing was changed.")
        stage.release()
        #expect(stage.dialogs.isEmpty)
    }

    @Test func `a point that cannot be looked up says why, and another log has none`() throws {
        let stage = try stage()
        stage.answers["point"] = .failure(Failure(.readFailed, "the log cannot be read", hint: "Look at the disk."))
        stage.type("[")
        #expect(stage.message.contains("the log cannot be read"))
        let other = try SampleLog(SampleLog.many(5))
        stage.type("b", .end, .enter)
        stage.type(other.path)
        stage.type(.enter)
        #expect(stage.lines[0].hasPrefix("Another log") && !stage.picture.contains("The last operation kept"))
        stage.type("R")
        #expect(stage.message == "This is another log: only the application's own logs can be rolled back.")
    }

    @Test func `what comes in meanwhile would be cancelled too, and what only an archive can undo is told`() throws {
        let stage = try stage()
        stage.type(.up)
        #expect(stage.lines[16] == "x 1 change would be cancelled")
        try stage.log.append([.init(action: .addition, table: 2, key: 9, new: [SampleLog.text("Eve"), SampleLog.text("Oslo")])], from: 13)
        stage.type("a")
        #expect(stage.lines[15].hasPrefix("The last operation kept is 11") && stage.lines[16] == "x 2 changes would be cancelled")
        try stage.log.append([.init(action: .structureChange)], from: 14)
        stage.type("a")
        #expect(stage.picture.contains("The log alone cannot undo this: an archive will be used."), "\(stage.picture)")
    }
}
