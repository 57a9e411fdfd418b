import Glibc
import PtySupport
import TerminalKit
import Testing

/// The probe on a pseudo terminal: what each kind of terminal must show and give back.
@Suite struct ConformanceTests {
    static let terminals = ["xterm-256color", "xterm", "screen-256color", "tmux-256color", "linux", "vt100"]

    static func probe(
        _ arguments: [String] = [], term: String = "xterm-256color", columns: Int = 60, rows: Int = 12,
        environment: [String: String] = [:]
    ) throws -> PtySession {
        let session = try PtySession(
            BuiltProgram.path("TerminalProbe"), arguments, term: term, columns: columns, rows: rows, environment: environment)
        try session.waitUntilIdle()
        return session
    }

    static let firstScreen = [
        "Probe 60x12",
        "größe 日本語 e\u{301}x \u{1F600}| ·[31m",
        "    Number Text",
        "▸        1 row 1 of the log, which is as long as a line ma…█",
        "         2 row 2 of the log, which is as long as a line ma…│",
        "         3 row 3 of the log, which is as long as a line ma…│",
        "         4 row 4 of the log, which is as long as a line ma…│",
        "         5 row 5 of the log, which is as long as a line ma…│",
        "         6 row 6 of the log, which is as long as a line ma…│",
        "         7 row 7 of the log, which is as long as a line ma…│",
        "         8 row 8 of the log, which is as long as a line ma…│",
        "start",
    ]

    /// The terminal is as it was before the program.
    static func expectRestored(_ session: PtySession, _ term: String = "xterm-256color") {
        #expect(session.isCooked)
        #expect(session.screen.modes.isDisjoint(with: [1, 1000, 1006, 1049]))
        #expect(session.screen.modes.contains(25))
        #expect(!session.screen.isKeypadOn)
        #expect(session.screen.look == ScreenEmulator.Look())
        #expect(session.screen.unknown == [])
    }

    @Test(arguments: terminals, ["C.UTF-8", "C", "xx_XX.UTF-8"])
    func everyTerminalInEveryLocaleShowsThePictureAnswersKeysAndIsRestored(_ term: String, _ locale: String) throws {
        let session = try ConformanceTests.probe(term: term, environment: ["LC_ALL": locale])
        #expect(session.screen.lines == ConformanceTests.firstScreen)
        try session.press(.down, .down)
        #expect(session.screen.lines[5].hasPrefix("▸        3 row 3"))
        #expect(session.screen.lines[3].hasPrefix("         1"))
        #expect(session.screen.lines[11] == "key Down")
        try session.press(.pageDown, .home, .end)
        #expect(session.screen.lines[10].hasPrefix("▸  1000000 row 1000000"))
        try session.type("é")
        #expect(session.screen.lines[11] == "key é")
        session.send("q")
        #expect(try session.waitForEnd() == 0)
        ConformanceTests.expectRestored(session, term)
    }

    @Test(arguments: terminals)
    func keysOfAllKindsArrive(_ term: String) throws {
        let session = try ConformanceTests.probe(term: term)
        let keys: [Key] = [
            .up, .down, .left, .right, .home, .end, .pageUp, .pageDown, .delete, .enter, .tab, .backTab, .backspace, .ctrl("a"),
            .alt("x"), .escape, .function(1), .character("ß"), .character("日"), .ctrl("c"), .ctrl("s"), .ctrl("q"),
        ]
        for key in keys {
            // The VT100's F1 is what xterm's is; the Linux console has its own.
            if key == .function(1), term == "linux" { continue }
            try session.press(key)
            #expect(session.screen.lines[11] == "key \(key.name)")
        }
    }

    @Test func aLoneEscapeIsReportedSoonAndASplitSequenceStaysWhole() throws {
        let session = try ConformanceTests.probe()
        // ncurses' own delay is a second. The shortest of several, for the machine may be busy with other things.
        var shortest = Duration.seconds(60)
        for _ in 0..<50 where shortest >= .milliseconds(500) {
            let start = ContinuousClock.now
            try session.press(.escape)
            shortest = min(shortest, ContinuousClock.now - start)
            #expect(session.screen.lines[11] == "key Esc")
        }
        #expect(shortest < .milliseconds(500), "\(shortest)")
        session.expect(inputs: 1)
        for part in ["\u{1B}", "O", "B"] { session.send(part) }
        try session.waitUntilIdle()
        #expect(session.screen.lines[11] == "key Down")
    }

    @Test func anEscapeRightBeforeAnArrowLosesNeither() throws {
        let session = try ConformanceTests.probe()
        session.expect(inputs: 2)
        session.send("\u{1B}\u{1B}OB")
        try session.waitUntilIdle()
        #expect(session.screen.lines[11] == "key Down")
        #expect(session.screen.idle[0] == 2)
    }

    @Test func controlLDrawsTheScreenAnew() throws {
        let session = try ConformanceTests.probe()
        let before = session.bytesReceived
        session.expect(inputs: 1)
        session.send("\u{0C}")
        try session.waitUntilIdle()
        #expect(session.screen.lines[11] == "resized 60x12")
        #expect(Array(session.screen.lines.prefix(11)) == Array(ConformanceTests.firstScreen.prefix(11)))
        #expect(session.bytesReceived - before > 400, "all of it is sent again")
    }

