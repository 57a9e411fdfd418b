// When the operations were: a column per minute, or per longer time where there are many; from a column to its operations.

import Engine
import Synchronization
import TerminalKit
import Vocabulary

/// A histogram that is being counted; shared by the dialog that draws it and the readings that fill it.
final class LiveHistogram: Sendable {
    struct State: Sendable {
        var histogram: TimeHistogram
        /// The operation to go on with; nil when all are counted.
        var next: UInt64?
        var first: UInt64
        var last: UInt64
    }

    private let state: Mutex<State>
    static let key = "histogram"

    init(_ histogram: TimeHistogram, next: UInt64?, first: UInt64, last: UInt64) {
        state = Mutex(State(histogram: histogram, next: next, first: first, last: last))
    }

    var now: State { state.withLock { $0 } }

    /// Counts a slice; the page has the next one done when this one comes.
    func step(_ browser: SharedBrowser, _ surroundings: Surroundings) -> [Effect] {
        guard let next = now.next else { return [] }
        return [
            .load(key: LiveHistogram.key) { job in
                var state = self.now
                let before = state
                state = try browser.use { browser in
                    var state = before
                    state.next = try browser.histogram(
                        from: next, to: state.last, into: &state.histogram, job, for: TimeSlice(surroundings, milliseconds: 60))
                    return state
                }
                let done = state
                self.state.withLock { $0 = done }
                return Step(histogram: self, browser: browser, surroundings: surroundings)
            }
        ]
    }

    struct Step: Sendable {
        fileprivate let histogram: LiveHistogram
        fileprivate let browser: SharedBrowser
        fileprivate let surroundings: Surroundings

        var next: [Effect] { histogram.step(browser, surroundings) }
    }
}

struct HistogramDialog: Dialog {
    /// What is wanted of a span of time.
    enum Wish: Sendable, Equatable {
        case goTo(Int64)
        case only(ClosedRange<Int64>)
    }

    private let live: LiveHistogram
    private let title: String
    private let answerKey: String
    /// The column that is looked at, at the width it was drawn with; nil is the one with `time`.
    private var column: Int?
    private let time: Int64?

    /// - Parameters:
    ///   - time: of the operation that is selected in the list.
    ///   - answerKey: a `Wish` comes to the page under this key.
    init(_ live: LiveHistogram, title: String, time: Int64?, answerKey: String) {
        self.live = live
        self.title = title
        self.time = time
        self.answerKey = answerKey
    }

    func actions(_ context: PageContext) -> ActionTable<String> {
        ActionTable([
            ActionRow("go", keys: [.enter], title: "Go there", help: "Selects the first operation of the column in the list."),
            ActionRow("only", keys: ["f"], title: "Only these", help: "Filters the list by the time of the column."),
            ActionRow("move", keys: [.left, .right], title: "Move", help: "Goes to the column beside; Home and End to the first and last."),
            ActionRow("close", keys: [.escape], title: "Close", help: "Goes back to the list."),
        ])
    }

    mutating func handle(_ event: TerminalEvent, in size: GridSize, _ context: PageContext) -> DialogAnswer {
        let places = Places(size)
        let count = columns(places)
        let now = selected(places)
        switch event {
        case .key(.escape), .key("q"): return .close([.cancelLoad(key: LiveHistogram.key)])
        case .key(.left), .key("h"): column = max(0, now - 1)
        case .key(.right), .key("l"): column = min(max(0, count - 1), now + 1)
        case .key(.home), .key("g"): column = 0
        case .key(.end), .key("G"): column = max(0, count - 1)
        case .key(.enter):
            guard let span = span(now, places) else { return .close([]) }
            return .close([.cancelLoad(key: LiveHistogram.key), .answer(key: answerKey, Wish.goTo(span.lowerBound))])
        case .key("f"):
            guard let span = span(now, places) else { return .stay }
            return .close([.cancelLoad(key: LiveHistogram.key), .answer(key: answerKey, Wish.only(span))])
        case .mouse(let mouse) where mouse.action == .left && places.chart.contains(mouse.place):
            column = min(max(0, count - 1), mouse.place.column - places.chart.column)
        default: break
        }
        return .stay
    }

