// Which operations are shown: by table, action, key, time, text and who did it, with the number of matches going up while one types.

import Engine
import TerminalKit
import Vocabulary

struct FilterDialog: Dialog {
    private enum Field: Int, CaseIterable, Hashable { case tables, actions, key, since, until, text, context, buttons }

    /// A list of boxes over the form.
    private struct Choosing: Sendable {
        var field: Field
        var titles: [String]
        var chosen: Set<Int>
        var position: ListPosition
    }

    private let tables: [String]
    private let browser: SharedBrowser
    private let extent: LogExtent
    private let count = LiveCount()
    private let answerKey: String
    private var query: ActivityQuery
    private var fields: [Field: TextField]
    private var focus = FocusRing<Field>(Field.allCases)
    private var buttons = ButtonRow([Button("apply", "Apply"), Button("clear", "Clear"), Button("cancel", "Cancel")])
    private var choosing: Choosing?
    private var problem = ""

    /// What people look for most comes first.
    private static let actions = Action.allCases.filter(\.isRecordOperation) + Action.allCases.filter { !$0.isRecordOperation }

    /// - Parameter answerKey: the query chosen comes to the page under this key.
    init(_ query: ActivityQuery, tables: [String], browser: SharedBrowser, extent: LogExtent, answerKey: String) {
        self.query = query
        self.tables = tables
        self.browser = browser
        self.extent = extent
        self.answerKey = answerKey
        fields = [
            .key: TextField(query.key ?? "", placeholder: "rowid, or key values joined by ', '"),
            .since: TextField(query.since.map { Timestamp.local($0) } ?? "", placeholder: "2026-11-21 10:13:17"),
            .until: TextField(query.until.map { Timestamp.local($0) } ?? "", placeholder: "2026-11-21 10:13:17"),
            .text: TextField(query.search ?? "", placeholder: "in any value, before or after"),
            .context: TextField(query.context ?? "", placeholder: "process, user, host or purpose"),
        ]
    }

    /// The first count, for whoever opens the dialog.
    func begin(_ context: PageContext) -> [Effect] { count.start(query, browser, extent, context.surroundings) }

    func actions(_ context: PageContext) -> ActionTable<String> {
        if choosing != nil {
            return ActionTable([
                ActionRow("toggle", keys: [" "], title: "Choose", help: "Takes the line in, or out."),
                ActionRow("done", keys: [.enter, .escape], title: "Done", help: "Goes back to the filter."),
            ])
        }
        return ActionTable([
            ActionRow("press", keys: [.enter], title: "Apply", help: "Chooses tables or actions in a list; anywhere else shows what meets the filter."),
            ActionRow("next", keys: [.tab, .down], title: "Next field", help: "Goes to the next field."),
            ActionRow("clear", keys: [.ctrl("u")], title: "Clear field", help: "Empties the field."),
            ActionRow("cancel", keys: [.escape], title: "Cancel", help: "Leaves the filter as it was."),
        ])
    }

    // MARK: Events

    mutating func handle(_ event: TerminalEvent, in size: GridSize, _ context: PageContext) -> DialogAnswer {
        if choosing != nil { return handleChoice(event, in: size, context) }
        let places = Places(size)
        switch event {
        case .key(.escape): return .close([.cancelLoad(key: LiveCount.key)])
        case .key(.up): _ = focus.handle(.backTab)
        case .key(.down): _ = focus.handle(.tab)
        case .key(let key) where focus.handle(key): break
        case .mouse(let mouse):
            if places.buttons.contains(mouse.place) { return press(event, places, context) }
            guard mouse.action == .left, let field = places.field(at: mouse.place) else { return .stay }
            focus.focus(field)
            if field == .tables || field == .actions { choose(field) }
        case .key(.enter):
            switch focus.current {
            case .tables: choose(.tables)
            case .actions: choose(.actions)
            case .buttons: return press(event, places, context)
            default: return apply()
            }
        case .key(.character(" ")) where focus.has(.tables) || focus.has(.actions): choose(focus.current ?? .tables)
        default:
            if focus.has(.buttons) { return press(event, places, context) }
            guard let field = focus.current, var text = fields[field] else { return .stay }
            guard text.handle(event, in: places.value(field)) == .handled else { return .stay }
            fields[field] = text
            return changed(context)
        }
        return .stay
    }

