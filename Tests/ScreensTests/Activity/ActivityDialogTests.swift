// The dialogs of the Activity Analysis page: whole values, filter, export, columns and histogram, by keys and by mouse.

import TerminalKit
import Testing
import Vocabulary

@testable import Engine
@testable import Screens

@Suite struct ActivityDialogTests {
    private func stage(_ entries: [SampleLog.Entry] = SampleLog.story) throws -> Stage<ActivityPage> {
        Stage(ActivityPage(), try SampleLog(entries))
    }

    @Test func `a long value is read from beginning to end, by keys and by the wheel, and Esc goes back to the fields`() throws {
        let words = (1...300).map { "w\($0)" }.joined(separator: " ")
        let stage = try stage([
            .init(action: .addition, table: 1, key: 1, new: [SampleLog.text("Ada"), .real(1), SampleLog.text(words), .blob(Array(repeating: 7, count: 600))])
        ])
        func shows(_ text: String) -> Bool { stage.dialogPicture.contains(text) }
        stage.type(.enter)
        try stage.click(on: "note")
        #expect(shows("▸ note"))
        try stage.click(on: "note")
        #expect(stage.dialogs.last?.actions(stage.context)["back"] != nil)
        #expect(shows("no row") && shows(" w1 w2 ") && !shows("w300"))
        stage.type(.end)
        #expect(shows("w300") && !shows(" w1 w2 "))
        stage.type(.home)
        #expect(shows(" w1 w2 "))
        for (there, back) in [(Key.down, Key.up), (.pageDown, .pageUp)] {
            stage.type(there)
            #expect(!shows(" w1 w2 "))
            stage.type(back)
            #expect(shows(" w1 w2 "))
        }
        try stage.click(on: "no row", .wheelDown)
        #expect(!shows(" w1 w2 "))
        try stage.click(on: "no row", .wheelUp)
        #expect(shows(" w1 w2 "))
        stage.type(.escape)
        #expect(shows("Field"))
        try stage.click(on: "scan")
        stage.type(.enter)
        #expect(shows("00000000  07 07") && !shows("00000250"))
        stage.type(.end)
        #expect(shows("00000250  07 07"))
    }

    @Test func `where there is room the values stand side by side, and one that the log left out says so`() throws {
        let stage = try stage()
        stage.screen = GridSize(columns: 160, rows: 40)
        stage.type(.up, .up, .up, .up, .up, .enter, .down, .down, .enter)
        #expect(stage.dialogPicture.split(separator: "\n").contains { $0.contains("Before  3 bytes") && $0.contains("After  41 bytes") })
        let other = try self.stage([.init(action: .modification, table: 2, key: 1, old: [.same, SampleLog.text("Paris")], new: [.same, SampleLog.text("Rome")])])
        other.type(.enter)
        try other.click(on: "name")
        other.type(.enter)
        #expect(other.dialogPicture.contains("left out of the log: it did not change"))
    }

    @Test func `the export is made with the mouse too, and its end says where the file is`() throws {
        let stage = try stage()
        stage.type("e")
        try stage.click(on: "JSON Lines")
        #expect(stage.dialogPicture.contains("/SampleDB-activity.jsonl"))
        try stage.click(on: "-activity.jsonl")
        stage.type("2")
        #expect(stage.dialogPicture.contains("/SampleDB2-activity.jsonl"))
        try stage.click(on: "[ Cancel ]")
        #expect(stage.dialogs.isEmpty && stage.runs.isEmpty)
        stage.type("e")
        try stage.click(on: "[ Export ]")
        #expect(stage.dialogs.isEmpty && stage.runs.count == 1)
        stage.type("e", .tab, .tab, .right, .enter)
        #expect(stage.dialogs.isEmpty && stage.runs.count == 1)

        stage.perform(stage.page.ended("export", .success(ExportOutcome(path: "/tmp/x.csv", warnings: [])), stage.context))
        #expect(stage.message == "Written to /tmp/x.csv")
        stage.perform(stage.page.ended("export", .success(ExportOutcome(path: "/tmp/x.csv", warnings: ["operation 3 is damaged"])), stage.context))
        #expect(stage.dialogPicture.contains("Written to /tmp/x.csv.") && stage.dialogPicture.contains("operation 3 is damaged"))
    }

    @Test func `the filter is filled in, emptied and applied with the mouse`() throws {
        let stage = try stage()
        stage.type("f")
        try stage.click(on: "Key")
        stage.type("1")
        #expect(stage.dialogPicture.contains("4 operations of 12"))
        try stage.click(on: "[ Clear ]")
        #expect(stage.dialogPicture.contains("12 operations of 12"))
        try stage.click(on: "Tables")
        #expect(stage.dialogs.last?.actions(stage.context)["toggle"] != nil)
        try stage.click(on: "invoice")
        #expect(stage.dialogPicture.contains("▸[x] invoice") && stage.dialogPicture.contains("6 operations of 12"))
        stage.type(.enter)
        try stage.click(on: "[ Apply ]")
        #expect(stage.lines[1] == "invoice: 6")
        stage.type("f")
        try stage.click(on: "[ Clear ]")
        try stage.click(on: "Cancel")
        #expect(stage.dialogs.isEmpty && stage.lines[1] == "invoice: 6")
    }

    @Test func `times in the wrong order are refused`() throws {
        let stage = try stage()
        stage.type("f")
        try stage.click(on: "From time")
        stage.type("2026-11-21 10:12:25")
        try stage.click(on: "Until time")
        stage.type("2026-11-21 10:12:20")
        #expect(stage.dialogPicture.contains("The first time lies after the second one."))
        stage.type(.enter)
        #expect(stage.dialogs.count == 1)
        stage.type(.backspace, "6", .enter)
        #expect(stage.lines[1].hasSuffix("until 2026-11-21 10:12:26: 2"))
    }

    @Test func `a column of the histogram is looked at with the mouse`() throws {
        let stage = try stage(SampleLog.many(600))
        stage.type("M")
        try stage.click(on: "██")
        #expect(stage.dialogPicture.contains("2026-11-21 10:13:00  60 operations in 1 minute"))
    }

    @Test func `the histogram says that it is counting, how far, and when there is nothing to count`() throws {
        let stage = try stage()
        stage.held = [LiveHistogram.key]
        stage.type("M")
        #expect(stage.dialogPicture.contains("Counting…"))
        stage.release()
        #expect(stage.dialogPicture.contains("Each column is 1 minute"))
        stage.type(.escape, "f", .down, .down, .down, .down, .down)
        stage.type("zzz")
        stage.type(.enter, "M")
        #expect(stage.dialogPicture.contains("Operations over time: 'zzz'") && stage.dialogPicture.contains("There is nothing to count."))
        var histogram = TimeHistogram()
        histogram.add(3, at: Scene.now)
        let live = LiveHistogram(histogram, next: 51, first: 1, last: 100)
        let scene = DialogScene(HistogramDialog(live, title: "Operations", time: nil, answerKey: "x"))
        #expect(scene.picture.contains("Each column is 1 minute; 50 % counted"))
    }

    @Test func `a click selects a column, another one hides it`() throws {
        let stage = try stage()
        stage.type("c")
        try stage.click(on: "Action")
        #expect(stage.dialogPicture.contains("▸[x] Action"))
        try stage.click(on: "Action")
        #expect(stage.dialogPicture.contains("▸[ ] Action"))
        stage.type(.enter)
        #expect(!stage.lines[2].contains("Action"))
    }
}
