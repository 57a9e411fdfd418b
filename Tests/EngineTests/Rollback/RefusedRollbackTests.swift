// A rollback by restoring needs an archive from before, and every log from there on: without them nothing is changed.

import FileSystem
import Testing
import Vocabulary

@testable import Engine

@Suite("Rollbacks that are refused")
struct RefusedRollbackTests {
    /// Archive 1 holds nothing of a, b, c; archive 2 holds a and b.
    private func site() throws -> Site {
        let site = try Site(startsLog: false)
        try site.add("0")
        _ = try site.start()
        for name in ["a", "b"] { try site.add(name) }
        _ = try site.backup()
        try site.add("c")
        _ = try site.drain()
        return site
    }

    private func failure(_ site: Site, _ keep: UInt64, insideTransaction: Bool = false) -> Failure? {
        do {
            var rollback = Rollback(
                application: site.application, surroundings: site.surroundings, to: .operation(keep), insideTransaction: insideTransaction,
                dryRun: false)
            rollback.method = .restore
            _ = try rollback.run(Job())
            return nil
        } catch { return error as? Failure }
    }

    @Test("I8: without an archive from before, or with a log missing behind it, the data stay as they are, and it is said what is missing")
    func missing() throws {
        let site = try site()
        try Folder.move(site.logBackup(1), to: site.folder + "/aside")
        let point = failure(site, 1)
        #expect(point?.code == .pointOutOfRange && point?.message == "operation 1 is in none of the logs that are at hand", "\(String(describing: point))")
        let gap = failure(site, 1, insideTransaction: true)
        #expect(gap?.code == .logGap && gap?.message == "the logs that follow archive 1 end before operation 1", "\(String(describing: gap))")
        try Folder.move(site.folder + "/aside", to: site.logBackup(1))
        let archive = try Site.bytes(site.archive(1))
        try Folder.removeFile(site.archive(1))
        let none = failure(site, 1)
        #expect(none?.code == .pointOutOfRange && none?.message == "no archive of this chain reaches back to operation 1", "\(String(describing: none))")
        #expect(try site.names() == "0abc" && site.drain().lastOperation == 3)
        try Publication.write(archive, to: site.archive(1))
        #expect(failure(site, 1) == nil)
        #expect(try site.names() == "0a")
    }
}
