// What stands above and below the list: which log, which filter, how many; and the selected operation in words.

import Engine
import TerminalKit
import Vocabulary

extension OperationListing {
    /// Which logs are shown, and how up to date they are.
    var sourceText: String {
        guard let extent else { return "" }
        var text = extent.paths.last.map(OperationListing.name) ?? ""
        if source != .application { text = "Another log: \(text)" }
        if extent.paths.count > 1 { text += " and \(extent.paths.count - 1) before it" }
        if extent.last >= extent.first {
            text += ", operations \(Quantity.number(extent.first)) to \(Quantity.number(extent.last))"
        }
        if isFollowing { text += ", following" } else if isUpdating { text += ", updating" }
        return text
    }

    /// The filter and the number of its matches.
    var filterText: String {
        guard let matches else { return "" }
        if let next = searching, let extent {
            return "Searching '\(searched)' at operation \(Quantity.number(min(next, extent.last))); Esc stops"
        }
        if let sorting { return "Sorting by \(sorting.column.title), \(Quantity.percent(UInt64(sorting.keys.count), of: matches.count))" }
        if query == ActivityQuery() { return "No filter" }
        var count = Quantity.number(matches.count)
        if !matches.isComplete { count += " so far, \(Quantity.percent(matches.done, of: matches.total)) looked through" }
        if matches.damaged > 0 { count += "; \(Quantity.number(matches.damaged)) damaged, not looked through" }
        return "\(query.text): \(count)"
    }

    /// The selected operation, as far as the list's columns may not show it.
    var selectedText: String {
        guard let row = selected else { return "" }
        var parts = [Timestamp.local(row.time)]
        if let context = row.context {
            parts.append("\(context.process) \(context.processID) \(context.user)@\(context.host)")
            if !context.purpose.isEmpty { parts.append(context.purpose) }
        }
        parts.append(Quantity.bytes(UInt64(row.size)))
        if let record = row.record { parts.append("record \(record)") }
        return parts.joined(separator: "  ")
    }

    private static func name(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
}

extension ActivityQuery {
    /// The conditions, in a few words.
    var text: String {
        var parts: [String] = []
        if !tables.isEmpty { parts.append(tables.sorted().joined(separator: ", ")) }
        if !actions.isEmpty { parts.append(Action.allCases.filter(actions.contains).map(\.title).joined(separator: ", ")) }
        if let key { parts.append("key \(key)") }
        if let search { parts.append("'\(search)'") }
        if let context { parts.append("by '\(context)'") }
        if let since { parts.append("from \(Timestamp.local(since))") }
        if let until { parts.append("until \(Timestamp.local(until))") }
        return parts.joined(separator: "; ")
    }
}
