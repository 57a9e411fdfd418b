// What the next backup would save, and where to: read without changing anything.

import FileSystem
import Glibc
public import Vocabulary

/// Destination and contents of the next backup, as the Backup page shows them.
public struct BackupPlan: Sendable, Equatable {
    /// Something that the settings name, with everything in it.
    public struct Item: Sendable, Equatable {
        /// data, log, settings, structure or attachment.
        public var role: String
        public var path: String
        public var bytes: UInt64
        /// How many files it consists of.
        public var files: Int
        /// It is not there, or cannot be read; of a folder, at least a part of it.
        public var isMissing: Bool
        /// The system refuses it, or a part of it, to this user (error 1511).
        public var isRefused: Bool

        public init(role: String, path: String, bytes: UInt64, files: Int, isMissing: Bool, isRefused: Bool = false) {
            self.role = role
            self.path = path
            self.bytes = bytes
            self.files = files
            self.isMissing = isMissing
            self.isRefused = isRefused
        }
    }

    /// The folder that receives the set.
    public var destination: String
    /// Bytes free for this user and bytes in all on the destination's disk; nil when they cannot be told.
    public var free: UInt64?
    public var capacity: UInt64?
    /// Why nothing can be written there, as a sentence; nil when it can. The default folder is made by the first backup.
    public var obstacle: String?
    /// In the order in which they are saved.
    public var items: [Item]
    /// How many sets are kept; nil when all are.
    public var setsKept: Int?
    public var checksArchive: Bool

    /// Bytes to be read.
    public var bytes: UInt64 { items.total(\.bytes) }

    /// Reads settings and file sizes. Attachments are walked through: a Stop ends that with 1406.
    /// - Throws: 1512 or 1515 when the settings cannot be read.
    public static func of(_ application: Application, _ job: Job) throws(Failure) -> BackupPlan {
        let settings = try BackupSettings.read(application)
        let folder = settings.destination(of: application)
        var plan = BackupPlan(
            destination: folder, obstacle: obstacle(folder, application), items: [],
            setsKept: settings.limitsSets ? settings.setsKept : nil, checksArchive: settings.checksArchive)
        (plan.free, plan.capacity) = disk(of: folder)
        if settings.includesData {
            plan.items.append(file("data", application.data, also: application.data + "-wal"))
            if let journal = try ApplicationRecord.read(application)?.journal { plan.items.append(file("log", journal)) }
        }
        try job.checkStop()
        let companion = Folder.parent(of: application.settingsFile)
        let live = LiveFiles(application)
        if Folder.exists(companion) { try plan.add("settings", companion, live, job) }
        if settings.includesStructure {
            for path in settings.structurePaths(of: application) { try plan.add("structure", path, live, job) }
        }
        for path in settings.attachmentPaths(of: application) { try plan.add("attachment", path, live, job) }
        return plan
    }

    private mutating func add(_ role: String, _ path: String, _ live: LiveFiles, _ job: Job) throws(Failure) {
        var item = Item(role: role, path: path, bytes: 0, files: 0, isMissing: false)
        try BackupPlan.measure(path, &item, live, job)
        items.append(item)
    }

    private static func measure(_ top: String, _ item: inout Item, _ live: LiveFiles, _ job: Job) throws(Failure) {
        try Folder.look(through: top) { (path, sight) throws(Failure) in
            try job.checkStop()
            let isTemporary = BackupContents.isTemporary(path, top)
            switch sight {
            case .folder(let status): return !isTemporary && !live.contain(path, status)
            case .file(let status):
                if isTemporary || live.contain(path, status) { return false }
                item.bytes = item.bytes.adding(UInt64(max(0, status.st_size)))
                item.files += 1
            case .unreadable(let code):
                item.isMissing = true
                if code == EACCES { item.isRefused = true }
            case .nothing, .other: if !isTemporary { item.isMissing = true }
            }
            return false
        }
    }

    private static func file(_ role: String, _ path: String, also second: String? = nil) -> Item {
        guard let status = Folder.status(of: path) else {
            return Item(role: role, path: path, bytes: 0, files: 0, isMissing: true, isRefused: Folder.isRefused(path))
        }
        let more = second.flatMap { Folder.status(of: $0) }?.st_size ?? 0
        return Item(
            role: role, path: path, bytes: UInt64(max(0, status.st_size)).adding(UInt64(max(0, more))), files: 1,
            isMissing: access(path, R_OK) != 0,
            isRefused: Folder.isRefused(path))
    }

    private static func obstacle(_ folder: String, _ application: Application) -> String? {
        if Folder.isHidden(folder) { return "This user may not see the folder." }
        if !Folder.exists(folder) { return folder == application.defaultDestination ? nil : "The folder does not exist." }
        if !Folder.isFolder(folder) { return "It is not a folder." }
        return access(folder, W_OK | X_OK) == 0 ? nil : "The folder cannot be written to: \(String(cString: strerror(errno)))."
    }

    /// The disk of a folder that may not exist yet: that of the first one above it that does.
    public static func disk(of folder: String) -> (free: UInt64?, capacity: UInt64?) {
        var place = folder
        while !Folder.exists(place), place != "/", place != "." { place = Folder.parent(of: place) }
        guard let disk = Folder.disk(at: place) else { return (nil, nil) }
        return (disk.free, disk.capacity)
    }
}
