// A short list of lines to choose one from: sorting, other logs.

import TerminalKit

struct MenuDialog: Dialog {
    private var list: ListBox
    private let title: String
    private let effects: @Sendable (Int) -> [Effect]

    /// - Parameter effects: of the line chosen.
    init(_ title: String, _ items: [ListItem], selected: Int = 0, effects: @escaping @Sendable (Int) -> [Effect]) {
        self.title = title
        list = ListBox(items, selected: selected)
        self.effects = effects
    }

    func actions(_ context: PageContext) -> ActionTable<String> {
        let reason = list.selected.flatMap { list.items[$0].disabledReason }
        return ActionTable([
            ActionRow("choose", keys: [.enter], title: "Choose", help: "Takes the selected line.", disabledReason: reason),
            ActionRow("cancel", keys: [.escape], title: "Cancel", help: "Closes this list."),
        ])
    }

    mutating func handle(_ event: TerminalEvent, in size: GridSize, _ context: PageContext) -> DialogAnswer {
        if event == .key(.escape) { return .close([]) }
        let places = places(size)
        if case .mouse(let mouse) = event, mouse.action == .left, !places.box.contains(mouse.place) { return .close([]) }
        if case .chosen(let index) = list.handle(event, in: places.list) { return .close(effects(index)) }
        return .stay
    }

    private func places(_ size: GridSize) -> (box: Rect, list: Rect, reason: Rect) {
        let widest = list.items.map { CharacterWidth.of($0.title) + CharacterWidth.of($0.detail) + 5 }.max() ?? 0
        let hasReason = list.items.contains { $0.disabledReason != nil }
        let box = size.rect.centred(GridSize(columns: min(76, max(40, widest + 4, hasReason ? 62 : 0)), rows: list.items.count + 5))
        let inside = box.inset(columns: 2, rows: 1)
        let parts = inside.split(rows: .flexible(), .fixed(min(2, max(0, inside.rows - 1))))
        return (box, parts[0], parts[1])
    }

    func render(into frame: inout Frame, _ context: PageContext) {
        let places = places(frame.size)
        frame.fill(places.box)
        frame.cursor = nil
        frame.box(places.box, title: title, style: .borderActive)
        list.render(into: &frame, places.list, isFocused: true)
        // The reason stands where the person looks.
        if let selected = list.selected, let reason = list.items[selected].disabledReason {
            frame.writeWrapped(reason, in: places.reason, style: .warning)
        }
    }
}
