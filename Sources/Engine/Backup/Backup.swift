// Makes a backup set: the archive of a consistent snapshot, and the log backup that was running until then.

import Archive
import Database
import FileSystem
import Glibc
public import Vocabulary

/// One backup of an application.
///
/// The database stays in use. In WAL mode nobody waits; in rollback-journal mode writers wait while the data file is read, and
/// the outcome says for how long.
///
/// The application's hooks are asked before and told after: see `BackupHooks`.
///
/// On Stop (1406) or failure: no archive, no log backup, log and chain as they were (I2); history and backup journal say so.
/// On kill -9: at most temporary files that the next backup clears away, or a complete archive whose log was not cut yet; the
/// next log backup then overlaps it, which integration skips.
public struct Backup: Sendable {
    private let application: Application
    private let surroundings: Surroundings
    private let destination: String?
    /// The chain that begins with this backup: the first one of a log. A log that is lost brings one of itself.
    var newChain: NewChain?
    /// The date of the schedule that this backup is made for, in milliseconds since 1970 UTC; nil for a manual one.
    var due: Int64?
    /// What holds; nil for what the settings file says.
    var settings: BackupSettings?

    /// - Parameter destination: the folder for the set; nil for the one in the settings.
    public init(application: Application, surroundings: Surroundings, destination: String?) {
        self.application = application
        self.surroundings = surroundings
        self.destination = destination
    }

    public func run(_ job: Job) throws -> BackupOutcome { try run(job, on: nil) }

    /// - Parameter connection: see `LogSession.open`.
    func run(_ job: Job, on connection: Connection?) throws -> BackupOutcome {
        let started = surroundings.now()
        let lock = try OperationLock(.operation, for: "backup", on: application, surroundings, job)
        defer { withExtendedLifetime(lock) {} }
        let settings: BackupSettings
        do throws(Failure) {
            if let given = self.settings { settings = given } else { settings = try BackupSettings.read(application) }
        } catch {
            let folder = application.defaultDestination
            BackupRecord(application, surroundings, BackupSettings(), folder: folder, started: started, due: due).failed(error)
            throw error
        }
        let wanted = destination ?? settings.destination(of: application)
        let folder = Folder.resolved(wanted) ?? wanted
        let record = BackupRecord(application, surroundings, settings, folder: folder, started: started, due: due)
        var hooks = BackupHooks(application: application, surroundings: surroundings, settings: settings)
        if let number = try? record.expectedNumber() {
            hooks.number = number
            hooks.archive = Folder.join(folder, Application.archiveName(application.name, number))
        }
        do {
            try Destination.checkOwner(folder, of: application, job)
            try hooks.startup(job)
            try Destination.prepare(wanted, of: application, settings)
            var outcome = try performWithRequestedLog(record, settings, connection, job)
            if settings.provesRestorability { prove(&outcome, job) }
            // After the trial: what it says of the new archive decides which old ones may go.
            if !settings.erasesOldestBefore { outcome.warnings += record.applyRetention(before: false).map(\.description) }
            if let warning = hooks.shutdown(0, archive: outcome.archive) { outcome.warnings.append(warning.description) }
            return outcome
        } catch let failure as Failure {
            record.failed(failure)
            _ = hooks.shutdown(failure.code.rawValue, archive: nil)
            throw failure
        }
    }

    /// Restores the new archive for trial. The backup is done, whatever comes of that: a Stop ends only the trial.
    private func prove(_ outcome: inout BackupOutcome, _ job: Job) {
        do {
            let proof = try Proof(archive: outcome.archive, of: application.data, surroundings: surroundings).run(job)
            outcome.proof = proof
            if proof.result != .proven {
                outcome.warnings.append("the trial restore \(proof.result == .failed ? "failed" : "proved nothing"): \(proof.reason ?? "")")
            }
        } catch {
            // Untested: it takes a Stop or a failing disk within the trial; what is wrong with the archive is an outcome of it, and no error.
            outcome.warnings.append("the archive was not restored for trial: \((error as? Failure)?.sentence ?? String(describing: error))")
        }
    }

    /// The backup; with a log that was to start with it.
    private func performWithRequestedLog(
        _ record: BackupRecord, _ settings: BackupSettings, _ connection: Connection?, _ job: Job
    ) throws -> BackupOutcome {
        guard newChain == nil else { return try translatingDatabaseErrors { try perform(record, settings, connection, job) } }
        let (requested, notice) = try LogRequest(application: application, surroundings: surroundings).begin(settings, job)
        var backup = self
        backup.newChain = requested?.1.new
        do {
            var outcome = try translatingDatabaseErrors { try backup.perform(record, settings, requested?.1.connection, job) }
            if let (start, beginning) = requested { start.note(beginning) }
            if let notice { outcome.warnings.append(notice.description) }
            return outcome
        } catch {
            if let (start, beginning) = requested { start.takeBack(beginning) }
            throw error
        }
    }

