// A companion folder that was lost with the data, as with their disk: what an archive knows of it comes back, so that the restored database
// has its settings, its list of backups and its log again.

import Archive
import FileSystem
import LogFile
import Vocabulary

/// The companion folder of data that are restored in place. What is there is left as it is.
struct LostCompanion {
    let application: Application
    let archive: String
    let manifest: Manifest

    /// Brings back the settings and the application's record where they are missing. On failure some of it may be there: it is true all
    /// the same, and the next restore completes it.
    /// - Parameter journal: where the log stood, as the data tell; empty for beside them.
    /// - Returns: the paths of files that came back.
    func bringBack(_ reader: ArchiveReader, journal: String, _ job: Job) throws -> [String] {
        guard try ApplicationRecord.read(application) == nil else { return [] }
        try application.createFolders()
        var restored: [String] = []
        for item in manifest.items where item.role == .settings && item.entryName.hasPrefix("Settings/") {
            let path = Folder.join(application.companion, item.entryName)
            if Folder.exists(path) { continue }
            try reader.extract(item, below: application.companion, job: job)
            restored.append(path)
        }
        try record(journal).write(application)
        return restored
    }

    /// The record, made from what the archive and the folders of backups tell. No number of a backup is used twice (I7).
    private func record(_ journal: String) throws(Failure) -> ApplicationRecord {
        var record = ApplicationRecord(
            application: manifest.application, dataFile: Folder.name(of: application.data), lastBackup: Int(clamping: manifest.backupNumber))
        let former = manifest.items.first { $0.role == .data }.map { Folder.parent(of: $0.originalPath) } ?? application.folder
        let place = { (path: String) in Application.relocated(path, from: former, to: application.folder) }
        let beside = Folder.parent(of: Folder.resolved(archive) ?? archive)
        record.destinations = (manifest.places?.destinations ?? []).map(place)
        if !record.destinations.contains(beside), Folder.exists(Folder.join(beside, HistoryFile.name)) { record.destinations.append(beside) }
        for folder in record.destinations where Folder.isFolder(folder) {
            let file = HistoryFile(of: record, application, folder: folder)
            record.lastBackup = max(record.lastBackup, try file.nextNumber(record, file.read().history) - 1)
        }
        record.logFolders = (manifest.places?.logFolders ?? []).map(place).compactMap { ApplicationRecord.LogFolder($0) }
        guard !manifest.chain.isEmpty || manifest.places?.log != nil else { return record }
        record.takeLog(place(manifest.places?.log ?? (journal.isEmpty ? Folder.join(former, Folder.name(of: application.defaultJournal)) : journal)))
        return record
    }
}
