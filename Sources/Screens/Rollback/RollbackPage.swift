// The Rollback page: the operations list, the newest last; the selected operation is the last to be kept, and everything after it is
// marked as to be cancelled.

import Engine
import TerminalKit
import Vocabulary

struct RollbackPage: Page {
    private(set) var view = OperationView()
    /// The last operation to keep when it is held apart from the selection, so that one can look around.
    private var pinned: UInt64?
    /// Somebody asked for that; otherwise only the log's beginning, which no row stands for, is pinned.
    private var isHeld = false
    private var cut: RollbackCut?
    /// What another page asked for, until the logs are there.
    private var wanted: UInt64?
    private var isPlanning = false
    private var lastOutcome: RollbackOutcome?

    private static let operation = "rollback"

    init() {}

    // MARK: Actions

    func actions(_ context: PageContext) -> ActionTable<String> {
        var rows = [
            ActionRow("rollback", keys: ["R"], title: "Roll back", help: "Shows what would be cancelled, asks, and cancels it.",
                disabledReason: obstacle(context)),
            ActionRow("pin", keys: [" "], title: isHeld ? "Let go" : "Hold",
                help: "Holds the last operation to keep, so that the list can be walked through; once more lets it follow the selection.",
                disabledReason: own),
            ActionRow("before", keys: ["["], title: "Point before", help: "Goes to the point to go back to before this one.", disabledReason: own),
            ActionRow("after", keys: ["]"], title: "Point after", help: "Goes to the next point to go back to.", disabledReason: own),
        ]
        if let lastOutcome {
            rows.append(
                ActionRow("undo", keys: ["U"], title: "Undo rollback", help: "Brings back what the rollback to operation \(lastOutcome.kept) cancelled.",
                    disabledReason: context.writeObstacle ?? (isPlanning ? "It is being counted." : nil)))
        }
        return ActionTable(rows + view.actions())
    }

    /// Why nothing can be chosen here.
    private var own: String? {
        if view.listing.source != .application { return "This is another log: only the application's own logs can be rolled back." }
        return view.listing.state == .open ? nil : "No log is open."
    }

    private func obstacle(_ context: PageContext) -> String? {
        if let reason = own ?? context.writeObstacle { return reason }
        if isPlanning { return "What would be cancelled is being counted." }
        guard let cut, let extent = view.listing.extent else { return "Choose the last operation to keep." }
        return cut.obstacle(extent)
    }

    mutating func perform(_ action: String, _ context: PageContext) -> [Effect] {
        switch action {
        case "rollback": return cut.map { plan($0.keep, context) } ?? []
        case "undo": return lastOutcome.map { plan($0.previousOperation, context) } ?? []
        case "pin":
            isHeld.toggle()
            pinned = isHeld ? cut?.keep : nil
            return follow(context)
        case "before", "after": return step(back: action == "before", context)
        default: return view.perform(action, context) + follow(context)
        }
    }

    /// To the nearest point in a direction.
    private func step(back: Bool, _ context: PageContext) -> [Effect] {
        guard let keep = cut?.keep, let extent = view.listing.extent else { return [] }
        return [
            .load(key: "point") { [browser = view.listing.browser] _ in
                try browser.use { browser in
                    if back { return keep < extent.first ? keep : try browser.consistentPoints(around: keep - 1).before }
                    return keep >= extent.last ? keep : try browser.consistentPoints(around: keep + 1).after
                }
            }
        ]
    }

    // MARK: Coming and going

    mutating func appear(_ request: PageRequest?, _ context: PageContext) -> [Effect] {
        if case .rollback(let keep) = request {
            wanted = keep
            (pinned, isHeld) = (nil, false)
        }
        if view.listing.source != .application { return view.open(.application, context) }
        return view.appear(context)
    }

    mutating func refreshed(_ context: PageContext) -> [Effect] { view.refreshed(context) }

    mutating func resized(_ context: PageContext) -> [Effect] { view.resized(context) }

    mutating func handle(_ event: TerminalEvent, in rect: Rect, _ context: PageContext) -> [Effect]? {
        let places = Places(rect)
        if case .mouse(let mouse) = event, places.buttons.contains(mouse.place) {
            var row = buttonRow(context)
            if case .chosen(let id) = row.handle(event, in: places.buttons) { return perform(id, context) }
            return obstacle(context).map { [.message($0, .warning)] } ?? []
        }
        if event == .key(.escape), isPlanning {
            isPlanning = false
            return [.cancelLoad(key: "plan"), .message("Nothing was changed.", .hint)]
        }
        guard let effects = view.handle(event, in: places.view, context) else { return nil }
        if !isHeld { pinned = nil }
        return effects + follow(context)
    }

