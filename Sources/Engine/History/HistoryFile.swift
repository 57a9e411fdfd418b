// `backupHistory.json` in the destination folder: read whole, changed under a lock, written atomically. The folder may
// serve several applications: the file has one history for each. Lost or damaged, a history is rebuilt from the archives.

import FileSystem
import FoundationEssentials
public import Vocabulary

/// Where an application's history is kept.
public struct HistoryFile: Sendable {
    public static let name = "backupHistory.json"
    static let version = 1

    /// The destination folder.
    public let folder: String
    /// The application's identity.
    public let application: String
    /// The application's name, which its archives begin with.
    public let name: String
    /// Makes an entry from an archive's manifest; of a segmented archive it gets the first segment. Returns nil for an
    /// archive of another application. It names a log backup only after checking that it belongs to this application
    /// and archive: retention deletes what the history names. A throw means that the archive cannot be read.
    private let entry: @Sendable (_ archive: String) throws -> HistoryEntry?

    public init(
        folder: String, application: String, name: String,
        rebuildingFrom entry: @escaping @Sendable (_ archive: String) throws -> HistoryEntry?
    ) {
        self.folder = folder
        self.application = application
        self.name = name
        self.entry = entry
    }

    public var path: String { Folder.join(folder, HistoryFile.name) }

    /// A history and what had to be overcome to get it.
    public struct Reading: Sendable {
        public var history: BackupHistory
        /// Empty when the file was there and whole.
        public var warnings: [Failure] = []
        fileprivate var others: [String: BackupHistory] = [:]
        fileprivate var isDamaged = false
    }

    private struct Content: Codable {
        var formatVersion: Int
        /// By identity.
        var applications: [String: BackupHistory]
    }

    private struct Version: Codable { var formatVersion: Int }

    /// Reads the history, and takes archives that are newer than all it knows from the folder: every archive when the
    /// history is lost or damaged. Changes nothing on the disk.
    ///
    /// Older archives that it does not know are passed over: they were deleted once and put back by somebody, and are not
    /// for retention to delete again. A folder that does not exist has an empty history.
    /// - Throws: 1503 when a newer version of this program wrote the file, 1515 when file or folder cannot be read.
    public func read() throws(Failure) -> Reading { try read(passingOver: nil) }

    private func read(passingOver archive: String?) throws(Failure) -> Reading {
        var reading = Reading(history: BackupHistory(name: name))
        do {
            reading.others = try content()?.applications ?? [:]
        } catch where error.code == .badValue {
            reading.isDamaged = true
            let damage = Failure(
                .badValue, "the backup history '\(path)' is damaged", cause: error.cause,
                hint: "It is rebuilt from the archives' manifests; failed backups and restores are lost from it.")
            reading.warnings.append(damage)
        }
        let known = reading.others.removeValue(forKey: application)
        if let known { reading.history = known }
        reading.history.relocate(to: folder)
        try adoptArchives(&reading, passingOver: archive)
        if known == nil, !reading.isDamaged, !reading.history.entries.isEmpty {
            let lost = Failure(
                .fileNotFound, "the backup history '\(path)' does not know this application although its archives are there",
                hint: "It is rebuilt from the archives' manifests.")
            reading.warnings.insert(lost, at: 0)
        }
        return reading
    }

    /// - Throws: 1519 when it is damaged, and what `read` throws.
    private func content() throws(Failure) -> Content? {
        let version: Version? = try JSONFile.read(path)
        if let version, version.formatVersion > HistoryFile.version {
            throw Failure(
                .unsupportedVersion, "the history '\(path)' has format version \(version.formatVersion)",
                hint: "Use the version of this program that wrote it, or a newer one.")
        }
        return try JSONFile.read(path)
    }

    /// The sets with this archive that the history beside it lists, with their application's identity; none when it cannot be read.
    static func listings(of archive: String) -> [(application: String, entry: HistoryEntry)] {
        let file = HistoryFile(folder: Folder.parent(of: archive), application: "", name: "") { _ in nil }
        let applications = (try? file.content())?.applications ?? [:]
        return applications.sorted { $0.key < $1.key }.flatMap { application, history in
            history.sets.filter { ($0.archive.flatMap { Folder.resolved($0) } ?? $0.archive) == archive }.map { (application, $0) }
        }
    }

    /// The data file whose backups the history in a folder lists for an application; nil when it does not say.
    static func home(in folder: String, of application: String) -> String? {
        let file = HistoryFile(folder: folder, application: application, name: "") { _ in nil }
        return (try? file.content())?.applications[application]?.sets.lazy.compactMap(\.data).first
    }

