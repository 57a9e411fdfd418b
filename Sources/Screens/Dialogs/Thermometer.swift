// The thermometer: what runs, how far it is, and Stop. A dialog over the page that can be put aside with Esc while the work
// goes on; it shows an operation of this program or of another process alike.

import Engine
import TerminalKit
import Vocabulary

/// Draws a running operation and understands the keys of its dialog.
struct Thermometer: Sendable, Equatable {
    enum Wish: Sendable, Equatable { case stop, hide }

    private static let columns = 64
    private static let rows = 12
    private var buttons: ButtonRow<String> = Thermometer.buttons(isStopping: false)

    init() {}

    private static func buttons(isStopping: Bool) -> ButtonRow<String> {
        // Hide is selected first, so that a hasty Enter does not end the work.
        ButtonRow(
            [
                Button("stop", isStopping ? "Stopping" : "Stop", key: "s", disabledReason: isStopping ? "It is stopping already." : nil),
                Button("hide", "Hide", key: .escape),
            ], selected: 1)
    }

    static func actions(isStopping: Bool) -> ActionTable<String> {
        ActionTable([
            ActionRow(
                "stop", keys: ["s"], title: "Stop", help: "Stops the operation: it ends with error 1406.",
                disabledReason: isStopping ? "It is stopping already." : nil),
            ActionRow(
                "hide", keys: [.escape], title: "Hide", help: "Puts the thermometer aside; the work goes on, F2 shows it again."),
        ])
    }

    mutating func handle(_ event: TerminalEvent, in size: GridSize) -> (isHandled: Bool, wish: Wish?) {
        let place = Thermometer.buttonPlace(in: size)
        switch buttons.handle(event, in: place, align: .centre) {
        case .chosen("stop"): return (true, .stop)
        case .chosen: return (true, .hide)
        case .handled: return (true, nil)
        case .cancelled, .ignored: break
        }
        switch event {
        case .key(.tab): return (!buttons.handle(.key(.right), in: place).isIgnored, nil)
        case .key(.backTab): return (!buttons.handle(.key(.left), in: place).isIgnored, nil)
        default: return (false, nil)
        }
    }

    private static func box(in size: GridSize) -> Rect { size.rect.centred(GridSize(columns: columns, rows: rows)) }

    private static func buttonPlace(in size: GridSize) -> Rect {
        let inside = box(in: size).inset(columns: 2, rows: 1)
        return inside.line(max(0, inside.rows - 1))
    }

    /// - Parameters:
    ///   - owner: who runs it, when it is not this program.
    ///   - note: a last line, such as what is waited for.
    func render(
        into frame: inout Frame, title: String, _ course: Course, isStopping: Bool, owner: String? = nil, note: String = "", now: Duration
    ) {
        let box = Thermometer.box(in: frame.size)
        frame.fill(box)
        frame.box(box, title: title, style: .borderActive)
        let inside = box.inset(columns: 2, rows: 1)
        Thermometer.reading(course, isStopping: isStopping, owner: owner, into: &frame, Rect(
            column: inside.column, row: inside.row, columns: inside.columns, rows: max(0, inside.rows - 2)), now: now)
        if !note.isEmpty, inside.rows > 2 { frame.write(note, in: inside.line(inside.rows - 2), style: .hint) }
        var row = Thermometer.buttons(isStopping: isStopping)
        row.select(buttons.buttons[buttons.selected].id)
        row.render(into: &frame, Thermometer.buttonPlace(in: frame.size), isFocused: true, align: .centre)
    }

    /// Phase, file, bar, amounts and times, one under the other: also for a page that shows it in its own area.
    static func reading(
        _ course: Course, isStopping: Bool, owner: String? = nil, into frame: inout Frame, _ rect: Rect, now: Duration
    ) {
        let progress = course.progress
        if isStopping {
            frame.write("Stopping: what was begun is cleared away\(String(Character(frame.glyphs.ellipsis)))", in: rect.line(0), style: .warning)
        } else {
            frame.write(progress.phase, in: rect.line(0), style: .title)
        }
        let subject = TextFitting.fitPath(progress.subject, columns: rect.columns, ellipsis: frame.glyphs.ellipsis)
        frame.write(subject, in: rect.line(1))
        bar(course, into: &frame, rect.line(3))
        var amounts: [String] = []
        if progress.total > 0 {
            amounts.append("\(Wording.amount(progress.done, progress.unit)) of \(Wording.amount(progress.total, progress.unit))")
        } else if progress.done > 0 {
            amounts.append(Wording.amount(progress.done, progress.unit))
        }
        if let rate = course.rate(at: now), rate >= 1 { amounts.append("\(Wording.amount(UInt64(rate), progress.unit))/s") }
        frame.write(amounts.joined(separator: "   "), in: rect.line(4))
        var times = ["\(Wording.clock(course.elapsed(at: now))) elapsed"]
        if !isStopping, let left = course.secondsLeft(at: now) { times.append("about \(Wording.clock(left)) left") }
        frame.write(times.joined(separator: "   "), in: rect.line(5))
        let silence = course.silence(at: now)
        frame.write(
            "Last sign of life: \(silence < 2 ? "now" : "\(Wording.clock(silence)) ago")", in: rect.line(6),
            style: silence < 30 ? .hint : .warning)
        if let owner { frame.write("Run by \(owner)", in: rect.line(7), style: .hint) }
    }

    /// A bar with per cent; of an operation whose end is not known, a block that moves with every sign of life.
    static func bar(_ course: Course, into frame: inout Frame, _ rect: Rect) {
        let line = rect.line(0)
        guard !line.isEmpty else { return }
        let width = max(0, line.columns - 6)
        frame.fill(line)
        frame.fill(Rect(column: line.column, row: line.row, columns: width, rows: 1), frame.glyphs.barRest, style: .barRest)
        if let share = course.share {
            let filled = Int(Double(width) * share)
            frame.fill(Rect(column: line.column, row: line.row, columns: filled, rows: 1), frame.glyphs.barFull, style: .bar)
            frame.write("\(Int(share * 100)) %", in: Rect(column: line.column + width, row: line.row, columns: line.columns - width, rows: 1), align: .right)
        } else if width > 8 {
            let place = Int(course.changes % UInt64(width - 4))
            frame.fill(Rect(column: line.column + place, row: line.row, columns: 4, rows: 1), frame.glyphs.barFull, style: .bar)
        }
    }
}
