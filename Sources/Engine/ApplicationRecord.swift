// Who an application is and which numbers it has used: `NAME.msc/application.json`, written atomically. The data file may
// be lost, the history may be lost; a number is still never used twice (invariant I7).

import Database
import FileSystem
import FoundationEssentials
import Glibc
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
    /// The folders where logs stand and stood, the newest last; nil in the file of an older version.
    var logFolders: [LogFolder]?
    /// Tables that are not journaled, for a log that has to be begun anew; nil in the file of an older version.
    var exclusions: [String]?
    /// The log that starts with the next backup; nil where none waits, or where it takes its usual place and leaves nothing out.
    var logRequest: Request?

    /// What `msc log start --after-next-backup` was told.
    struct Request: Codable, Equatable, Sendable {
        var journal: String
        var exclusions: [String]
    }
    /// Where the application lay when this was written; nil in the file of an older version.
    var home: Home?
    /// Where its data file lay before it was moved, the newest last.
    var formerData: [String]?

    /// A folder and what tells it from another one under its name, such as the bare mount point of its disk.
    struct LogFolder: Codable, Equatable, Sendable {
        var path: String
        var device: UInt64
        var inode: UInt64

        /// Nil when there is no such folder.
        init?(_ path: String) {
            guard Folder.isFolder(path), let status = Folder.status(of: Folder.resolved(path) ?? path) else { return nil }
            self.path = path
            device = UInt64(status.st_dev)
            inode = UInt64(status.st_ino)
        }

        /// Whether this very folder is at its place now.
        var isThere: Bool { LogFolder(path) == self }
    }

    /// The folders that backups went to, and the one they go to now, which is the last: each once, whatever names led to it.
    func destinations(with configured: String) -> [String] {
        var seen: Set<String> = []
        return (destinations + [configured]).reversed().filter { seen.insert(Folder.resolved($0) ?? $0).inserted }.reversed()
    }

    /// The log stands at this path, in a folder that is there.
    mutating func takeLog(_ path: String) {
        journal = path
        logRequest = nil
        rememberLogFolder(of: path)
    }

    mutating func rememberLogFolder(of journal: String) {
        guard let folder = LogFolder(Folder.parent(of: journal)) else { return }
        logFolders = (logFolders ?? []).filter { $0.path != folder.path }.suffix(15) + [folder]
    }

    private static func path(_ application: Application) -> String { application.companion + "/application.json" }

    /// Reads the record; nil when the application has none yet.
    static func read(_ application: Application) throws(Failure) -> ApplicationRecord? {
        guard var record: ApplicationRecord = try JSONFile.read(path(application)) else { return nil }
        guard record.dataFile == Folder.name(of: application.data) else {
            throw Failure(
                .destinationExists,
                "the folder '\(application.companion)' belongs to the data file '\(record.dataFile)', not to '\(Folder.name(of: application.data))'",
                hint: "Two data files whose names differ only in the extension cannot share a folder: rename or move one of them.")
        }
        record.relocate(to: application)
        return record
    }

    /// Reads what stands in a companion folder, as it stands there; nil when it holds no record.
    static func read(inCompanion folder: String) throws(Failure) -> ApplicationRecord? { try JSONFile.read(folder + "/application.json") }

    /// Reads the record, or makes and writes a fresh one.
    /// - Parameter job: nil where the operation established it before: whose file with two names this is was asked then.
    static func establish(_ application: Application, _ surroundings: Surroundings, _ job: Job?) throws(Failure) -> ApplicationRecord {
        if let found = try read(application) { return found }
        // Before anything is made. A database that cannot be read now is told of by whoever reads it.
        if let job, let status = Folder.status(of: application.data), status.st_nlink > 1 {
            let state = (try? Connection(application.data, .read, busyTimeout: 2000, stop: job)).flatMap { try? CaptureState($0) }
            try job.checkStop()
            try state?.checkName(application)
        }
        let made = ApplicationRecord(application: surroundings.makeIdentifier(), dataFile: Folder.name(of: application.data))
        try application.createFolders()
        try made.write(application)
        return made
    }

    /// Writes the record, and where the application lies: whoever writes it makes this place its own.
    func write(_ application: Application) throws(Failure) {
        var record = self
        record.home = Home(application)
        try JSONFile.write(record, ApplicationRecord.path(application))
    }
}
