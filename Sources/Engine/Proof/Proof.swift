// Proves that an archive can be restored, by doing it: into a scratch folder, with the logs that follow, and compared with the live
// database at the same operation.

import Archive
import Database
import FileSystem
import Glibc
public import Vocabulary

/// `msc verify --restore`.
///
/// Neither archive nor database is changed; the log gets what was captured until then. The scratch folder is removed at the end, on Stop
/// (1406) and on failure too; kill -9 leaves it under a temporary name that the next proof, or the next backup, removes.
public struct Proof: Sendable {
    private let archive: String
    private let data: String?
    private let surroundings: Surroundings
    private let temporary: String

    /// - Parameters:
    ///   - data: the live database; nil for the one that the archive was made from.
    ///   - temporary: a folder for the scratch files where there is no room beside the archive.
    public init(archive: String, of data: String? = nil, surroundings: Surroundings, temporary: String = "/tmp") {
        self.archive = archive
        self.data = data
        self.surroundings = surroundings
        self.temporary = temporary
    }

    /// - Throws: 1410 when there is no archive, 1505 without room for the restored files, 1406 on Stop, and what has nothing to do with the archive:
    ///   1415, 1511, 1515, 1516, 1420. What the archive, its logs and the comparison come to is in the outcome.
    public func run(_ job: Job) throws -> ProofOutcome {
        let started = surroundings.now()
        var outcome = ProofOutcome(
            result: .inconclusive, archive: archive, seconds: 0, bytes: 0, reason: nil, tables: [], notCompared: [], warnings: [])
        do {
            try translatingDatabaseErrors { try prove(&outcome, job) }
        } catch let failure as Failure {
            guard let result = Proof.meaning(of: failure) else { throw failure }
            outcome.result = result
            outcome.reason = failure.sentence
        }
        outcome.warnings += record(outcome, started).map(\.description)
        return outcome
    }

    /// What a failure says about the archive; nil when it says nothing.
    private static func meaning(of failure: Failure) -> ProofOutcome.Result? {
        switch failure.code {
        case .archiveDamaged, .unsafeEntry, .tampered, .logDamaged, .contentDiffers, .databaseDamaged, .notADatabase: .failed
        case .logGap, .logMissing, .foreignLog, .noLog, .pointOutOfRange, .pointInsideTransaction, .structureChanged, .logUnavailable,
            .unsupportedVersion: .inconclusive
        default: nil
        }
    }

    private func prove(_ outcome: inout ProofOutcome, _ job: Job) throws {
        let reader = try ArchiveReader(path: archive)
        let manifest = try reader.backupManifest()
        let original = data ?? ArchiveHome.data(of: archive, manifest)
        var (live, obstacle) = try content(of: original, manifest, job)
        if let live, let chain = live.chain, try chain != LogBase.joined(manifest, archive).chain {
            obstacle = "the log of '\(original ?? "")' began anew after this archive was made"
        }
        let scratch = try scratchFolder(for: manifest)
        defer { withExtendedLifetime(scratch) {} }
        let end = obstacle == nil ? live?.operation : nil
        let restore = Restore(
            archive: archive, surroundings: surroundings, target: .folder(scratch.path), items: [],
            logs: end == nil ? .none : .automatic, until: end.map { .operation($0) }, insideTransaction: true)
        let begun = surroundings.now()
        let restored = try restore.rehearse(in: scratch.path, reader, manifest, job)
        outcome.seconds = Double(surroundings.now() - begun) / 1000
        outcome.bytes = manifest.items.total(\.size)
        outcome.warnings += restored.warnings
        outcome.data = original
        outcome.operation = end
        guard let copy = restored.data else { return outcome.reason = "the archive holds no data file" }
        if let problem = try DatabaseCheck(.full, ignoresRules: true).run(Connection(copy, .read, busyTimeout: 1000, stop: job), job).first {
            outcome.result = .failed
            outcome.reason = "the restored database is damaged: \(problem.message)"
            return
        }
        guard obstacle == nil, let live else {
            outcome.reason = "the archive can be restored, but there is nothing to compare it with: \(obstacle ?? "")"
            return
        }
        compare(live, try LiveContent.read(copy: copy, job), &outcome, job)
        guard outcome.result == .proven, restored.integrated.contains(where: { $0.recordOperations > 0 }) else { return }
        let doubtful = try RealText.doubtful(Connection(copy, .read, busyTimeout: 1000, stop: job), job).map { "'\($0.table)'" }
        if !doubtful.isEmpty {
            outcome.result = .inconclusive
            outcome.reason =
                "the rows are the same, but generated columns or indexes of \(doubtful.joined(separator: ", ")) hold the text of a REAL, "
                + "which versions of SQLite write differently"
        }
    }

