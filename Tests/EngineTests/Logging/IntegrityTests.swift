// Tampering with a log or an archive by somebody who has no key, and a log that goes back: who hears of it (I1, I2, I8).

import Database
import EngineSupport
import FileSystem
import Glibc
import LogFile
import Testing
import Vocabulary

@testable import Engine

@Suite("Integrity keys and anchors")
struct IntegrityTests {
    private let site: Site
    /// Beside the site: a key that lies with the log protects nothing.
    private let outside: Site

    init() throws {
        site = try Site(startsLog: false)
        outside = try Site(startsLog: false)
        _ = try IntegrityKeyFile.make(key, adding: false, at: 0)
    }

    private var key: String { outside.folder + "/key" }
    private var anchor: String { outside.folder + "/anchor" }
    private var journal: String { site.application.defaultJournal }

    private func use(key: Bool = true, anchor: Bool = false) throws {
        try site.set(
            (key ? "<IntegrityKey>\(self.key)</IntegrityKey>" : "") + (anchor ? "<LogAnchor>\(self.anchor)</LogAnchor>" : ""))
    }

    private func checks(_ names: String..., anchor: String? = nil) -> [Health.Check] {
        Health.of(site.application, site.surroundings, anchor: anchor).checks.filter { names.contains($0.name) }
    }

    private func code(_ body: () throws -> Void) -> ErrorCode? {
        do { try body() } catch { return (error as? Failure)?.code }
        return nil
    }

    private func addAndDrain(_ names: String...) throws {
        for name in names {
            try site.add(name)
            _ = try site.drain()
        }
    }

    /// A log of the same chain with other rows and sound checksums, made without the key.
    private func forge(_ path: String) throws {
        let reader = try LogReader(path)
        let copy = path + ".forged"
        _ = try reader.writeSealedCopy(to: copy, upTo: reader.lastOperation)
        try Folder.removeFile(path)
        try Folder.move(copy, to: path)
        #expect(try LogCheck.run(path).problems == [])
    }

    @Test("with a key from the start, all that is done to the log verifies: drains, cuts, backups, restores, rollbacks, rotation")
    func whole() throws {
        try use()
        _ = try site.start()
        try addAndDrain("a", "b")
        _ = try site.backup()
        try addAndDrain("c")
        let segment = try site.cut().segment
        try addAndDrain("d")
        _ = try IntegrityKeyFile.make(key, adding: true, at: 0)
        try addAndDrain("e")
        _ = try site.backup()
        try addAndDrain("f")
        let keys = try #require(try site.surroundings.integrity.keys(for: site.application))
        for path in [journal, segment, site.logBackup(0), site.logBackup(1)] { try LogIntegrity.verify(path, keys) }
        let choice = try IntegrityChoice.file(key)
        for path in [site.archive(1), site.archive(2), site.logBackup(1), journal] {
            let check = try Verification.of(path, recordsOnly: false, tables: [], integrity: choice, Job())
            #expect(check.problems == [] && !check.notChecked.contains { $0.contains("integrity marks") || $0.contains("key") }, "\(path)")
            // Without the key that is not passed over in silence.
            let unverified = try Verification.of(path, recordsOnly: false, tables: [], Job())
            #expect(unverified.problems == [] && unverified.notChecked.contains { $0.contains("was not given") }, "\(path)")
        }
        let data = try Verification.of(site.application.data, recordsOnly: false, tables: [], integrity: choice, Job())
        #expect(data.result == .ok && data.notChecked == [])
        let status = try site.status()
        #expect(status.integrity == .verified && status.integrityReason == nil && status.digest?.utf8.count == 64)
        #expect(checks("integrity").map(\.message) == ["log digest \(status.digest ?? ""), verified"])
        let restored = try site.restore(1, .folder(site.folder + "/restored"))
        #expect(try site.names(restored.data) == "abcdef")
        #expect(restored.warnings == [])
        _ = try site.rollback(status.lastOperation - 1, .undo)
        #expect(try site.names() == "abcde")
        _ = try site.rollback(1, .restore)
        #expect(try site.names() == "a")
        try LogIntegrity.verify(journal, keys)
    }

