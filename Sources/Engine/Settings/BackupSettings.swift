// The settings of an application as values: what is backed up, where to, and how. Their names in the file, their limits
// and their meaning stand in SettingKeys.swift; the initial values here are the defaults, and stand nowhere else.

import FileSystem
import Parity

/// The settings that backup, log and retention work by.
public struct BackupSettings: Sendable, Equatable {
    public enum CompressionRate: String, Sendable, CaseIterable {
        case none = "None"
        case fast = "Fast"
        case compact = "Compact"
    }

    /// When automatic backups run, as written. Use `schedule`.
    public var scheduler = SchedulerSettings()

    public var includesData = true
    public var includesStructure = true
    /// As written: empty, absolute, or beginning with `./` or `../`. Use `destination(of:)`.
    public var destinationFolder = ""
    /// As written. Use `attachmentPaths(of:)`.
    public var attachments: [String] = []
    /// As written. Use `structurePaths(of:)`.
    public var structureFiles: [String] = []

    /// Whether an automatic backup waits for the next date when the data did not change since the last good backup.
    public var onlyIfDataChanged = false
    /// Whether an automatic backup that failed waits for the next date; otherwise for `retryDelay`.
    public var retriesAtNextDate = false
    /// Seconds.
    public var retryDelay = 300
    /// Whether automatic backups are suspended after `attempts` failures (error 1401).
    public var abortsAfterAttempts = false
    public var attempts = 5
    /// Whether the last backup is restored when the database is found damaged.
    public var restoresAutomatically = false
    /// Whether the log's operations that the data lacks are integrated when the database is found incomplete.
    public var integratesAutomatically = true
    /// Seconds that a hook may run.
    public var hookTimeLimit = 60

    public var compression = CompressionRate.fast
    /// Whether only the newest `setsKept` sets stay.
    public var limitsSets = true
    public var setsKept = 3
    /// Whether the oldest set goes before the new one is written (invariant I4).
    public var erasesOldestBefore = false
    /// Size of an archive's segments in MB of 1,000,000 bytes; 0 writes one file.
    public var segmentMegabytes = 0
    public var checksArchive = true
    /// Whether each backup is followed by a trial restore.
    public var provesRestorability = false
    /// The parity that is written with each archive and log backup.
    var redundancy = ParityStrength.Redundancy.none
    var interlacing = ParityStrength.Interlacing.none
    public var journalIsVerbose = true

    public var waitsForTransactions = true
    /// Seconds.
    public var transactionTimeout = 60
    public var refusesWritesWhileLogUnavailable = false
    /// Whether a log starts with the next backup, where none is on.
    public var startsLog = false
    /// Whether it is a warning that data and backups lie on one disk.
    public var warnsOfOneDisk = true
    /// Size in MB of 1,000,000 bytes that the captured changes waiting in the database may reach before writes are
    /// refused; 0 sets no limit.
    public var outboxLimitMegabytes = 0
    /// Rows up to which a table whose capture was interrupted is logged anew; a larger one becomes a gap.
    public var reloadLimit = 100_000

    /// As written: the file with the key that marks the log and the archives; empty for none. Use `integrityKeyPath(of:)`.
    public var integrityKey = ""
    /// As written: the file that names the end of the log; empty for none. Use `anchorPath(of:)`.
    public var logAnchor = ""

    public init() {}

    /// When automatic backups run.
    public var schedule: Schedule { scheduler.schedule }

    /// The folder that receives the archives; it need not exist. Links in the path that was written are resolved here: they are the word of
    /// whoever wrote it, and nobody else's link is followed later.
    public func destination(of application: Application) -> String {
        if destinationFolder.isEmpty { return application.defaultDestination }
        let path = BackupSettings.absolute(destinationFolder, application)
        return Folder.resolved(path) ?? path
    }

    /// `reloadLimit` for capture that has to be brought in line at once, or the application's next write may fail: settings that cannot be
    /// read, which whoever runs msc is told elsewhere, do not stand in the way.
    static func reloadLimit(of application: Application) -> Int64 {
        Int64(((try? read(application)) ?? BackupSettings()).reloadLimit)
    }

    /// How long a drain or backup waits for each lock that another program holds. In the rollback-journal modes every commit takes one
    /// for a moment, which is no transaction to give up for.
    static func lockPatience(of application: Application) -> Duration {
        let settings = (try? read(application)) ?? BackupSettings()
        return .seconds(settings.waitsForTransactions ? max(2, settings.transactionTimeout) : 2)
    }

    /// Absolute; nil where no key is named.
    func integrityKeyPath(of application: Application) -> String? {
        integrityKey.isEmpty ? nil : BackupSettings.absolute(integrityKey, application)
    }

    /// Absolute; nil where no anchor is named.
    public func anchorPath(of application: Application) -> String? { logAnchor.isEmpty ? nil : BackupSettings.absolute(logAnchor, application) }

    /// The attachments, absolute.
    public func attachmentPaths(of application: Application) -> [String] {
        attachments.map { BackupSettings.absolute($0, application) }
    }

    /// The files and folders of the program around the data, absolute.
    public func structurePaths(of application: Application) -> [String] {
        structureFiles.map { BackupSettings.absolute($0, application) }
    }

    /// Relative paths count from the data file's folder. Slashes at the end and leading `./` go; `..` stays, since
    /// what it means depends on links.
    private static func absolute(_ path: String, _ application: Application) -> String {
        var rest = path[...]
        while rest.count > 1, rest.hasSuffix("/") { rest.removeLast() }
        if rest.hasPrefix("/") { return String(rest) }
        while rest.hasPrefix("./") { rest = rest.dropFirst(2).drop { $0 == "/" } }
        let folder = application.folder
        return rest.isEmpty || rest == "." ? folder : folder == "/" ? "/\(rest)" : "\(folder)/\(rest)"
    }
}