    /// The live content; or why there is none.
    private func content(
        of path: String?, _ manifest: Manifest, _ job: Job
    ) throws -> (content: LiveContent?, obstacle: String?) {
        guard let path else { return (nil, "the archive holds no data file") }
        let application: Application
        do throws(Failure) { application = try Application(data: path) } catch {
            // What this user may not see may well be there.
            return (nil, error.code == .noPermission ? error.description : "there is no database at '\(path)'")
        }
        guard Folder.exists(path) else { return (nil, "there is no database at '\(path)'") }
        guard let record = try ApplicationRecord.read(application), record.application == manifest.application else {
            return (nil, "the archive was not made from '\(path)'")
        }
        do { return (try LiveContent.read(application, surroundings, job), nil) } catch let failure as Failure {
            guard Proof.meaning(of: failure) != nil else { throw failure }
            return (nil, failure.sentence)
        }
    }

    private func compare(_ live: LiveContent, _ copy: LiveContent, _ outcome: inout ProofOutcome, _ job: Job) {
        let structure = LiveContent.differences(live.structure, copy.structure)
        guard structure.isEmpty else {
            outcome.reason = "the structures differ: \(structure.prefix(5).joined(separator: ", "))"
            return
        }
        outcome.tables = LiveContent.differences(live.tables, copy.tables)
        // Those that SQLite cannot read here have an empty digest.
        let unread = Set(live.tables.merging(copy.tables) { $0.isEmpty ? $0 : $1 }.filter(\.value.isEmpty).keys)
        let notJournaled = outcome.tables.isEmpty ? [:] : notJournaled(outcome.data, job)
        outcome.notCompared = unread.sorted() + outcome.tables.filter { !unread.contains($0) && notJournaled[$0.asciiLowercased] != nil }
        outcome.tables.removeAll { outcome.notCompared.contains($0) }
        // Nobody asked for these to be left out.
        let lacking = outcome.notCompared.filter { unread.contains($0) || !LogStatus.isLeftOutByIntent(notJournaled[$0.asciiLowercased]) }
        if outcome.tables.isEmpty, !lacking.isEmpty {
            let names = lacking.prefix(5).map { "'\($0)'" }.joined(separator: ", ")
            outcome.reason = "all the rest is the same, but the log does not carry, or this program cannot read, \(names)"
        } else if outcome.tables.isEmpty {
            outcome.result = .proven
        } else if live.operation == nil {
            outcome.reason = "without a log nobody can tell what changed since the backup"
        } else {
            outcome.result = .failed
            outcome.reason = "the content differs at operation \(live.operation ?? 0) in \(outcome.tables.prefix(5).joined(separator: ", "))"
        }
    }

    /// Tables that the log does not carry, so that a restore gives them back as they were at the backup, with the reason; names as SQLite
    /// folds them.
    private func notJournaled(_ data: String?, _ job: Job) -> [String: String] {
        guard let data, let application = try? Application(data: data), let status = try? LogStatus.of(application, surroundings, job) else { return [:] }
        return Dictionary(status.notJournaled.map { ($0.key.asciiLowercased, $0.value) }, uniquingKeysWith: { first, _ in first })
    }

