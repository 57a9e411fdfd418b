// Who besides its owner can read a file: its mode and those of all folders above it. Log and backups hold what was deleted long ago, and are
// to be as secret as the data.

import FileSystem
import Glibc
import Vocabulary

/// Files of log and backups that somebody can read who cannot read the data. Access lists beyond the mode are not looked at.
struct Exposure {
    private enum Reader: Hashable { case anybody, group(gid_t) }

    private struct Place: Hashable {
        var folder: String
        var reader: Reader
    }

    private var known: [Place: Bool] = [:]

    /// One sentence for each kind of file; none when all are as closed as the data. A folder that this user cannot list is passed over.
    static func warnings(of application: Application, log: String?) -> [String] {
        guard let data = Folder.targetStatus(of: application.data) else { return [] }
        var exposure = Exposure()
        let isPublic = exposure.isOpen(application.data, data, .anybody)
        if isPublic { return [] }
        let record = (try? ApplicationRecord.read(application)) ?? nil
        var logs: Set<String> = []
        var backups: Set<String> = []
        if let log { logs.insert(Folder.resolved(log) ?? log) }
        let destination = (try? BackupSettings.read(application))?.destination(of: application) ?? application.defaultDestination
        let folders = (record?.destinations(with: destination) ?? [destination]) + [application.defaultDestination, log.map(Folder.parent)].compactMap { $0 }
        for folder in Set(folders.map { Folder.resolved($0) ?? $0 }) {
            for name in (try? Folder.contents(of: folder)) ?? [] {
                let file = name.hasSuffix(".parity") ? String(name.dropLast(7)) : name
                if SetFileName(file, of: application.name) != nil { backups.insert(Folder.join(folder, name)) }
                if file.hasPrefix(application.name + "["), file.hasSuffix("].journal") { logs.insert(Folder.join(folder, name)) }
            }
        }
        return [("log", logs), ("backups", backups)].compactMap { kind, paths in
            let open = paths.filter { path in
                guard let status = Folder.targetStatus(of: path) else { return false }
                if exposure.isOpen(path, status, .anybody) { return true }
                let group = Reader.group(status.st_gid)
                return exposure.isOpen(path, status, group) && !exposure.isOpen(application.data, data, group)
            }.sorted()
            guard let first = open.first else { return nil }
            let more = open.count > 1 ? " and \(open.count - 1) more" : ""
            return "other users can read files of the \(kind) and not the data: '\(first)'\(more); 'chmod 600' closes them"
        }
    }

    private mutating func isOpen(_ path: String, _ status: stat, _ reader: Reader) -> Bool {
        Exposure.allows(status, reader, others: 0o004, group: 0o040) && isPassable(Folder.parent(of: path), reader)
    }

    private mutating func isPassable(_ folder: String, _ reader: Reader) -> Bool {
        let place = Place(folder: folder, reader: reader)
        if let found = known[place] { return found }
        var isPassable = false
        if let status = Folder.targetStatus(of: folder), Exposure.allows(status, reader, others: 0o001, group: 0o010) {
            isPassable = folder == "/" || folder == "." || self.isPassable(Folder.parent(of: folder), reader)
        }
        known[place] = isPassable
        return isPassable
    }

    private static func allows(_ status: stat, _ reader: Reader, others: mode_t, group: mode_t) -> Bool {
        if case .group(let number) = reader, status.st_gid == number { return status.st_mode & group != 0 }
        return status.st_mode & others != 0
    }
}
