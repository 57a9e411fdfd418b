// The operations list with everything that can be done in it on either page: details, filter, search, jumps, history, histogram,
// columns, order, other logs.

import Engine
import TerminalKit
import Vocabulary

struct OperationView: Sendable {
    private(set) var listing = OperationListing()
    /// Filters to go back to, each with the operation that was selected.
    private var trail: [(query: ActivityQuery, number: UInt64?)] = []
    /// A detail is to be opened when the selected row has been read.
    private var wantsDetail = false
    /// On the Rollback page: operations after this one are to be cancelled.
    var keep: UInt64?

    private struct Detail: Sendable {
        var row: OperationRow
        var fields: [OperationField]
    }

    var selected: OperationRow? { listing.selected }

    // MARK: Actions

    func actions() -> [ActionRow<String>] {
        let hasRow = selected == nil ? "No operation is selected." : nil
        // A row that is still being read opens when it comes.
        let hasPlace = listing.selectedPlace == nil ? "No operation is selected." : nil
        let isOpen = listing.state == .open ? nil : "No log is open."
        return [
            ActionRow("open", keys: [.enter], title: "Details", help: "Shows the operation with every field before and after.", disabledReason: hasPlace),
            ActionRow("filter", keys: ["f"], title: "Filter", help: "Chooses tables, actions, key, times, text or who did it.", disabledReason: isOpen),
            ActionRow("search", keys: ["/"], title: "Search", help: "Looks for a text in the values of the operations listed.", disabledReason: isOpen),
            ActionRow("jump", keys: [":"], title: "Go to", help: "Goes to an operation number or a time.", disabledReason: isOpen),
            ActionRow("history", keys: ["H"], title: "History", help: "Lists only what happened to this row.",
                disabledReason: hasRow ?? (selected?.table.isEmpty == true ? "This operation concerns no row." : nil)),
            ActionRow("next", keys: ["n"], title: "Next", help: "Goes to the next operation that holds the text searched for.", disabledReason: isOpen, isInFooter: false),
            ActionRow("previous", keys: ["N"], title: "Previous", help: "Goes to the one before.", disabledReason: isOpen, isInFooter: false),
            ActionRow("clear", keys: ["x"], title: "No filter", help: "Shows all operations again.",
                disabledReason: isOpen ?? (listing.query == ActivityQuery() ? "There is no filter." : nil), isInFooter: listing.query != ActivityQuery()),
            ActionRow("back", keys: [.backspace], title: "Back", help: "Goes back to the filter before.",
                disabledReason: trail.isEmpty ? "There is no filter to go back to." : nil, isInFooter: !trail.isEmpty),
            ActionRow("histogram", keys: ["M"], title: "Minutes", help: "Shows how many operations there were when.", disabledReason: isOpen),
            ActionRow("follow", keys: ["F"], title: listing.isFollowing ? "Stop following" : "Follow", help: "Shows new operations as they come.",
                disabledReason: isOpen ?? (listing.source == .application ? nil : "Only the current log grows.")),
            ActionRow("sort", keys: ["s"], title: "Sort", help: "Chooses the column by which the list is sorted.", disabledReason: isOpen),
            ActionRow("columns", keys: ["c"], title: "Columns", help: "Shows, hides and moves columns."),
            ActionRow("analyze", keys: ["a"], title: "Analyze", help: "Brings the log up to date and reads it again."),
            ActionRow("browse", keys: ["b"], title: "Other log", help: "Opens another log: a .journal or .4BL."),
        ]
    }

