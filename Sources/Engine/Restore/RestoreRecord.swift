// What remains of a restore besides its files: a line in the backup journal and one in the history of the application that the
// archive was made from, where that is still there.

import Archive
import FileSystem
import Vocabulary

struct RestoreRecord {
    let archive: String
    let manifest: Manifest
    let surroundings: Surroundings
    let started: Int64

    /// Writes both for a restore that is done: what cannot be written becomes a warning and undoes nothing.
    func write(_ outcome: RestoreOutcome) -> [Failure] {
        guard let original = manifest.items.first(where: { $0.role == .data })?.originalPath,
            let application = try? Application(data: original), Folder.isFolder(application.companion)
        else { return [] }
        let seconds = Double(surroundings.now() - started) / 1000
        var warnings: [Failure] = []
        var line = JournalLine(.restore, at: started)
        line.number = Int(clamping: manifest.backupNumber)
        line.status = "complete"
        line.path = archive
        line.seconds = seconds
        line.detail =
            "to \(outcome.destination)" + (outcome.lastOperation.map { ", as after operation \($0)" } ?? "")
            + (outcome.integrated.isEmpty ? "" : ", logs: \(outcome.integrated.map(\.log).joined(separator: ", "))")
        if let warning = BackupJournal(folder: application.logsFolder, isVerbose: true).record(line) { warnings.append(warning) }
        do {
            guard let record = try ApplicationRecord.read(application) else { return warnings }
            let folder = try BackupSettings.read(application).destination(of: application)
            guard Folder.isFolder(folder) else { return warnings }
            var entry = HistoryEntry(
                kind: .restore, number: Int(clamping: manifest.backupNumber), start: Timestamp.utc(started), seconds: seconds,
                status: .complete)
            entry.items = outcome.items.map { .init(role: "restored", path: $0, size: 0) }
            entry.lastOperation = outcome.lastOperation
            warnings += try HistoryFile(of: record, application, folder: folder).append(entry, now: surroundings.now())
        } catch { warnings.append(error) }
        return warnings
    }
}
