// A backup that failed is told until one succeeds, wherever it was to go; and what a clock that was wrong does to what is told.

import FileSystem
import Glibc
import Testing
import Vocabulary

@testable import Engine

@Suite("The last backup that was tried")
struct FailedBackupTests {
    private func state(_ site: Site, _ name: String) -> Health.State? {
        Health.of(site.application, site.surroundings).checks.first { $0.name == name }?.state
    }

    private func fail(_ site: Site, in folder: String) {
        #expect(throws: Failure.self) {
            _ = try Backup(application: site.application, surroundings: site.surroundings, destination: folder).run(Job())
        }
    }

    @Test("I5: a manual backup that failed at a place where none ever was is critical until one succeeds")
    func elsewhere() throws {
        let site = try Site()
        _ = try site.backup()
        #expect(state(site, "backup") == .ok)
        try Publication.write([], to: site.folder + "/file")
        fail(site, in: site.folder + "/file")
        #expect(state(site, "backup") == .critical)
        #expect(try BackupSet.lastAttempt(of: site.application)?.status == "failed")
        _ = try site.backup()
        #expect(state(site, "backup") == .ok)
        #expect(!Folder.exists(FailedBackup.path(site.application)))
    }

    @Test("I5: a disk that takes no byte any more still takes the word that a backup failed")
    func full() throws {
        let site = try Site()
        _ = try site.backup()
        try Publication.write([], to: FailedBackup.path(site.application))
        #expect(state(site, "backup") == .critical)
        #expect(try BackupSet.lastAttempt(of: site.application)?.error?.contains("disk took nothing") == true)
    }

    @Test("I5: a history that cannot be written at the destination is written at the place before it")
    func otherHistory() throws {
        let site = try Site()
        _ = try site.backup()
        let broken = site.folder + "/broken"
        try Folder.create(broken)
        try Folder.create(broken + "/" + HistoryFile.name)
        fail(site, in: broken)
        let record = try #require(try ApplicationRecord.read(site.application))
        let history = try HistoryFile(of: record, site.application, folder: site.application.defaultDestination).read().history
        #expect(history.lastBackup?.status == .failed)
    }

    @Test("a backup that is dated in the future has no age, and hides no failure that follows")
    func future() throws {
        let site = try Site()
        var ahead = site.surroundings
        let real = site.surroundings.now
        ahead.now = { real() + 10 * 365 * 86_400_000 }
        _ = try Backup(application: site.application, surroundings: ahead, destination: nil).run(Job())
        let age = try #require(Health.of(site.application, site.surroundings).checks.first { $0.name == "backup_age" })
        #expect(age.state == .unknown && age.value == nil && age.message.contains("dated in the future"))
        fail(site, in: site.folder + "/SampleDB.db")
        try Folder.removeFile(FailedBackup.path(site.application))
        #expect(try BackupSet.lastAttempt(of: site.application)?.status == "failed")
        _ = try site.backup()
        #expect(state(site, "backup_age") == .ok)
    }

    @Test("data and backups on one disk are a warning, until the settings say that this is meant")
    func oneDisk() throws {
        let site = try Site()
        let check = try #require(Health.of(site.application, site.surroundings).checks.first { $0.name == "disk" })
        #expect(check.state == .warning && check.message.hasPrefix("data, log and backups are on one disk"))
        try site.set("<WarnIfOneDisk>False</WarnIfOneDisk>")
        #expect(state(site, "disk") == nil)
    }

    @Test("a file of ours that is none is refused in words for people", arguments: ["{\"formatVersion\":", "{}", "{\"formatVersion\":\"x\"}", "[1]"])
    func words(text: String) throws {
        let site = try Site(startsLog: false)
        try Folder.create(site.application.companion)
        try Publication.write(Array(text.utf8), to: site.application.companion + "/application.json")
        let failure = #expect(throws: Failure.self) { _ = try site.status() }
        for word in ["Swift", "Decod", "CodingKey", "debugDescription", "Context("] { #expect(failure?.description.contains(word) == false, "\(text)") }
    }
}
