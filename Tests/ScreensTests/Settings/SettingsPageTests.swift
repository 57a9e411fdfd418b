// The Settings page as people see it, at three sizes, and what it does with keys, answers and results.

import Engine
import FileSystem
import FoundationEssentials
import Glibc
import TerminalKit
import Testing
import Vocabulary

@testable import Engine
@testable import Screens

@Suite struct SettingsPageTests {
    /// The settings of a file with these values changed.
    static func reading(_ changes: [(String, [String])] = []) throws -> SettingsReading {
        var settings = BackupSettings()
        for (path, texts) in changes { try #require(BackupSettings.key(path)).set(texts, in: &settings) }
        return SettingsReading(
            SettingReading.all(settings), destination: settings.destination(of: Scene.application), free: 80_500_000_000, capacity: 101_400_000_000)
    }

    private static let nightly: [(String, [String])] = [("Scheduler/Frequency", ["Daily"]), ("Scheduler/Daily/Hour", ["21:00"])]

    private static let overview: Overview = {
        var overview = Scene.overview()
        overview.automation = AutomationStatus(schedule: "every day at 21:00", next: "2026-11-21T21:00:00.000Z", watched: true)
        return overview
    }()

    private func page(_ tab: SettingsTab = .scheduler, _ changes: [(String, [String])] = nightly) throws -> SettingsPage {
        var page = SettingsPage()
        _ = page.appear(nil, Scene.context())
        _ = page.receive("settings", .success(try SettingsPageTests.reading(changes)), Scene.context())
        for _ in 0..<tab.rawValue { _ = page.perform("next", Scene.context()) }
        return page
    }

    private let context = Scene.context(SettingsPageTests.overview)
    private let rect = Rect(column: 0, row: 0, columns: 59, rows: 21)

    private static let attachments: [(String, [String])] = [("General/IncludesFiles", ["./uploads", "/etc/app.conf"]), ("Advanced/SetNumber/Value", ["7"])]

    @Test("the tabs at three sizes look as they were approved", arguments: SettingsTab.allCases, [(59, 21), (60, 16), (139, 47)])
    func pictures(tab: SettingsTab, size: (Int, Int)) throws {
        let page = try page(tab, tab == .scheduler ? SettingsPageTests.nightly : SettingsPageTests.attachments)
        let picture = Scene.picture(page, columns: size.0, rows: size.1, context)
        let path = #filePath.split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/Pictures/\(tab)-\(size.0)x\(size.1).txt"
        if ProcessInfo.processInfo.environment["MSC_RECORD"] != nil { try Publication.write(Array((picture + "\n").utf8), to: path) }
        #expect(String(decoding: try File.contents(of: path, atMost: 1 << 20), as: UTF8.self) == picture + "\n")
    }

    @Test func `a week has its days with their times, a month its day`() throws {
        let week = Scene.picture(try page(.scheduler, [("Scheduler/Frequency", ["Weekly"]), ("Scheduler/Weekly/Monday/Save", ["True"]), ("Scheduler/Weekly/Monday/Hour", ["21:15"])]), columns: 59, rows: 21, context)
        #expect(week.contains("Period, in weeks") && week.contains("[✓] Monday *") || week.contains("[x] Monday"), "\(week)")
        #expect(week.contains("21:15"))
        let month = Scene.picture(try page(.scheduler, [("Scheduler/Frequency", ["Monthly"])]), columns: 59, rows: 21, context)
        #expect(month.contains("Period, in months") && month.contains("On day") && !month.contains("Monday"))
    }

    @Test func `a date for which nobody is there is no promise: without a service that is told`() throws {
        var overview = SettingsPageTests.overview
        overview.automation?.watched = false
        #expect(Scene.picture(try page(), columns: 59, rows: 21, Scene.context(overview)).contains("Next 2026-11-21 21:00:00, but no 'msc watch' runs"))
        #expect(Scene.picture(try page(), columns: 59, rows: 21, context).contains("Next 2026-11-21 21:00:00, every day at 21:00"))
    }

    @Test func `a suspension is told where the next date would stand, and can be lifted`() throws {
        var overview = SettingsPageTests.overview
        overview.automation = AutomationStatus(schedule: "every day at 21:00", suspendedSince: "2026-11-20T21:10:00.000Z", failures: 5)
        let page = try page()
        #expect(Scene.picture(page, columns: 80, rows: 21, Scene.context(overview)).contains("Next SUSPENDED (error 1401) since 2026-11-20 21:10:00, after 5 failed"))
        #expect(page.actions(Scene.context(overview))["resume"]?.disabledReason == nil)
        #expect(page.actions(context)["resume"]?.disabledReason != nil)
        #expect(TopLine.warning(overview, now: Scene.now) == "Automatic backup suspended (1401)")
    }

    @Test func `nothing can be changed with --readonly, and the reason is told`() throws {
        let frozen = Scene.context(SettingsPageTests.overview, isReadOnly: true)
        for action in ["change", "add", "default", "time", "remove"] {
            #expect(try page(.configuration).actions(frozen)[action]?.disabledReason == "The program was started with --readonly.")
        }
        #expect(Scene.picture(try page(), columns: 59, rows: 21, frozen).contains("The program was started with --readonly."))
    }

    @Test func `Enter ticks a box, chooses a word, or asks for a text, and a refused text stays`() throws {
        var page = try page(.backup, [])
        guard case .load(let key, _)? = page.perform("change", context).first else {
            Issue.record("the first row is a box")
            return
        }
        #expect(key == "change 1")
        var schedule = try self.page()
        guard case .dialog(var menu)? = schedule.perform("change", context).first else {
            Issue.record("the first row is a choice")
            return
        }
        _ = menu.handle(.key(.down), in: GridSize(columns: 80, rows: 24), context)
        guard case .close(let effects) = menu.handle(.key(.enter), in: GridSize(columns: 80, rows: 24), context),
            case .answer(_, let value)? = effects.first
        else {
            Issue.record("a word was chosen")
            return
        }
        #expect(value as? SettingsChange == SettingsChange(key: "Scheduler/Frequency", texts: ["Weekly"]))
        for _ in 0..<2 { _ = schedule.handle(.key(.down), in: rect, context) }
        guard case .dialog(var prompt)? = schedule.perform("change", context).first else {
            Issue.record("the third row is a time")
            return
        }
        for key in [Key.ctrl("u"), "2", "5", ":", "0", "0", .enter] {
            guard case .stay = prompt.handle(.key(key), in: GridSize(columns: 80, rows: 24), context) else {
                Issue.record("25:00 is no time")
                return
            }
        }
        var frame = Frame(columns: 80, rows: 24)
        prompt.render(into: &frame, context)
        #expect(frame.text.contains("Accepted: a time from 00:00:00 to 23:59:59.") && frame.text.contains("msc settings /srv/app/SampleDB.db"))
        #expect(frame.text.contains("'25:00' is not accepted."))
        for key in [Key.ctrl("u"), "2", "2", ":", "3"] { _ = prompt.handle(.key(key), in: GridSize(columns: 80, rows: 24), context) }
        _ = prompt.handle(.key("0"), in: GridSize(columns: 80, rows: 24), context)
        guard case .close(let done) = prompt.handle(.key(.enter), in: GridSize(columns: 80, rows: 24), context), case .answer(_, let time)? = done.first else {
            Issue.record("22:30 is one")
            return
        }
        #expect(time as? SettingsChange == SettingsChange(key: "Scheduler/Daily/Hour", texts: ["22:30"]))
    }

    @Test func `what is changed is written by the engine, told with its command line, and read again`() throws {
        var template = Array("/tmp/msc-screens-XXXXXX".utf8CString)
        let folder = try #require(mkdtemp(&template).map { String(cString: $0) })
        defer { try? Folder.removeTree(folder) }
        try Publication.write([], to: folder + "/S.db")
        let application = try Application(data: folder + "/S.db")
        var context = context
        context.application = application
        var page = SettingsPage()
        func play(_ effects: [Effect]) throws -> [Effect] {
            guard case .load(let key, let work)? = effects.first else { return effects }
            let result = Result { () throws(Failure) in do { return try work(Job()) } catch { throw Failure.from(error) } }
            return page.receive(key, result, context)
        }
        _ = try play(page.appear(nil, context))
        _ = page.perform("next", context)
        let changes = page.receive("to", .success(SettingsChange(key: "General/IncludesFiles", texts: ["./a b", "/c"])), context)
        guard case .message(let text, .good)? = try play(changes).first else {
            Issue.record("it is told")
            return
        }
        #expect(text == "Done: msc settings \(folder)/S.db General/IncludesFiles './a b' /c")
        #expect(try BackupSettings.read(application).attachments == ["./a b", "/c"])
        _ = try play(page.perform("read", context))
        for _ in 0..<4 { _ = page.handle(.key(.down), in: rect, context) }
        _ = try play(page.perform("remove", context))
        #expect(try BackupSettings.read(application).attachments == ["/c"])
        let refused = try play(page.receive("to", .success(SettingsChange(key: "Advanced/SetNumber/Value", texts: ["0"])), context))
        guard case .dialog? = refused.first else {
            Issue.record("a failure is shown")
            return
        }
        #expect(try BackupSettings.read(application).setsKept == 3)
        _ = try play(page.perform("read", context))
        _ = try play(page.perform("default", context))
        #expect(try BackupSettings.read(application).attachments == [])
    }

    @Test func `a key that has nothing to do here says why, and a list of several paths is not emptied by one key`() throws {
        let schedule = try page(.scheduler)
        #expect(schedule.actions(context)["time"]?.disabledReason == "Only a day of the week has a time of its own.")
        #expect(schedule.actions(context)["add"]?.disabledReason == "Files and folders are listed on the tab Configuration.")
        var page = try page(.configuration, SettingsPageTests.attachments)
        #expect(page.actions(context)["add"]?.disabledReason == nil)
        for _ in 0..<5 { _ = page.handle(.key(.down), in: rect, context) }
        guard case .dialog(let question)? = page.perform("default", context).first else {
            Issue.record("two attachments are not forgotten without a question")
            return
        }
        var frame = Frame(columns: 80, rows: 24)
        question.render(into: &frame, context)
        #expect(frame.text.contains("All 2 paths of this list are taken out of it."))
    }

    @Test("no screen is too small, and every key is harmless", arguments: SettingsTab.allCases)
    func sizes(tab: SettingsTab) throws {
        for columns in stride(from: 1, through: 100, by: 9) {
            for rows in stride(from: 1, through: 30, by: 3) {
                var page = try page(tab, SettingsPageTests.attachments)
                let rect = Rect(column: 0, row: 0, columns: columns, rows: rows)
                for key in [Key.down, .pageDown, .end, .up, .home, .pageUp, "k", "j"] { _ = page.handle(.key(key), in: rect, context) }
                _ = page.handle(.mouse(MouseEvent(.left, at: .init(column: columns / 2, row: rows / 2))), in: rect, context)
                _ = Scene.picture(page, columns: columns, rows: rows, context)
            }
        }
    }
}

@Suite struct JournalDialogTests {
    private func reading(_ event: String, _ status: String, item: Bool = false, error: String = "") throws -> JournalReading {
        try #require(JournalReading("2026-11-21 10:00:00\t\(item ? "item" : event)\t7\t\(status)\t/b/S[0007].4BK\t1000\t3.2\t\(error)\t\(event == "failure" ? "backup, " : "")manual"))
    }

