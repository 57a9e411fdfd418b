// Makes damaged archives and log backups whole with their parity files, and saves what is left of a log that has none.

import Archive
import FileSystem
import Glibc
import LogFile
import Parity
public import Vocabulary

/// `msc repair`.
///
/// What is repaired is written beside the damaged file, checked, and takes its name in one step; the damaged file stays as
/// `NAME.damaged-0001`. On Stop (1406) or failure nothing was changed, and no temporary file stays; kill -9 leaves at most temporary files
/// and second names of damaged ones. Of several segments each is replaced by itself: another repair goes on with the rest.
public struct Repair: Sendable {
    private let path: String
    private let surroundings: Surroundings

    /// - Parameter path: an archive, any segment of it, or a log.
    public init(_ path: String, surroundings: Surroundings) {
        self.path = ParityFile.protected(by: path)
        self.surroundings = surroundings
    }

    /// - Throws: 1411 when an archive is damaged beyond what its parity file can repair, or has none; 1519 for a database; 1505 when there is no
    ///   room for the repaired file; 1504 when a log was salvaged already.
    public func run(_ job: Job) throws -> RepairOutcome {
        let started = surroundings.now()
        var outcome: RepairOutcome
        switch try kind() {
        case .archive: outcome = try archive(job)
        case .log: outcome = try log(job)
        case .data:
            throw Failure(
                .badValue, "'\(path)' is a database, which this command does not repair",
                hint: "Restore it from a backup: 'msc backups' lists them, and 'msc restore ARCHIVE --in-place' takes the logs along.")
        }
        if outcome.result != .sound { outcome.warnings += record(outcome, started).map(\.description) }
        return outcome
    }

    /// As `FileKind`, also for what is missing and has a parity file.
    private func kind() throws(Failure) -> FileKind {
        if !Folder.exists(path) {
            if path.hasSuffix(".4BK"), Folder.exists(ArchiveReader.parityPath(of: path)) { return .archive }
            if path.hasSuffix(".4BL"), Folder.exists(ParityFile.path(of: path)) { return .log }
        }
        return try FileKind.of(path)
    }

    // MARK: Archives

    private func archive(_ job: Job) throws -> RepairOutcome {
        guard let parity = try ParityFile.open(ArchiveReader.parityPath(of: path)) else {
            let found = try Verification.ofArchive(path, job)
            if found.result == .ok { return RepairOutcome(result: .sound, path: path) }
            throw Failure(
                .archiveDamaged, "the archive '\(path)' is damaged and has no parity file", cause: found.problems.first?.what,
                hint: "Restore from an earlier backup and the logs that follow it. Archives get a parity file with the setting Advanced/Redundancy.")
        }
        return try ParityRepair(path: path, parity: parity, files: ArchiveReader.paths(of: path, as: parity)) { path in
            try Verification.rereadArchive(path, repairing: true, job)
        }.run(job)
    }

    // MARK: Logs

    private func log(_ job: Job) throws -> RepairOutcome {
        // A parity file that is of no use leaves the other way.
        if let parity = try? ParityFile.open(ParityFile.path(of: path)), parity.partCount == 1 {
            do {
                return try ParityRepair(path: path, parity: parity, files: [path]) { path in
                    try Verification.rereadLog(path, repairing: true, job)
                }.run(job)
            } catch let failure as Failure where failure.code == .archiveDamaged {
                return try salvage(job)
            }
        }
        return try Verification.rereadLog(path, repairing: false, job).result == .ok
            ? RepairOutcome(result: .sound, path: path) : try salvage(job)
    }

    private func salvage(_ job: Job) throws -> RepairOutcome {
        let saved = try LogSalvage.run(path, to: Repair.salvagedPath(path), like: Folder.status(of: path), job: job)
        var outcome = RepairOutcome(result: .salvaged, path: path)
        outcome.salvaged = saved.log.path
        outcome.operations = saved.operations
        outcome.lost = saved.lost.map { damage in
            Problem(
                where: damage.operations.map { "operations \($0.lowerBound) to \($0.upperBound)" } ?? damage.offset.map { "byte \($0)" } ?? path,
                what: damage.reason)
        }
        return outcome
    }

    /// `SampleDB[0003]-salvaged.journal`, beside the log.
    static func salvagedPath(_ path: String) -> String {
        let endings = [".4BL", ".journal"]
        let stem = endings.first { path.hasSuffix($0) }.map { String(path.dropLast($0.count)) } ?? path
        return stem + salvagedEnding
    }

    static let salvagedEnding = "-salvaged.journal"

    /// What a restore or an integration says when it read a damaged file through its parity file.
    static func warning(_ path: String, _ bytes: String) -> String {
        "'\(path)' is damaged at \(bytes) and was read with the help of its parity file: run 'msc repair' on it"
    }

    /// The repair is done: a line that cannot be written does not undo it. Only what stands in an application's own folder of
    /// backups has a backup journal.
    private func record(_ outcome: RepairOutcome, _ started: Int64) -> [Failure] {
        guard let manifest = try? ArchiveReader(path: path).manifest(),
            let original = ArchiveHome.data(of: path, manifest),
            let application = try? Application(data: original), Folder.isFolder(application.companion)
        else { return [] }
        var line = JournalLine(.repair, at: started)
        line.number = Int(clamping: manifest.backupNumber)
        line.status = "complete"
        line.path = path
        line.size = outcome.repairedBytes
        line.seconds = Double(surroundings.now() - started) / 1000
        return BackupJournal(folder: application.logsFolder, isVerbose: true).record(line).map { [$0] } ?? []
    }
}
