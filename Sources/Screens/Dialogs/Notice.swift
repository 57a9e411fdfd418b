// A dialog that tells something: how an operation ended, or what went wrong.

public import TerminalKit
public import Vocabulary

/// A text to be read and put away.
public struct Notice: Dialog {
    private var box: TerminalKit.Dialog<String>

    /// - Parameter text: paragraphs; an empty one is a blank line.
    public init(_ title: String, _ text: [String]) { self.init(title, text, style: .normal) }

    /// A failure: its code, what happened, why, and what to do.
    /// - Parameters:
    ///   - title: what failed: "Backup of SampleDB".
    ///   - left: what was left untouched or in place, as a sentence.
    public init(_ title: String, _ failure: Failure, left: String = "") {
        var text = ["Error \(failure.code.rawValue): \(failure.message)."]
        if let cause = failure.cause, !cause.isEmpty { text.append("Reason: \(cause)") }
        for sentence in [left, failure.hint] where !sentence.isEmpty { text += ["", sentence] }
        self.init(title, text, style: .error)
    }

    private init(_ title: String, _ text: [String], style: Style) {
        box = TerminalKit.Dialog(
            title: title, text: text.joined(separator: "\n"), style: style, buttons: [Button("close", "OK")], maximumColumns: 74)
    }

    public func actions(_ context: PageContext) -> ActionTable<String> {
        ActionTable([ActionRow("close", keys: [.escape, .enter], title: "Close", help: "Closes this dialog.")])
    }

    public mutating func handle(_ event: TerminalEvent, in size: GridSize, _ context: PageContext) -> DialogAnswer {
        switch box.handle(event, in: size.rect) {
        case .chosen, .cancelled: .close([])
        case .handled, .ignored: .stay
        }
    }

    public func render(into frame: inout Frame, _ context: PageContext) { box.render(into: &frame, frame.rect) }
}
