// Restores an archive: into a folder of its own, or in place of the data it was made from.

import Archive
import Database
import FileSystem
import Glibc
import LogFile
public import Vocabulary

/// `msc restore`.
///
/// Everything is taken out, checked by digest and taken forward along the logs in a temporary folder; only then does the
/// destination get its name. On Stop (1406) or failure nothing stands at the destination, and the data are as they were; kill
/// -9 leaves at most the temporary folder, which the next restore beside it removes.
public struct Restore: Sendable {
    public enum Target: Sendable, Equatable {
        /// A folder that does not exist yet; nil for one named like the archive, beside the data file.
        case folder(String?)
        /// The data file's own place: see `InPlaceRestore`.
        case inPlace
    }

    public enum Logs: Sendable, Equatable {
        case none
        /// All that follow in order: beside the archive, in the destinations of the application, its current log.
        case automatic
        /// These, in this order.
        case files([String])
    }

    private let archive: String
    private let surroundings: Surroundings
    private let target: Target
    private let items: [String]
    private let logs: Logs
    private let until: Point?
    private let insideTransaction: Bool

    /// - Parameters:
    ///   - items: entry names or folders of entries to restore; empty for all.
    ///   - until: the last operation or time to integrate; nil for all that the logs hold.
    public init(
        archive: String, surroundings: Surroundings, target: Target, items: [String], logs: Logs, until: Point?,
        insideTransaction: Bool
    ) {
        self.archive = archive
        self.surroundings = surroundings
        self.target = target
        self.items = items
        self.logs = logs
        self.until = until
        self.insideTransaction = insideTransaction
    }

    public func run(_ job: Job) throws -> RestoreOutcome {
        let started = surroundings.now()
        let reader = try ArchiveReader(path: archive)
        let manifest = try reader.manifest()
        let outcome = try translatingDatabaseErrors {
            switch target {
            case .folder(let path): try intoFolder(path, reader, manifest, job)
            case .inPlace: try inPlace(reader, manifest, job)
            }
        }
        var told = outcome
        told.warnings += RestoreRecord(archive: archive, manifest: manifest, surroundings: surroundings, started: started)
            .write(outcome).map(\.description)
        return told
    }

    // MARK: Into a folder

    private func intoFolder(_ path: String?, _ reader: ArchiveReader, _ manifest: Manifest, _ job: Job) throws -> RestoreOutcome {
        let wanted = path ?? defaultDestination(manifest)
        let destination = Folder.join(Folder.resolved(Folder.parent(of: wanted)) ?? Folder.parent(of: wanted), Folder.name(of: wanted))
        guard !Folder.exists(destination) else {
            throw Failure(
                .destinationExists, "something already stands at '\(destination)'", hint: "Choose another folder with --to.")
        }
        let above = Folder.parent(of: destination)
        guard Folder.isFolder(above), access(above, W_OK | X_OK) == 0 else {
            throw Failure(
                .destinationInvalid, "the folder '\(above)' does not exist or cannot be written to", hint: "Choose another folder with --to.")
        }
        let chosen = try choose(manifest)
        let temporary = Folder.partialPath(for: destination)
        do {
            let data = try extract(chosen, reader, manifest, to: temporary, job)
            var outcome = RestoreOutcome(
                destination: destination, data: nil, items: chosen.map { Folder.join(destination, $0.entryName) }, integrated: [],
                lastOperation: manifest.chain.isEmpty ? nil : manifest.lastOperation, warnings: [])
            if let data {
                try data.detach()
                try integrate(data, until: until, into: &outcome, job)
                try data.sync()
                outcome.data = Folder.join(destination, String(data.path.dropFirst(temporary.count + 1)))
            } else if logs != .none {
                throw Failure(
                    .badValue, "there are logs to integrate, but the data file is not among the chosen items",
                    hint: "Restore the data file too, or use --integrate none.")
            }
            do { try Folder.move(temporary, to: destination) } catch { throw Failure.writing(error) }
            return outcome
        } catch {
            // The first error is the one to report; what cannot be removed now is removed by the next restore.
            try? Folder.removeTree(temporary)
            throw error
        }
    }

    /// Beside the data file the archive was made from, or beside the archive where that folder is gone.
    private func defaultDestination(_ manifest: Manifest) -> String {
        let original = manifest.items.first { $0.role == .data }.map { Folder.parent(of: $0.originalPath) }
        let folder = original.flatMap { Folder.isFolder($0) ? $0 : nil } ?? Folder.parent(of: archive)
        let name = Folder.name(of: archive)
        return Folder.join(folder, name.hasSuffix(".4BK") ? String(name.dropLast(4)) : name + " restored")
    }

    private func choose(_ manifest: Manifest) throws(Failure) -> [Manifest.Item] {
        if items.isEmpty { return manifest.items }
        for wanted in items where !manifest.items.contains(where: { Restore.matches($0, wanted) }) {
            throw Failure(
                .fileNotFound, "the archive '\(archive)' holds no item '\(wanted)'",
                hint: "Its items are: \(manifest.items.prefix(10).map(\.entryName).joined(separator: ", ")).")
        }
        return manifest.items.filter { item in items.contains { Restore.matches(item, $0) } }
    }

    private static func matches(_ item: Manifest.Item, _ wanted: String) -> Bool {
        item.entryName == wanted || item.entryName.hasPrefix(wanted.hasSuffix("/") ? wanted : wanted + "/")
            || item.originalPath == wanted
    }

