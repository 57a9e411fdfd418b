// Health: what monitoring hears when archives are gone or cut, when nothing proves them, and when the backups leave the data out.

import Archive
import FileSystem
import Foundation
import Testing
import Vocabulary

@testable import Engine

@Suite("The health of an application")
struct HealthTests {
    private func checks(_ site: Site, _ name: String, _ change: (inout HealthThresholds) -> Void = { _ in }) -> [Health.Check] {
        var thresholds = HealthThresholds()
        change(&thresholds)
        return Health.of(site.application, site.surroundings, thresholds).checks.filter { $0.name == name }
    }

    @Test("archives that are not at their place, or were cut, are told; the newest one is critical")
    func archives() throws {
        let site = try Site()
        #expect(checks(site, "backup").map(\.message) == ["there is no backup"])
        #expect(checks(site, "backup").map(\.state) == [.critical])
        for name in ["a", "b", "c"] {
            try site.add(name)
            _ = try site.backup()
        }
        #expect(checks(site, "backup").map(\.message) == ["backup 3 is complete"])
        #expect(checks(site, "archive") == [])
        let bytes = try Site.bytes(site.archive(2)).count
        try Site.cut(site.archive(2), to: 100)
        #expect(checks(site, "archive").map(\.state) == [.warning])
        #expect(checks(site, "archive").first?.message == "the archive '\(site.archive(2))' has 100 bytes and was written with \(bytes): verify it")
        try Folder.removeFile(site.archive(1))
        #expect(checks(site, "archive").contains { $0.state == .warning && $0.message == "1 of 3 archives are not at their place" })
        try Folder.removeFile(site.archive(3))
        let newest = try #require(checks(site, "archive").first)
        #expect(newest.state == .critical && newest.message == "the newest archive '\(site.archive(3))' is not at its place")
        #expect(Health.of(site.application, site.surroundings).state == .critical)
        site.leave()
        try Folder.removeFile(site.application.data)
        #expect(checks(site, "data").map(\.message) == ["the data file is missing"])
    }

    @Test("who asks for trial restores hears that there was none, of one that succeeded, and of one that failed")
    func proofs() throws {
        let site = try Site()
        try site.add("a")
        _ = try site.backup()
        func asked(_ thresholds: inout HealthThresholds) { thresholds.proofAge = .init(warning: 3600, critical: 7200) }
        #expect(checks(site, "proof") == [])
        #expect(checks(site, "proof", asked).map(\.message) == ["no archive was proved to restore"])
        #expect(checks(site, "proof", asked).map(\.state) == [.critical])
        func prove() throws { _ = try Proof(archive: site.archive(1), of: site.application.data, surroundings: site.surroundings).run(Job()) }
        try prove()
        #expect(checks(site, "proof", asked).map(\.state) == [.ok])
        #expect(checks(site, "proof", asked).first?.message.hasPrefix("an archive was proved to restore ") == true)
        #expect(checks(site, "proof") { $0.proofAge = .init(warning: 0, critical: 7200) }.map(\.state) == [.warning])
        let size = try Site.bytes(site.archive(1)).count
        try Site.damage(site.archive(1), size / 2..<size / 2 + 20)
        try? prove()
        let failed = try #require(checks(site, "proof").first)
        #expect(failed.state == .critical && failed.message.hasPrefix("the trial restore of backup 1 failed: "), "\(failed)")
    }

    @Test("backups that leave the data out are a warning, and more of one where none ever held them")
    func contents() throws {
        let site = try Site()
        try site.set("", general: "<IncludeDataFile>False</IncludeDataFile>")
        #expect(
            checks(site, "contents").map(\.message) == ["backups leave the data file out (setting General/IncludeDataFile); no backup holds the data"])
        try site.set("")
        _ = try site.backup()
        #expect(checks(site, "contents") == [])
        try site.set("", general: "<IncludeDataFile>False</IncludeDataFile>")
        #expect(checks(site, "contents").map(\.message) == ["backups leave the data file out (setting General/IncludeDataFile)"])
    }

    @Test("a destination that is away is critical, since nothing can be told of its space")
    func destination() throws {
        let site = try Site()
        #expect(checks(site, "space").map(\.state) == [.ok])
        try site.set("", general: "<DestinationFolder>\(site.folder)/away</DestinationFolder>")
        let check = try #require(checks(site, "space").first)
        #expect(check.state == .critical && check.message == "the destination '\(site.folder)/away' is not there")
    }

    @Test("what one program writes as JSON another reads, nulls included; the metrics tell the next date")
    func forms() throws {
        let site = try Site()
        try site.add("a")
        _ = try site.backup()
        try BackupSettings.change(try #require(BackupSettings.key("Scheduler/Frequency")), to: ["Hourly"], of: site.application)
        let health = Health.of(site.application, site.surroundings)
        let read = try JSONDecoder().decode(Health.self, from: JSONEncoder().encode(health))
        #expect(read.data == health.data && read.state == health.state && read.checks == health.checks && read.time == health.time)
        #expect(read.checks.contains { $0.value == nil } && read.checks.contains { $0.value != nil && $0.critical != nil })
        let next = try #require(try AutomationStatus.of(site.application, site.surroundings).next)
        let seconds = try Timestamp.parse(next) / 1000
        let line = try #require(health.metrics.split(separator: "\n").first { $0.hasPrefix("msc_backup_next_timestamp_seconds{") })
        #expect(line.split(separator: " ").last.flatMap { Double($0) } == Double(seconds), "\(line)")
    }

    @Test("a folder with more files than a person looks through is cut, and says so; sizes are told in the unit that fits")
    func listings() throws {
        let site = try Site(startsLog: false)
        let folder = site.folder + "/many"
        try Folder.create(folder)
        try Publication.write([1], to: folder + "/0.4BK")
        for number in 1...FolderListing.most { #expect(link(folder + "/0.4BK", "\(folder)/\(number).4BK") == 0) }
        let listing = try FolderListing(folder, endings: [".4BK"], Job())
        #expect(listing.isCut && listing.entries.count == FolderListing.most)
        #expect(try !FolderListing(site.folder, endings: [".4BK"], Job()).isCut)
        #expect(
            [0, 999, 1000, 1_049, 999_949, 999_950, 310_000_000, 5_000_000_000_000_000].map { Amount.bytes($0) }
                == ["0 bytes", "999 bytes", "1.0 KB", "1.0 KB", "999.9 KB", "1.0 MB", "310.0 MB", "5000.0 TB"])
    }

    @Test("a backup journal that cannot be read is error 1515 with its path")
    func journal() throws {
        let site = try Site()
        _ = try site.backup()
        let path = try #require(try BackupJournal(of: site.application).currentFile())
        try Folder.removeFile(path)
        try Folder.create(path)
        let file = #expect(throws: Failure.self) { _ = try BackupJournal.newest(of: site.application) }
        #expect(file?.code == .readFailed && file?.message == "the backup journal '\(path)' cannot be read")
        let folder = Folder.parent(of: path)
        try Folder.removeTree(folder)
        try Publication.write([], to: folder)
        let all = #expect(throws: Failure.self) { _ = try BackupJournal.newest(of: site.application) }
        #expect(all?.code == .readFailed && all?.message == "the folder '\(folder)' cannot be read")
    }
}
