// What a restore would do, before a byte changes: what the archive holds, which logs follow it, where it can end.

import Archive
import Database
import FileSystem
import LogFile
public import Vocabulary

/// An archive as the wizard shows it.
public struct ArchiveSummary: Sendable, Equatable {
    public struct Item: Sendable, Equatable {
        public var name: String
        /// data, settings, structure or attachment.
        public var role: String
        public var originalPath: String
        public var size: UInt64
    }

    public var path: String
    public var bytes: UInt64
    public var application: String
    public var number: UInt64
    /// Milliseconds since 1970 UTC.
    public var time: Int64
    /// The last operation it holds; nil when it was made without a log.
    public var lastOperation: UInt64?
    public var items: [Item]
    /// The data file it was made from; nil when it holds none.
    public var originalData: String?

    /// Opens an archive and checks its directory.
    /// - Throws: 1410, 1411, 1503 or 1514 for a file that is not a sound archive.
    public static func of(_ path: String) throws -> ArchiveSummary {
        let reader = try ArchiveReader(path: path)
        let manifest = try reader.manifest()
        return ArchiveSummary(
            path: path, bytes: reader.bytes, application: manifest.applicationName, number: manifest.backupNumber,
            time: manifest.startTime, lastOperation: manifest.chain.isEmpty ? nil : manifest.lastOperation,
            items: manifest.items.map { Item(name: $0.entryName, role: $0.role.rawValue, originalPath: $0.originalPath, size: $0.size) },
            originalData: manifest.items.first { $0.role == .data }?.originalPath)
    }
}

/// A log that follows an archive.
public struct FollowingLog: Sendable, Equatable {
    public var path: String
    public var first: UInt64
    /// One less than the first when it holds none.
    public var last: UInt64
    /// Milliseconds since 1970 UTC.
    public var start: Int64
    public var end: Int64
}

/// The logs that follow an archive, and what can be reached with them.
public struct RestorePreview: Sendable {
    public var archive: ArchiveSummary
    /// In the order in which they are integrated.
    public var logs: [FollowingLog]
    private let chain: [LogChain.Link]
    private let held: UInt64

    /// Looks where a restore with automatic integration looks. Changes nothing.
    public init(_ path: String) throws {
        archive = try ArchiveSummary.of(path)
        let manifest = try ArchiveReader(path: path).manifest()
        guard let application = Identity(manifest.application), let line = Identity(manifest.chain) else {
            (logs, chain, held) = ([], [], manifest.lastOperation)
            return
        }
        let places = try LogPlaces(archive: path, manifest)
        let found = LogChain.following(
            manifest.position, of: .init(application: application, chain: line), folders: places.folders, files: places.files)
        chain = found.links
        held = found.links.isEmpty ? manifest.lastOperation : try found.operation(at: manifest.position)
        var logs: [FollowingLog] = []
        for link in found.links {
            logs.append(
                FollowingLog(
                    path: link.path, first: link.first, last: link.last, start: link.header.startTime,
                    end: try LogReader(link.path).lastTime))
        }
        self.logs = logs
    }

    /// The last operation that can be reached.
    public var lastOperation: UInt64 { max(held, chain.map(\.last).max() ?? held) }

    /// The operation that an end point means.
    /// - Throws: 1506 or 1507, with the reason and the nearest points.
    public func resolve(_ point: Point, insideTransaction: Bool = false) throws(Failure) -> UInt64 {
        try EndPoint.resolve(point, in: chain, after: held, insideTransaction: insideTransaction)
    }

    /// Bytes that the destination needs, and that are free there.
    public func space(at folder: String) throws(Failure) -> (needed: UInt64, free: UInt64) {
        do { return (archive.items.reduce(0) { $0 &+ $1.size }, try Folder.freeSpace(at: folder)) } catch { throw Failure.writing(error) }
    }
}
