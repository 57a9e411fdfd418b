// The dialog over the page while something runs: what, how far, how fast, how long, and Stop.

/// Everything a thermometer shows, at one moment.
public struct ThermometerReading: Hashable, Sendable {
    public enum State: Hashable, Sendable {
        case running
        /// Stop was pressed; the operation has not ended yet.
        case stopping
        /// It runs in another process.
        case elsewhere(String)
    }

    public enum Unit: Hashable, Sendable {
        case bytes
        /// The plural word: operations, records.
        case things(String)
    }

    public var title: String
    public var phase: String
    /// The file, table or log concerned.
    public var subject: String
    public var done: UInt64
    /// Zero when it is not known.
    public var total: UInt64
    public var unit: Unit
    /// Units per second.
    public var rate: Double?
    public var left: Duration?
    public var elapsed: Duration
    /// Since the operation last said anything.
    public var silence: Duration
    public var state: State
    /// Why Stop cannot be pressed; nil when it can.
    public var stopDisabledReason: String?

    public init(
        title: String, phase: String, subject: String = "", done: UInt64 = 0, total: UInt64 = 0, unit: Unit = .bytes,
        rate: Double? = nil, left: Duration? = nil, elapsed: Duration = .zero, silence: Duration = .zero,
        state: State = .running, stopDisabledReason: String? = nil
    ) {
        self.title = title
        self.phase = phase
        self.subject = subject
        self.done = done
        self.total = total
        self.unit = unit
        self.rate = rate
        self.left = left
        self.elapsed = elapsed
        self.silence = silence
        self.state = state
        self.stopDisabledReason = stopDisabledReason
    }

    /// `310.0 MB of 500.0 MB`; empty where nothing is counted.
    public var amount: String {
        if total == 0, done == 0 { return "" }
        return total > 0 ? "\(ThermometerReading.text(done, unit)) of \(ThermometerReading.text(total, unit))" : ThermometerReading.text(done, unit)
    }

    /// `98.2 MB/s`; empty when not known.
    public var rateText: String {
        guard let rate, rate >= 1, rate < 1e18 else { return "" }
        return ThermometerReading.text(UInt64(rate), unit) + "/s"
    }

    private static func text(_ count: UInt64, _ unit: Unit) -> String {
        switch unit {
        case .bytes: Quantity.bytes(count)
        case .things(let word): "\(Quantity.number(count)) \(word)"
        }
    }
}

/// Draws a reading and answers its Stop button.
public struct Thermometer: Hashable, Sendable {
    public enum Choice: Hashable, Sendable { case stop, hide }

    /// From when on the absence of any report is worth mentioning.
    public static let noticeableSilence = Duration.seconds(5)

    /// It can be put aside while the work goes on: then only `s` and a click on the button stop.
    public var canBeHidden: Bool

    public init(canBeHidden: Bool = false) { self.canBeHidden = canBeHidden }

    /// The box of the dialog on a screen.
    public static func box(in screen: Rect) -> Rect { screen.centred(GridSize(columns: 64, rows: 11)) }

    private static func buttonLine(in screen: Rect) -> Rect {
        let box = box(in: screen)
        let inside = box.columns >= 2 && box.rows >= 2 ? box.inset() : box
        return inside.line(inside.rows - 1)
    }

    /// Hide, where there is one, is the selected button: a hasty Enter does not end the work.
    private func buttons(_ stopDisabledReason: String?) -> ButtonRow<Choice> {
        let stop = Button(Choice.stop, "Stop", key: "s", disabledReason: stopDisabledReason)
        return canBeHidden ? ButtonRow([stop, Button(Choice.hide, "Hide", key: .escape)], selected: 1) : ButtonRow([stop])
    }

    private static func stopDisabledReason(_ reading: ThermometerReading) -> String? {
        reading.state == .stopping ? "Stopping" : reading.stopDisabledReason
    }

