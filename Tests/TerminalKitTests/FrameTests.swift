import Testing

@testable import TerminalKit

@Suite struct FrameTests {
    @Test func textIsCutAtTheEdgeAndOutsideNothingHappens() {
        var frame = Frame(columns: 8, rows: 2)
        #expect(frame.write("abc", at: 6, 0) == 8)
        frame.write("xyz", at: -1, 1)
        frame.write("never", at: 0, 2)
        frame.write("never", at: 0, -1)
        #expect(frame.lines == ["      ab", "yz"])
    }

    @Test func wideCharactersAreNeverHalved() {
        var frame = Frame(columns: 6, rows: 3)
        frame.write("日本語日", at: 0, 0)
        frame.write("a日", at: 4, 1)
        #expect(frame.write("日本", at: -1, 2) == 3)
        #expect(frame.lines == ["日本語", "    a", " 本"])
        // Writing over one half takes the other away.
        frame.write("x", at: 1, 0)
        #expect(frame.lines[0] == " x本語")
        frame.write("y", at: 4, 0)
        #expect(frame.lines[0] == " x本y")
        #expect(frame[2, 0]?.width == 2)
        #expect(frame[3, 0]?.isContinuation == true)
    }

    @Test func marksJoinTheCharacterBefore() {
        var frame = Frame(columns: 5, rows: 2)
        #expect(frame.write("e\u{301}x", at: 0, 0) == 2)
        #expect(frame.lines[0] == "e\u{301}x")
        // Alone a mark is shown as what cannot be shown; the fourth on one character is left out.
        frame.write("\u{301}", at: 0, 1)
        #expect(frame.lines[1] == "·")
        frame.write("a\u{301}\u{302}\u{303}\u{304}", at: 0, 1)
        #expect(frame.lines[1] == "a\u{301}\u{302}\u{303}")
    }

    @Test func nothingInATextCanCommandTheTerminal() {
        var frame = Frame(columns: 40, rows: 1)
        frame.write("\u{1B}[2J\r\n\t\u{7}\u{0}\u{9B}5m\u{202E}gnp\u{2066}\u{200B}|", at: 0, 0)
        #expect(frame.lines == ["·[2J······5m·gnp··|"])
        #expect(frame.row(0).allSatisfy { $0.scalar.value >= 0x20 && !(0x7F..<0xA0).contains($0.scalar.value) })
    }

    @Test func emojiWithJoinersKeepTheirColumns() {
        var frame = Frame(columns: 8, rows: 1)
        #expect(frame.write("👩\u{200D}💻\u{FE0F}|", at: 0, 0) == 5)
        #expect(frame.lines == ["👩💻|"])
    }

    @Test func alignedTextEndsInAnEllipsisWhenItDoesNotFit() {
        var frame = Frame(columns: 10, rows: 5)
        frame.write("left", in: frame.rect.line(0))
        frame.write("mid", in: frame.rect.line(1), align: .centre)
        frame.write("right", in: frame.rect.line(2), align: .right)
        frame.write("much too long", in: frame.rect.line(3))
        frame.write("日本語日本語", in: frame.rect.line(4))
        #expect(frame.lines == ["left", "   mid", "     right", "much too …", "日本語日…"])
    }

    @Test func aBoxHasATitleAndAnInside() {
        var frame = Frame(columns: 14, rows: 4)
        let inside = frame.box(frame.rect, title: "A long title")
        #expect(inside == Rect(column: 1, row: 1, columns: 12, rows: 2))
        #expect(frame.lines == ["┌─ A long … ─┐", "│            │", "│            │", "└────────────┘"])
        var ascii = Frame(columns: 7, rows: 3, glyphs: .ascii)
        ascii.box(ascii.rect, title: "T")
        #expect(ascii.lines == ["+- T -+", "|     |", "+-----+"])
    }

