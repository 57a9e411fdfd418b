// The Information page: files, tables with their records, and how full the data file is. Records are counted behind the
// keyboard, one table after the other.

import Engine
import TerminalKit
import Vocabulary

struct InformationPage: Page {
    enum Tab: Int, CaseIterable {
        case files, tables, space

        var title: String {
            switch self {
            case .files: "Files"
            case .tables: "Tables"
            case .space: "Space"
            }
        }
    }

    /// The records of a table, as far as they are known.
    enum Records: Equatable { case known(Int64), failed, counting }

    private var tab = Tab.files
    private var information: Result<Information, Failure>?
    /// What the log would mean; nil while a log is on, and until it is known.
    private var readiness: LogStartCheck?
    private var records: [String: Records] = [:]
    private var position = ListPosition(count: 0)

    init() {}

    // MARK: Actions

    func actions(_ context: PageContext) -> ActionTable<String> {
        var rows = [
            ActionRow("next", keys: [.right, "l"], title: "Next part", help: "Shows the next part: files, tables, space."),
            ActionRow("previous", keys: [.left, "h"], title: "Part before", help: "Shows the part before.", isInFooter: false),
            ActionRow("read", keys: ["r"], title: "Read again", help: "Reads everything anew and counts all records."),
        ]
        if let log = context.overview?.log, log.state == .off || log.state == .detached {
            rows.append(
                ActionRow(
                    "start", keys: ["s"], title: "Use log file", help: "Starts the log: from then on every change is recorded.",
                    disabledReason: context.isBusy ? "An operation is running." : context.writeObstacle))
        }
        if let log = context.overview?.log, log.enabled || log.startsWithNextBackup == true {
            rows.append(
                ActionRow(
                    "stop", keys: ["S"], title: "Turn log off", help: "Ends the log: changes that follow are not recorded.",
                    disabledReason: context.isBusy ? "An operation is running." : context.writeObstacle, isInFooter: false))
        }
        return ActionTable(rows)
    }

    mutating func appear(_ request: PageRequest?, _ context: PageContext) -> [Effect] { [read(context)] }

    mutating func refreshed(_ context: PageContext) -> [Effect] { [read(context)] }

    private func read(_ context: PageContext) -> Effect {
        let (application, surroundings) = (context.application, context.surroundings)
        return .load(key: "outline") { job in try Information.of(application, surroundings, counting: false, job) }
    }

    mutating func perform(_ action: String, _ context: PageContext) -> [Effect] {
        switch action {
        case "next": tab = Tab(rawValue: (tab.rawValue + 1) % Tab.allCases.count) ?? .files
        case "previous": tab = Tab(rawValue: (tab.rawValue + Tab.allCases.count - 1) % Tab.allCases.count) ?? .files
        case "read":
            records = [:]
            return [.refresh, read(context)]
        case "start": return [startLog(context)]
        case "stop": return [stopLog(context)]
        default: break
        }
        return []
    }

    private func startLog(_ context: PageContext) -> Effect {
        let (application, surroundings) = (context.application, context.surroundings)
        let request = OperationRequest(
            id: "log start", title: "Use a log file for \(application.name)",
            commandLine: ShellWords.line(["msc", "log", "start", application.data]), changesData: true,
            stopLeaves: "The log was not started; the data is as it was."
        ) { job in try LogStart(application: application, surroundings: surroundings, journal: nil, excluding: []).run(job) }
        let later = ShellWords.line(["msc", "log", "start", application.data, "--after-next-backup"])
        let wish = OperationRequest(
            id: "log request", title: "A log file for \(application.name) with the next backup", commandLine: later, changesData: false,
            stopLeaves: "Nothing was changed."
        ) { job in try LogRequest(application: application, surroundings: surroundings).run(journal: nil, excluding: [], job) }
        let head = "Every change that any program makes is recorded in \(application.defaultJournal)."
        // Data that are blank or saved need no backup: there is nothing to ask.
        if let readiness, !readiness.makesBackup {
            let why = readiness.base.map { "Nothing seems to have been written since backup \($0): where it holds exactly these data, the log begins with it at once. "
                + "Otherwise a backup comes first." } ?? "The data are blank, so no backup is needed: the log begins at once."
            let text = [head, "\(why) The database stays in use."]
            return .dialog(
                Confirmation(
                    request.title, text + readinessLines + ["", "The same on the command line:", request.commandLine], confirm: "Start log",
                    isSafe: true, effects: [.run(request)]))
        }
        return .dialog(
            Confirmation(
                request.title,
                [
                    head,
                    "Back up now: a backup is made at once, and the log begins with it. The database stays in use.",
                    "With next backup: nothing is done now. The log begins with the next backup, whoever makes it.",
                ] + readinessLines + ["", "The same on the command line:", request.commandLine, later],
                confirm: "Back up now", isSafe: true, other: ("With next backup", [.run(wish)]), effects: [.run(request)]))
    }

