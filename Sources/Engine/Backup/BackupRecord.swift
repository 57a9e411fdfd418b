// What remains of a backup besides its files: the number it used, the line in the history, the lines in the backup journal,
// and the old sets that may go (invariants I4, I5, I7).

import Archive
import FileSystem
import Glibc
import Parity
import Vocabulary

struct BackupRecord {
    let folder: String
    let started: Int64
    private let application: Application
    private let surroundings: Surroundings
    private let settings: BackupSettings
    private let journal: BackupJournal
    /// The date of the schedule that the backup is made for; nil for a manual one.
    private let due: Int64?

    init(
        _ application: Application, _ surroundings: Surroundings, _ settings: BackupSettings, folder: String, started: Int64,
        due: Int64?
    ) {
        self.due = due
        self.application = application
        self.surroundings = surroundings
        self.settings = settings
        self.folder = folder
        self.started = started
        journal = BackupJournal(folder: application.logsFolder, isVerbose: settings.journalIsVerbose)
    }

    /// The number that the next backup is going to have; nothing is reserved by that.
    func expectedNumber() throws(Failure) -> Int {
        guard let identity = try ApplicationRecord.read(application) else { return 1 }
        return try nextNumber(identity)
    }

    func nextNumber(_ identity: ApplicationRecord) throws(Failure) -> Int {
        let file = HistoryFile(of: identity, application, folder: folder)
        return try file.nextNumber(identity, try file.read().history)
    }

    /// Remembers the number that was used and where the log stands.
    /// - Parameter journal: the log that is in use; nil when none was.
    func published(_ number: Int, _ before: ApplicationRecord, journal: String?) -> [Failure] {
        // A chain that began meanwhile wrote where its log is.
        var identity = (try? ApplicationRecord.read(application)) ?? before
        identity.lastBackup = max(identity.lastBackup, number)
        if let journal { identity.takeLog(journal) }
        identity.destinations.removeAll { $0 == folder }
        identity.destinations = identity.destinations.suffix(15) + [folder]
        var warnings: [Failure] = []
        do { try identity.write(application) } catch { warnings.append(error) }
        do { try FailedBackup(application).forget() } catch { warnings.append(error) }
        return warnings
    }

    /// Writes history and backup journal for a backup whose files are durable.
    func succeeded(
        _ outcome: BackupOutcome, _ manifest: Manifest, segments: Int, log: ClosedRange<UInt64>?, _ judgement: DataJudgement
    ) -> [Failure] {
        var warnings: [Failure] = []
        var entry = HistoryEntry(manifest, archive: outcome.archive)
        entry.seconds = outcome.seconds
        entry.status = outcome.status == .complete ? .complete : .partial
        entry.segments = segments
        entry.log = outcome.log
        entry.parity = outcome.parity.isEmpty ? nil : outcome.parity
        entry.firstOperation = log?.lowerBound
        entry.archiveBytes = outcome.archiveBytes
        entry.due = due.map(Timestamp.utc)
        do {
            let identity = try ApplicationRecord.establish(application, surroundings, nil)
            warnings += try HistoryFile(of: identity, application, folder: folder).append(entry, now: surroundings.now())
        } catch { warnings.append(error) }
        var line = JournalLine(.backup, at: started)
        line.number = outcome.number
        line.status = outcome.status.rawValue
        line.path = outcome.archive
        line.size = outcome.archiveBytes
        line.seconds = outcome.seconds
        line.detail =
            ([cause] + [judgement.failure?.sentence].compactMap { $0 } + outcome.logDetail(log) + outcome.missing.map { "missing \($0)" }).joined(separator: "; ")
        line.items = manifest.items.map { .init(role: $0.role.rawValue, path: $0.originalPath, size: $0.size) }
        if let path = outcome.log {
            line.items.append(.init(role: "log", path: path, size: UInt64(max(0, Folder.status(of: path)?.st_size ?? 0))))
        }
        if let warning = journal.record(line) { warnings.append(warning) }
        return warnings
    }

    /// Writes history and backup journal for a backup that left nothing. The failure itself is what the caller reports; that
    /// it could not be written down as well is told by the missing line.
    func failed(_ failure: Failure) {
        let seconds = Double(surroundings.now() - started) / 1000
        var line = JournalLine(.failure, at: started)
        line.status = failure.code == .stopped ? "stopped" : "failed"
        line.seconds = seconds
        line.error = failure
        line.path = folder
        line.detail = "backup, \(cause)"
        _ = journal.record(line)
        let identity = (try? ApplicationRecord.read(application)) ?? nil
        var entry = HistoryEntry(
            kind: .backup, number: identity.map { (try? nextNumber($0)) ?? $0.lastBackup + 1 } ?? 1, start: Timestamp.utc(started),
            seconds: seconds, status: failure.code == .stopped ? .stopped : .failed)
        entry.take(failure)
        entry.due = due.map(Timestamp.utc)
        FailedBackup(application).note(entry)
        guard let identity else { return }
        // A destination that cannot be written to cannot hold the line: the last one that can does. The line of a copy would stand in its
        // original's history: only its own folder may hold it.
        let others = failure.code == .copyDetached ? [] : [folder] + identity.destinations.reversed()
        for place in others + [application.defaultDestination] where Folder.isFolder(place) {
            let file = HistoryFile(of: identity, application, folder: place)
            if (try? file.append(entry, now: surroundings.now())) != nil { return }
        }
    }