    private struct Places {
        var box: Rect
        var inside: Rect
        var chart: Rect

        init(_ size: GridSize) {
            box = size.rect.inset(columns: size.columns > 100 ? 6 : 1, rows: size.rows > 30 ? 5 : 2)
            inside = box.inset(columns: 2, rows: 1)
            chart = Rect(column: inside.column, row: inside.row + 1, columns: inside.columns, rows: max(0, inside.rows - 4))
        }
    }

    /// Never more columns than buckets: each bucket then is one column wide.
    private func columns(_ places: Places) -> Int { min(places.chart.columns, max(1, live.now.histogram.counts.count)) }

    private func selected(_ places: Places) -> Int {
        let count = columns(places)
        if let column { return min(column, count - 1) }
        let histogram = live.now.histogram
        guard let time, !histogram.isEmpty else { return count - 1 }
        let bucket = min(max(0, histogram.bucket(of: time)), histogram.counts.count - 1)
        return (0..<count).last { $0 * histogram.counts.count / count <= bucket } ?? 0
    }

    private func buckets(_ column: Int, _ places: Places) -> Range<Int> {
        let buckets = live.now.histogram.counts.count
        let count = columns(places)
        let start = column * buckets / count
        return start..<max(start + 1, (column + 1) * buckets / count)
    }

    private func span(_ column: Int, _ places: Places) -> ClosedRange<Int64>? {
        let histogram = live.now.histogram
        guard !histogram.isEmpty else { return nil }
        let range = buckets(column, places)
        return histogram.time(of: range.lowerBound)...histogram.time(of: range.upperBound) - 1
    }

    func render(into frame: inout Frame, _ context: PageContext) {
        let places = Places(frame.size)
        let state = live.now
        let histogram = state.histogram
        frame.fill(places.box)
        frame.cursor = nil
        frame.box(places.box, title: title, style: .borderActive)
        guard !histogram.isEmpty else {
            frame.write(state.next == nil ? "There is nothing to count." : "Counting…", in: places.inside.line(0), style: .hint)
            return
        }
        let count = columns(places)
        let column = selected(places)
        let range = buckets(column, places)
        let width = Int64(range.count) * histogram.step
        var head = "Each column is \(HistogramDialog.length(width))"
        if let next = state.next {
            head += "; \(Quantity.percent(next - state.first, of: state.last + 1 - state.first)) counted"
        }
        frame.write(head, in: places.inside.line(0), style: .label)
        let chart = Rect(column: places.chart.column, row: places.chart.row, columns: count, rows: places.chart.rows)
        Histogram(histogram.counts, highlighted: range).render(into: &frame, chart)
        let pointer = Rect(column: chart.column, row: chart.endRow, columns: chart.columns, rows: 1)
        frame.write(String(Character(frame.glyphs.cursor)), at: pointer.column + column, pointer.row, style: .key, limit: places.inside.endColumn)
        let sum = histogram.counts[range.clamped(to: histogram.counts.indices)].reduce(0, +)
        frame.write(
            "\(Timestamp.local(histogram.time(of: range.lowerBound)))  \(Quantity.number(sum)) \(sum == 1 ? "operation" : "operations") in \(HistogramDialog.length(width))",
            in: places.inside.line(places.inside.rows - 2), style: .marked)
        let first = Timestamp.local(histogram.time(of: 0))
        let last = Timestamp.local(histogram.time(of: histogram.counts.count))
        frame.write("\(first) to \(last)", in: places.inside.line(places.inside.rows - 1), style: .hint)
    }

    /// `1 minute`, `15 minutes`, `3 hours`, `7 days`.
    static func length(_ milliseconds: Int64) -> String {
        let minutes = milliseconds / 60_000
        let (number, unit) =
            minutes % 1440 == 0 && minutes > 0 ? (minutes / 1440, "day") : minutes % 60 == 0 && minutes > 0 ? (minutes / 60, "hour") : (minutes, "minute")
        return "\(number) \(unit)\(number == 1 ? "" : "s")"
    }
}
