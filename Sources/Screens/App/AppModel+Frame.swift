// Draws the interface: a line at the top, the pages at the left (a strip below the line where the screen is narrow), the page
// in front, the message line, the keys that work here, and over it all dialogs and thermometer.

import Engine
import TerminalKit
import Vocabulary

/// Where the parts of the screen are.
struct ScreenLayout: Equatable {
    var top: Rect
    /// Nil when the pages are a strip.
    var column: Rect?
    var strip: Rect?
    var page: Rect
    var message: Rect
    var footer: Rect
    /// Too small for anything but saying so.
    var isTooSmall: Bool

    static let narrow = 70
    private static let columnWidth = 20

    init(_ size: GridSize, isWide: Bool) {
        isTooSmall = size.columns < 40 || size.rows < 10
        let parts = size.rect.split(rows: .fixed(1), .flexible(), .fixed(1), .fixed(1))
        (top, message, footer) = (parts[0], parts[2], parts[3])
        if size.columns < ScreenLayout.narrow || isWide {
            let inner = parts[1].split(rows: .fixed(1), .flexible())
            strip = inner[0]
            page = inner[1]
        } else {
            let inner = parts[1].split(columns: .fixed(ScreenLayout.columnWidth), .fixed(1), .flexible())
            column = inner[0]
            page = inner[2]
        }
    }
}

extension AppModel {
    var layout: ScreenLayout { ScreenLayout(size, isWide: isWide) }

    func render(into frame: inout Frame) {
        let layout = layout
        let context = context
        if layout.isTooSmall {
            frame.writeWrapped("The screen is too small: \(size.columns) x \(size.rows). At least 60 x 20, please.", in: frame.rect, style: .warning)
            return
        }
        renderTop(into: &frame, layout.top, context)
        if let column = layout.column {
            pageList.render(into: &frame, column, isFocused: focus == .column)
            frame.fill(
                Rect(column: column.endColumn, row: column.row, columns: 1, rows: column.rows), frame.glyphs.vertical, style: .border)
        }
        if let strip = layout.strip { renderStrip(into: &frame, strip) }
        pages[front]?.render(into: &frame, layout.page, context)
        if let message { renderMessage(message.text, message.style, into: &frame, layout.message) }
        renderTopmost(into: &frame, context)
        footerActions().renderFooter(into: &frame, layout.footer)
    }

    /// A message that one line does not hold grows upwards over the page, below a rule: it goes with the next key. A good one may be cut.
    private func renderMessage(_ text: String, _ style: Style, into frame: inout Frame, _ place: Rect) {
        let lines = TextFitting.wrap(text, columns: place.columns)
        let rows = min(lines.count, AppModel.mostMessageRows)
        guard rows > 1, style != .good else { return frame.write(text, in: place, style: style) }
        let box = Rect(column: place.column, row: place.endRow - rows, columns: place.columns, rows: rows)
        frame.rule(Rect(column: box.column, row: box.row - 1, columns: box.columns, rows: 1))
        frame.fill(box)
        for row in 0..<rows {
            // The last row takes the rest, and is cut where there is too much.
            frame.write(row < rows - 1 ? lines[row] : lines[row...].joined(separator: " "), in: box.line(row), style: style)
        }
    }

    private static let mostMessageRows = 5

    private func renderTopmost(into frame: inout Frame, _ context: PageContext) {
        // What lies on top has the cursor, if any.
        if shown != .none || !dialogs.isEmpty || waiting != nil { frame.cursor = nil }
        if let reading = shownReading { thermometer.render(reading, into: &frame, frame.rect) }
        dialogs.last?.dialog.render(into: &frame, context)
        if let waiting {
            waiting.box.render(into: &frame, frame.rect)
            if let progress = (own?.course ?? foreign?.course)?.progress, progress.total > 0 {
                Gauge(used: progress.done, total: progress.total, text: Quantity.percent(progress.done, of: progress.total))
                    .render(into: &frame, waiting.box.places(in: frame.rect).content)
            }
        }
    }

    static func title(_ operation: String) -> String { operation.prefix(1).uppercased() + operation.dropFirst() }

    // MARK: The pages

    private var pageList: ListBox {
        let items = order.enumerated().map { index, page in
            ListItem(page.title, key: index < 9 ? .character(Character(String(index + 1))) : nil)
        }
        return ListBox(items, selected: order.firstIndex(of: front) ?? 0)
    }

    /// The places of the tabs in the strip; those that do not fit are left out, the page in front never.
    private func tabs(_ strip: Rect) -> [(page: PageID, text: String, rect: Rect)] {
        let all = order.enumerated().map { ($0.element, "\($0.offset + 1) \($0.element.shortTitle)") }
        let current = order.firstIndex(of: front) ?? 0
        var firstShown = 0
        func width(_ range: ClosedRange<Int>) -> Int { range.reduce(0) { $0 + CharacterWidth.of(all[$1].1) + 2 } }
        guard !all.isEmpty else { return [] }
        while firstShown < current, width(firstShown...current) > strip.columns { firstShown += 1 }
        var column = strip.column
        var places: [(PageID, String, Rect)] = []
        for (page, title) in all[firstShown...] {
            let columns = CharacterWidth.of(title) + 2
            guard column + columns <= strip.endColumn + 1 else { break }
            places.append((page, title, Rect(column: column, row: strip.row, columns: columns, rows: 1)))
            column += columns
        }
        return places
    }

    private func renderStrip(into frame: inout Frame, _ strip: Rect) {
        frame.fill(strip)
        for tab in tabs(strip) {
            let isFront = tab.page == front
            let text = isFront ? "[\(tab.text)]" : " \(tab.text) "
            frame.write(text, at: tab.rect.column, tab.rect.row, style: isFront ? .selectedIdle : .normal, limit: strip.endColumn)
        }
    }

    /// The page that a click on column or strip means.
    func pageTab(at place: TerminalKit.Point) -> PageID? {
        let layout = layout
        if let strip = layout.strip { return tabs(strip).first { $0.rect.contains(place) }?.page }
        guard let column = layout.column, column.contains(place), order.indices.contains(place.row - column.row) else { return nil }
        return order[place.row - column.row]
    }
}