    /// The sets of this application at this place that were saved before.
    func ownSets(_ identity: ApplicationRecord) throws(Failure) -> [HistoryEntry] {
        let file = HistoryFile(of: identity, application, folder: folder)
        return try file.read().history.sets.filter { file.isOwn($0, identity, application) }
    }

    /// Why the backup was made.
    private var cause: String { due.map { "scheduled for \(Timestamp.local($0))" } ?? "manual" }

    /// Deletes the sets that are too many.
    /// - Parameter before: room is made for the set to come.
    @discardableResult
    func applyRetention(before: Bool) -> [Failure] {
        guard settings.limitsSets else { return [] }
        do {
            let identity = try ApplicationRecord.establish(application, surroundings, nil)
            let file = HistoryFile(of: identity, application, folder: folder)
            let old = Retention.setsToDelete(
                try file.read().history.only { file.isOwnHere($0, identity, application, surroundings) }, keep: before ? settings.setsKept - 1 : settings.setsKept, existing: { Folder.exists($0) })
            let result = try Retention.delete(old, file, now: surroundings.now(), job: Job())
            var warnings = result.failures
            for set in result.deleted {
                var line = JournalLine(.deletion, at: surroundings.now())
                line.number = set.number
                line.path = set.archive ?? ""
                line.size = set.archiveBytes
                line.detail = set.log.map { "with the log backup \($0)" } ?? ""
                if let warning = journal.record(line) { warnings.append(warning) }
            }
            return warnings
        } catch { return [error] }
    }
}

extension BackupOutcome {
    /// The log backup and its operations.
    fileprivate func logDetail(_ operations: ClosedRange<UInt64>?) -> [String] {
        guard let log else { return [] }
        return ["log backup \(log)" + (operations.map { ", operations \($0.lowerBound) to \($0.upperBound)" } ?? "")]
    }
}

extension HistoryFile {
    /// The history of an application in a destination folder; archives that it does not know are read from their manifests.
    init(of identity: ApplicationRecord, _ application: Application, folder: String) {
        let owner = identity.application
        self.init(folder: folder, application: owner, name: application.name) { archive in
            let reader = try ArchiveReader(path: archive)
            let manifest = try reader.manifest()
            guard manifest.application == owner else { return nil }
            var entry = HistoryEntry(manifest, archive: archive)
            entry.archiveBytes = reader.bytes
            let parity = ArchiveReader.parityPath(of: archive)
            if let found = try? ParityFile.open(parity), found.protectedSize == reader.bytes { entry.parity = [parity] }
            return entry
        }
    }
}

extension HistoryFile {
    /// Whether a set is this application's at this place: a copy of the whole folder has the same identity and knows of the same sets. In
    /// the companion folder all are its own, whatever they were made of.
    func isOwn(_ entry: HistoryEntry, _ record: ApplicationRecord, _ application: Application) -> Bool {
        if folder == application.defaultDestination { return entry.files.allSatisfy { Folder.parent(of: $0) == folder } }
        return entry.source.map { record.isOwn($0, application) } ?? true
    }

    /// Whether a set may be deleted, and get the result of a trial restore: its own, and not that of another machine whose database lies at
    /// the same path, as where a machine was copied and both write to one shared folder.
    func isOwnHere(_ entry: HistoryEntry, _ record: ApplicationRecord, _ application: Application, _ surroundings: Surroundings) -> Bool {
        guard isOwn(entry, record, application) else { return false }
        guard folder != application.defaultDestination, let other = entry.machine, let here = surroundings.machineMark else { return true }
        return other == here
    }
}

extension Surroundings {
    /// The machine as archives and histories name it: its own identifier is not for others to see.
    var machineMark: String? {
        machine.map { machine in
            let bytes = Array("msc machine \(machine)".utf8)
            return String(Digest.hexadecimal(bytes.withUnsafeBytes { Digest.of($0) }).prefix(32))
        }
    }
}

extension HistoryEntry {
    /// What a manifest tells about its archive.
    init(_ manifest: Manifest, archive: String) {
        self.init(
            kind: .backup, number: Int(clamping: manifest.backupNumber), start: Timestamp.utc(manifest.startTime),
            seconds: (Double(manifest.endTime) - Double(manifest.startTime)) / 1000, status: .complete)
        self.archive = archive
        items = manifest.items.map { Item(role: $0.role.rawValue, path: $0.originalPath, size: $0.size) }
        bytes = manifest.items.total(\.size)
        condition = manifest.properties["condition"].flatMap(HistoryEntry.Condition.init)
        tableBytes = manifest.properties["tableBytes"].flatMap { UInt64($0) }
        machine = manifest.properties["machine"]
        holdsData = manifest.items.contains { $0.role == .data }
        data = manifest.items.first { $0.role == .data }?.originalPath
        guard !manifest.chain.isEmpty else { return }
        chain = manifest.chain
        lastOperation = manifest.lastOperation
        position = manifest.position
    }
}
