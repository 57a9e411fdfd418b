// The interface as a person meets it: the built program on a terminal, with a real database.

import Glibc
import PtySupport
import TerminalKit
import Testing

@Suite("The interface on a terminal")
struct InterfaceTests {
    private let bench: Workbench

    init() throws {
        bench = try Workbench()
        try bench.sqlite("CREATE TABLE record(id INTEGER PRIMARY KEY, name TEXT); INSERT INTO record(name) VALUES('A'),('B'),('C')")
    }

    @Test("it shows the application, counts its records and gives the terminal back")
    func start() throws {
        let session = try bench.interface()
        #expect(session.screen.lines[0].hasPrefix(" SampleDB  log off"))
        // And all on one disk.
        #expect(session.screen.lines[0].hasSuffix("! No backup yet (+1)"))
        #expect(session.screen.lines[3].contains("Data file ") && session.screen.lines[3].hasSuffix(" \(bench.data)"))
        try session.press(.right)
        #expect(session.screen.text.contains("▸record                        3       2        0      no"))
        session.send("q")
        #expect(try session.waitForEnd() == 0)
        session.expectRestored()
    }

    @Test("digits, Alt-letters, Tab and the mouse go to pages")
    func pages() throws {
        let session = try bench.interface()
        try session.press("3")
        #expect(session.screen.text.contains("Backup file destination"))
        try session.press(.alt("i"))
        #expect(session.screen.text.contains("[Files]"))
        try session.click(column: 4, row: 3)
        #expect(session.screen.text.contains("Backup file destination"))
        try session.press("?")
        #expect(session.screen.text.contains("Keys on the page Backup"))
        try session.press(.escape)
        #expect(!session.screen.text.contains("Keys on the page Backup"))
    }

    @Test("a backup from its page, and a log from the Information page")
    func backup() throws {
        let session = try bench.interface([bench.data, "--page", "backup"])
        try session.press("b")
        #expect(session.screen.text.contains("msc backup \(bench.data)"))
        session.send("\r")
        try session.wait(forText: "Backup 1 is complete")
        #expect(bench.exists(bench.archive(1)))
        try session.wait(forText: "complete, number 1")
        #expect(session.screen.lines[0].hasSuffix("! All on one disk"))
        try session.press("1", "s")
        #expect(session.screen.text.contains("msc log start \(bench.data)"))
        session.send("\r")
        try session.wait(forText: "The log is on.")
        try session.wait(forText: "log on, last operation")
        #expect(try bench.json("log", "status", bench.data)["enabled"].bool == true)
    }

    @Test("Stop ends a waiting backup with 1406 while what it waits for still lasts, and nothing is left")
    func stop() throws {
        let session = try bench.interface([bench.data, "--page", "backup"])
        let holder = try bench.holdLock()
        session.send("b\r")
        try session.wait(forText: "Stop (s)")
        session.send("s")
        try session.wait(for: "stopping shown") { $0.text.contains("Stopping") || $0.text.contains("Error 1406") }
        // What arrived so far may be half a picture: both parts are waited for.
        try session.wait(for: "the error and what it leaves") {
            $0.text.contains("Error 1406: stopped by the user.") && $0.text.contains("No archive was made")
        }
        bench.release(holder)
        #expect(!bench.exists(bench.archive(1)))
        #expect(bench.leftovers == [])
        #expect(bench.listing(bench.backups).filter { $0.contains(".4BK") } == [])
    }

    @Test("a backup of another process is seen, and stopped from here")
    func foreign() throws {
        let session = try bench.interface()
        let holder = try bench.holdLock()
        let other = try bench.start(["backup", bench.data, "--json"])
        try session.wait(forText: "(F2)")
        try session.pressFunction(2)
        #expect(session.screen.text.contains("Runs in msc, process \(other.pid)"))
        try session.press("s")
        let ended = other.wait()
        bench.release(holder)
        bench.check(ended, failedWith: 1406)
        try session.wait(for: "its end to be seen") { !$0.text.contains("Runs in") && !$0.text.contains("Stopping") }
    }

    @Test("a change waits for another process's backup; Cancel operation gives it up with -9976, or it begins by itself")
    func waiting() throws {
        try bench.msc("backup", bench.data)
        let session = try bench.interface()
        let holder = try bench.holdLock()
        let other = try bench.start(["backup", bench.data, "--json"])
        try session.wait(forText: "(F2)")
        try session.press("s", .enter)
        #expect(session.screen.text.contains("Wait for end of backup"))
        try session.press(.escape)
        #expect(session.screen.text.contains("Error -9976"))
        try session.press(.escape)
        try session.press("s", .enter)
        #expect(session.screen.text.contains("Wait for end of backup"))
        bench.release(holder)
        #expect(other.wait().status == 0)
        try session.wait(forText: "The log is on.")
    }

