import Deflate
import Glibc
import Testing
import Vocabulary
@testable import Archive
@testable import FileSystem

@Suite("A hostile archive is refused before a byte of it is written")
struct HostileArchiveTests {
    let workshop = Workshop()

    private func failure(_ bytes: [UInt8]) throws -> Failure? {
        try workshop.write(bytes, to: "forged.4BK")
        do {
            _ = try ArchiveReader(path: workshop.path("forged.4BK"))
            return nil
        } catch { return error }
    }

    @Test("an honest forgery is accepted: the forger works")
    func honest() throws {
        #expect(try failure(Forgery.file([Forgery("Data/a"), Forgery("b")])) == nil)
    }

    @Test(
        "names that lead elsewhere are unsafe",
        arguments: ["../x", "a/../b", "/etc/x", "a\\b", "a\0b", "a//b", "./a", "a/.", "..", ".", "dir/"])
    func names(name: String) throws {
        #expect(try failure(Forgery.file([Forgery(name)]))?.code == .unsafeEntry)
    }

    @Test("so are a name that is not UTF-8, an empty one, and one that no folder can hold")
    func oddNames() throws {
        var forgery = Forgery("abc")
        forgery.rawName = [0x61, 0xff, 0x63]
        #expect(try failure(Forgery.file([forgery]))?.code == .unsafeEntry)
        #expect(try failure(Forgery.file([Forgery("")]))?.code == .unsafeEntry)
        #expect(try failure(Forgery.file([Forgery(String(repeating: "x", count: 256))]))?.code == .unsafeEntry)
    }

    @Test("links, folders, pipes and devices are unsafe", arguments: [1, 2, 4, 6, 10, 12] as [UInt8])
    func types(type: UInt8) throws {
        var forgery = Forgery("link")
        forgery.type = type
        let found = try failure(Forgery.file([forgery]))
        #expect(found?.code == .unsafeEntry && found?.message.contains("'link'") == true)
    }

    @Test("two entries with one name, or one place, are damage")
    func doubles() throws {
        #expect(try failure(Forgery.file([Forgery("a"), Forgery("a")]))?.code == .archiveDamaged)
        var second = Forgery("a")
        second.sharesHeader = true
        #expect(try failure(Forgery.file([Forgery("a"), second]))?.code == .archiveDamaged)
    }

    @Test("sizes that cannot be are damage", arguments: [1 << 62, UInt64.max, UInt64(UInt32.max), 100_000])
    func sizes(size: UInt64) throws {
        for method in [Zip.stored, Zip.deflated] {
            var forgery = Forgery("a", method: method)
            forgery.entry.size = size
            #expect(try failure(Forgery.file([forgery]))?.code == .archiveDamaged)
            forgery.entry.compressedSize = size
            #expect(try failure(Forgery.file([forgery]))?.code == .archiveDamaged)
        }
    }

    @Test("end records that promise too much are damage", arguments: [1 << 20, 1 << 40, UInt64.max - 1000])
    func ends(number: UInt64) throws {
        #expect(try failure(Forgery.file([Forgery("a")]) { $0.entryCount = number })?.code == .archiveDamaged)
        #expect(try failure(Forgery.file([Forgery("a")]) { $0.directoryOffset = number })?.code == .archiveDamaged)
        #expect(try failure(Forgery.file([Forgery("a")]) { $0.entryCount = 0 })?.code == .archiveDamaged)
    }

    @Test("a local header that tells another story is damage")
    func localHeader() throws {
        for change in [{ $0.name = "b" }, { $0.method = Zip.deflated }, { $0.flags = Zip.flagUTF8 }] as [(inout ZipEntry) -> Void] {
            var forgery = Forgery("a")
            forgery.local = forgery.entry
            if var local = forgery.local {
                change(&local)
                forgery.local = local
            }
            let found = try failure(Forgery.file([forgery]))
            #expect(found?.code == .archiveDamaged && found?.message.contains("entry 'a', at byte 0") == true)
        }
    }

    @Test("encryption and other methods are named as what this program does not read")
    func unknownForms() throws {
        var encrypted = Forgery("a")
        encrypted.entry.flags |= Zip.flagEncrypted
        #expect(try failure(Forgery.file([encrypted]))?.code == .unsupportedVersion)
        #expect(try failure(Forgery.file([Forgery("a", method: 12)]))?.code == .unsupportedVersion)
    }

    @Test("a stream that gives more than it declares is stopped there", arguments: Codec.allCases)
    func bomb(codec: Codec) throws {
        try makeArchive(workshop.path("a.4BK"), [("zeros", [UInt8](repeating: 0, count: 3 << 20))], codec: codec)
        let input = try ArchiveInput(path: workshop.path("a.4BK"))
        var entry = try #require(try ZipDirectory(of: input)["zeros"])
        for size in [0, 1, 1000, 1 << 20, 3 << 20 - 1] as [UInt64] {
            entry.size = size
            var given: UInt64 = 0
            var problems: [ArchiveProblem] = []
            try EntryDecoder(input: input, codec: codec, cores: 2).decode(
                entry, pieces: nil, sha256: nil, sink: { given += UInt64($0.count) }, found: { problems.append($0) },
                step: { _ in })
            #expect(given <= size && problems.count == 1 && problems.first?.failure.code == .archiveDamaged)
        }
    }

    @Test("what is no file, no archive, or not there")
    func notAnArchive() throws {
        mkfifo(workshop.path("pipe.4BK"), 0o600)
        #expect(Failure.code { _ = try ArchiveReader(path: workshop.path("pipe.4BK")) } == .archiveDamaged)
        #expect(Failure.code { _ = try ArchiveReader(path: workshop.folder) } == .archiveDamaged)
        #expect(Failure.code { _ = try ArchiveReader(path: workshop.path("nothing.4BK")) } == .archiveMissing)
        #expect(Failure.code { _ = try ArchiveReader(path: workshop.path("no/such/folder/a-0001.4BK")) } == .archiveMissing)
        #expect(try failure([])?.code == .archiveDamaged)
        #expect(try failure(Sample.noise(100_000))?.code == .archiveDamaged)
    }

    @Test("offsets beyond 4 GiB are read, by us and by Python")
    func farOffsets() throws {
        let path = workshop.path("far.zip")
        var hole = Forgery("hole", [])
        let length: UInt64 = 5 << 30
        hole.entry.size = length
        hole.entry.compressedSize = length
        var second = Forgery("second", [4, 5, 6])
        let file = try File(path, .createNew)
        let header = hole.entry.localHeader()
        second.entry.headerOffset = UInt64(header.count) + length + UInt64(Zip.descriptorSize)
        let tail = second.entry.localHeader() + second.data + second.entry.descriptor()
        let directory = hole.entry.centralHeader() + second.entry.centralHeader()
        let end = ZipEnd(
            entryCount: 2, directorySize: UInt64(directory.count),
            directoryOffset: second.entry.headerOffset + UInt64(tail.count))
        try header.withUnsafeBytes { try file.write($0, at: 0) }
        try (hole.entry.descriptor() + tail + directory + end.bytes()).withUnsafeBytes {
            try file.write($0, at: UInt64(header.count) + length)
        }
        let reader = try ArchiveReader(path: path)
        #expect(reader.directory["second"]?.headerOffset == second.entry.headerOffset)
        #expect(reader.directory["hole"]?.size == length)
        let script = "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); print(z.read('second'), z.getinfo('hole').file_size)"
        if let python = run("python3", "-c", script, path) {
            #expect(python.output == "b'\\x04\\x05\\x06' 5368709120\n")
        }
    }
}
