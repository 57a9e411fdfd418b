// A question before something is done, and the one that asks for a word to be typed where much would be lost.

public import TerminalKit

/// Asks yes or no; yes has effects.
public struct Confirmation: Dialog {
    private var box: TerminalKit.Dialog<String>
    private let effects: [Effect]
    private let otherEffects: [Effect]

    /// - Parameters:
    ///   - confirm: what the button says: a verb, "Roll back", never "Yes".
    ///   - isSafe: Enter at once confirms. Where something is lost, Cancel is selected first.
    ///   - other: a second way, with its button between the two.
    public init(_ title: String, _ text: [String], confirm: String, isSafe: Bool = false, other: (title: String, effects: [Effect])? = nil, effects: [Effect]) {
        let buttons = [Button("confirm", confirm)] + (other.map { [Button("other", $0.title)] } ?? []) + [Button("cancel", "Cancel", key: .escape)]
        box = TerminalKit.Dialog(
            title: title, text: text.joined(separator: "\n"), buttons: buttons, selected: isSafe ? 0 : buttons.count - 1, maximumColumns: 74)
        self.effects = effects
        otherEffects = other?.effects ?? []
    }

    /// Asks before an operation starts, and shows the command line that does the same.
    /// - Parameter text: what will happen, in sentences.
    public init(starting request: OperationRequest, _ text: [String], confirm: String) {
        self.init(
            request.title, text + ["", "The same on the command line:", request.commandLine], confirm: confirm, isSafe: true,
            effects: [.run(request)])
    }

    public func actions(_ context: PageContext) -> ActionTable<String> {
        ActionTable([
            ActionRow("press", keys: [.enter], title: "Press the button", help: "Presses the selected button."),
            ActionRow("move", keys: [.tab, .left, .right], title: "Other button", help: "Selects the other button."),
            ActionRow("cancel", keys: [.escape], title: "Cancel", help: "Closes this dialog; nothing is done."),
        ])
    }

    public mutating func handle(_ event: TerminalEvent, in size: GridSize, _ context: PageContext) -> DialogAnswer {
        switch box.handle(event, in: size.rect) {
        case .chosen("confirm"): .close(effects)
        case .chosen("other"): .close(otherEffects)
        case .chosen, .cancelled: .close([])
        case .handled, .ignored: .stay
        }
    }

    public func render(into frame: inout Frame, _ context: PageContext) { box.render(into: &frame, frame.rect) }
}

/// Asks for a word; only that word opens the way.
public struct TypedConfirmation: Dialog {
    private var box: TerminalKit.Dialog<String>
    private var field = TextField(maximumLength: 200)
    private let word: String
    private let effects: [Effect]
    private var problem = ""

    /// - Parameter word: what is to be typed, in the spelling shown.
    public init(_ title: String, _ text: [String], word: String, confirm: String, effects: [Effect]) {
        self.word = word
        self.effects = effects
        box = TerminalKit.Dialog(
            title: title, text: text.joined(separator: "\n"),
            buttons: [Button("confirm", confirm), Button("cancel", "Cancel", key: .escape)], contentRows: 2, maximumColumns: 74)
    }

    public func actions(_ context: PageContext) -> ActionTable<String> {
        ActionTable([
            ActionRow("confirm", keys: [.enter], title: "Confirm", help: "Goes on when '\(word)' has been typed."),
            ActionRow("scroll", keys: [.down, .up, .pageDown, .pageUp], title: "Scroll", help: "Shows the rest of a long text."),
            ActionRow("cancel", keys: [.escape], title: "Cancel", help: "Closes this dialog; nothing is done."),
        ])
    }

    public mutating func handle(_ event: TerminalEvent, in size: GridSize, _ context: PageContext) -> DialogAnswer {
        let places = box.places(in: size.rect)
        if case .key(let key) = event, [.up, .down, .pageUp, .pageDown].contains(key) {
            _ = box.handle(event, in: size.rect)
            return .stay
        }
        problem = ""
        if case .mouse = event {
            switch box.handle(event, in: size.rect) {
            case .chosen("confirm"): return confirmed()
            case .chosen: return .close([])
            default: break
            }
        }
        switch field.handle(event, in: TypedConfirmation.field(places.content)) {
        case .chosen: return confirmed()
        case .cancelled: return .close([])
        case .handled, .ignored: return .stay
        }
    }

    private mutating func confirmed() -> DialogAnswer {
        if field.text.trimmingBlanks == word { return .close(effects) }
        problem = "That is not \(word). Nothing was done."
        return .stay
    }

    public func render(into frame: inout Frame, _ context: PageContext) {
        box.render(into: &frame, frame.rect, areButtonsFocused: false)
        let places = box.places(in: frame.rect)
        frame.write(problem.isEmpty ? "Type \(word) to go on." : problem, in: places.content.line(0), style: problem.isEmpty ? .label : .warning)
        field.render(into: &frame, TypedConfirmation.field(places.content), isFocused: true)
    }

    /// Below the line that asks; alone where there is one line only.
    private static func field(_ content: Rect) -> Rect { content.line(content.rows > 1 ? 1 : 0) }
}

extension String {
    /// Without blanks at both ends.
    var trimmingBlanks: String {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