    private mutating func press(_ event: TerminalEvent, _ places: Places, _ context: PageContext) -> DialogAnswer {
        switch buttons.handle(event, in: places.buttons, align: .centre) {
        case .chosen("apply"): return apply()
        case .chosen("clear"):
            query = ActivityQuery()
            for field in fields.keys { fields[field]?.set("") }
            return changed(context)
        case .chosen: return .close([.cancelLoad(key: LiveCount.key)])
        default: return .stay
        }
    }

    /// Reads the fields and counts anew.
    private mutating func changed(_ context: PageContext) -> DialogAnswer {
        guard read() else { return .stay }
        return .effects(count.start(query, browser, extent, context.surroundings))
    }

    private mutating func read() -> Bool {
        problem = ""
        query.key = text(.key)
        query.search = text(.text)
        query.context = text(.context)
        do throws(Failure) {
            query.since = if let text = text(.since) { try Timestamp.parse(text) } else { nil }
            query.until = if let text = text(.until) { try Timestamp.parse(text) } else { nil }
        } catch {
            problem = error.message + ". " + error.hint
            return false
        }
        if let since = query.since, let until = query.until, since > until {
            problem = "The first time lies after the second one."
            return false
        }
        return true
    }

    private func text(_ field: Field) -> String? {
        guard let text = fields[field]?.text, !text.isEmpty else { return nil }
        return text
    }

    private mutating func apply() -> DialogAnswer {
        read() ? .close([.cancelLoad(key: LiveCount.key), .answer(key: answerKey, query)]) : .stay
    }

    // MARK: Lists of boxes

    private mutating func choose(_ field: Field) {
        let titles = field == .tables ? tables : FilterDialog.actions.map(\.title)
        let chosen =
            field == .tables
            ? Set(tables.indices.filter { query.tables.contains(tables[$0]) })
            : Set(FilterDialog.actions.indices.filter { query.actions.contains(FilterDialog.actions[$0]) })
        choosing = Choosing(field: field, titles: titles, chosen: chosen, position: ListPosition(count: titles.count, selected: chosen.min() ?? 0))
    }

    private mutating func handleChoice(_ event: TerminalEvent, in size: GridSize, _ context: PageContext) -> DialogAnswer {
        guard var list = choosing else { return .stay }
        let rect = Places(size).list
        switch event {
        case .key(.escape), .key(.enter):
            choosing = nil
            return .stay
        case .key(.character(" ")), .key(.insert): list.chosen.formSymmetricDifference([list.position.selected])
        case .key(let key):
            if !list.position.handle(key, rows: rect.rows) { return .stay }
            choosing = list
            return .stay
        case .mouse(let mouse) where mouse.action == .wheelUp: list.position.scroll(by: -3, rows: rect.rows)
        case .mouse(let mouse) where mouse.action == .wheelDown: list.position.scroll(by: 3, rows: rect.rows)
        case .mouse(let mouse) where mouse.action == .left:
            let index = list.position.visible(rows: rect.rows).lowerBound + mouse.place.row - rect.row
            guard rect.contains(mouse.place), list.titles.indices.contains(index) else { return .stay }
            list.position.select(index)
            list.chosen.formSymmetricDifference([index])
        default: return .stay
        }
        choosing = list
        if list.field == .tables {
            query.tables = Set(list.chosen.filter(tables.indices.contains).map { tables[$0] })
        } else {
            query.actions = Set(list.chosen.map { FilterDialog.actions[$0] })
        }
        return changed(context)
    }

    // MARK: Drawing

    private struct Places {
        var box: Rect
        var inside: Rect
        var count: Rect
        var problem: Rect
        var buttons: Rect

        init(_ size: GridSize) {
            box = size.rect.centred(GridSize(columns: min(size.columns, 66), rows: 13))
            inside = box.inset(columns: 2, rows: 1)
            let rest = inside.rows - 4
            count = inside.line(max(0, rest + 1))
            problem = inside.line(max(0, rest))
            buttons = inside.line(inside.rows - 1)
        }

        static let label = 13

