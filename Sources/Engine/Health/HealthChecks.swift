// The questions that health is made of. Reads only, takes no lock, and never fails: what cannot be read is unknown.

import FileSystem
import Glibc
public import Vocabulary

extension Health {
    /// What health is judged from, each part read by itself: one that cannot be read leaves the others as they are.
    public struct Readings: Sendable {
        public var log: Result<LogStatus, any Error>
        /// Newest first.
        public var sets: Result<[BackupSet], any Error>
        public var lastAttempt: Result<BackupSet?, any Error>
        public var automation: Result<AutomationStatus, any Error>

        /// - Parameter job: a Stop of it ends the reading of the data: the log's state is then error 1406.
        public init(_ application: Application, _ surroundings: Surroundings, _ job: Job? = nil) {
            log = Result { try LogStatus.of(application, surroundings, job) }
            sets = Result { try BackupSet.all(of: application, surroundings) }
            lastAttempt = Result { try BackupSet.lastAttempt(of: application) }
            automation = Result { try AutomationStatus.of(application, surroundings) }
        }
    }

    /// Judges an application now.
    /// - Parameters:
    ///   - readings: what was read of it a moment ago; nil reads it.
    ///   - anchor: the file in which the log's end was written down; nil for the one that the settings name.
    public static func of(
        _ application: Application, _ surroundings: Surroundings, _ thresholds: HealthThresholds = HealthThresholds(), readings: Readings? = nil,
        anchor: String? = nil, _ job: Job? = nil
    ) -> Health {
        let readings = readings ?? Readings(application, surroundings, job)
        var checks: [Check] = []
        var figures = Figures()
        let now = surroundings.now()
        figures.now = now
        if !Folder.exists(application.data) { checks.append(Check("data", .critical, "the data file is missing")) }
        checks += asking("log") {
            let status = try readings.log.get()
            figures.log = status
            let schema = status.unsupported.isEmpty ? [] : [Check("schema", .warning, status.unsupported.joined(separator: "; "))]
            return log(status, thresholds) + schema
        }
        checks += asking("integrity") { try integrity(application, surroundings, figures.log, anchor: anchor) }
        checks += asking("backup") {
            let sets = try readings.sets.get()
            figures.lastGood = sets.first { $0.isWhole && $0.holdsData != false }
            figures.lastAttempt = try readings.lastAttempt.get()
            return backups(sets, figures, now, thresholds)
        }
        checks += asking("contents") { try contents(application, figures) }
        checks += asking("automatic") {
            let status = try readings.automation.get()
            figures.automation = status
            return automatic(status)
        }
        checks += asking("space") { try space(application, figures, thresholds) }
        checks += asking("disk") { try disk(application, figures) }
        return Health(data: application.data, checks: checks, time: Timestamp.utc(now), figures: figures)
    }

    private static func asking(_ name: String, _ question: () throws -> [Check]) -> [Check] {
        do { return try question() } catch {
            guard let failure = error as? Failure else { return [Check(name, .unknown, String(describing: error))] }
            let isDamage = failure.code == .databaseDamaged || failure.code == .notADatabase
            return [Check(isDamage ? "data" : name, isDamage ? .critical : .unknown, failure.description)]
        }
    }

    private static func log(_ status: LogStatus, _ thresholds: HealthThresholds) -> [Check] {
        let reason = status.reason.map { ": \($0)" } ?? ""
        let check =
            switch status.state {
            case .ok: Check("log", .ok, "log at operation \(status.lastOperation)")
            // Who may not read it knows nothing of it.
            case .unavailable where status.path.map({ Folder.isRefused($0) }) == true: Check("log", .unknown, status.reason ?? "")
            case .unavailable: Check("log", .critical, "error 1274, the log is not available\(reason)")
            case .gap: Check("log", .critical, "the data do not follow the log\(reason)")
            case .unseen: Check("log", .warning, status.reason ?? "rows were changed past capture")
            case .detached: Check("log", .warning, "the data are a copy without a log of its own")
            case .off: Check("log", .warning, status.startsWithNextBackup == true ? "no log is on; it starts with the next backup" : "no log is on")
            }
        guard status.enabled else { return [check] }
        let pending = Double(status.pending)
        return [
            check,
            Check(
                "pending", thresholds.pending.state(pending), "\(status.pending) changes not in the log yet", value: pending,
                warning: thresholds.pending.warning, critical: thresholds.pending.critical),
        ]
    }