    @Test func aThousandKeysInOneBurstAllArrive() throws {
        let session = try ConformanceTests.probe()
        session.expect(inputs: 1000)
        session.send(String(repeating: "j", count: 1000))
        try session.waitUntilIdle()
        #expect(session.screen.lines.contains { $0.hasPrefix("▸     1001") })
    }

    @Test(arguments: ["xterm-256color", "xterm", "screen-256color", "tmux-256color"])
    func theMouseSelectsAndScrolls(_ term: String) throws {
        let session = try ConformanceTests.probe(term: term)
        try session.click(column: 20, row: 6)
        #expect(session.screen.lines[11] == "mouse left 20,6")
        #expect(session.screen.lines[6].hasPrefix("▸        4"))
        try session.click(column: 20, row: 6, button: 65)
        #expect(session.screen.lines[11] == "mouse wheelDown 20,6")
        #expect(session.screen.lines[3].hasPrefix("▸        4"))
        try session.click(column: 20, row: 6, button: 2)
        #expect(session.screen.lines[11] == "mouse right 20,6")
    }

    @Test func aColumnThatTheOldMouseEncodingCannotSayIsNoEvent() throws {
        let session = try ConformanceTests.probe(term: "screen-256color", columns: 280)
        // Its byte wraps around: ncurses then reports a column left of the screen.
        session.sendMouse(column: 228, row: 5, button: 0)
        try session.press("x")
        #expect(session.screen.lines[11] == "key x")
        #expect(session.screen.idle[0] == 1)
        session.send("q")
        #expect(try session.waitForEnd() == 0)
    }

    @Test func withoutMouseTheTerminalKeepsItsOwn() throws {
        let session = try ConformanceTests.probe(["--no-mouse"])
        #expect(session.screen.modes.isDisjoint(with: [1000, 1002, 1006]))
    }

    @Test func twoHundredResizesAreAllSeen() throws {
        let session = try ConformanceTests.probe()
        for round in 0..<200 {
            let columns = 40 + round * 7 % 90
            let rows = 8 + round % 40
            try session.resize(columns: columns, rows: rows)
            #expect(session.screen.lines[0] == "Probe \(columns)x\(rows)")
            #expect(session.screen.lines[rows - 1] == "resized \(columns)x\(rows)")
        }
    }

    @Test(arguments: [(1, 1), (5, 20), (2, 300), (300, 2), (20, 5)])
    func aWindowOfAnySizeIsNoReasonToFail(_ columns: Int, _ rows: Int) throws {
        let session = try ConformanceTests.probe(columns: columns, rows: rows)
        try session.press(.down, .end, .pageUp)
        session.send("q")
        #expect(try session.waitForEnd() == 0)
        ConformanceTests.expectRestored(session)
    }

    @Test func asciiTerminalsGetNothingElse() throws {
        let session = try ConformanceTests.probe(["--ascii"])
        #expect(session.screen.lines[1] == "gr??e ? ? ?  ex ? | .[31m")
        #expect(session.screen.lines[3].hasPrefix(">        1 row 1"))
        #expect(session.screen.text.unicodeScalars.allSatisfy { $0.value < 128 })
    }

    @Test func noColorMeansNoColour() throws {
        let coloured = try ConformanceTests.probe()
        #expect(coloured.screen.look(5, 3)?.background == 6)
        let plain = try ConformanceTests.probe(environment: ["NO_COLOR": "1"])
        #expect(plain.screen.cells.joined().allSatisfy { $0.look.foreground == nil && $0.look.background == nil })
        #expect(plain.screen.look(5, 3)?.reverse == true)
    }

    @Test func aKeyCostsFewBytes() throws {
        let session = try ConformanceTests.probe(columns: 80, rows: 24)
        try session.press(.down)
        let before = session.bytesReceived
        for _ in 0..<10 { try session.press(.down) }
        let moving = (session.bytesReceived - before) / 10
        try session.press(.end)
        let start = session.bytesReceived
        for _ in 0..<10 { try session.press(.pageUp) }
        let paging = (session.bytesReceived - start) / 10
        // A whole screen is about 1900 cells.
        #expect(moving < 250, "\(moving) bytes")
        #expect(paging < 700, "\(paging) bytes")
    }

    @Test func wakeUpsFromAnotherThreadArriveAndAreFew() throws {
        let session = try ConformanceTests.probe()
        try session.type("W")
        try session.wait(for: "the last wake-up") { $0.lines[11] == "woken true" && $0.idle.last ?? 0 > 0 }
        try session.waitUntilIdle()
        // A thousand wake-ups in about 0.3 s become one each 50 ms; a busy machine makes them last longer.
        #expect((1...200).contains(session.screen.idle[2]), "\(session.screen.idle)")
    }

    @Test func aMessageOnStandardErrorAppearsAfterTheScreenIsGivenBack() throws {
        let session = try ConformanceTests.probe()
        try session.type("E")
        #expect(!session.screen.text.contains("a message"))
        session.send("q")
        #expect(try session.waitForEnd() == 0)
        #expect(session.screen.text.contains("a message on standard error"))
    }
}

