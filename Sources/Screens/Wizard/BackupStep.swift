// First step: which backup. The known sets newest first, archives from elsewhere on top, and what the selected one holds.

import Engine
import TerminalKit
import Vocabulary

struct BackupStep: WizardStep {
    /// A line of the list.
    struct Row: Sendable, Equatable {
        var path: String
        var known: BackupSet?

        var isPresent: Bool { known?.present ?? true }
    }

    var focus = FocusRing(["list", "buttons"])
    private(set) var rows: [Row] = []
    private var box = ListBox([])
    /// Archives opened with Browse…, the newest first.
    private var others: [String] = []
    private(set) var browser: FileBrowser?
    /// What is known of the archives looked at so far.
    private var previews: [String: Result<RestorePreview, Failure>] = [:]
    private var loading: String?
    /// Logs added in a later step are part of the preview.
    private var knownLogs: [String] = []
    /// The operation that another page wants to go back to.
    private var wanted: UInt64?
    private var hasEntered = false

    var isTyping: Bool { browser?.isTyping ?? false }
    var isModal: Bool { browser != nil }

    var selected: Row? { box.selected.flatMap { rows.indices.contains($0) ? rows[$0] : nil } }

    /// Chooses the newest backup from which an operation can be reached.
    mutating func want(_ operation: UInt64) { wanted = operation }

    // MARK: Life

    mutating func enter(_ choices: inout RestoreChoices, _ context: PageContext) -> [StepAnswer] {
        if choices.otherLogs != knownLogs {
            previews = [:]
            knownLogs = choices.otherLogs
        }
        return refreshed(&choices, context)
    }

    mutating func refreshed(_ choices: inout RestoreChoices, _ context: PageContext) -> [StepAnswer] {
        let before = selected?.path
        let sets = context.overview?.backups ?? []
        rows = others.filter { path in !sets.contains { $0.archive == path } }.map { Row(path: $0) } + sets.map { Row(path: $0.archive, known: $0) }
        box.replace(rows.map { BackupStep.item($0) })
        if let wanted, context.overview != nil {
            self.wanted = nil
            guard let index = rows.firstIndex(where: { $0.isPresent && ($0.known?.lastOperation).map { $0 <= wanted } ?? false }) else {
                choices.wish = nil
                return [.effect(.message("No backup reaches back to operation \(wanted).", .warning))] + look(&choices, context)
            }
            box.select(index)
            choices.wish = .operation(wanted)
            choices.logs = .all
            let answers = look(&choices, context)
            return answers
        }
        if let before, let index = rows.firstIndex(where: { $0.path == before }) {
            box.select(index)
        } else if !hasEntered, let index = rows.firstIndex(where: \.isPresent) {
            box.select(index)
        }
        hasEntered = hasEntered || !rows.isEmpty
        return look(&choices, context)
    }

    private static func item(_ row: Row) -> ListItem {
        guard let set = row.known else { return ListItem("       \(RestoreWords.name(row.path))", detail: "from elsewhere") }
        let number = TextFitting.pad("[\(Application.numberText(set.number))]", columns: 6)
        let time = (try? Timestamp.parse(set.date)).map { Timestamp.local($0) } ?? set.date
        let size = TextFitting.pad(Amount.bytes(set.archiveBytes), columns: 9, align: .right)
        let last = set.lastOperation.map { "to \($0)" } ?? "no log"
        return ListItem(
            "\(number) \(time) \(size)  \(last)", detail: mark(set) ?? set.status,
            style: set.present ? (mark(set) == nil && set.status == "complete" ? .normal : .warning) : .disabled)
    }

    /// What is wrong with a set, the worst of it; nil for a good one.
    private static func mark(_ set: BackupSet) -> String? {
        set.marks.first ?? (set.proof?.result == .failed ? "TRIAL RESTORE FAILED" : nil)
    }

