// A log that starts with the next backup: 4D's second way to begin one.

import Database
import FileSystem
import Testing
import Vocabulary

@testable import Engine

@Suite("A log that starts with the next backup")
struct LogRequestTests {
    private func request(_ site: Site, at journal: String? = nil, excluding: [String] = []) throws -> LogStatus {
        try LogRequest(application: site.application, surroundings: site.surroundings).run(journal: journal, excluding: excluding, Job())
    }

    private func code(_ body: () throws -> Void) -> ErrorCode? {
        do { try body() } catch { return (error as? Failure)?.code }
        return nil
    }

    @Test("the wish changes nothing of the database, is told, and the next backup is the base of the log")
    func starts() throws {
        let site = try Site(startsLog: false)
        try site.add("a")
        let before = try site.content()
        let status = try request(site)
        #expect(status.state == .off && status.startsWithNextBackup == true)
        #expect(try site.content() == before && site.client().integer("SELECT count(*) FROM sqlite_schema WHERE name LIKE '_msc_%'") == 0)
        #expect(Health.of(site.application, site.surroundings).checks.contains { $0.message == "no log is on; it starts with the next backup" })
        let backup = try site.backup()
        #expect(backup.warnings == [] && backup.lastOperation == 0)
        let on = try site.status()
        #expect(on.state == .ok && on.startsWithNextBackup == false)
        try site.add("b")
        _ = try site.drain()
        #expect(try site.status().lastOperation == 1)
        let restored = try site.restore(1, .folder(site.folder + "/back"))
        #expect(try site.names(restored.data) == "ab")
    }

    @Test("place and exclusions wait with the wish")
    func remembers() throws {
        let site = try Site(startsLog: false)
        try site.client().execute("CREATE TABLE noise(a)")
        try Folder.create(site.folder + "/other")
        _ = try request(site, at: site.folder + "/other/SampleDB.journal", excluding: ["noise"])
        _ = try site.backup()
        let status = try site.status()
        #expect(status.path == site.folder + "/other/SampleDB.journal" && status.notJournaled.keys.contains("noise"))
        #expect(code { _ = try request(site) } == .logAlreadyOn)
        let other = try Site(startsLog: false)
        #expect(code { _ = try request(other, excluding: ["none"]) } == .badValue)
        #expect(try other.status().startsWithNextBackup == false)
    }

    @Test("I2: a backup that fails leaves the wish and no capture; log stop takes the wish back, and so do backups that follow")
    func failure() throws {
        let site = try Site(startsLog: false)
        try site.add("a")
        _ = try request(site)
        #expect(
            throws: Failure.self
        ) { _ = try Backup(application: site.application, surroundings: site.surroundings, destination: site.application.data).run(Job()) }
        let job = Job()
        job.stop()
        #expect(code { _ = try site.backup(job) } == .stopped)
        #expect(try site.status().startsWithNextBackup == true)
        #expect(try !Capture.isInstalled(site.client()))
        #expect(try site.stop().state == .off)
        #expect(try site.status().startsWithNextBackup == false)
        _ = try site.backup()
        #expect(try site.status().state == .off)
    }

    @Test("who turns the log off while the setting is on is not given a new one by the next backup")
    func stops() throws {
        let site = try Site(startsLog: false)
        try site.add("a")
        _ = try request(site)
        _ = try site.backup()
        _ = try site.stop()
        _ = try site.backup()
        #expect(try site.status().state == .off && site.status().startsWithNextBackup == false)
    }

    @Test("where the log cannot be started the backup is made, and its warning says why")
    func obstacle() throws {
        let site = try Site(startsLog: false)
        try site.add("a")
        _ = try request(site)
        try Publication.write([1], to: site.application.defaultJournal)
        let outcome = try site.backup()
        #expect(outcome.status == .complete && outcome.warnings.contains { $0.contains("was not started") })
        #expect(try !Capture.isInstalled(site.client()) && site.status().startsWithNextBackup == true)
    }
}