    /// The same that `msc log start --check` tells.
    private var readinessLines: [String] {
        guard let readiness else { return [] }
        let count = readiness.journaled.count
        let size = "\(Quantity.number(UInt64(clamping: count))) table\(count == 1 ? "" : "s"), \(Quantity.bytes(UInt64(clamping: readiness.bytes)))"
        let excluded = readiness.notJournaled.sorted { $0.key < $1.key }.map { "Not journaled: \($0.key) (\($0.value))." }
        let writer = readiness.writerVersion.map { ", written by SQLite \($0)" } ?? ""
        return ["", "\(size), journal mode \(readiness.journalMode)\(writer)."] + excluded + readiness.remarks
    }

    private func stopLog(_ context: PageContext) -> Effect {
        let (application, surroundings) = (context.application, context.surroundings)
        let command = ShellWords.line(["msc", "log", "stop", application.data])
        let request = OperationRequest(
            id: "log stop", title: "End of the log of \(application.name)", commandLine: command, changesData: true,
            stopLeaves: "The log is on as before."
        ) { job in try LogStop(application: application, surroundings: surroundings).run(job) }
        if context.overview?.log.startsWithNextBackup == true {
            return .dialog(
                Confirmation(
                    "Start no log",
                    ["The log that was to start with the next backup is not started.", "", "The same on the command line:", command],
                    confirm: "Start no log", isSafe: true, effects: [.run(request)]))
        }
        return .dialog(
            Confirmation(
                "Turn log off",
                [
                    "What was captured is written to the log first, and the log file stays where it is. Changes that follow are not recorded: they can neither be rolled back nor restored.",
                    "", "The same on the command line:", command,
                ], confirm: "Turn log off", effects: [.run(request)]))
    }

    mutating func ended(_ operation: String, _ result: Result<any Sendable, Failure>, _ context: PageContext) -> [Effect] {
        guard case .success = result else { return [] }
        let message =
            switch operation {
            case "log stop": "The log is off."
            case "log request": "The log starts with the next backup."
            default: "The log is on."
            }
        return [.message(message, .good), read(context)]
    }

    // MARK: Counting

    mutating func receive(_ key: String, _ result: Result<any Sendable, Failure>, _ context: PageContext) -> [Effect] {
        if key == "readiness" {
            // What keeps it from being read keeps the log from being started too, which says so.
            if case .success(let value) = result { readiness = value as? LogStartCheck }
            return []
        }
        if key == "outline" {
            switch result {
            case .success(let value):
                guard let found = value as? Information else { return [] }
                information = .success(found)
                position.resize(count: found.tables.count)
                readiness = nil
                if found.data.present, found.log.state == .off || found.log.state == .detached {
                    let (application, surroundings) = (context.application, context.surroundings)
                    return countNext(context) + [.load(key: "readiness") { job in try LogStartCheck.of(application, surroundings, counting: false, job) }]
                }
            case .failure(let failure): information = .failure(failure)
            }
            return countNext(context)
        }
        let counts = (try? result.get()) as? [String: Int64?] ?? [:]
        for (table, count) in counts { records[table] = count.map { .known($0) } ?? .failed }
        for (table, state) in records where state == .counting { records[table] = .failed }
        return countNext(context)
    }

    /// Has the next tables counted that nobody has counted yet: one, or as many small ones as a moment suffices for, since each
    /// answer is a new picture.
    private mutating func countNext(_ context: PageContext) -> [Effect] {
        guard case .success(let found)? = information, !records.values.contains(.counting) else { return [] }
        let tables = found.tables.map(\.name).filter { records[$0] == nil }
        guard let first = tables.first else { return [] }
        records[first] = .counting
        let (application, surroundings) = (context.application, context.surroundings)
        return [
            .load(key: "count") { job in
                let slice = TimeSlice(surroundings, milliseconds: 40)
                var counts: [String: Int64?] = [:]
                for table in tables {
                    do { counts[table] = .some(try Information.records(of: table, in: application, job)) } catch {
                        try job.checkStop()
                        counts[table] = .some(nil)
                    }
                    if slice.isOver { break }
                }
                return counts
            }
        ]
    }