    /// Looks at the selected archive unless it was looked at before.
    private mutating func look(_ choices: inout RestoreChoices, _ context: PageContext) -> [StepAnswer] {
        if choices.preview?.archive.path != selected?.path { choices.preview = nil }
        guard let row = selected, row.isPresent else {
            loading = nil
            return [.effect(.cancelLoad(key: BackupStep.previewKey))]
        }
        if case .success(let preview) = previews[row.path] { choices.choose(preview) }
        guard previews[row.path] == nil else { return [] }
        guard loading != row.path else { return [] }
        loading = row.path
        return [.effect(BackupStep.load(row.path, choices.otherLogs, context))]
    }

    static let previewKey = "backup/preview"
    private static let folderKey = "backup/folder"

    /// Reads an archive's facts. What waits in the data file is written to the log first where that is possible, so that the
    /// restore can go up to now.
    static func load(_ path: String, _ logs: [String], _ context: PageContext, key: String = previewKey) -> Effect {
        let (application, surroundings, mayDrain) = (context.application, context.surroundings, !context.isReadOnly && !context.isBusy)
        let waits = mayDrain && context.overview?.log.state == .ok && (context.overview?.log.pending ?? 0) > 0
        return .load(key: key) { job in
            var warning: String?
            if waits {
                do { _ = try LogDrain(application: application, surroundings: surroundings).run(job) } catch let failure as Failure {
                    if failure.code == .stopped { throw failure }
                    warning = "changes that wait in the data file could not be written to the log: \(failure.sentence)"
                }
            }
            var preview = try RestorePreview(path, alongWith: logs)
            if let warning { preview.warnings.append(warning) }
            return preview
        }
    }

    mutating func receive(
        _ key: String, _ result: Result<any Sendable, Failure>, _ choices: inout RestoreChoices, _ context: PageContext
    ) -> [StepAnswer] {
        if key == BackupStep.folderKey {
            browser?.receive(result)
            return []
        }
        guard let path = loading else { return [] }
        loading = nil
        switch result {
        case .success(let value):
            guard let preview = value as? RestorePreview else { return [] }
            previews[path] = .success(preview)
            if selected?.path == path { choices.choose(preview) }
        case .failure(let failure):
            previews[path] = .failure(failure)
        }
        return []
    }

    /// Looks at everything anew: after a restore, or on request.
    mutating func forget() { previews = [:] }

    // MARK: Actions

    func validate(_ choices: RestoreChoices) -> [FieldIssue] {
        guard let row = selected else { return [.obstacle("list", "No backup is chosen: Browse opens an archive from anywhere.")] }
        guard row.isPresent else { return [.obstacle("list", "The archive is not at its place: choose another one, or Browse to where it is now.")] }
        if case .failure(let failure) = previews[row.path] { return [.obstacle("list", "This archive cannot be used: error \(failure.code.rawValue).")] }
        guard choices.preview?.archive.path == row.path else { return [.obstacle("list", "The archive is being read.")] }
        if let set = row.known, set.status == "partial" { return [.note("list", "This backup is partial: \(set.error ?? "something was missing when it was made").")] }
        return []
    }

    func actions(_ choices: RestoreChoices, _ context: PageContext) -> [ActionRow<String>] {
        [
            ActionRow("browse", keys: ["o"], title: "Browse", help: "Opens an archive from anywhere."),
            ActionRow(
                "verify", keys: ["v"], title: "Verify", help: "Reads the archive to its last byte and checks every digest.",
                disabledReason: choices.preview == nil ? "No archive is chosen." : context.isBusy ? "An operation is running." : nil),
            ActionRow("again", keys: ["r"], title: "Read again", help: "Reads the list and the archive anew.", isInFooter: false),
        ]
    }

    func buttons(_ choices: RestoreChoices, _ context: PageContext) -> [Button<String>] {
        [
            Button("browse", "Browse…"),
            Button("next", "Next", disabledReason: validate(choices).first(where: \.isObstacle)?.sentence),
        ]
    }

