// Who an application is and which numbers it has used: `NAME.msc/application.json`, written atomically. The data file may
// be lost, the history may be lost; a number is still never used twice (invariant I7).

import FileSystem
import FoundationEssentials
import Vocabulary

/// The application's lasting record.
struct ApplicationRecord: Codable, Equatable, Sendable {
    var formatVersion = 1
    /// The same for all backups, logs and restored copies of this application.
    var application: String
    /// The name of the data file this folder belongs to.
    var dataFile: String
    /// The number of the last backup that was published.
    var lastBackup = 0
    /// Where the log file stands; nil while no log is used.
    var journal: String?
    /// The folders that backups went to, the newest last.
    var destinations: [String] = []

    private static func path(_ application: Application) -> String { application.companion + "/application.json" }

    /// Reads the record; nil when the application has none yet.
    static func read(_ application: Application) throws(Failure) -> ApplicationRecord? {
        guard let record: ApplicationRecord = try JSONFile.read(path(application)) else { return nil }
        guard record.dataFile == Folder.name(of: application.data) else {
            throw Failure(
                .destinationExists,
                "the folder '\(application.companion)' belongs to the data file '\(record.dataFile)', not to '\(Folder.name(of: application.data))'",
                hint: "Two data files whose names differ only in the extension cannot share a folder: rename or move one of them.")
        }
        return record
    }

    /// Reads the record, or makes and writes a fresh one.
    static func establish(_ application: Application, _ surroundings: Surroundings) throws(Failure) -> ApplicationRecord {
        if let found = try read(application) { return found }
        let made = ApplicationRecord(application: surroundings.makeIdentifier(), dataFile: Folder.name(of: application.data))
        try application.createFolders()
        try made.write(application)
        return made
    }

    func write(_ application: Application) throws(Failure) { try JSONFile.write(self, ApplicationRecord.path(application)) }
}