    private func perform(
        _ record: BackupRecord, _ settings: BackupSettings, _ shared: Connection?, _ job: Job
    ) throws -> BackupOutcome {
        _ = try dataStatus()
        let identity = try ApplicationRecord.establish(application, surroundings, job)
        _ = try BackupSettings.createDefault(application)
        let number = try record.nextNumber(identity)
        if settings.erasesOldestBefore { record.applyRetention(before: true) }

        job.report(Progress(phase: "Waiting for the database", subject: application.data))
        // A backup without the data holds no operation: it neither cuts the log nor stands for a point in it. The base of a chain holds them.
        let includesData = settings.includesData || newChain != nil
        let (keys, keyNotice) = LogSession.keysOrWarning(application, surroundings)
        let (session, logNotice) = includesData ? try waitingForWriters(settings, job) { try openLog(keyNotice, shared, job) } : (nil, keyNotice)
        defer { session?.abandonNewChain() }
        let connection = try session?.connection ?? waitingForWriters(settings, job) { try Connection(application.data, .read, stop: job) }
        job.report(Progress(phase: "Marking the snapshot", subject: application.data))
        let open = { try waitingForWriters(settings, job) { try connection.withStop(of: job) { try PageReader(connection) } } }
        let unseen = try session?.compareBeforeBackup(job) ?? []
        let marked = try session?.snapshot(job, open)
        let capture = marked?.mark
        let pages = try marked?.pages ?? open()
        defer { pages.finish() }

        let clock = try Capture.isInstalled(connection) ? Capture.position(connection) : 0
        let contents = BackupContents(application, settings)
        let total = contents.items.reduce(includesData ? pages.byteCount : 0) { $0 + $1.size }
        let status = try dataStatus()
        let path = Folder.join(record.folder, Application.archiveName(application.name, number))
        let parity = BackupParity(settings, like: status)
        try parity.removeStale(of: path)
        let writer = try ArchiveWriter(
            path: path, segmentSize: settings.segmentMegabytes > 0 ? UInt64(settings.segmentMegabytes) * 1_000_000 : nil,
            ownership: Ownership(owner: status.st_uid, group: status.st_gid, mode: status.st_mode & 0o600),
            expectedBytes: total, job: job)
        var judgement = DataJudgement()
        if includesData {
            let entry = ArchiveWriter.Entry(
                role: .data, name: "Data/" + EntryName.acceptable(Folder.name(of: application.data)), originalPath: application.data,
                mode: status.st_mode & 0o7777, modified: surroundings.now())
            var check = PageCheck(pageSize: pages.pageSize, pageCount: pages.pageCount)
            try writer.addEntry(entry, compression: settings.archiveCompression) { buffer in
                let offset = pages.offset
                let count = try pages.read(into: buffer)
                check.take(UnsafeRawBufferPointer(rebasing: buffer[..<count]), at: offset)
                return count
            }
            judgement = try DataJudgement(pages, check, CaptureState(connection), identity, before: record.ownSets(identity))
        }
        pages.finish()
        var missing = contents.missing
        for item in contents.items {
            guard let file = try? contents.open(item), let status = try? file.status() else {
                missing.append(item.entry.originalPath)
                continue
            }
            var entry = item.entry
            (entry.mode, entry.modified) = (status.st_mode & 0o7777, status.st_mtim.milliseconds)
            var offset: UInt64 = 0
            try writer.addEntry(entry, compression: settings.archiveCompression) { buffer in
                do {
                    let count = try file.read(into: buffer, at: offset)
                    offset += UInt64(count)
                    return count
                } catch let error as SystemError {
                    throw Failure(
                        .archiveSaveFailed, "'\(item.entry.originalPath)' cannot be read", cause: error.reason,
                        hint: "Check that file and its disk, or take it out of the settings.")
                }
            }
        }
        let written = try writer.finish(
            Manifest(
                application: identity.application, applicationName: application.name, backupNumber: UInt64(number),
                chain: capture?.chain ?? "", lastOperation: capture?.lastOperation ?? 0,
                position: includesData ? capture?.position ?? clock : 0,
                startTime: record.started, endTime: surroundings.now(), programVersion: surroundings.version,
                textEncoding: connection.textEncoding.pragmaName,
                places: Manifest.Places(
                    log: session?.journalPath ?? identity.journal, logFolders: (identity.logFolders ?? []).map(\.path),
                    destinations: identity.destinations(with: record.folder)),
                properties: judgement.properties.merging(surroundings.machineMark.map { ["machine": $0] } ?? [:]) { $1 }),
            key: keys?.current)
        let log: String?
        do {
            if settings.checksArchive { try check(written.paths, job) }
            try parity.protect(written.paths, as: path, job)
            log = try session?.cut(after: number, sealedIn: record.folder, capture, parity, job)
        } catch {
            // The archive is not to stand without its log cut: log and chain stay as they were (I2).
            for path in parity.paths + written.paths { try Folder.removeFile(path) }
            throw error
        }

        session?.ledger?.saveAfterCut()
        // Nothing below can take the backup back: what fails becomes a warning.
        var warnings = record.published(number, identity, journal: session?.journalPath)
        warnings += [logNotice, unseen.isEmpty ? nil : RowLedger.unseen(unseen)].compactMap { $0 } + (session?.warnings ?? [])
        var outcome = BackupOutcome(
            number: number, status: missing.isEmpty ? .complete : .partial, archive: written.paths[0], log: log,
            lastOperation: capture?.lastOperation, bytes: writer.bytesRead, archiveBytes: written.bytes,
            seconds: Double(surroundings.now() - record.started) / 1000, missing: missing, parity: parity.paths,
            writersWaitedSeconds: pages.isWriteAheadLog ? 0 : Double(pages.heldMicroseconds) / 1e6, warnings: [])
        do throws(Failure) {
            try AutomationState.update(application, settings, now: surroundings.now()) { $0.succeeded(start: record.started) }
        } catch { warnings.append(error) }
        outcome.condition = judgement.condition?.rawValue
        warnings += [judgement.failure].compactMap { $0 } + missing.filter { Folder.linkTarget(of: $0) == nil && Folder.isRefused($0) }.map(Application.hidden)
        warnings += record.succeeded(outcome, written.manifest, segments: written.paths.count, log: session?.range, judgement)
        outcome.warnings = warnings.map(\.description)
        return outcome
    }