    /// A fresh folder where the restored files fit: beside the archive, or among the temporary files.
    private func scratchFolder(for manifest: Manifest) throws -> PartialFolder {
        let needed = manifest.items.total(\.size)
        let beside = Folder.parent(of: Folder.resolved(archive) ?? archive)
        for place in [beside, temporary] where access(place, W_OK | X_OK) == 0 {
            // Leftovers of a killed proof make room first.
            try? Folder.removeLeftovers(in: place)
            if place == beside, (try? Folder.freeSpace(at: place)) ?? 0 < needed { continue }
            try RestoreDestination.space(for: needed, at: place)
            return try Restore.partialFolder(for: Folder.join(place, Folder.name(of: archive) + " proof"))
        }
        // Untested: root, as whom the tests run, may write to every folder.
        throw Failure(
            .destinationInvalid, "neither '\(beside)' nor '\(temporary)' can be written to", hint: "Make room for the trial restore in one of them.")
    }

    /// The application that the archive was made from, as long as it is there, and the number of the backup. An archive whose
    /// manifest cannot be read is known by its path alone: a proof that it passed before must not stand.
    private func listed() -> (application: Application, record: ApplicationRecord, number: Int)? {
        if let manifest = try? ArchiveReader(path: archive).manifest() {
            guard let original = data ?? ArchiveHome.data(of: archive, manifest),
                let application = try? Application(data: original), let record = try? ApplicationRecord.read(application),
                record.application == manifest.application
            else { return nil }
            return (application, record, Int(clamping: manifest.backupNumber))
        }
        let path = Folder.resolved(archive) ?? archive
        for (owner, entry) in HistoryFile.listings(of: path) {
            guard let original = data ?? entry.items.first(where: { $0.role == "data" })?.path,
                let application = try? Application(data: original), let record = try? ApplicationRecord.read(application),
                record.application == owner
            else { continue }
            return (application, record, entry.number)
        }
        return nil
    }

    /// Keeps the result in the history of the application that the archive was made from, and in its backup journal.
    private func record(_ outcome: ProofOutcome, _ started: Int64) -> [Failure] {
        guard let (application, record, number) = listed() else { return [] }
        var warnings: [Failure] = []
        var line = JournalLine(.proof, at: started)
        line.number = number
        line.status = outcome.result.rawValue
        line.path = Folder.resolved(archive) ?? archive
        line.seconds = outcome.seconds
        line.detail = outcome.reason ?? ""
        if let warning = BackupJournal(folder: application.logsFolder, isVerbose: true).record(line) { warnings.append(warning) }
        let folder = Folder.parent(of: Folder.resolved(archive) ?? archive)
        let file = HistoryFile(of: record, application, folder: folder)
        do {
            // A copy of the archive somewhere else has no history, and gets none.
            guard try record.destinations(with: BackupSettings.read(application).destination(of: application))
                .contains(where: { (Folder.resolved($0) ?? $0) == folder }) else { return warnings }
            // What a copy of the folder holds proves nothing about the sets of its original.
            let path = Folder.resolved(archive) ?? archive
            let isMeant = { (set: HistoryEntry) in
                set.isSet && set.number == number && set.archiveFiles.contains { (Folder.resolved($0) ?? $0) == path }
                    && file.isOwnHere(set, record, application, surroundings)
            }
            guard try file.read().history.sets.contains(where: isMeant) else { return warnings }
            try file.update(now: surroundings.now()) { history throws(Failure) in
                for index in history.entries.indices where isMeant(history.entries[index]) {
                    history.entries[index].proof = ProofRecord(
                        result: outcome.result, date: Timestamp.utc(started), seconds: outcome.seconds, operation: outcome.operation,
                        reason: outcome.reason)
                }
            }
        } catch { warnings.append(error) }
        return warnings
    }
}
