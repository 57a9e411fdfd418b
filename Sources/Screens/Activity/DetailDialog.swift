// One operation in full: who, when, and every field before and after, side by side; a field opens to its whole text or its bytes.

import Engine
import TerminalKit
import Vocabulary

struct DetailDialog: Dialog {
    /// A value that is looked at alone: before and after, above each other or side by side.
    private struct Opened: Sendable {
        var field: Int
        var old: HexPreview
        var new: HexPreview
        var top = 0
    }

    private let row: OperationRow
    private let fields: [OperationField]
    /// What the columns of the values are called.
    private let before: String
    private let after: String
    private let note: String
    /// The page hears of a wish for the next or previous operation under this key, as an `Int` step.
    private let stepKey: String
    private var position: ListPosition
    private var opened: Opened?

    init(
        _ row: OperationRow, _ fields: [OperationField], before: String = "Before", after: String = "After", note: String = "", stepKey: String
    ) {
        self.row = row
        self.fields = fields
        self.before = before
        self.after = after
        self.note = note
        self.stepKey = stepKey
        position = ListPosition(count: fields.count, selected: fields.firstIndex { $0.isChanged } ?? 0)
    }

    func actions(_ context: PageContext) -> ActionTable<String> {
        if opened != nil {
            return ActionTable([
                ActionRow("scroll", keys: [.down, .up], title: "Scroll", help: "Shows more of the value."),
                ActionRow("back", keys: [.escape], title: "Back", help: "Goes back to the fields."),
            ])
        }
        return ActionTable([
            ActionRow("open", keys: [.enter], title: "Whole value", help: "Shows the selected field in full; a blob as its bytes.",
                disabledReason: fields.isEmpty ? "This operation has no values." : nil),
            ActionRow("next", keys: [.right, "n"], title: "Next operation", help: "Shows the next operation of the list."),
            ActionRow("previous", keys: [.left, "p"], title: "Previous", help: "Shows the operation before it."),
            ActionRow("close", keys: [.escape], title: "Close", help: "Goes back to the list."),
        ])
    }

    mutating func handle(_ event: TerminalEvent, in size: GridSize, _ context: PageContext) -> DialogAnswer {
        let places = Places(size, head: head.count)
        if opened != nil {
            handleOpened(event, places)
            return .stay
        }
        switch event {
        case .key(.escape), .key("q"): return .close([])
        case .key(.right), .key("n"): return .close([.answer(key: stepKey, 1)])
        case .key(.left), .key("p"): return .close([.answer(key: stepKey, -1)])
        case .key(.enter): open()
        case .key(let key): _ = position.handle(key, rows: places.list.rows)
        case .mouse(let mouse) where mouse.action == .wheelUp: position.scroll(by: -3, rows: places.list.rows)
        case .mouse(let mouse) where mouse.action == .wheelDown: position.scroll(by: 3, rows: places.list.rows)
        case .mouse(let mouse) where mouse.action == .left && places.list.contains(mouse.place):
            let index = position.visible(rows: places.list.rows).lowerBound + mouse.place.row - places.list.row
            guard fields.indices.contains(index) else { return .stay }
            if index == position.selected { open() } else { position.select(index) }
        default: break
        }
        return .stay
    }

    private mutating func open() {
        guard fields.indices.contains(position.selected) else { return }
        let field = fields[position.selected]
        opened = Opened(
            field: position.selected, old: HexPreview(byteCount: field.old?.blob?.count ?? 0), new: HexPreview(byteCount: field.new?.blob?.count ?? 0))
    }

