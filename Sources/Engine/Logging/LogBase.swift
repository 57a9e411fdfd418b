// The backup that a log begins with although it was made before anything was captured: it holds exactly what the data held when capture
// was installed. The two find each other by the digest of the data, which stands in the archive's manifest and in the log's header (I8).

import Archive
import Database
import FileSystem
import Glibc
import LogFile
import Vocabulary

/// A set that holds the data as they are.
struct LogBase {
    let set: BackupSet
    /// SHA-256 of its data file.
    let digest: [UInt8]
    /// Bytes of its data file.
    let size: UInt64

    /// The newest set, where it can be the base of a log: it is whole, good, verified by no key that it fails, and nobody has written to the
    /// data since, as far as the times of their files tell. What keeps it from being read makes it none: the log then begins with a backup.
    /// - Parameter trustingTimes: false for a test that looks at the bytes alone.
    static func candidate(_ application: Application, _ surroundings: Surroundings, trustingTimes: Bool = true) -> LogBase? {
        guard let set = (try? BackupSet.all(of: application, surroundings))?.first, set.isWhole, set.status == HistoryEntry.Status.complete.rawValue,
            set.condition == nil, set.proof.map({ $0.result != .failed }) ?? true,
            let reader = try? ArchiveReader(path: set.archive), let manifest = try? reader.backupManifest(),
            (try? reader.authenticate(surroundings.integrity.keys(for: application))) == [],
            (try? ApplicationRecord.read(application))?.application == manifest.application,
            manifest.chain.isEmpty, manifest.position == 0, let item = manifest.items.first(where: { $0.role == .data }),
            let digest = digest(of: manifest)
        else { return nil }
        for suffix in trustingTimes ? ["", "-wal", "-journal"] : [] {
            // Opening the database makes an empty -wal file.
            guard let status = Folder.status(of: application.data + suffix), status.st_size > 0 else { continue }
            if status.st_mtim.milliseconds > manifest.endTime { return nil }
        }
        return LogBase(set: set, digest: digest, size: item.size)
    }

    /// What was read of data that are those of the set.
    struct Reading {
        /// SQLite's number for what others commit: as long as this connection sees the same, nobody did.
        var version: Int64?
        /// Digests of virtual tables.
        var contents: [String: String]
    }

    /// Reads the data as a backup does, and compares. Outside of WAL mode, programs that write wait meanwhile.
    /// - Parameter state: that with which capture is going to be installed.
    /// - Returns: nil for data that are others.
    /// - Throws: what SQLite says; 1406 on Stop.
    func compare(_ connection: Connection, as state: CaptureState, limit: Int64, _ job: Job) throws -> Reading? {
        let version = try connection.integer("PRAGMA main.data_version")
        let pages = try PageReader(connection)
        defer { pages.finish() }
        guard pages.byteCount == size else { return nil }
        guard try LogBase.digest(of: pages, connection.path, job) == digest else { return nil }
        return Reading(version: version, contents: try Capture.contents(connection, limit: limit, as: state))
    }

    /// Writes into the history beside the archive which log begins with it: the archive itself does not know. Nil takes it back.
    func note(_ chain: Identity?, journal: String, _ application: Application, _ surroundings: Surroundings) throws(Failure) {
        guard let record = try ApplicationRecord.read(application) else { return }
        let file = HistoryFile(of: record, application, folder: Folder.parent(of: set.archive))
        _ = try file.update(now: surroundings.now()) { history throws(Failure) in
            for index in history.entries.indices where history.entries[index].isSet && history.entries[index].archive == set.archive {
                history.entries[index].chain = chain?.description
                history.entries[index].lastOperation = chain == nil ? nil : 0
                history.entries[index].begunLog = chain == nil ? nil : journal
            }
        }
    }
}

