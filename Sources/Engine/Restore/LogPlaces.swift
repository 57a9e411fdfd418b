// Where the logs of an application can be: beside an archive, in the destinations that backups used, in the log's own folder.

import Archive
import FileSystem
import Vocabulary

struct LogPlaces {
    /// Folders to look through.
    var folders: [String]
    /// Logs known by name.
    var files: [String] = []

    init(_ application: Application) throws(Failure) {
        folders = [application.defaultDestination, application.folder]
        guard let record = try ApplicationRecord.read(application) else { return }
        folders += record.destinations
        // Where a log stood before it was stopped, or begun elsewhere.
        folders += (record.logFolders ?? []).map(\.path)
        if let journal = record.journal {
            files.append(journal)
            folders.append(Folder.parent(of: journal))
        }
    }

    /// The places that an archive points to: its own folder, and those of the application it was made from where that is
    /// still there.
    init(archive: String, _ manifest: Manifest) throws(Failure) {
        folders = []
        if let original = manifest.items.first(where: { $0.role == .data })?.originalPath,
            let application = try? Application(data: original)
        {
            self = try LogPlaces(application)
        }
        folders.insert(Folder.parent(of: Folder.resolved(archive) ?? archive), at: 0)
    }
}
