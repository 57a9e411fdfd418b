// The line at the top: which application, how its log is, and what needs attention.

import Engine
import TerminalKit
import Vocabulary

/// The words of the top line.
enum TopLine {
    /// A backup older than this is too old when the data changed since.
    static let oldest: Int64 = 24 * 3600 * 1000

    static func log(_ overview: Overview?) -> String {
        guard let log = overview?.log else { return "reading its state" }
        switch log.state {
        case .ok:
            var text = "log on, last operation \(Quantity.number(log.lastOperation))"
            if log.pending > 0 { text += ", \(Quantity.number(log.pending)) waiting" }
            return text
        case .off: return log.startsWithNextBackup == true ? "log starts with the next backup" : "log off"
        case .unavailable: return log.enabled ? "log unavailable, \(Quantity.number(log.pending)) waiting" : "state unknown"
        case .detached: return "a copy: its log is detached"
        case .gap: return "log gap"
        case .unseen: return "log on, rows changed past it (1525)"
        }
    }

    /// The most pressing of what is wrong, and how much there is besides; nil when nothing is. The Information page tells all of it.
    static func warning(_ overview: Overview?, now: Int64) -> String? {
        guard let overview else { return nil }
        if overview.problems.contains(where: { $0.code == .databaseLocked }) { return "Database locked" }
        let all = findings(overview, now)
        guard let first = all.first else { return nil }
        return all.count == 1 ? first : "\(first) (+\(all.count - 1))"
    }

    /// What is wrong, each in a few words, the most pressing first. Nothing that `msc check` finds is missing.
    private static func findings(_ overview: Overview, _ now: Int64) -> [String] {
        let health = (overview.health?.checks ?? []).filter { $0.state != .ok }
        var found: [(check: String, words: String)] = []
        if health.contains(where: { $0.name == "data" }), !overview.problems.contains(where: { $0.code == .notADatabase }) {
            found.append(("data", overview.dataChanged == nil ? "Data file is missing" : "Data file is damaged"))
        }
        switch overview.log.state {
        case .unavailable: found.append(("log", overview.log.enabled ? "Log unavailable" : "Cannot be read"))
        case .gap: found.append(("log", "Log gap"))
        case .unseen: found.append(("log", "Rows changed past the log (1525)"))
        case .detached, .off, .ok: break
        }
        if overview.automation?.suspendedSince != nil { found.append(("automatic", "Automatic backup suspended (1401)")) }
        if let last = overview.lastAttempt {
            if last.status == "failed" { found.append(("backup", "Last backup failed")) }
            if last.status == "stopped" { found.append(("backup", "Last backup was stopped")) }
            if last.status == "partial" { found.append(("backup", "Last backup is partial")) }
        }
        if let newest = overview.backups.first {
            if !newest.present { found.append(("archive", "Last backup is missing")) }
            if newest.present, let time = try? Timestamp.parse(newest.date), now - time > oldest, let changed = overview.dataChanged, changed > time {
                found.append(("backup_age", "Last backup \(Wording.ago(now - time))"))
            }
        } else if !overview.backupsAreUnknown, overview.lastAttempt == nil {
            found.append(("backup", "No backup yet"))
        }
        // Whether a log is on, the line says beside the name.
        if !found.contains(where: { $0.check == "log" }) { found.append(("log", "")) }
        let critical = health.filter { $0.state == .critical } + health.filter { $0.state == .unknown } + health.filter { $0.state == .warning }
        for check in critical where !found.contains(where: { $0.check == check.name }) { found.append((check.name, words(check, overview))) }
        if !overview.problems.isEmpty, !found.contains(where: { !$0.words.isEmpty }) { found.append(("", "Not all could be read")) }
        var seen: Set<String> = [""]
        return found.map(\.words).filter { seen.insert($0).inserted }
    }

    /// A check in a few words; one that has none here in its own.
    private static func words(_ check: Health.Check, _ overview: Overview) -> String {
        switch (check.name, check.state) {
        case ("backup_age", .unknown): return "Last backup is dated in the future"
        case (_, .unknown): return "Not all could be read"
        case ("pending", _): return "Many changes wait"
        case ("backup", _): return "No backup"
        case ("backup_age", _): return "Last backup is old"
        case ("archive", _): return "Archives are missing"
        case ("contents", _): return "Backups leave the data out"
        case ("proof", _): return "Not proved to restore"
        case ("automatic", _): return "Automatic backup failed"
        case ("service", _): return "No service for the schedule"
        case ("space", .critical) where check.value == nil: return "Destination is not there"
        case ("space", _): return "Little space for backups"
        case ("disk", _): return "All on one disk"
        case ("schema", _): return check.message.contains("1527") ? "A table cannot be written (1527)" : "Structure cannot be read (1524)"
        default: return check.message.prefix(1).uppercased() + check.message.dropFirst()
        }
    }
}

extension AppModel {
    func renderTop(into frame: inout Frame, _ rect: Rect, _ context: PageContext) {
        frame.fill(rect, style: .status)
        var attention: (text: String, style: Style)?
        if let own, shown != .own {
            attention = (AppModel.brief(own.request.title, own.course), .key)
        } else if let foreign, shown != .foreign {
            attention = (AppModel.brief(AppModel.title(foreign.operation.operation), foreign.course), .key)
        } else if let warning = TopLine.warning(overview, now: context.now) {
            attention = ("\(String(Character(frame.glyphs.warning))) \(warning)", .warning)
        }
        var end = rect.endColumn
        if let attention {
            let text = " \(attention.text) "
            let width = min(CharacterWidth.of(text), rect.columns)
            frame.write(text, in: Rect(column: end - width, row: rect.row, columns: width, rows: 1), style: attention.style)
            end -= width + 1
        }
        let name = frame.fit(application.name, columns: max(0, min(30, end - rect.column - 2)))
        let next = frame.write(name, at: rect.column + 1, rect.row, style: Style(.status, .bold), limit: end)
        let log = TopLine.log(overview) + (isReadOnly ? ", read only" : "")
        guard end - next > 8 else { return }
        frame.write(frame.fit(log, columns: end - next - 2), at: next + 2, rect.row, style: .status, limit: end)
    }

    private static func brief(_ title: String, _ course: Course) -> String {
        course.progress.total > 0
            ? "\(title) \(Quantity.percent(course.progress.done, of: course.progress.total)) (F2)" : "\(title) runs (F2)"
    }
}