    private static func backups(_ sets: [BackupSet], _ figures: Figures, _ now: Int64, _ thresholds: HealthThresholds) -> [Check] {
        var checks: [Check] = []
        if let attempt = figures.lastAttempt {
            let why = attempt.error.map { ": \($0)" } ?? ""
            switch attempt.status {
            case "complete": checks.append(Check("backup", .ok, "backup \(attempt.number) is complete"))
            case "partial": checks.append(Check("backup", .warning, "backup \(attempt.number) is partial\(why)"))
            default: checks.append(Check("backup", .critical, "the last backup \(attempt.status)\(why)"))
            }
        } else {
            checks.append(Check("backup", .critical, "there is no backup"))
        }
        if let newest = sets.first {
            if let condition = newest.condition {
                checks.append(
                    Check(
                        "data_saved", condition == "damaged" ? .critical : .warning,
                        "error 1528, backup \(newest.number) holds data that are \(condition): 'msc backups' lists the good ones, which are kept"))
            }
            let missing = sets.count { !$0.present }
            if !newest.present { checks.append(Check("archive", .critical, "the newest archive '\(newest.archive)' is not at its place")) } else if missing > 0 {
                checks.append(Check("archive", .warning, "\(missing) of \(sets.count) archives are not at their place"))
            }
            for set in sets where set.bytesFound != nil {
                checks.append(
                    Check(
                        "archive", set.number == newest.number ? .critical : .warning,
                        "the archive '\(set.archive)' has \(set.bytesFound ?? 0) bytes and was written with \(set.archiveBytes): verify it"))
            }
        }
        if let good = figures.lastGood, let start = try? Timestamp.parse(good.date), start > now + Automation.ahead {
            checks.append(
                Check(
                    "backup_age", .unknown,
                    "the last good backup is dated in the future, \(Timestamp.local(start)): a clock was or is wrong, and how old it is cannot be told"))
        } else if let good = figures.lastGood, let start = try? Timestamp.parse(good.date) {
            let age = max(0, Double(now - start) / 1000)
            checks.append(
                Check(
                    "backup_age", thresholds.backupAge.state(age), "last good backup \(duration(age)) ago", value: age, unit: "s",
                    warning: thresholds.backupAge.warning, critical: thresholds.backupAge.critical))
        }
        return checks + proof(sets, now, thresholds)
    }

    /// Whether the backups hold what they are made for.
    private static func contents(_ application: Application, _ figures: Figures) throws -> [Check] {
        let permissions = permissions(application, figures)
        if try BackupSettings.read(application).includesData { return permissions }
        return permissions + [
            Check(
                "contents", .warning,
                "backups leave the data file out (setting General/IncludeDataFile)\(figures.lastGood == nil ? "; no backup holds the data" : "")")
        ]
    }

    /// Whether others can read log or backups, which hold what was deleted long ago, and not the data.
    private static func permissions(_ application: Application, _ figures: Figures) -> [Check] {
        let warnings = figures.log?.exposed ?? Exposure.warnings(of: application, log: nil)
        return warnings.isEmpty ? [] : [Check("permissions", .warning, warnings.joined(separator: "; "))]
    }

