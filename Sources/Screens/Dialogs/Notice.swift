// A dialog that tells something: how an operation ended, or what went wrong.

public import TerminalKit
public import Vocabulary

/// A text to be read and put away.
public struct Notice: Dialog {
    private var box: MessageBox

    /// - Parameter text: paragraphs; an empty one is a blank line.
    public init(_ title: String, _ text: [String]) {
        box = MessageBox(title, text.map { Paragraph($0) }, buttons: [Button("close", "OK")])
    }

    /// A failure: its code, what happened, why, and what to do.
    /// - Parameters:
    ///   - title: what failed: "Backup of SampleDB".
    ///   - left: what was left untouched or in place, as a sentence.
    public init(_ title: String, _ failure: Failure, left: String = "") {
        var text = [Paragraph("Error \(failure.code.rawValue): \(failure.message).", .warning)]
        if let cause = failure.cause, !cause.isEmpty { text.append(Paragraph("Reason: \(cause)")) }
        if !left.isEmpty { text += [Paragraph(""), Paragraph(left)] }
        if !failure.hint.isEmpty { text += [Paragraph(""), Paragraph(failure.hint)] }
        box = MessageBox(title, titleStyle: .error, text, buttons: [Button("close", "OK")])
    }

    public func actions(_ context: PageContext) -> ActionTable<String> {
        ActionTable([ActionRow("close", keys: [.escape, .enter], title: "Close", help: "Closes this dialog.")])
    }

    public mutating func handle(_ event: TerminalEvent, in size: GridSize, _ context: PageContext) -> DialogAnswer {
        switch box.handle(event, in: size) {
        case .chosen, .cancelled: .close([])
        case .handled, .ignored: .stay
        }
    }

    public func render(into frame: inout Frame, _ context: PageContext) { box.render(into: &frame) }
}
