// Archives that name files of somebody else: checksums are right, and nobody but the archive says that it belongs there.

import Archive
import EngineSupport
import FileSystem
import Testing
import Vocabulary

@testable import Engine

@Suite("Archives that name what is not theirs")
struct ForgedArchiveTests {
    private let bench: LoggedApplication
    /// A file that no record of ours knows.
    private let precious: String
    private let place: String

    init() throws {
        bench = try LoggedApplication()
        precious = bench.folder + "/etc/precious"
        place = bench.folder + "/incoming"
        for folder in [bench.folder + "/etc", place] { try Folder.create(folder) }
        try Publication.write(Array("PRECIOUS".utf8), to: precious)
        try bench.add("A")
        try bench.backup()
    }

    private func forge(_ role: Manifest.Role, _ name: String, original: String, application: String = "0b1e5a52-0000-4000-8000-000000000001") throws -> String {
        let path = place + "/SampleDB[0001].4BK"
        try? Folder.removeFile(path)
        let writer = try ArchiveWriter(path: path, segmentSize: nil, ownership: nil, expectedBytes: 0, job: Job())
        var rest = try File.contents(of: bench.application.data, atMost: 1 << 24)[...]
        try writer.addEntry(.init(role: role, name: name, originalPath: original, mode: 0o600, modified: 0), compression: .fast) { buffer in
            let part = rest.prefix(buffer.count)
            buffer.copyBytes(from: part)
            rest = rest.dropFirst(part.count)
            return part.count
        }
        _ = try writer.finish(
            Manifest(
                application: application, applicationName: "SampleDB", backupNumber: 1, chain: "", lastOperation: 0, position: 0, startTime: 0,
                endTime: 0, programVersion: "1", textEncoding: "UTF-8"))
        return path
    }

    private func restore(_ archive: String, _ target: Restore.Target, named: String? = nil) throws -> RestoreOutcome {
        var restore = Restore(
            archive: archive, surroundings: bench.surroundings, target: target, items: [], logs: .none, until: nil, insideTransaction: false)
        restore.dataFile = named
        return try restore.run(Job())
    }

    @Test("times of a manifest that no clock shows do not end the program")
    func hostileTimes() {
        let entry = HistoryEntry(
            Manifest(
                application: "", applicationName: "", backupNumber: .max, chain: "", lastOperation: 0, position: 0, startTime: .min, endTime: .max,
                programVersion: "1", textEncoding: "UTF-8"), archive: "/x.4BK")
        #expect(entry.seconds > 1e15 && entry.number == .max)
    }

    @Test("a restore in place does not go where the archive says, be it any file or a database with that identity (1519)")
    func target() throws {
        let identity = try #require(try ApplicationRecord.read(bench.application)?.application)
        for (original, application) in [(precious, "0b1e5a52-0000-4000-8000-000000000001"), (bench.folder + "/etc/new.db", identity), (bench.application.data, identity)] {
            let archive = try forge(.data, "Data/x.db", original: original, application: application)
            let failure = #expect(throws: Failure.self) { _ = try restore(archive, .inPlace) }
            #expect(failure?.code == .badValue && failure?.message.contains("'\(original)'") == true, "\(String(describing: failure))")
        }
        #expect(try File.contents(of: precious, atMost: 100) == Array("PRECIOUS".utf8))
        #expect(try Folder.contents(of: bench.folder + "/etc") == ["precious"])
        #expect(try bench.names() == "A")
    }

    @Test("the person names the file, and the restore goes there")
    func named() throws {
        try bench.add("B")
        let kept = place + "/kept.4BK"
        try Folder.move(bench.archive(1), to: kept)
        #expect(throws: Failure.self) { _ = try restore(kept, .inPlace) }
        #expect(try restore(kept, .inPlace, named: bench.application.data).data == bench.application.data)
        #expect(try bench.names() == "A")
    }

    @Test("the folder of a restore is made beside the archive, not where the archive says")
    func standardFolder() throws {
        let outcome = try restore(try forge(.data, "Data/x.db", original: precious), .folder(nil))
        #expect(outcome.destination == place + "/SampleDB[0001]")
        #expect(try Folder.contents(of: bench.folder + "/etc") == ["precious"])
    }

    @Test(
        "an item outside of the folder of its kind is refused (1514), and verification names it",
        arguments: [
            (Manifest.Role.data, "x.db"), (.data, "Data/below/x.db"), (.data, "Settings/x.db"), (.settings, "Data/x"), (.attachment, "bin/x"),
            (.attachment, "Attachmentsx/x"), (.structure, ".ssh/authorized_keys"),
        ])
    func folders(_ role: Manifest.Role, _ name: String) throws {
        let archive = try forge(role, name, original: precious)
        let before = try Folder.contents(of: place)
        let failure = #expect(throws: Failure.self) { _ = try restore(archive, .folder(place + "/out")) }
        #expect(failure?.code == .unsafeEntry)
        #expect(try Folder.contents(of: place) == before)
        let check = try Verification.of(archive, recordsOnly: false, tables: [], Job())
        #expect(check.result == .damaged && check.problems.first?.what.contains(name) == true, "\(check)")
    }
}
