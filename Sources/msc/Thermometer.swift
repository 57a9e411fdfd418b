// The thermometer of a subcommand: one line on standard error that is drawn over itself, or JSON Lines for programs.
// It is a function of the newest progress; it draws at most ten times a second.

import Engine
import Glibc
import Vocabulary

struct Thermometer {
    private enum Style { case none, line, json }

    private let style: Style
    private let started: Double
    private var isDrawn = false
    private var last: Progress?

    init(options: CommonOptions, started: Double) {
        self.started = started
        style =
            if options.progress == .json { .json } else if options.quiet || isatty(STDERR_FILENO) == 0 { .none } else { .line }
    }

    mutating func draw(_ progress: Progress, at now: Double, isStopping: Bool) {
        switch style {
        case .none: return
        case .json:
            guard progress != last else { return }
            last = progress
            struct Line: Encodable {
                var phase: String, subject: String, done: UInt64, total: UInt64, unit: String, seconds: Double
            }
            let line = Line(
                phase: progress.phase, subject: progress.subject, done: progress.done, total: progress.total,
                unit: progress.unit.rawValue, seconds: now - started)
            if let text = try? CommonOptions.encode(line, isPretty: false) { System.complain(text) }
        case .line:
            isDrawn = true
            System.write("\r" + Thermometer.line(progress, elapsed: now - started, isStopping: isStopping) + "\u{1b}[K")
        }
    }

    /// Takes the line away, so that the outcome stands alone.
    mutating func clear() {
        if isDrawn { System.write("\r\u{1b}[K") }
        isDrawn = false
    }

    /// `Copying SampleDB.db [######····] 62 %  310.0 MB of 500.0 MB  98.2 MB/s  2 s left  (Ctrl-C stops)`
    static func line(_ progress: Progress, elapsed: Double, isStopping: Bool) -> String {
        var parts = [progress.subject.isEmpty ? progress.phase : "\(progress.phase) \(progress.subject)"]
        let rate = elapsed > 0 ? Double(progress.done) / elapsed : 0
        if progress.total > 0 {
            let share = min(1, Double(progress.done) / Double(progress.total))
            let filled = Int(share * 20)
            parts.append("[" + String(repeating: "#", count: filled) + String(repeating: ".", count: 20 - filled) + "] \(Int(share * 100)) %")
            parts.append("\(amount(progress.done, progress.unit)) of \(amount(progress.total, progress.unit))")
        } else if progress.done > 0 {
            parts.append(amount(progress.done, progress.unit))
        }
        if rate >= 1 {
            parts.append(amount(UInt64(rate), progress.unit) + "/s")
            if progress.total > progress.done, elapsed > 1 {
                parts.append("\(Int(Double(progress.total - progress.done) / rate) + 1) s left")
            }
        }
        parts.append(isStopping ? "(stopping)" : "(Ctrl-C stops)")
        return CommonOptions.printable(parts.joined(separator: "  "))
    }

    private static func amount(_ count: UInt64, _ unit: Progress.Unit) -> String {
        unit == .bytes ? Amount.bytes(count) : "\(count) \(unit.rawValue)"
    }
}
