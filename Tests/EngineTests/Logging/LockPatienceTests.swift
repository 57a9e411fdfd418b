// Rollback-journal modes, where every commit shuts readers out for a moment: drains and backups wait, as long as the settings say.

import Database
import Dispatch
import Testing
import Vocabulary

@testable import Engine

@Suite("Patience with locks")
struct LockPatienceTests {
    let site: Site

    init() throws {
        site = try Site()
        try site.client().execute("PRAGMA journal_mode=DELETE")
        try site.add("a")
    }

    /// Holds the database as a commit does, again and again, while `body` runs.
    private func besideCommits<Result>(_ body: () throws -> Result) throws -> Result {
        let application = try Connection(site.application.data, .write)
        try application.execute("BEGIN EXCLUSIVE; INSERT INTO item(name) VALUES('held')")
        let holder = Holder(application)
        let group = DispatchGroup()
        DispatchQueue(label: "commits").async(group: group) { holder.commit(after: 400) }
        defer { group.wait() }
        return try body()
    }

    @Test("a drain waits for the commit of another program")
    func drain() throws {
        let drained = try besideCommits { try site.drain() }
        #expect(drained.lastOperation >= 1)
        #expect(try site.drain().lastOperation == 2)
    }

    @Test("a backup waits for it, too")
    func backup() throws {
        let made = try besideCommits { try site.backup() }
        #expect(made.status == .complete)
    }

    @Test("a Stop ends the waiting: error 1406, and the log is as it was")
    func stop() throws {
        let application = try Connection(site.application.data, .write)
        try application.execute("BEGIN EXCLUSIVE")
        let job = Job()
        DispatchQueue(label: "stop").asyncAfter(deadline: .now() + .milliseconds(300)) { job.stop() }
        let failure = #expect(throws: Failure.self) { try LogDrain(application: site.application, surroundings: site.surroundings).run(job) }
        #expect(failure?.code == .stopped)
        try application.execute("COMMIT")
        #expect(try site.drain().lastOperation == 1)
    }

    @Test("a transaction that does not end in the set time ends the drain with 1420")
    func ends() throws {
        try site.set("<Transaction><Timeout>0000-00-00T00:00:01</Timeout></Transaction>")
        let application = try Connection(site.application.data, .write)
        try application.execute("BEGIN EXCLUSIVE")
        let start = ContinuousClock.now
        let failure = #expect(throws: Failure.self) { try site.drain() }
        #expect(failure?.code == .databaseLocked)
        #expect(ContinuousClock.now - start >= .seconds(2))
        try application.execute("COMMIT")
    }
}

/// One connection, handed to the one thread that ends its transaction.
private final class Holder: @unchecked Sendable {
    private let connection: Connection
    init(_ connection: Connection) { self.connection = connection }

    func commit(after milliseconds: Int) {
        DispatchSemaphore(value: 0).waitFor(milliseconds)
        do { try connection.execute("COMMIT") } catch { Issue.record("\(error)") }
    }
}

extension DispatchSemaphore {
    fileprivate func waitFor(_ milliseconds: Int) { _ = wait(timeout: .now() + .milliseconds(milliseconds)) }
}