    mutating func receive(_ key: String, _ result: Result<any Sendable, Failure>, _ context: PageContext) -> [Effect] {
        if let effects = view.receive(key, result, context) {
            var more: [Effect] = []
            if key == "list.update", let keep = wanted {
                wanted = nil
                more = go(to: keep, context)
            }
            return effects + more + follow(context)
        }
        switch (key, result) {
        case (RollbackCut.key, .success(let value)):
            guard let now = value as? RollbackCut, now.keep == cut?.keep else { return [] }
            cut = now
            return now.read(view.listing.browser, context.surroundings)
        case ("point", .success(let value)): return (value as? UInt64).map { go(to: $0, context) + follow(context) } ?? []
        case ("plan", .success(let value)):
            isPlanning = false
            return (value as? RollbackPreview).map { [.message("", .hint), .dialog(confirmation($0, context))] } ?? []
        case ("plan", .failure(let failure)):
            isPlanning = false
            return failure.code == .stopped ? [] : [.dialog(Notice("Rollback", failure, left: "Nothing was changed."))]
        case (_, .failure(let failure)):
            return failure.code == .stopped ? [] : [.message(failure.description, .error)]
        default: return []
        }
    }

    /// Makes an operation the last to keep.
    private mutating func go(to keep: UInt64, _ context: PageContext) -> [Effect] {
        guard let extent = view.listing.extent else { return [] }
        if keep < extent.first {
            if keep + 1 < extent.first {
                return [.message("The logs that are there begin with operation \(extent.first).", .warning)]
            }
            pinned = keep
            return view.select(extent.first, context)
        }
        pinned = isHeld ? keep : nil
        return isHeld ? [] : view.select(keep, context)
    }

    /// Lets the cut follow the selection, and counts anew when it moved.
    private mutating func follow(_ context: PageContext) -> [Effect] {
        guard own == nil, let extent = view.listing.extent else {
            cut = nil
            view.keep = nil
            return []
        }
        guard let keep = pinned ?? view.selected?.number else { return [] }
        view.keep = keep
        // More operations may have come: they would be cancelled too.
        if cut?.keep == keep, cut?.end == extent.last { return [] }
        var now = RollbackCut(keep: keep, row: view.selected, extent: extent)
        if let cut, cut.keep == keep, cut.next == nil, cut.end < extent.last {
            now = cut
            now.next = cut.end + 1
            now.end = extent.last
        }
        cut = now
        return now.read(view.listing.browser, context.surroundings)
    }

    // MARK: Rolling back

    /// Counts what would be cancelled, without changing anything.
    private mutating func plan(_ keep: UInt64, _ context: PageContext) -> [Effect] {
        isPlanning = true
        let rollback = Rollback(
            application: context.application, surroundings: context.surroundings, to: .operation(keep), insideTransaction: false, dryRun: true)
        let browser = view.listing.browser
        return [
            .message("Looking at what would be cancelled…", .hint),
            .load(key: "plan") { job in
                let outcome = try rollback.run(job)
                // Where the log is damaged the numbers stand without the values.
                let rows = try? browser.use { browser in
                    _ = try browser.refresh()
                    return try browser.undoing(after: keep, count: RollbackPreview.most, job)
                }
                return RollbackPreview(outcome: outcome, rows: rows ?? [])
            },
        ]
    }