    /// Opens the log. Where it is not available, the backup is made without it: the archive knows by its own clock which
    /// operations it holds. Where it is certainly lost, this backup is the base of a new chain.
    /// - Returns: what is to be told besides.
    private func openLog(_ keyNotice: Failure?, _ shared: Connection?, _ job: Job) throws -> (session: LogSession?, notice: Failure?) {
        let patience = BackupSettings.lockPatience(of: application)
        // Without its key nothing is written to the log, and a backup is wanted all the more.
        if newChain == nil, let keyNotice { return (nil, keyNotice) }
        do {
            return (try LogSession.open(application, surroundings, for: "backup", starting: newChain, patience: patience, on: shared, job), nil)
        } catch let failure as Failure {
            // Without capture there is no log to be cut, and a backup is wanted all the more.
            if failure.code == .changesUnseen || failure.code == .tampered { return (nil, failure) }
            guard failure.code == .logUnavailable else { throw failure }
            guard newChain == nil, try LogSession.isLost(application, job),
                let new = try NewChain.replacing(application, surroundings, job)
            else { return (nil, failure) }
            let notice = Failure(
                .logUnavailable, "the log file '\(new.journalPath)' is lost: a new chain of backups and logs begins with this backup",
                cause: failure.cause,
                hint: "Older archives reach as far as the logs that are left. Should the lost file turn up, keep it beside them.")
            return (try LogSession.open(application, surroundings, for: "backup", starting: new, patience: patience, job), notice)
        }
    }

    /// Runs `body`, waiting for writers as the settings say.
    private func waitingForWriters<Result>(_ settings: BackupSettings, _ job: Job, _ body: () throws -> Result) throws -> Result {
        let seconds = settings.waitsForTransactions ? settings.transactionTimeout : 0
        do {
            return try Patience.retry(seconds: seconds, job, body)
        } catch let error as DatabaseError where error.isBusy {
            throw Failure(
                seconds == 0 ? .transactionOpen : .transactionTimeout,
                seconds == 0
                    ? "a transaction holds the database '\(application.data)'"
                    : "a transaction has held the database '\(application.data)' for \(seconds) seconds",
                cause: error.message,
                hint: "Try again when it has ended, or let the backup wait longer (setting Advanced/Transaction/Timeout).")
        }
    }

    private func dataStatus() throws -> stat {
        guard let status = Folder.status(of: application.data) else {
            throw Failure(
                .fileNotFound, "the data file '\(application.data)' is missing",
                hint: "Restore it first: 'msc backups' lists the archives.")
        }
        return status
    }

    /// Reads the archive back and checks every digest.
    private func check(_ paths: [String], _ job: Job) throws {
        job.report(Progress(phase: "Checking the archive", subject: paths[0]))
        if let problem = try ArchiveReader(path: paths[0], repairing: false).verify(job: job).first { throw problem.failure }
    }
}

extension BackupSettings {
    var archiveCompression: Compression {
        switch compression {
        case .none: .none
        case .fast: .fast
        case .compact: .compact
        }
    }
}

extension TextEncoding {
    /// As `PRAGMA encoding` says it.
    var pragmaName: String {
        switch self {
        case .utf8: "UTF-8"
        case .utf16LittleEndian: "UTF-16le"
        case .utf16BigEndian: "UTF-16be"
        }
    }
}