    private mutating func handleOpened(_ event: TerminalEvent, _ places: Places) {
        if event == .key(.escape) || event == .key(.enter) || event == .key("q") {
            opened = nil
            return
        }
        guard var now = opened else { return }
        let (left, right) = places.halves
        _ = now.old.handle(event, in: left)
        _ = now.new.handle(event, in: right)
        switch event {
        case .key(.up), .key("k"): now.top -= 1
        case .key(.down), .key("j"): now.top += 1
        case .key(.pageUp): now.top -= max(1, places.body.rows - 2)
        case .key(.pageDown): now.top += max(1, places.body.rows - 2)
        case .key(.home), .key("g"): now.top = 0
        case .key(.end), .key("G"): now.top = .max / 2
        case .mouse(let mouse) where mouse.action == .wheelUp: now.top -= 3
        case .mouse(let mouse) where mouse.action == .wheelDown: now.top += 3
        default: break
        }
        let lines = [fields[now.field].old, fields[now.field].new].map { DetailDialog.lines($0, columns: left.columns).count }.max() ?? 0
        now.top = min(max(0, now.top), max(0, lines - left.rows))
        opened = now
    }

    // MARK: Drawing

    private struct Places {
        var box: Rect
        var inside: Rect
        /// Headings of the fields, and the fields.
        var heading: Rect
        var list: Rect
        /// Where an opened value stands.
        var body: Rect

        init(_ size: GridSize, head: Int) {
            box = size.rect.inset(columns: size.columns > 100 ? 4 : 0, rows: 1)
            inside = box.inset(columns: 2, rows: 1)
            let used = min(head, max(0, inside.rows - 3))
            heading = inside.line(used)
            let start = min(inside.rows, used + 1)
            list = Rect(column: inside.column, row: inside.row + start, columns: inside.columns, rows: inside.rows - start)
            body = Rect(column: inside.column, row: inside.row + 1, columns: inside.columns, rows: max(0, inside.rows - 1))
        }

        /// Two values side by side where each has room for eight bytes in hexadecimal, above each other otherwise.
        var halves: (Rect, Rect) {
            if body.columns >= 2 * 43 + 3 {
                let parts = body.split(columns: .flexible(), .fixed(3), .flexible())
                return (DetailDialog.below(parts[0]), DetailDialog.below(parts[2]))
            }
            let parts = body.split(rows: .flexible(), .flexible())
            return (DetailDialog.below(parts[0]), DetailDialog.below(parts[1]))
        }
    }

    private static func below(_ rect: Rect) -> Rect {
        Rect(column: rect.column, row: rect.row + 1, columns: rect.columns, rows: max(0, rect.rows - 1))
    }

    private var head: [String] {
        var lines = [
            [row.action.title, row.table, row.key.isEmpty ? "" : "key \(row.key)", row.record.map { "record \($0)" } ?? ""].filter { !$0.isEmpty }
                .joined(separator: "  "),
            "\(Timestamp.local(row.time))  \(Quantity.bytes(UInt64(row.size)))  "
                + (row.isConsistentPoint ? "a point to go back to" : "may be inside a transaction"),
        ]
        if let context = row.context {
            lines.append(
                "by \(context.process) \(context.processID), \(context.user)@\(context.host)" + (context.purpose.isEmpty ? "" : ": \(context.purpose)"))
        } else {
            lines.append("It is not known who did it.")
        }
        if !note.isEmpty { lines.append(note) }
        return lines
    }

    func render(into frame: inout Frame, _ context: PageContext) {
        let head = head
        let places = Places(frame.size, head: head.count)
        frame.fill(places.box)
        frame.cursor = nil
        frame.box(places.box, title: "Operation \(Quantity.number(row.number))", style: .borderActive)
        if let opened {
            render(opened, into: &frame, places)
            return
        }
        for (index, line) in head.prefix(max(0, places.heading.row - places.inside.row)).enumerated() {
            frame.write(line, in: places.inside.line(index), style: index == 0 ? .title : index == 3 ? .warning : .normal)
        }
        let columns = columns(places.list.columns)
        frame.fill(places.heading, style: .heading)
        for (column, title) in zip(columns, ["Field", before, after]) where column.columns > 0 {
            frame.write(title, in: Rect(column: places.heading.column + column.column, row: places.heading.row, columns: column.columns, rows: places.heading.rows), style: .heading)
        }
        if fields.isEmpty { frame.write("This operation has no values.", in: places.list, style: .hint) }
        let visible = position.visible(rows: places.list.rows)
        for (offset, index) in visible.enumerated() {
            render(fields[index], isSelected: index == position.selected, into: &frame, places.list.line(offset), columns)
        }
        ScrollBar(count: fields.count, visible: visible)
            .render(into: &frame, Rect(column: places.box.endColumn - 1, row: places.list.row, columns: 1, rows: places.list.rows))
    }

