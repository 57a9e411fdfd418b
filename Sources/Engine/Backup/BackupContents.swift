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

    /// Whatever stands at `top`, under `name` in the archive.
    private mutating func add(_ top: String, _ role: Manifest.Role, under name: String, isExpected: Bool = true) {
        Folder.look(through: top) { path, sight in
            let name = path == top ? name : Folder.join(name, String(path.dropFirst(top.hasSuffix("/") ? top.count : top.count + 1)))
            switch sight {
            case .folder(let status): return !BackupContents.isTemporary(path, top) && !live.contain(path, status)
            case .file(let status):
                if BackupContents.isTemporary(path, top) || live.contain(path, status) { return false }
                guard EntryName.objection(to: name) == nil else {
                    missing.append(path)
                    return false
                }
                let entry = ArchiveWriter.Entry(
                    role: role, name: name, originalPath: path, mode: status.st_mode & 0o7777, modified: status.st_mtim.milliseconds)
                items.append(Item(entry: entry, size: UInt64(max(0, status.st_size))))
            case .unreadable: missing.append(path)
            case .nothing, .other: if isExpected, !BackupContents.isTemporary(path, top) { missing.append(path) }
            }
            return false
        }
    }

    /// Names of ours that are on their way to another one.
    static func isTemporary(_ path: String, _ top: String) -> Bool { path != top && Folder.name(of: path).hasPrefix(".msc-") }

    /// Opens an item to be read. What a program has put in its place since counts as well: it is looked at as the first one was, before
    /// it is opened, and this very file is read.
    /// - Throws: why it is missing.
    func open(_ item: Item) throws(SystemError) -> File {
        let path = item.entry.originalPath
        return try File(path) { !live.contain(path, $0) }
    }
}