    // MARK: Moving

    mutating func handle(_ event: TerminalEvent, in rect: Rect, _ context: PageContext) -> [Effect]? {
        let places = Places(rect)
        switch event {
        case .key(let key):
            guard tab == .tables, position.handle(key, rows: places.list.rows) else { return nil }
            return []
        case .mouse(let mouse):
            if mouse.action == .left, let chosen = tabPlaces(places.tabs).first(where: { $0.rect.contains(mouse.place) }) {
                tab = chosen.tab
            } else if tab == .tables, places.list.contains(mouse.place) {
                switch mouse.action {
                case .wheelUp: position.scroll(by: -3, rows: places.list.rows)
                case .wheelDown: position.scroll(by: 3, rows: places.list.rows)
                case .left: position.select(position.visible(rows: places.list.rows).lowerBound + mouse.place.row - places.list.row)
                default: break
                }
            }
            return []
        default: return nil
        }
    }

    // MARK: Drawing

    private struct Places {
        var tabs: Rect
        var content: Rect
        var list: Rect

        init(_ rect: Rect) {
            let inside = Rect(column: rect.column + 1, row: rect.row, columns: max(0, rect.columns - 2), rows: rect.rows)
            let parts = inside.split(rows: .fixed(1), .fixed(inside.rows > 8 ? 1 : 0), .flexible())
            tabs = parts[0]
            content = parts[2]
            list = Rect(column: content.column, row: content.row + 1, columns: content.columns, rows: max(0, content.rows - 1))
        }
    }

    private func tabPlaces(_ rect: Rect) -> [(tab: Tab, rect: Rect)] {
        var column = rect.column
        return Tab.allCases.map { tab in
            let width = tab.title.count + 2
            defer { column += width + 1 }
            return (tab, Rect(column: column, row: rect.row, columns: width, rows: 1).intersection(rect))
        }
    }

    func render(into frame: inout Frame, _ rect: Rect, _ context: PageContext) {
        let places = Places(rect)
        for place in tabPlaces(places.tabs) {
            let isChosen = place.tab == tab
            frame.write(isChosen ? "[\(place.tab.title)]" : " \(place.tab.title) ", in: place.rect, style: isChosen ? .selected : .normal)
        }
        switch tab {
        case .files: renderFiles(into: &frame, places.content, context)
        case .tables: renderTables(into: &frame, places)
        case .space: renderSpace(into: &frame, places.content)
        }
    }

    private func renderFiles(into frame: inout Frame, _ rect: Rect, _ context: PageContext) {
        let application = context.application
        var labels = [Label("Data file", application.data, isPath: true)]
        if case .success(let found)? = information {
            let data = found.data
            labels.append(
                data.present
                    ? Label("", "\(Quantity.bytes(data.bytes)), \(data.journalMode) mode, \(data.encoding), pages of \(data.pageSize) bytes")
                    : Label("", "MISSING: the Restore page brings it back.", style: .error))
            labels.append(Label("", found.tables.count == 1 ? "1 table" : "\(found.tables.count) tables"))
        }
        if let overview = context.overview {
            let log = overview.log
            // A log that could not be asked for need not be off.
            let none = log.state == .unavailable && !log.enabled ? "unknown" : "none"
            labels.append(Label("Log file", log.path ?? none, isPath: true))
            labels.append(Label("", TopLine.log(overview), style: log.state == .ok || log.state == .off ? .normal : .warning))
            if let newest = overview.backups.first {
                labels.append(Label("Backups", "\(overview.backups.count), the last is number \(newest.number), \(newest.status)"))
                labels.append(Label("", newest.archive, isPath: true))
            } else {
                labels.append(Label("Backups", overview.backupsAreUnknown ? "unknown" : "none yet", style: .warning))
            }
            if let automation = overview.automation {
                var next = AutomationWords.label(automation, now: context.now)
                next.name = "Automatic"
                labels.append(next)
            }
        } else {
            labels.append(Label("Log file", "reading", style: .hint))
        }
        labels.append(Label("Settings", application.settingsFile, isPath: true))
        let (version, who) = (context.surroundings.version, context.surroundings.context)
        labels.append(Label("Program", "msc \(version), run by \(who.user) on \(who.host)"))
        Label.render(labels, into: &frame, rect)
        let rest = Rect(
            column: rect.column, row: rect.row + labels.count + 1, columns: rect.columns, rows: max(0, rect.rows - labels.count - 1))
        frame.writeWrapped(troubles(context).joined(separator: "\n"), in: rest, style: .warning)
    }

