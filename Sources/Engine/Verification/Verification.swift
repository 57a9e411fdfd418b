// Checks a database, an archive or a log, and says what is wrong as values. Changes nothing.

import Archive
import Database
import FileSystem
import LogFile
import Parity
public import Vocabulary

public enum Verification {
    /// Checks what stands at `path`, told by its first bytes.
    /// - Parameters:
    ///   - recordsOnly: databases: leave out whether each index holds exactly its table's rows.
    ///   - tables: databases: only these; empty for all.
    ///   - integrity: the keys that codes and marks are held against; of a database, those of its log. The key that settings name counts for
    ///     their own database only.
    /// - Throws: 1406 on Stop, 1513 when there is nothing at `path`; damage is no error but a result.
    public static func of(
        _ path: String, recordsOnly: Bool, tables: [String], integrity: IntegrityChoice = .ofSettings, _ job: Job
    ) throws -> CheckOutcome {
        let path = ParityFile.protected(by: path)
        switch try FileKind.of(path) {
        case .log: return try ofLog(path, integrity: integrity, job)
        case .archive: return try ofArchive(path, integrity: integrity, job)
        case .data:
            var outcome = try ofData(path, recordsOnly: recordsOnly, tables: tables, job)
            try outcome.take(marks(of: path, integrity, job))
            return outcome
        }
    }

    /// Checks a log's structure, checksums, numbering and the digests that bind its blocks, and that its operations join; with a parity file
    /// beside it, whether that can repair it.
    /// - Parameter archive: the archive that the log follows: the log is integrated into its data, in a scratch folder. See `LogRehearsal`.
    public static func ofLog(
        _ path: String, onto archive: String? = nil, integrity: IntegrityChoice = .ofSettings, _ job: Job
    ) throws -> CheckOutcome {
        let keys = integrity.keys
        var outcome = try withParity(
            rereadLog(path, repairing: false, keys: keys, job), of: path, parity: ParityFile.path(of: path), files: { _ in [path] }, job,
            rereads: { try rereadLog(path, repairing: true, keys: keys, job) })
        guard outcome.result == .ok else { return outcome }
        if let archive {
            let notChecked = outcome.notChecked
            outcome = CheckOutcome(problems: try LogRehearsal(log: path, archive: archive).run(job))
            outcome.notChecked = notChecked
        } else {
            let number = try LogReader(path).header.number
            outcome.notChecked.append(
                "what the rows were before this log, "
                    + (number == 0 ? "which began with a blank database" : "which follows backup \(number): name its archive with --base"))
        }
        return outcome
    }

    /// - Parameter repairing: as it would be after a repair.
    static func rereadLog(_ path: String, repairing: Bool, keys: IntegrityKeys? = nil, _ job: Job) throws -> CheckOutcome {
        job.report(Progress(phase: "Checking the log", subject: path))
        do throws(Failure) {
            let report = try LogCheck.run(path, repairing: repairing, keys: keys, job: job)
            var problems = report.problems.filter(\.isDamage).map { Problem(where: $0.place, what: $0.what) }
            if LogChain.isClosed(path), !report.isSealed {
                problems.append(Problem(where: "end of the log", what: "the seal is missing: the file was cut off, or its end is damaged"))
            }
            var outcome = CheckOutcome(problems: problems)
            if report.rowsFollowed < 1 {
                outcome.notChecked = ["whether the operations join, for \(Int(100 - report.rowsFollowed * 100)) in 100 of the rows"]
            }
            if report.passedOver > 0 {
                outcome.notChecked.append(
                    "\(report.passedOver) operations that do not fit the rows before them: their table is logged anew later, and integration up to "
                        + "there passes over them")
            }
            if keys == nil, report.marks > 0 { outcome.notChecked.append("its integrity marks: the key was not given (--integrity-key)") }
            return outcome
        } catch {
            guard error.code == .logDamaged else { throw error }
            // Untested: the check tells damage as problems; it would have to come between two of its looks.
            return CheckOutcome(problems: [Problem(where: path, what: error.sentence)])
        }
    }

    /// The archive as it is, and what its parity file can do.
    static func ofArchive(_ path: String, integrity: IntegrityChoice = .ofSettings, _ job: Job) throws -> CheckOutcome {
        let parity = ArchiveReader.parityPath(of: path)
        let keys = integrity.keys
        let found: CheckOutcome
        do { found = try rereadArchive(path, repairing: false, keys: keys, job) } catch let failure as Failure {
            // Untested: as it is counted; a test takes segments away. A missing one is damage when there is something to make it again with.
            guard failure.code == .archiveMissing || failure.code == .readFailed, Folder.exists(parity) else { throw failure }
            found = CheckOutcome(problems: [Problem(where: path, what: failure.sentence)])  // Untested: as above.
        }
        return try withParity(
            found, of: path, parity: parity, files: { ArchiveReader.paths(of: path, as: $0) }, job,
            rereads: { try rereadArchive(path, repairing: true, keys: keys, job) })
    }

