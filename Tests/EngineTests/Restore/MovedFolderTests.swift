// Folders that were moved, copied, carried to another machine or lost with their disk: recorded paths are where things lie now.

import Database
import FileSystem
import Glibc
import Testing
import Vocabulary

@testable import Engine

@Suite("Moved, copied and lost folders")
struct MovedFolderTests {
    private let site: Site
    private var data: String { site.folder + "/srv/SampleDB.db" }

    /// `srv` has the data, `logs` the log and `backups` the backups, as the README recommends; or everything lies together.
    init() throws {
        site = try Site(startsLog: false)
        for name in ["srv", "logs", "backups"] { try Folder.create(site.folder + "/" + name) }
        site.leave()
        try run("VACUUM INTO '\(data)'", site.application.data)
    }

    private func run(_ sql: String, _ path: String) throws { try Connection(path, .write, busyTimeout: 5000).execute(sql) }

    private func application(_ path: String? = nil) throws -> Application { try Application(data: path ?? data) }

    private func names(_ path: String) throws -> String { try site.names(path) }

    /// The log on, A saved, B in the log.
    private func prepare(apart: Bool) throws {
        let application = try application()
        if apart {
            let key = try #require(BackupSettings.key("General/DestinationFolder"))
            try BackupSettings.change(key, to: [site.folder + "/backups"], of: application)
        }
        try run("INSERT INTO item(name) VALUES('A')", data)
        let journal = apart ? site.folder + "/logs/SampleDB.journal" : nil
        _ = try LogStart(application: application, surroundings: site.surroundings, journal: journal, excluding: []).run(Job())
        try run("INSERT INTO item(name) VALUES('B')", data)
        try drain(data)
    }

    private func drain(_ path: String) throws { _ = try LogDrain(application: application(path), surroundings: site.surroundings).run(Job()) }

    private func backup(_ path: String, to destination: String? = nil) throws -> BackupOutcome {
        try Backup(application: application(path), surroundings: site.surroundings, destination: destination).run(Job())
    }

    private func restore(_ archive: String, _ target: Restore.Target, named data: String? = nil) throws -> RestoreOutcome {
        var restore = Restore(
            archive: archive, surroundings: site.surroundings, target: target, items: [], logs: .automatic, until: nil, insideTransaction: false)
        restore.dataFile = data
        return try restore.run(Job())
    }

    private func sets(_ path: String) throws -> [BackupSet] { try BackupSet.all(of: application(path), site.surroundings) }

    @Test("a folder that was moved has its log, its sets and its data at the new place; nothing goes to the old one")
    func moved() throws {
        try prepare(apart: false)
        try Folder.move(site.folder + "/srv", to: site.folder + "/new")
        let data = site.folder + "/new/SampleDB.db"
        try run("INSERT INTO item(name) VALUES('C')", data)
        try drain(data)
        let moved = try LogStatus.of(application(data), site.surroundings)
        #expect(moved.state == .ok)
        #expect(try sets(data).allSatisfy(\.present))
        let archive = try #require(try sets(data).first?.archive)
        let out = try #require(try restore(archive, .folder(site.folder + "/out")).data)
        #expect(try names(out) == "ABC")
        _ = try backup(data)
        try Folder.removeFile(data)
        #expect(try restore(archive, .inPlace).data == data)
        #expect(try names(data) == "ABC")
        #expect(!Folder.exists(site.folder + "/srv"))
        for _ in 0..<4 { _ = try backup(data) }
        #expect(try sets(data).filter(\.present).count == 3, "retention knows the sets of before the move as its own")
    }

    @Test("a folder that was carried elsewhere without its data file gives everything back, also to a new folder")
    func rescued() throws {
        try prepare(apart: false)
        try Folder.move(site.folder + "/srv", to: site.folder + "/rescued")
        try Folder.removeFile(site.folder + "/rescued/SampleDB.db")
        let archive = site.folder + "/rescued/SampleDB.msc/Backups/SampleDB[0001].4BK"
        let outcome = try restore(archive, .folder(site.folder + "/out"))
        let out = try #require(outcome.data)
        #expect(try names(out) == "AB")
        #expect(outcome.warnings == [])
    }

    @Test("I1: the disk of the data is lost: settings, list of sets and log come back with the data, and the log goes on")
    func lostDisk() throws {
        try prepare(apart: true)
        try Folder.removeTree(site.folder + "/srv")
        try Folder.create(site.folder + "/srv")
        let archive = site.folder + "/backups/SampleDB[0001].4BK"
        let copy = try restore(archive, .folder(site.folder + "/out"))
        let out = try #require(copy.data)
        #expect(try names(out) == "AB")
        #expect(copy.warnings == [])
        // The record that would tell where they belong is lost too.
        #expect(throws: Failure.self) { _ = try restore(archive, .inPlace) }
        let outcome = try restore(archive, .inPlace, named: data)
        #expect(try names(data) == "AB")
        #expect(outcome.warnings == [])
        let application = try application()
        let destination = try BackupSettings.read(application).destination(of: application)
        #expect(destination == site.folder + "/backups")
        #expect(try sets(data).map(\.number) == [1])
        try run("INSERT INTO item(name) VALUES('C')", data)
        try drain(data)
        let status = try LogStatus.of(application, site.surroundings)
        #expect(status.state == .ok && status.path == site.folder + "/logs/SampleDB.journal")
        #expect(try backup(data).number == 2)
    }

