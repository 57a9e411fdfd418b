import PtySupport
import TerminalKit
import Testing

@Suite struct ScreenEmulatorTests {
    private func screen(_ text: String, columns: Int = 10, rows: Int = 4) -> ScreenEmulator {
        var screen = ScreenEmulator(columns: columns, rows: rows)
        screen.feed(text.utf8)
        return screen
    }

    @Test func textWrapsOnlyWhenMoreFollows() {
        #expect(screen("0123456789").cursor == Point(column: 9, row: 0))
        #expect(screen("0123456789A").lines == ["0123456789", "A", "", ""])
        #expect(screen("0123456789\r\nB").lines == ["0123456789", "B", "", ""])
    }

    @Test func movesGoWhereTheySay() {
        #expect(screen("\u{1B}[3;5HX").lines == ["", "", "    X", ""])
        #expect(screen("\u{1B}[2dA\u{1B}[8GB\u{1B}[A\u{1B}[2DC\u{1B}[BD").lines == ["      C", "A      B", "", ""].enumerated().map { $0.offset == 1 ? "A      D" : $0.element })
        #expect(screen("\u{1B}[99;99HX").cursor == Point(column: 9, row: 3))
        #expect(screen("a\tb\u{8}\u{8}c").lines[0] == "a      cb")
    }

    @Test func wideCharactersAndMarksTakeTheirColumns() {
        let wide = screen("日本e\u{301}x")
        #expect(wide.lines[0] == "日本e\u{301}x")
        #expect(wide.cursor.column == 6)
        #expect(screen("日本\u{1B}[2GX").lines[0] == " X本")
        #expect(screen("012345678日").lines[1] == "日")
    }

    @Test func erasingAndEditingChangeTheRow() {
        #expect(screen("0123456789\u{1B}[1;4H\u{1B}[K").lines[0] == "012")
        #expect(screen("0123456789\u{1B}[1;4H\u{1B}[1K").lines[0] == "    456789")
        #expect(screen("0123456789\u{1B}[1;4H\u{1B}[2P").lines[0] == "01256789")
        #expect(screen("0123456789\u{1B}[1;4H\u{1B}[2@").lines[0] == "012  34567")
        #expect(screen("0123456789\u{1B}[1;4H\u{1B}[3X").lines[0] == "012   6789")
        #expect(screen("a\u{1B}[5b").lines[0] == "aaaaaa")
        #expect(screen("ab\r\u{1B}[4hX\u{1B}[4lY").lines[0] == "XYb")
    }

    @Test func scrollingStaysInItsRegion() {
        let rows = "1\r\n2\r\n3\r\n4"
        #expect(screen(rows + "\r\n5").lines == ["2", "3", "4", "5"])
        #expect(screen(rows + "\u{1B}[2;3r\u{1B}[3;1H\n").lines == ["1", "3", "", "4"])
        #expect(screen(rows + "\u{1B}[2;3r\u{1B}[2;1H\u{1B}M").lines == ["1", "", "2", "4"])
        #expect(screen(rows + "\u{1B}[2;1H\u{1B}[L").lines == ["1", "", "2", "3"])
        #expect(screen(rows + "\u{1B}[2;1H\u{1B}[M").lines == ["1", "3", "4", ""])
    }

    @Test func looksAndModesAreKept() {
        var screen = screen("\u{1B}[1;4;31;42mA\u{1B}[22mB\u{1B}[mC\u{1B}[7mD")
        #expect(screen.look(0, 0)?.bold == true && screen.look(0, 0)?.foreground == 1 && screen.look(0, 0)?.background == 2)
        #expect(screen.look(1, 0)?.bold == false && screen.look(1, 0)?.underline == true)
        #expect(screen.look(2, 0) == ScreenEmulator.Look())
        #expect(screen.look(3, 0)?.reverse == true)
        screen.feed("\u{1B}[?1049h\u{1B}[?25l\u{1B}[2Jsecond".utf8)
        #expect(screen.modes.contains(1049) && !screen.modes.contains(25))
        #expect(screen.text.contains("second"))
        screen.feed("\u{1B}[?1049l\u{1B}[?25h".utf8)
        #expect(screen.lines[0] == "ABCD")
    }

    @Test func lineDrawingAndIdleMarksAreUnderstood() {
        let screen = screen("\u{1B}(0lqk\u{1B}(Bq\u{1B}]777;idle;3;2;1\u{7}z")
        #expect(screen.lines[0] == "┌─┐qz")
        #expect(screen.idle == [3, 2, 1])
        #expect(screen.unknown == [])
    }

    @Test func whatIsNotKnownIsReported() {
        #expect(screen("\u{1B}[5;5v\u{1B}Q\u{1B}[?9999h").unknown.count == 3)
        #expect(screen("\u{1B}]0;title\u{7}").unknown.count == 1)
    }

    @Test func aSequenceInPiecesIsOneSequence() {
        var screen = ScreenEmulator(columns: 10, rows: 2)
        for byte in "\u{1B}[2;3Hé".utf8 { screen.feed([byte]) }
        #expect(screen.lines == ["", "  é"])
    }
}
