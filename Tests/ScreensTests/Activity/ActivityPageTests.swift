// The Activity Analysis page as people see it, over a real log.

import Engine
import TerminalKit
import TerminalSupport
import Testing
import Vocabulary

@testable import Screens

@Suite struct ActivityPageTests {
    private func stage(_ entries: [SampleLog.Entry] = SampleLog.story, columns: Int = 59, rows: Int = 21) throws -> Stage<ActivityPage> {
        Stage(ActivityPage(), try SampleLog(entries), columns: columns, rows: rows)
    }

    @Test func `a large screen is filled before anybody presses a key, also when it became large`() throws {
        let log = try SampleLog(SampleLog.many(600))
        var context = Scene.context()
        context.room = GridSize(columns: 200, rows: 300)
        let stage = Stage(ActivityPage(), log, columns: 200, rows: 300, context: context)
        #expect(stage.lines.dropFirst(3).dropLast().allSatisfy { $0.contains("Addition") || $0.contains("Deletion") })
        let grown = Stage(ActivityPage(), log, columns: 200, rows: 300)
        #expect(grown.lines.contains { $0.hasPrefix("…") })
        grown.context = context
        grown.perform(grown.page.resized(context))
        #expect(grown.lines == stage.lines)
    }

    @Test func `on a screen of 80 by 24`() throws {
        #expect(
            try stage().picture == """
            SampleDB.journal, operations 1 to 12
            No filter
             Operation▲ Action       Table    Key/BL… Values
                      1 Addition     customer 1       Ada;Paris
                      2 Addition     customer 2       商店 東京;東京
                      3 Start of Tr…
                      4 Addition     invoice  1       Ada;100.0;NULL;(…
                      5 Addition     invoice  2       Ada;7.5;tab·here…
                      6 Validation …
                      7 Modification invoice  1       total: 100.0 → 1…
                      8 Modification customer 2       city: 東京 → 大阪
                      9 Deletion     invoice  2       Ada;7.5;tab·here…
                     10 Addition     invoice  3       Bob;1.0;long lon…
                     11 Save sequen… invoice          2 → 3
            ▸        12 Deletion     customer 1       Ada;Paris





            2026-11-21 10:12:29  14 bytes  record 1
            """)
    }

    @Test func `on a screen of 60 by 20`() throws {
        #expect(
            try stage(columns: 60, rows: 16).picture == """
            SampleDB.journal, operations 1 to 12
            No filter
             Operation▲ Action       Table    Key/BL… Values
                      1 Addition     customer 1       Ada;Paris
                      2 Addition     customer 2       商店 東京;東京
                      3 Start of Tr…
                      4 Addition     invoice  1       Ada;100.0;NULL;(b…
                      5 Addition     invoice  2       Ada;7.5;tab·here …
                      6 Validation …
                      7 Modification invoice  1       total: 100.0 → 12…
                      8 Modification customer 2       city: 東京 → 大阪
                      9 Deletion     invoice  2       Ada;7.5;tab·here …
                     10 Addition     invoice  3       Bob;1.0;long long…
                     11 Save sequen… invoice          2 → 3
            ▸        12 Deletion     customer 1       Ada;Paris
            2026-11-21 10:12:29  14 bytes  record 1
            """)
    }

    @Test func `on a screen of 160 by 50, with all columns that have room`() throws {
        let stage = try stage(columns: 139, rows: 47)
        #expect(
            stage.lines.prefix(16).joined(separator: "\n") == """
            SampleDB.journal, operations 1 to 12
            No filter
             Operation▲ Action       Table    Key/BLOB     Process          Size Date and Hour       System User    Values
                      1 Addition     customer 1                               14 2026-11-21 10:12:18                Ada;Paris
                      2 Addition     customer 2                               25 2026-11-21 10:12:19                商店 東京;東京
                      3 Start of Tr…                       shop 812            0 2026-11-21 10:12:20 anna@web1
                      4 Addition     invoice  1            shop 812           22 2026-11-21 10:12:21 anna@web1      Ada;100.0;NULL;(blob of 3 bytes)
                      5 Addition     invoice  2            shop 812           36 2026-11-21 10:12:22 anna@web1      Ada;7.5;tab·here ·[31mred;NULL
                      6 Validation …                       shop 812            0 2026-11-21 10:12:23 anna@web1
                      7 Modification invoice  1                               89 2026-11-21 10:12:24                total: 100.0 → 120.25, note: NULL …
                      8 Modification customer 2                               34 2026-11-21 10:12:25                city: 東京 → 大阪
                      9 Deletion     invoice  2                               36 2026-11-21 10:12:26                Ada;7.5;tab·here ·[31mred;NULL
                     10 Addition     invoice  3                            1 020 2026-11-21 10:12:27                Bob;1.0;long long long long long l…
                     11 Save sequen… invoice                                   4 2026-11-21 10:12:28                2 → 3
            ▸        12 Deletion     customer 1                               14 2026-11-21 10:12:29                Ada;Paris

            """)
    }

    @Test func `draws at any size`() throws {
        let stage = try stage()
        for (columns, rows) in [(0, 0), (1, 1), (2, 3), (10, 4), (30, 8), (300, 100)] {
            _ = Scene.picture(stage.page, columns: columns, rows: rows, stage.context)
        }
        stage.type(.enter)
        for (columns, rows) in [(0, 0), (1, 1), (2, 3), (10, 4), (30, 8), (300, 100)] {
            var frame = Frame(columns: columns, rows: rows)
            stage.dialogs.last?.render(into: &frame, stage.context)
        }
    }

    @Test func `the detail shows old and new values side by side and marks what changed`() throws {
        let stage = try stage()
        stage.type(":")
        stage.type("7")
        stage.type(.enter, .enter)
        #expect(
            stage.dialogPicture == """

            ┌─ Operation 7 ────────────────────────────────────────────────────────────────┐
            │ Modification  invoice  key 1  record 1                                       │
            │ 2026-11-21 10:12:24  89 bytes  a point to go back to                         │
            │ It is not known who did it.                                                  │
            │ Field      Before                           After                            │
            │   id       1                                1                                │
            │   customer Ada                              Ada                              │
            │ ▸*total    100.0                            120.25                           │
            │  *note     NULL                             first·second                     │
            │  *scan     blob of 3 bytes  01 02 03        blob of 41 bytes  00 01 02 03 0… │
            │                                                                              │
            │                                                                              │
            │                                                                              │
            │                                                                              │
            │                                                                              │
            │                                                                              │
            │                                                                              │
            │                                                                              │
            │                                                                              │
            │                                                                              │
            │                                                                              │
            └──────────────────────────────────────────────────────────────────────────────┘

            """)
        stage.type(.down, .down, .enter)
        #expect(
            stage.dialogPicture == """

            ┌─ Operation 7 ────────────────────────────────────────────────────────────────┐
            │ scan (changed)                                                               │
            │ Before  3 bytes                                                              │
            │ 00000000  01 02 03                                         ...               │
            │                                                                              │
            │                                                                              │
            │                                                                              │
            │                                                                              │
            │                                                                              │
            │                                                                              │
            │                                                                              │
            │ After  41 bytes                                                              │
            │ 00000000  00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f  ................  │
            │ 00000010  10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f  ................  │
            │ 00000020  20 21 22 23 24 25 26 27 28                        !"#$%&'(         │
            │                                                                              │
            │                                                                              │
            │                                                                              │
            │                                                                              │
            │                                                                              │
            │                                                                              │
            └──────────────────────────────────────────────────────────────────────────────┘

            """)
        stage.type(.escape, .right)
        #expect(stage.dialogPicture.contains("Operation 8"))
        stage.type(.escape)
        #expect(stage.selected == 8)
    }

    @Test func `the filter counts while one types, and shows what meets it`() throws {
        let stage = try stage()
        stage.type("f")
        #expect(
            stage.dialogPicture == """





                   ┌─ Filter ───────────────────────────────────────────────────────┐
                   │ Tables       >all                                              │
                   │ Actions       all                                              │
                   │ Key          [rowid, or key values joined by ', '            ] │
                   │ From time    [2026-11-21 10:13:17                            ] │
                   │ Until time   [2026-11-21 10:13:17                            ] │
                   │ Text         [in any value, before or after                  ] │
                   │ Done by      [process, user, host or purpose                 ] │
                   │                                                                │
                   │ 12 operations of 12                                            │
                   │                                                                │
                   │                [ Apply ]  [ Clear ]  [ Cancel ]                │
                   └────────────────────────────────────────────────────────────────┘






            """)
        stage.type(.down, .down, .down, .down, .down)
        stage.type("Ada")
        #expect(stage.dialogPicture.contains("6 operations of 12"))
        stage.type(.enter)
        #expect(stage.dialogs.isEmpty)
        #expect(stage.lines[1] == "'Ada': 6")
        #expect(stage.selected == 12)
        stage.type("x")
        #expect(stage.lines[1] == "No filter")
    }

    @Test func `tables and actions are chosen from lists`() throws {
        let stage = try stage()
        stage.type("f", .enter, " ", .enter, .down, .enter, " ", .down, .down, " ")
        #expect(stage.dialogPicture.contains("▸[x] Deletion"))
        #expect(stage.dialogPicture.contains("3 operations of 12"))
        stage.type(.enter, .down, .enter)
        #expect(stage.lines[1] == "customer; Addition, Deletion: 3")
        #expect(stage.lines[3...5].map { $0.prefix(24) } == ["          1 Addition     ", "          2 Addition     ", "▸        12 Deletion     "].map { $0.prefix(24) })
    }

    @Test func `a wrong time is refused with the right form`() throws {
        let stage = try stage()
        stage.type("f", .down, .down, .down)
        stage.type("yesterday")
        stage.type(.enter)
        #expect(stage.dialogPicture.contains("'yesterday' is not a time"))
        #expect(stage.dialogs.count == 1)
        stage.type(.escape)
        #expect(stage.lines[1] == "No filter")
    }

    @Test func `who did it can be filtered`() throws {
        let stage = try stage()
        stage.type("f", .down, .down, .down, .down, .down, .down)
        stage.type("ANNA")
        stage.type(.enter)
        #expect(stage.lines[1] == "by 'ANNA': 4")
    }

    @Test func `a long list is read around what is shown only, and its matches stay in place while they are counted`() throws {
        let stage = try stage(SampleLog.many(30_000))
        #expect(stage.selected == 30_000)
        #expect(stage.page.view.listing.rows.count < 400)
        stage.type("g")
        #expect(stage.selected == 1)
        stage.type(":")
        stage.type("15005")
        stage.type(.enter)
        #expect(stage.selected == 15_005)
        #expect(stage.page.view.listing.rows.count < 700)
        // Only deletions, near the operation that was selected.
        stage.held = ["list.count"]
        stage.type("f", .down, .enter, .down, .down, " ", .enter)
        #expect(stage.dialogs.count == 1)
        stage.type(.down, .enter)
        #expect(stage.lines[1].hasPrefix("Deletion: 0 so far"))
        #expect(stage.lines[3...].contains { $0.contains("Looking") })
        stage.release()
        #expect(stage.lines[1] == "Deletion: 3 000")
        #expect(stage.selected == 15_010)
        stage.type(.up)
        #expect(stage.selected == 15_000)
        stage.type("G")
        #expect(stage.selected == 30_000)
        stage.type("g")
        #expect(stage.selected == 10)
    }

    @Test func `the other order shows the newest first`() throws {
        let stage = try stage()
        stage.type("s", .enter)
        #expect(stage.selected == 12)
        #expect(stage.lines[2].contains("Operation▼"))
        stage.type(.down)
        #expect(stage.selected == 11)
    }

    @Test func `short lists are sorted by any column, long ones say why not`() throws {
        let stage = try stage()
        stage.type("s", .down, .down, .enter)
        #expect(stage.lines[2].contains("Table▲"))
        #expect(stage.lines[3...14].map { String($0.dropFirst(25).prefix(8)) } == [
            "", "", "customer", "customer", "customer", "customer", "invoice ", "invoice ", "invoice ", "invoice ", "invoice ", "invoice ",
        ])
        // Equal ones stay in the order of the log.
        #expect(stage.lines[5].contains("  1 Addition"))
        stage.type("s", .down, .down, .enter)
        #expect(stage.lines[2].contains("Table▼"))
        let long = try self.stage(SampleLog.many(10_001))
        long.type("s", .down, .down, .enter)
        #expect(long.dialogPicture.contains("Only lists of up to 10 000 operations"))
        long.type(.escape)
        #expect(long.lines[2].contains("Operation▲"))
    }

    @Test func `a search goes on and back, and says when there is nothing more`() throws {
        let stage = try stage()
        stage.type("g", "/")
        stage.type("bob")
        stage.type(.enter)
        #expect(stage.selected == 10)
        stage.type("n")
        #expect(stage.message == "'bob' is not found after this operation.")
        stage.type("/", .ctrl("u"))
        stage.type("ada")
        stage.type(.enter)
        #expect(stage.selected == 12)
        stage.type("N", "N")
        #expect(stage.selected == 7)
        stage.type("n")
        #expect(stage.selected == 9)
    }

    @Test func `goes to a number or a time, and refuses what the log does not hold`() throws {
        let stage = try stage()
        stage.type(":")
        stage.type("2026-11-21 10:12:22")
        stage.type(.enter)
        #expect(stage.selected == 5)
        stage.type(":")
        stage.type("99")
        stage.type(.enter)
        #expect(stage.message == "The logs hold operations 1 to 12.")
        stage.type(":")
        stage.type("soon")
        stage.type(.enter)
        #expect(stage.dialogs.count == 1)
    }

    @Test func `the history of a row, and back`() throws {
        let stage = try stage()
        stage.type(":")
        stage.type("7")
        stage.type(.enter, "H")
        #expect(stage.lines[1] == "invoice; key 1: 2")
        #expect(stage.selected == 7)
        stage.type(.escape)
        #expect(stage.lines[1] == "No filter")
        #expect(stage.selected == 7)
    }

    @Test func `follow shows new operations as they come`() throws {
        let stage = try stage()
        stage.type("g", "F")
        #expect(stage.selected == 12)
        #expect(stage.lines[0].hasSuffix(", following"))
        try stage.log.append(SampleLog.many(3), from: 13)
        stage.context.overview = Scene.overview(log: Scene.log(last: 15))
        stage.perform(stage.page.refreshed(stage.context))
        #expect(stage.selected == 15)
        stage.type(.up)
        #expect(stage.lines[0].hasSuffix("operations 1 to 15"))
    }

    @Test func `a log that cannot be brought up to date is shown as far as it goes`() throws {
        let stage = try stage()
        stage.problem = Failure(.logBusy, "the log is being written", hint: "Wait.")
        stage.type("a")
        #expect(stage.message == "The log is shown as far as it was written. error 1415: the log is being written. Wait.")
        #expect(stage.selected == 12)
    }

    @Test func `columns are hidden, moved and brought back`() throws {
        let stage = try stage()
        stage.type("c", .down, " ", .down, .shiftUp)
        #expect(stage.dialogPicture.contains(" [x] Operation"))
        stage.type(.enter)
        #expect(stage.lines[2].hasPrefix("  Operation▲ Table") || stage.lines[2].hasPrefix(" Operation▲ Table"))
        stage.type("c", "r", .enter)
        #expect(stage.lines[2].contains("Operation▲ Action"))
    }

    @Test func `minutes are counted, and lead to their operations`() throws {
        let stage = try stage(SampleLog.many(600))
        stage.type("M")
        #expect(
            stage.dialogPicture == """


             ┌─ Operations over time ─────────────────────────────────────────────────────┐
             │ Each column is 1 minute                                                    │
             │  █████████                                                                 │
             │  █████████                                                                 │
             │  █████████                                                                 │
             │  █████████                                                                 │
             │ ▆█████████                                                                 │
             │ ██████████                                                                 │
             │ ██████████                                                                 │
             │ ██████████                                                                 │
             │ ██████████                                                                 │
             │ ██████████▂                                                                │
             │ ███████████                                                                │
             │ ███████████                                                                │
             │ ███████████                                                                │
             │ ███████████                                                                │
             │           ▲                                                                │
             │ 2026-11-21 10:22:00  18 operations in 1 minute                             │
             │ 2026-11-21 10:12:00 to 2026-11-21 10:23:00                                 │
             └────────────────────────────────────────────────────────────────────────────┘


            """)
        stage.type(.home, .right, .enter)
        // The log's start and its first operations share the first minute.
        #expect(stage.selected.map { $0 > 30 && $0 < 70 } == true)
        stage.type("M", "f")
        #expect(stage.lines[1].hasSuffix(": 60"))
    }

    @Test func `another log is opened and left again; its operations cannot be undone`() throws {
        let stage = try stage()
        let other = try SampleLog(SampleLog.many(5))
        stage.type("b", .end, .enter)
        stage.type(other.path)
        stage.type(.enter)
        #expect(stage.lines[0].hasPrefix("Another log: SampleDB.journal, operations 1 to 5"))
        stage.type("R")
        #expect(stage.message == "This is another log: only the application's own operations can be undone.")
        stage.type(.escape)
        #expect(stage.lines[0] == "SampleDB.journal, operations 1 to 12")
        stage.type("b", .end, .enter)
        stage.type("/nowhere/x.4BL")
        stage.type(.enter)
        #expect(stage.picture.contains("error 1412"))
        stage.type(.escape)
        #expect(stage.selected == 12)
    }

    @Test func `from an operation to its rollback or restore`() throws {
        let stage = try stage()
        stage.type("R")
        #expect(stage.gone?.0 == .rollback && stage.gone?.1 == .rollback(keep: 11))
        stage.type(.up, "T")
        #expect(stage.gone?.0 == .restore && stage.gone?.1 == .restore(to: 10))
    }

    @Test func `export says the command line, and writes what the list shows`() throws {
        let stage = try stage()
        let other = try SampleLog()
        stage.perform(stage.page.appear(.activity(log: other.path), stage.context))
        stage.type("f", .down, .down, .down, .down, .down)
        stage.type("Bob")
        stage.type(.enter, "e")
        stage.type(.down, .down, .tab, .ctrl("u"))
        stage.type("\(other.folder)/out.jsonl")
        stage.type(.enter)
        let run = try #require(stage.runs.first)
        #expect(run.commandLine == "msc log export \(other.path) --format jsonl --output \(other.folder)/out.jsonl --search Bob")
        #expect(!run.changesData)
        let outcome = try #require(try run.work(Job()) as? ExportOutcome)
        #expect(outcome.path == "\(other.folder)/out.jsonl")
        let text = try String(contentsOfFile: outcome.path)
        #expect(text.split(separator: "\n").count == 1 && text.contains("\"operation\":10"))
        #expect(throws: Failure.self) { _ = try run.work(Job()) }
    }

    @Test func `no key at any moment is a dead end`() throws {
        for key in ["f", "/", ":", "M", "s", "c", "b", "e", Key.enter] as [Key] {
            let stage = try stage()
            stage.type(key)
            #expect(stage.dialogs.count == 1, "\(key.name)")
            #expect(stage.dialogs.last?.actions(stage.context).rows.contains { $0.keys.contains(.escape) } == true, "\(key.name)")
            stage.type(.escape)
            #expect(stage.dialogs.isEmpty, "\(key.name)")
        }
        #expect(try stage().page.actions(Scene.context()).conflicts.isEmpty)
    }

    @Test func `a mouse selects and opens`() throws {
        let stage = try stage()
        stage.click(10, 5)
        #expect(stage.selected == 3)
        stage.click(10, 5)
        #expect(stage.dialogPicture.contains("Operation 3"))
    }
}

extension String {
    fileprivate init(contentsOfFile path: String) throws {
        self = String(decoding: try FileContents.read(path), as: UTF8.self)
    }
}
