// The Backup page: where the next backup goes, how the last one went, what will be saved, and the button that starts it.

import Engine
import TerminalKit
import Vocabulary

struct BackupPage: Page {
    private enum Part: Hashable { case buttons, contents }

    private var plan: Result<BackupPlan, Failure>?
    private var focus = FocusRing<Part>([.buttons, .contents])
    private var position = ListPosition(count: 0)
    private var hasAppeared = false
    private var selectedButton = 0

    private static let operation = "backup"

    init() {}

    // MARK: Actions

    func actions(_ context: PageContext) -> ActionTable<String> {
        ActionTable([
            ActionRow(
                "backup", keys: ["b"], title: "Backup", help: "Makes a backup now; a dialog says first what will be saved.",
                disabledReason: obstacle(context)),
            ActionRow("settings", keys: ["s"], title: "Settings", help: "Goes to the Settings page: where to, when, and how."),
            ActionRow("journal", keys: ["J"], title: "Journal", help: "Shows the backup journal: what was backed up, restored, deleted, and what failed."),
            ActionRow("read", keys: ["r"], title: "Read again", help: "Reads destination and contents anew."),
        ])
    }

    /// Why no backup can be started now.
    private func obstacle(_ context: PageContext) -> String? {
        if context.isReadOnly { return "The program was started with --readonly." }
        if context.isBusy { return "An operation is running." }
        if let running = context.overview?.running {
            return "\(AppModel.title(running.operation)) by \(AppModel.owner(running)) is running: F2 shows it."
        }
        if case .success(let plan)? = plan, let obstacle = plan.obstacle { return "\(plan.destination): \(obstacle)" }
        return nil
    }

    mutating func appear(_ request: PageRequest?, _ context: PageContext) -> [Effect] {
        hasAppeared = true
        return [read(context)]
    }

    mutating func refreshed(_ context: PageContext) -> [Effect] { [read(context)] }

    private func read(_ context: PageContext) -> Effect {
        let application = context.application
        return .load(key: "plan") { job in try BackupPlan.of(application, job) }
    }

    mutating func receive(_ key: String, _ result: Result<any Sendable, Failure>, _ context: PageContext) -> [Effect] {
        if key == "journal" {
            switch result {
            case .success(let value): return [.dialog(JournalDialog(value as? [JournalReading] ?? []))]
            case .failure(let failure): return [.dialog(Notice("Backup journal", failure))]
            }
        }
        switch result {
        case .success(let value):
            guard let plan = value as? BackupPlan else { return [] }
            self.plan = .success(plan)
            position.resize(count: plan.items.count)
        case .failure(let failure):
            plan = .failure(failure)
        }
        return []
    }

    mutating func perform(_ action: String, _ context: PageContext) -> [Effect] {
        switch action {
        case "backup": start(context)
        case "read": [.refresh, read(context)]
        case "settings": [.goTo(.settings, nil)]
        case "journal": [.load(key: "journal") { [application = context.application] _ in try BackupJournal.newest(of: application) }]
        default: []
        }
    }

    private func start(_ context: PageContext) -> [Effect] {
        if let obstacle = obstacle(context) { return [.message(obstacle, .warning)] }
        let (application, surroundings) = (context.application, context.surroundings)
        let request = OperationRequest(
            id: BackupPage.operation, title: "Backup of \(application.name)",
            commandLine: ShellWords.line(["msc", "backup", application.data]), changesData: false,
            stopLeaves: "No archive was made; the data, the log and the earlier backups are as they were."
        ) { job in try Backup(application: application, surroundings: surroundings, destination: nil).run(job) }
        var text: [String] = []
        if case .success(let plan)? = plan {
            text.append("Saves \(plan.items.count == 1 ? "1 item" : "\(plan.items.count) items"), \(Quantity.bytes(plan.bytes)), to")
            text.append(plan.destination)
            let missing = plan.items.count { $0.isMissing }
            if missing > 0 { text.append("\(missing == 1 ? "One" : "\(missing)") of them cannot be read: the backup will be partial.") }
            if let free = plan.free, free < plan.bytes {
                text.append("Only \(Quantity.bytes(free)) are free there; compressed, it may still fit.")
            }
            if let sets = plan.setsKept { text.append("The newest \(sets) sets are kept; \(BackupPage.deletion(context) ?? "none is deleted").") }
        }
        text.append("The database stays in use meanwhile.")
        return [.dialog(Confirmation(starting: request, text, confirm: "Backup"))]
    }

    /// "number 10 and 11 are deleted by the next backup"; nil when none is.
    private static func deletion(_ context: PageContext) -> String? {
        let old = (context.overview?.backups ?? []).filter { $0.deletedByNextBackup == true }.map { String($0.number) }.reversed()
        guard let last = old.last else { return nil }
        let list = old.count == 1 ? last : old.dropLast().joined(separator: ", ") + " and " + last
        return "number \(list) \(old.count == 1 ? "is" : "are") deleted by the next backup"
    }

