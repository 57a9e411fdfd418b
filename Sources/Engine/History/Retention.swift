// Which old sets go, and how they go without the history ever naming a file that is not there (invariants I4, I5).
// Only files that the history names at the path where it names them are deleted: what was moved, renamed or put there
// by others stays. The history is a file that others may have written: it is not believed where it names what no backup of this
// database can be.

import FileSystem
import LogFile
import Parity
public import Vocabulary

/// Deleting old backup sets.
public enum Retention {
    /// The sets to delete so that `keep` stay: oldest first, archive and log backup together. Interrupted deletions come
    /// with them, to be finished.
    ///
    /// The newest set always stays, the newest complete one, and the newest one with good data; while newer ones hold data that were
    /// emptied or are another database's, so does the set after it, whose log backup leads there. Sets without data are counted apart: they take no place from those
    /// that hold some. While the trial restores of newer sets fail, the newest set that was proven stays with all that follow it,
    /// whose logs take it forward. Sets whose archive is not at its recorded path do not count and are not touched.
    /// - Parameters:
    ///   - keep: sets to keep, those that are on the disk counted; below 1 means 1. To delete *before* a backup
    ///     pass one less than the setting says.
    ///   - existing: whether a file is at that path.
    public static func setsToDelete(
        _ history: BackupHistory, keep: Int, existing: (_ path: String) -> Bool
    ) -> [HistoryEntry] {
        let begun = history.entries.filter { $0.deleted && $0.namesFiles }
        let sets = history.entries.filter { $0.isSet && $0.archiveFiles.contains(where: existing) }
            .sorted { $0.number < $1.number }
        let data = sets.filter { !$0.isWithoutData }
        let whole = data.filter { $0.archiveFiles.allSatisfy(existing) }
        let newestComplete = whole.last { $0.status == .complete }?.number
        let refuge = Retention.refuge(whole) ?? .max
        let good = whole.last { $0.condition == nil && $0.proof?.result != .failed && $0.status == .complete }?.number
        let afterGood = good.flatMap { good in data.first { $0.number > good } }.flatMap { $0.condition == nil ? nil : $0.number }
        let oldData = data.dropLast(max(1, keep)).filter { ![newestComplete, good, afterGood].contains($0.number) && $0.number < refuge }
        let kept = data.first { set in !oldData.contains { $0.number == set.number } }?.number ?? .max
        // A log backup that an older version wrote with a set without data takes the data before it forward.
        let oldOthers = sets.filter(\.isWithoutData).dropLast(max(1, keep)).filter { $0.log == nil || $0.number < kept }
        return begun + (oldData + oldOthers).sorted { $0.number < $1.number }
    }

    /// The set to go back to while newer ones fail their trial or hold damaged data: the newest one that was proven, else that did not fail;
    /// nil while none fails.
    private static func refuge(_ sets: [HistoryEntry]) -> Int? {
        let isBad = { (set: HistoryEntry) in set.proof?.result == .failed || set.condition == .damaged }
        let good = sets.last { $0.proof?.result == .proven && $0.condition != .damaged } ?? sets.last { !isBad($0) }
        guard let good, sets.contains(where: { $0.number > good.number && isBad($0) }) else { return nil }
        return good.number
    }

    /// The sets that the next backup deletes if it ends well: what `setsToDelete` will say then.
    public static func setsOfNextBackup(
        _ history: BackupHistory, _ settings: BackupSettings, existing: (_ path: String) -> Bool
    ) -> [HistoryEntry] {
        guard settings.limitsSets else { return [] }
        if settings.erasesOldestBefore { return setsToDelete(history, keep: settings.setsKept - 1, existing: existing) }
        var later = history
        var next = HistoryEntry(kind: .backup, number: history.lastNumber.adding(1), start: "", seconds: 0, status: .complete)
        let coming = "the archive to come"
        next.archive = coming
        next.holdsData = settings.includesData
        later.append(next)
        return setsToDelete(later, keep: settings.setsKept) { $0 == coming || existing($0) }
    }

    /// What a deletion did.
    public struct Result: Sendable {
        public var deleted: [HistoryEntry] = []
        /// Why other sets are still there; the next deletion tries again.
        public var failures: [Failure] = []
    }

