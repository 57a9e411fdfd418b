// The one description of the settings: reading, writing the defaults and docs/settings.md agree with this table.

public import Vocabulary

extension BackupSettings {
    /// Every key that has an effect, in the order of the file.
    public static let keys: [SettingKey] = [
        SettingKey(
            "Scheduler/Frequency", .words(\.scheduler.frequency),
            "How often an automatic backup is made; the keys of the chosen period say when."),
        SettingKey("Scheduler/Hourly/Every", .number(\.scheduler.hours, 1...24), "Hours between two backups of a day."),
        SettingKey(
            "Scheduler/Hourly/StartingAt", .duration(\.scheduler.hoursStart), "When the first of a day is made."),
        SettingKey(
            "Scheduler/Daily/Every", .number(\.scheduler.days, 1...999),
            "Every so many days, counted from 2001-01-01."),
        SettingKey("Scheduler/Daily/Hour", .duration(\.scheduler.daysTime), "The time of day."),
        SettingKey(
            "Scheduler/Weekly/Every", .number(\.scheduler.weeks, 1...999),
            "Every so many weeks, counted from Monday, 2001-01-01."),
        SettingKey("Scheduler/Weekly/Monday/Save", .boolean(\.scheduler.monday.isActive), "Make a backup on Mondays."),
        SettingKey("Scheduler/Weekly/Monday/Hour", .duration(\.scheduler.monday.time), "The time on Mondays."),
        SettingKey("Scheduler/Weekly/Tuesday/Save", .boolean(\.scheduler.tuesday.isActive), "Make a backup on Tuesdays."),
        SettingKey("Scheduler/Weekly/Tuesday/Hour", .duration(\.scheduler.tuesday.time), "The time on Tuesdays."),
        SettingKey("Scheduler/Weekly/Wednesday/Save", .boolean(\.scheduler.wednesday.isActive), "Make a backup on Wednesdays."),
        SettingKey("Scheduler/Weekly/Wednesday/Hour", .duration(\.scheduler.wednesday.time), "The time on Wednesdays."),
        SettingKey("Scheduler/Weekly/Thursday/Save", .boolean(\.scheduler.thursday.isActive), "Make a backup on Thursdays."),
        SettingKey("Scheduler/Weekly/Thursday/Hour", .duration(\.scheduler.thursday.time), "The time on Thursdays."),
        SettingKey("Scheduler/Weekly/Friday/Save", .boolean(\.scheduler.friday.isActive), "Make a backup on Fridays."),
        SettingKey("Scheduler/Weekly/Friday/Hour", .duration(\.scheduler.friday.time), "The time on Fridays."),
        SettingKey("Scheduler/Weekly/Saturday/Save", .boolean(\.scheduler.saturday.isActive), "Make a backup on Saturdays."),
        SettingKey("Scheduler/Weekly/Saturday/Hour", .duration(\.scheduler.saturday.time), "The time on Saturdays."),
        SettingKey("Scheduler/Weekly/Sunday/Save", .boolean(\.scheduler.sunday.isActive), "Make a backup on Sundays."),
        SettingKey("Scheduler/Weekly/Sunday/Hour", .duration(\.scheduler.sunday.time), "The time on Sundays."),
        SettingKey(
            "Scheduler/Monthly/Every", .number(\.scheduler.months, 1...999),
            "Every so many months, counted from January 2001."),
        SettingKey(
            "Scheduler/Monthly/Day", .number(\.scheduler.monthsDay, 1...31),
            "The day of the month; the last one of a month that has no such day."),
        SettingKey("Scheduler/Monthly/Hour", .duration(\.scheduler.monthsTime), "The time of day."),
        SettingKey(
            "General/IncludeDataFile", .boolean(\.includesData),
            "Back up the data file, with its log and settings."),
        SettingKey(
            "General/IncludeStructureFile", .boolean(\.includesStructure),
            "Back up the files and folders listed in General/StructureFiles."),
        SettingKey(
            "General/DestinationFolder", .path(\.destinationFolder),
            "The folder that receives the archives. Empty means NAME.msc/Backups; a relative path counts from the data file's folder."),
        SettingKey(
            "General/IncludesFiles", .paths(\.attachments),
            "Attachments: other files and folders backed up with the data."),
        SettingKey(
            "General/StructureFiles", .paths(\.structureFiles),
            "Files and folders of the program around the data."),
        SettingKey(
            "General/JournalFileEnabled", .boolean(\.startsLog),
            "Where no log is on, start one with the next backup, whoever makes it. `msc log start --after-next-backup` sets it, `msc log stop` takes it back."),
        SettingKey(
            "Advanced/BackupIfDataChange", .boolean(\.onlyIfDataChanged),
            "Postpone an automatic backup to its next date when the data did not change since the last good backup."),
        SettingKey(
            "Advanced/BackupFailure/TryBackupAtTheNextScheduledDate", .boolean(\.retriesAtNextDate),
            "After an automatic backup failed or was missed, wait for the next date. False tries again after TryToBackupAfter."),
        SettingKey(
            "Advanced/BackupFailure/TryToBackupAfter", .duration(\.retryDelay),
            "How long to wait before a failed automatic backup is tried again."),
        SettingKey(
            "Advanced/BackupFailure/AbortIfBackupFail", .boolean(\.abortsAfterAttempts),
            "Suspend automatic backups with error 1401 after RetryCountBeforeAbort failures in a row, until a backup succeeds or `msc resume`."),
        SettingKey(
            "Advanced/BackupFailure/RetryCountBeforeAbort", .number(\.attempts, 1...1000),
            "How many failures in a row suspend automatic backups."),
        SettingKey(
            "Advanced/AutomaticRestore", .boolean(\.restoresAutomatically),
            "Restore the last good backup when the database is found damaged."),
        SettingKey(
            "Advanced/AutomaticLogIntegration", .boolean(\.integratesAutomatically),
            "Integrate the log when the database is found to lack operations that it holds."),
        SettingKey(
            "Advanced/HookTimeLimit", .duration(\.hookTimeLimit),
            "How long a hook may run before it is ended."),
        SettingKey(
            "Advanced/CompressionRate", .words(\.compression),
            "How hard archives are compressed. Compact is the smallest and the slowest."),
        SettingKey(
            "Advanced/Redundancy", .words(\.redundancy),
            "Write a parity file of 2, 5 or 10 % with each archive and log backup: as many damaged bytes can be repaired later."),
        SettingKey(
            "Advanced/Interlacing", .words(\.interlacing),
            "Spread the parity, so that a longer damaged stretch can be repaired. Costs memory; without Redundancy it does nothing."),
        SettingKey(
            "Advanced/SetNumber/Enable", .boolean(\.limitsSets),
            "Keep only the newest sets. False keeps all."),
        SettingKey(
            "Advanced/SetNumber/Value", .number(\.setsKept, 1...100_000),
            "How many sets are kept."),
        SettingKey(
            "Advanced/EraseOldBackupBefore", .boolean(\.erasesOldestBefore),
            "Delete the oldest set before the new one is written instead of after it: needs less space and gives less safety."),
        SettingKey(
            "Advanced/FileSegmentation/DefaultSize", .number(\.segmentMegabytes, 0...2048),
            "Size of an archive's segments in MB. 0 writes one file."),
        SettingKey(
            "Advanced/CheckArchiveFileDuringBackup", .boolean(\.checksArchive),
            "Read each archive back and compare it before it counts as done."),
        SettingKey(
            "Advanced/ProveRestorability", .boolean(\.provesRestorability),
            "Restore each archive into a scratch folder after the backup and compare it with the database. A key of this program's own."),
        SettingKey(
            "Advanced/BackupJournalVerboseMode", .boolean(\.journalIsVerbose),
            "List every saved item in the backup journal."),
        SettingKey(
            "Advanced/Transaction/WaitForEndOfTransaction", .boolean(\.waitsForTransactions),
            "Wait for an open transaction that holds the database. False fails at once with error 1404."),
        SettingKey(
            "Advanced/Transaction/Timeout", .duration(\.transactionTimeout),
            "How long a backup waits for it before error 1405, and a drain for each lock of another program before error 1420."),
        SettingKey(
            "Advanced/RefuseWritesWhileLogUnavailable", .boolean(\.refusesWritesWhileLogUnavailable),
            "While the log file cannot be written, refuse changes of the data with error 1274 instead of keeping them in the database."),
        SettingKey(
            "Advanced/IntegrityKey", .path(\.integrityKey),
            "The file with the key that marks the log and the archives, so that tampering is noticed. "
                + "`msc log key` makes one. Not in the companion folder."),
        SettingKey(
            "Advanced/LogAnchor", .path(\.logAnchor),
            "The file, best on another machine, in which each drain writes down where the log ends. A log that goes back is noticed then."),
        SettingKey(
            "Advanced/WarnIfOneDisk", .boolean(\.warnsOfOneDisk),
            "Warn while data and backups are on one disk. False where copies of the backups leave that disk in another way."),
        SettingKey(
            "Advanced/OutboxLimit", .number(\.outboxLimitMegabytes, 0...1_000_000),
            "MB of changes that may wait in the database before changes are refused. 0 sets no limit."),
        SettingKey(
            "Advanced/ReloadLimit", .number(\.reloadLimit, 0...1_000_000_000),
            "Rows up to which a table whose capture was interrupted is logged anew; a larger one becomes a gap that asks for a backup. "
                + "Of a virtual table, all its tables together: the content of a larger one is in backups alone."),
    ]

