// The Settings page: three tabs of settings, each changed where it stands, at once, by the engine function that
// `msc settings` calls; the command line that does the same stands below.

import Engine
import TerminalKit
import Vocabulary

struct SettingsPage: Page {
    private var reading: Result<SettingsReading, Failure>?
    private var tab = SettingsTab.scheduler
    private var position = ListPosition(count: 0)
    /// So that no change takes the place of another one that is being written.
    private var changes = 0

    init() {}

    private var current: SettingsReading? { if case .success(let reading)? = reading { reading } else { nil } }
    private var rows: [FormRow] { current.map { tab.rows($0) } ?? [] }

    private var selected: FormRow? {
        let rows = rows
        return rows.indices.contains(position.selected) ? rows[position.selected] : nil
    }

    // MARK: Actions

    func actions(_ context: PageContext) -> ActionTable<String> {
        let frozen = context.isReadOnly ? "The program was started with --readonly." : current == nil ? "The settings cannot be read." : nil
        let item: String? = if case .item? = selected { nil } else { "Only a file or folder of a list can be taken out." }
        let day: String? = if case .day? = selected { nil } else { "Only a day of the week has a time of its own." }
        let isSuspended = context.overview?.automation?.suspendedSince != nil
        let hasLists = tab == .configuration
        let list = hasLists ? nil : "Files and folders are listed on the tab \(SettingsTab.configuration.title)."
        return ActionTable([
            ActionRow("change", keys: [.enter, " "], title: "Change", help: "Changes the selected setting.", disabledReason: frozen),
            ActionRow("next", keys: [.right, "l"], title: "Next tab", help: "Shows the next tab.", isInFooter: !hasLists),
            ActionRow("previous", keys: [.left, "h"], title: "Tab before", help: "Shows the tab before.", isInFooter: false),
            ActionRow("time", keys: ["t"], title: "Time", help: "Sets the time of the selected day of the week.", disabledReason: frozen ?? day, isInFooter: day == nil),
            ActionRow("add", keys: ["a"], title: "Add", help: "Adds a file or folder to the selected list, or to the attachments.", disabledReason: frozen ?? list, isInFooter: hasLists),
            ActionRow("remove", keys: ["d", .delete], title: "Remove", help: "Takes the selected file or folder out of its list.", disabledReason: frozen ?? item, isInFooter: hasLists),
            ActionRow("default", keys: ["u"], title: "Default", help: "Takes the selected setting out of the file, so that its default counts.", disabledReason: frozen),
            ActionRow("resume", keys: ["m"], title: "Resume", help: "Lifts the suspension of automatic backups (error 1401).",
                disabledReason: frozen ?? (isSuspended ? nil : "Automatic backup is not suspended."), isInFooter: isSuspended),
            ActionRow("read", keys: ["r"], title: "Read again", help: "Reads the settings anew.", isInFooter: false),
        ])
    }

    mutating func appear(_ request: PageRequest?, _ context: PageContext) -> [Effect] { [read(context)] }
    mutating func refreshed(_ context: PageContext) -> [Effect] { [read(context)] }

    private func read(_ context: PageContext) -> Effect {
        let application = context.application
        return .load(key: "settings") { _ in try SettingsReading.of(application) }
    }

    mutating func receive(_ key: String, _ result: Result<any Sendable, Failure>, _ context: PageContext) -> [Effect] {
        switch (key, result) {
        case ("settings", .success(let value)):
            if let value = value as? SettingsReading { take(.success(value)) }
            return []
        case ("settings", .failure(let failure)):
            take(.failure(failure))
            return []
        case ("to", .success(let value)):
            return (value as? SettingsChange).map { change($0, context) } ?? []
        case (_, .success(let value)):
            return [.message("Done: \(value as? String ?? "")", .good), read(context), .refresh]
        case (_, .failure(let failure)):
            return [.dialog(Notice("Settings of \(context.application.name)", failure)), read(context)]
        }
    }

    private mutating func take(_ reading: Result<SettingsReading, Failure>) {
        self.reading = reading
        position.resize(count: rows.count)
        settle(.down)
    }

    // MARK: Changing

    private mutating func change(_ change: SettingsChange, _ context: PageContext) -> [Effect] {
        changes += 1
        let application = context.application
        let command = change.command(application)
        return [
            .load(key: "change \(changes)") { _ in
                try change.make(application)
                return command
            }
        ]
    }