    @Test func stylesAreRolesAndTakePartInEquality() {
        var one = Frame(columns: 4, rows: 1)
        one.write("ab", at: 0, 0, style: .error)
        var other = Frame(columns: 4, rows: 1)
        other.write("ab", at: 0, 0, style: .warning)
        #expect(one.role(0, 0) == .error)
        #expect(one.role(2, 0) == .normal)
        #expect(one.role(4, 0) == nil)
        #expect(one != other)
        other.write("ab", at: 0, 0, style: .error)
        #expect(one == other)
    }

    @Test func fillingHalfOfAWideCharacterBlanksTheOther() {
        var frame = Frame(columns: 6, rows: 1)
        frame.write("日本語", at: 0, 0)
        frame.fill(Rect(column: 1, row: 0, columns: 2, rows: 1), "-")
        #expect(frame.lines == [" -- 語"])
        frame.fill(Rect(column: -5, row: -5, columns: 100, rows: 100), "#")
        #expect(frame.lines == ["######"])
    }

    @Test(arguments: [(0, 0), (1, 1), (1, 5), (5, 1), (2, 2)])
    func aFrameOfAnySizeCanBeDrawnInto(_ columns: Int, _ rows: Int) {
        var frame = Frame(columns: columns, rows: rows)
        let inside = frame.box(frame.rect, title: "title")
        frame.writeWrapped("some words to wrap 日本", in: inside)
        frame.write("日本語", in: frame.rect, align: .right)
        frame.rule(frame.rect)
        #expect(frame.lines.count == rows)
    }
}

@Suite struct TextFittingTests {
    @Test func wordsWrapAndLongWordsAreBroken() {
        #expect(TextFitting.wrap("The backup was stopped.\n\nNothing is left.", columns: 12) == ["The backup", "was stopped.", "", "Nothing is", "left."])
        #expect(TextFitting.wrap("/a/very/long/path x", columns: 6) == ["/a/ver", "y/long", "/path", "x"])
        #expect(TextFitting.wrap("日本語", columns: 3) == ["日", "本", "語"])
        #expect(TextFitting.wrap("日本", columns: 1).count == 1)
        #expect(TextFitting.wrap("x", columns: 0) == [])
    }

    @Test func aPathKeepsItsTwoEnds() {
        #expect(TextFitting.fitPath("/srv/app/backups/App[0012].4BK", columns: 40) == "/srv/app/backups/App[0012].4BK")
        #expect(TextFitting.fitPath("/srv/app/backups/App[0012].4BK", columns: 20) == "/srv/a…App[0012].4BK")
        #expect(TextFitting.fitPath("/srv/app/backups/App[0012].4BK", columns: 5) == "/srv…")
        #expect(TextFitting.fitPath("/x", columns: 0) == "/x".prefix(0))
    }

    @Test func paddingIsExact() {
        #expect(TextFitting.pad("ab", columns: 5, align: .right) == "   ab")
        #expect(TextFitting.pad("ab", columns: 5, align: .centre) == " ab  ")
        #expect(TextFitting.pad("abcdef", columns: 5) == "abcd…")
        #expect(CharacterWidth.of(TextFitting.pad("日本語", columns: 5)) == 5)
    }

    @Test func quantitiesReadWell() {
        #expect([0, 1, 999, 1000, 1500, 999_949, 999_950, 310_000_000, .max].map(Quantity.bytes) == [
            "0 bytes", "1 byte", "999 bytes", "1.0 KB", "1.5 KB", "999.9 KB", "1.0 MB", "310.0 MB", "18446.7 PB",
        ])
        #expect([0, 999, 1000, 12_345_678].map(Quantity.number) == ["0", "999", "1 000", "12 345 678"])
        #expect([Duration.seconds(-3), .seconds(7), .seconds(125), .seconds(3725), .seconds(273_600)].map(Quantity.time) == ["0 s", "7 s", "2 min 05 s", "1 h 02 min", "3 d 04 h"])
        #expect([0, 1, 500, 999, 1000, 2000].map { Quantity.percent($0, of: 1000) } == ["0 %", "1 %", "50 %", "99 %", "100 %", "100 %"])
    }
}
