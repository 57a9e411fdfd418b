import Glibc
import PtySupport
import TerminalKit
import Testing

/// Every way out leaves the terminal as it was.
@Suite struct EndingTests {
    @Test(arguments: [(SIGTERM, 143), (SIGINT, 130), (SIGHUP, 129)] as [(Int32, Int32)])
    func aSignalToEndRestoresTheTerminal(_ signal: Int32, _ status: Int32) throws {
        let session = try ConformanceTests.probe()
        kill(session.process, signal)
        #expect(try session.waitForEnd() == status)
        ConformanceTests.expectRestored(session)
    }

    @Test(arguments: [SIGQUIT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP])
    func aDeadlySignalRestoresTheTerminal(_ signal: Int32) throws {
        let session = try ConformanceTests.probe()
        kill(session.process, signal)
        #expect(try session.waitForEnd() == 128 + signal)
        ConformanceTests.expectRestored(session)
    }

    @Test func aProcessThatOthersStoppedAndContinuedTakesTheTerminalAgain() throws {
        let session = try ConformanceTests.probe()
        kill(session.process, SIGSTOP)
        // What a shell does meanwhile.
        session.makeCooked()
        #expect(session.isCooked)
        kill(session.process, SIGCONT)
        try session.wait(for: "the new picture") { $0.lines[11] == "resized 60x12" }
        #expect(!session.isCooked)
        try session.press(.down)
        #expect(session.screen.lines[11] == "key Down")
    }

    private static let crashes: [(String, [Int32])] = [
        ("F", [128 + SIGILL, 128 + SIGTRAP]), ("S", [128 + SIGSEGV]), ("A", [128 + SIGABRT]), ("O", [128 + SIGSEGV]), ("X", [7]),
    ]

    @Test(arguments: crashes)
    func aCrashRestoresTheTerminal(_ key: String, _ statuses: [Int32]) throws {
        let session = try ConformanceTests.probe()
        session.send(key)
        let status = try session.waitForEnd()
        #expect(statuses.contains(status), "\(status)")
        ConformanceTests.expectRestored(session)
        // The reason is printed before the signal: it must not be lost with the second screen.
        if key == "F" { #expect(session.screen.lines.joined().contains("the probe was told to fail")) }
    }

    @Test func aBrokenConnectionEndsTheProgram() throws {
        let session = try ConformanceTests.probe()
        session.hangUp()
        #expect(try session.waitForEnd() == 129)
        // Also without the signal, as under nohup.
        let deaf = try PtySession("/bin/sh", ["-c", "trap '' HUP; exec " + BuiltProgram.path("TerminalProbe")])
        try deaf.waitUntilIdle()
        deaf.hangUp()
        #expect(try deaf.waitForEnd() == 129)
    }

    @Test func suspendingGivesTheTerminalToTheShellAndForegroundTakesItAgain() throws {
        let session = try PtySession(
            "/bin/bash", ["--norc", "--noprofile", "-i"], columns: 60, rows: 12, environment: ["PS1": "prompt> ", "TERM": "xterm-256color"])
        try session.wait(for: "the shell") { $0.text.contains("prompt>") }
        session.send(BuiltProgram.path("TerminalProbe") + "\n")
        try session.waitUntilIdle()
        try session.press(.down)
        #expect(session.screen.modes.contains(1049))
        session.send("\u{1A}")
        try session.wait(for: "the shell again") { !$0.modes.contains(1049) && $0.text.contains("Stopped") }
        #expect(session.screen.modes.isDisjoint(with: [1, 1000, 1006]))
        #expect(session.screen.modes.contains(25))
        session.expect(inputs: 1)
        session.send("fg\n")
        try session.waitUntilIdle()
        #expect(session.screen.modes.isSuperset(of: [1, 1000, 1006, 1049]))
        #expect(session.screen.lines[0] == "Probe 60x12")
        #expect(session.screen.lines[4].hasPrefix("▸        2"))
        #expect(session.screen.lines[11] == "resized 60x12")
        try session.press(.down)
        #expect(session.screen.lines[11] == "key Down")
        session.send("q")
        try session.wait(for: "the shell at the end") { !$0.modes.contains(1049) }
        session.send("exit 5\n")
        #expect(try session.waitForEnd() == 5)
        #expect(session.screen.unknown.filter { !$0.contains("2004") } == [])
    }

    @Test(arguments: [
        ("dumb", "the terminal type 'dumb' cannot show a full screen"), ("no-such-terminal", "the terminal type 'no-such-terminal' is not known here"),
        ("", "the environment variable TERM is not set"),
    ])
    func aTerminalThatCannotShowAScreenIsRefusedUntouched(_ term: String, _ message: String) throws {
        let session = try PtySession(BuiltProgram.path("TerminalProbe"), columns: 120, rows: 10, environment: ["TERM": term])
        #expect(try session.waitForEnd() == 2)
        #expect(session.screen.lines[0].hasPrefix("refused: " + message))
        #expect(session.isCooked)
        #expect(session.screen.unknown == [])
    }
}
