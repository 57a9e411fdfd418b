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
        case .off: return "log off"
        case .unavailable: return log.enabled ? "log unavailable, \(Quantity.number(log.pending)) waiting" : "state unknown"
        case .detached: return "a copy: its log is detached"
        case .gap: return "log gap"
        case .unseen: return "log on, rows changed past it (1525)"
        }
    }

    /// What is wrong, the most pressing first; nil when nothing is.
    static func warning(_ overview: Overview?, now: Int64) -> String? {
        guard let overview else { return nil }
        if overview.problems.contains(where: { $0.code == .databaseLocked }) { return "Database locked" }
        switch overview.log.state {
        case .unavailable: return overview.log.enabled ? "Log unavailable" : "Cannot be read"
        case .gap: return "Log gap"
        case .unseen: return "Rows changed past the log (1525)"
        case .detached, .off, .ok: break
        }
        if overview.automation?.suspendedSince != nil { return "Automatic backup suspended (1401)" }
        if let last = overview.lastAttempt {
            if last.status == "failed" { return "Last backup failed" }
            if last.status == "stopped" { return "Last backup was stopped" }
            if last.status == "partial" { return "Last backup is partial" }
        }
        if let newest = overview.backups.first {
            if !newest.present { return "Last backup is missing" }
            guard let time = try? Timestamp.parse(newest.date) else { return nil }
            if now - time > oldest, let changed = overview.dataChanged, changed > time {
                return "Last backup \(Wording.ago(now - time))"
            }
        } else if !overview.backupsAreUnknown {
            return "No backup yet"
        }
        return overview.problems.isEmpty ? nil : "Not all could be read"
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
