// `msc check`: health for monitoring, as its plug-ins speak: one line, figures after a bar, and an exit status of 0 to 3.

import ArgumentParser
import Engine
import Vocabulary

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Health for monitoring: one line, figures, and an exit status.",
        discussion: "Exit status: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN. An age is a number with s, m, h or d.")
    @OptionGroup var data: DataArgument
    @Option(help: ArgumentHelp("Age of the last good backup that warns (default: 26h).", valueName: "age"), transform: seconds)
    var backupAgeWarning: Double?
    @Option(help: ArgumentHelp("Age of the last good backup that is critical (default: 50h).", valueName: "age"), transform: seconds)
    var backupAgeCritical: Double?
    @Option(help: ArgumentHelp("Age of the last proved restore that warns (default: not asked for).", valueName: "age"), transform: seconds)
    var proofAgeWarning: Double?
    @Option(help: ArgumentHelp("Age of the last proved restore that is critical (default: not asked for).", valueName: "age"), transform: seconds)
    var proofAgeCritical: Double?
    @Option(help: ArgumentHelp("Changes waiting for the log that warn (default: 10000).", valueName: "n")) var pendingWarning: Int?
    @Option(help: ArgumentHelp("Changes waiting for the log that are critical (default: 1000000).", valueName: "n")) var pendingCritical: Int?
    @Option(help: ArgumentHelp("Free space, in backups like the last one, below which it warns (default: 3).", valueName: "n"))
    var spaceWarning: Double?
    @Option(help: ArgumentHelp("Free space, in backups like the last one, below which it is critical (default: 1.1).", valueName: "n"))
    var spaceCritical: Double?
    @Option(help: ArgumentHelp("Write metrics for Prometheus to this file as well.", valueName: "file"), completion: .file())
    var metrics: String?
    @Option(
        help: ArgumentHelp("The file that tells where the log ended (default: setting Advanced/LogAnchor).", valueName: "file"),
        completion: .file())
    var anchor: String?
    @OptionGroup var common: CommonOptions

    func run() throws {
        let thresholds = thresholds
        do {
            let health = try common.run { [self] job in
                let health = Health.of(
                    try Application(data: data.data), System.surroundings, thresholds, anchor: anchor.map { System.absolute($0) }, job)
                try job.checkStop()
                if let metrics { try health.writeMetrics(to: System.absolute(metrics)) }
                return health
            }
            if common.json { print(try CommonOptions.encode(health)) } else { print(CommonOptions.printable(health.line)) }
            if health.state != .ok { throw ExitCode(health.state.exitStatus) }
        } catch let failure as Failure {
            // Monitoring takes a line on standard output, and 3 for what could not be found out.
            if common.json { _ = common.report(failure) } else { print("MSC UNKNOWN: \(CommonOptions.printable(failure.description))") }
            throw ExitCode(Health.State.unknown.exitStatus)
        }
    }

    private var thresholds: HealthThresholds {
        var thresholds = HealthThresholds()
        thresholds.backupAge.warning = backupAgeWarning ?? thresholds.backupAge.warning
        thresholds.backupAge.critical = backupAgeCritical ?? thresholds.backupAge.critical
        if proofAgeWarning != nil || proofAgeCritical != nil {
            let never = Double.greatestFiniteMagnitude
            thresholds.proofAge = .init(warning: proofAgeWarning ?? proofAgeCritical ?? never, critical: proofAgeCritical ?? never)
        }
        thresholds.pending.warning = pendingWarning.map(Double.init) ?? thresholds.pending.warning
        thresholds.pending.critical = pendingCritical.map(Double.init) ?? thresholds.pending.critical
        thresholds.space.warning = spaceWarning ?? thresholds.space.warning
        thresholds.space.critical = spaceCritical ?? thresholds.space.critical
        return thresholds
    }
}

/// Seconds of an age as people write it: `90`, `90s`, `15m`, `26h`, `2d`.
private func seconds(_ text: String) throws -> Double {
    let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
    let unit = text.last.flatMap { units[$0] }
    guard let number = Double(unit == nil ? text[...] : text.dropLast()), number >= 0, number.isFinite else {
        throw ValidationError("'\(text)' is no age: give a number with s, m, h or d.")
    }
    return number * (unit ?? 1)
}
