// The help overlay as a dialog: it reads the rows by which keys are dispatched, so it cannot be wrong about them.

import TerminalKit

struct Help: Dialog {
    private var overlay: HelpOverlay

    init(_ title: String, _ table: ActionTable<FrameAction>) {
        overlay = HelpOverlay(
            title: title, actions: table,
            more: [
                .init(keys: "Tab Shift-Tab", text: "Goes to the next field, list or button, or to the one before."),
                .init(keys: "Esc", text: "Leaves a dialog."),
                .init(keys: "^Z ^L", text: "Suspends the program; draws the screen anew."),
            ])
    }

    func actions(_ context: PageContext) -> ActionTable<String> {
        ActionTable([
            ActionRow("close", keys: [.escape], title: "Close", help: "Closes the help."),
            ActionRow("scroll", keys: [.down], title: "Scroll", help: "Shows what is further down."),
        ])
    }

    mutating func handle(_ event: TerminalEvent, in size: GridSize, _ context: PageContext) -> DialogAnswer {
        if case .cancelled = overlay.handle(event, in: size.rect) { return .close([]) }
        return .stay
    }

    func render(into frame: inout Frame, _ context: PageContext) { overlay.render(into: &frame, frame.rect) }
}