    /// Whether the archives were proved to restore. Where there was no trial restore yet, only who asks for one hears of it.
    private static func proof(_ sets: [BackupSet], _ now: Int64, _ thresholds: HealthThresholds) -> [Check] {
        if let failed = sets.first(where: { $0.proof != nil && $0.present }), let proof = failed.proof, proof.result == .failed {
            return [Check("proof", .critical, "the trial restore of backup \(failed.number) failed\(proof.reason.map { ": \($0)" } ?? "")")]
        }
        let times = sets.filter { $0.bytesFound == nil }.compactMap(\.proof).filter { $0.result == .proven }.compactMap { try? Timestamp.parse($0.date) }
        guard let newest = times.max() else {
            return thresholds.proofAge == nil ? [] : [Check("proof", .critical, "no archive was proved to restore")]
        }
        if newest > now + Automation.ahead {
            return [
                Check(
                    "proof", thresholds.proofAge == nil ? .ok : .unknown,
                    "the last trial restore is dated in the future, \(Timestamp.local(newest)): how long ago it was cannot be told")
            ]
        }
        let age = max(0, Double(now - newest) / 1000)
        return [
            Check(
                "proof", thresholds.proofAge?.state(age) ?? .ok, "an archive was proved to restore \(duration(age)) ago", value: age, unit: "s",
                warning: thresholds.proofAge?.warning, critical: thresholds.proofAge?.critical)
        ]
    }

    private static func automatic(_ status: AutomationStatus) -> [Check] {
        var checks: [Check] = []
        if let since = status.suspendedSince {
            checks.append(Check("automatic", .critical, "error 1401, automatic backup is suspended since \((try? Timestamp.parse(since)).map(Timestamp.local) ?? since)"))
        } else if status.failures > 0 {
            checks.append(Check("automatic", .warning, "\(status.failures) automatic backups failed: \(status.lastError ?? "")"))
        }
        if status.schedule != Schedule.never.words, !status.watched {
            checks.append(Check("service", .critical, "backups are scheduled \(status.schedule), but no msc watch runs"))
        }
        return checks
    }

    private static func space(_ application: Application, _ figures: Figures, _ thresholds: HealthThresholds) throws -> [Check] {
        let folder = try BackupSettings.read(application).destination(of: application)
        if Folder.isHidden(folder) { throw Application.hidden(folder) }
        let place = Folder.isFolder(folder) ? folder : folder == application.defaultDestination ? application.folder : folder
        guard let free = Folder.disk(at: place)?.free else {
            return [Check("space", .critical, "the destination '\(folder)' is not there")]
        }
        // Before the first backup the data's own size is the best guess, a high one.
        let data = Folder.status(of: application.data).map { UInt64(max(0, $0.st_size)) } ?? 0
        let needed = max(figures.lastGood?.archiveBytes ?? data, 1)
        let backups = Double(free) / Double(needed)
        let state: State = backups < thresholds.space.critical ? .critical : backups < thresholds.space.warning ? .warning : .ok
        return [
            Check(
                "space", state, "\(Amount.bytes(free)) free for a backup of \(Amount.bytes(needed))", value: Double(free), unit: "B",
                warning: thresholds.space.warning * Double(needed), critical: thresholds.space.critical * Double(needed))
        ]
    }

    /// Whether one disk that fails takes data and backups alike, as far as the file systems tell.
    private static func disk(_ application: Application, _ figures: Figures) throws -> [Check] {
        let settings = try BackupSettings.read(application)
        guard settings.warnsOfOneDisk, let data = Folder.status(of: application.data)?.st_dev else { return [] }
        let folder = settings.destination(of: application)
        let place = Folder.isFolder(folder) ? folder : folder == application.defaultDestination ? application.folder : folder
        guard Folder.status(of: Folder.resolved(place) ?? place)?.st_dev == data else { return [] }
        let log = figures.log?.path.flatMap { Folder.status(of: Folder.resolved(Folder.parent(of: $0)) ?? $0)?.st_dev }
        let what = figures.log?.enabled == true && log == data ? "data, log and backups" : "data and backups"
        return [
            Check(
                "disk", .warning,
                "\(what) are on one disk: name a destination on another one, or, where copies leave this disk otherwise, set Advanced/WarnIfOneDisk to False")
        ]
    }

    private static func duration(_ seconds: Double) -> String {
        let minutes = Int64(min(seconds, 9e15) / 60)
        return minutes < 120 ? "\(minutes) min" : minutes < 2880 ? "\(minutes / 60) h" : "\(minutes / 1440) days"
    }
}