    /// What is wrong, in full.
    private func troubles(_ context: PageContext) -> [String] {
        var lines: [String] = []
        if let reason = context.overview?.log.reason { lines.append(reason) }
        for problem in context.overview?.problems ?? [] where !lines.contains(problem.description) { lines.append(problem.description) }
        if let failure, !lines.contains(where: { $0.contains(failure.message) }) { lines.append(failure.description) }
        for check in context.overview?.health?.checks ?? [] where check.state != .ok && !lines.contains(where: { check.message.contains($0) || $0.contains(check.message) }) {
            lines.append(check.message.prefix(1).uppercased() + check.message.dropFirst() + ".")
        }
        return lines
    }

    private func renderTables(into frame: inout Frame, _ places: Places) {
        let widths = divide(places.content.columns, [.flexible(minimum: 10), .fixed(14), .fixed(8), .fixed(9), .fixed(8)])
        func line(_ cells: [String], _ rect: Rect, _ style: Style) {
            frame.fill(rect, style: style)
            var column = rect.column
            for (index, (cell, width)) in zip(cells, widths).enumerated() {
                frame.write(cell, in: Rect(column: column, row: rect.row, columns: width, rows: 1), style: style, align: index == 0 ? .left : .right)
                column += width
            }
        }
        line([" Table", "Records", "Fields", "Indexes", "Logged"], places.content.line(0), .heading)
        guard case .success(let found)? = information else {
            frame.writeWrapped(failure?.description ?? "Reading", in: places.list, style: failure == nil ? .hint : .error)
            return
        }
        let visible = position.visible(rows: places.list.rows)
        for (row, index) in visible.enumerated() where found.tables.indices.contains(index) {
            let table = found.tables[index]
            let isSelected = index == position.selected
            let mark = isSelected ? String(Character(frame.glyphs.pointer)) : " "
            let count: String =
                switch records[table.name] {
                case .known(let number): Quantity.number(UInt64(max(0, number)))
                case .failed: "Error"
                case .counting: "counting"
                case nil: ""
                }
            line(
                [mark + table.name, count, "\(table.fields)", "\(table.indexes)", table.journaled ? "yes" : "no"], places.list.line(row),
                isSelected ? .selected : .normal)
        }
        ScrollBar(count: found.tables.count, visible: visible)
            .render(into: &frame, Rect(column: places.content.endColumn, row: places.list.row, columns: 1, rows: places.list.rows))
    }

    private func renderSpace(into frame: inout Frame, _ rect: Rect) {
        guard case .success(let found)? = information else {
            frame.writeWrapped(failure?.description ?? "Reading", in: rect, style: failure == nil ? .hint : .error)
            return
        }
        let data = found.data
        let used = UInt64(max(0, data.pages - data.freePages))
        let share = data.pages > 0 ? Double(used) / Double(data.pages) : 1
        frame.write("Space in the data file", in: rect.line(0), style: .title)
        let pages = UInt64(max(0, data.pages))
        Gauge(used: used, total: pages, text: "\(Quantity.percent(used, of: pages)) used").render(into: &frame, rect.line(2))
        let size = UInt64(max(0, data.pageSize))
        let rows = Rect(column: rect.column, row: rect.row + 4, columns: rect.columns, rows: max(0, rect.rows - 4))
        Label.render(
            [
                Label("Used", "\(Quantity.bytes(used * size)) in \(Quantity.number(used)) pages"),
                Label("Free", "\(Quantity.bytes(UInt64(max(0, data.freePages)) * size)) in \(Quantity.number(UInt64(max(0, data.freePages)))) pages, used again for new records"),
                Label("In all", Quantity.bytes(data.bytes)),
            ], into: &frame, rows)
        if share < 0.5, data.bytes > 10_000_000 {
            frame.writeWrapped(
                "! Less than half of the file is used. Compacting it would give the rest back to the disk.",
                in: Rect(column: rect.column, row: rows.row + 4, columns: rect.columns, rows: max(0, rows.rows - 4)), style: .warning)
        }
    }

    private var failure: Failure? {
        if case .failure(let failure)? = information { failure } else { nil }
    }
}
