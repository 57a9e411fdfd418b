// What an application remembers of its backups and restores, and the next backup's number. Values only: reading and
// writing the file is HistoryFile's.

import FileSystem

/// One application's backups and restores, oldest first.
public struct BackupHistory: Codable, Sendable, Equatable {
    /// The application's name, for people who read the file.
    public var name: String
    public var entries: [HistoryEntry] = []

    public init(name: String) { self.name = name }

    /// Entries that name no file (failures, restores, deleted sets): the newest of them are kept.
    static let mostWithoutFiles = 500
    /// Entries in all, the bound of the file's size. Only with unlimited retention can there be so many: the oldest
    /// archives are then no longer listed, though they stay.
    static let most = 10_000
    /// Older entries than this many name no items: the archive's manifest does.
    static let withItems = 100

    /// Adds an entry at the end and drops what has become too much.
    ///
    /// Name only files that are durable under their final names (invariant I5).
    public mutating func append(_ entry: HistoryEntry) {
        entries.append(entry)
        if let last = entries.indices.last { entries[last].keepItems(HistoryEntry.mostItems) }
        let old = entries.count - BackupHistory.withItems - 1
        if old >= 0 { entries[old].keepItems(0) }
        var surplus = entries.count { !$0.namesFiles } - BackupHistory.mostWithoutFiles
        entries.removeAll { entry in
            guard surplus > 0, !entry.namesFiles else { return false }
            surplus -= 1
            return true
        }
        if entries.count > BackupHistory.most { entries.removeFirst(entries.count - BackupHistory.most) }
    }

    /// Names files where they lie now: beside this history, else where they were when it was written.
    mutating func relocate(to folder: String) {
        for index in entries.indices where entries[index].namesFiles {
            let first = entries[index].firstFile
            if let archive = entries[index].archive, let first, Folder.parent(of: archive) != folder,
                Folder.exists(Folder.join(folder, Folder.name(of: first)))
            {
                entries[index].archive = Folder.join(folder, Folder.name(of: archive))
            }
            let place = { (path: String) in
                let beside = Folder.join(folder, Folder.name(of: path))
                return Folder.parent(of: path) != folder && Folder.exists(beside) ? beside : path
            }
            entries[index].log = entries[index].log.map(place)
            entries[index].parity = entries[index].parity?.map(place)
        }
    }

    /// The same without the sets that were made of other data, such as those of the database that this one is a copy of.
    func only(_ isOwn: (HistoryEntry) -> Bool) -> BackupHistory {
        var history = self
        history.entries.removeAll { $0.namesFiles && !isOwn($0) }
        return history
    }

    /// The newest backup, whatever became of it.
    public var lastBackup: HistoryEntry? { entries.last { $0.kind == .backup } }

    /// The published sets, newest first, those already deleted left out.
    public var sets: [HistoryEntry] { entries.filter(\.isSet).reversed() }

    /// The highest number of a backup that was ever published; 0 when there was none. A failed or stopped backup
    /// published nothing.
    var lastNumber: Int {
        entries.filter(\.wasPublished).map(\.number).max() ?? 0
    }

    /// The number of the next backup: one more than any that was ever published, as far as identity, history or the
    /// names of files tell (invariant I7). The number of a failed or stopped backup is used again.
    /// - Parameters:
    ///   - lastBackup: `ApplicationRecord.lastBackup`.
    ///   - names: the names in the destination folder.
    static func nextNumber(lastBackup: Int, _ history: BackupHistory, names: [String], of name: String) -> Int {
        let found = names.compactMap { SetFileName($0, of: name)?.backup }
        // A number from a forged record is no reason to end here: its archive's name is taken sooner or later.
        return min(max(lastBackup, history.lastNumber, found.max() ?? 0), Int.max - 1) + 1
    }
}
