import Glibc
import Testing
import Vocabulary
@testable import Archive
@testable import FileSystem

@Suite("Segments are cuts of one byte stream")
struct SegmentTests {
    let workshop = Workshop()
    let contents: [Content] = [("Data/a", Sample.text(20_000)), ("Data/größe", Sample.noise(3_000))]

    @Test("cut anywhere, they read as one, from any of them, and cat makes the archive of them", arguments: [1, 7, 997, 4096, 1 << 20])
    func anySize(size: Int) throws {
        // A byte a segment: the archive must stay below the 9999 segments that names can count.
        let contents = size < 10 ? [("Data/a", Sample.text(600))] : contents
        let result = try makeArchive(workshop.path("SampleDB[0006].4BK"), contents, segmentSize: UInt64(size))
        #expect(result.paths.first == workshop.path("SampleDB[0006-0001].4BK"))
        #expect(result.paths == result.paths.sorted() && result.paths.count == (Int(result.bytes) + size - 1) / size)
        for path in [result.paths[0], result.paths[result.paths.count / 2], result.paths.last ?? "", workshop.path("SampleDB[0006].4BK")] {
            #expect(same(try readArchive(path), contents))
        }
        let merged = result.paths.flatMap { workshop.bytes(Folder.name(of: $0)) }
        try workshop.write(merged, to: "merged.zip")
        if let unzip = run("unzip", "-tq", workshop.path("merged.zip")) { #expect(unzip.status == 0, "\(unzip.output)") }
        #expect(same(try readArchive(workshop.path("merged.zip")), contents))
    }

    @Test("more segments than names can count are refused, and nothing is left")
    func tooMany() {
        #expect(Failure.code { try makeArchive(workshop.path("a.4BK"), contents, segmentSize: 1) } == .archiveSaveFailed)
        #expect(workshop.contents() == [])
    }

    @Test("a missing segment is named: the first, one between, the last")
    func missing() throws {
        let result = try makeArchive(workshop.path("a[0001].4BK"), contents, segmentSize: 2000)
        #expect(result.paths.count > 4)
        for index in [0, 2] {
            rename(result.paths[index], workshop.path("away"))
            do {
                _ = try ArchiveReader(path: result.paths[1])
                Issue.record("segment \(index + 1) was not missed")
            } catch {
                #expect(error.code == .archiveMissing)
                #expect(error.message == "archive '\(result.paths[index])' is missing: this segment is not there")
            }
            rename(workshop.path("away"), result.paths[index])
        }
        unlink(result.paths[result.paths.count - 1])
        do {
            _ = try ArchiveReader(path: result.paths[0])
            Issue.record("the last segment was not missed")
        } catch {
            #expect(error.code == .archiveDamaged && error.message.contains("its last segment is missing or cut off"))
        }
    }

    @Test("segments in the wrong order are damage")
    func wrongOrder() throws {
        let result = try makeArchive(workshop.path("a[0001].4BK"), contents, segmentSize: 2000)
        rename(result.paths[1], workshop.path("away"))
        rename(result.paths[2], result.paths[1])
        rename(workshop.path("away"), result.paths[2])
        #expect(Failure.code { _ = try readArchive(result.paths[0]) } == .archiveDamaged)
    }

    @Test("names")
    func names() {
        #expect(SegmentName(archive: "/b/S[0006].4BK", number: 12).path == "/b/S[0006-0012].4BK")
        #expect(SegmentName(path: "/b/S[0006-0012].4BK") == SegmentName(archive: "/b/S[0006].4BK", number: 12))
        #expect(SegmentName(archive: "a.4BK", number: 9999).path == "a-9999.4BK")
        for none in ["/b/S[0006].4BK", "S-0000.4BK", "S-123.4BK", "", "-", "S0001.4BK"] {
            #expect(SegmentName(path: none) == nil)
        }
    }
}
