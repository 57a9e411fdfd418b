// A table over any number of rows. It holds no rows: it knows how many there are and which are visible, and asks for
// those. So a list of a hundred million operations costs as much as one of forty.

/// What is shown of one row.
public struct TableRow: Hashable, Sendable {
    /// The texts by column id; a missing one is empty.
    public var cells: [String: String]
    public var style: Style
    /// A character before the row that says what its style says, for those who see no colours.
    public var mark: Character?

    public init(_ cells: [String: String], style: Style = .normal, mark: Character? = nil) {
        self.cells = cells
        self.style = style
        self.mark = mark
    }

    /// A row that has not been read yet.
    public static let pending = TableRow([:], style: .hint)
}

/// Where rows come from. A page answers from what it has: rows that are not there yet are `.pending`, and a wake-up
/// brings the next picture.
public protocol RowSource {
    /// The rows of a range that lies within the table's count; at most a screenful. Fewer may come back.
    func rows(in range: Range<Int>) -> [TableRow]
}

/// Columns, selection and window of a table.
public struct Table: Hashable, Sendable {
    public enum Answer: Hashable, Sendable {
        case ignored
        case handled
        /// Enter, or a click on the selected row.
        case chosen(Int)
        /// A click on the head of a sortable column.
        case sort(SortOrder)
    }

    public var columns: ColumnSet
    public private(set) var position: ListPosition
    /// The mark in the head; sorting itself is the source's matter.
    public var sort: SortOrder?
    /// Rows drawn as one block, such as those that a rollback would cancel.
    public var highlighted: Range<Int>?
    public var highlightStyle: Style
    public var highlightMark: Character
    /// Shown when there are no rows.
    public var emptyText: String
    public var showsHeading: Bool
    /// Keeps the selection on the last row while rows are added.
    public var followsEnd: Bool
    /// How many shown columns are scrolled away at the left.
    public private(set) var firstColumn = 0

    public init(
        _ columns: [Column], count: Int = 0, selected: Int = 0, emptyText: String = "Nothing to show", showsHeading: Bool = true,
        followsEnd: Bool = false
    ) {
        self.columns = ColumnSet(columns)
        position = ListPosition(count: count, selected: followsEnd ? count - 1 : selected)
        highlightStyle = .doomed
        highlightMark = "x"
        self.emptyText = emptyText
        self.showsHeading = showsHeading
        self.followsEnd = followsEnd
    }

    public var count: Int { position.count }
    public var selected: Int? { count == 0 ? nil : position.selected }

    public mutating func select(_ row: Int) { position.select(row) }

    /// Selects a row; one out of sight comes to the middle of a window of that many rows.
    public mutating func reveal(_ row: Int, rows: Int) { position.reveal(row, rows: rows) }

    /// Tells how many rows there are now.
    public mutating func resize(count: Int) {
        position.resize(count: count)
        if followsEnd { position.select(count - 1) }
    }

    /// Tells how many rows there are now, and how many of them came in before the first one.
    public mutating func resize(count: Int, before rows: Int) {
        position.resize(count: count)
        position.shift(by: rows)
        if followsEnd { position.select(count - 1) }
    }

    public func render(into frame: inout Frame, _ rect: Rect, isFocused: Bool, source: some RowSource) {
        frame.fill(rect)
        guard !rect.isEmpty else { return }
        let body = body(rect)
        let visible = position.visible(rows: body.rows)
        let bar = ScrollBar(count: count, visible: visible)
        let width = textColumns(rect)
        let places = columns.places(columns: width - 1, first: shownFirst)
        if showsHeading { renderHeading(into: &frame, rect, width: width, places: places) }
        if count == 0 {
            frame.write(emptyText, in: body, style: .hint, align: .centre)
            return
        }
        let rows = visible.isEmpty ? [] : source.rows(in: visible)
        for (offset, index) in visible.enumerated() {
            var row = offset < rows.count ? rows[offset] : .pending
            if row == .pending { row.mark = Character(frame.glyphs.ellipsis) }
            let line = Rect(column: body.column, row: body.row + offset, columns: width, rows: 1)
            let isSelected = index == position.selected
            let isHighlighted = highlighted?.contains(index) ?? false
            let style = isHighlighted && !isSelected ? highlightStyle : row.style
            // The selection is shown on the first cell alone: over a whole row, every step would send two rows anew.
            let first: Style = isSelected ? (isFocused ? .selected : .selectedIdle) : style
            frame.fill(line, style: style)
            let mark = isSelected ? Character(frame.glyphs.pointer) : isHighlighted ? highlightMark : row.mark ?? " "
            frame.write(String(mark), at: line.column, line.row, style: first, limit: line.endColumn)
            for (number, place) in places.enumerated() {
                let text = row.cells[place.column.id] ?? ""
                if text.isEmpty, number > 0 { continue }
                let cell = Rect(column: line.column + 1 + place.start, row: line.row, columns: place.width, rows: 1)
                frame.write(text, in: cell, style: number == 0 ? first : style, align: place.column.align)
            }
        }
        if width < rect.columns {
            bar.render(into: &frame, Rect(column: rect.endColumn - 1, row: body.row, columns: 1, rows: body.rows))
        }
    }