extension LogBase {
    private static func digest(of pages: PageReader, _ path: String, _ job: Job) throws -> [UInt8] {
        let digest = Digest()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        while true {
            try job.checkStop()
            job.report(Progress(phase: "Comparing with the backup", subject: path, done: pages.offset, total: pages.byteCount))
            let count = try pages.read(into: buffer)
            if count == 0 { return digest.finish() }
            digest.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    /// The digest of an archive's data; nil where it holds none.
    static func digest(of manifest: Manifest) -> [UInt8]? {
        guard let text = manifest.items.first(where: { $0.role == .data })?.sha256, text.utf8.count == 64 else { return nil }
        let characters = Array(text)
        let bytes = stride(from: 0, to: 64, by: 2).compactMap { UInt8(String(characters[$0...$0 + 1]), radix: 16) }
        return bytes.count == 32 ? bytes : nil
    }

    /// Where the logs stood that began on an archive's data, as the history beside it says.
    static func logs(begunOn archive: String, _ manifest: Manifest) -> [String] {
        HistoryFile.listings(of: Folder.resolved(archive) ?? archive).filter { $0.application == manifest.application }.compactMap(\.entry.begunLog)
    }

    /// The first log of the chain that began on the data of an archive made without one; nil where no such log is at hand. Data that were put back
    /// can have begun two: the chain of the current log counts, or the younger one.
    static func header(beginningOn manifest: Manifest, among links: [LogChain.Link], current: [String]) -> LogHeader? {
        guard manifest.chain.isEmpty, let digest = digest(of: manifest) else { return nil }
        let found = links.map(\.header).filter {
            $0.base == digest && $0.firstOperation == 1 && $0.application.description == manifest.application
        }
        // A current log that cannot be read tells of no chain.
        let chains = current.compactMap { try? LogReader($0).header.chain }
        return found.first { chains.contains($0.chain) } ?? found.max { $0.startTime < $1.startTime }
    }

    /// The manifest of an archive on whose data a log began, where that is at hand, as that of one made with the log. What cannot be read tells of
    /// none.
    /// - Parameter others: further logs, or folders of logs.
    static func joined(_ manifest: Manifest, _ archive: String, alongWith others: [String] = []) throws(Failure) -> Manifest {
        guard manifest.chain.isEmpty, let places = try? LogPlaces(archive: archive, manifest) else { return manifest }
        let files = places.files + others.filter { !Folder.isFolder($0) }
        let links = try LogChain.all(places.folders + others.filter { Folder.isFolder($0) }, files)
        return header(beginningOn: manifest, among: links, current: files).map { manifest.joined(to: $0) } ?? manifest
    }

    /// Lets a copy that is exactly the data that a log began on belong to its chain. Every other database stays as it is.
    static func adopt(_ connection: Connection, from log: String?, _ job: Job) throws {
        guard let log, try CaptureState(connection) == nil else { return }
        let header = try LogReader(log).header
        guard header.firstOperation == 1, header.base != LogHeader.noDigest else { return }
        let pages = try PageReader(connection)
        let digest: [UInt8]
        do {
            defer { pages.finish() }
            digest = try LogBase.digest(of: pages, connection.path, job)
        }
        if digest == header.base { try install(header, journal: "", on: connection) }
    }

    /// Does to a copy of the data what `msc log start` did to the original, but for the place: it belongs to the log's chain and stands where that
    /// begins.
    /// - Parameter journal: where the log stood; empty where nobody knows.
    /// - Throws: 1509 where the tables are not those that the log began with.
    static func install(_ header: LogHeader, journal: String, on connection: Connection) throws {
        let journaled = Set(header.tables.map { $0.name.lowercased() })
        try connection.transaction("IMMEDIATE") {
            let others = try Schema.read(connection).tables.map(\.name).filter { !journaled.contains($0.lowercased()) }
            let tables = try Capture.install(
                connection,
                CaptureState(
                    application: header.application.bytes, chain: header.chain.bytes, homePath: "", homeDevice: 0, homeInode: 0,
                    journalPath: journal, exclusions: others))
            // Untested: it takes a version of this program that numbers the tables of the same structure differently.
            guard Set(tables) == Set(header.tables) else {
                throw Failure(
                    .structureChanged, "the tables of '\(connection.path)' are not those that its log began with",
                    hint: "Restore a newer backup: 'msc backups' lists them.")
            }
            try Capture.advance(connection, to: header.startPosition)
        }
    }
}

extension Manifest {
    /// As it would be had the log been on already.
    func joined(to header: LogHeader) -> Manifest {
        var manifest = self
        manifest.chain = header.chain.description
        manifest.lastOperation = 0
        manifest.position = header.startPosition
        return manifest
    }
}

extension RestoredData {
    /// Joins data of an archive that was made without a log to the log that began on them, where it is at hand.
    /// - Parameters:
    ///   - named: the logs that a person named; nil for those in all places where logs can be.
    /// - Throws: 1511 or 1515 when the disk or the system does not let a file be read: it may be the one.
    mutating func join(_ archive: String, _ named: [String]?, _ job: Job) throws {
        guard manifest.chain.isEmpty else { return }
        let places = try LogPlaces(archive: archive, manifest)
        let links =
            if let named { try named.map { try LogChain.Link($0) } } else {
                try LogChain.all(places.folders, places.files) { (failure) throws(Failure) in
                    if failure.code == .readFailed || failure.code == .noPermission { throw failure }
                }
            }
        guard let header = LogBase.header(beginningOn: manifest, among: links, current: places.files) else { return }
        let connection = try Connection(path, .write, busyTimeout: 1000, stop: job)
        guard try CaptureState(connection) == nil else { return }
        try LogBase.install(header, journal: places.files.first ?? "", on: connection)
        manifest = manifest.joined(to: header)
    }
}
