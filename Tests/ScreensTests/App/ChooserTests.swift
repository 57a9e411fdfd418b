// The first screen of a program that was started without a database: nothing that a disk does holds it up.

import Engine
import TerminalKit
import TerminalSupport
import Testing

@testable import Screens

@Suite struct ChooserTests {
    private let lanes = ManualLanes()

    private func play(_ recent: [String], _ steps: [ScriptedTerminal.Step]) -> (choice: Chooser.Choice, terminal: ScriptedTerminal) {
        var chooser = Chooser(recent: recent, home: "/home/anna", lanes: lanes.lanes)
        var terminal = ScriptedTerminal(steps: steps)
        let choice = chooser.run(on: &terminal)
        return (choice, terminal)
    }

    private var works: ScriptedTerminal.Step { .then { [lanes] in lanes.run() } }

    private func type(_ text: String) -> [ScriptedTerminal.Step] { text.map { .key(.character($0)) } }

    @Test func `the list stands before anybody looked whether the files are there`() throws {
        let (_, terminal) = play(["/nowhere/a.db", "/etc/passwd"], [works, .woken])
        #expect(terminal.frames[0].lines.prefix(5) == [" msc: choose a database", "", "  Opened last", "  ▸/nowhere/a.db", "   /etc/passwd"])
        #expect(terminal.newest?.lines[3].hasSuffix("missing") == true)
        #expect(terminal.newest?.lines[4] == "   /etc/passwd")
    }

    @Test func `a disk that does not answer holds up neither typing nor leaving`() throws {
        let (choice, terminal) = play([], type("/etc/pas") + [.key(.tab)] + type("x") + [.key(.enter)] + type("y") + [.key(.escape)])
        #expect(lanes.pending == [.chooser, .chooser])
        #expect(terminal.frames.contains { $0.text.contains("Looking for names that begin so…") })
        #expect(terminal.frames.contains { $0.text.contains("Opening /etc/pasx… Esc leaves.") })
        #expect(terminal.newest?.text.contains("[/etc/pasxy") == true)
        guard case .quit = choice else {
            Issue.record("it was not left")
            return
        }
    }

    @Test func `a completion that comes too late is not taken`() throws {
        let (_, terminal) = play([], type("/etc/passw") + [.key(.tab)] + type("x") + [works, .woken])
        #expect(terminal.newest?.text.contains("[/etc/passwx ") == true)
    }

    @Test func `Tab completes as far as names agree, then says why it does not`() throws {
        let (_, terminal) = play([], type("/etc/hos") + [.key(.tab), works, .woken, .key(.tab), works, .woken])
        #expect(terminal.newest?.text.contains("[/etc/host") == true)
        #expect(terminal.newest?.text.contains("More than one begins so: type on.") == true)
        let (_, other) = play([], type("/nowhere/at") + [.key(.tab), works, .woken])
        #expect(other.newest?.text.contains("Nothing begins so.") == true)
    }

    @Test func `what is no database is said, and the field is still there`() throws {
        let (_, terminal) = play([], type("/etc") + [.key(.enter), works, .woken])
        #expect(terminal.newest?.text.contains("'/etc' is a folder. Give the path of the SQLite file itself.") == true)
        let (choice, _) = play([], type("~/x") + [.key(.backspace), .key(.backspace), .key(.backspace)] + type("/etc/passwd") + [.key(.enter), works, .woken])
        guard case .open(let application, _) = choice else {
            Issue.record("it was not opened")
            return
        }
        #expect(application.data == "/etc/passwd")
    }

    @Test func `Tab goes on to the list where nothing is left to complete`() throws {
        let (choice, _) = play(["/etc/passwd"], [.key(.tab)] + type("/etc/passwd") + [.key(.tab), works, .woken, .key("q")])
        guard case .quit = choice else {
            Issue.record("the list has no use for q but to leave")
            return
        }
    }

    @Test func `the mouse goes to the field and back to the list`() throws {
        let (_, terminal) = play(["/etc/passwd"], [.key(.tab)] + type("/x"))
        let picture = try #require(terminal.newest?.text)
        let (_, typed) = play(["/etc/passwd"], [.event(try Mouse.event(on: "[/x", in: picture))] + type("/y"))
        #expect(typed.newest?.text.contains("[/y ") == true)
        let (choice, _) = play(["/etc/passwd"], [.key(.tab)] + type("/x") + [.event(try Mouse.event(on: "/etc/passwd", in: picture)), .key("q")])
        guard case .quit = choice else {
            Issue.record("the list has no use for q but to leave")
            return
        }
    }

    @Test func `Enter without a path says what to do`() throws {
        let (_, terminal) = play([], [.key(.enter)])
        #expect(terminal.newest?.text.contains("Type the path of a SQLite file, or choose one of those opened last.") == true)
    }
}
