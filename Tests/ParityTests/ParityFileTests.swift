// The parity file itself: its bytes as documented, its own damage, and files made to do harm.

import FileSystem
import Foundation
import Testing
import Vocabulary

@testable import Parity

@Suite("The parity file")
struct ParityFileTests {
    static let low = ParityStrength(redundancy: .low, interlacing: .none)

    @Test("its first bytes are those of the example in docs/formats/parity.md")
    func example() throws {
        let shop = try ParityWorkshop(size: 5000, ParityFileTests.low)
        let page = try String(
            contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().appendingPathComponent("docs/formats/parity.md"), encoding: .utf8)
        let lines = page.split(separator: "\n").filter { $0.hasPrefix("    4d53 4350") || $0.hasPrefix("    0100 0000 0100 0000") }
        let digits = lines.joined().filter { $0 != " " }
        let bytes = try Data(contentsOf: URL(fileURLWithPath: shop.parity))
        #expect(digits == Digest.hexadecimal(bytes.prefix(64)))
        #expect(bytes.count == 4096 + 2 * 1024 + 4096)
        // CRC-64/XZ of "123456789", from the catalogue of parametrised CRC algorithms.
        #expect(Array("123456789".utf8).withUnsafeBytes { ParityChecksum.of($0) } == 0x995d_c9bb_df19_39fa)
    }

    @Test("the example of 400 MB in docs/formats/parity.md is the layout that the program chooses")
    func chosen() {
        let layout = ParityLayout(size: 400_000_000, segmentSize: 0, .init(redundancy: .high, interlacing: .high))
        #expect(layout.blockCount == 12_208 && layout.blockSize == 32768)
        #expect(layout.bands == 2 && layout.groups == 31 && layout.parity == 20 && layout.dataPerGroup == 197)
        #expect(layout.fileSize / 1_000_000 == 40)
    }

    @Test("every layout that the program chooses can be read, and its groups cover every block once")
    func layouts() {
        for strength in DamageTests.strengths {
            for size in [1, 1023, 1024, 1025, 204_800, 3_276_800, 6_553_601, 100_000_000, 1 << 40] as [UInt64] {
                let layout = ParityLayout(size: size, segmentSize: 0, strength)
                let page = ParityPage(
                    layout: layout, number: 0,
                    checksums: Array(repeating: 0, count: Int(min(503, layout.checksumCount))))
                guard case .page(let read) = page.bytes().withUnsafeBytes({ ParityPage.read($0) }) else {
                    Issue.record("\(size)")
                    continue
                }
                #expect(read.layout == layout)
                guard layout.blockCount < 20_000 else { continue }
                var seen = 0
                for band in 0..<layout.bands {
                    for block in layout.blocks(ofBand: band) where layout.band(of: block) != band { Issue.record("block \(block)") }
                    for group in 0..<layout.groups { seen += layout.members(ofGroup: group, band: band) }
                }
                #expect(seen == Int(layout.blockCount))
            }
        }
    }

    @Test("one parity file and its files written by version 1 are read and repaired for ever")
    func fixture() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/version-1").path
        let input = ProtectedInput(try #require(try ParityFile.open(folder + "/damaged.bin.parity")), paths: [folder + "/damaged.bin"])
        var bytes = [UInt8](repeating: 0, count: Int(input.size))
        try bytes.withUnsafeMutableBytes { try input.read(into: $0, at: 0) }
        #expect(bytes == (0..<9000).map { UInt8(truncatingIfNeeded: $0 * $0 / 7) })
        #expect(input.repaired.text == "bytes 0 to 1023, 8192 to 8999")
    }

    @Test("a parity file damaged at any 512 bytes still repairs, and says where it is damaged")
    func ownDamage() throws {
        let shop = try ParityWorkshop(size: 300_000, .init(redundancy: .low, interlacing: .low))
        let size = try ParityWorkshop.size(shop.parity)
        try ParityWorkshop.damage(shop.files[0], 100_000..<100_003)
        for place in stride(from: 0, to: size - 512, by: 512) {
            try ParityWorkshop.damage(shop.parity, place..<place + 512)
            #expect(try shop.read() == shop.bytes, "at \(place)")
            let damage = try shop.assess().parity
            #expect(damage.ranges.count <= 2 && damage.ranges.contains { $0.contains(UInt64(place)) })
            try ParityWorkshop.damage(shop.parity, place..<place + 512)
        }
    }

    @Test("a parity file without its first half, cut to its first half, or empty never makes a sound file unreadable")
    func halves() throws {
        let shop = try ParityWorkshop(size: 300_000, .init(redundancy: .medium, interlacing: .low))
        let whole = try Data(contentsOf: URL(fileURLWithPath: shop.parity))
        for data in [whole.prefix(whole.count / 2 + 1), Data(repeating: 0, count: whole.count / 2) + whole.suffix(whole.count - whole.count / 2)] {
            try data.write(to: URL(fileURLWithPath: shop.parity))
            #expect(try shop.read() == shop.bytes)
        }
        for data in [Data(), Data(whole.prefix(4095)), Data(whole.prefix(whole.count / 3)), Data(repeating: 0x4d, count: 50_000)] {
            try data.write(to: URL(fileURLWithPath: shop.parity))
            #expect(throws: Failure.self) { try shop.open() }
        }
        try FileManager.default.removeItem(atPath: shop.parity)
        #expect(try ParityFile.open(shop.parity) == nil)
    }

