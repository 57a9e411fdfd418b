// A restore over the live data: in one transaction through SQLite where a usable file is there.

import Archive
import Database
import FileSystem
import Glibc
import Vocabulary

extension Restore {
    func inPlace(_ reader: ArchiveReader, _ manifest: Manifest, _ job: Job) throws -> RestoreOutcome {
        let item = manifest.items.first { $0.role == .data }
        let path = try RestoreDestination.inPlace(dataFile, archive, manifest)
        let application = try Application(restoring: path)
        let lock = try OperationLock(.operation, for: "restore", on: application, surroundings, job)
        defer { withExtendedLifetime(lock) {} }
        let situation = try InPlaceRestore.situation(of: path, job)
        if situation == .damaged { try InPlaceRestore.checkUnused(path) }
        let temporary = try Restore.partialFolder(for: path)
        defer { withExtendedLifetime(temporary) {} }
        let ownership = Folder.status(of: path).map { Ownership(owner: $0.st_uid, group: $0.st_gid, mode: $0.st_mode & 0o777) }
        // Untested: an archive without data was refused by the look at its original path.
        guard let item else { throw RestoreDestination.noData(archive) }
        var data = try Restore.extractData(item, reader, manifest, to: temporary, ownership: ownership, way: .inPlace, job)
        let unjoined = try join(&data, job)
        var outcome = RestoreOutcome(
            destination: Folder.parent(of: path), data: path, items: [path], integrated: [], lastOperation: data.manifest.chain.isEmpty ? nil : data.manifest.lastOperation, warnings: unjoined)
        if let record = try ApplicationRecord.read(application), record.application != manifest.application {
            guard replacesOthers || situation == .missing else {
                throw Failure(
                    .destinationExists, "the backup is of another application than the data at '\(path)', which it would replace",
                    hint: "Restore into a folder with --to, or add --other-application if it is meant so.")
            }
            outcome.warnings.append("the backup is of another application, whose data stood at '\(path)' once")
        }
        outcome.items += try LostCompanion(application: application, archive: archive, manifest: data.manifest)
            .bringBack(reader, journal: data.journalPath(job), job)
        // First, since the logs that follow then hold it.
        if situation == .damaged { outcome.warnings += try DamagedData(application: application, surroundings: surroundings).drain(job) }
        try data.checkOwner(job)
        try data.detach(job)
        let step = InPlaceRestore(data: data, application: application, surroundings: surroundings)
        if situation == .usable {
            outcome.warnings += try drainOriginal(manifest, job)
            try integrate(data, into: &outcome, job)
            outcome.warnings += try step.bringIn(job)
        } else {
            try replace(step, setAside: situation == .damaged, &outcome, job)
        }
        return outcome
    }

    /// Looks for damage that came with the backup, before anything takes the place of the data file.
    private func check(_ data: RestoredData, _ outcome: inout RestoreOutcome, _ job: Job) throws {
        let connection = try Connection(data.path, .read, busyTimeout: 1000, stop: job)
        guard let problem = try DatabaseCheck(.quick, limit: 1, ignoresRules: true).run(connection, job).first else { return }
        if refusesDamage {
            throw Failure(
                .databaseDamaged, "the data in the archive '\(archive)' are damaged", cause: problem.message,
                hint: "Restore an older archive: 'msc backups' lists them.")
        }
        outcome.warnings.append("the data in the archive '\(archive)' are damaged themselves: \(problem.message)")
    }

    /// Puts the restored file where there is no usable one.
    ///
    /// The log goes on where it ended only when the data hold all of it: an earlier point is then reached by changes after its end, so
    /// that no operation number is ever used twice (I7). They are made before anybody sees the file: what cannot be reached, or is
    /// stopped on the way, leaves the place as it was (I6). A log that does not join on to the data ends here, and says so.
    private func replace(_ step: InPlaceRestore, setAside: Bool, _ outcome: inout RestoreOutcome, _ job: Job) throws {
        let data = step.data
        var whole = self
        if logs == .none { whole.logs = .automatic }
        whole.until = nil
        guard let owner = try data.owner(job)?.owner, let (chain, held) = try whole.chain(for: data, allowsGap: true, job), chain.afterGap == nil,
            try step.logEnds(with: chain.lastPosition ?? data.manifest.position, of: owner)
        else {
            try integrate(data, into: &outcome, job)
            try check(data, &outcome, job)
            return try step.publish(setAside: setAside, joinsLog: false, &outcome, job)
        }
        let target = logs == .none ? held : try end(of: chain, after: held, data.manifest, &outcome.warnings)
        try whole.integrate(data, toEnd: true, into: &outcome, job)
        let last = outcome.lastOperation ?? 0
        if let target, target != last {
            try goBack(step, from: last, to: target, chain, &outcome, job)
            outcome.lastOperation = target
        }
        try check(data, &outcome, job)
        try step.publish(setAside: setAside, joinsLog: true, &outcome, job)
        if outcome.lastOperation != last { outcome.warnings += step.drain() }
    }

    /// Makes a second copy that ends at an earlier point, and gives its content to the first one, which ends where the log does.
    private func goBack(_ step: InPlaceRestore, from last: UInt64, to target: UInt64, _ chain: LogChain, _ outcome: inout RestoreOutcome, _ job: Job) throws {
        let reader = try ArchiveReader(path: archive)
        let folder = try Restore.partialFolder(for: step.application.data)
        defer { withExtendedLifetime(folder) {} }
        // Untested: an archive without data was refused before anything was extracted.
        guard let item = step.data.manifest.items.first(where: { $0.role == .data }) else { throw RestoreDestination.noData(archive) }
        var wanted = try Restore.extractData(item, reader, try reader.backupManifest(), to: folder, way: .inPlace, job)
        _ = try join(&wanted, job)
        try wanted.detach(job)
        let result = try wanted.integrate(chain, to: target, job)
        outcome.warnings += result.warnings
        outcome.incomplete = result.incomplete
        try step.goBack(to: wanted, operation: target, from: last, job)
    }
}