    /// Keys of 4D that mean nothing to this program: they stay in the file as they are. Paths below `Preferences4D/Backup`.
    public static let keysWithoutEffect: [(path: String, reason: String)] = [
        ("Settings/General/IncludeAltStructFile", "there is no user structure file; name such files in General/StructureFiles."),
        ("Settings/Advanced/AutomaticLogIntegrationStrictness", "an integration always stops at the first conflict and names it."),
        ("Settings/Advanced/AutomaticRestart", "the program that uses the database is started by whoever runs it."),
        ("DataBase/…", "the state of the last backup is in backupHistory.json."),
    ]

    /// The key with this path; nil when there is none.
    public static func key(_ path: String) -> SettingKey? { keys.first { $0.path == path } }

    /// The key that a person means: its path, or the end of the path of one key alone, in any case.
    /// - Throws: 1519 with what is near.
    public static func key(named name: String) throws(Failure) -> SettingKey {
        if let key = key(name) { return key }
        let wanted = "/" + name.lowercased()
        let found = keys.filter { ("/" + $0.path).lowercased().hasSuffix(wanted) }
        if let key = found.first, found.count == 1 { return key }
        if let other = keysWithoutEffect.first(where: { ("/" + $0.path).lowercased().hasSuffix(wanted) }) {
            throw Failure(
                .badValue, "the setting '\(name)' has no effect here: \(other.reason.dropLast())",
                hint: "It stays in the settings file as it is.")
        }
        throw Failure(
            .badValue, found.isEmpty ? "there is no setting '\(name)'" : "'\(name)' can be \(found.count) settings",
            hint: found.isEmpty ? "'msc settings DATA' lists them all." : "Name one of them: \(found.map(\.path).joined(separator: ", ")).")
    }
}
