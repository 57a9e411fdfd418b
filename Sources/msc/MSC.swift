// The executable: subcommands and wiring, no logic. Page and subcommand call the same engine function.

import ArgumentParser
import Glibc

@main
struct MSC: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "msc",
        abstract: "Maintenance and Security Center for SQLite databases.",
        discussion: """
            Exit status: 0 done; 1 the operation failed, with one line 'msc: error CODE: …' on standard error; 3 done, but \
            partial; 64 wrong usage. Ctrl-C is Stop: a stopped operation failed with error 1406.
            """,
        version: programVersion,
        subcommands: [
            InterfaceCommand.self, InfoCommand.self, LogCommand.self, ActivityCommand.self, BackupCommand.self, BackupsCommand.self,
            RestoreCommand.self, IntegrateCommand.self, RollbackCommand.self, VerifyCommand.self, RepairCommand.self, SettingsCommand.self,
            ResumeCommand.self, WatchCommand.self, CheckCommand.self,
        ],
        defaultSubcommand: InterfaceCommand.self)

    static func main() {
        do {
            var command = try parseAsRoot()
            if let command = command as? any WorksOnFiles {
                try command.takeIntegrityKey()
                if geteuid() == 0 { try command.takeOwner() }
            }
            try command.run()
        } catch {
            // The parser repeats what it was given, such as names of files that a shell put in for a pattern.
            let code = exitCode(for: error)
            let message = CommonOptions.printable(fullMessage(for: error), keepingLines: true)
            if !message.isEmpty { if code.isSuccess { print(message) } else { System.write(message + "\n") } }
            Glibc.exit(code.rawValue)
        }
    }
}

let programVersion = "0.1.0"
