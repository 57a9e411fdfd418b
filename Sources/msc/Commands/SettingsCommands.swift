// `msc settings` and `msc resume`.

import ArgumentParser
import Engine
import Vocabulary

struct SettingsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settings", abstract: "Read and write the settings.",
        discussion: """
            Without KEY all settings are listed. KEY is a path such as Scheduler/Frequency, or the end of one that no other \
            has. A list takes several values.
            """)
    @OptionGroup var data: DataArgument
    @Argument(help: ArgumentHelp("The setting.", valueName: "key")) var key: String?
    @Argument(help: ArgumentHelp("Its new value; of a list, its new values.", valueName: "value")) var values: [String] = []
    @Flag(help: "Take KEY out of the settings file, so that its default counts.") var unset = false
    @OptionGroup var common: CommonOptions

    func validate() throws {
        if unset, key == nil || !values.isEmpty { throw ValidationError("--unset takes a KEY and no VALUE.") }
    }

    func run() throws {
        guard let key else {
            try common.perform({ [self] _ in try SettingReading.all(of: Application(data: data.data)) }, text: Description.of)
            return
        }
        try common.perform({ [self] _ in
            let application = try Application(data: data.data)
            let setting = try BackupSettings.key(named: key)
            if unset {
                try BackupSettings.change(setting, to: nil, of: application)
            } else if !values.isEmpty {
                try BackupSettings.change(setting, to: values, of: application)
            }
            return try SettingReading.of(setting, application)
        }, text: { values.isEmpty && !unset ? Description.of($0) : "\($0.key) is \($0.text.isEmpty ? "empty" : $0.text)" })
    }
}

struct ResumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Lift the suspension of automatic backups (error 1401).",
        discussion: "A backup that succeeds does the same. The next automatic backup is made at its next date.")
    @OptionGroup var data: DataArgument
    @OptionGroup var common: CommonOptions

    func run() throws {
        try common.perform({ [self] _ in
            let application = try Application(data: data.data)
            try AutomationState.resume(application, System.surroundings)
            return try AutomationStatus.of(application, System.surroundings)
        }, text: { "Automatic backup: \(Description.of($0))" })
    }
}
