// The one description of the settings: reading, writing the defaults and docs/settings.md agree with this table.

extension BackupSettings {
    /// Every key that has an effect, in the order of the file.
    public static let keys: [SettingKey] = [
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
            "Advanced/CompressionRate", .choice(\.compression),
            "How hard archives are compressed. Compact is the smallest and the slowest."),
        SettingKey(
            "Advanced/Redundancy", .choice(\.redundancy),
            "Write a parity file of 2, 5 or 10 % with each archive and log backup: as many damaged bytes can be repaired later."),
        SettingKey(
            "Advanced/Interlacing", .choice(\.interlacing),
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
            "Advanced/BackupJournalVerboseMode", .boolean(\.journalIsVerbose),
            "List every saved item in the backup journal."),
        SettingKey(
            "Advanced/Transaction/WaitForEndOfTransaction", .boolean(\.waitsForTransactions),
            "Wait for an open transaction that holds the database. False fails at once with error 1404."),
        SettingKey(
            "Advanced/Transaction/Timeout", .duration(\.transactionTimeout),
            "How long a backup waits for it before error 1405."),
        SettingKey(
            "Advanced/RefuseWritesWhileLogUnavailable", .boolean(\.refusesWritesWhileLogUnavailable),
            "While the log file cannot be written, refuse changes of the data with error 1274 instead of keeping them in the database."),
        SettingKey(
            "Advanced/OutboxLimit", .number(\.outboxLimitMegabytes, 0...1_000_000),
            "MB of changes that may wait in the database before changes are refused. 0 sets no limit."),
        SettingKey(
            "Advanced/ReloadLimit", .number(\.reloadLimit, 0...1_000_000_000),
            "Rows up to which a table whose capture was interrupted is logged anew; a larger one becomes a gap that asks for a backup."),
    ]

    /// The key with this path; nil when there is none.
    public static func key(_ path: String) -> SettingKey? { keys.first { $0.path == path } }
}
