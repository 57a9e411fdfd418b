// Which backup a damaged database is restored from without being asked for: the newest one that gives sound data.

import Database
import EngineSupport
import FileSystem
import Testing
import Vocabulary

@testable import Engine

@Suite("Automatic restore")
struct AutomaticRestoreTests {
    private func automatic(_ site: Site) throws -> AutomaticRestore.Outcome? {
        try AutomaticRestore(application: site.application, surroundings: site.surroundings).run(isThorough: true, Job())
    }

    private func archive(_ outcome: AutomaticRestore.Outcome?) -> String? {
        if case .restored(_, let archive) = outcome { archive } else { nil }
    }

    /// Nobody has the file open, and no pages stand beside it.
    private func leave(_ site: Site) throws {
        try site.client().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        site.leave()
    }

    /// Backups 1 and 2 are sound; the live file is damaged.
    private func damaged(startsLog: Bool = true) throws -> Site {
        let site = try Site(startsLog: false)
        try site.set("<AutomaticRestore>True</AutomaticRestore>")
        try site.client().execute("CREATE TABLE other(id INTEGER PRIMARY KEY, x); CREATE INDEX byX ON other(x); INSERT INTO other VALUES(1, 'a')")
        if startsLog { _ = try site.start() } else { _ = try site.backup() }
        try site.add("a")
        _ = try site.backup()
        if startsLog {
            try site.add("b")
            _ = try site.drain()
        }
        try leave(site)
        try DamagedDataTests.wreck("byX", of: site.application.data)
        return site
    }

    @Test("a backup of the damage is not published: an older one is taken, and the next start finds nothing to do")
    func olderBackup() throws {
        let site = try damaged()
        _ = try site.backup()
        #expect(try archive(automatic(site)) == site.archive(2))
        #expect(try site.names() == "ab" && site.isSound())
        site.leave()
        #expect(try automatic(site) == nil)
        #expect(try Folder.contents(of: site.folder).filter { $0.contains(".damaged-") }.count == 1)
        #expect(try site.leftovers() == [])
    }

    @Test("a backup whose trial restore failed is passed over")
    func failedProof() throws {
        let site = try damaged()
        let record = try #require(try ApplicationRecord.read(site.application))
        _ = try HistoryFile(of: record, site.application, folder: site.application.defaultDestination).update(now: 0) { history throws(Failure) in
            for index in history.entries.indices where history.entries[index].number == 2 {
                history.entries[index].proof = ProofRecord(result: .failed, date: "", seconds: 1, operation: nil, reason: nil)
            }
        }
        #expect(try archive(automatic(site)) == site.archive(1))
        #expect(try site.names() == "ab")
    }

    @Test("where no backup gives sound data, the damaged file stays and 1410 says so")
    func noneLeft() throws {
        let site = try damaged()
        let before = try File.contents(of: site.application.data, atMost: 1 << 24)
        for number in [1, 2] { try Publication.write([1, 2, 3], to: site.archive(number)) }
        let failure = #expect(throws: Failure.self) { try automatic(site) }
        #expect(failure?.code == .archiveMissing)
        #expect(failure?.message.hasSuffix("no complete archive that gives sound data is at its place") == true, "\(String(describing: failure))")
        #expect(try File.contents(of: site.application.data, atMost: 1 << 24) == before)
    }

    @Test("what is seen at once: a file that is cut short or is no database needs a restore, a sound one and one that must be read whole do not")
    func atOnce() throws {
        let site = try damaged()
        let automatic = AutomaticRestore(application: site.application, surroundings: site.surroundings)
        #expect(try !automatic.isNeeded(isThorough: false, Job()) && automatic.isNeeded(isThorough: true, Job()))
        for suffix in ["-wal", "-shm"] { try Folder.removeFile(site.application.data + suffix) }
        let bytes = try File.contents(of: site.application.data, atMost: 1 << 24)
        try Publication.write(Array(bytes.dropLast(4096)), to: site.application.data)
        #expect(try automatic.isNeeded(isThorough: false, Job()))
        for suffix in ["-wal", "-shm"] { try Folder.removeFile(site.application.data + suffix) }
        try Publication.write([UInt8](repeating: 7, count: 8192), to: site.application.data)
        #expect(try automatic.isNeeded(isThorough: false, Job()))
        guard case .restored(_, let archive) = try automatic.run(isThorough: false, Job()) else {
            Issue.record("nothing was restored")
            return
        }
        #expect(try archive == site.archive(2) && site.names() == "ab")
    }

    @Test("a backup of damaged data that a person restores is restored, with a warning that says so")
    func damagedBackup() throws {
        let site = try damaged()
        _ = try site.backup()
        let outcome = try site.restore(3, .inPlace)
        #expect(outcome.warnings.contains { $0.hasPrefix("the data in the archive '\(site.archive(3))' are damaged themselves: ") }, "\(outcome.warnings)")
    }

    @Test("an application without a log is restored as its backup holds it, in place by hand as well")
    func withoutLog() throws {
        let site = try damaged(startsLog: false)
        #expect(try archive(automatic(site)) == site.archive(2))
        #expect(try site.names() == "a" && site.isSound())
        try site.add("x")
        _ = try site.restore(1, .inPlace)
        #expect(try site.names() == "")
        site.leave()
        for suffix in ["", "-wal", "-shm"] { try Folder.removeFile(site.application.data + suffix) }
        _ = try site.restore(2, .inPlace)
        #expect(try site.names() == "a")
        let failure = #expect(throws: Failure.self) { try site.restore(2, .inPlace, until: .operation(1)) }
        #expect(failure?.code == .noLog)
    }
}
