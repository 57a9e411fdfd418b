// The list of the Activity Analysis page while something is still being read, searched or counted, and when that fails.

import Engine
import TerminalKit
import Testing
import Vocabulary

@testable import Screens

@Suite struct ActivityListTests {
    private func stage(_ entries: [SampleLog.Entry] = SampleLog.story) throws -> Stage<ActivityPage> {
        Stage(ActivityPage(), try SampleLog(entries))
    }

    private let failure = Failure(.readFailed, "the log cannot be read", hint: "Look at the disk.")

    @Test func `a search that takes long says where it is, and Esc stops it`() throws {
        let stage = try stage(SampleLog.many(50))
        stage.held = ["list.search"]
        stage.type("g", "/")
        stage.type("zzz")
        stage.type(.enter)
        #expect(stage.lines[1] == "Searching 'zzz' at operation 2; Esc stops")
        stage.type(.escape)
        #expect(stage.message == "The search was stopped.")
        stage.release()
        #expect(stage.selected == 1 && stage.lines[1] == "No filter" && stage.message == "The search was stopped.")
    }

    @Test func `a click on a heading sorts, and what comes in later finds its place in that order`() throws {
        let stage = try stage()
        try stage.click(on: "Table")
        #expect(stage.lines[2].contains("Table▲"))
        try stage.log.append([.init(action: .addition, table: 2, key: 9, new: [SampleLog.text("Eve"), SampleLog.text("Oslo")])], from: 13)
        stage.type("a")
        #expect(stage.lines[2].contains("Table▲"))
        let added = try #require(stage.lines.firstIndex { $0.contains("13 Addition") })
        let invoice = try #require(stage.lines.firstIndex { $0.contains("4 Addition     invoice") })
        #expect(added < invoice)
    }

    @Test("Home and End go to the ends of a list that is not counted yet", arguments: [false, true])
    func ends(isDescending: Bool) throws {
        let stage = try stage(SampleLog.many(3000))
        if isDescending { stage.type("s", .enter) }
        stage.type(":")
        stage.type("1500")
        stage.type(.enter)
        stage.held = ["list.count"]
        stage.type("f", .down, .enter, .down, .down, " ", .enter, .down, .enter)
        stage.type(isDescending ? "G" : "g")
        stage.release()
        #expect(stage.lines[1] == "Deletion: 300" && stage.selected == 10)
        #expect(stage.lines[2].contains(isDescending ? "Operation▼" : "Operation▲"))
        stage.type(isDescending ? "g" : "G")
        #expect(stage.selected == 3000)
    }

    @Test func `where the selected operation meets the filter no more, the match before it is selected`() throws {
        let stage = try stage()
        stage.type(.up, "f", .down, .down, .down, .down, .down)
        stage.type("東京")
        stage.type(.enter)
        #expect(stage.lines[1] == "'東京': 2" && stage.selected == 8)
    }

    @Test func `Enter on a row that is not read yet opens it when it comes`() throws {
        let stage = try stage(SampleLog.many(3000))
        stage.held = ["list.rows"]
        stage.type("g", .enter)
        #expect(stage.dialogs.isEmpty)
        stage.release()
        #expect(stage.dialogPicture.contains("─ Operation 1 ─"))
        stage.type(.escape)
        stage.held = ["list.rows"]
        stage.type(":")
        stage.type("1500")
        stage.type(.enter, .enter, .up)
        stage.release()
        #expect(stage.dialogs.isEmpty && stage.selected == 1499)
    }

    @Test func `what cannot be read is told in the message line, what was stopped is not`() throws {
        let stage = try stage(SampleLog.many(3000))
        stage.answers["view.detail"] = .failure(failure)
        stage.type(.enter)
        #expect(stage.message.contains("the log cannot be read") && stage.dialogs.isEmpty)
        stage.answers["view.detail"] = .failure(Failure(.stopped, "stopped", hint: ""))
        stage.type(.enter)
        #expect(stage.message == "" && stage.dialogs.isEmpty)
        stage.answers["list.place"] = .failure(failure)
        stage.type(":")
        stage.type("7")
        stage.type(.enter)
        #expect(stage.message.contains("the log cannot be read") && stage.selected == 3000)
    }

    @Test func `operations that cannot be read stand in the list as damaged`() throws {
        let stage = try stage(SampleLog.many(600))
        let generation = stage.page.view.listing.generation
        stage.answers["list.rows"] = .success(ListNews.rows(generation: generation, asked: Array(-600..<0), []))
        stage.type("g")
        #expect(stage.lines[3].contains("damaged") && stage.lines[3].contains("this operation"))
        stage.type(.enter)
        #expect(stage.message == "This operation cannot be read." && stage.dialogs.isEmpty)
    }

    @Test func `however far one goes through a long list, a few thousand rows are kept`() throws {
        let stage = try stage(SampleLog.many(6000))
        for number in stride(from: 250, through: 6000, by: 250) {
            stage.type(":")
            stage.type(String(number))
            stage.type(.enter)
            #expect(stage.selected == UInt64(number))
        }
        #expect(stage.page.view.listing.rows.count < 3500)
    }

    @Test func `the logs of the backups are offered with their dates`() throws {
        let stage = try stage()
        let other = try SampleLog(SampleLog.many(5))
        var set = Scene.backup()
        set.log = other.path
        stage.context.overview = Scene.overview(backups: [set])
        stage.type("b")
        #expect(stage.dialogPicture.contains("SampleDB.journal") && stage.dialogPicture.contains("2026-11-21 08:02:11"))
        stage.type(.down, .enter)
        #expect(stage.lines[0] == "Another log: SampleDB.journal, operations 1 to 5")
    }
}
