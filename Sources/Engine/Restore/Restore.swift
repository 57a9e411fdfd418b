// Restores an archive: into a folder of its own, or in place of the data it was made from.

import Archive
import Database
import FileSystem
import Glibc
import LogFile
import Parity
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

    let archive: String
    let surroundings: Surroundings
    let target: Target
    let items: [String]
    var logs: Logs
    var until: Point?
    private let insideTransaction: Bool
    /// Data of the archive that are damaged themselves do not take the place of the data file (1501); otherwise a warning tells.
    var refusesDamage = false
    /// In place: the data file to replace, as the person named it; nil for the one whose own record knows the archive.
    public var dataFile: String?
    /// In place: the data of another application may be replaced.
    public var replacesOthers = false

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
        let manifest = try reader.backupManifest()
        let record = RestoreRecord(archive: archive, manifest: manifest, surroundings: surroundings, started: started)
        do {
            let unverified = try reader.authenticate(keys(manifest))
            var outcome = try translatingDatabaseErrors {
                switch target {
                case .folder(let path): try intoFolder(path, reader, manifest, job)
                case .inPlace: try inPlace(reader, manifest, job)
                }
            }
            outcome.warnings += unverified
            if !reader.repaired.isEmpty { outcome.warnings.append(Repair.warning(archive, reader.repaired.text)) }
            outcome.warnings += outcome.integrated.compactMap { step in step.repaired.map { Repair.warning(step.log, $0) } }
            outcome.warnings += outcome.integrated.flatMap(\.notIntegrated)
            outcome.warnings += record.write(outcome).map(\.description)
            return outcome
        } catch let failure as Failure {
            record.write(failure)
            throw failure
        }
    }

    /// Those of the database that the archive is of, where it is there.
    private func keys(_ manifest: Manifest) throws -> IntegrityKeys? {
        guard let path = ArchiveHome.data(of: archive, manifest), let application = try? Application(data: path) else {
            return surroundings.integrity.keys
        }
        return try surroundings.integrity.keys(for: application)
    }

    // MARK: Into a folder

    private func intoFolder(_ path: String?, _ reader: ArchiveReader, _ manifest: Manifest, _ job: Job) throws -> RestoreOutcome {
        let destination = try RestoreDestination.absolute(path ?? RestoreDestination.standard(archive: archive, manifest))
        let chosen = try choose(manifest)
        let pending = try drainOriginal(manifest, job)
        let temporary = try Restore.partialFolder(for: destination)
        let data = try extract(chosen, reader, manifest, to: temporary.path, job)
        var outcome = RestoreOutcome(
            destination: destination, data: nil, items: chosen.map { Folder.join(destination, $0.entryName) }, integrated: [],
            lastOperation: manifest.chain.isEmpty ? nil : manifest.lastOperation, warnings: pending)
        if var data {
            outcome.warnings += try join(&data, job)
            try data.checkOwner(job)
            try data.detach(job)
            try integrate(data, into: &outcome, job)
            try data.sync()
            outcome.data = Folder.join(destination, String(data.path.dropFirst(temporary.path.count + 1)))
        } else if logs != .none {
            throw Failure(
                .badValue, "there are logs to integrate, but the data file is not among the chosen items",
                hint: "Restore the data file too, or use --integrate none.")
        }
        do { try temporary.publish(as: destination) } catch { throw Failure.writing(error) }
        return outcome
    }

    /// A folder to build in, beside what it is for.
    static func partialFolder(for path: String) throws(Failure) -> PartialFolder {
        do { return try PartialFolder(for: path) } catch { throw Failure.writing(error) }
    }

    /// Does what a restore into a folder does, in a folder of the caller's, without giving it a name or writing it down.
    func rehearse(in folder: String, _ reader: ArchiveReader, _ manifest: Manifest, _ job: Job) throws -> RestoreOutcome {
        var outcome = RestoreOutcome(
            destination: folder, data: nil, items: [], integrated: [],
            lastOperation: manifest.chain.isEmpty ? nil : manifest.lastOperation, warnings: [])
        outcome.warnings += try reader.authenticate(keys(manifest))
        if var data = try extract(manifest.items, reader, manifest, to: folder, job) {
            outcome.warnings += try join(&data, job)
            try data.checkOwner(job)
            try data.detach(job)
            try integrate(data, into: &outcome, job)
            try data.sync()
            outcome.data = data.path
        }
        if !reader.repaired.isEmpty { outcome.warnings.append(Repair.warning(archive, reader.repaired.text)) }
        outcome.warnings += outcome.integrated.compactMap { step in step.repaired.map { Repair.warning(step.log, $0) } }
        outcome.warnings += outcome.integrated.flatMap(\.notIntegrated)
        return outcome
    }

    /// Joins data that were archived before their log began to that log. A copy that no log is wanted for stays as it is in the archive.
    /// - Returns: what is to be told of a log that is not at hand.
    func join(_ data: inout RestoredData, _ job: Job) throws -> [String] {
        switch logs {
        case .files(let paths): try data.join(archive, paths, job)
        case .none where target != .inPlace: return []
        default: try data.join(archive, nil, job)
        }
        guard data.manifest.chain.isEmpty else { return [] }
        return LogBase.logs(begunOn: archive, data.manifest).map {
            "the log '\($0)', which began on the data of this archive, was not found: what it held is not in the restored data"
        }
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

    /// Takes items out into an empty folder, each checked before it gets its name. Returns the data file among them.
    /// - Parameter ownership: of the files; nil for the owner of the folder.
    /// - Throws: 1505 where there is no room for them.
    private func extract(
        _ chosen: [Manifest.Item], _ reader: ArchiveReader, _ manifest: Manifest, to folder: String, _ job: Job
    ) throws -> RestoredData? {
        let needed = chosen.total(\.size)
        try RestoreDestination.space(for: needed, at: folder)
        reader.expectedBytes = needed
        for item in chosen {
            job.report(Progress(phase: "Restoring", subject: item.entryName, done: reader.bytesDone, total: needed))
            try reader.extract(item, below: folder, job: job)
        }
        return chosen.first { $0.role == .data }.map { RestoredData(path: Folder.join(folder, $0.entryName), manifest: manifest) }
    }

    /// Takes the data file of an archive out into a folder of ours, under a short name: SQLite takes paths of up to 512 bytes.
    /// - Parameter ownership: of the file; nil for the owner of the folder.
    /// - Throws: 1505 where there is no room for it.
    static func extractData(
        _ item: Manifest.Item, _ reader: ArchiveReader, _ manifest: Manifest, to folder: PartialFolder, ownership: Ownership? = nil,
        way: RestoreDestination.Way, _ job: Job
    ) throws -> RestoredData {
        try RestoreDestination.space(for: item.size, at: folder.path, way)
        reader.expectedBytes = item.size
        job.report(Progress(phase: "Restoring", subject: item.entryName, total: item.size))
        try reader.extract(item, below: folder.path, as: "data", ownership: ownership, job: job)
        return RestoredData(path: Folder.join(folder.path, "data"), manifest: manifest)
    }

    // MARK: Logs

    /// The logs that were asked for, checked, with the last operation that the copy holds before them; nil when none are wanted.
    /// - Parameter allowsGap: a chain that ends before a gap is told as it is; otherwise the end point must lie before the gap.
    func chain(for data: RestoredData, allowsGap: Bool = false, _ job: Job) throws -> (chain: LogChain, held: UInt64)? {
        guard logs != .none else {
            if until != nil { throw Restore.nothingToIntegrate(archive) }
            return nil
        }
        guard let (owner, position) = try data.owner(job) else {
            // Nobody named a log or a point: where there are no logs, all that follow are none.
            if logs == .automatic, until == nil { return nil }
            throw Restore.nothingToIntegrate(archive)
        }
        let chain: LogChain
        if case .files(let paths) = logs {
            chain = try LogChain.named(paths, after: position, of: owner, until: until)
        } else {
            let places = try places(for: data, job)
            chain = try LogChain.following(position, of: owner, folders: places.folders, files: places.files)
            if !allowsGap { try chain.checkGap(until) }
        }
        return (chain, chain.links.isEmpty ? data.manifest.lastOperation : try chain.leastOperation(at: position))
    }

    /// Writes what the live database has captured to its log, so that the logs that are found hold everything that was committed until now.
    /// - Returns: why they do not, in words.
    func drainOriginal(_ manifest: Manifest, _ job: Job) throws -> [String] {
        guard logs == .automatic, let path = ArchiveHome.data(of: archive, manifest), Folder.exists(path),
            let application = try? Application(data: path), let record = try? ApplicationRecord.read(application),
            record.application == manifest.application, record.journal != nil
        else { return [] }
        do {
            _ = try translatingDatabaseErrors {
                try LogSession.open(application, surroundings, for: OperationLock.drain, job)?.drain(job, pruning: false)
            }
            return []
        } catch {
            if let failure = error as? Failure, failure.code == .stopped { throw failure }
            let reason = (error as? Failure)?.sentence ?? String(describing: error)
            return ["what '\(path)' has captured and its log does not hold yet was not integrated: \(reason)"]
        }
    }

    /// Where logs are looked for.
    private func places(for data: RestoredData, _ job: Job) throws -> LogPlaces {
        var places = try LogPlaces(archive: archive, data.manifest)
        if data.manifest.places == nil { places.add(log: try data.journalPath(job)) }
        return places
    }

    /// The operation that the end point means.
    func end(of chain: LogChain, after held: UInt64, _ manifest: Manifest, _ warnings: inout [String]) throws -> UInt64? {
        guard let until else { return nil }
        var heldTime = manifest.startTime
        if case .time(let time) = until {
            let preview = try RestorePreview(archive, alongWith: chain.links.map(\.path))
            // The archive's own state is what was there at that time only when its last operation is not younger.
            if time < heldTime {
                guard let known = preview.heldTime, known <= time else {
                    throw Failure(
                        .pointOutOfRange,
                        "the archive '\(archive)' holds the data as they were at \(Timestamp.local(manifest.startTime)), "
                            + "after \(Timestamp.local(time))",
                        hint: "Restore an older archive: 'msc backups' lists them.")
                }
                heldTime = known
            }
            if let refusal = preview.refusal(of: time) { throw refusal }
            warnings += [preview.disorder].compactMap { $0?.description }
            let last = chain.lastOperation ?? held
            let reached = try chain.links.last.map { try LogReader($0.path).lastTime } ?? heldTime
            if logs == .automatic, !chain.endIsOpen, reached < time {
                warnings.append(
                    "no log at hand goes on after operation \(last) of \(Timestamp.local(reached)): what was done from then until \(Timestamp.local(time)) "
                        + "is not in the restored data")
            }
        }
        return try EndPoint.resolve(until, in: chain.links, after: held, knownAt: heldTime, insideTransaction: insideTransaction)
    }

    /// Replays the logs that were asked for, up to the end point or as far as they go.
    func integrate(_ data: RestoredData, toEnd: Bool = false, into outcome: inout RestoreOutcome, _ job: Job) throws {
        guard let (chain, held) = try chain(for: data, job) else { return }
        let keys = try keys(data.manifest)
        outcome.warnings += try chain.authenticate(keys, job)
        if logs == .automatic {
            let places = try places(for: data, job)
            // A current log that seems to hold nothing for these data may have been emptied.
            let others = places.files.filter { path in Folder.exists(path) && !chain.links.contains { $0.path == path } }
            if keys != nil { _ = try LogChain.authenticate(others, keys, job) }
            outcome.warnings += RestorePreview.unreadable(places, data.manifest.applicationName)
            outcome.warnings += places.files.filter { !Folder.exists($0) }.map { log in
                let state = Folder.isHidden(log) ? "may not be read by this user" : "is missing"
                return "the log '\(log)' \(state): what only it held is not in the restored data"
            }
        }
        let end = toEnd ? nil : try end(of: chain, after: held, data.manifest, &outcome.warnings)
        if let end, let warning = try EndPoint.disorder(until, in: chain.links, end: end) { outcome.warnings.append(warning.description) }
        let result = try data.integrate(chain, to: end, job)
        outcome.integrated = result.steps
        outcome.warnings += result.warnings
        outcome.incomplete = result.incomplete
        let reached = try data.owner(job)?.position ?? 0
        outcome.lastOperation = chain.links.isEmpty ? held : min(end ?? .max, try chain.operation(at: reached))
    }

    static func nothingToIntegrate(_ archive: String) -> Failure {
        Failure(
            .noLog, "no log follows the archive '\(archive)': it was made without one, or none is wanted",
            hint: "Restore it without an end point, or name the logs with --integrate.")
    }
}
