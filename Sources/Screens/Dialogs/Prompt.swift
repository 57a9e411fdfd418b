// A dialog that asks for one line of text.

public import TerminalKit

/// Asks for a text; what is done with it is the caller's.
public struct Prompt: Dialog {
    private var box: TerminalKit.Dialog<String>
    private var field: TextField
    private let completion: (@Sendable (String) -> String?)?
    private let check: @Sendable (String) -> String?
    private let then: @Sendable (String) -> [Effect]
    private let confirm: String
    private var problem = ""

    /// - Parameters:
    ///   - text: what is there to begin with.
    ///   - completion: what Tab makes of what is typed so far; nil when it does nothing.
    ///   - check: what is wrong with a text, as a sentence; nil when nothing is.
    ///   - then: the effects of a good text. `Effect.answer` hands it to the page.
    public init(
        _ title: String, _ explanation: [String] = [], text: String = "", placeholder: String = "", confirm: String = "OK",
        completion: (@Sendable (String) -> String?)? = nil, check: @escaping @Sendable (String) -> String? = { _ in nil },
        then: @escaping @Sendable (String) -> [Effect]
    ) {
        field = TextField(text, placeholder: placeholder)
        self.completion = completion
        self.check = check
        self.then = then
        self.confirm = confirm
        box = TerminalKit.Dialog(
            title: title, text: explanation.joined(separator: "\n"),
            buttons: [Button("confirm", confirm), Button("cancel", "Cancel", key: .escape)], contentRows: 2, maximumColumns: 74)
    }

    public func actions(_ context: PageContext) -> ActionTable<String> {
        var rows = [ActionRow("confirm", keys: [.enter], title: confirm, help: "Takes what is typed.")]
        if completion != nil { rows.append(ActionRow("complete", keys: [.tab], title: "Complete", help: "Completes what is typed so far.")) }
        rows.append(ActionRow("clear", keys: [.ctrl("u")], title: "Clear", help: "Removes what stands before the cursor."))
        rows.append(ActionRow("cancel", keys: [.escape], title: "Cancel", help: "Closes this dialog; nothing is done."))
        return ActionTable(rows)
    }

    public mutating func handle(_ event: TerminalEvent, in size: GridSize, _ context: PageContext) -> DialogAnswer {
        let places = box.places(in: size.rect)
        if case .mouse = event {
            switch box.handle(event, in: size.rect) {
            case .chosen("confirm"): return confirmed()
            case .chosen: return .close([])
            default: break
            }
        }
        switch field.handle(event, in: places.content, completion: completion) {
        case .chosen: return confirmed()
        case .cancelled: return .close([])
        case .handled: problem = ""
        case .ignored: break
        }
        return .stay
    }

    private mutating func confirmed() -> DialogAnswer {
        if let wrong = check(field.text) {
            problem = wrong
            return .stay
        }
        return .close(then(field.text))
    }

    public func render(into frame: inout Frame, _ context: PageContext) {
        box.render(into: &frame, frame.rect, areButtonsFocused: false)
        let places = box.places(in: frame.rect)
        field.render(into: &frame, places.content, isFocused: true)
        frame.write(problem, in: places.content.line(1), style: .warning)
    }
}
