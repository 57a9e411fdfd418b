import Deflate
import Glibc
import Testing
import Vocabulary
@testable import Archive

@Suite("An archive gives back what went in")
struct RoundTripTests {
    let workshop = Workshop()

    /// Sizes around every border: block, piece, ring.
    static let contents: [Content] = [
        ("Data/empty", []),
        ("Data/one", [7]),
        ("Data/größe.db", Sample.text(300_000)),
        ("Settings/Backup.4DSettings", Sample.text(Block.size - 1)),
        ("Structure/exact", Sample.text(Block.size)),
        ("Attachments/日本/more.bin", Sample.text(4 * Block.size + 1)),
        ("Attachments/noise", Sample.noise(9 * Block.size + 17)),
        ("Attachments/zeros", [UInt8](repeating: 0, count: 5 * Block.size)),
    ]

    @Test("with every compression and codec, written and read by either", arguments: Compression.allCases, Codec.allCases)
    func roundTrip(compression: Compression, codec: Codec) throws {
        let path = workshop.path("SampleDB[0006].4BK")
        let result = try makeArchive(path, Self.contents, compression: compression, codec: codec)
        #expect(result.paths == [path])
        #expect(workshop.contents() == ["SampleDB[0006].4BK"])
        for reading in Codec.allCases {
            #expect(same(try readArchive(path, codec: reading), Self.contents))
        }
        let reader = try ArchiveReader(path: path)
        #expect(try reader.manifest() == result.manifest)
        #expect(try reader.verify(job: Job()) == [])
        #expect(result.bytes == reader.bytes)
    }

    @Test("and so do unzip, Python, 7z and bsdtar", arguments: Compression.allCases)
    func otherPrograms(compression: Compression) throws {
        let path = workshop.path("SampleDB[0006].4BK")
        try makeArchive(path, Self.contents, compression: compression)
        // unzip takes brackets in the archive's name for a pattern.
        let plain = workshop.path("plain.zip")
        _ = run("cp", path, plain)
        if let unzip = run("unzip", "-t", plain) { #expect(unzip.status == 0, "\(unzip.output)") }
        if let unzip = run("unzip", "-q", plain, "-d", workshop.path("out")) {
            #expect(unzip.status == 0, "\(unzip.output)")
            for content in Self.contents { #expect(workshop.bytes("out/\(content.name)") == content.bytes) }
        }
        let script = "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print(z.namelist()[1:4])"
        if let python = run("python3", "-c", script, path) {
            #expect(python.status == 0)
            #expect(python.output == "['Data/one', 'Data/größe.db', 'Settings/Backup.4DSettings']\n")
        }
        if let sevenZip = run("7z", "t", path) {
            #expect(sevenZip.status == 0 && sevenZip.output.contains("Everything is Ok"), "\(sevenZip.output)")
            #expect(!sevenZip.output.contains("WARNING") && !sevenZip.output.contains("Warnings"), "\(sevenZip.output)")
        }
        if let bsdtar = run("bsdtar", "-xOf", path, "Attachments/日本/more.bin") { #expect(bsdtar.status == 0) }
    }

    @Test("whatever the number of cores and however little the source gives at a time", arguments: [1, 3, 16])
    func coresAndSteps(cores: Int) throws {
        let path = workshop.path("a.4BK")
        let bytes = Sample.text(6_000_001)
        let writer = try ArchiveWriter(
            path: path, segmentSize: nil, ownership: nil, expectedBytes: 0, job: Job(), codec: .best, cores: cores)
        let entry = ArchiveWriter.Entry(role: .data, name: "Data/a", originalPath: "/a", mode: 0o600, modified: -1)
        try writer.addEntry(entry, compression: .fast, source: source(bytes, step: 77_777))
        _ = try writer.finish(Sample.manifest())
        #expect(same(try readArchive(path, cores: cores), [("Data/a", bytes)]))
    }

    @Test("an entry larger than 4 GiB", .timeLimit(.minutes(30)))
    func fourGigabytes() throws {
        let path = workshop.path("large.4BK")
        let size = UInt64(UInt32.max) + 3 * UInt64(Block.size) + 5
        let writer = try ArchiveWriter(path: path, job: Job())
        let entry = ArchiveWriter.Entry(role: .data, name: "Data/größe", originalPath: "/a", mode: 0o600, modified: 0)
        var given: UInt64 = 0
        try writer.addEntry(entry, compression: .fast) { buffer in
            let count = Int(min(UInt64(buffer.count), size - given))
            if let start = buffer.baseAddress { memset(start, 0, count) }
            given += UInt64(count)
            return count
        }
        let result = try writer.finish(Sample.manifest())
        #expect(result.manifest.items[0].size == size && result.bytes < 20 << 20, "\(result.bytes)")
        let reader = try ArchiveReader(path: path)
        #expect(try reader.verify(job: Job()) == [])
        let script = "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); print(z.infolist()[0].file_size)"
        if let python = run("python3", "-c", script, path) { #expect(python.output == "\(size)\n") }
    }
}
