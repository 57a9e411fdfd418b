// What has been chosen in the wizard so far, and what it comes to: the restore itself, its command line, its outcome in words.
// Nothing here touches a file.

import Engine
import Vocabulary

/// The wish that the steps build up.
struct RestoreChoices: Sendable, Equatable {
    enum Logs: Int, Sendable { case none, oneByOne, all }

    /// The chosen archive and what follows it; nil before one is chosen.
    var preview: RestorePreview?
    /// Entry names or folders of entries; empty for all.
    var items: [String] = []
    /// Whether the data file is among them.
    var takesData = true
    /// How many of the items, and their bytes.
    var itemCount = 0
    var itemBytes: UInt64 = 0
    var isInPlace = false
    var destination = ""
    /// The destination as it was found; nil while it is looked at.
    var place: RestoreDestination?
    var logs = Logs.all
    /// Nil for everything that the logs hold.
    var wish: Point?
    /// What the wish comes to; nil while it is looked up.
    var standing: PointStanding?
    /// Logs that were added by hand.
    var otherLogs: [String] = []
    /// The name was typed that confirms a restore in place.
    var isConfirmed = false
    /// The archive of this path was checked to its last byte and found sound.
    var verified: String?

    /// Another archive makes all further choices anew, but for an end point that was asked for.
    mutating func choose(_ preview: RestorePreview) {
        guard preview != self.preview else { return }
        let isSame = preview.archive == self.preview?.archive
        self.preview = preview
        standing = nil
        if isSame { return }
        items = []
        takesData = preview.archive.originalData != nil
        itemCount = preview.archive.items.count
        itemBytes = preview.archive.size(of: [])
        isInPlace = false
        destination = preview.defaultDestination
        place = nil
        isConfirmed = false
    }

    /// Why logs cannot be integrated; nil when they can.
    var logsObstacle: String? {
        guard let preview else { return "No backup is chosen." }
        if preview.archive.lastOperation == nil { return "This backup was made without a log: no log can follow it." }
        if !takesData { return "The data file is not among the chosen items." }
        return nil
    }

    /// Why the data cannot be restored in place; nil when they can.
    func inPlaceObstacle(_ application: Application) -> String? {
        guard let archive = preview?.archive else { return "No backup is chosen." }
        guard let original = archive.originalData else { return "This archive holds no data file." }
        if original != application.data {
            return "This archive was made from \(original), not from the database that is open."
        }
        return nil
    }

    /// The logs in effect: none when they cannot be.
    var effectiveLogs: Logs { logsObstacle == nil ? logs : .none }

    /// The operation that the wish means, for the restore to end there and nowhere else.
    var end: Point? {
        guard wish != nil, effectiveLogs != .none, let end = standing?.end else { return nil }
        return .operation(end.operation)
    }

    /// The logs that are integrated, in order.
    var logsToIntegrate: [FollowingLog] {
        guard effectiveLogs != .none, let preview else { return [] }
        guard case .operation(let last) = end else { return preview.logs }
        return preview.logs.filter { $0.first <= last }
    }

    /// The first run: with one by one only what is in the archive.
    func restore(_ surroundings: Surroundings) -> Restore {
        var restore = Restore(
            archive: preview?.archive.path ?? "", surroundings: surroundings, target: isInPlace ? .inPlace : .folder(destination),
            items: isInPlace ? [] : items, logs: engineLogs, until: effectiveLogs == .all ? end : nil, insideTransaction: false)
        // What was shown and confirmed.
        if isInPlace { restore.dataFile = preview?.archive.originalData }
        return restore
    }

    private var engineLogs: Restore.Logs {
        guard effectiveLogs == .all else { return .none }
        return otherLogs.isEmpty ? .automatic : .files(logsToIntegrate.map(\.path))
    }

    /// The command line of that run.
    var commandLine: String {
        var words = ["msc", "restore", preview?.archive.path ?? ""]
        if isInPlace {
            words += ["--in-place", "--data", preview?.archive.originalData ?? ""]
        } else {
            words += ["--to", destination]
            for item in items { words += ["--item", item] }
        }
        words.append("--integrate")
        switch engineLogs {
        case .none: words.append("none")
        case .automatic: words.append("auto")
        case .files(let paths): words += paths
        }
        if effectiveLogs == .all, case .operation(let number) = end { words += ["--until-operation", String(number)] }
        return ShellWords.line(words)
    }
}