    @Test("it is drawn in every size, down to one cell")
    func sizes() throws {
        let session = try bench.interface()
        for (columns, rows) in [(60, 20), (1, 1), (160, 50), (80, 24)] {
            try session.resize(columns: columns, rows: rows)
            if columns >= 60 { #expect(session.screen.lines[0].hasPrefix(" SampleDB  log off")) }
        }
        #expect(session.screen.lines[23].hasPrefix("F1 Help"))
        #expect(session.screen.unknown == [])
    }

    @Test("a hang-up and SIGTERM stop a running backup, and nothing half-made stays")
    func ending() throws {
        for signal in [nil, SIGTERM] {
            let session = try bench.interface([bench.data, "--page", "backup"])
            let holder = try bench.holdLock()
            session.send("b\r")
            try session.wait(forText: "Stop (s)")
            if let signal { kill(session.process, signal) } else { session.hangUp() }
            #expect(try session.waitForEnd() == (signal == nil ? 129 : 143))
            if signal != nil { session.expectRestored() }
            bench.release(holder)
            unlink(bench.path("locked"))
            #expect(bench.leftovers == [])
            #expect(!bench.exists(bench.archive(1)))
        }
        let history = String(decoding: bench.bytes(bench.backups + "/backupHistory.json"), as: UTF8.self)
        #expect(history.contains("\"stopped\""))
    }

    @Test("q asks while a backup runs, and stops it first")
    func quitting() throws {
        let session = try bench.interface([bench.data, "--page", "backup"])
        let holder = try bench.holdLock()
        session.send("b\r")
        try session.wait(forText: "Stop (s)")
        session.send("q")
        try session.wait(forText: "Stop it and quit")
        session.send("\u{1B}OD\r")
        #expect(try session.waitForEnd() == 0)
        bench.release(holder)
        session.expectRestored()
    }

    @Test("without a database it offers those opened last, completes paths and says what is wrong")
    func chooser() throws {
        do {
            let session = try bench.interface()
            session.send("q")
            _ = try session.waitForEnd()
        }
        let session = try bench.interface([])
        #expect(session.screen.text.contains("▸\(bench.data)"))
        try session.press(.tab)
        try session.type(bench.folder + "/Sam")
        try session.press(.tab)
        #expect(session.screen.text.contains("[\(bench.data)"))
        try session.type("x")
        try session.press(.enter)
        #expect(session.screen.text.contains("there is no database at"))
        try session.press(.backspace, .enter)
        try session.wait(forText: "1 Information")
        session.send("q")
        #expect(try session.waitForEnd() == 0)
    }

    @Test("a database that does not exist is told on the plain terminal")
    func missing() throws {
        let session = try PtySession(Workbench.msc, [bench.path("none.db")], environment: ["HOME": bench.folder])
        #expect(try session.waitForEnd() == 1)
        #expect(session.screen.text.contains("msc: error 1513"))
        #expect(!session.screen.modes.contains(1049))
    }

    @Test("with --ascii every character is ASCII")
    func ascii() throws {
        let session = try bench.interface([bench.data, "--ascii"])
        try session.press("3")
        #expect(session.screen.text.unicodeScalars.filter { !$0.isASCII } == [])
        #expect(session.screen.text.contains("Backup file destination"))
    }

    @Test("other terminals", arguments: ["xterm", "screen-256color", "tmux-256color", "linux", "vt100"])
    func terminals(_ term: String) throws {
        let session = try bench.interface(term: term)
        try session.press("3")
        #expect(session.screen.text.contains("Backup file destination"))
        #expect(session.screen.unknown == [])
        session.send("q")
        #expect(try session.waitForEnd() == 0)
    }

    @Test("what is not a database is shown as such, and the ways back stay reachable")
    func damaged() throws {
        try bench.msc("backup", bench.data)
        try bench.write(Array("not a database at all, but long enough to be read as one".utf8), to: bench.data)
        let session = try bench.interface()
        #expect(session.screen.lines[0].contains("! Cannot be read"))
        #expect(session.screen.text.contains("error 1500"))
        #expect(session.screen.text.contains("1, the last is number 1, complete"))
    }

    @Test("where standard output is no terminal, the information is printed")
    func noTerminal() throws {
        let ended = try bench.msc(bench.data)
        #expect(ended.status == 0)
        #expect(ended.output.contains("Data      \(bench.data)"))
        #expect(try bench.msc().status == 64)
    }
}
