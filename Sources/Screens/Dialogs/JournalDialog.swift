// The backup journal to be read: one line an event, the newest at the top, and the selected one in full below.

import Engine
import TerminalKit

struct JournalDialog: Dialog {
    private let lines: [JournalReading]
    private var position: ListPosition
    /// Whether the items of the events are listed too.
    private var showsItems = false

    /// - Parameter lines: oldest first.
    init(_ lines: [JournalReading]) {
        self.lines = lines.reversed()
        position = ListPosition(count: 0)
        position.resize(count: shown.count)
    }

    private var shown: [JournalReading] { showsItems ? lines : lines.filter { !$0.isItem } }

    func actions(_ context: PageContext) -> ActionTable<String> {
        ActionTable([
            ActionRow("items", keys: ["i"], title: showsItems ? "Events" : "Items", help: "Lists the saved and restored items too, or not."),
            ActionRow("move", keys: [.up, .down], title: "Move", help: "Selects another line.", isInFooter: false),
            ActionRow("close", keys: [.escape, .enter], title: "Close", help: "Closes the backup journal."),
        ])
    }

    mutating func handle(_ event: TerminalEvent, in size: GridSize, _ context: PageContext) -> DialogAnswer {
        let list = places(size).list
        switch event {
        case .key(.escape), .key(.enter), .key("q"): return .close([])
        case .key("i"):
            showsItems.toggle()
            position = ListPosition(count: shown.count)
        case .key(let key): _ = position.handle(key, rows: list.rows)
        case .mouse(let mouse):
            switch mouse.action {
            case .wheelUp: position.scroll(by: -3, rows: list.rows)
            case .wheelDown: position.scroll(by: 3, rows: list.rows)
            case .left where list.contains(mouse.place):
                let row = position.visible(rows: list.rows).lowerBound + mouse.place.row - list.row
                position.settle(rows: list.rows)
                if row < position.count { position.select(row) }
            case .left where !places(size).box.contains(mouse.place): return .close([])
            default: break
            }
        default: break
        }
        return .stay
    }

    /// A failure is one of the operation that its detail begins with.
    private static func event(_ line: JournalReading) -> String {
        let operation = line.detail.prefix { $0 != "," }
        return line.event == "failure" && !operation.isEmpty ? String(operation) : line.event
    }

    private func places(_ size: GridSize) -> (box: Rect, list: Rect, detail: Rect) {
        let box = size.rect.centred(GridSize(columns: min(size.columns - 2, 130), rows: size.rows - 2))
        let parts = box.inset(columns: 2, rows: 1).split(rows: .flexible(minimum: 1), .fixed(box.rows > 12 ? 1 : 0), .fixed(box.rows > 12 ? 5 : 3))
        return (box, parts[0], parts[2])
    }

    func render(into frame: inout Frame, _ context: PageContext) {
        let places = places(frame.size)
        frame.fill(places.box)
        frame.cursor = nil
        frame.box(places.box, title: "Backup journal", style: .borderActive)
        let shown = shown
        if shown.isEmpty { return frame.write("Nothing was recorded yet.", in: places.list, style: .hint) }
        let visible = position.visible(rows: places.list.rows)
        for (row, index) in visible.enumerated() {
            let line = shown[index]
            let isSelected = index == position.selected
            let style: Style = isSelected ? .selected : line.event == "failure" ? .warning : .normal
            let mark = isSelected ? String(Character(frame.glyphs.pointer)) : " "
            let number = line.number.isEmpty ? "" : " \(line.number)"
            let what = line.isItem ? "    \(line.status) \(line.path)" : "\(JournalDialog.event(line))\(number) \(line.status)"
            let error = line.error.isEmpty ? "" : ", error \(line.error)"
            frame.fill(places.list.line(row), style: style)
            frame.write(frame.fit("\(mark)\(line.date)  \(what)\(error)", columns: places.list.columns), in: places.list.line(row), style: style)
        }
        ScrollBar(count: shown.count, visible: visible)
            .render(into: &frame, Rect(column: places.box.endColumn - 1, row: places.list.row, columns: 1, rows: places.list.rows))
        guard shown.indices.contains(position.selected) else { return }
        let line = shown[position.selected]
        let facts = [
            line.path, [line.size.map { Quantity.bytes($0) }, line.seconds.isEmpty ? nil : "\(line.seconds) s"].compactMap { $0 }.joined(separator: ", "),
            line.detail,
        ].filter { !$0.isEmpty }
        frame.writeWrapped(facts.joined(separator: "\n"), in: places.detail, style: line.error.isEmpty ? .hint : .warning)
    }
}
