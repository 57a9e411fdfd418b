// Health in the text format of Prometheus (exposition format 0.0.4), as its node exporter collects it from files.

import FileSystem
import Glibc
public import Vocabulary

extension Health {
    /// Replaces the file at `path` with the metrics of this moment: a reader sees the old or the new ones, whole. Everybody may
    /// read them, since a collector runs as a user of its own; they hold figures and the data file's path.
    /// - Throws: 1511 or 1516.
    public func writeMetrics(to path: String) throws(Failure) {
        do throws(SystemError) {
            let publication = try Publication(path)
            try Array(metrics.utf8).withUnsafeBufferPointer { (bytes) throws(SystemError) in
                try publication.file.write(UnsafeRawBufferPointer(bytes), at: 0)
            }
            let status = try publication.file.status()
            try publication.file.adopt(owner: status.st_uid, group: status.st_gid, mode: 0o644)
            try publication.publish(replacing: true)
        } catch { throw Failure.writing(error) }
    }

    /// The metrics as text.
    public var metrics: String {
        var text = MetricsText(data: data)
        text.gauge("msc_health", "State of the application: 0 ok, 1 warning, 2 critical, 3 unknown.", Double(state.exitStatus))
        text.head("msc_check_state", "State of each check: 0 ok, 1 warning, 2 critical, 3 unknown.")
        for check in checks { text.value("msc_check_state", Double(check.state.exitStatus), ["check": check.name]) }
        text.gauge("msc_check_timestamp_seconds", "When these figures were read.", Double(figures.now / 1000))
        if let log = figures.log {
            text.head("msc_log_state", "1 for the state that the log is in.")
            for state in LogStatus.State.allCases {
                text.value("msc_log_state", log.state == state ? 1 : 0, ["state": state.rawValue])
            }
            text.gauge("msc_log_last_operation", "The last operation in the log.", Double(log.lastOperation))
            text.gauge("msc_log_pending_changes", "Captured changes that are not in the log yet.", Double(log.pending))
        }
        if let good = figures.lastGood, let start = try? Timestamp.parse(good.date) {
            text.gauge("msc_backup_last_success_timestamp_seconds", "When the last good backup began.", Double(start / 1000))
            text.gauge("msc_backup_last_success_bytes", "Size of its archive.", Double(good.archiveBytes))
            text.gauge("msc_backup_last_success_seconds", "How long it took.", good.seconds)
        }
        if let attempt = figures.lastAttempt {
            text.gauge("msc_backup_last_ok", "1 when the last backup that was tried is complete.", attempt.status == "complete" ? 1 : 0)
        }
        if let automation = figures.automation {
            text.gauge("msc_backup_automatic_failures", "Automatic backups that failed since the last good one.", Double(automation.failures))
            text.gauge("msc_backup_automatic_suspended", "1 while automatic backup is suspended.", automation.suspendedSince == nil ? 0 : 1)
            if let next = automation.next.flatMap({ try? Timestamp.parse($0) }) {
                text.gauge("msc_backup_next_timestamp_seconds", "When the next automatic backup is tried.", Double(next / 1000))
            }
        }
        if let space = checks.first(where: { $0.name == "space" }), let free = space.value {
            text.gauge("msc_backup_destination_free_bytes", "Free space at the destination.", free)
        }
        return text.lines
    }
}

/// Text in that format, line by line.
private struct MetricsText {
    let data: String
    private(set) var lines = ""

    init(data: String) { self.data = data }

    mutating func head(_ name: String, _ help: String) { lines += "# HELP \(name) \(help)\n# TYPE \(name) gauge\n" }

    mutating func gauge(_ name: String, _ help: String, _ value: Double) {
        head(name, help)
        self.value(name, value, [:])
    }

    mutating func value(_ name: String, _ value: Double, _ labels: [String: String]) {
        let all = [("data", data)] + labels.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        let text = all.map { "\($0.0)=\"\(MetricsText.escaped($0.1))\"" }.joined(separator: ",")
        lines += "\(name){\(text)} \(value == value.rounded() && abs(value) < 1e15 ? Health.number(value) : String(value))\n"
    }

    /// Escaped as the format wants it, scalar by scalar: CR and LF are one character to Swift. What steers a terminal is escaped before.
    private static func escaped(_ text: String) -> String {
        SafeText.escaped(text, keeping: ["\n"]).unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
    }
}