    private func renderHeading(
        into frame: inout Frame, _ rect: Rect, width: Int, places: [(column: Column, start: Int, width: Int)]
    ) {
        frame.fill(rect.line(0), style: .heading)
        for place in places {
            var title = place.column.title
            if let sort, sort.column == place.column.id {
                // A narrow column loses a letter of its title rather than the mark.
                title = frame.fit(title, columns: place.width - 1)
                title += String(Character(sort.isDescending ? frame.glyphs.sortDown : frame.glyphs.sortUp))
            }
            let cell = Rect(column: rect.column + 1 + place.start, row: rect.row, columns: place.width, rows: 1)
            frame.write(title, in: cell, style: .heading, align: place.column.align)
        }
        if shownFirst > 0 {
            frame.write(String(Character(frame.glyphs.less)), at: rect.column, rect.row, style: .heading, limit: rect.endColumn)
        }
        if hasMoreColumns(places), width < rect.columns || rect.columns > 8 {
            frame.write(
                String(Character(frame.glyphs.more)), at: rect.column + width - 1, rect.row, style: .heading,
                limit: rect.endColumn)
        }
    }

    /// Arrows, paging and vi keys move; left and right (h, l) scroll the columns; Enter chooses. Mouse: click, wheel, heads.
    public mutating func handle(_ event: TerminalEvent, in rect: Rect) -> Answer {
        let body = body(rect)
        switch event {
        case .key(.enter): return selected.map { .chosen($0) } ?? .handled
        case .key(.left), .key("h"):
            firstColumn = max(0, shownFirst - 1)
            return .handled
        case .key(.right), .key("l"):
            let places = columns.places(columns: textColumns(rect) - 1, first: shownFirst)
            if hasMoreColumns(places) { firstColumn = shownFirst + 1 }
            return .handled
        case .key(let key):
            guard position.handle(key, rows: body.rows, leaps: true) else { return .ignored }
            // Whoever moves up wants to read, not to follow.
            if followsEnd, position.selected != count - 1 { followsEnd = false }
            return .handled
        case .mouse(let mouse): return handle(mouse, in: rect, body: body)
        default: return .ignored
        }
    }

    private mutating func handle(_ mouse: MouseEvent, in rect: Rect, body: Rect) -> Answer {
        guard rect.contains(mouse.place) else { return .ignored }
        switch mouse.action {
        case .wheelUp:
            followsEnd = false
            position.scroll(by: -3, rows: body.rows)
        case .wheelDown: position.scroll(by: 3, rows: body.rows)
        case .left where body.contains(mouse.place):
            let visible = position.visible(rows: body.rows)
            let index = visible.lowerBound + mouse.place.row - body.row
            guard visible.contains(index) else { return .handled }
            position.settle(rows: body.rows)
            if index == position.selected { return .chosen(index) }
            position.select(index)
            followsEnd = followsEnd && index == count - 1
        case .left:
            let column = mouse.place.column - rect.column - 1
            let place = columns.places(columns: textColumns(rect) - 1, first: shownFirst)
                .first { column >= $0.start && column < $0.start + $0.width }
            guard let hit = place?.column, hit.isSortable else { return .handled }
            let isDescending = sort.map { $0.column == hit.id && !$0.isDescending } ?? false
            return .sort(SortOrder(column: hit.id, isDescending: isDescending))
        default: return .ignored
        }
        return .handled
    }

    private func body(_ rect: Rect) -> Rect {
        let heading = showsHeading && rect.rows > 1 ? 1 : 0
        return Rect(column: rect.column, row: rect.row + heading, columns: rect.columns, rows: rect.rows - heading)
    }

    private func textColumns(_ rect: Rect) -> Int {
        let isScrolled = ScrollBar(count: count, visible: position.visible(rows: body(rect).rows)).isNeeded
        return rect.columns - (isScrolled && rect.columns > 8 ? 1 : 0)
    }

    private var shownFirst: Int { min(firstColumn, max(0, columns.shown.count - 1)) }

    /// Whether the right end of the columns is cut.
    private func hasMoreColumns(_ places: [(column: Column, start: Int, width: Int)]) -> Bool {
        if shownFirst + places.count < columns.shown.count { return true }
        return places.last.map { $0.width < $0.column.minimum } ?? false
    }
}

/// Rows from a closure.
public struct ClosureRows: RowSource {
    private let answer: (Range<Int>) -> [TableRow]
    public init(_ answer: @escaping (Range<Int>) -> [TableRow]) { self.answer = answer }
    public func rows(in range: Range<Int>) -> [TableRow] { answer(range) }
}
