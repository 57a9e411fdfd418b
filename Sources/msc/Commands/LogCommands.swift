// `msc log …`: the life of the log file.

import ArgumentParser
import Engine

struct LogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Start, stop, read and check the log file.",
        subcommands: [Start.self, Stop.self, Status.self, Drain.self, New.self, Anchor.self, Key.self, Check.self, Export.self])

    struct Start: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Use a log file (makes the first backup where one is needed).",
            discussion: """
                From now on every change that any program makes is logged. Migrations of the application are noticed and \
                logged as structure changes; while one is running, keep 'msc log drain' or the service at hand.
                """)
        @OptionGroup var data: DataArgument
        @Option(help: ArgumentHelp("Where the log file shall stand (default: NAME.journal beside the data).", valueName: "path"),
            completion: .file())
        var log: String?
        @Option(help: ArgumentHelp("A table that is not to be journaled; may be given several times.", valueName: "table"))
        var exclude: [String] = []
        @Flag(help: "Turn nothing on: tell what the log would mean for this database.") var check = false
        @Flag(help: "Make no backup now: the log starts with the next one, whoever makes it.")
        var afterNextBackup = false
        @OptionGroup var common: CommonOptions

        func run() throws {
            if check {
                return try common.perform(
                    { [self] job in try LogStartCheck.of(Application(data: data.data), System.surroundings, counting: true, job) }, text: Description.of)
            }
            try common.perform({ [self] job in
                let application = try Application(data: data.data)
                if afterNextBackup {
                    return try LogRequest(application: application, surroundings: System.surroundings).run(journal: log, excluding: exclude, job)
                }
                return try LogStart(application: application, surroundings: System.surroundings, journal: log, excluding: exclude).run(job)
            }, text: {
                let line = $0.startsWithNextBackup == true
                    ? "The log starts with the next backup." : "The log is on: \($0.path ?? ""). First operation \($0.firstOperation)."
                return ([line] + $0.unsupported.map { "warning: \($0)" }).joined(separator: "\n")
            })
        }
    }

    struct Stop: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Stop logging; the data file is left exactly as without msc.")
        @OptionGroup var data: DataArgument
        @OptionGroup var common: CommonOptions

        func run() throws {
            try common.perform({ [self] job in
                try LogStop(application: Application(data: data.data), surroundings: System.surroundings).run(job)
            }, text: { "The log is off. Its file stays: \($0.path ?? "none"), last operation \($0.lastOperation)." })
        }
    }

    struct Status: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "On or off, path, operations, what waits to be written.")
        @OptionGroup var data: DataArgument
        @OptionGroup var common: CommonOptions

        func run() throws {
            try common.perform({ [self] job in
                try LogStatus.of(Application(data: data.data), System.surroundings, job)
            }, text: Description.of)
        }
    }

    struct Drain: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Bring the log file up to the data now.")
        @OptionGroup var data: DataArgument
        @OptionGroup var common: CommonOptions

        func run() throws {
            try common.perform({ [self] job in
                try LogDrain(application: Application(data: data.data), surroundings: System.surroundings).run(job)
            }, text: Description.of)
        }
    }

    struct New: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Close the current log as a segment, start the next.")
        @OptionGroup var data: DataArgument
        @OptionGroup var common: CommonOptions

        func run() throws {
            try common.perform({ [self] job in
                try LogCut(application: Application(data: data.data), surroundings: System.surroundings).run(job)
            }, text: { "Closed \($0.segment): operations \($0.firstOperation) to \($0.lastOperation)." })
        }
    }

    struct Anchor: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say that the log is right as it is: mark its end with the integrity key, write its end down.",
            discussion: "Run it after the key or the anchor was set up, and after a log that was changed was looked through.")
        @OptionGroup var data: DataArgument
        @Option(
            help: ArgumentHelp("The file that tells where the log ends (default: setting Advanced/LogAnchor).", valueName: "file"),
            completion: .file())
        var anchor: String?
        @OptionGroup var common: CommonOptions

        func run() throws {
            try common.perform({ [self] job in
                try LogAnchoring(
                    application: Application(data: data.data), surroundings: System.surroundings, path: anchor.map { System.absolute($0) }
                ).run(job)
            }, text: Description.of)
        }
    }

    struct Key: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a file with an integrity key.",
            discussion: "The key is never printed, only its identifier. Keep a copy where the backups are not.")
        @Argument(help: "The file to make, outside of the database's companion folder.", completion: .file()) var file: String
        @Flag(help: "Put a new key before those in the file, which still verify what was marked with them.") var rotate = false
        @OptionGroup var common: CommonOptions

        func run() throws {
            try common.perform({ [self] _ in
                let path = System.absolute(file)
                return MadeKey(file: path, key: try IntegrityKeyFile.make(path, adding: rotate, at: System.surroundings.now()))
            }, text: { "Made integrity key \($0.key) in \($0.file)." })
        }
    }

    /// What `msc log key` made.
    struct MadeKey: Codable, Sendable {
        var file: String
        /// The identifier, which tells nothing of the key.
        var key: String
    }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Verify a log file's structure and checksums, and that its operations join.")
        @Argument(help: "The log file: .journal or .4BL.", completion: .file()) var log: String
        @Option(help: "Integrate it for trial into this archive, which it follows.", completion: .file()) var base: String?
        @OptionGroup var common: CommonOptions

        func run() throws {
            try common.perform({ [self] job in
                try Verification.ofLog(log, onto: base, integrity: System.surroundings.integrity, job)
            }, text: Description.of, status: { $0.result == .ok ? 0 : 1 })
        }
    }
}
