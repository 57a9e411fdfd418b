// The built program on a pseudo terminal, at a workbench's database.

import Glibc
import PtySupport
import TerminalKit
import Testing

extension Workbench {
    /// Starts the interface and waits for its first complete picture.
    /// - Parameter arguments: instead of the data file's path.
    func interface(_ arguments: [String]? = nil, columns: Int = 80, rows: Int = 24, term: String = "xterm-256color") throws -> PtySession {
        let session = try PtySession(
            Workbench.msc, arguments ?? [data], term: term, columns: columns, rows: rows,
            environment: ["HOME": folder, "XDG_STATE_HOME": folder + "/.state"])
        try session.waitUntilIdle()
        return session
    }

    /// A process that holds the database against every other one, until its value goes.
    func holdLock() throws -> RunningProgram {
        let holder = try startPython("db.execute('BEGIN EXCLUSIVE'); open(argv[0], 'w').close(); time.sleep(600)", [path("locked")])
        var left = 2000
        while !exists(path("locked")), left > 0 {
            usleep(5000)
            left -= 1
        }
        try #require(left > 0, "the lock was not taken")
        return holder
    }

    /// Lets a lock go.
    func release(_ holder: RunningProgram) {
        holder.signal(SIGKILL)
        _ = holder.wait()
    }
}

extension PtySession {
    /// Presses a function key and waits for the answer.
    func pressFunction(_ number: Int) throws {
        expect(inputs: 1)
        send("\u{1B}O" + ["", "P", "Q", "R", "S"][number])
        try waitUntilIdle()
    }

    func wait(forText text: String, seconds: Double = 120) throws {
        try wait(for: text, seconds: seconds) { $0.text.contains(text) }
    }

    /// The terminal is as it was found.
    func expectRestored(at location: SourceLocation = #_sourceLocation) {
        #expect(!screen.modes.contains(1049) && screen.modes.contains(25) && !screen.modes.contains(1000), sourceLocation: location)
        #expect(screen.unknown.isEmpty, sourceLocation: location)
    }
}