    mutating func ended(_ operation: String, _ result: Result<any Sendable, Failure>, _ context: PageContext) -> [Effect] {
        guard case .success(let value) = result, let outcome = value as? BackupOutcome else { return [read(context)] }
        let line =
            "Backup \(outcome.number) is \(outcome.status.rawValue): \(Quantity.bytes(outcome.archiveBytes)) in \(BackupPage.seconds(outcome.seconds))"
        guard !outcome.missing.isEmpty || !outcome.warnings.isEmpty else { return [.message(line, .good), read(context)] }
        var text = [line + ".", outcome.archive]
        if !outcome.missing.isEmpty { text += ["", "Missing in it:"] + outcome.missing }
        if !outcome.warnings.isEmpty { text += ["", "Warnings:"] + outcome.warnings }
        return [.dialog(Notice("Backup of \(context.application.name)", text)), read(context)]
    }

    // MARK: Moving

    mutating func handle(_ event: TerminalEvent, in rect: Rect, _ context: PageContext) -> [Effect]? {
        let places = Places(rect, facts: max(2, facts(context).count))
        switch event {
        case .key(.tab) where focus.has(.contents):
            focus.focus(.buttons)
            return nil
        case .key(.backTab) where focus.has(.buttons):
            return nil
        case .key(let key):
            if focus.handle(key) { return [] }
            if focus.has(.contents), position.handle(key, rows: places.list.rows) { return [] }
        case .mouse(let mouse):
            if places.list.contains(mouse.place) {
                if mouse.action == .wheelUp { position.scroll(by: -3, rows: places.list.rows) }
                if mouse.action == .wheelDown { position.scroll(by: 3, rows: places.list.rows) }
                guard mouse.action == .left else { return [] }
                focus.focus(.contents)
                let row = position.visible(rows: places.list.rows).lowerBound + mouse.place.row - places.list.row
                if row < position.count { position.select(row) }
                return []
            }
        default: return nil
        }
        var buttons = buttons(context)
        guard focus.has(.buttons) || event.isMouse else { return nil }
        switch buttons.handle(event, in: places.buttons) {
        case .chosen(let id):
            selectedButton = buttons.selected
            return perform(id, context)
        case .handled:
            let isMoved = selectedButton != buttons.selected
            selectedButton = buttons.selected
            return isMoved ? [] : buttons.buttons[selectedButton].disabledReason.map { [.message($0, .warning)] } ?? []
        case .ignored, .cancelled: return nil
        }
    }

    private func buttons(_ context: PageContext) -> ButtonRow<String> {
        ButtonRow([
            Button("backup", "Backup", key: "b", disabledReason: obstacle(context)), Button("settings", "Settings", key: "s"),
            Button("journal", "Journal", key: "J"),
        ], selected: selectedButton)
    }

    // MARK: Drawing

    private struct Places {
        var destination: Rect
        var last: Rect
        var contents: Rect
        var list: Rect
        var buttons: Rect

        /// - Parameter facts: rows about the destination.
        init(_ rect: Rect, facts: Int) {
            let inside = Rect(column: rect.column + 1, row: rect.row, columns: max(0, rect.columns - 2), rows: rect.rows)
            let parts = inside.split(
                rows: .fixed(1), .fixed(inside.rows > 19 ? 1 : 0), .fixed(facts + 1), .fixed(inside.rows > 12 ? 1 : 0),
                .fixed(inside.rows > 19 ? 6 : 5), .fixed(inside.rows > 15 ? 1 : 0), .flexible(minimum: 2))
            buttons = parts[0]
            destination = parts[2]
            last = parts[4]
            contents = parts[6]
            list = Rect(column: contents.column, row: contents.row + 1, columns: contents.columns, rows: max(0, contents.rows - 1))
        }
    }

    func render(into frame: inout Frame, _ rect: Rect, _ context: PageContext) {
        let facts = facts(context)
        let places = Places(rect, facts: max(2, facts.count))
        buttons(context).render(into: &frame, places.buttons, isFocused: focus.has(.buttons))
        frame.write("Backup file destination", in: places.destination.line(0), style: .title)
        renderLast(into: &frame, places.last, context)
        switch plan {
        case nil: frame.write("Reading", in: places.destination.line(1), style: .hint)
        case .failure(let failure):
            frame.writeWrapped(failure.description, in: places.contents, style: .error)
        case .success(let plan):
            Label.render(facts, into: &frame, BackupPage.below(places.destination))
            renderContents(plan, into: &frame, places)
        }
    }

    /// Where the next backup goes, when, and what it takes away.
    private func facts(_ context: PageContext) -> [Label] {
        guard case .success(let plan)? = plan else { return [] }
        var space = "unknown"
        var style = Style.normal
        if let free = plan.free, let capacity = plan.capacity {
            space = "\(Quantity.bytes(free)) free of \(Quantity.bytes(capacity)), \(Quantity.bytes(capacity - min(free, capacity))) used"
            if free < plan.bytes { style = .warning }
        }
        if let obstacle = plan.obstacle { (space, style) = (obstacle, .error) }
        var labels = [Label("Folder", plan.destination, isPath: true), Label("Disk", space, style: style)]
        if let automation = context.overview?.automation { labels.append(AutomationWords.label(automation, now: context.now)) }
        if let deletion = BackupPage.deletion(context) { labels.append(Label("Sets", deletion)) }
        return labels
    }

