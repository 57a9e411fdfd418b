// Names that no reader would accept do not come into an archive: it is given up, and nothing is left.

import Deflate
import Testing
import Vocabulary
@testable import Archive

@Suite("Names of entries")
struct EntryNameTests {
    let workshop = Workshop()

    private func failure(_ contents: [Content]) -> Failure? {
        do {
            try makeArchive(workshop.path("a.4BK"), contents)
            return nil
        } catch { return error as? Failure }
    }

    @Test("the manifest's name, one that is taken and one that leads out of the folder are error 1514 with the name", arguments: [
        ([EntryName.manifest], "this name is kept for the manifest"), (["Data/a", "Data/a"], "there are two entries with this name"),
        (["../a"], nil), (["/etc/passwd"], nil), (["Data//a"], nil), ([""], nil),
    ] as [([String], String?)])
    func refused(names: [String], why: String?) throws {
        let failure = failure(names.map { ($0, [1, 2, 3]) })
        #expect(failure?.code == .unsafeEntry)
        #expect(failure?.description.contains("'\(names[0])'") == true)
        if let why { #expect(failure?.description.contains(why) == true, "\(String(describing: failure))") }
        #expect(workshop.contents() == [])
    }

    @Test("a directory larger than one block of the file is read as it was written")
    func largeDirectory() throws {
        let names = (0..<5000).map { "Attachments/\(String(repeating: "long", count: 50))/\($0)" }
        try makeArchive(workshop.path("a.4BK"), names.map { ($0, []) }, compression: .none)
        let reader = try ArchiveReader(path: workshop.path("a.4BK"))
        #expect(try reader.manifest().items.map(\.entryName) == names)
        #expect(names.allSatisfy { reader.directory[$0] != nil })
        #expect(names.reduce(0) { $0 + $1.utf8.count } > Block.size)
    }

    @Test("a manifest larger than a reader takes is error 1409, and no archive is left")
    func largeManifest() throws {
        let path = workshop.path("a.4BK")
        let writer = try ArchiveWriter(
            path: path, segmentSize: nil, ownership: nil, expectedBytes: 0, job: Job(), codec: .best, cores: 2)
        var manifest = Sample.manifest()
        manifest.properties["note"] = String(repeating: "x", count: Int(Manifest.maximalSize))
        let failure = #expect(throws: Failure.self) { _ = try writer.finish(manifest) }
        #expect(failure?.code == .archiveSaveFailed)
        #expect(failure?.hint == "Put the attachments into fewer and larger files.")
        #expect(workshop.contents() == [])
    }
}