    mutating func perform(_ action: String, _ choices: inout RestoreChoices, _ context: PageContext) -> [StepAnswer] {
        switch action {
        case "browse":
            let start = selected.map { $0.path.split(separator: "/").dropLast().joined(separator: "/") }.map { "/" + $0 }
            let browser = FileBrowser("Open an archive", folder: start ?? context.application.folder, endings: [".4BK"])
            self.browser = browser
            return [.effect(browser.load(BackupStep.folderKey))]
        case "verify":
            guard let archive = choices.preview?.archive else { return [] }
            return [.effect(.run(BackupStep.verification(of: archive)))]
        case "again":
            forget()
            loading = nil
            return [.effect(.refresh)] + look(&choices, context)
        default: return []
        }
    }

    static func verification(of archive: ArchiveSummary) -> OperationRequest {
        OperationRequest(
            id: "verify", title: "Verification of \(RestoreWords.name(archive.path))",
            commandLine: ShellWords.line(["msc", "verify", archive.path]), changesData: false,
            stopLeaves: "Nothing is changed by a verification."
        ) { [path = archive.path] job in try Verification.of(path, recordsOnly: false, tables: [], job) }
    }

    mutating func handle(
        _ event: TerminalEvent, in rect: Rect, _ choices: inout RestoreChoices, _ context: PageContext
    ) -> [StepAnswer]? {
        if browser != nil {
            let (path, answers) = browser.take(event, in: rect, key: BackupStep.folderKey)
            return path.map { choose($0, &choices, context) } ?? answers
        }
        guard focus.has("list") else { return nil }
        let before = selected
        switch box.handle(event, in: places(in: rect).list) {
        case .chosen: return selected == before ? [.next] : look(&choices, context)
        case .handled: return selected == before ? [] : look(&choices, context)
        case .ignored, .cancelled: return nil
        }
    }

    /// An archive from elsewhere: on top of the list, selected.
    private mutating func choose(_ path: String, _ choices: inout RestoreChoices, _ context: PageContext) -> [StepAnswer] {
        others.removeAll { $0 == path }
        others.insert(path, at: 0)
        previews[path] = nil
        _ = refreshed(&choices, context)
        if let index = rows.firstIndex(where: { $0.path == path }) { box.select(index) }
        loading = nil
        return look(&choices, context)
    }

    // MARK: Picture

    /// Side by side where there is room, otherwise the list above the facts.
    private func places(in rect: Rect) -> (list: Rect, facts: Rect) {
        if rect.columns >= 110 {
            let parts = rect.split(columns: .fixed(56), .fixed(1), .flexible())
            return (parts[0], parts[2])
        }
        let wanted = min(max(3, rows.count), max(3, rect.rows - 10))
        let parts = rect.split(rows: .fixed(wanted), .fixed(1), .flexible())
        return (parts[0], parts[2])
    }

    func render(into frame: inout Frame, _ rect: Rect, _ choices: RestoreChoices, _ context: PageContext) {
        if let browser { return browser.render(into: &frame, rect) }
        let places = places(in: rect)
        if rows.isEmpty, context.overview?.backupsAreUnknown == true {
            // The reason takes more lines than a short list has.
            frame.writeWrapped(BackupStep.absence(context), in: rect, style: .warning)
            return
        }
        if rows.isEmpty {
            frame.writeWrapped(BackupStep.absence(context), in: places.list, style: .hint)
        } else {
            box.render(into: &frame, places.list, isFocused: focus.has("list"))
        }
        if places.facts.column == rect.column { frame.rule(Rect(column: rect.column, row: places.list.endRow, columns: rect.columns, rows: min(1, rect.rows))) }
        renderFacts(into: &frame, places.facts, choices)
    }

    /// Why the list is empty.
    private static func absence(_ context: PageContext) -> String {
        guard let overview = context.overview else { return "Reading the backups…" }
        let way = "Browse opens an archive from anywhere."
        guard overview.backupsAreUnknown else { return "No backup of \(context.application.name) is known. \(way)" }
        let problem = overview.problems.first { $0.code == .noPermission } ?? overview.problems.first
        return "Whether there are backups cannot be read: \(problem.map { $0.description + " " } ?? "")\(way)"
    }