    private func renderLast(into frame: inout Frame, _ rect: Rect, _ context: PageContext) {
        frame.write("Last backup information", in: rect.line(0), style: .title)
        let rows = BackupPage.below(rect)
        guard let overview = context.overview else { return frame.write("Reading", in: rows.line(0), style: .hint) }
        guard let last = overview.lastAttempt else {
            let sentence = overview.backupsAreUnknown ? "Whether there is one cannot be read." : "There is no backup yet."
            return frame.write(sentence, in: rows.line(0), style: .warning)
        }
        let time = try? Timestamp.parse(last.date)
        let when = time.map { "\(Timestamp.local($0)), \(Wording.ago(context.now - $0))" } ?? last.date
        let isGood = last.status == "complete"
        // That it is missing stands beside its path. A failed one has no archive.
        let marks = last.archive.isEmpty ? "" : last.marks.filter { $0 != "MISSING" }.map { ", ! \($0)" }.joined()
        var labels = [
            Label("Date", "\(when), in \(BackupPage.seconds(last.seconds))"),
            Label(
                "Status", "\(isGood ? "" : "! ")\(last.status), number \(last.number)\(marks)\(BackupPage.proof(last))",
                style: isGood && marks.isEmpty && last.proof?.result != .failed ? .good : .warning),
        ]
        if let error = last.error {
            let lines = TextFitting.wrap(error, columns: max(1, rows.columns - 8))
            for (index, line) in lines.prefix(2).enumerated() {
                let isCut = index == 1 && lines.count > 2
                labels.append(Label(index == 0 ? "Error" : "", isCut ? line + String(Character(frame.glyphs.ellipsis)) : line, style: .warning))
            }
        }
        if last.archive.isEmpty {
            if let good = overview.backups.first { labels.append(Label("Before", "number \(good.number) of \(BackupPage.day(good.date)), \(good.status)")) }
        } else {
            labels.append(Label("Size", Quantity.bytes(last.archiveBytes) + (last.lastOperation.map { ", up to operation \(Quantity.number($0))" } ?? "")))
            labels.append(Label("Archive", last.present ? last.archive : "MISSING: \(last.archive)", style: last.present ? .normal : .error, isPath: true))
        }
        Label.render(labels, into: &frame, rows)
    }

    private func renderContents(_ plan: BackupPlan, into frame: inout Frame, _ places: Places) {
        frame.write("Contents of the backup file: \(Quantity.bytes(plan.bytes))", in: places.contents.line(0), style: .title)
        let list = places.list
        let visible = position.visible(rows: list.rows)
        for (row, index) in visible.enumerated() where plan.items.indices.contains(index) {
            let item = plan.items[index]
            let isSelected = focus.has(.contents) && index == position.selected
            let line = list.line(row)
            let style: Style = isSelected ? .selected : item.isMissing ? .warning : .normal
            let size = item.isMissing ? BackupPage.mark(of: item) : Quantity.bytes(item.bytes)
            let detail = item.files > 1 ? "\(size) in \(item.files) files" : size
            let left = max(12, line.columns - CharacterWidth.of(detail) - 1)
            let mark = isSelected ? String(Character(frame.glyphs.pointer)) : " "
            frame.fill(line, style: style)
            let text = mark + TextFitting.pad(item.role, columns: 11)
            let path = TextFitting.fitPath(item.path, columns: max(0, left - 13), ellipsis: frame.glyphs.ellipsis)
            frame.write(text + path, at: line.column, line.row, style: style, limit: line.column + left)
            frame.write(detail, in: Rect(column: line.column + left, row: line.row, columns: line.columns - left, rows: 1), style: style, align: .right)
        }
    }

    /// What stands in the place of an item's size that is not there, or that the system refuses to this user.
    private static func mark(of item: BackupPlan.Item) -> String {
        let word = item.isRefused ? "NOT READABLE (1511)" : "MISSING"
        return item.files == 0 || item.role == "data" || item.role == "log" ? word : "PART \(word)"
    }

    /// The rows under a heading.
    private static func below(_ rect: Rect) -> Rect {
        Rect(column: rect.column, row: rect.row + 1, columns: rect.columns, rows: max(0, rect.rows - 1))
    }

    /// What the trial restore came to, where there was one.
    private static func proof(_ set: BackupSet) -> String {
        guard let proof = set.proof else { return "" }
        switch proof.result {
        case .proven: return ", proven restorable in \(seconds(proof.seconds))"
        case .failed: return ", ! TRIAL RESTORE FAILED"
        case .inconclusive: return ", trial restore inconclusive"
        }
    }

    static func seconds(_ seconds: Double) -> String {
        let tenths = Int((min(max(seconds, 0), 1e12) * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) s"
    }

    private static func day(_ date: String) -> String { (try? Timestamp.parse(date)).map { Timestamp.local($0) } ?? date }
}

extension TerminalEvent {
    var isMouse: Bool { if case .mouse = self { true } else { false } }
}