    mutating func perform(_ action: String, _ context: PageContext) -> [Effect] {
        switch action {
        case "next": show(tab: tab.rawValue + 1)
        case "previous": show(tab: tab.rawValue - 1)
        case "read": return [read(context)]
        case "change": return edit(context)
        case "time": if case .day(let day)? = selected { return ask("Scheduler/Weekly/\(day.name)/Hour", "\(day.name) at", context) }
        case "add":
            if case .add(let key, _)? = selected { return add(key, context) }
            if case .item(let key, _)? = selected { return add(key, context) }
            return add("General/IncludesFiles", context)
        case "remove":
            guard case .item(let key, let index)? = selected, var texts = current?.texts(key), texts.indices.contains(index) else { return [] }
            texts.remove(at: index)
            return change(SettingsChange(key: key, texts: texts), context)
        case "default":
            guard let key = selected?.key else { return [] }
            let standard = SettingsChange(key: key, texts: nil)
            if case .item? = selected, let count = current?.texts(key).count, count > 1 {
                let text = ["All \(count) paths of this list are taken out of it.", "", standard.command(context.application)]
                return [.dialog(Confirmation("Default", text, confirm: "Take all out", effects: [.answer(key: "to", standard)]))]
            }
            return change(standard, context)
        case "resume":
            changes += 1
            let (application, surroundings) = (context.application, context.surroundings)
            return [
                .load(key: "change \(changes)") { _ in
                    try AutomationState.resume(application, surroundings)
                    return ShellWords.line(["msc", "resume", application.data])
                }
            ]
        default: break
        }
        return []
    }

    private mutating func edit(_ context: PageContext) -> [Effect] {
        switch selected {
        case .setting(let key, let title)?:
            guard let setting = BackupSettings.key(key), let current else { return [] }
            switch setting.form {
            case .toggle: return change(SettingsChange(key: key, texts: [current.isOn(key) ? "False" : "True"]), context)
            case .choice(let words):
                let chosen = words.firstIndex(of: current.text(key)) ?? 0
                let menu = MenuDialog(title, words.map { ListItem($0) }, selected: chosen) { (index: Int) -> [Effect] in
                    [.answer(key: "to", SettingsChange(key: key, texts: [words[index]]))]
                }
                return [.dialog(menu)]
            case .number, .time, .path, .list: return ask(key, title, context)
            }
        case .day(let day)?:
            let key = "Scheduler/Weekly/\(day.name)/Save"
            return change(SettingsChange(key: key, texts: [current?.isOn(key) == true ? "False" : "True"]), context)
        case .item(let key, let index)?:
            guard let texts = current?.texts(key), texts.indices.contains(index) else { return [] }
            return ask(key, "Path", context, texts: texts, index: index)
        case .add(let key, _)?: return add(key, context)
        case .blank?, .heading?, .fact?, nil: return []
        }
    }

    private func add(_ key: String, _ context: PageContext) -> [Effect] {
        let texts = current?.texts(key) ?? []
        return ask(key, "Path", context, texts: texts + [""], index: texts.count)
    }

    /// Asks for one text: the whole of a setting, or the n-th of a list.
    private func ask(_ key: String, _ title: String, _ context: PageContext, texts: [String]? = nil, index: Int = 0) -> [Effect] {
        guard let setting = BackupSettings.key(key), let current else { return [] }
        let texts = texts ?? [setting.form == .time ? current.time(key) : current.text(key)]
        let isPath = setting.form == .path || setting.form == .list
        let command = SettingsChange(key: key, texts: setting.form == .list ? ["VALUE", "..."] : ["VALUE"]).command(context.application)
        let replacing: @Sendable (String) -> [String] = { text in
            var all = texts
            all[index] = text
            return all
        }
        let folder = context.application.folder
        let completion: (@Sendable (String) -> String?)? = isPath ? { @Sendable in PathCompletion.complete($0, home: nil, from: folder) } : nil
        let prompt = Prompt(
            title, [setting.meaning, "Accepted: \(setting.accepted).", "", command], text: texts[index], confirm: "Set",
            completion: completion, check: { (text: String) -> String? in setting.accepts(replacing(text)) ? nil : "'\(text)' is not accepted." },
            then: { (text: String) -> [Effect] in [.answer(key: "to", SettingsChange(key: key, texts: replacing(text)))] })
        return [.dialog(prompt)]
    }

