// Outcomes in words for people: what happened, in the fewest lines that say it all.

import Engine

enum Description {
    static func of(_ outcome: BackupOutcome) -> String {
        var lines = [
            "Backup \(outcome.number) is \(outcome.status.rawValue): \(outcome.archive)",
            "  \(Amount.bytes(outcome.bytes)) in \(Amount.bytes(outcome.archiveBytes)), \(seconds(outcome.seconds))",
        ]
        if let last = outcome.lastOperation { lines.append("  holds the data up to operation \(last)") }
        if let log = outcome.log { lines.append("  log backup: \(log)") }
        lines += outcome.parity.map { "  parity: \($0)" }
        if outcome.writersWaitedSeconds > 0 {
            lines.append("  writers waited \(seconds(outcome.writersWaitedSeconds)): the database is not in WAL mode")
        }
        if let proof = outcome.proof, proof.result == .proven { lines.append("  proven restorable in \(seconds(proof.seconds))") }
        lines += outcome.missing.map { "  missing: \($0)" }
        lines += outcome.warnings.map { "  warning: \($0)" }
        return lines.joined(separator: "\n")
    }

    static func of(_ sets: [BackupSet]) -> String {
        if sets.isEmpty { return "There is no backup yet." }
        return sets.map { set in
            var line = "\(set.number)  \(local(set.date))  \(set.status)  \(Amount.bytes(set.archiveBytes))  \(set.archive)"
            if let last = set.lastOperation { line += "  (to operation \(last))" }
            if set.deletedByNextBackup == true { line += "  (deleted by the next backup)" }
            if let proof = set.proof { line += "  \(proof.result == .proven ? "proven restorable in \(seconds(proof.seconds))" : "trial restore \(proof.result.rawValue)")" }
            return line + set.marks.map { "  \($0)" }.joined()
        }.joined(separator: "\n")
    }

    static func of(_ outcome: RestoreOutcome) -> String {
        var lines = ["Restored to \(outcome.destination)"]
        lines += outcome.items.map { "  \($0)" }
        lines += steps(outcome.integrated)
        if let last = outcome.lastOperation { lines.append("The data is as after operation \(last).") }
        lines += outcome.warnings.map { "warning: \($0)" }
        return lines.joined(separator: "\n")
    }

    static func of(_ outcome: IntegrationOutcome) -> String {
        (steps(outcome.integrated) + ["The data is as after operation \(outcome.lastOperation)."]
            + (outcome.warnings + outcome.integrated.flatMap(\.notIntegrated)).map { "warning: \($0)" }).joined(separator: "\n")
    }

