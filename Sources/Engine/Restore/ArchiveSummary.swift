// An archive as lists and the restore wizard show it: what its manifest says, nothing taken out.

import Archive
import Vocabulary

/// An archive, its facts and its items.
public struct ArchiveSummary: Sendable, Equatable {
    public struct Item: Sendable, Equatable {
        /// Its name in the archive: `Data/SampleDB.db`.
        public var name: String
        /// data, settings, structure or attachment.
        public var role: String
        public var originalPath: String
        /// Bytes.
        public var size: UInt64

        public init(name: String, role: String, originalPath: String, size: UInt64) {
            self.name = name
            self.role = role
            self.originalPath = originalPath
            self.size = size
        }
    }

    public var path: String
    /// Of all its segments.
    public var bytes: UInt64
    public var application: String
    public var number: UInt64
    /// When the backup began, in milliseconds since 1970 UTC.
    public var time: Int64
    /// The last operation it holds; nil when it was made without a log.
    public var lastOperation: UInt64?
    public var items: [Item]
    /// The data file it was made from, where that lies now; nil when it holds none.
    public var originalData: String?

    public init(
        path: String, bytes: UInt64, application: String, number: UInt64, time: Int64, lastOperation: UInt64?, items: [Item],
        originalData: String?
    ) {
        self.path = path
        self.bytes = bytes
        self.application = application
        self.number = number
        self.time = time
        self.lastOperation = lastOperation
        self.items = items
        self.originalData = originalData
    }

    init(path: String, bytes: UInt64, _ manifest: Manifest) {
        self.init(
            path: path, bytes: bytes, application: manifest.applicationName, number: manifest.backupNumber,
            time: manifest.startTime, lastOperation: manifest.chain.isEmpty ? nil : manifest.lastOperation,
            items: manifest.items.map { Item(name: $0.entryName, role: $0.role.rawValue, originalPath: $0.originalPath, size: $0.size) },
            originalData: ArchiveHome.data(of: path, manifest))
    }

    /// Opens an archive and checks its directory.
    /// - Throws: 1410, 1411, 1503 or 1514 for a file that is not a sound archive.
    public static func of(_ path: String) throws -> ArchiveSummary {
        let reader = try ArchiveReader(path: path)
        return ArchiveSummary(path: path, bytes: reader.bytes, try reader.backupManifest())
    }

    /// The data file that an archive was made from; nil when it cannot be told.
    public static func dataFile(of archive: String) -> String? { (try? of(archive))?.originalData }

    /// Bytes of some of its items; of all for an empty list, as in `Restore`.
    public func size(of names: [String]) -> UInt64 {
        items.filter { item in names.isEmpty || names.contains { item.name == $0 || item.name.hasPrefix($0 + "/") } }.total(\.size)
    }
}
