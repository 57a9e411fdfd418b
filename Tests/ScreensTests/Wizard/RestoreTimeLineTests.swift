import Engine
import TerminalKit
import Testing

@testable import Screens

@Suite("Time line of the restore wizard")
struct RestoreTimeLineTests {
    private func rows(_ line: RestoreTimeLine, columns: Int) -> [String] {
        var frame = Frame(columns: columns, rows: 3)
        line.render(into: &frame, frame.rect, isFocused: true)
        return frame.lines
    }

    @Test("kept, left out and backups lie side by side, the cursor under its place with its label where there is room")
    func line() {
        let preview = Fixture.preview(1)
        let backups = [0, 10, 20].map { Fixture.minutes($0) }
        #expect(
            rows(RestoreTimeLine(preview, backups: backups, cursor: Fixture.minutes(15), label: "8, 10:15:00"), columns: 45) == [
                "2026-11-21 10:00:00       2026-11-21 10:29:00",
                "◆██████████████◆████████──────◆──────────────",
                "                       ▲ 8, 10:15:00",
            ])
        #expect(rows(RestoreTimeLine(preview, backups: [], cursor: Fixture.minutes(29), label: "12"), columns: 45)[2] == "                                         12 ▲")
    }

    @Test("a gap and what lies behind it can be told from what can be reached")
    func gap() {
        let line = RestoreTimeLine(Fixture.preview(1, hasGap: true), backups: [], cursor: Fixture.minutes(9))
        let cells = line.cells(columns: 30)
        #expect(cells[0] == .kept && cells[8] == .kept && cells[12] == .missing && cells[25] == .unreachable)
    }

    @Test("times and columns agree at both ends and in the middle, at any width")
    func columns() {
        let line = RestoreTimeLine(Fixture.preview(1), backups: [], cursor: nil)
        for width in [1, 2, 3, 40, 1000] {
            #expect(line.column(of: line.start, columns: width) == 0)
            #expect(line.column(of: line.end, columns: width) == width - 1)
            for column in 0..<width - 1 { #expect(line.column(of: line.time(at: column, columns: width) - 1, columns: width) == column) }
        }
        #expect(line.column(of: .min, columns: 10) == 0 && line.column(of: .max, columns: 10) == 9)
    }
}
