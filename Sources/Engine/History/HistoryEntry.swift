// One line of the backup history: a backup or a restore, as it ended. The JSON names are interface; keys are only
// added, and only optional ones: a file of an older version lacks them.

import Archive
import FileSystem
import Glibc
public import Vocabulary

/// A backup or a restore that ended, well or not.
public struct HistoryEntry: Codable, Sendable, Equatable {
    public enum Kind: String, Codable, Sendable { case backup, restore }
    public enum Status: String, Codable, Sendable { case complete, partial, failed, stopped }

    /// Why the saved data are not what one wants to go back to: SQLite's file is damaged; they are those of another database; they hold
    /// much less than the good set before.
    public enum Condition: String, Codable, Sendable { case damaged, foreign, emptied }

    /// A saved or restored file or folder.
    public struct Item: Codable, Sendable, Equatable {
        /// "data", "settings", "structure", "attachment", …: the roles of the archive's manifest.
        public var role: String
        public var path: String
        /// Bytes before compression.
        public var size: UInt64

        public init(role: String, path: String, size: UInt64) {
            self.role = role
            self.path = path
            self.size = size
        }
    }

    public var kind: Kind
    /// The backup's number; for a restore the number of the archive it took.
    public var number: Int
    /// UTC, ISO 8601, as `Timestamp.utc` writes it; empty for an archive that could not be read.
    public var start: String
    public var seconds: Double
    public var status: Status
    public var errorCode: Int?
    public var errorMessage: String?
    /// The archive, absolute; of a segmented one the first segment. Nil when none was published, or when it was deleted.
    /// A failed backup that names one is an archive found in the folder that could not be read.
    public var archive: String?
    /// How many files the archive consists of.
    public var segments = 1
    /// The parity files of archive and log backup, absolute; nil when there are none, or when they were deleted.
    public var parity: [String]?
    /// The log backup written with it, absolute; nil when there is none, or when it was deleted.
    public var log: String?
    /// The data file that was backed up, absolute; nil in a line of an older version.
    public var data: String?
    /// The machine that made it, see `Surroundings.machineMark`; nil where that is not known, and in a line of an older version.
    public var machine: String?
    /// What was found wrong with the data while they were saved; nil for good data, and in a line of an older version.
    public var condition: Condition?
    /// Bytes of the pages of the program's tables and indexes, large values left out; nil when that is not known.
    public var tableBytes: UInt64?
    /// The newest trial restore of the archive; nil when there was none.
    public var proof: ProofRecord?
    /// At most `mostItems`; the archive's manifest holds them all.
    public var items: [Item] = []
    /// Items left out of `items`.
    public var itemsOmitted = 0
    /// The chain of operation numbers that the archive belongs to; nil without a log.
    public var chain: String?
    /// The operations of the log backup, and so the last one that the archive holds; nil without a log.
    public var firstOperation: UInt64?
    public var lastOperation: UInt64?
    /// The last captured change that the archived data holds, by its number in the capture table.
    public var position: Int64?
    /// Bytes of the archive's files.
    public var archiveBytes: UInt64 = 0
    /// Bytes of all items before compression.
    public var bytes: UInt64 = 0
    /// Whether the archive holds the data file; nil in a line of an older version.
    public var holdsData: Bool?
    /// The date of the schedule that it was made for, UTC, ISO 8601; nil for one that somebody started.
    public var due: String?
    /// Where the log stands that began on the data of this backup, which was made without one; nil otherwise.
    public var begunLog: String?
    /// Where a restore put things; nil for a backup.
    public var destination: String?
    /// The logs that a restore integrated.
    public var integrated: [String]?
    /// Set by retention. While `archive` or `log` is still named, the deletion was begun and perhaps not finished.
    public var deleted = false

    public init(kind: Kind, number: Int, start: String, seconds: Double, status: Status) {
        self.kind = kind
        self.number = number
        self.start = start
        self.seconds = seconds
        self.status = status
    }

    /// The items an entry keeps.
    static let mostItems = 50

    /// The files of the archive, all segments.
    public var archiveFiles: [String] {
        guard let archive else { return [] }
        // The number may come from a damaged file: beyond what an archive can have, one more says that it is not whole.
        return segments <= 1 ? [archive] : (1...min(segments, SegmentName.maximalNumber + 1)).map { SetFileName.segment($0, of: archive) }
    }

    /// The first of them.
    var firstFile: String? { archive.map { segments <= 1 ? $0 : SetFileName.segment(1, of: $0) } }

    /// The files of the set in the order in which they are deleted: parity files, archive, log backup. So no parity file is left of
    /// an archive that is gone.
    public var files: [String] { (parity ?? []) + archiveFiles + (log.map { [$0] } ?? []) }

    /// Whether the archive certainly holds no data file. The data come first among the items: a list that was shortened to nothing
    /// does not tell.
    public var isWithoutData: Bool {
        holdsData.map { !$0 } ?? (!items.isEmpty && !items.contains { $0.role == "data" })
    }

    /// Bytes of the archive's files as they are now; nil when one is not at its place.
    public var bytesNow: UInt64? {
        var sum: UInt64 = 0
        for path in archiveFiles {
            // An archive that was moved to another disk may be linked to from its place.
            guard let size = Folder.resolved(path).flatMap({ Folder.status(of: $0) })?.st_size else { return nil }
            sum = sum.adding(UInt64(max(0, size)))
        }
        return sum
    }

    var namesFiles: Bool { archive != nil || log != nil }

    /// Whether this is a backup whose archive was published and not deleted.
    public var isSet: Bool {
        kind == .backup && (status == .complete || status == .partial) && !deleted && archive != nil
    }

    /// The data file that was backed up, also as an older version noted it; nil when that is not known.
    var source: String? { data ?? items.first { $0.role == "data" }?.path }

    /// Whether this stands for an archive that was found and could not be read: it failed and yet names an archive.
    var isUnlisted: Bool { kind == .backup && status == .failed && archive != nil }

    /// Whether an archive with this number was published, whatever became of it.
    var wasPublished: Bool { kind == .backup && (status == .complete || status == .partial || archive != nil) }

    /// Records why the operation did not end well.
    public mutating func take(_ failure: Failure) {
        errorCode = failure.code.rawValue
        errorMessage = failure.sentence
    }

    /// Shortens the list of items.
    mutating func keepItems(_ count: Int) {
        guard items.count > count else { return }
        itemsOmitted = itemsOmitted.adding(items.count - count)
        items.removeLast(items.count - count)
    }
}
