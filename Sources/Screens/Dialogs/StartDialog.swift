// The dialog from which an operation starts: what will happen, and the command line that does the same.

public import TerminalKit

/// Starts an operation, or does not.
public struct StartDialog: Dialog {
    private var box: TerminalKit.Dialog<String>
    private let request: OperationRequest

    /// - Parameters:
    ///   - text: what will happen, in sentences.
    ///   - confirm: what the button says: "Backup".
    public init(_ request: OperationRequest, _ text: [String], confirm: String) {
        self.request = request
        box = TerminalKit.Dialog(
            title: request.title, text: (text + ["", "The same on the command line:", request.commandLine]).joined(separator: "\n"),
            buttons: [Button("start", confirm), Button("cancel", "Cancel", key: .escape)], maximumColumns: 74)
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
        case .chosen("start"): .close([.run(request)])
        case .chosen, .cancelled: .close([])
        case .handled, .ignored: .stay
        }
    }

    public func render(into frame: inout Frame, _ context: PageContext) { box.render(into: &frame, frame.rect) }
}
