// The last backup that did not end well, noted beside the data: its own destination may be full, away, or one that no backup ever came to.

import FileSystem
import Glibc
import Vocabulary

/// `NAME.msc/failedBackup.json`: there from a backup's failure or Stop until one succeeds.
struct FailedBackup {
    private let application: Application

    init(_ application: Application) { self.application = application }

    static func path(_ application: Application) -> String { application.companion + "/failedBackup.json" }

    private var path: String { FailedBackup.path(application) }

    /// Remembers it. A disk that takes no byte any more still takes an empty file, which tells that a backup failed, and when.
    func note(_ entry: HistoryEntry) {
        guard Folder.isFolder(application.companion) else { return }
        do throws(Failure) { try JSONFile.write(entry, path) } catch {
            // What cannot even be named cannot be told: the backup's own error went to whoever made it.
            try? JSONFile.write(bytes: [], path)
        }
    }

    /// A backup succeeded.
    /// - Throws: 1511 or 1516.
    func forget() throws(Failure) {
        guard Folder.exists(path) else { return }
        do { try Folder.removeFile(path) } catch { throw Failure.writing(error) }
    }

    /// Nil when the last backup ended well, as far as this file tells.
    /// - Throws: 1511 or 1515 when it cannot be read, 1519 when it is not what this program writes.
    func read() throws(Failure) -> HistoryEntry? {
        guard let status = Folder.status(of: path) else { return nil }
        if status.st_size > 0 { return try JSONFile.read(path) }
        var entry = HistoryEntry(
            kind: .backup, number: 0, start: Timestamp.utc(status.st_mtim.milliseconds / 1000 * 1000), seconds: 0, status: .failed)
        entry.errorMessage = "why could not be noted, since the disk took nothing"
        return entry
    }
}