    /// Takes items out into a fresh folder, each checked before it gets its name. Returns the data file among them.
    func extract(
        _ chosen: [Manifest.Item], _ reader: ArchiveReader, _ manifest: Manifest, to folder: String, _ job: Job
    ) throws -> RestoredData? {
        let needed = chosen.reduce(0) { $0 &+ $1.size }
        let free: UInt64
        do { free = try Folder.freeSpace(at: Folder.parent(of: folder)) } catch { throw Failure.writing(error) }
        guard needed <= free else {
            throw Failure(
                .notEnoughSpace,
                "the restored files need \(Amount.bytes(needed)) at '\(Folder.parent(of: folder))', where \(Amount.bytes(free)) are free",
                hint: "Make room there, or choose another folder with --to.")
        }
        do {
            try Folder.removeTree(folder)
            try Folder.create(folder)
        } catch { throw Failure.writing(error) }
        reader.expectedBytes = needed
        for item in chosen {
            job.report(Progress(phase: "Restoring", subject: item.entryName, done: reader.bytesDone, total: needed))
            try reader.extract(item, below: folder, job: job)
        }
        return chosen.first { $0.role == .data }.map { RestoredData(path: Folder.join(folder, $0.entryName), manifest: manifest) }
    }

    // MARK: Logs

    /// Finds and checks the logs that follow, then replays them.
    private func integrate(
        _ data: RestoredData, until: Point?, into outcome: inout RestoreOutcome, _ job: Job
    ) throws {
        guard logs != .none else {
            if until != nil { throw Restore.nothingToIntegrate(archive) }
            return
        }
        guard let (owner, position) = try data.owner() else { throw Restore.nothingToIntegrate(archive) }
        let chain: LogChain
        switch logs {
        case .none: return
        case .files(let paths): chain = try LogChain.named(paths, after: position, of: owner, until: until)
        case .automatic:
            let places = try LogPlaces(archive: archive, data.manifest)
            chain = LogChain.following(position, of: owner, folders: places.folders, files: places.files)
            try chain.checkGap(until)
        }
        let held = chain.links.isEmpty ? data.manifest.lastOperation : try chain.operation(at: position)
        let end = try until.map {
            try EndPoint.resolve($0, in: chain.links, after: held, insideTransaction: insideTransaction)
        }
        outcome.integrated = try data.integrate(chain, to: end, job)
        let reached = try data.owner()?.position ?? position
        outcome.lastOperation = chain.links.isEmpty ? held : try chain.operation(at: reached)
    }

    private static func nothingToIntegrate(_ archive: String) -> Failure {
        Failure(
            .noLog, "no log follows the archive '\(archive)': it was made without one, or none is wanted",
            hint: "Restore it without an end point, or name the logs with --integrate.")
    }

    // MARK: In place

    private func inPlace(_ reader: ArchiveReader, _ manifest: Manifest, _ job: Job) throws -> RestoreOutcome {
        guard let item = manifest.items.first(where: { $0.role == .data }) else {
            throw Failure(
                .fileNotFound, "the archive '\(archive)' holds no data file", hint: "Restore its items into a folder instead.")
        }
        guard Folder.isFolder(Folder.parent(of: item.originalPath)) else {
            throw Failure(
                .destinationInvalid, "the folder of the original data file '\(item.originalPath)' does not exist",
                hint: "Create it, or restore into a folder with --to.")
        }
        let application = try Application(restoring: item.originalPath)
        let lock = try OperationLock(.operation, for: "restore", on: application, surroundings, job)
        defer { withExtendedLifetime(lock) {} }
        let situation = try InPlaceRestore.situation(of: item.originalPath)
        let temporary = Folder.partialPath(for: item.originalPath)
        // What cannot be removed at the end is removed by the next restore.
        defer { try? Folder.removeTree(temporary) }
        guard let data = try extract([item], reader, manifest, to: temporary, job) else {
            throw Failure(
                .fileNotFound, "the archive '\(archive)' holds no data file", hint: "Restore its items into a folder instead.")
        }
        var outcome = RestoreOutcome(
            destination: Folder.parent(of: item.originalPath), data: item.originalPath, items: [item.originalPath],
            integrated: [], lastOperation: manifest.chain.isEmpty ? nil : manifest.lastOperation, warnings: [])
        try data.detach()
        let step = InPlaceRestore(data: data, application: application, surroundings: surroundings)
        if situation == .usable {
            try integrate(data, until: until, into: &outcome, job)
            try step.bringIn(job)
        } else {
            // The log goes on where it ended only when the data hold all of it: an earlier point is reached by rolling back,
            // so that no operation number is ever used twice (I7).
            try integrate(data, until: nil, into: &outcome, job)
            let target = try until.map { try resolve($0, data) }
            try step.publish(setAside: situation == .damaged, &outcome, job)
            if let target, target != outcome.lastOperation {
                let rollback = Rollback(
                    application: application, surroundings: surroundings, to: .operation(target), insideTransaction: true,
                    dryRun: false)
                outcome.lastOperation = try rollback.perform(job).kept
            }
        }
        return outcome
    }

    /// The operation that an end point means, for data that have been taken to the end of the logs.
    private func resolve(_ point: Point, _ data: RestoredData) throws -> UInt64 {
        let places = try LogPlaces(archive: archive, data.manifest)
        guard let owner = try data.owner()?.owner else { throw Restore.nothingToIntegrate(archive) }
        let chain = LogChain.following(data.manifest.position, of: owner, folders: places.folders, files: places.files)
        return try EndPoint.resolve(
            point, in: chain.links, after: data.manifest.lastOperation, insideTransaction: insideTransaction)
    }
}