        func row(_ field: Field) -> Rect { field == .buttons ? buttons : field.rawValue < inside.rows - 3 ? inside.line(field.rawValue) : inside.line(-1) }

        func value(_ field: Field) -> Rect {
            let row = row(field)
            return Rect(column: row.column + Places.label, row: row.row, columns: row.columns - Places.label, rows: row.rows)
        }

        func field(at place: TerminalKit.Point) -> Field? { Field.allCases.first { $0 != .buttons && row($0).contains(place) } }

        /// Where a list of boxes stands.
        var list: Rect { Rect(column: inside.column, row: inside.row + 1, columns: inside.columns, rows: max(0, inside.rows - 2)) }
    }

    func render(into frame: inout Frame, _ context: PageContext) {
        let places = Places(frame.size)
        frame.fill(places.box)
        frame.box(places.box, title: "Filter", style: .borderActive)
        if let choosing {
            render(choosing, into: &frame, places)
            return
        }
        let names: [(Field, String)] = [
            (.tables, "Tables"), (.actions, "Actions"), (.key, "Key"), (.since, "From time"), (.until, "Until time"), (.text, "Text"),
            (.context, "Done by"),
        ]
        for (field, name) in names {
            frame.write(name, in: Rect(column: places.inside.column, row: places.row(field).row, columns: Places.label - 1, rows: places.row(field).rows), style: .label)
            let value = places.value(field)
            switch field {
            case .tables: renderList(query.tables.sorted(), .tables, into: &frame, value)
            case .actions: renderList(FilterDialog.actions.filter(query.actions.contains).map(\.title), .actions, into: &frame, value)
            default: fields[field]?.render(into: &frame, value, isFocused: focus.has(field))
            }
        }
        frame.write(problem, in: places.problem, style: .warning)
        if problem.isEmpty { frame.write(count.now.text, in: places.count, style: .hint) }
        buttons.render(into: &frame, places.buttons, isFocused: focus.has(.buttons), align: .centre)
        if focus.current.map({ fields[$0] == nil }) ?? true { frame.cursor = nil }
    }

    private func renderList(_ names: [String], _ field: Field, into frame: inout Frame, _ rect: Rect) {
        let text = names.isEmpty ? "all" : names.joined(separator: ", ")
        frame.write(" \(text)", in: rect, style: focus.has(field) ? .selected : .normal)
        if focus.has(field) { frame.write(">", at: rect.column, rect.row, style: .selected, limit: rect.endColumn) }
    }

    private func render(_ list: Choosing, into frame: inout Frame, _ places: Places) {
        frame.write(
            list.field == .tables ? "Tables: Space takes one in or out; none means all" : "Actions: Space takes one in or out; none means all",
            in: places.inside.line(0), style: .label)
        let visible = list.position.visible(rows: places.list.rows)
        for (offset, index) in visible.enumerated() {
            let box = CheckBox(list.titles[index], isOn: list.chosen.contains(index))
            let line = places.list.line(offset)
            frame.fill(line, style: index == list.position.selected ? .selected : .normal)
            box.render(into: &frame, Rect(column: line.column + 1, row: line.row, columns: line.columns - 1, rows: 1), isFocused: index == list.position.selected)
            if index == list.position.selected {
                frame.write(String(Character(frame.glyphs.pointer)), at: line.column, line.row, style: .selected, limit: line.endColumn)
            }
        }
        if list.titles.isEmpty { frame.write("The log knows no tables.", in: places.list, style: .hint) }
        let bar = ScrollBar(count: list.titles.count, visible: visible)
        bar.render(into: &frame, Rect(column: places.box.endColumn - 1, row: places.list.row, columns: 1, rows: places.list.rows))
        frame.write(count.now.text, in: places.inside.line(places.inside.rows - 1), style: .hint)
        frame.cursor = nil
    }
}

extension LiveCount.State {
    /// `3 412 operations so far (38 % looked through)`.
    var text: String {
        guard query != nil else { return "" }
        let number = Quantity.number(count) + (count == 1 ? " operation" : " operations")
        return isComplete ? "\(number) of \(Quantity.number(total))" : "\(number) so far, \(Quantity.percent(done, of: total)) looked through"
    }
}
