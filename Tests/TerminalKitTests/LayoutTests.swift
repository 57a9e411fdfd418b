import TerminalKit
import Testing

@Suite struct LayoutTests {
    @Test func partsShareWhatTheFixedOnesLeave() {
        #expect(divide(80, [.fixed(20), .flexible()]) == [20, 60])
        #expect(divide(80, [.flexible(weight: 1), .flexible(weight: 2), .fixed(5)]) == [25, 50, 5])
        #expect(divide(10, [.flexible(minimum: 8), .flexible(minimum: 8)]) == [8, 2])
        #expect(divide(3, [.fixed(5), .fixed(5)]) == [3, 0])
        #expect(divide(0, [.flexible(), .fixed(2)]) == [0, 0])
        #expect(divide(-4, [.flexible()]) == [0])
    }

    @Test func rectanglesSplitWithoutGaps() {
        let parts = Rect(column: 2, row: 3, columns: 10, rows: 9).split(rows: .fixed(2), .flexible(), .fixed(1))
        #expect(parts.map(\.row) == [3, 5, 11])
        #expect(parts.map(\.rows) == [2, 6, 1])
        let columns = Rect(column: 2, row: 3, columns: 10, rows: 9).split(columns: .fixed(4), .flexible())
        #expect(columns.map(\.column) == [2, 6])
        #expect(columns.map(\.endColumn) == [6, 12])
    }

    @Test func insetsAndCentresNeverTurnNegative() {
        let small = Rect(column: 5, row: 5, columns: 1, rows: 1)
        #expect(small.inset().isEmpty)
        #expect(small.centred(GridSize(columns: 10, rows: 10)) == small)
        #expect(small.intersection(Rect(column: 9, row: 9, columns: 3, rows: 3)).isEmpty)
        #expect(small.line(1).isEmpty)
    }

    @Test func theFocusGoesRoundAndSkipsWhatCannotBeUsed() {
        var ring = FocusRing(["list", "field", "ok"])
        #expect(ring.handle(.tab) && ring.has("field"))
        #expect(ring.handle(.tab) && ring.handle(.tab) && ring.has("list"))
        #expect(ring.handle(.backTab) && ring.has("ok"))
        ring.skip(["ok"])
        #expect(ring.has("list"))
        #expect(ring.handle(.backTab) && ring.has("field"))
        ring.skip(["list", "field", "ok"])
        #expect(ring.current == nil)
        ring.skip([])
        #expect(ring.has("list"))
        #expect(ring.handle(.enter) == false)
    }
}