    static func of(_ outcome: RollbackOutcome) -> String {
        let tables = outcome.byTable.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)" }
        let head =
            outcome.dryRun
            ? "Would cancel \(outcome.cancelled) operations after operation \(outcome.kept); nothing was changed."
            : "Cancelled \(outcome.cancelled) operations after operation \(outcome.kept). The log goes on at \(outcome.lastOperation)."
        let counters = outcome.keptCounters.isEmpty
            ? [] : ["AUTOINCREMENT counters not taken back (--counters does so): \(outcome.keptCounters.joined(separator: ", "))"]
        let structure = outcome.structure.map { "  structure: \($0)" }
        return ([head] + tables + structure + counters + outcome.warnings.map { "warning: \($0)" }).joined(separator: "\n")
    }

    static func of(_ status: LogStatus) -> String {
        var lines = ["Log: \(status.state.rawValue)\(status.path.map { "  \($0)" } ?? "")"]
        if status.enabled {
            let operations =
                status.lastOperation < status.firstOperation ? "no operation yet" : "operations \(status.firstOperation) to \(status.lastOperation)"
            lines.append("  \(operations), \(status.pending) captured changes to be written")
        }
        if let digest = status.digest { lines.append("  digest \(digest)\(status.integrity.map { ", \($0.rawValue)" } ?? "")") }
        if let reason = status.integrityReason { lines.append("  \(status.integrity == .failed ? "error 1529: " : "")\(reason)") }
        if status.startsWithNextBackup == true { lines.append("  starts with the next backup") }
        if let reason = status.reason { lines.append("  \(reason)") }
        lines += status.notJournaled.sorted { $0.key < $1.key }.map { "  not journaled: \($0.key) (\($0.value))" }
        lines += status.unsupported.map { "  \($0)" }
        lines += status.exposed.map { "warning: \($0)" }
        return lines.joined(separator: "\n")
    }

    static func of(_ check: LogStartCheck) -> String {
        let rows = check.journaled.values.reduce(0) { $0 + max(0, $1) }
        var lines = [
            "\(check.data): \(Amount.bytes(UInt64(clamping: check.bytes))), journal mode \(check.journalMode)",
            "  written by SQLite \(check.writerVersion ?? "of an unknown version"), read by SQLite \(check.readerVersion)",
            "  \(check.journaled.count) tables with \(rows) rows would be logged",
        ]
        if let base = check.base {
            lines.append(
                "  Nothing seems to have been written since backup \(base): if it holds exactly these data, the log begins with it, else a backup comes first."
            )
        } else {
            lines.append(
                check.makesBackup
                    ? "  A backup comes first: it reads \(Amount.bytes(UInt64(clamping: check.bytes)))." : "  The data are blank: no backup is needed.")
        }
        lines += check.notJournaled.sorted { $0.key < $1.key }.map { "  not journaled: \($0.key) (\($0.value))" }
        return (lines + check.remarks.map { "! \($0)" }).joined(separator: "\n")
    }

    static func of(_ outcome: DrainOutcome) -> String {
        let line = "\(outcome.drained) operations written; the last one is \(outcome.lastOperation)."
        let unseen = outcome.unseen.isEmpty ? [] : [LogStatus.unseenWords(outcome.unseen)]
        return ([line] + (unseen + outcome.unsupported + outcome.warnings).map { "warning: \($0)" }).joined(separator: "\n")
    }

    static func of(_ outcome: AnchorOutcome) -> String {
        var lines = ["The log is taken as it is: operation \(outcome.lastOperation), digest \(outcome.digest)."]
        if let key = outcome.key { lines.append("  marked with the integrity key \(key)") }
        if let anchor = outcome.anchor { lines.append("  anchored in \(anchor)") }
        return lines.joined(separator: "\n")
    }

    static func of(_ settings: [SettingReading]) -> String {
        settings.map { "\($0.isDefault ? " " : "*") \($0.key)  \($0.text)" }.joined(separator: "\n")
    }

    static func of(_ setting: SettingReading) -> String {
        """
        \(setting.text)
          \(setting.meaning)
          Accepted: \(setting.accepted). Default: \(setting.standard.joined().isEmpty ? "empty" : setting.standard.joined()).
        """
    }

    static func of(_ status: AutomationStatus) -> String {
        var line = status.schedule
        if let next = status.next { line += "; next \(local(next))" }
        if let since = status.suspendedSince {
            line += "; SUSPENDED since \(local(since)) after \(status.failures) failed attempts (error 1401)"
        }
        if status.next != nil, !status.watched { line += "; no msc watch runs to make it" }
        if let error = status.lastError { line += "; last error: \(error)" }
        return line
    }

    static func of(_ outcome: CheckOutcome) -> String {
        let notChecked = outcome.notChecked.map { "\nnot checked: \($0)" }.joined()
        return outcome.result == .ok
            ? "No problem was found.\(notChecked)"
            : (["\(outcome.problems.count == 1 ? "1 problem was" : "\(outcome.problems.count) problems were") found:"] + outcome.problems.map { "  \($0.where): \($0.what)" }
                + (outcome.repairable.map { [$0 ? "'msc repair' makes it whole again." : "It cannot be repaired."] } ?? []))
                .joined(separator: "\n") + notChecked
    }

    static func of(_ outcome: ProofOutcome) -> String {
        let head: String
        switch outcome.result {
        case .proven:
            head = "Proven: \(outcome.archive) was restored in \(seconds(outcome.seconds)) and holds what the database held\(outcome.operation.map { " after operation \($0)" } ?? "")."
        case .failed: head = "FAILED: \(outcome.archive): \(outcome.reason ?? "")"
        case .inconclusive: head = "Inconclusive: \(outcome.archive): \(outcome.reason ?? "")"
        }
        var lines = [head]
        if !outcome.notCompared.isEmpty { lines.append("  not journaled, so not compared: \(outcome.notCompared.joined(separator: ", "))") }
        return (lines + outcome.warnings.map { "  warning: \($0)" }).joined(separator: "\n")
    }

    static func of(_ outcome: RepairOutcome) -> String {
        var lines: [String]
        switch outcome.result {
        case .sound: lines = ["Nothing is damaged: \(outcome.path)"]
        case .repaired:
            lines = ["Repaired \(Amount.bytes(outcome.repairedBytes)) of \(outcome.path)"]
            lines += outcome.setAside.map { "  the damaged file stays as \($0)" }
            if outcome.parityRemade { lines.append("  its parity file was damaged and was made anew") }
        case .salvaged:
            lines = ["Saved \(outcome.operations ?? 0) operations of \(outcome.path) as \(outcome.salvaged ?? "")"]
            lines += outcome.lost.map { "  lost: \($0.where): \($0.what)" }
        }
        return (lines + outcome.warnings.map { "  warning: \($0)" }).joined(separator: "\n")
    }

    static func of(_ information: Information) -> String {
        var lines = [
            "Data      \(information.data.path)",
            "          \(information.data.present ? "\(Amount.bytes(information.data.bytes)), \(information.data.journalMode) journal, \(information.data.encoding), SQLite pages of \(information.data.pageSize) bytes, \(information.data.freePages) of \(information.data.pages) free" : "missing")",
        ]
        lines.append(of(information.log).replacing("Log: ", with: "Log       ").replacing("\n  ", with: "\n          "))
        if let last = information.backups.last {
            lines.append("Backups   \(information.backups.count); the last one is number \(last.number) of \(local(last.date)), \(last.status)")
        } else {
            lines.append("Backups   none yet")
        }
        lines.append("Automatic backup  \(of(information.automation))")
        lines.append("Tables")
        for table in information.tables {
            lines.append(
                "  \(table.name)  \(table.records) records, \(table.fields) fields, \(table.indexes) indexes\(table.journaled ? "" : ", not journaled")")
        }
        return lines.joined(separator: "\n")
    }

    private static func steps(_ steps: [IntegrationOutcome.Step]) -> [String] {
        steps.map {
            "\($0.recordOperations) record operations (\($0.operations) in all) were integrated from \($0.log)"
                + ($0.skipped > 0 ? "; \($0.skipped) were there already" : "")
                + ($0.repaired.map { "; it is damaged at \($0) and was read with its parity file" } ?? "")
        }
    }

    /// A time of a document as people read it here.
    private static func local(_ time: String) -> String { (try? Timestamp.parse(time)).map { Timestamp.local($0) } ?? time }

    private static func seconds(_ seconds: Double) -> String {
        // Bounded: a number from a record must not end the program.
        let tenths = Int((min(max(seconds, 0), 1e12) * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) s"
    }
}
