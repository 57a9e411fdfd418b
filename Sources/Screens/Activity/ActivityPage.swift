// The Activity Analysis page: every change of the data, who made it, and the way from a change to undoing it.

import Engine
import TerminalKit
import Vocabulary

struct ActivityPage: Page {
    private(set) var view = OperationView()

    init() {}

    func actions(_ context: PageContext) -> ActionTable<String> {
        ActionTable(
            view.actions() + [
                ActionRow("export", keys: ["e"], title: "Export", help: "Writes the operations listed to a file: text, CSV, JSON, or SQL to redo or undo them.",
                    disabledReason: exportObstacle(context)),
                ActionRow("rollback", keys: ["R"], title: "Roll back", help: "Goes to the Rollback page: cancels this operation and all after it.",
                    disabledReason: obstacle),
                ActionRow("restore", keys: ["T"], title: "Restore", help: "Goes to the Restore page: restores the data as they were just before this operation.",
                    disabledReason: obstacle),
            ])
    }

    private func exportObstacle(_ context: PageContext) -> String? {
        if view.listing.state != .open { return "No log is open." }
        if context.isReadOnly { return "The program was started with --readonly." }
        return context.isBusy ? "An operation is running." : nil
    }

    private var obstacle: String? {
        if view.listing.source != .application { return "This is another log: only the application's own operations can be undone." }
        return view.selected == nil ? "No operation is selected." : nil
    }

    mutating func appear(_ request: PageRequest?, _ context: PageContext) -> [Effect] {
        if case .activity(let log) = request { return view.open(.file(log), context) }
        return view.appear(context)
    }

    mutating func refreshed(_ context: PageContext) -> [Effect] { view.refreshed(context) }

    mutating func resized(_ context: PageContext) -> [Effect] { view.resized(context) }

    mutating func perform(_ action: String, _ context: PageContext) -> [Effect] {
        switch action {
        case "export": [.dialog(export(context))]
        case "rollback": view.selected.map { [.goTo(.rollback, .rollback(keep: $0.number - 1))] } ?? []
        case "restore": view.selected.map { [.goTo(.restore, .restore(to: $0.number - 1))] } ?? []
        default: view.perform(action, context)
        }
    }

    private func export(_ context: PageContext) -> ExportDialog {
        let listing = view.listing
        let count = listing.matches.map { $0.isComplete ? Quantity.number($0.count) + " operations" : "the operations that meet the filter" } ?? ""
        let folder = context.application.folder
        return switch listing.source {
        case .application:
            ExportDialog(listing.query, file: context.application.data, stem: "\(folder)/\(context.application.name)-activity", count: count)
        case .file(let path):
            ExportDialog(listing.query, file: path, stem: "\(folder)/\(context.application.name)-log", count: count)
        }
    }

    mutating func handle(_ event: TerminalEvent, in rect: Rect, _ context: PageContext) -> [Effect]? {
        view.handle(event, in: rect, context)
    }

    mutating func receive(_ key: String, _ result: Result<any Sendable, Failure>, _ context: PageContext) -> [Effect] {
        view.receive(key, result, context) ?? []
    }

    mutating func ended(_ operation: String, _ result: Result<any Sendable, Failure>, _ context: PageContext) -> [Effect] {
        guard case .success(let value) = result, let outcome = value as? ExportOutcome else { return [] }
        if outcome.warnings.isEmpty { return [.message("Written to \(outcome.path)", .good)] }
        return [.dialog(Notice("Export of operations", ["Written to \(outcome.path).", ""] + outcome.warnings))]
    }

    func render(into frame: inout Frame, _ rect: Rect, _ context: PageContext) { view.render(into: &frame, rect) }
}
