// `msc restore`, `msc integrate` and `msc rollback`: the ways back.

import ArgumentParser
import Engine
import Vocabulary

/// `--until-operation N | --until-time T`.
struct UntilOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The last operation to integrate.", valueName: "n")) var untilOperation: UInt64?
    @Option(help: ArgumentHelp("Integrate up to this time (ISO 8601, local unless it has a zone).", valueName: "t"))
    var untilTime: String?
    @Flag(help: "Accept a point that may lie inside a transaction.") var insideTransaction = false

    func validate() throws {
        if untilOperation != nil, untilTime != nil {
            throw ValidationError("Give --until-operation or --until-time, not both.")
        }
    }

    func point() throws -> Point? {
        if let untilOperation { return .operation(untilOperation) }
        return try untilTime.map { .time(try Timestamp.parse($0)) }
    }
}

struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Restore an archive, and integrate the logs that follow it.")
    @Argument(help: "The .4BK archive, or its first segment.", completion: .file(extensions: ["4BK"])) var archive: String
    @Option(help: ArgumentHelp("The folder to create (default: named like the archive, beside the data file).", valueName: "dir"),
        completion: .directory)
    var to: String?
    @Option(help: ArgumentHelp("Restore this item only; may be given several times.", valueName: "path")) var item: [String] = []
    @Option(parsing: .upToNextOption, help: ArgumentHelp("auto, none, or logs in order.", valueName: "auto|none|log"))
    var integrate: [String] = []
    @OptionGroup var until: UntilOptions
    @Flag(help: "Put the data back where they came from, in one transaction when they are in use.") var inPlace = false
    @Option(
        help: ArgumentHelp("With --in-place: the data file to replace (default: the one whose folder knows the archive).", valueName: "data"),
        completion: .file())
    var data: String?
    @Flag(help: "With --in-place: replace the data of another application that stand there now.") var otherApplication = false
    @OptionGroup var common: CommonOptions

    func validate() throws {
        if data != nil, !inPlace { throw ValidationError("--data goes with --in-place.") }
        if otherApplication, !inPlace { throw ValidationError("--other-application goes with --in-place.") }
        if inPlace, to != nil || !item.isEmpty { throw ValidationError("--in-place goes without --to and --item.") }
        if integrate == ["none"], until.untilOperation != nil || until.untilTime != nil {
            throw ValidationError("Nothing is integrated with --integrate none: an end point means nothing.")
        }
    }

    func run() throws {
        try common.perform({ [self] job in
            let logs: Restore.Logs =
                switch integrate {
                case ["none"]: .none
                case ["auto"]: .automatic
                case []: inPlace || until.untilOperation != nil || until.untilTime != nil ? .automatic : .none
                default: .files(integrate)
                }
            var restore = try Restore(
                archive: archive, surroundings: System.surroundings, target: inPlace ? .inPlace : .folder(to),
                items: item, logs: logs, until: until.point(), insideTransaction: until.insideTransaction)
            restore.replacesOthers = otherApplication
            restore.dataFile = data.map(System.absolute)
            return try restore.run(job)
        }, text: Description.of, status: { $0.isPartial ? 3 : 0 })
    }
}

struct IntegrateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "integrate", abstract: "Integrate logs into a database that does not have their operations yet.")
    @OptionGroup var data: DataArgument
    @Argument(help: "The logs, in order.", completion: .file()) var logs: [String]
    @OptionGroup var until: UntilOptions
    @OptionGroup var common: CommonOptions

    func run() throws {
        try common.perform({ [self] job in
            try Integration(
                data: data.data, surroundings: System.surroundings, logs: logs, until: until.point(),
                insideTransaction: until.insideTransaction
            ).run(job)
        }, text: Description.of, status: { $0.isPartial ? 3 : 0 })
    }
}

struct RollbackCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Cancel every operation after a chosen one, in one transaction.")
    @OptionGroup var data: DataArgument
    @Option(help: ArgumentHelp("The last operation to keep.", valueName: "n")) var toOperation: UInt64?
    @Option(help: ArgumentHelp("Keep what was done up to this time (ISO 8601).", valueName: "t")) var toTime: String?
    @Flag(help: "Accept a point that may lie inside a transaction.") var insideTransaction = false
    @Flag(help: "Tell exactly what would change, and change nothing.") var dryRun = false
    @Flag(help: "Take AUTOINCREMENT counters back too: numbers given since are given again.") var counters = false
    @OptionGroup var common: CommonOptions

    func validate() throws {
        if (toOperation == nil) == (toTime == nil) { throw ValidationError("Give --to-operation or --to-time.") }
    }

    func run() throws {
        try common.perform({ [self] job in
            let point: Point = try toOperation.map { .operation($0) } ?? .time(Timestamp.parse(toTime ?? ""))
            return try Rollback(
                application: Application(data: data.data), surroundings: System.surroundings, to: point,
                insideTransaction: insideTransaction, dryRun: dryRun, takesCountersBack: counters
            ).run(job)
        }, text: Description.of, status: { $0.notCancelled.isEmpty && $0.incomplete.isEmpty ? 0 : 3 })
    }
}
