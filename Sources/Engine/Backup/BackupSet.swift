// The backup sets of an application as lists show them.

import FileSystem
import Vocabulary

public struct BackupSet: Codable, Sendable, Equatable {
    public var number: Int
    /// When it began: UTC, ISO 8601.
    public var date: String
    public var seconds: Double
    /// complete, partial, failed or stopped.
    public var status: String
    /// Why it did not end well.
    @OrNull public var error: String?
    public var archive: String
    @OrNull public var log: String?
    public var archiveBytes: UInt64
    @OrNull public var lastOperation: UInt64?
    /// Whether the archive is at its place now.
    public var present: Bool
    /// The date of the schedule that it was made for; nil for one that somebody started.
    @OrNull public var due: String?
    /// Whether the next backup to the destination in the settings deletes this set, if it ends well.
    @OrNull public var deletedByNextBackup: Bool?
    /// The newest trial restore of the archive; nil when there was none.
    @OrNull public var proof: ProofRecord? = nil
    /// Whether the archive holds the data file; nil when that is not known.
    @OrNull public var holdsData: Bool? = nil
    /// What was found wrong with the saved data: damaged, foreign or emptied; nil for good data.
    @OrNull public var condition: String? = nil
    /// Bytes of the archive's files now, where they are not those that were written; nil otherwise.
    @OrNull public var bytesFound: UInt64? = nil

    /// Whether the archive is at its place as it was written, as far as its size tells.
    public var isWhole: Bool { present && bytesFound == nil }

    /// What is wrong with it, each in a few words for lists; empty for a good set. The trial restore is told apart.
    public var marks: [String] {
        var marks: [String] = []
        if !present { marks.append("MISSING") }
        if bytesFound != nil { marks.append("ARCHIVE CUT OR CHANGED") }
        if let condition { marks.append("\(condition.uppercased()) DATA") }
        if holdsData == false { marks.append("WITHOUT THE DATA") }
        return marks
    }

    /// The published sets at every destination that was used, newest first. Empty when there was no backup yet.
    public static func all(of application: Application, _ surroundings: Surroundings) throws -> [BackupSet] {
        guard let record = try ApplicationRecord.read(application) else { return [] }
        let settings = try BackupSettings.read(application)
        let configured = settings.destination(of: application)
        return try folders(record.destinations(with: configured)).flatMap { (folder) throws -> [BackupSet] in
            let file = HistoryFile(of: record, application, folder: folder)
            let history = try file.read().history
            let own = history.only { file.isOwnHere($0, record, application, surroundings) }
            let old = folder == configured ? Retention.setsOfNextBackup(own, settings) { Folder.exists($0) } : []
            return history.sets.map { entry in
                var set = BackupSet(entry)
                set.deletedByNextBackup = old.contains { $0.number == entry.number && $0.archive == entry.archive }
                return set
            }
        }.sorted { $0.number > $1.number }
    }

    /// Those that are there.
    /// - Throws: 1511 for one that this user may not see: it may hold every backup.
    private static func folders(_ paths: [String]) throws(Failure) -> [String] {
        if let path = paths.first(where: { Folder.isHidden($0) || Folder.isFolder($0) && !Folder.isOpen($0) }) { throw Application.hidden(path) }
        return paths.filter { Folder.isFolder($0) }
    }

    /// The newest backup that was tried, whatever became of it; nil when there was none. One that did not end well has no
    /// archive.
    public static func lastAttempt(of application: Application) throws -> BackupSet? {
        let failed = try FailedBackup(application).read()
        guard let record = try ApplicationRecord.read(application) else { return failed.map { BackupSet($0) } }
        let configured = try BackupSettings.read(application).destination(of: application)
        // By number first: a clock that was ahead once must not hide what came later.
        let noted = try folders(record.destinations(with: configured))
            .compactMap { try HistoryFile(of: record, application, folder: $0).read().history.lastBackup }
            .max { ($0.number, $0.start) < ($1.number, $1.start) }
        // A success takes the note away. Where that failed, a set of its number tells.
        if let failed, failed.number == 0 || failed.number > record.lastBackup { return BackupSet(failed) }
        return noted.map { BackupSet($0) }
    }
}

extension BackupSet {
    init(_ entry: HistoryEntry) {
        self.init(
            number: entry.number, date: entry.start, seconds: entry.seconds, status: entry.status.rawValue, error: entry.errorMessage,
            archive: entry.archive ?? "", log: entry.log, archiveBytes: entry.archiveBytes, lastOperation: entry.lastOperation,
            present: entry.archiveFiles.allSatisfy { Folder.exists($0) }, due: entry.due, proof: entry.proof)
        condition = entry.condition?.rawValue
        holdsData = entry.holdsData ?? (entry.isWithoutData ? false : nil)
        // An older version did not note the size of every archive.
        if let now = entry.bytesNow, entry.archiveBytes > 0, now != entry.archiveBytes { bytesFound = now }
    }
}
