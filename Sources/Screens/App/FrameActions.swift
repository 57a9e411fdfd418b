// What can be done on every page, and the rows that footer, help and dispatch share for it.

import TerminalKit

/// An action of the frame, or one of the page in front.
enum FrameAction: Hashable, Sendable {
    case page(String)
    case help, running, look, wide, previous, next, quit
    case goTo(PageID)
}

extension PageID {
    /// With Alt it goes to the page.
    var letter: Character {
        switch self {
        case .information: "i"
        case .activity: "a"
        case .verify: "v"
        case .backup: "b"
        case .compact: "c"
        case .rollback: "l"
        case .restore: "r"
        case .repair: "p"
        case .settings: "s"
        }
    }

    /// For the narrow strip.
    var shortTitle: String { self == .activity ? "Activity" : title }
}

extension AppModel {
    /// The frame's own actions: after those of the page, before nothing.
    func frameActions() -> ActionTable<FrameAction> {
        let runs = own != nil || foreign != nil
        var rows: [ActionRow<FrameAction>] = [
            ActionRow(.help, keys: [.function(1), "?"], title: "Help", help: "Shows all keys of this page."),
            ActionRow(
                .running, keys: [.function(2)], title: "Show progress", help: "Shows the operation that runs, here or in another process.",
                disabledReason: runs ? nil : "No operation is running.", isInFooter: runs),
        ]
        for (index, page) in order.enumerated() {
            var keys: [Key] = [.alt(page.letter)]
            if index < 9 { keys.insert(.character(Character(String(index + 1))), at: 0) }
            rows.append(ActionRow(.goTo(page), keys: keys, title: page.title, help: "Goes to the page \(page.title).", isInFooter: false))
        }
        rows += [
            ActionRow(.previous, keys: [.ctrlUp], title: "Page before", help: "Goes to the page before.", isInFooter: false),
            ActionRow(.next, keys: [.ctrlDown], title: "Next page", help: "Goes to the next page.", isInFooter: false),
            ActionRow(.wide, keys: [.function(9)], title: "Wide", help: "Puts the column of pages aside, or back.", isInFooter: false),
            ActionRow(.look, keys: [.ctrl("r")], title: "Look again", help: "Reads the state of log and backups anew.", isInFooter: false),
            ActionRow(.quit, keys: ["q", .ctrl("c")], title: "Quit", help: "Leaves the program; asks while an operation runs."),
        ]
        return ActionTable(rows)
    }

    /// Help first, then the page, then the rest: the order of the footer and of the help overlay.
    func allActions() -> ActionTable<FrameAction> {
        let frame = frameActions().rows
        let page = pages[front]?.actions(context).rows ?? []
        let mapped = page.map { row in
            ActionRow(
                FrameAction.page(row.id), keys: row.keys, title: row.title, help: row.help, disabledReason: row.disabledReason,
                isInFooter: row.isInFooter)
        }
        return ActionTable(frame.prefix(1) + mapped + frame.dropFirst())
    }

    private static func thermometerActions(isStopping: Bool) -> ActionTable<String> {
        ActionTable([
            ActionRow(
                "stop", keys: ["s"], title: "Stop", help: "Stops the operation: it ends with error 1406.",
                disabledReason: isStopping ? "It is stopping already." : nil),
            ActionRow(
                "hide", keys: [.escape], title: "Hide", help: "Puts the thermometer aside; the work goes on, F2 shows it again."),
        ])
    }

    /// The rows of the footer: those of what is on top.
    func footerActions() -> ActionTable<FrameAction> {
        func mapped(_ table: ActionTable<String>) -> ActionTable<FrameAction> {
            ActionTable(table.rows.map { row in
                ActionRow(
                    .page(row.id), keys: row.keys, title: row.title, help: row.help, disabledReason: row.disabledReason,
                    isInFooter: row.isInFooter)
            })
        }
        if waiting != nil {
            return ActionTable([
                ActionRow(.page("cancel"), keys: [.escape], title: "Cancel operation", help: "Gives the waiting operation up.")
            ])
        }
        if let top = dialogs.last { return mapped(top.dialog.actions(context)) }
        switch shown {
        case .own: return mapped(AppModel.thermometerActions(isStopping: own?.isStopping ?? false))
        case .foreign: return mapped(AppModel.thermometerActions(isStopping: foreign?.isStopping ?? false))
        case .none: return allActions()
        }
    }
}
