// `msc info`, `msc verify` and `msc repair`.

import ArgumentParser
import Engine

struct InfoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info", abstract: "Files, sizes, tables, log and backup state.")
    @OptionGroup var data: DataArgument
    @OptionGroup var common: CommonOptions

    func run() throws { try InfoCommand.print(data.data, common) }

    static func print(_ data: String, _ common: CommonOptions) throws {
        try common.perform({ job in
            try Information.of(Application(data: data), System.surroundings, job)
        }, text: Description.of)
    }
}

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check a database, an archive or a log.",
        discussion: """
            Exit status 1: damage was found. With --restore: 0 proven, 1 failed, 3 inconclusive.
            """)
    @Argument(help: "A data file, a .4BK archive, or a .4BL or .journal log.", completion: .file()) var file: String
    @Flag(help: "Check the records only (databases).") var records = false
    @Flag(help: "Check the indexes too, only (databases).") var indexes = false
    @Option(help: ArgumentHelp("Check this table only; may be given several times.", valueName: "table")) var table: [String] = []
    @Flag(help: "Restore the archive into a scratch folder, with its logs, and compare it with the live database.") var restore = false
    @Option(name: .customLong("of"), help: ArgumentHelp("The live database (default: where the archive was made).", valueName: "data"),
        completion: .file())
    var data: String?
    @OptionGroup var common: CommonOptions

    func validate() throws {
        if restore, records || indexes || !table.isEmpty { throw ValidationError("--restore goes without --records, --indexes and --table.") }
        if data != nil, !restore { throw ValidationError("--of goes with --restore.") }
    }

    func run() throws {
        if restore {
            return try common.perform({ [self] job in
                try Proof(archive: file, of: data, surroundings: System.surroundings, temporary: System.temporaryFolder).run(job)
            }, text: Description.of, status: { $0.result == .proven ? 0 : $0.result == .failed ? 1 : 3 })
        }
        try common.perform({ [self] job in
            try Verification.of(file, recordsOnly: records && !indexes, tables: table, integrity: System.surroundings.integrity, job)
        }, text: Description.of, status: { $0.result == .ok ? 0 : 1 })
    }
}

struct RepairCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair", abstract: "Repair a damaged archive or log backup with its parity file, or save what is left of a log.",
        discussion: "The damaged file stays beside the repaired one. Exit status 3: only a part of the log could be saved.")
    @Argument(help: "A .4BK archive, or a .4BL or .journal log.", completion: .file()) var file: String
    @OptionGroup var common: CommonOptions

    func run() throws {
        try common.perform({ [self] job in
            try Repair(file, surroundings: System.surroundings).run(job)
        }, text: Description.of, status: { $0.lost.isEmpty ? 0 : 3 })
    }
}
