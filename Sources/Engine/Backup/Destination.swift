// The folder that receives archives: checked before anything is read (error 1407).

import FileSystem
import Glibc
import Vocabulary

enum Destination {
    /// Makes sure that archives can be written to `path`, creating the default folder where it is missing.
    /// - Throws: 1407 with the reason.
    static func prepare(_ path: String, of application: Application, _ settings: BackupSettings) throws(Failure) {
        if path == application.defaultDestination {
            do { try Folder.create(path) } catch { throw invalid(path, error.reason) }
        }
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

    private static func invalid(_ path: String, _ reason: String) -> Failure {
        Failure(
            .destinationInvalid, "the destination folder '\(path)' is invalid", cause: reason,
            hint: "Name another folder with --destination or in the settings, or create this one.")
    }
}
