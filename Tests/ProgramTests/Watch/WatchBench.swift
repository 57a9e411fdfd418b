// What tests arrange around a running service.

import Foundation
import Glibc
import Testing

extension Workbench {
    /// Starts `msc watch` and waits until it says that the log is written, or `words`.
    func watch(_ options: [String] = [], until words: String = "the log is written", at location: SourceLocation = #_sourceLocation) throws -> RunningProgram {
        let service = try start(["watch", data] + options)
        _ = try #require(service.errorsSoFar { $0.contains(words) }, "the service did not say '\(words)'", sourceLocation: location)
        return service
    }

    /// A database `item(id, name)` in WAL mode with its log on.
    static func watched(journalMode: String = "wal") throws -> Workbench {
        let bench = try Workbench()
        try bench.sqlite("PRAGMA journal_mode=\(journalMode); CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT)")
        try bench.msc("log", "start", bench.data)
        return bench
    }

    /// Settings with these sections, and a schedule of which a date was missed: the service makes a backup at once.
    func dueBackup(_ general: String = "", _ advanced: String = "") throws {
        try set(
            "Scheduler",
            "<Frequency>Daily</Frequency></Scheduler><General>\(general)</General><Advanced>\(advanced)</Advanced><Scheduler>")
        let state = #"{"formatVersion":1,"schedule":"every day at 00:00","settledUntil":0,"failures":0}"#
        try write(Array(state.utf8), to: companion + "/automation.json")
    }

    /// Waits until the log holds so many operations, at most two minutes.
    func waitForOperation(_ number: Int, at location: SourceLocation = #_sourceLocation) throws {
        for _ in 0..<1200 {
            if try json("log", "status", data)["lastOperation"].int ?? 0 >= number { return }
            usleep(100_000)
        }
        Issue.record("operation \(number) did not come to the log", sourceLocation: location)
    }
}

extension RunningProgram {
    /// Waits until it has said this, so many times in all.
    func says(_ words: String, times: Int = 1, at location: SourceLocation = #_sourceLocation) throws {
        _ = try #require(
            errorsSoFar { $0.components(separatedBy: words).count > times }, "it did not say '\(words)' \(times) times", sourceLocation: location)
    }
}
