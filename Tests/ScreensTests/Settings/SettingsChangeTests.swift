// The Settings page over a settings file of its own: what keys and clicks change in it.

import FileSystem
import Glibc
import TerminalKit
import Testing
import Vocabulary

@testable import Engine
@testable import Screens

/// Plays the page: does its readings and changes at once.
private final class Desk {
    let folder: String
    let application: Application
    var context = Scene.context()
    private(set) var page = SettingsPage()
    private(set) var message = ""
    private(set) var dialogs: [any Screens.Dialog] = []
    private let rect: Rect

    init(rows: Int = 21, _ changes: [(String, [String])] = []) throws {
        var template = Array("/tmp/msc-screens-XXXXXX".utf8CString)
        folder = try #require(mkdtemp(&template).map { String(cString: $0) })
        try Publication.write([], to: folder + "/S.db")
        application = try Application(data: folder + "/S.db")
        context.application = application
        rect = Rect(column: 0, row: 0, columns: 59, rows: rows)
        for (key, texts) in changes { try BackupSettings.change(try #require(BackupSettings.key(key)), to: texts, of: application) }
        perform(page.appear(nil, context))
    }

    deinit { try? Folder.removeTree(folder) }

    private func perform(_ effects: [Effect]) {
        for effect in effects {
            switch effect {
            case .message(let text, _): message = text
            case .dialog(let dialog): dialogs.append(dialog)
            case .answer(let key, let value): perform(page.receive(key, .success(value), context))
            case .load(let key, let work):
                let result = Result { () throws(Failure) in do { return try work(Job()) } catch { throw Failure.from(error) } }
                perform(page.receive(key, result, context))
            default: break
            }
        }
    }

    private func send(_ event: TerminalEvent) {
        if var top = dialogs.popLast() {
            if case .close(let effects) = top.handle(event, in: GridSize(columns: 80, rows: 24), context) { perform(effects) } else { dialogs.append(top) }
            return
        }
        if case .key(let key) = event, let answer = page.actions(context).answer(to: key) {
            switch answer {
            case .perform(let action): perform(page.perform(action, context))
            case .refused(let reason): message = reason
            }
            return
        }
        perform(page.handle(event, in: rect, context) ?? [])
    }

    func press(_ keys: Key...) { for key in keys { send(.key(key)) } }
    func type(_ text: String) { for character in text { send(.key(.character(character))) } }

    func click(on text: String, _ action: MouseEvent.Action = .left, at location: SourceLocation = #_sourceLocation) throws {
        send(try Mouse.event(action, on: text, in: picture, at: location))
    }

    func fail(_ failure: Failure) { perform(page.receive("settings", .failure(failure), context)) }
    func refreshed() { perform(page.refreshed(context)) }

    var picture: String { Scene.picture(page, columns: rect.columns, rows: rect.rows, context) }
    func texts(_ key: String) throws -> [String] { try SettingsReading.of(application).texts(key) }
}

@Suite struct SettingsChangeTests {
    @Test func `a day of the week is ticked by a second click or by Enter, and gets its time`() throws {
        let desk = try Desk([("Scheduler/Frequency", ["Weekly"])])
        try desk.click(on: "Tuesday")
        #expect(try desk.texts("Scheduler/Weekly/Tuesday/Save") == ["False"])
        try desk.click(on: "Tuesday")
        #expect(try desk.texts("Scheduler/Weekly/Tuesday/Save") == ["True"])
        #expect(desk.message == "Done: msc settings \(desk.application.data) Scheduler/Weekly/Tuesday/Save True")
        desk.press(.enter)
        #expect(try desk.texts("Scheduler/Weekly/Tuesday/Save") == ["False"])
        desk.press("t", .ctrl("u"))
        desk.type("22:30")
        desk.press(.enter)
        #expect(desk.message == "Done: msc settings \(desk.application.data) Scheduler/Weekly/Tuesday/Hour 22:30" && desk.dialogs.isEmpty)
    }

    @Test func `files and folders are added to the list of the selected row, changed by Enter, and attachments get what comes from elsewhere`() throws {
        let desk = try Desk()
        desk.press(.right, "a")
        desk.type("./uploads")
        desk.press(.enter)
        #expect(desk.message == "Done: msc settings \(desk.application.data) General/IncludesFiles ./uploads")
        try desk.click(on: "./uploads")
        desk.press(.enter)
        desk.type("2")
        desk.press(.enter)
        #expect(try desk.texts("General/IncludesFiles") == ["./uploads2"])
        desk.press("a")
        desk.type("/etc/app.conf")
        desk.press(.enter)
        #expect(try desk.texts("General/IncludesFiles") == ["./uploads2", "/etc/app.conf"])
        try desk.click(on: "Add a file or folder of the program")
        desk.press(.enter)
        desk.type("./program")
        desk.press(.enter)
        #expect(try desk.texts("General/StructureFiles") == ["./program"])
        // What was added is selected now.
        desk.press("a")
        desk.type("./other")
        desk.press(.enter)
        #expect(try desk.texts("General/StructureFiles") == ["./program", "./other"] && desk.texts("General/IncludesFiles").count == 2)
    }

    @Test func `a suspension is lifted with its command line`() throws {
        let desk = try Desk([("Scheduler/Frequency", ["Hourly"])])
        #expect(desk.picture.contains("Period, in hours") && desk.picture.contains("Starting at"))
        let settings = try BackupSettings.read(desk.application)
        try AutomationState.update(desk.application, settings, now: Scene.now) { $0.suspendedSince = Scene.now }
        desk.context.overview?.automation = AutomationStatus(schedule: "every 12 hours", suspendedSince: "2026-11-21T10:00:00.000Z", failures: 5)
        desk.press("m")
        #expect(desk.message == "Done: msc resume \(desk.application.data)")
        #expect(AutomationState.read(desk.application).map { $0.suspendedSince == nil } == true)
    }

    @Test func `settings that cannot be read are told, nothing can be changed, and what others change is read`() throws {
        let desk = try Desk()
        desk.fail(Failure(.badSetting, "the settings file is cut off", hint: "Bring it back from a backup."))
        #expect(desk.picture.contains("the settings file is cut off. Bring it back"))
        desk.press(.enter)
        #expect(desk.message == "The settings cannot be read.")
        try BackupSettings.change(try #require(BackupSettings.key("Scheduler/Frequency")), to: ["Monthly"], of: desk.application)
        desk.refreshed()
        #expect(desk.picture.contains("Period, in months"))
    }

    @Test func `the wheel scrolls a long tab, and the tabs obey the mouse`() throws {
        let desk = try Desk(rows: 12)
        try desk.click(on: "Backup & Restore")
        #expect(desk.picture.contains("Keep only the newest sets"))
        try desk.click(on: "Keep only the newest sets", .wheelDown)
        #expect(!desk.picture.contains("Keep only the newest sets") && desk.picture.contains("Check each archive"))
        try desk.click(on: "Check each archive", .wheelUp)
        #expect(desk.picture.contains("Keep only the newest sets"))
    }
}
