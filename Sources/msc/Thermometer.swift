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
            System.write("\r" + Thermometer.line(
                    progress, elapsed: now - started, isStopping: isStopping, columns: Thermometer.columns) + "\u{1b}[K")
        }
    }

    /// Takes the line away, so that the outcome stands alone.
    mutating func clear() {
        if isDrawn { System.write("\r\u{1b}[K") }
        isDrawn = false
    }

    /// `Writing the archive SampleDB.db  [######....] 62 %  310.0 MB of 500.0 MB  98.2 MB/s  2 s left  (Ctrl-C stops)`,
    /// less of it where the terminal is narrower: the least telling part goes first.
    static func line(_ progress: Progress, elapsed: Double, isStopping: Bool, columns: Int) -> String {
        let name = progress.subject.split(separator: "/").last ?? ""
        var parts: [(text: String, weight: Int)] = [(name.isEmpty ? progress.phase : "\(progress.phase) \(name)", 9)]
        let rate = elapsed > 0 ? Double(progress.done) / elapsed : 0
        if progress.total > 0 {
            let share = min(1, Double(progress.done) / Double(progress.total))
            let filled = Int(share * 20)
            parts.append(("[" + String(repeating: "#", count: filled) + String(repeating: ".", count: 20 - filled) + "]", 4))
            parts.append(("\(Int(share * 100)) %", 8))
            parts.append(("\(amount(progress.done, progress.unit)) of \(amount(progress.total, progress.unit))", 3))
        } else if progress.done > 0 {
            parts.append((amount(progress.done, progress.unit), 5))
        }
        if rate >= 1 {
            parts.append((amount(UInt64(rate), progress.unit) + "/s", 2))
            if progress.total > progress.done, elapsed > 1 {
                // Untested: it takes work of more than a second, which tests have not.
                parts.append(("\(Int(min(Double(progress.total - progress.done) / rate, 1e9)) + 1) s left", 6))
            }
        }
        parts.append(isStopping ? ("(stopping)", 7) : ("(Ctrl-C stops)", 1))
        func joined() -> String { CommonOptions.printable(parts.map(\.text).joined(separator: "  ")) }
        while joined().count >= columns, parts.count > 1, let least = parts.indices.min(by: { parts[$0].weight < parts[$1].weight }) {
            parts.remove(at: least)
        }
        return String(joined().prefix(max(0, columns - 1)))
    }

    /// The width of the terminal behind standard error now; 80 when it does not say.
    private static var columns: Int {
        var size = winsize()
        return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }

    private static func amount(_ count: UInt64, _ unit: Progress.Unit) -> String {
        unit == .bytes ? Amount.bytes(count) : "\(count) \(unit.rawValue)"
    }
}
