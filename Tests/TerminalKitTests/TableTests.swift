import TerminalKit
import Testing

/// Remembers what it was asked for.
private final class CountingRows: RowSource {
    private(set) var asked: [Range<Int>] = []

    func rows(in range: Range<Int>) -> [TableRow] {
        asked.append(range)
        return range.map { TableRow(["n": "\($0 + 1)", "table": "orders", "user": "anna"]) }
    }
}

@Suite struct TableTests {
    private let columns = [
        Column("n", "Operation", width: .fixed(9), align: .right, isSortable: true),
        Column("table", "Table", width: .flexible(minimum: 6)), Column("user", "User", width: .fixed(6)),
    ]

    @Test func aTableShowsItsRowsHeadAndScrollBar() {
        var table = Table(columns, count: 100, selected: 1)
        table.sort = SortOrder(column: "n", isDescending: true)
        table.highlighted = 3..<100
        var frame = Frame(columns: 32, rows: 6)
        table.render(into: &frame, frame.rect, isFocused: true, source: CountingRows())
        #expect(frame.lines == [
            " Operati…▼ Table         User",
            "         1 orders        anna  █",
            "▸        2 orders        anna  │",
            "         3 orders        anna  │",
            "x        4 orders        anna  │",
            "x        5 orders        anna  │",
        ])
        #expect(frame.role(3, 2) == .selected)
        #expect(frame.role(3, 4) == .doomed)
    }

    @Test func aHundredMillionRowsAreNeverAskedForButTheVisible() {
        var table = Table(columns, count: 100_000_000)
        let rect = Rect(column: 0, row: 0, columns: 60, rows: 21)
        let rows = CountingRows()
        var frame = Frame(columns: 60, rows: 21)
        for key in [Key.end, .pageUp, .up, .home, .pageDown, "G", "k", "g"] {
            #expect(table.handle(.key(key), in: rect) == .handled)
            table.render(into: &frame, rect, isFocused: true, source: rows)
        }
        #expect(rows.asked.allSatisfy { $0.count == 20 })
        #expect(rows.asked[0] == 99_999_980..<100_000_000)
        #expect(table.selected == 0)
    }

    @Test func theWindowMovesOnlyWhenTheSelectionLeavesItAndThenTurnsOver() {
        var table = Table(columns, count: 50)
        let rect = Rect(column: 0, row: 0, columns: 40, rows: 6)
        for _ in 0..<4 { _ = table.handle(.key(.down), in: rect) }
        #expect(table.visibleRows(in: rect) == 0..<5)
        _ = table.handle(.key(.down), in: rect)
        #expect(table.selected == 5)
        #expect(table.visibleRows(in: rect) == 3..<8)
        for _ in 0..<2 { _ = table.handle(.key(.up), in: rect) }
        #expect(table.visibleRows(in: rect) == 3..<8)
        _ = table.handle(.key(.up), in: rect)
        #expect(table.visibleRows(in: rect) == 0..<5)
        // A window of a row or two moves by one.
        let low = Rect(column: 0, row: 0, columns: 40, rows: 3)
        for _ in 0..<2 { _ = table.handle(.key(.down), in: low) }
        #expect(table.selected == 4)
        #expect(table.visibleRows(in: low) == 3..<5)
        _ = table.handle(.key(.end), in: rect)
        #expect(table.visibleRows(in: rect) == 45..<50)
        // Lower windows keep the selection visible, fewer rows keep it valid.
        #expect(table.visibleRows(in: Rect(column: 0, row: 0, columns: 40, rows: 3)) == 48..<50)
        table.resize(count: 10)
        #expect(table.selected == 9)
        table.resize(count: 0)
        #expect(table.selected == nil)
        #expect(table.handle(.key(.enter), in: rect) == .handled)
    }

    @Test func followingStaysAtTheEndUntilThePersonMovesUp() {
        var table = Table(columns, count: 10, followsEnd: true)
        let rect = Rect(column: 0, row: 0, columns: 40, rows: 6)
        table.resize(count: 15)
        #expect(table.selected == 14)
        _ = table.handle(.key(.up), in: rect)
        table.resize(count: 20)
        #expect(table.selected == 13)
        #expect(!table.followsEnd)
    }

    @Test func clicksSelectChooseAndSort() {
        var table = Table(columns, count: 5)
        let rect = Rect(column: 2, row: 1, columns: 40, rows: 8)
        func click(_ column: Int, _ row: Int) -> Table.Answer { table.handle(.mouse(MouseEvent(.left, at: Point(column: column, row: row))), in: rect) }
        #expect(click(10, 4) == .handled)
        #expect(table.selected == 2)
        #expect(click(10, 4) == .chosen(2))
        #expect(click(10, 8) == .handled)
        #expect(click(5, 1) == .sort(SortOrder(column: "n")))
        table.sort = SortOrder(column: "n")
        #expect(click(5, 1) == .sort(SortOrder(column: "n", isDescending: true)))
        #expect(click(20, 1) == .handled)
        #expect(click(0, 0) == .ignored)
    }

    @Test func columnsCanBeHiddenMovedAndScrolled() {
        var hidden = columns
        hidden[1].isHidden = true
        let two = Table(hidden, count: 1)
        var frame = Frame(columns: 24, rows: 2)
        two.render(into: &frame, frame.rect, isFocused: false, source: CountingRows())
        #expect(frame.lines == [" Operation User", "▸        1 anna"])
        var table = Table([columns[2], columns[0], columns[1]], count: 1)
        _ = table.handle(.key(.right), in: Rect(column: 0, row: 0, columns: 12, rows: 2))
        var narrow = Frame(columns: 12, rows: 2)
        table.render(into: &narrow, narrow.rect, isFocused: false, source: CountingRows())
        #expect(narrow.lines == ["‹Operation ›", "▸        1 …"])
    }

    @Test func rowsThatAreNotThereYetAndNoRowsSaySo() {
        let table = Table(columns, count: 2)
        var frame = Frame(columns: 30, rows: 3)
        table.render(into: &frame, frame.rect, isFocused: true, source: ClosureRows { _ in [TableRow(["n": "1"])] })
        #expect(frame.lines[2] == "…")
        let empty = Table(columns, emptyText: "No operation yet")
        empty.render(into: &frame, frame.rect, isFocused: true, source: ClosureRows { _ in [] })
        #expect(frame.lines == [" Operation Table        User", "       No operation yet", ""])
    }
}

extension Table {
    /// The rows shown below the heading.
    fileprivate func visibleRows(in rect: Rect) -> Range<Int> { position.visible(rows: rect.rows - 1) }
}
