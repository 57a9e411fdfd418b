// The folder that receives archives: checked before anything is read (error 1407).

import Database
import FileSystem
import Glibc
import Vocabulary

enum Destination {
    /// Makes sure that archives can be written to `path`, creating the default folder where it is missing.
    /// - Throws: 1407 with the reason; 1511 when this user may not see the folder.
    static func prepare(_ path: String, of application: Application, _ settings: BackupSettings) throws(Failure) {
        if path == application.defaultDestination {
            do { try Folder.create(path) } catch { throw invalid(path, error.reason) }
        }
        if Folder.isHidden(path) { throw Application.hidden(path) }
        guard Folder.exists(path) else { throw invalid(path, "it does not exist") }
        guard Folder.isFolder(path) else { throw invalid(path, "it is not a folder") }
        guard access(path, W_OK | X_OK) == 0 else { throw invalid(path, String(cString: strerror(errno))) }
        let resolved = Folder.resolved(path) ?? path
        for source in settings.attachmentPaths(of: application) + settings.structurePaths(of: application) {
            if let folder = Folder.resolved(source), resolved == folder || resolved.hasPrefix(folder + "/") {
                throw invalid(path, "it lies inside '\(source)', which is being backed up")
            }
        }
        // What a killed backup left; a folder that cannot be listed is found out by the backup itself.
        try? Folder.removeLeftovers(in: path)
    }

    /// Refuses a folder that is not this database's own: a copy of the whole folder inherits identity, settings and history, and would
    /// number, list and delete its original's sets as its own. The copy's own companion folder is its own.
    /// - Throws: 1508.
    static func checkOwner(_ folder: String, of application: Application, _ job: Job) throws {
        guard folder != application.defaultDestination, Folder.isFolder(folder), let record = try ApplicationRecord.read(application) else { return }
        let file = HistoryFile(of: record, application, folder: folder)
        let others = try file.read().history.sets.filter { !file.isOwn($0, record, application) && $0.archiveFiles.contains { Folder.exists($0) } }
        guard let other = others.first?.source else { return }
        let isCopy = try isDetached(application, job) || record.original(of: application) != nil
        // Where nobody can see whether the other one is there, it counts as there.
        guard isCopy || Folder.exists(other) || Folder.isHidden(other) else { return }
        throw Failure(
            .copyDetached, "the folder '\(folder)' holds the backups of '\(other)', and '\(application.data)' is a copy of that database",
            hint: "Give the copy a folder of its own with --destination or the setting General/DestinationFolder.")
    }

    private static func isDetached(_ application: Application, _ job: Job) throws -> Bool {
        // A database that cannot be read is the backup's own affair.
        let state = try? CaptureState(Connection(application.data, .read, busyTimeout: 2000, stop: job))
        try job.checkStop()
        guard let state else { return false }
        return !state.isAttached(to: application)
    }

    private static func invalid(_ path: String, _ reason: String) -> Failure {
        Failure(
            .destinationInvalid, "the destination folder '\(path)' is invalid", cause: reason,
            hint: "Name another folder with --destination or in the settings, or create this one.")
    }
}