    @Test("a log that others wrote is neither written to nor read, until somebody says that it is right; changes wait in the data (I1)")
    func forgedLog() throws {
        try use()
        _ = try site.start()
        try addAndDrain("a", "b")
        _ = try site.backup()
        try addAndDrain("c")
        try site.add("d")
        let forged = try {
            let reader = try LogReader(journal)
            // As it is, but for the marks.
            let writer = try LogWriter.create(journal + ".forged", header: reader.header)
            try writer.commit()
            return journal + ".forged"
        }()
        try Folder.removeFile(journal)
        try Folder.move(forged, to: journal)
        let before = try Site.bytes(journal)
        // The data are sound; their log is not, by the key that the settings name or that is given.
        for choice in [.ofSettings, try IntegrityChoice.file(key)] {
            let check = try Verification.of(site.application.data, recordsOnly: false, tables: [], integrity: choice, Job())
            #expect(check.result == .damaged && check.problems.map(\.where) == ["log"] && check.problems[0].what.contains("error 1529"))
        }
        #expect(try Verification.of(site.application.data, recordsOnly: false, tables: [], integrity: .unverified, Job()).result == .ok)
        #expect(code { _ = try site.drain() } == .tampered)
        #expect(code { _ = try site.rollback(1, .undo) } == .tampered)
        #expect(code { _ = try site.restore(1, .folder(site.folder + "/restored")) } == .tampered)
        #expect(!Folder.exists(site.folder + "/restored"))
        #expect(try Site.bytes(journal) == before)
        #expect(try site.status().integrity == .failed)
        #expect(checks("integrity").map(\.state) == [.critical])
        // The data are saved all the same, and the log is left alone.
        let backup = try site.backup()
        #expect(backup.log == nil && backup.warnings.contains { $0.contains("error 1529") })
        let outcome = try LogAnchoring(application: site.application, surroundings: site.surroundings, path: nil).run(Job())
        #expect(outcome.key != nil && outcome.anchor == nil)
        #expect(try site.status().integrity == .verified)
        try addAndDrain("e")
    }

    @Test("an archive that somebody put together is not restored, and one from before the key only by who says so")
    func forgedArchive() throws {
        _ = try site.start()
        try addAndDrain("a")
        _ = try site.backup()
        try use()
        _ = try LogAnchoring(application: site.application, surroundings: site.surroundings, path: nil).run(Job())
        #expect(code { _ = try site.restore(1, .folder(site.folder + "/restored")) } == .tampered)
        let choice = try IntegrityChoice.file(key)
        let check = try Verification.of(site.archive(1), recordsOnly: false, tables: [], integrity: choice, Job())
        #expect(check.problems.count == 1 && check.problems[0].what.contains("error 1529"))
        let proof = try Proof(archive: site.archive(1), of: site.application.data, surroundings: site.surroundings).run(Job())
        #expect(proof.result == .failed)
        var open = site.surroundings
        open.integrity = .unverified
        let restored = try Restore(
            archive: site.archive(1), surroundings: open, target: .folder(site.folder + "/restored"), items: [], logs: .none, until: nil,
            insideTransaction: false
        ).run(Job())
        #expect(try site.names(restored.data) == "a")
    }

    @Test("logs that are named are verified before one byte of them is believed")
    func named() throws {
        try use()
        _ = try site.start()
        try addAndDrain("a")
        _ = try site.backup()
        try addAndDrain("b")
        let copy = try site.restore(1, .folder(site.folder + "/copy"))
        _ = try site.backup()
        let data = try #require(copy.data)
        try forge(site.logBackup(1))
        var keyed = site.surroundings
        keyed.integrity = try .file(key)
        let integration = Integration(data: data, surroundings: keyed, logs: [site.logBackup(1)], until: nil, insideTransaction: false)
        #expect(code { _ = try integration.run(Job()) } == .tampered)
    }

    @Test("a log with marks and no key is told, in status, health and warnings")
    func withoutKey() throws {
        try use()
        _ = try site.start()
        try addAndDrain("a")
        _ = try site.backup()
        try addAndDrain("b")
        try use(key: false)
        #expect(try site.status().integrity == .unverified)
        #expect(checks("integrity").map(\.state) == [.warning])
        let restored = try site.restore(1, .folder(site.folder + "/restored"))
        #expect(restored.warnings.count { $0.contains("was not verified") } == 2, "\(restored.warnings)")
        // Behind the mark nothing is written: it would look like somebody else's.
        try site.add("b")
        let before = try Site.bytes(journal)
        #expect(code { _ = try site.drain() } == .tampered)
        #expect(try site.backup().log == nil)
        #expect(try Site.bytes(journal) == before)
        // Settings that cannot be read do not make a marked log go on without marks.
        try Publication.write(Array("<".utf8), to: site.application.settingsFile)
        try site.add("c")
        #expect(code { _ = try site.drain() } == .badSetting)
        try use()
        _ = try site.drain()
        #expect(try site.status().integrity == .verified)
    }

