// `msc backup` and `msc backups`.

import ArgumentParser
import Engine

struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Make a backup now.",
        discussion: """
            Exit status 3: the backup is done, but an attachment was missing, its trial restore failed, or the data are damaged, \
            emptied or those of another database.
            """)
    @OptionGroup var data: DataArgument
    @Option(help: ArgumentHelp("The folder for the archive (default: the one in the settings).", valueName: "dir"),
        completion: .directory)
    var destination: String?
    @OptionGroup var common: CommonOptions

    func run() throws {
        try common.perform({ [self] job in
            try Backup(
                application: Application(data: data.data), surroundings: System.surroundings, destination: destination
            ).run(job)
        }, text: Description.of, status: { $0.status == .complete && $0.proof?.result != .failed && $0.condition == nil ? 0 : 3 })
    }
}

struct BackupsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backups", abstract: "List the known backup sets, newest first.")
    @OptionGroup var data: DataArgument
    @OptionGroup var common: CommonOptions

    func run() throws {
        try common.perform({ [self] _ in
            try BackupSet.all(of: Application(data: data.data), System.surroundings)
        }, text: Description.of)
    }
}
