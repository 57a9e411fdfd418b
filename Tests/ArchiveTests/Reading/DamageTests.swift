import Deflate
import Glibc
import Testing
import Vocabulary
@testable import Archive
@testable import FileSystem

@Suite("Damage is found, named, and costs no more than what it hit")
struct DamageTests {
    let workshop = Workshop()
    let small: [Content] = [("Data/größe.db", Sample.text(900)), ("Settings/empty", []), ("noise", Sample.noise(50))]

    @Test("a file of another kind is said to be one, not a damaged archive whose end is missing")
    func anotherKind() throws {
        try Publication.write(Array("SQLite format 3\0 and what follows".utf8), to: workshop.path("data.4BK"))
        let failure = #expect(throws: Failure.self) { try ArchiveReader(path: workshop.path("data.4BK")) }
        #expect(failure?.code == .archiveDamaged)
        #expect(failure?.sentence.contains("another kind of file") == true, "\(failure?.sentence ?? "")")
    }

    @Test("every byte of a small archive changed: an error or the right bytes", .timeLimit(.minutes(30)), arguments: Codec.allCases)
    func flips(codec: Codec) throws {
        try makeArchive(workshop.path("good.4BK"), small, codec: codec)
        let good = workshop.bytes("good.4BK")
        let path = workshop.path("bad.4BK")
        var harmless = 0
        for index in good.indices {
            for change in [0x01, 0x80, 0xff] as [UInt8] {
                var bad = good
                bad[index] ^= change
                try workshop.write(bad, to: "bad.4BK")
                do {
                    let reader = try ArchiveReader(path: path, codec: codec, cores: 2)
                    let problems = try reader.verify(job: Job())
                    let found = try readArchive(path, codec: codec)
                    #expect(same(found, small), "byte \(index) changed by \(change)")
                    #expect(problems.isEmpty, "byte \(index): \(problems)")
                    harmless += 1
                } catch { #expect((error as? Failure) != nil, "\(error)") }
            }
        }
        // Times, versions and attributes: 13 of the 90 or so bytes of headers that each of four entries has.
        #expect(harmless < good.count / 2)
    }

    @Test("a small archive cut at every length: an error", arguments: Codec.allCases)
    func cuts(codec: Codec) throws {
        try makeArchive(workshop.path("good.4BK"), small, codec: codec)
        let good = workshop.bytes("good.4BK")
        for length in 0..<good.count {
            try workshop.write(Array(good[..<length]), to: "bad.4BK")
            #expect(Failure.code { _ = try ArchiveReader(path: workshop.path("bad.4BK")) } == .archiveDamaged)
        }
    }

    @Test("damage in one piece costs that piece: verify names its bytes, extraction leaves no file", arguments: Compression.allCases, Codec.allCases)
    func onePiece(compression: Compression, codec: Codec) throws {
        let size = 9_500_000
        try makeArchive(workshop.path("a.4BK"), [("big", Sample.text(size)), ("good", [1])], compression: compression, codec: codec)
        let pieces = try #require(try ArchiveReader(path: workshop.path("a.4BK")).manifest().items[0].pieces)
        #expect(pieces.ends.count == 3 && pieces.size == 4 << 20)
        let header = try #require(try ArchiveReader(path: workshop.path("a.4BK")).directory["big"])
        var bytes = workshop.bytes("a.4BK")
        bytes[Int(header.dataOffset + pieces.ends[0]) + 100_000] ^= 0x55
        try workshop.write(bytes, to: "a.4BK")
        let reader = try ArchiveReader(path: workshop.path("a.4BK"), codec: codec, cores: 2)
        let problems = try reader.verify(job: Job())
        #expect(problems.map(\.entryName) == ["big"] && problems.map(\.bytes) == [4 << 20..<8 << 20])
        #expect(
            problems.first?.failure.message
                == "archive '\(workshop.path("a.4BK"))' is damaged, entry 'big', at byte \(header.dataOffset + pieces.ends[0]): "
                + "bytes 4194304 to 8388607 of the file are lost")
        let items = try reader.manifest().items
        #expect(Failure.code { try reader.extract(items[0], toFile: workshop.path("out"), job: Job()) } == .archiveDamaged)
        #expect(workshop.contents() == ["a.4BK"])
        try reader.extract(items[1], toFile: workshop.path("out"), job: Job())
        #expect(workshop.bytes("out") == [1])
    }