    mutating func perform(_ action: String, _ context: PageContext) -> [Effect] {
        switch action {
        case "open": openDetail()
        case "filter": [.load(key: "view.tables") { [browser = listing.browser] job in try browser.use { try $0.tables(job) } }]
        case "search": ask("Search", "What is to be found in a value, before or after?", "search", text: listing.searched)
        case "jump": jump()
        case "history": history()
        case "next": listing.searchAgain(backwards: false, context)
        case "previous": listing.searchAgain(backwards: true, context)
        case "clear": change(ActivityQuery(), context)
        case "back": goBack(context)
        case "histogram": histogram(context)
        case "follow": listing.follow(!listing.isFollowing, context)
        case "sort": [sortMenu()]
        case "columns": [.dialog(ColumnsDialog(listing.columns, answerKey: "view.columns"))]
        case "analyze": listing.state == .open ? listing.update(context) : listing.open(listing.source, context)
        case "browse": [browse(context)]
        default: []
        }
    }

    mutating func appear(_ context: PageContext) -> [Effect] { listing.appear(context) }
    mutating func refreshed(_ context: PageContext) -> [Effect] { listing.refreshed(context) }
    mutating func resized(_ context: PageContext) -> [Effect] { listing.resized(context) }
    mutating func open(_ source: OperationListing.Source, _ context: PageContext) -> [Effect] {
        trail = []
        return listing.open(source, context)
    }
    mutating func select(_ number: UInt64, _ context: PageContext) -> [Effect] { listing.select(number, context) }
    mutating func update(_ context: PageContext) -> [Effect] { listing.update(context) }

    private func ask(_ title: String, _ explanation: String, _ key: String, text: String = "", placeholder: String = "") -> [Effect] {
        [.dialog(Prompt(title, [explanation], text: text, placeholder: placeholder) { [.answer(key: "view.\(key)", $0)] })]
    }

    private func jump() -> [Effect] {
        [
            .dialog(
                Prompt(
                    "Go to", ["The number of an operation, or a time: the first operation from then on is selected."],
                    placeholder: "12345 or 2026-11-21 10:13:17", confirm: "Go",
                    check: { text in
                        if UInt64(text) != nil { return nil }
                        do throws(Failure) { _ = try Timestamp.parse(text) } catch { return "That is neither a number nor a time such as 2026-11-21 10:13:17." }
                        return nil
                    }
                ) { [.answer(key: "view.jump", $0)] })
        ]
    }

    private func history() -> [Effect] {
        guard let number = selected?.number else { return [] }
        return [.load(key: "view.history") { [browser = listing.browser] _ in try browser.use { try $0.history(of: number) } ?? ActivityQuery() }]
    }

    private mutating func openDetail() -> [Effect] {
        guard let row = selected else {
            let isDamaged = listing.selectedPlace.map(listing.damaged.contains) ?? false
            wantsDetail = !isDamaged && listing.count > 0
            return isDamaged ? [.message("This operation cannot be read.", .warning)] : []
        }
        wantsDetail = false
        return [
            .load(key: "view.detail") { [browser = listing.browser] _ in
                Detail(row: row, fields: try browser.use { try $0.fields(of: row.number) })
            }
        ]
    }

    /// Another filter; the one before can be gone back to.
    private mutating func change(_ query: ActivityQuery, _ context: PageContext) -> [Effect] {
        guard query != listing.query else { return [] }
        trail.append((listing.query, selected?.number))
        if trail.count > 50 { trail.removeFirst() }
        return listing.filter(query, context)
    }

    private mutating func goBack(_ context: PageContext) -> [Effect] {
        guard let last = trail.popLast() else { return [] }
        let effects = listing.filter(last.query, context)
        return effects + (last.number.map { listing.select($0, context) } ?? [])
    }

    private func sortMenu() -> Effect {
        let order = listing.order
        let items = OperationColumn.allCases.map { column in
            var detail = ""
            if case .sorted(column, let isDescending, _) = order { detail = isDescending ? "descending" : "ascending" }
            if column == .operation, case .byOperation(let isDescending) = order { detail = isDescending ? "newest first" : "oldest first" }
            return ListItem(column.title, detail: detail, disabledReason: listing.obstacle(toSortingBy: column))
        }
        return .dialog(MenuDialog("Sort by", items) { [.answer(key: "view.sort", OperationColumn.allCases[$0])] })
    }