    @Test("a log that the archive knows of and that is not at hand is named")
    func lostLog() throws {
        try prepare(apart: true)
        try Folder.removeTree(site.folder + "/srv")
        try Folder.create(site.folder + "/srv")
        try Folder.move(site.folder + "/logs", to: site.folder + "/away")
        let archive = site.folder + "/backups/SampleDB[0001].4BK"
        for target in [Restore.Target.folder(site.folder + "/out"), .inPlace] {
            let outcome = try restore(archive, target, named: data)
            #expect(outcome.warnings.contains { $0.contains(site.folder + "/logs/SampleDB.journal") }, "\(target)")
        }
    }

    @Test("I8: a copy of the whole folder makes no backup among its original's, and neither deletes nor proves one of them")
    func copied() throws {
        try prepare(apart: true)
        _ = try backup(data)
        let files = try Folder.contents(of: site.folder + "/backups")
        #expect(system("cp -a '\(site.folder)/srv' '\(site.folder)/staging'") == 0)
        let copy = site.folder + "/staging/SampleDB.db"
        try run("INSERT INTO item(name) VALUES('X')", copy)
        let refused = #expect(throws: Failure.self) { _ = try backup(copy) }
        #expect(refused?.code == .copyDetached)
        for _ in 0..<5 { _ = try backup(copy, to: site.folder + "/staging/SampleDB.msc/Backups") }
        #expect(try Folder.contents(of: site.folder + "/backups") == files)
        let archive = site.folder + "/backups/SampleDB[0002].4BK"
        _ = try Proof(archive: archive, of: copy, surroundings: site.surroundings).run(Job())
        #expect(try sets(data).allSatisfy { $0.proof == nil })
        // Made an application of its own, it has an identity of its own.
        _ = try LogStart(application: application(copy), surroundings: site.surroundings, journal: nil, excluding: []).run(Job())
        let (mine, other) = try (ApplicationRecord.read(application(copy)), ApplicationRecord.read(application()))
        #expect(mine?.application != other?.application)
        let kept = try sets(data)
        #expect(kept.map(\.number) == [2, 1] && kept.allSatisfy(\.present))
    }

    @Test("what was committed and not drained is in a restore, or a warning says why not")
    func pending() throws {
        try prepare(apart: true)
        try run("INSERT INTO item(name) VALUES('C')", data)
        let archive = site.folder + "/backups/SampleDB[0001].4BK"
        let whole = try restore(archive, .folder(site.folder + "/out"))
        let out = try #require(whole.data)
        #expect(try names(out) == "ABC")
        #expect(whole.warnings == [])
        try run("INSERT INTO item(name) VALUES('D')", data)
        try Folder.move(site.folder + "/logs", to: site.folder + "/away")
        let part = try restore(archive, .folder(site.folder + "/part"))
        #expect(part.warnings.contains { $0.contains("was not integrated") })
    }

    @Test("a log is its owner's alone, whatever the data file's mode")
    func modes() throws {
        try prepare(apart: true)
        chmod(data, 0o644)
        _ = try backup(data)
        let status = try #require(Folder.status(of: site.folder + "/logs/SampleDB.journal"))
        #expect(status.st_mode & 0o777 == 0o600)
    }

    @Test("I4: the same path on another machine: in a folder that both write to, none deletes sets that the other made",
        arguments: [("a", "b", [5, 3]), ("a", "a", [5]), ("a", nil, [5]), (nil, "b", [5])] as [(String?, String?, [Int])])
    func otherMachine(first: String?, second: String?, left: [Int]) throws {
        try prepare(apart: true)
        try BackupSettings.change(try #require(BackupSettings.key("Advanced/SetNumber/Value")), to: ["1"], of: application())
        func backup(on machine: String?) throws {
            var surroundings = site.surroundings
            surroundings.machine = machine
            _ = try Backup(application: application(), surroundings: surroundings, destination: nil).run(Job())
        }
        // The base of the log was made by a machine that is not known.
        try backup(on: first)
        try backup(on: first)
        try backup(on: second)
        try backup(on: second)
        let present = try sets(data).filter(\.present).map(\.number)
        #expect(present == left, "what is not known is no other machine")
    }
}