    @Test("descriptions that break a bound are refused, whatever their checksum says")
    func bounds() throws {
        let shop = try ParityWorkshop(size: 5000, ParityFileTests.low)
        let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: shop.parity)))
        let wishes: [(offset: Int, value: UInt64, size: Int)] = [
            (12, 0, 4), (12, 1000, 4), (12, 1 << 20, 4), (16, 0, 8), (16, .max, 8), (16, 1 << 46, 8), (32, 0, 4),
            (32, 0xffff_ffff, 4), (36, 0, 4), (36, 0xffff_ffff, 4), (40, 0, 4), (40, 255, 4), (40, 0xffff_ffff, 4), (44, 1, 4),
            (48, .max, 8), (56, 0xffff_ffff, 4), (56, 0, 4),
        ]
        for wish in wishes {
            var bytes = whole
            for start in [0, bytes.count - 4096] {
                withUnsafeBytes(of: wish.value.littleEndian) { bytes.replaceSubrange(start + wish.offset..<start + wish.offset + wish.size, with: $0.prefix(wish.size)) }
                let sum = bytes[start..<start + 4088].withUnsafeBytes { ParityChecksum.of($0) }
                withUnsafeBytes(of: sum.littleEndian) { bytes.replaceSubrange(start + 4088..<start + 4096, with: $0) }
            }
            try Data(bytes).write(to: URL(fileURLWithPath: shop.parity))
            #expect(throws: Failure.self, "\(wish)") { try shop.open() }
        }
    }

    @Test("each bound by itself")
    func eachBound() {
        func isAccepted(_ block: UInt32 = 1024, _ size: UInt64 = 5000, _ segment: UInt64 = 0, _ bands: UInt32 = 1, _ groups: UInt32 = 1, _ parity: UInt32 = 2) -> Bool {
            ParityLayout(blockSize: block, size: size, segmentSize: segment, bands: bands, groups: groups, parity: parity) != nil
        }
        #expect(isAccepted() && isAccepted(512) && isAccepted(65536) && !isAccepted(256) && !isAccepted(131_072) && !isAccepted(1025))
        #expect(!isAccepted(1024, 0) && isAccepted(1024, 1) && !isAccepted(65536, 1 << 46 + 1, 0, 1 << 30))
        #expect(isAccepted(1024, 5000, 1) && isAccepted(1024, 9999, 1) && !isAccepted(1024, 10_000, 1))
        #expect(isAccepted(1024, 5000, 0, 5) && !isAccepted(1024, 5000, 0, 6) && !isAccepted(1024, 5000, 0, 0))
        #expect(isAccepted(1024, 5000, 0, 1, 5) && !isAccepted(1024, 5000, 0, 1, 6) && !isAccepted(1024, 5000, 0, 1, 0))
        #expect(isAccepted(1024, 5000, 0, 1, 1, 250) && !isAccepted(1024, 5000, 0, 1, 1, 251) && !isAccepted(1024, 5000, 0, 1, 1, 0))
        #expect(isAccepted(65536, 1 << 30, 0, 1, 512, 2) && !isAccepted(65536, 1 << 30, 0, 1, 513, 2))
    }

    @Test("what is computed with a block that cannot be checked is taken only when its own checksum says so")
    func unchecked() throws {
        let shop = try ParityWorkshop(size: 700_000, ParityFileTests.low)
        let layout = try shop.open().layout
        #expect(layout.pageCount == 2 && layout.bands == 4)
        // Both copies of the first page are gone; the third band's last blocks and its parity have their checksums on the second.
        try ParityWorkshop.damage(shop.parity, 0..<100)
        try ParityWorkshop.damage(shop.parity, Int(layout.secondCopy)..<Int(layout.secondCopy) + 100)
        try ParityWorkshop.damage(shop.files[0], 500 * 1024..<500 * 1024 + 9)
        #expect(try shop.read() == shop.bytes)
        try ParityWorkshop.damage(shop.files[0], 400 * 1024..<400 * 1024 + 9)
        #expect(try shop.read() == [UInt8](Data(contentsOf: URL(fileURLWithPath: shop.files[0]))))
    }

    @Test("a newer major version is refused by its number")
    func newer() throws {
        let shop = try ParityWorkshop(size: 5000, ParityFileTests.low)
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: shop.parity)))
        for start in [0, bytes.count - 4096] {
            bytes[start + 8] = 2
            let sum = bytes[start..<start + 4088].withUnsafeBytes { ParityChecksum.of($0) }
            withUnsafeBytes(of: sum.littleEndian) { bytes.replaceSubrange(start + 4088..<start + 4096, with: $0) }
        }
        try Data(bytes).write(to: URL(fileURLWithPath: shop.parity))
        let failure = try #require(throws: Failure.self) { try shop.open() }
        #expect(failure.code == .unsupportedVersion)
    }

    @Test("the parity file of another file of the same size changes nothing of it")
    func foreign() throws {
        let shop = try ParityWorkshop(size: 50_000, ParityFileTests.low)
        let other = (0..<50_000).map { UInt8(truncatingIfNeeded: $0) }
        try Data(other).write(to: URL(fileURLWithPath: shop.files[0]))
        #expect(try shop.read() == other)
    }

    @Test("files made of random descriptions and random bytes never crash a reader, and never change a sound file")
    func fuzz() throws {
        let shop = try ParityWorkshop(size: 20_000, ParityFileTests.low)
        let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: shop.parity)))
        var opened = 0
        for round in 0..<400 {
            var bytes = whole
            var page = Array(bytes[0..<4096])
            for _ in 0..<Int.random(in: 1...3) {
                let place = [12, 16, 24, 32, 36, 40, 44, 48, 56, 64].randomElement()! + Int.random(in: 0...1)
                page[place] = round % 2 == 0 ? UInt8.random(in: 0...255) : UInt8.random(in: 0...4)
            }
            let sum = page[..<4088].withUnsafeBytes { ParityChecksum.of($0) }
            withUnsafeBytes(of: sum.littleEndian) { page.replaceSubrange(4088..<4096, with: $0) }
            bytes.replaceSubrange(0..<4096, with: page)
            bytes.replaceSubrange(bytes.count - 4096..<bytes.count, with: page)
            if round % 3 == 0 { for _ in 0..<50 { bytes[Int.random(in: 4096..<bytes.count - 4096)] = UInt8.random(in: 0...255) } }
            try Data(bytes).write(to: URL(fileURLWithPath: shop.parity))
            guard let file = try? ParityFile.open(shop.parity), file.partCount == 1 else { continue }
            opened += 1
            _ = try ParityAssessment.of(file, paths: shop.files, Job())
            let input = ProtectedInput(file, paths: shop.files)
            guard input.size <= 20_000 else { continue }
            var read = [UInt8](repeating: 0, count: Int(input.size))
            try read.withUnsafeMutableBytes { try input.read(into: $0, at: 0) }
            #expect(read == Array(shop.bytes[..<read.count]))
        }
        #expect(opened > 20)
    }

    @Test("ranges are joined, counted once and listed up to a bound")
    func ranges() {
        var ranges = ByteRanges()
        for start in [10, 30, 20, 15, 0] as [UInt64] { ranges.insert(start..<start + 10) }
        #expect(ranges.ranges == [0..<40] && ranges.bytes == 40 && ranges.text == "bytes 0 to 39")
        for start in 0..<3000 as Range<UInt64> { ranges.insert(100 + start * 2..<101 + start * 2) }
        #expect(ranges.ranges.count == 1000 && ranges.isCut && ranges.bytes == 3040)
        #expect(ranges.text == "bytes 0 to 39, 100 to 100, 102 to 102, 104 to 104, 106 to 106 and others, 3040 in all")
    }

    @Test("I3: a Stop leaves no parity file")
    func stop() throws {
        let shop = try ParityWorkshop(size: 50_000, ParityFileTests.low)
        let job = Job()
        job.stop()
        let failure = try #require(throws: Failure.self) {
            try ParityWriter.write(shop.folder + "/B.parity", protecting: shop.files, ParityFileTests.low, job)
        }
        #expect(failure.code == .stopped)
        #expect(try FileManager.default.contentsOfDirectory(atPath: shop.folder).sorted() == ["A.parity", "A1"])
    }

    @Test("what stands at a parity file's path and is no file is told; files that are no segments of one are refused, and nothing is written")
    func refused() throws {
        let shop = try ParityWorkshop(size: 5000, ParityFileTests.low)
        let folder = shop.folder + "/folder.parity"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        let failure = #expect(throws: Failure.self) { _ = try ParityFile.open(folder) }
        #expect(failure?.description.contains("it is not a file") == true && failure?.description.contains(folder) == true)
        let files = [100, 300, 100].enumerated().map { (shop.folder + "/part\($0)", $1) }
        for (path, count) in files { try Data(repeating: 1, count: count).write(to: URL(fileURLWithPath: path)) }
        let path = shop.folder + "/parts.parity"
        let unequal = #expect(throws: Failure.self) { _ = try ParityWriter.write(path, protecting: files.map(\.0), ParityFileTests.low, Job()) }
        #expect(unequal?.code == .archiveSaveFailed)
        #expect(!FileManager.default.fileExists(atPath: path))
    }
}
