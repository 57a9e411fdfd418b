// The outcome of a restore, told beforehand: what, where to, along which logs, where it ends, what is lost, what was checked.

import Engine
import TerminalKit
import Vocabulary

struct RestoreReview {
    struct Fact: Equatable {
        var name: String
        var text: String
        var style: Style
    }

    private(set) var facts: [Fact] = []

    init(_ choices: RestoreChoices, _ application: Application, _ glyphs: Glyphs) {
        guard let preview = choices.preview else { return }
        let archive = preview.archive
        add("Archive", archive.path)
        add("", "number \(archive.number) of \(archive.application), made \(Timestamp.local(archive.time))")
        addItems(choices, archive)
        addDestination(choices, application)
        addLogs(choices, preview)
        addEnd(choices, preview)
        if let place = choices.place {
            add("Space", "\(Amount.bytes(place.needed)) needed, \(Amount.bytes(place.free)) free")
        }
        addChecks(choices, String(Character(glyphs.good)))
        add("Stop", choices.stopLeaves)
        add("Command", choices.commandLine, .hint)
        if choices.effectiveLogs == .oneByOne, let log = choices.logsToIntegrate.first {
            add("", ShellWords.line(["msc", "integrate", choices.restoredData, log.path]) + ", and so on", .hint)
        }
    }

    private mutating func add(_ name: String, _ text: String, _ style: Style = .normal) { facts.append(Fact(name: name, text: text, style: style)) }

    private mutating func addItems(_ choices: RestoreChoices, _ archive: ArchiveSummary) {
        if choices.isInPlace {
            add("Items", "the data file, \(Amount.bytes(choices.itemBytes))")
        } else if choices.items.isEmpty {
            add("Items", "all \(choices.itemCount), \(Amount.bytes(choices.itemBytes))")
        } else {
            add("Items", "\(choices.itemCount) of \(archive.items.count), \(Amount.bytes(choices.itemBytes)):")
            for item in choices.items.prefix(20) { add("", "  " + item) }
            if choices.items.count > 20 { add("", "  and \(choices.items.count - 20) more") }
        }
    }

    private mutating func addDestination(_ choices: RestoreChoices, _ application: Application) {
        guard choices.isInPlace else {
            add("To", choices.place?.path ?? choices.destination)
            add("", "The data that are in use stay as they are.")
            return
        }
        add("In place", application.data, .warning)
        switch choices.place?.situation {
        case .missing, nil: add("", "It is missing: the restored file gets its name.")
        case .damaged:
            add("", "It is damaged: it is set aside beside its place as \(RestoreWords.name(application.data)).damaged-…, the restored file gets its name.", .warning)
        case .live:
            add("", "It is in use or could be: its rows become the restored ones in one transaction, and programs see all of it or nothing. The change is written to the log, so it can be rolled back.", .warning)
        }
    }

    private mutating func addLogs(_ choices: RestoreChoices, _ preview: RestorePreview) {
        let logs = choices.logsToIntegrate
        guard choices.effectiveLogs != .none, !logs.isEmpty else {
            return add("Logs", choices.logsObstacle ?? (choices.effectiveLogs == .none ? "none is integrated" : preview.logs.isEmpty ? "none follows" : "none is needed to come there"))
        }
        add("Logs", choices.effectiveLogs == .oneByOne ? "one by one, asking after each:" : "in this order:")
        for (index, log) in logs.enumerated() {
            let first = max(log.first, preview.held + 1)
            var last = log.last
            if case .operation(let end) = choices.end { last = min(last, end) }
            let part = last < log.last ? " of \(first) to \(log.last)" : ""
            add("", "\(index + 1). \(RestoreWords.name(log.path)): \(RestoreWords.operations(first, last))\(part)")
        }
    }

    private mutating func addEnd(_ choices: RestoreChoices, _ preview: RestorePreview) {
        guard choices.takesData, preview.archive.lastOperation != nil, let end = choices.standing?.end else {
            if choices.takesData { add("Ends", "as the backup holds the data") }
            return
        }
        add("Ends after", RestoreWords.point(end) + (choices.effectiveLogs == .all && choices.wish == nil && preview.gaps.isEmpty ? ", or later when the log goes on until then" : ""), .title)
        if let warning = choices.standing?.warning { add("Warning", warning.description, .warning) }
        guard let rest = choices.standing?.rest else { return add("Left out", "nothing that is known") }
        add("Left out", RestoreWords.rest(rest) + (choices.isInPlace ? ". The data are as if they had not been; the log keeps them." : "."), .warning)
        if choices.isInPlace, choices.place?.situation != .live {
            add("", "Where the log goes on, the file first gets everything and what comes after that point is then rolled back: no operation number is used twice.")
        }
    }

    private mutating func addChecks(_ choices: RestoreChoices, _ good: String) {
        guard let preview = choices.preview else { return }
        var checks = [
            choices.verified == preview.archive.path
                ? "every byte of the archive was read, all digests are right"
                : "the archive's directory and manifest are sound; each item is checked by its digest before it gets its name"
        ]
        if !choices.logsToIntegrate.isEmpty { checks.append("the logs are of this chain and follow each other without a gap") }
        if choices.end != nil { checks.append("the end is a committed state") }
        checks.append(choices.isInPlace ? "there is room for a copy beside the data file" : "the destination can be made and has room")
        for (index, check) in checks.enumerated() { add(index == 0 ? "Checked" : "", "\(good) \(check)", .good) }
        for warning in preview.warnings { add("Warning", warning, .warning) }
    }
}

extension RestoreChoices {
    /// What a Stop leaves, as a sentence.
    var stopLeaves: String {
        isInPlace
            ? "Until the restored data are in place the database is as it was; a Stop leaves it so."
            : "Nothing stands at the destination before everything is there; a Stop leaves nothing."
    }

    /// Where the data file will be.
    var restoredData: String {
        if isInPlace { return preview?.archive.originalData ?? "" }
        let entry = preview?.archive.items.first { $0.role == "data" }?.name ?? ""
        return (place?.path ?? destination) + "/" + entry
    }
}