    private func histogram(_ context: PageContext) -> [Effect] {
        guard let extent = listing.extent, let matches = listing.matches else { return [] }
        let live: LiveHistogram
        if matches.isDirect {
            live = LiveHistogram(TimeHistogram(), next: extent.first <= extent.last ? extent.first : nil, first: extent.first, last: extent.last)
        } else {
            live = LiveHistogram(matches.histogram, next: nil, first: extent.first, last: extent.last)
        }
        let title = matches.isDirect ? "Operations over time" : "Operations over time: \(listing.query.text)" + (matches.isComplete ? "" : " (so far)")
        return [.dialog(HistogramDialog(live, title: title, time: selected?.time, answerKey: "view.span"))]
            + live.step(listing.browser, context.surroundings)
    }

    private func browse(_ context: PageContext) -> Effect {
        var items = [ListItem("The current log, and those before it", detail: "")]
        var paths = [""]
        for set in context.overview?.backups ?? [] {
            guard let log = set.log else { continue }
            paths.append(log)
            let name = log.split(separator: "/").last.map(String.init) ?? log
            items.append(ListItem(name, detail: (try? Timestamp.parse(set.date)).map { Timestamp.local($0) } ?? set.date))
        }
        items.append(ListItem("Another file…"))
        let known = paths
        return .dialog(
            MenuDialog("Logs", items) { index in
                if known.indices.contains(index) { return [.answer(key: "view.browse", known[index])] }
                return [
                    .dialog(
                        Prompt("Another log", ["The path of a log: a .journal or .4BL file."], placeholder: "/srv/backups/SampleDB[0001].4BL", confirm: "Open") {
                            $0.isEmpty ? [] : [.answer(key: "view.browse", $0)]
                        })
                ]
            })
    }

    // MARK: Events

    /// Nil when the event is not for the list.
    mutating func handle(_ event: TerminalEvent, in rect: Rect, _ context: PageContext) -> [Effect]? {
        if event == .key(.escape) {
            if listing.searching != nil { return listing.stopSearching() }
            if listing.source != .application { return open(.application, context) }
            return trail.isEmpty ? nil : goBack(context)
        }
        // Whoever moves on no longer waits for the row that was opened.
        wantsDetail = false
        guard let (answer, effects) = listing.handle(event, in: Places(rect).list, context) else { return nil }
        if case .chosen = answer { return effects + openDetail() }
        return effects
    }

    /// Nil when it is not the list's.
    mutating func receive(_ key: String, _ result: Result<any Sendable, Failure>, _ context: PageContext) -> [Effect]? {
        let problem = listing.problem
        if var effects = listing.receive(key, result, context) {
            if let now = listing.problem, now != problem { effects.append(.message("The log is shown as far as it was written. \(now.description)", .warning)) }
            if wantsDetail, selected != nil { effects += openDetail() }
            return effects
        }
        switch result {
        case .failure(let failure):
            guard key.hasPrefix("view.") || key == LiveCount.key || key == LiveHistogram.key else { return nil }
            return failure.code == .stopped ? [] : [.message(failure.description, .error)]
        case .success(let value):
            return take(key, value, context)
        }
    }