    @Test("flips in a large archive, here and there", .timeLimit(.minutes(30)), arguments: Codec.allCases)
    func largeFlips(codec: Codec) throws {
        let zeros = [UInt8](repeating: 0, count: 9 << 20)
        try makeArchive(workshop.path("good.4BK"), [("zeros", zeros)], codec: codec)
        let good = workshop.bytes("good.4BK")
        for index in stride(from: 0, to: good.count, by: max(1, good.count / 60)) {
            var bad = good
            bad[index] ^= 0x10
            try workshop.write(bad, to: "bad.4BK")
            if let found = try? readArchive(workshop.path("bad.4BK"), codec: codec) {
                #expect(found.count == 1 && found[0].bytes == zeros, "byte \(index)")
            }
        }
    }

    @Test("a digest that differs is found although every CRC agrees")
    func digest() throws {
        try makeArchive(workshop.path("a.4BK"), small)
        let reader = try ArchiveReader(path: workshop.path("a.4BK"))
        var item = try reader.manifest().items[0]
        item.sha256 = String(repeating: "0", count: 64)
        do {
            try reader.extract(item, job: Job()) { _ in }
            Issue.record("the digest was not compared")
        } catch {
            let failure = error as? Failure
            #expect(failure?.code == .archiveDamaged && failure?.message.contains("SHA-256 differs") == true)
        }
    }

    @Test("the CRC of an entry is held against its bytes although every piece is sound")
    func entryChecksum() throws {
        let content = Sample.text(5_000_000)
        try makeArchive(workshop.path("a.4BK"), [("big", content)])
        let true32 = content.withUnsafeBytes { Codec.best.checksum($0) }
        let wanted = withUnsafeBytes(of: true32.littleEndian, Array.init)
        var bytes = workshop.bytes("a.4BK")
        var changed = 0
        for place in 0..<bytes.count - 4 where bytes[place] == wanted[0] && Array(bytes[place..<place + 4]) == wanted {
            bytes[place] ^= 0x01
            changed += 1
        }
        #expect(changed == 2, "behind the data and in the directory")
        try workshop.write(bytes, to: "a.4BK")
        let reader = try ArchiveReader(path: workshop.path("a.4BK"))
        let problems = try reader.verify(job: Job())
        #expect(problems.map(\.entryName) == ["big"] && problems.map(\.bytes) == [nil])
        #expect(problems.first?.failure.description.contains("its CRC-32 differs") == true)
        let item = try #require(try reader.manifest().items.first)
        #expect(Failure.code { try reader.extract(item, toFile: workshop.path("out"), job: Job()) } == .archiveDamaged)
        #expect(workshop.contents() == ["a.4BK"])
    }

    @Test("an archive that becomes shorter while it is read is error 1411 with the place; an item it does not hold is refused")
    func shorter() throws {
        let path = workshop.path("a.4BK")
        try makeArchive(path, [("noise", Sample.noise(300_000))], compression: .none)
        let reader = try ArchiveReader(path: path)
        var item = try #require(try reader.manifest().items.first)
        #expect(truncate(path, 200_000) == 0)
        do {
            try reader.extract(item, job: Job()) { _ in }
            Issue.record("extracted")
        } catch {
            let failure = error as? Failure
            #expect(failure?.code == .archiveDamaged)
            #expect(failure?.description.contains("'\(path)' became shorter while it was read") == true)
        }
        item.entryName = "other"
        let other = #expect(throws: Failure.self) { try reader.extract(item, job: Job()) { _ in } }
        #expect(other?.code == .archiveDamaged && other?.message.contains("the archive has no such entry") == true)
    }
}