    @Test("a key that others can read, that lies in the companion folder, or that is none, is refused; a backup is made all the same")
    func badKeys() throws {
        try use()
        _ = try site.start()
        try addAndDrain("a")
        chmod(key, 0o640)
        #expect(code { _ = try site.drain() } == .noPermission)
        #expect(code { _ = try IntegrityChoice.file(key) } == .noPermission)
        // As a service manager hands it over: the group bits are those of an access list.
        _ = try IntegrityChoice.file(key, isCredential: true)
        #expect(try site.status().integrity == .unverified)
        let backup = try site.backup()
        #expect(backup.log == nil && backup.warnings.contains { $0.contains("error 1511") }, "\(backup.warnings)")
        chmod(key, 0o600)
        try addAndDrain("b")
        let secret = String(decoding: try Site.bytes(key), as: UTF8.self).split(separator: "\n")[1]
        let near = site.application.companion + "/Settings/key"
        try Publication.write(Array(secret.utf8), to: near)
        try site.set("<IntegrityKey>\(near)</IntegrityKey>")
        #expect(code { _ = try site.drain() } == .badSetting)
        for text in ["", "# nothing\n", String(secret.dropLast()), "\(secret)0", String(repeating: "z", count: 64)] {
            try Publication.write(Array(text.utf8), to: key)
            let failure = #expect(throws: Failure.self) { try IntegrityChoice.file(key) }
            #expect(failure?.code == .badValue && failure?.description.contains(secret.prefix(10)) == false)
        }
        #expect(code { _ = try IntegrityChoice.file(outside.folder + "/nothing") } == .fileNotFound)
        #expect(code { _ = try IntegrityChoice.file(outside.folder) } == .badValue)
        #expect(code { _ = try IntegrityKeyFile.make(key, adding: false, at: 0) } == .destinationExists)
        for name in try Folder.contents(of: site.application.logsFolder) {
            let text = String(decoding: try Site.bytes(site.application.logsFolder + "/" + name), as: UTF8.self)
            #expect(!text.contains(secret))
        }
    }

    @Test("a log that went back, or became another one, contradicts its anchor, which then stays as it is")
    func anchored() throws {
        try use(key: false, anchor: true)
        _ = try site.start()
        try addAndDrain("a", "b")
        #expect(checks("anchor").map(\.state) == [.ok])
        let kept = try Site.bytes(journal)
        let earlier = try Site.bytes(anchor)
        try addAndDrain("c")
        #expect(try Site.bytes(anchor) != earlier)
        // An anchor of some time ago is as good.
        try Publication.write(earlier, to: outside.folder + "/old")
        #expect(checks("anchor", anchor: outside.folder + "/old").map(\.state) == [.ok])
        _ = try site.backup()
        #expect(checks("anchor").map(\.state) == [.ok])
        let cut = checks("anchor", anchor: outside.folder + "/old")
        #expect(cut.map(\.state) == [.warning] && cut[0].message.contains("only the numbers"))
        _ = try site.cut()
        try addAndDrain("d")
        #expect(checks("anchor").map(\.state) == [.ok])
        // Back to where it was.
        try Publication.write(kept, to: journal)
        #expect(checks("anchor").map(\.state) == [.critical])
        #expect(checks("anchor", anchor: outside.folder + "/old").map(\.state) == [.ok])
        let outcome = try site.drain()
        #expect(outcome.warnings.count == 1 && outcome.warnings[0].contains("error 1529"))
        #expect(checks("anchor").map(\.state) == [.critical])
        // A backup cuts the log. That does not make it right.
        _ = try site.backup()
        try addAndDrain("e")
        #expect(checks("anchor").map(\.state) == [.critical])
        _ = try LogAnchoring(application: site.application, surroundings: site.surroundings, path: nil).run(Job())
        #expect(checks("anchor").map(\.state) == [.ok])
        try addAndDrain("f", "g")
        try forge(journal)
        #expect(checks("anchor").map(\.state) == [.critical])
        try Folder.removeFile(anchor)
        #expect(checks("anchor").map(\.state) == [.critical])
        #expect(checks("anchor", anchor: outside.folder + "/nothing").map(\.state) == [.critical])
    }

    @Test("an anchor that cannot be written is told and stands in nobody's way")
    func unwritableAnchor() throws {
        try use(key: false, anchor: true)
        _ = try site.start()
        try site.set("<LogAnchor>\(outside.folder)/nowhere/anchor</LogAnchor>")
        try site.add("a")
        let outcome = try site.drain()
        #expect(outcome.drained > 0 && outcome.warnings.count == 1)
        try site.set("")
        #expect(code { _ = try LogAnchoring(application: site.application, surroundings: site.surroundings, path: nil).run(Job()) } == .badValue)
    }
}