    public func render(_ reading: ThermometerReading, into frame: inout Frame, _ screen: Rect) {
        let box = Thermometer.box(in: screen)
        frame.fill(box)
        frame.cursor = nil
        let inside = frame.box(box, title: reading.title, style: .borderActive)
        let lines = Thermometer.lines(reading)
        // Under eight rows what matters most stays: bar, phase, amount.
        let order = inside.rows >= 9 ? [0, 1, -1, 2, 3, 4, 5, -1] : [2, 0, 3, 1, 4, 5]
        let text = inside.inset(columns: inside.columns > 8 ? 1 : 0, rows: 0)
        for (offset, index) in order.prefix(max(0, inside.rows - 1)).enumerated() where index >= 0 {
            let line = text.line(offset)
            if index == 2 {
                renderBar(reading, into: &frame, line)
            } else if index == 1 {
                frame.write(TextFitting.fitPath(reading.subject, columns: line.columns, ellipsis: frame.glyphs.ellipsis), in: line)
            } else {
                frame.write(lines[index].text, in: line, style: lines[index].style)
            }
        }
        buttons(Thermometer.stopDisabledReason(reading))
            .render(into: &frame, inside.line(inside.rows - 1), isFocused: true, align: .centre)
    }

    private static func lines(_ reading: ThermometerReading) -> [(text: String, style: Style)] {
        let times = "Elapsed \(Quantity.time(reading.elapsed))" + (reading.left.map { "   left \(Quantity.time($0))" } ?? "")
        var life: (String, Style) = ("", .hint)
        if reading.silence >= noticeableSilence {
            life = ("! Last sign of life \(Quantity.time(reading.silence)) ago", .warning)
        }
        switch reading.state {
        case .running: break
        case .stopping: life = ("Stopping: finishing the current step", .warning)
        case .elsewhere(let who): if life.0.isEmpty { life = ("Runs in \(who)", .hint) }
        }
        return [
            (reading.phase, Style.normal.with(.bold)), (reading.subject, .normal), ("", .normal),
            (reading.rateText.isEmpty ? reading.amount : "\(reading.amount)   \(reading.rateText)", .normal),
            (times, .normal), life,
        ]
    }

    /// The bar with its per cent; without a known total a mark that moves with the time.
    private func renderBar(_ reading: ThermometerReading, into frame: inout Frame, _ rect: Rect) {
        let percent = Quantity.percent(reading.done, of: reading.total)
        let label = percent.isEmpty ? 0 : 6
        let bar = Rect(column: rect.column, row: rect.row, columns: max(0, rect.columns - label), rows: min(1, rect.rows))
        if reading.total > 0 {
            Gauge.renderBar(share: Double(reading.done) / Double(reading.total), into: &frame, bar)
            if rect.columns > label {
                frame.write(TextFitting.pad(percent, columns: label, align: .right), at: bar.endColumn, bar.row, limit: rect.endColumn)
            }
        } else {
            frame.fill(bar, frame.glyphs.barRest, style: .barRest)
            guard bar.columns > 0 else { return }
            let tenths = Int(reading.elapsed / .milliseconds(100))
            let place = tenths % bar.columns
            let moving = Rect(column: bar.column + place, row: bar.row, columns: 4, rows: 1).intersection(bar)
            frame.fill(moving, frame.glyphs.barFull, style: .bar)
        }
    }

    /// `s`, Enter, Esc, blank and a click on the button stop; when it can be hidden, Enter, Esc and blank hide it instead.
    /// Everything else is for the page.
    public func handle(_ event: TerminalEvent, _ reading: ThermometerReading, in screen: Rect) -> Outcome<Choice> {
        switch event {
        case .key("s"), .key("S"): break
        case .key(.enter), .key(.escape), .key(.character(" ")):
            if canBeHidden { return .chosen(.hide) }
        case .mouse(let mouse):
            var row = buttons(nil)
            guard mouse.action == .left, case .chosen(let choice) = row.handle(event, in: Thermometer.buttonLine(in: screen), align: .centre)
            else { return .ignored }
            if choice == .hide { return .chosen(.hide) }
        default: return .ignored
        }
        guard reading.state != .stopping, reading.stopDisabledReason == nil else { return .handled }
        return .chosen(.stop)
    }
}