    @Test func `the newest line is at the top, items on request, and the selected one in full below`() throws {
        let lines = [
            try reading("backup", "complete"), try reading("", "data", item: true), try reading("failure", "failed", error: "1409"),
        ]
        var dialog = JournalDialog(lines)
        func picture() -> String {
            var frame = Frame(columns: 80, rows: 24)
            dialog.render(into: &frame, Scene.context())
            return frame.text
        }
        let first = picture().split(separator: "\n").map(String.init)
        #expect(first.contains { $0.contains("▸2026-11-21 10:00:00  backup 7 failed, error 1409") } && first.contains { $0.contains("backup 7 complete") })
        #expect(!picture().contains("data /b/"))
        _ = dialog.handle(.key("i"), in: GridSize(columns: 80, rows: 24), Scene.context())
        #expect(picture().contains("    data /b/S[0007].4BK"))
        for key in [Key.down, .end] { _ = dialog.handle(.key(key), in: GridSize(columns: 80, rows: 24), Scene.context()) }
        #expect(picture().contains("1.0 KB, 3.2 s") && picture().contains("manual"))
        for columns in stride(from: 2, through: 90, by: 11) {
            for rows in stride(from: 2, through: 30, by: 4) {
                var frame = Frame(columns: columns, rows: rows)
                dialog.render(into: &frame, Scene.context())
            }
        }
    }
}