    private mutating func take(_ key: String, _ value: any Sendable, _ context: PageContext) -> [Effect]? {
        switch (key, value) {
        case (LiveCount.key, let step as LiveCount.Step): return step.next
        case (LiveHistogram.key, let step as LiveHistogram.Step): return step.next
        case ("view.tables", let tables as [String]):
            guard let extent = listing.extent else { return [] }
            let dialog = FilterDialog(listing.query, tables: tables, browser: listing.browser, extent: extent, answerKey: "view.filter")
            return [.dialog(dialog)] + dialog.begin(context)
        case ("view.filter", let query as ActivityQuery): return change(query, context)
        case ("view.history", let query as ActivityQuery):
            return query == ActivityQuery() ? [.message("This operation concerns no row.", .warning)] : change(query, context)
        case ("view.search", let text as String): return listing.search(text, reverse: false, context)
        case ("view.jump", let text as String): return go(to: text, context)
        case ("view.time", let number as UInt64): return listing.select(number, context)
        case ("view.detail", let detail as Detail): return [dialog(detail)]
        case ("view.step", let step as Int):
            let effects = listing.move(by: step, context)
            return effects + openDetail()
        case ("view.columns", let columns as ColumnChoice):
            listing.columns = columns
            return []
        case ("view.sort", let column as OperationColumn): return sort(by: column, context)
        case ("view.browse", let path as String): return open(path.isEmpty ? .application : .file(path), context)
        case ("view.span", let wish as HistogramDialog.Wish):
            switch wish {
            case .goTo(let time): return go(toTime: time)
            case .only(let span):
                var query = listing.query
                (query.since, query.until) = (span.lowerBound, span.upperBound)
                return change(query, context)
            }
        default: return nil
        }
    }

    private mutating func go(to text: String, _ context: PageContext) -> [Effect] {
        if let number = UInt64(text) {
            if let extent = listing.extent, number < extent.first || number > extent.last {
                return [.message("The logs hold operations \(Quantity.number(extent.first)) to \(Quantity.number(extent.last)).", .warning)]
            }
            return listing.select(number, context)
        }
        guard let time = try? Timestamp.parse(text) else { return [] }
        return go(toTime: time)
    }

    private func go(toTime time: Int64) -> [Effect] {
        let last = listing.extent?.last ?? 0
        return [.load(key: "view.time") { [browser = listing.browser] _ in try browser.use { try $0.operation(at: time) ?? last } }]
    }

    private mutating func sort(by column: OperationColumn, _ context: PageContext) -> [Effect] {
        let isDescending =
            switch listing.order {
            case .byOperation(let isDescending): column == .operation && !isDescending
            case .sorted(let now, let isDescending, _): now == column && !isDescending
            }
        return listing.sort(by: column, isDescending: isDescending, context)
    }

    private func dialog(_ detail: Detail) -> Effect {
        guard let keep, detail.row.number > keep else {
            return .dialog(DetailDialog(detail.row, detail.fields, stepKey: "view.step"))
        }
        return .dialog(
            DetailDialog(
                detail.row, detail.fields, before: "Before: comes back", after: "After: is cancelled",
                note: "The rollback to operation \(Quantity.number(keep)) cancels this operation.", stepKey: "view.step"))
    }

    // MARK: Drawing

    struct Places {
        var head: Rect
        var list: Rect
        var foot: Rect

        init(_ rect: Rect) {
            let parts = rect.split(rows: .fixed(rect.rows > 9 ? 2 : rect.rows > 5 ? 1 : 0), .flexible(), .fixed(rect.rows > 7 ? 1 : 0))
            (head, list, foot) = (parts[0], parts[1], parts[2])
        }
    }

    func render(into frame: inout Frame, _ rect: Rect, style: @escaping (OperationRow) -> (Style, Character?) = { _ in (.normal, nil) }) {
        let places = Places(rect)
        let isFiltered = listing.query != ActivityQuery() || listing.searching != nil || listing.sorting != nil
        if places.head.rows == 2 { frame.write(listing.sourceText, in: places.head.line(0), style: listing.source == .application ? .label : .warning) }
        frame.write(
            places.head.rows == 2 || isFiltered ? listing.filterText : listing.sourceText, in: places.head.line(places.head.rows - 1),
            style: isFiltered ? .marked : .hint)
        listing.render(into: &frame, places.list, style: style)
        frame.write(listing.selectedText, in: places.foot)
        if case .failed(let failure) = listing.state {
            let text = Rect(column: places.list.column + 1, row: places.list.row + 1, columns: places.list.columns - 2, rows: max(0, places.list.rows - 1))
            frame.writeWrapped(failure.description, in: text, style: .warning)
        }
    }
}
