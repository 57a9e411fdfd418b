// Which files go into a backup, under which name in the archive, and which of them are not there.

import Archive
import FileSystem
import Glibc
import Vocabulary

/// The files beside the data that a backup takes: settings, structure and attachments. Links are not followed: what they
/// point to is not ours to copy; a link that the settings name counts as missing. The live data and what belongs to them are passed
/// over wherever they stand.
struct BackupContents {
    struct Item: Equatable {
        var entry: ArchiveWriter.Entry
        var size: UInt64
    }

    private(set) var items: [Item] = []
    /// Paths that the settings name and that are not there, not readable, or have a name that an archive cannot hold.
    private(set) var missing: [String] = []
    private var roots: Set<String> = []
    private let live: LiveFiles

    /// Lists the files now. A file that appears or goes while the backup runs is the next backup's affair.
    init(_ application: Application, _ settings: BackupSettings) {
        live = LiveFiles(application)
        add(Folder.parent(of: application.settingsFile), .settings, under: "Settings", isExpected: false)
        if settings.includesStructure {
            for path in settings.structurePaths(of: application) { add(path, .structure, under: root("Structure", path)) }
        }
        for path in settings.attachmentPaths(of: application) { add(path, .attachment, under: root("Attachments", path)) }
    }

    /// A name below `folder` that no other root has: two attachments may both be called `images`.
    private mutating func root(_ folder: String, _ path: String) -> String {
        let wanted = "\(folder)/\(Folder.name(of: path))"
        var name = wanted
        var number = 2
        while !roots.insert(name).inserted {
            name = "\(wanted)~\(number)"
            number += 1
        }
        return name
    }

    private mutating func add(_ path: String, _ role: Manifest.Role, under name: String, isExpected: Bool = true) {
        guard let status = Folder.status(of: path) else {
            if isExpected { missing.append(path) }
            return
        }
        if live.contain(path, status) { return }
        switch status.st_mode & S_IFMT {
        case S_IFREG:
            guard EntryName.objection(to: name) == nil, access(path, R_OK) == 0 else { return missing.append(path) }
            items.append(
                Item(
                    entry: .init(
                        role: role, name: name, originalPath: path, mode: status.st_mode & 0o7777,
                        modified: status.st_mtim.milliseconds),
                    size: UInt64(status.st_size)))
        case S_IFDIR:
            guard let names = try? Folder.contents(of: path) else { return missing.append(path) }
            for child in names where !child.hasPrefix(".msc-") {
                add(Folder.join(path, child), role, under: "\(name)/\(child)", isExpected: isExpected)
            }
        default:
            if isExpected { missing.append(path) }
        }
    }
}
