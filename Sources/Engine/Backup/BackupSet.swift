// The backup sets of an application as lists show them.

import FileSystem
public import Vocabulary

public struct BackupSet: Codable, Sendable, Equatable {
    public var number: Int
    /// When it began: UTC, ISO 8601.
    public var date: String
    public var seconds: Double
    /// complete, partial, failed or stopped.
    public var status: String
    /// Why it did not end well.
    public var error: String?
    public var archive: String
    public var log: String?
    public var archiveBytes: UInt64
    public var lastOperation: UInt64?
    /// Whether the archive is at its place now.
    public var present: Bool

    /// The published sets at the destination that the settings name, newest first. Empty when there was no backup yet.
    public static func all(of application: Application, _ surroundings: Surroundings) throws -> [BackupSet] {
        guard let identity = try ApplicationRecord.read(application) else { return [] }
        let folder = try BackupSettings.read(application).destination(of: application)
        guard Folder.isFolder(folder) else { return [] }
        let history = try HistoryFile(of: identity, application, folder: folder).read().history
        return history.sets.map { BackupSet($0) }
    }

    init(_ entry: HistoryEntry) {
        number = entry.number
        date = entry.start
        seconds = entry.seconds
        status = entry.status.rawValue
        error = entry.errorMessage
        archive = entry.archive ?? ""
        log = entry.log
        archiveBytes = entry.archiveBytes
        lastOperation = entry.lastOperation
        present = entry.archiveFiles.allSatisfy { Folder.exists($0) }
    }
}