    private func adoptArchives(_ reading: inout Reading, passingOver archive: String?) throws(Failure) {
        for (index, listed) in reading.history.entries.enumerated() where listed.isUnlisted {
            guard let path = listed.archive, Folder.exists(path) else { continue }
            if let found = listing(of: path, listed.number, listed.segments, &reading.warnings) {
                reading.history.entries[index] = found
            }
        }
        let known = reading.history.lastNumber
        let all = Set(try names())
        let files = all.compactMap { file in SetFileName(file, of: name).map { (file, $0) } }
            .filter { $0.1.kind == .archive && $0.1.number > known && $0.1.segment ?? 1 == 1 }
        for (file, parsed) in files.sorted(by: { $0.1.number < $1.1.number }) {
            let path = Folder.join(folder, file)
            if path == archive { continue }
            var segments = 1
            while parsed.segment != nil, all.contains(SetFileName.segment(segments + 1, of: file)) { segments += 1 }
            if let found = listing(of: path, parsed.number, segments, &reading.warnings) { reading.history.append(found) }
        }
    }

    /// Whether an archive says that it is another application's.
    func isOfAnother(_ archive: String) throws -> Bool { try entry(archive) == nil }

    /// The entry of an archive as its manifest tells it; nil for another application's. An archive that cannot be read
    /// now gets an entry that says so and is tried again at each reading: it must not drop out of sight.
    private func listing(
        of archive: String, _ number: Int, _ segments: Int, _ warnings: inout [Failure]
    ) -> HistoryEntry? {
        var result: HistoryEntry
        do {
            guard let found = try entry(archive) else { return nil }
            result = found
        } catch {
            let failure = Failure(
                .archiveDamaged, "the archive '\(archive)' cannot be listed",
                cause: (error as? Failure)?.sentence ?? String(describing: error),
                hint: "Verify it; its number is not used again, and retention leaves it alone.")
            warnings.append(failure)
            result = HistoryEntry(kind: .backup, number: number, start: "", seconds: 0, status: .failed)
            result.take(failure)
        }
        result.number = number
        result.archive = archive
        result.segments = segments
        return result
    }

    /// Adds the entry of an operation that ended. What it leaves, returns and throws: see `update`.
    @discardableResult
    public func append(_ entry: HistoryEntry, now: Int64) throws(Failure) -> [Failure] {
        try update(now: now, passingOver: entry.archive) { history throws(Failure) in history.append(entry) }
    }

    /// Changes the history: takes the lock, reads, lets `change` work on the value, writes, all or nothing.
    ///
    /// A damaged file is first set aside as `backupHistory-damaged-DATE.json`. After failure or kill -9 the file is the
    /// old one, the new one, or set aside: then the next reading rebuilds it.
    /// - Parameters:
    ///   - now: milliseconds since 1970, for the name of a file set aside.
    ///   - archive: an archive that `change` itself adds.
    /// - Returns: what had to be overcome.
    /// - Throws: what `read` throws; 1510, 1511 or 1516 when it cannot be written; what `change` throws.
    @discardableResult
    func update(
        now: Int64, passingOver archive: String? = nil, _ change: (inout BackupHistory) throws(Failure) -> Void
    ) throws(Failure) -> [Failure] {
        let lock = try FolderLock.take(folder, patience: 10_000)
        defer { withExtendedLifetime(lock) {} }
        var reading = try read(passingOver: archive)
        try change(&reading.history)
        if reading.isDamaged { try setAside(now) }
        var applications = reading.others
        applications[application] = reading.history
        try JSONFile.write(Content(formatVersion: HistoryFile.version, applications: applications), path)
        return reading.warnings
    }

    private func setAside(_ now: Int64) throws(Failure) {
        let date = String(Timestamp.local(now).map { $0 == ":" ? "-" : $0 })
        for number in 1...1000 {
            let name = "backupHistory-damaged-\(date)\(number == 1 ? "" : "-\(number)").json"
            let aside = Folder.join(folder, name)
            if Folder.exists(aside) { continue }
            do { try Folder.move(path, to: aside) } catch { throw Failure.writing(error) }
            return
        }
        // Untested: it takes a thousand damaged histories within one second.
        throw Failure(
            .destinationExists, "the damaged history '\(path)' cannot be set aside",
            hint: "Delete old files backupHistory-damaged-… in its folder.")
    }

    /// The names in the folder; none when there is no folder.
    func names() throws(Failure) -> [String] {
        if Folder.isHidden(folder) { throw Application.hidden(folder) }
        guard Folder.exists(folder) else { return [] }
        do { return try Folder.contents(of: folder) } catch {
            throw Failure(
                error.isPermission ? .noPermission : .readFailed, "the folder '\(folder)' cannot be read", cause: error.reason,
                hint: "Check its owner and mode, and the disk.")
        }
    }
}

extension HistoryFile {
    /// The number of the next backup (invariant I7): see `BackupHistory.nextNumber`.
    func nextNumber(_ identity: ApplicationRecord, _ history: BackupHistory) throws(Failure) -> Int {
        BackupHistory.nextNumber(lastBackup: identity.lastBackup, history, names: try names(), of: name)
    }
}