    private func confirmation(_ preview: RollbackPreview, _ context: PageContext) -> TypedConfirmation {
        let plan = preview.outcome
        let (application, surroundings, keep) = (context.application, context.surroundings, plan.kept)
        let commandLine = ShellWords.line(["msc", "rollback", application.data, "--to-operation", String(keep)])
        let request = OperationRequest(
            id: RollbackPage.operation, title: "Rollback of \(application.name)", commandLine: commandLine, changesData: true,
            stopLeaves: "The data are as they were: nothing was cancelled."
        ) { job in
            try Rollback(application: application, surroundings: surroundings, to: .operation(keep), insideTransaction: false, dryRun: false).run(job)
        }
        var text = ["Everything after operation \(Quantity.number(keep)) is cancelled, whoever did it, also what programs do until you confirm."]
        text += plan.byTable.sorted { $0.value == $1.value ? $0.key < $1.key : $0.value > $1.value }.map { table, _ in
            let actions = plan.actions[table] ?? [:]
            let words = RollbackCut.words(
                OperationTally.Table(
                    name: table, additions: actions["addition"] ?? 0, modifications: actions["modification"] ?? 0, deletions: actions["deletion"] ?? 0))
            return "  \(table): \(words)"
        }
        text.append(
            plan.method == "undo"
                ? "The log's old values are put back in one transaction."
                : "The log alone cannot undo this: an archive is restored beside the data and brought in, in one transaction. That takes longer, and space for a second copy.")
        text += ["The rollback is logged itself, so it can be undone.", "", "The same on the command line:", commandLine]
        text += preview.lines
        return TypedConfirmation(
            "Cancel \(Quantity.number(plan.cancelled)) \(plan.cancelled == 1 ? "change" : "changes")", text, word: String(plan.cancelled),
            confirm: "Roll back", effects: [.run(request)])
    }

    mutating func ended(_ operation: String, _ result: Result<any Sendable, Failure>, _ context: PageContext) -> [Effect] {
        (pinned, isHeld) = (nil, false)
        guard case .success(let value) = result, let outcome = value as? RollbackOutcome else { return view.update(context) }
        lastOutcome = outcome
        wanted = outcome.lastOperation
        let text = [
            "\(Quantity.number(outcome.cancelled)) \(outcome.cancelled == 1 ? "change was" : "changes were") cancelled. "
                + "The data are as they were after operation \(Quantity.number(outcome.kept)).",
            "The log goes on: the cancelling operations end with \(Quantity.number(outcome.lastOperation)).",
            "", "U on this page undoes this rollback: it goes back to operation \(Quantity.number(outcome.previousOperation)).",
        ]
        return view.update(context) + [.refresh, .dialog(Notice("Rollback of \(context.application.name)", text + outcome.warnings.flatMap { ["", $0] }))]
    }

    // MARK: Drawing

    private struct Places {
        var view: Rect
        var rule: Rect
        var panel: Rect
        var buttons: Rect

        init(_ rect: Rect) {
            let height = rect.rows > 30 ? 8 : rect.rows > 14 ? 5 : rect.rows > 8 ? 3 : 1
            let parts = rect.split(rows: .flexible(), .fixed(rect.rows > 14 ? 1 : 0), .fixed(height), .fixed(rect.rows > 12 ? 1 : 0))
            (view, rule, panel, buttons) = (parts[0], parts[1], parts[2], parts[3])
        }
    }

    private func buttonRow(_ context: PageContext) -> ButtonRow<String> {
        var row = [Button("rollback", "Rollback…", key: "R", disabledReason: obstacle(context))]
        if lastOutcome != nil { row.append(Button("undo", "Undo this rollback", key: "U", disabledReason: context.writeObstacle)) }
        return ButtonRow(row)
    }

    func render(into frame: inout Frame, _ rect: Rect, _ context: PageContext) {
        let places = Places(rect)
        let (keep, isHeld) = (view.keep, isHeld)
        view.render(into: &frame, places.view) { row in
            guard let keep else { return (.normal, nil) }
            if row.number > keep { return (.doomed, "x") }
            if isHeld, row.number == keep { return (.marked, "=") }
            return row.isConsistentPoint ? (.normal, nil) : (.hint, ":")
        }
        frame.rule(places.rule)
        frame.fill(places.panel)
        guard let cut, let extent = view.listing.extent else { return }
        let lines = cut.lines(extent, row: view.selected)
        if places.panel.rows == 1 {
            // What is cancelled, or why nothing can be, is what must not be missed.
            let line = lines.count > 1 ? lines[1] : lines[0]
            frame.write("Keeps \(Quantity.number(cut.keep)). \(line.text)", in: places.panel, style: line.style)
            return
        }
        for (index, line) in lines.prefix(places.panel.rows).enumerated() {
            let isCut = index == places.panel.rows - 1 && lines.count > places.panel.rows
            frame.write(isCut ? "  and \(lines.count - index) more: Rollback… shows all" : line.text, in: places.panel.line(index), style: line.style)
        }
        buttonRow(context).render(into: &frame, places.buttons, isFocused: false)
    }
}