    /// Deletes sets in three steps, each durable before the next: the history marks them deleted, the files go, the
    /// history no longer names them.
    ///
    /// After kill -9 a set is untouched, or marked and finished by the next deletion. A set whose files cannot be
    /// deleted stays marked and comes back in `failures`. A file that is none of this database's stays, is no longer named, and
    /// comes back in `failures` too (1519).
    /// - Throws: what `HistoryFile.update` throws before any file was deleted; 1406 when stopped between two sets: those
    ///   deleted so far are gone, the others untouched.
    public static func delete(
        _ sets: [HistoryEntry], _ file: HistoryFile, now: Int64, job: Job
    ) throws(Failure) -> Result {
        var result = Result()
        for set in sets {
            try job.checkStop()
            job.report(Progress(phase: "Deleting an old backup", subject: Folder.name(of: set.archive ?? set.log ?? "")))
            try file.update(now: now) { history throws(Failure) in
                for index in Retention.indices(of: set, history) { history.entries[index].deleted = true }
            }
            let foreign: [String]
            do throws(Failure) { foreign = try file.foreign(of: set) } catch {
                result.failures.append(error)
                continue
            }
            result.failures += foreign.map { file.notOwn($0, set) }
            do {
                for path in set.files where !foreign.contains(path) { try Folder.removeFile(path) }
            } catch {
                result.failures.append(
                    Failure(
                        error.isPermission ? .noPermission : .writeFailed, "the old backup file '\(error.path)' cannot be deleted",
                        cause: error.reason, hint: "Check the owner and mode of its folder; the next backup tries again."))
                continue
            }
            if foreign.count < set.files.count { result.deleted.append(set) }
            do {
                try file.update(now: now) { history throws(Failure) in
                    for index in Retention.indices(of: set, history) {
                        history.entries[index].archive = nil
                        history.entries[index].log = nil
                        history.entries[index].parity = nil
                        history.entries[index].keepItems(0)
                    }
                }
            } catch {
                // The files are gone; the mark says so until the next deletion clears the names.
                result.failures.append(error)
            }
        }
        return result
    }

    private static func indices(of set: HistoryEntry, _ history: BackupHistory) -> [Int] {
        history.entries.indices.filter {
            let entry = history.entries[$0]
            return entry.kind == .backup && entry.number == set.number && entry.archive == set.archive && entry.log == set.log
        }
    }
}

extension HistoryFile {
    /// The files of a set that are there and are none of this database's.
    /// - Throws: what `isOwn` throws.
    fileprivate func foreign(of set: HistoryEntry) throws(Failure) -> [String] {
        var found: [String] = []
        for path in set.files where Folder.exists(path) {
            if try !isOwn(path, of: set) { found.append(path) }
        }
        return found
    }

    /// Whether a file is what this program writes for a set of this database: in this folder, under the names of that number, and unless
    /// it is too damaged to tell, of this identity.
    /// - Throws: 1511 or 1515 when it cannot be read: nobody knows then, and it may be read the next time.
    private func isOwn(_ path: String, of set: HistoryEntry) throws(Failure) -> Bool {
        let above = Folder.parent(of: path)
        guard above == folder || Folder.resolved(above) == Folder.resolved(folder), Folder.resolved(above) != nil,
            let parsed = SetFileName(Folder.name(of: ParityFile.protected(by: path)), of: name), parsed.backup == set.number
        else { return false }
        guard path == ParityFile.protected(by: path) else { return true }
        do {
            switch parsed.kind {
            case .archive: return try parsed.segment ?? 1 > 1 || !isOfAnother(path)
            case .log: return try LogReader(path, repairing: false).header.application.description == application
            }
        } catch {
            let failure = error as? Failure
            if let failure, ![.noPermission, .readFailed].contains(failure.code) { return true }
            throw Failure(
                failure?.code ?? .readFailed, "the old backup file '\(path)' is not deleted, since nobody can read whose it is",
                cause: failure?.cause ?? String(describing: error), hint: "Check its owner and mode, and the disk; the next backup tries again.")
        }
    }

    fileprivate func notOwn(_ path: String, _ set: HistoryEntry) -> Failure {
        Failure(
            .badValue, "the backup history '\(self.path)' names '\(path)' as a file of backup \(set.number), which it is not: it was not deleted",
            hint: "Somebody changed the history. Find out who can write to its folder.")
    }
}
