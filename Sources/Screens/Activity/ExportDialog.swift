// Writes the operations that the list shows to a file.

import Engine
import TerminalKit
import Vocabulary

struct ExportDialog: Dialog {
    private enum Part: Hashable { case format, path, buttons }

    static let operation = "export"
    private static let formats: [(format: OperationFormat, title: String, ending: String)] = [
        (.text, "Text", "txt"), (.csv, "CSV", "csv"), (.json, "JSON", "json"), (.jsonl, "JSON Lines", "jsonl"),
        (.redoSQL, "SQL that makes them again (redo)", "redo.sql"), (.undoSQL, "SQL that takes them back, newest first (undo)", "undo.sql"),
    ]

    private let query: ActivityQuery
    /// A log, or the data file for all its logs.
    private let file: String
    private let stem: String
    private let count: String
    private var format = RadioButtons(ExportDialog.formats.map(\.title), chosen: 1)
    private var path: TextField
    private var buttons = ButtonRow([Button("export", "Export"), Button("cancel", "Cancel")])
    private var focus = FocusRing<Part>([.format, .path, .buttons])

    /// - Parameter count: how many operations it will be, in words.
    init(_ query: ActivityQuery, file: String, stem: String, count: String) {
        self.query = query
        self.file = file
        self.stem = stem
        self.count = count
        path = TextField("\(stem).csv")
    }

    func actions(_ context: PageContext) -> ActionTable<String> {
        ActionTable([
            ActionRow("export", keys: [.enter], title: "Export", help: "Writes the file."),
            ActionRow("next", keys: [.tab], title: "Next field", help: "Goes to the next field."),
            ActionRow("format", keys: [.up, .down], title: "Format", help: "Chooses the format, where the formats have the keys."),
            ActionRow("cancel", keys: [.escape], title: "Cancel", help: "Closes this dialog; nothing is written."),
        ])
    }

    private var chosen: (format: OperationFormat, title: String, ending: String) { ExportDialog.formats[format.chosen] }

    private var commandLine: String {
        ShellWords.line(["msc", "log", "export", file, "--format", chosen.format.rawValue, "--output", path.text] + query.options)
    }

    mutating func handle(_ event: TerminalEvent, in size: GridSize, _ context: PageContext) -> DialogAnswer {
        let places = Places(size)
        switch event {
        case .key(.escape): return .close([])
        case .key(let key) where focus.handle(key): return .stay
        case .mouse(let mouse) where mouse.action == .left:
            if places.format.contains(mouse.place) { focus.focus(.format) }
            if places.path.contains(mouse.place) { focus.focus(.path) }
            if places.buttons.contains(mouse.place) { focus.focus(.buttons) }
        default: break
        }
        switch focus.current {
        case .format:
            if event == .key(.enter) { return export(context) }
            let before = chosen.ending
            _ = format.handle(event, in: places.format)
            // The name follows the format as long as it is ours.
            if path.text.hasSuffix(".\(before)") { path.set(path.text.dropLast(before.count) + chosen.ending) }
        case .path:
            if case .chosen = path.handle(event, in: places.path) { return export(context) }
        case .buttons, nil:
            switch buttons.handle(event, in: places.buttons, align: .centre) {
            case .chosen("export"): return export(context)
            case .chosen: return .close([])
            default: break
            }
        }
        return .stay
    }

    private func export(_ context: PageContext) -> DialogAnswer {
        guard !path.text.isEmpty else { return .stay }
        let (file, path, format, surroundings) = (file, path.text, chosen.format, context.surroundings)
        var query = query
        // As the command does: every log of the data, not the current one alone.
        if query.from == nil { query.from = 0 }
        let wanted = query
        let request = OperationRequest(
            id: ExportDialog.operation, title: "Export of operations", commandLine: commandLine, changesData: false,
            stopLeaves: "No file was written. Log and data are untouched."
        ) { job in
            let output = try LineOutput(path: path)
            var warnings: [String] = []
            _ = try OperationList(output, format).write(file, wanted, writesBlobs: true, surroundings, job) { warnings.append($0) }
            try output.finish()
            return ExportOutcome(path: path, warnings: warnings)
        }
        return .close([.run(request)])
    }

    private struct Places {
        var box: Rect
        var inside: Rect
        var format: Rect
        var path: Rect
        var command: Rect
        var buttons: Rect

        init(_ size: GridSize) {
            box = size.rect.centred(GridSize(columns: min(size.columns, 74), rows: 19))
            inside = box.inset(columns: 2, rows: 1)
            let parts = inside.split(
                rows: .fixed(1), .fixed(ExportDialog.formats.count), .fixed(1), .fixed(1), .fixed(1), .flexible(minimum: 2), .fixed(1), .fixed(1))
            (format, path, command, buttons) = (parts[1], parts[3], parts[5], parts[7])
        }
    }

    func render(into frame: inout Frame, _ context: PageContext) {
        let places = Places(frame.size)
        frame.fill(places.box)
        frame.cursor = nil
        frame.box(places.box, title: "Export", style: .borderActive)
        frame.write("Writes \(count), BLOBs in full, as", in: places.inside.line(0))
        format.render(into: &frame, places.format, isFocused: focus.has(.format))
        path.render(into: &frame, places.path, isFocused: focus.has(.path))
        frame.write("The same on the command line:", in: places.command.line(0), style: .label)
        let below = Rect(column: places.command.column, row: places.command.row + 1, columns: places.command.columns, rows: max(0, places.command.rows - 1))
        frame.writeWrapped(commandLine, in: below, style: .hint)
        buttons.render(into: &frame, places.buttons, isFocused: focus.has(.buttons), align: .centre)
    }
}

struct ExportOutcome: Sendable {
    var path: String
    var warnings: [String]
}
