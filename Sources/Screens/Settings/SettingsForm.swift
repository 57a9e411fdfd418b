// The rows of the Settings page: which settings stand on which tab, under which words. A setting that is not here can be
// changed with `msc settings` only.

import Engine

/// A row of a form.
enum FormRow: Equatable {
    case blank
    case heading(String)
    /// Something to know, not to change.
    case fact(SettingsFact)
    case setting(String, String)
    /// A day of the week: whether, and when.
    case day(Schedule.Weekday)
    /// The n-th text of a list.
    case item(String, Int)
    /// The way to one more.
    case add(String, String)

    /// Whether something can be done on it.
    var isSelectable: Bool {
        switch self {
        case .blank, .heading, .fact: false
        case .setting, .day, .item, .add: true
        }
    }

    /// The setting that Enter changes.
    var key: String? {
        switch self {
        case .setting(let key, _), .item(let key, _), .add(let key, _): key
        case .day(let day): "Scheduler/Weekly/\(day.name)/Save"
        case .blank, .heading, .fact: nil
        }
    }
}

enum SettingsFact: Equatable {
    case next, disk, log
}

/// The three tabs.
enum SettingsTab: Int, CaseIterable {
    case scheduler, configuration, backup

    var title: String {
        switch self {
        case .scheduler: "Scheduler"
        case .configuration: "Configuration"
        case .backup: "Backup & Restore"
        }
    }

    func rows(_ reading: SettingsReading) -> [FormRow] {
        switch self {
        case .scheduler: SettingsTab.schedule(reading)
        case .configuration: SettingsTab.configuration(reading)
        case .backup: SettingsTab.procedure
        }
    }

    private static func schedule(_ reading: SettingsReading) -> [FormRow] {
        var rows: [FormRow] = [.fact(.next), .blank, .setting("Scheduler/Frequency", "Automatic backup")]
        switch reading.text("Scheduler/Frequency") {
        case "Hourly":
            rows += [.setting("Scheduler/Hourly/Every", "Period, in hours"), .setting("Scheduler/Hourly/StartingAt", "Starting at")]
        case "Daily":
            rows += [.setting("Scheduler/Daily/Every", "Period, in days"), .setting("Scheduler/Daily/Hour", "At")]
        case "Weekly":
            rows += [.setting("Scheduler/Weekly/Every", "Period, in weeks")] + Schedule.Weekday.allCases.map { .day($0) }
        case "Monthly":
            rows += [
                .setting("Scheduler/Monthly/Every", "Period, in months"), .setting("Scheduler/Monthly/Day", "On day"),
                .setting("Scheduler/Monthly/Hour", "At"),
            ]
        default: break
        }
        return rows + [
            .blank, .setting("Advanced/BackupIfDataChange", "Only if the data changed"),
        ]
    }

    private static func configuration(_ reading: SettingsReading) -> [FormRow] {
        func list(_ key: String, _ title: String) -> [FormRow] {
            reading.texts(key).indices.map { .item(key, $0) } + [.add(key, title)]
        }
        return [
            .heading("Backup file destination"), .setting("General/DestinationFolder", "Folder"), .fact(.disk), .blank,
            .heading("Content"), .setting("General/IncludeDataFile", "Data, with log and settings"),
            .setting("General/IncludeStructureFile", "Structure: files of the program"),
        ] + list("General/StructureFiles", "Add a file or folder of the program") + [.blank, .heading("Attachments")]
            + list("General/IncludesFiles", "Add a file or folder") + [
                .blank, .heading("Log file"), .fact(.log), .setting("General/JournalFileEnabled", "Start one with the next backup"),
            ]
    }

    private static let procedure: [FormRow] = [
        .heading("General"), .setting("Advanced/SetNumber/Enable", "Keep only the newest sets"),
        .setting("Advanced/SetNumber/Value", "Sets kept"),
        .setting("Advanced/EraseOldBackupBefore", "Delete the oldest set before the backup"),
        .setting("Advanced/CheckArchiveFileDuringBackup", "Check each archive"),
        .setting("Advanced/ProveRestorability", "Restore each archive for trial"),
        .setting("Advanced/WarnIfOneDisk", "Warn if all is on one disk"),
        .setting("Advanced/BackupJournalVerboseMode", "List every item in the backup journal"), .blank,
        .heading("If an automatic backup fails"),
        .setting("Advanced/BackupFailure/TryBackupAtTheNextScheduledDate", "Wait for the next date"),
        .setting("Advanced/BackupFailure/TryToBackupAfter", "Otherwise try again after"),
        .setting("Advanced/BackupFailure/AbortIfBackupFail", "Suspend after too many attempts"),
        .setting("Advanced/BackupFailure/RetryCountBeforeAbort", "Attempts"), .blank,
        .heading("Archive"), .setting("Advanced/FileSegmentation/DefaultSize", "Segment size in MB"),
        .setting("Advanced/CompressionRate", "Compression"), .setting("Advanced/Redundancy", "Redundancy"),
        .setting("Advanced/Interlacing", "Interlacing"), .blank,
        .heading("Automatic restore"), .setting("Advanced/AutomaticRestore", "Restore a damaged database"),
        .setting("Advanced/AutomaticLogIntegration", "Integrate the log if data lack it"), .blank,
        .heading("Waiting"), .setting("Advanced/Transaction/WaitForEndOfTransaction", "Wait for open transactions"),
        .setting("Advanced/Transaction/Timeout", "At most"), .setting("Advanced/HookTimeLimit", "A hook may run for"), .blank,
        .heading("Log"), .setting("Advanced/RefuseWritesWhileLogUnavailable", "Refuse changes while it is unavailable"),
        .setting("Advanced/OutboxLimit", "Changes that may wait, MB"), .setting("Advanced/ReloadLimit", "Rows logged anew at most"), .blank,
        .heading("Tampering"), .setting("Advanced/IntegrityKey", "Key file"), .setting("Advanced/LogAnchor", "Anchor file"),
    ]
}

/// Everything that the page shows.
struct SettingsReading: Sendable, Equatable {
    private var readings: [String: SettingReading]
    var destination: String
    /// Bytes free at the destination, and bytes in all; nil when that cannot be told.
    var free: UInt64?
    var capacity: UInt64?

    init(_ readings: [SettingReading], destination: String, free: UInt64?, capacity: UInt64?) {
        self.readings = Dictionary(readings.map { ($0.key, $0) }) { first, _ in first }
        self.destination = destination
        self.free = free
        self.capacity = capacity
    }

    static func of(_ application: Application) throws -> SettingsReading {
        let destination = try BackupSettings.read(application).destination(of: application)
        let disk = BackupPlan.disk(of: destination)
        return SettingsReading(
            try SettingReading.all(of: application), destination: destination, free: disk.free, capacity: disk.capacity)
    }

    func texts(_ key: String) -> [String] { readings[key]?.texts ?? [] }
    func text(_ key: String) -> String { texts(key).joined() }
    func isOn(_ key: String) -> Bool { text(key) == "True" }
    func isDefault(_ key: String) -> Bool { readings[key]?.isDefault ?? true }

    /// A time without the zero date, and without seconds where there are none.
    func time(_ key: String) -> String { SettingsReading.shortTime(text(key)) }

    static func shortTime(_ text: String) -> String {
        let clock = text.split(separator: "T").last.map(String.init) ?? text
        return clock.hasSuffix(":00") && clock.utf8.count == 8 ? String(clock.dropLast(3)) : clock
    }
}