    /// Name, before, after. A side that no field has is left out.
    private func columns(_ width: Int) -> [Rect] {
        let widest = min(24, max(8, fields.map { CharacterWidth.of($0.name) + 2 }.max() ?? 8), max(8, width / 3))
        let hasOld = fields.contains { $0.old != nil } || fields.isEmpty
        let hasNew = fields.contains { $0.new != nil } || fields.isEmpty
        let line = Rect(column: 0, row: 0, columns: width, rows: 1)
        let parts = line.split(
            columns: .fixed(widest), .fixed(1), hasOld ? .flexible() : .fixed(0), .fixed(hasOld && hasNew ? 1 : 0), hasNew ? .flexible() : .fixed(0))
        return [parts[0], parts[2], parts[4]]
    }

    private func render(_ field: OperationField, isSelected: Bool, into frame: inout Frame, _ line: Rect, _ columns: [Rect]) {
        let isMarked = field.isChanged && row.action == .modification
        let style: Style = isSelected ? .selected : isMarked ? .marked : .normal
        frame.fill(line, style: isSelected ? .selected : .normal)
        let mark = isSelected ? String(Character(frame.glyphs.pointer)) : " "
        let texts = [mark + (isMarked ? "*" : " ") + field.name, DetailDialog.text(field.old), DetailDialog.text(field.new)]
        for (column, text) in zip(columns, texts) where column.columns > 0 {
            let cell = Rect(column: line.column + column.column, row: line.row, columns: column.columns, rows: line.rows)
            frame.write(text, in: cell, style: isSelected ? .selected : column.column == 0 ? (isMarked ? .marked : .label) : style)
        }
    }

    private static func text(_ value: FieldValue?) -> String {
        guard let value else { return "" }
        guard let blob = value.blob else { return value.text }
        return value.text + "  " + blob.prefix(24).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
    }

    // MARK: A value alone

    private func render(_ now: Opened, into frame: inout Frame, _ places: Places) {
        let field = fields[now.field]
        frame.write(field.name + (field.isChanged && row.action == .modification ? " (changed)" : ""), in: places.inside.line(0), style: .title)
        let (left, right) = places.halves
        for (value, preview, title, rect) in [(field.old, now.old, before, left), (field.new, now.new, after, right)] {
            let heading = Rect(column: rect.column, row: rect.row - 1, columns: rect.columns, rows: 1)
            let size = value.map { $0.bytes > 0 ? "  \(Quantity.bytes(UInt64($0.bytes)))" + ($0.isCut ? ", the first \(Quantity.bytes(UInt64(FieldValue.limit))) shown" : "") : "" } ?? ""
            frame.write(title + size, in: heading, style: .heading)
            guard let value else {
                frame.write(row.action == .modification ? "left out of the log: it did not change" : "no row", in: rect, style: .hint)
                continue
            }
            if let blob = value.blob {
                preview.render(into: &frame, rect) { Array(blob[$0.clamped(to: blob.indices)]) }
            } else {
                let lines = DetailDialog.lines(value, columns: rect.columns)
                for (offset, line) in lines.dropFirst(now.top).prefix(rect.rows).enumerated() { frame.write(line, in: rect.line(offset)) }
            }
        }
    }

    private static func lines(_ value: FieldValue?, columns: Int) -> [String] {
        guard let value, value.blob == nil else { return [] }
        return TextFitting.wrap(value.text, columns: columns)
    }
}