    /// - Parameter repairing: as it would be after a repair.
    static func rereadArchive(_ path: String, repairing: Bool, keys: IntegrityKeys? = nil, _ job: Job) throws -> CheckOutcome {
        job.report(Progress(phase: "Checking the archive", subject: path))
        do {
            let reader = try ArchiveReader(path: path, repairing: repairing)
            var scan = IdentityScan()
            var problems = try reader.verify(job: job) { item, bytes in if item.role == .data { scan.read(bytes) } }.map { problem in
                let bytes = problem.bytes.map { ", bytes \($0.lowerBound) to \($0.upperBound - 1)" } ?? ""
                return Problem(where: (problem.entryName ?? path) + bytes, what: problem.failure.sentence)
            }
            if problems.isEmpty, let contradiction = try contradiction(reader.backupManifest(), scan.found) {
                problems.append(Problem(where: path, what: contradiction))
            }
            var notChecked: [String] = []
            if problems.isEmpty {
                do { notChecked = try reader.authenticate(keys) } catch let failure as Failure where failure.code == .tampered {
                    problems.append(Problem(where: path, what: "error 1529: \(failure.sentence)"))
                }
            }
            var outcome = CheckOutcome(problems: problems)
            outcome.notChecked = notChecked
            return outcome
        } catch let failure as Failure where failure.code == .archiveDamaged || failure.code == .unsafeEntry {
            return CheckOutcome(problems: [Problem(where: path, what: failure.sentence)])
        }
    }

    /// Where the manifest says that the data belong to a log, the data say so too. (A copy without a log of its own carries its original's
    /// identity.)
    /// - Returns: the contradiction in words; nil when there is none.
    private static func contradiction(_ manifest: Manifest, _ found: Set<[UInt8]>) throws -> String? {
        guard !manifest.chain.isEmpty, let identity = Identity(manifest.application), !found.isEmpty, !found.contains(identity.bytes)
        else { return nil }
        return "the manifest names another application than the data"
    }

    private static func ofData(_ path: String, recordsOnly: Bool, tables: [String], _ job: Job) throws -> CheckOutcome {
        job.report(Progress(phase: "Checking the database", subject: path, unit: .records))
        do {
            let connection = try Connection(path, .read, busyTimeout: 5000, stop: job)
            let report = try DatabaseCheck(recordsOnly ? .quick : .full).report(connection, tables: tables.isEmpty ? nil : tables, job)
            var outcome = CheckOutcome(problems: report.problems.map { Problem(where: $0.table.isEmpty ? path : $0.table, what: $0.message) })
            outcome.notChecked = report.notChecked
            return outcome
        } catch let error as DatabaseError {
            let failure = error.failure
            guard failure.code == .databaseDamaged else { throw failure }
            return CheckOutcome(problems: [Problem(where: path, what: failure.sentence)])
        }
    }

    /// Reads the log that a database has beside it to its end, where there is a key, and holds its marks against that.
    private static func marks(of path: String, _ integrity: IntegrityChoice, _ job: Job) throws(Failure) -> CheckOutcome {
        var outcome = CheckOutcome(problems: [])
        var isWanted = integrity.keys != nil
        do throws(Failure) {
            let application = try Application(data: path)
            guard let journal = try ApplicationRecord.read(application)?.journal else { return outcome }
            let keys = try integrity.keys(for: application)
            isWanted = isWanted || keys != nil
            outcome.notChecked = try LogChain.authenticate([journal], keys, job)
        } catch {
            switch error.code {
            case .stopped: throw error
            case .tampered, .logDamaged: outcome = CheckOutcome(problems: [Problem(where: "log", what: error.description)])
            // Who may read the data only, and has no key, asked for nothing of the log.
            default: if isWanted { outcome.notChecked = ["the integrity marks of its log: \(error.description)"] }
            }
        }
        return outcome
    }
}

extension CheckOutcome {
    /// Adds what was found elsewhere.
    fileprivate mutating func take(_ other: CheckOutcome) {
        problems += other.problems
        notChecked += other.notChecked
        if !problems.isEmpty { result = .damaged }
    }
}