    // MARK: Moving

    private enum Direction { case up, down }

    private mutating func show(tab number: Int) {
        guard let tab = SettingsTab(rawValue: number) else { return }
        self.tab = tab
        position = ListPosition(count: rows.count)
        settle(.down)
    }

    /// Moves on to a row on which something can be done.
    private mutating func settle(_ direction: Direction) {
        let rows = rows
        let after = rows.indices.filter { $0 >= position.selected && rows[$0].isSelectable }
        let before = rows.indices.filter { $0 <= position.selected && rows[$0].isSelectable }
        if let row = direction == .down ? after.first ?? before.last : before.last ?? after.first { position.select(row) }
    }

    mutating func handle(_ event: TerminalEvent, in rect: Rect, _ context: PageContext) -> [Effect]? {
        let places = SettingsPlaces(rect)
        let before = position.selected
        switch event {
        case .key(let key):
            guard position.handle(key, rows: places.form.rows) else { return nil }
            settle(position.selected < before ? .up : .down)
            return []
        case .mouse(let mouse):
            if mouse.action == .left, let tab = places.tabs.first(where: { $0.rect.contains(mouse.place) })?.tab {
                show(tab: tab.rawValue)
            } else if places.form.contains(mouse.place) {
                switch mouse.action {
                case .wheelUp: position.scroll(by: -3, rows: places.form.rows)
                case .wheelDown: position.scroll(by: 3, rows: places.form.rows)
                case .left:
                    let row = position.visible(rows: places.form.rows).lowerBound + mouse.place.row - places.form.row
                    guard rows.indices.contains(row), rows[row].isSelectable else { return [] }
                    position.settle(rows: places.form.rows)
                    position.select(row)
                    // A second click changes.
                    guard row == before else { return [] }
                    return context.isReadOnly ? [.message("The program was started with --readonly.", .warning)] : edit(context)
                default: break
                }
                settle(.down)
            }
            return []
        default: return nil
        }
    }

    // MARK: Drawing

    func render(into frame: inout Frame, _ rect: Rect, _ context: PageContext) {
        let places = SettingsPlaces(rect)
        for place in places.tabs {
            let isChosen = place.tab == tab
            frame.write(isChosen ? "[\(place.tab.title)]" : " \(place.tab.title) ", in: place.rect, style: isChosen ? .selected : .normal)
        }
        switch reading {
        case nil: frame.write("Reading", in: places.form.line(0), style: .hint)
        case .failure(let failure): frame.writeWrapped(failure.description, in: places.form, style: .error)
        case .success(let reading):
            let drawing = SettingsDrawing(reading: reading, context: context)
            drawing.render(tab.rows(reading), position, into: &frame, places.form)
            if let selected { drawing.renderHint(selected, into: &frame, places.hint) }
        }
    }
}

/// A change that is to be made.
struct SettingsChange: Sendable, Equatable {
    var key: String
    /// Nil takes the key out of the file.
    var texts: [String]?

    func make(_ application: Application) throws {
        guard let setting = BackupSettings.key(key) else { return }
        try BackupSettings.change(setting, to: texts, of: application)
    }

    /// The command line that does the same. An empty list has no values to name: its default is just that.
    func command(_ application: Application) -> String {
        ShellWords.line(["msc", "settings", application.data, key] + (texts.flatMap { $0.isEmpty ? nil : $0 } ?? ["--unset"]))
    }
}

/// Where the parts of the page are.
struct SettingsPlaces {
    var tabs: [(tab: SettingsTab, rect: Rect)]
    var form: Rect
    var hint: Rect

    init(_ rect: Rect) {
        let inside = Rect(column: rect.column + 1, row: rect.row, columns: max(0, rect.columns - 2), rows: rect.rows)
        let parts = inside.split(
            rows: .fixed(1), .fixed(inside.rows > 12 ? 1 : 0), .flexible(minimum: 3), .fixed(inside.rows > 12 ? 1 : 0),
            .fixed(inside.rows > 14 ? 4 : 3))
        var column = inside.column
        tabs = SettingsTab.allCases.map { tab in
            let width = tab.title.count + 2
            defer { column += width + 1 }
            return (tab, Rect(column: column, row: inside.row, columns: width, rows: 1).intersection(inside))
        }
        form = parts[2]
        hint = parts[4]
    }
}
