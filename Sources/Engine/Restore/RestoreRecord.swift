// What remains of a restore besides its files: a line in the backup journal and one in the history of the application that the
// archive was made from, where that is still there.

import Archive
import FileSystem
import Glibc
import Vocabulary

struct RestoreRecord {
    let archive: String
    let manifest: Manifest
    let surroundings: Surroundings
    let started: Int64

    /// The application that the archive was made from, where that is still there.
    private var original: Application? {
        guard let data = ArchiveHome.data(of: archive, manifest),
            let application = try? Application(data: data), Folder.isFolder(application.companion)
        else { return nil }
        return application
    }

    private func line(_ event: JournalLine.Event, _ status: String) -> JournalLine {
        var line = JournalLine(event, at: started)
        line.number = Int(clamping: manifest.backupNumber)
        line.status = status
        line.path = Folder.resolved(archive) ?? archive
        line.seconds = Double(surroundings.now() - started) / 1000
        return line
    }

    private func entry(_ status: HistoryEntry.Status) -> HistoryEntry {
        var entry = HistoryEntry(
            kind: .restore, number: Int(clamping: manifest.backupNumber), start: Timestamp.utc(started),
            seconds: Double(surroundings.now() - started) / 1000, status: status)
        entry.chain = manifest.chain.isEmpty ? nil : manifest.chain
        return entry
    }

    /// Writes both for a restore that is done: what cannot be written becomes a warning and undoes nothing.
    func write(_ outcome: RestoreOutcome) -> [Failure] {
        guard let original else { return [] }
        var line = line(.restore, "complete")
        line.detail =
            "to \(outcome.destination)" + (outcome.lastOperation.map { ", as after operation \($0)" } ?? "")
            + (outcome.integrated.isEmpty ? "" : ", logs: \(outcome.integrated.map(\.log).joined(separator: ", "))")
        line.items = outcome.items.map { .init(role: "restored", path: $0, size: RestoreRecord.size($0)) }
        var entry = entry(.complete)
        entry.items = line.items
        entry.bytes = line.items.total(\.size)
        entry.lastOperation = outcome.lastOperation
        entry.destination = outcome.destination
        entry.integrated = outcome.integrated.map(\.log)
        return [BackupJournal(of: original).record(line)].compactMap { $0 } + append(entry, original)
    }

    /// Writes both for a restore that failed or was stopped. The failure itself is what is reported.
    func write(_ failure: Failure) {
        guard let original else { return }
        var line = line(.failure, failure.code == .stopped ? "stopped" : "failed")
        line.error = failure
        line.detail = "restore"
        _ = BackupJournal(of: original).record(line)
        var entry = entry(failure.code == .stopped ? .stopped : .failed)
        entry.take(failure)
        _ = append(entry, original)
    }

    private func append(_ entry: HistoryEntry, _ application: Application) -> [Failure] {
        do {
            guard let record = try ApplicationRecord.read(application) else { return [] }
            let folder = try BackupSettings.read(application).destination(of: application)
            guard Folder.isFolder(folder) else { return [] }
            return try HistoryFile(of: record, application, folder: folder).append(entry, now: surroundings.now())
        } catch { return [error] }
    }

    private static func size(_ path: String) -> UInt64 { UInt64(max(0, Folder.status(of: path)?.st_size ?? 0)) }
}