    private func renderFacts(into frame: inout Frame, _ rect: Rect, _ choices: RestoreChoices) {
        guard let row = selected else { return }
        guard let preview = choices.preview, preview.archive.path == row.path else {
            Label("Path", row.path, isPath: true).render(into: &frame, rect, nameColumns: 8)
            let below = Rect(column: rect.column, row: rect.row + 1, columns: rect.columns, rows: rect.rows - 1)
            switch previews[row.path] {
            case .failure(let failure):
                let used = frame.writeWrapped(RestoreWords.sentence(failure), in: below, style: .error)
                frame.writeWrapped(
                    failure.hint, in: Rect(column: below.column, row: below.row + used, columns: below.columns, rows: below.rows - used))
            default: frame.write(row.isPresent ? "Reading the archive…" : "The archive is not there.", in: below, style: .hint)
            }
            return
        }
        var labels = ArchiveFacts.labels(preview)
        if choices.verified == preview.archive.path { labels.append(Label("Verified", "every byte was read and its digest is right", style: .good)) }
        let shown = min(labels.count, rect.rows)
        Label.render(labels, into: &frame, rect)
        // In what room is left, the items themselves.
        var line = shown + 1
        for item in preview.archive.items where line < rect.rows {
            let size = Amount.bytes(item.size)
            let place = rect.line(line)
            frame.write("  " + item.name, in: Rect(column: place.column, row: place.row, columns: max(0, place.columns - size.utf8.count - 1), rows: 1))
            frame.write(size, at: place.endColumn - size.utf8.count, place.row, limit: place.endColumn)
            line += 1
        }
    }
}

/// The facts of an archive, as labels.
enum ArchiveFacts {
    static func labels(_ preview: RestorePreview) -> [Label] {
        let archive = preview.archive
        var labels = [
            Label("Path", archive.path, isPath: true),
            Label("Backup", "number \(archive.number) of \(archive.application), \(Timestamp.local(archive.time)), \(Amount.bytes(archive.bytes))"),
            Label("Holds", archive.lastOperation == nil ? "the data as they were then; it was made without a log" : held(preview)),
            Label("Contents", contents(archive)),
        ]
        if archive.lastOperation != nil {
            labels.append(Label("Logs", following(preview), style: preview.gaps.isEmpty ? .normal : .warning))
            for gap in preview.gaps { labels.append(Label("Missing", RestoreWords.operations(gap.first, gap.last), style: .warning)) }
        }
        for warning in preview.warnings { labels.append(Label("Warning", warning, style: .warning)) }
        return labels
    }

    private static func held(_ preview: RestorePreview) -> String {
        preview.held == 0 ? "no operation yet" : "up to operation \(preview.held)\(preview.heldTime.map { " of \(Timestamp.local($0))" } ?? "")"
    }

    static func following(_ preview: RestorePreview) -> String {
        if preview.logs.isEmpty { return preview.gaps.isEmpty ? "none follows" : "none can be joined on" }
        return "\(RestoreWords.count(preview.logs.count, "log")) follow\(preview.logs.count == 1 ? "s" : ""), up to operation \(preview.lastOperation)"
    }

    /// `data 12.4 MB, settings 2.1 KB, 12 attachments 1.0 MB`.
    private static func contents(_ archive: ArchiveSummary) -> String {
        let roles = ["data", "settings", "structure", "attachment"].compactMap { role -> String? in
            let items = archive.items.filter { $0.role == role }
            guard !items.isEmpty else { return nil }
            let bytes = Amount.bytes(items.total(\.size))
            return role == "attachment" ? "\(RestoreWords.count(items.count, "attachment")) \(bytes)" : "\(role) \(bytes)"
        }
        return roles.isEmpty ? "nothing" : roles.joined(separator: ", ")
    }
}
