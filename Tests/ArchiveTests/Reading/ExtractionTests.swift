import Glibc
import Testing
import Vocabulary
@testable import Archive
@testable import FileSystem

// Part of the serialized suite because its faults reach every file that is written through an open folder.
extension FaultTests {
    private func reader(_ contents: [Content]) throws -> (ArchiveReader, [Manifest.Item]) {
        try makeArchive(workshop.path("a.4BK"), contents)
        let reader = try ArchiveReader(path: workshop.path("a.4BK"))
        return (reader, try reader.manifest().items)
    }

    @Test("an extracted file has its folders, bytes, mode and time")
    func extracted() throws {
        let (reader, items) = try reader([("Attachments/日本/a b", [1, 2, 3])])
        try reader.extract(items[0], below: workshop.folder, job: Job())
        #expect(workshop.bytes("Attachments/日本/a b") == [1, 2, 3])
        let status = try #require(Folder.status(of: workshop.path("Attachments/日本/a b")))
        #expect(status.st_mode == S_IFREG | 0o640 && status.st_mtim.tv_sec == 1_750_000_001)
        #expect(Folder.status(of: workshop.path("Attachments"))?.st_mode == S_IFDIR | 0o700)
        try reader.extract(items[0], below: workshop.folder, as: "elsewhere", ownership: Ownership(owner: getuid(), group: getgid(), mode: 0o600), job: Job())
        #expect(Folder.status(of: workshop.path("elsewhere"))?.st_mode == S_IFREG | 0o600)
    }

    @Test("a link below the destination is not followed; the destination itself may be one")
    func links() throws {
        let (reader, items) = try reader([("Data/a", [1]), ("b", [2])])
        try Folder.create(workshop.path("outside"))
        try Folder.create(workshop.path("real"))
        symlink(workshop.path("outside"), workshop.path("real/Data"))
        symlink(workshop.path("outside/b"), workshop.path("real/b"))
        symlink(workshop.path("real"), workshop.path("out"))
        #expect(Failure.code { try reader.extract(items[0], below: workshop.path("out"), job: Job()) } == .unsafeEntry)
        #expect(Failure.code { try reader.extract(items[1], below: workshop.path("out"), job: Job()) } == .destinationExists)
        #expect(Failure.code { try reader.extract(items[1], below: workshop.path("out"), as: "../b", job: Job()) } == .unsafeEntry)
        #expect(try Folder.contents(of: workshop.path("outside")) == [])
        try reader.extract(items[1], below: workshop.path("out"), as: "c", job: Job())
        #expect(workshop.bytes("real/c") == [2])
    }
}
