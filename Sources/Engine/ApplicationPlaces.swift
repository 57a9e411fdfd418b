// Paths that were written down, where things lie now. A folder is moved, renamed, mounted elsewhere or carried to another machine: what lay
// beside the data file then lies beside it still, and only what does not is looked for where it was.

import Archive
import FileSystem
import Glibc
import Vocabulary

extension ApplicationRecord {
    /// Which folder of files this record is part of, told from a copy of it.
    struct Home: Codable, Equatable, Sendable {
        /// The data file.
        var data: String
        /// Of the companion folder: they go with it where it is moved, not where it is copied.
        var device: UInt64
        var inode: UInt64

        init(_ application: Application) {
            data = application.data
            let status = Folder.status(of: Folder.resolved(application.companion) ?? application.companion)
            device = UInt64(status?.st_dev ?? 0)
            inode = UInt64(status?.st_ino ?? 0)
        }
    }

    /// Turns recorded paths into those where things lie now.
    mutating func relocate(to application: Application) {
        // An older version did not write down where the data file lay.
        if home == nil, let log = journal, !Folder.isFolder(Folder.parent(of: log)), Folder.exists(application.defaultJournal) {
            journal = application.defaultJournal
        }
        let now = Home(application)
        let former = home.map { Folder.parent(of: $0.data) } ?? application.folder
        let place = { (path: String) in Application.relocated(path, from: former, to: application.folder) }
        journal = journal.map(place)
        destinations = destinations.map(place)
        logFolders = logFolders?.map { folder in
            let path = place(folder.path)
            return path == folder.path ? folder : LogFolder(path) ?? folder
        }
        guard let home, home.data != now.data, home.inode == now.inode, home.device == now.device, now.inode != 0 else { return }
        // The very same folder: it was moved, and what was saved of it under its former name is its own.
        formerData = (formerData ?? []).filter { $0 != home.data && $0 != now.data }.suffix(15) + [home.data]
        self.home = now
    }

    /// Whether the data at this path are those of this record, now or before a move.
    func isOwn(_ data: String, _ application: Application) -> Bool {
        data == application.data || (formerData ?? []).contains(data)
    }

    /// The data file that this record was copied from, where that is still there and is the same application.
    /// - Parameter captured: where the data were captured, as they say themselves; nil or empty when they do not.
    func original(of application: Application, captured: String? = nil) -> String? {
        [home?.data, captured].compactMap { $0 }.first { path in
            guard path != application.data, Folder.exists(path), let other = try? Application(data: path), other.data != application.data,
                let record = try? ApplicationRecord.read(other)
            else { return false }
            return record.application == self.application
        }
    }
}

extension Application {
    /// A path that was recorded while the data file lay in `former`: beside the data file now, or at its old place.
    static func relocated(_ path: String, from former: String, to folder: String) -> String {
        if former != folder {
            let below = former == "/" ? "/" : former + "/"
            if path.hasPrefix(below) {
                let now = Folder.join(folder, String(path.dropFirst(below.count)))
                if Folder.exists(now) { return now }
            } else if path == former {
                return folder
            }
        }
        return path
    }
}

/// Where the application of an archive lies now.
enum ArchiveHome {
    /// The data file that an archive stands for: of the companion folder that it lies in, or beside it, or the one whose backups the
    /// history in its folder lists, or where the data file was when the archive was made. It need not exist.
    /// - Returns: nil for an archive without data.
    static func data(of archive: String, _ manifest: Manifest) -> String? {
        guard let original = manifest.items.first(where: { $0.role == .data })?.originalPath else { return nil }
        let found = candidates(archive, manifest, original).first { path in
            guard path != original, let application = try? Application(data: path) else { return path == original }
            return (try? ApplicationRecord.read(application))?.application == manifest.application
        }
        return found ?? original
    }

    /// The data file whose own record says that this archive is a backup of it: the record has the identity, and backups go to the folder
    /// that the archive lies in. What is written into an archive alone is not believed: whoever made it may have named any file.
    /// - Returns: nil when no record says so.
    /// - Throws: 1511 when this user may not read what would tell.
    static func known(_ archive: String, _ manifest: Manifest) throws(Failure) -> String? {
        guard let original = manifest.items.first(where: { $0.role == .data })?.originalPath else { return nil }
        for path in candidates(archive, manifest, original) + [original] {
            do throws(Failure) { if try isKnown(path, archive, manifest) { return path } } catch {
                if error.code == .noPermission { throw error }
            }
        }
        return nil
    }

    private static func isKnown(_ path: String, _ archive: String, _ manifest: Manifest) throws(Failure) -> Bool {
        let application = try Application(data: path)
        let folder = Folder.parent(of: Folder.resolved(archive) ?? archive)
        let isInside = Folder.parent(of: folder) == Folder.resolved(application.companion)
        // A companion folder that has lost its record is still the one beside its data file.
        guard let record = try ApplicationRecord.read(application) else { return isInside }
        guard record.application == manifest.application else { return false }
        if isInside || folder == application.folder { return true }
        let configured = (try? BackupSettings.read(application))?.destination(of: application) ?? application.defaultDestination
        return record.destinations(with: configured).contains { (Folder.resolved($0) ?? $0) == folder }
    }

    private static func candidates(_ archive: String, _ manifest: Manifest, _ original: String) -> [String] {
        let folder = Folder.parent(of: Folder.resolved(archive) ?? archive)
        let name = Folder.name(of: original)
        var candidates = [Folder.join(folder, name)]
        let companion = Folder.parent(of: folder)
        if companion.hasSuffix(".msc") { candidates.insert(Folder.join(Folder.parent(of: companion), name), at: 0) }
        if let listed = HistoryFile.home(in: folder, of: manifest.application) { candidates.append(listed) }
        return candidates
    }
}
