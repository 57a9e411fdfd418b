// A log that somebody rewrites with right checksums: without the key its marks cannot be made (I8).

import Deflate
import FileSystem
import LogFile
import Testing
import Vocabulary

@Suite("Marks made with an integrity key")
struct IntegrityTests {
    let folder: TestFolder
    private let first: IntegrityKeys
    private let second: IntegrityKeys

    init() throws {
        folder = try TestFolder()
        first = IntegrityKeys(try #require(IntegrityKey(Array(0..<32))))
        second = IntegrityKeys(try #require(IntegrityKey(Array(32..<64))))
    }

    /// Three commits of one row each, and no seal.
    private func write(_ keys: IntegrityKeys?, as name: String = "a") throws -> String {
        let path = folder.file(name)
        let writer = try LogWriter.create(path, header: try Sample.header(), keys: keys)
        for n in 1...3 {
            try Draft.row(n).append(to: writer)
            try writer.commit()
        }
        return path
    }

    private func append(_ n: Int, to path: String, _ keys: IntegrityKeys?, trusting: Bool = false) throws {
        let writer = try LogWriter(opening: path, keys: keys, trusting: trusting)
        try Draft.row(n).append(to: writer)
        try writer.commit()
    }

    private func code(_ body: () throws -> Void) -> ErrorCode? {
        do { try body() } catch { return (error as? Failure)?.code }
        return nil
    }

    /// What a reader, a check and a writer with the keys say.
    private func expectRefused(_ path: String, _ keys: IntegrityKeys, sourceLocation: SourceLocation = #_sourceLocation) throws {
        #expect(code { try LogIntegrity.verify(path, keys) } == .tampered, sourceLocation: sourceLocation)
        let told = try LogCheck.run(path, keys: keys).problems.filter { $0.what.hasPrefix("error 1529") }
        #expect(!told.isEmpty, sourceLocation: sourceLocation)
    }

    @Test("a log, its sealed copy and its successor are what the holder of the key wrote")
    func sound() throws {
        let path = try write(first)
        try LogIntegrity.verify(path, first)
        let report = try LogCheck.run(path, keys: first)
        #expect(report.problems == [])
        // One when it was made, one for each commit.
        #expect(report.marks == 4)
        #expect(try LogCheck.run(path).problems == [])
        let reader = try LogReader(path)
        #expect(try reader.markedBy() == first.current.identifier)
        #expect(try reader.objection(first) == nil)

        let sealed = try reader.writeSealedCopy(to: folder.file("b"), upTo: 2, key: first.current)
        try LogIntegrity.verify(sealed.path, first)
        #expect(try LogReader(sealed.path).objection(first) == nil)
        let writer = try LogWriter(opening: path, keys: first)
        let header = try reader.successorHeader(
            after: 2, number: 1, segment: 0, startTime: 0, structure: [], previousDigest: sealed.lastDigest)
        let next = try writer.startSuccessor(after: 2, header: header)
        try LogIntegrity.verify(path, first)
        try Draft.row(4).append(to: next)
        try next.seal()
        try LogIntegrity.verify(path, first)
        #expect(try LogCheck.run(path, keys: first).problems == [])
    }

    @Test("more than an index holds")
    func large() throws {
        let path = folder.file("a")
        do {
            let writer = try LogWriter.create(path, header: try Sample.header(), keys: first)
            for n in 1...600 {
                try Draft.row(n).append(to: writer)
                try writer.commit()
            }
        }
        #expect(try LogCheck.run(path, keys: first).problems == [])
        #expect(try everything(path).operations.count == 600)
        try append(601, to: path, first)
        try LogIntegrity.verify(path, first)
    }

    @Test("a row that was changed, with every checksum and digest made anew, is found with the key alone")
    func rewritten() throws {
        let path = try write(first)
        let forged = Forger(try readAll(path)).replacing("number 2", by: "number 9")
        try writeAll(forged, to: path)
        #expect(try LogCheck.run(path).problems == [])
        #expect(try everything(path).operations.count == 3)
        try expectRefused(path, first)
        // The writer looks at the end alone: its mark is over a block that is not there any more.
        #expect(code { try append(4, to: path, first) } == .tampered)
        #expect(try readAll(path) == forged)
    }

    @Test("the place where a drain goes on stands under the mark, too")
    func position() throws {
        let path = try write(first)
        let forged = Forger(try readAll(path)).raisingLastPosition()
        try writeAll(forged, to: path)
        #expect(try LogReader(path).lastPosition > 3)
        #expect(code { try LogIntegrity.verify(path, first) } == .tampered)
        #expect(code { try append(4, to: path, first) } == .tampered)
    }

    @Test("a log without marks, or with operations behind its last mark, is not taken for a marked one")
    func unmarked() throws {
        let path = try write(nil)
        try expectRefused(path, first)
        #expect(code { try append(4, to: path, first) } == .tampered)
        let marked = try write(first, as: "b")
        try append(4, to: marked, nil)
        try expectRefused(marked, first)
        #expect(code { try append(5, to: marked, first) } == .tampered)
        // Who trusts it says so. The mark comes also when nothing is new.
        for path in [path, marked] {
            try LogWriter(opening: path, keys: first, trusting: true).commit()
            try LogIntegrity.verify(path, first)
            try append(6, to: path, first)
            try LogIntegrity.verify(path, first)
        }
    }

    @Test("another key is another key; a former one still counts, and new marks are made with the new one")
    func rotation() throws {
        let path = try write(first)
        try expectRefused(path, second)
        #expect(code { try append(4, to: path, second) } == .tampered)
        let both = IntegrityKeys(second.current, former: [first.current])
        try append(4, to: path, both)
        try LogIntegrity.verify(path, both)
        #expect(try LogReader(path).markedBy() == second.current.identifier)
        try expectRefused(path, first)
    }

    @Test("the end of a log is found again in it as long as it only grew")
    func head() throws {
        let path = try write(first)
        let head = try #require(try LogReader(path).head())
        try append(4, to: path, first)
        #expect(try LogReader(path).contains(head))
        let other = LogHead(end: head.end, digest: head.digest.reversed())
        #expect(try !LogReader(path).contains(other))
        let shorter = try readAll(path)
        try writeAll(shorter[..<(Int(head.end) - 1)], to: path)
        #expect(try !LogReader(path).contains(head))
    }

    @Test("a block of a newer version is no damage: error 1503 names the version")
    func newer() throws {
        for (kind, version, name) in [(UInt8(7), UInt16(0x0102), "1.2"), (6, 0x0203, "2.3"), (99, 0, "1.0")] {
            let path = try write(first, as: "\(kind)-\(version)")
            try writeAll(Forger(try readAll(path)).changingLastBlock(kind: kind, needs: version), to: path)
            for act in [{ _ = try LogReader(path) }, { _ = try LogCheck.run(path) }, { _ = try LogWriter(opening: path) }] {
                let failure = #expect(throws: Failure.self) { try act() }
                #expect(failure?.code == .unsupportedVersion)
                #expect(failure?.cause?.contains("format version \(name)") == true)
            }
        }
    }

    @Test("the bytes of a mark are those of docs/formats/journal.md")
    func golden() throws {
        let path = folder.file("golden")
        let writer = try LogWriter.create(path, header: try Sample.header(), keys: first)
        try Draft.row(1).append(to: writer)
        try writer.commit()
        let bytes = try readAll(path)
        let header = bytes.suffix(200).prefix(144)
        let payload = Array(bytes.suffix(56).prefix(48))
        // Kind, flags, and the version that it needs.
        #expect(Array(header.dropFirst(4).prefix(4)) == [6, 4, 1, 1])
        let identifier: [UInt8] = [0x4d, 0xa7, 0x1a, 0x91, 0x7c, 0xc0, 0x58, 0x18]
        let start = [1] + [UInt8](repeating: 0, count: 7) + identifier
        let covered = Array("msc log mark 1\0\0".utf8) + start + Array(header.prefix(76)) + Array(header.dropFirst(80).prefix(56))
        #expect(payload == start + Self.code(of: covered))
    }

    /// HMAC-SHA-256 as RFC 2104 has it, with the key 00 01 … 1f.
    private static func code(of bytes: [UInt8]) -> [UInt8] {
        let key = (0..<64).map { UInt8($0 < 32 ? $0 : 0) }
        let inner = Digest.of(key.map { $0 ^ 0x36 } + bytes)
        return Digest.of(key.map { $0 ^ 0x5c } + inner)
    }

    @Test("a key never shows")
    func secret() throws {
        let key = first.current
        for text in ["\(key)", String(reflecting: key), "\(first)", String(describing: Mirror(reflecting: key).children.map { "\($0)" })] {
            #expect(!text.contains("31"), "\(text)")
        }
        #expect(IntegrityKey([1, 2, 3]) == nil)
    }
}

/// Changes a log as somebody does who can write it and knows the format, but no key.
private struct Forger {
    private var bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    private func number(_ at: Int) -> Int { (0..<4).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) } }

    private mutating func put(_ value: UInt32, at: Int) {
        for place in 0..<4 { bytes[at + place] = UInt8(truncatingIfNeeded: value >> (8 * place)) }
    }

    private func checksum(_ range: Range<Int>) -> UInt32 {
        bytes.withUnsafeBytes { Codec.best.checksum(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    private var blocks: [Int] {
        var found: [Int] = []
        var at = number(12)
        while at < bytes.count {
            found.append(at)
            at += 144 + number(at + 8) + 8
        }
        return found
    }

    /// All checksums and digests as they have to be.
    private mutating func agree() {
        var digest = Digest.of(Array(bytes[..<number(12)]))
        for at in blocks {
            let payload = at + 144..<at + 144 + number(at + 8)
            bytes.replaceSubrange(at + 104..<at + 136, with: digest)
            put(checksum(payload), at: at + 76)
            put(checksum(at..<at + 140), at: at + 140)
            put(checksum(at..<at + 140), at: payload.upperBound + 4)
            digest = Digest.of(Array(bytes[payload]) + Array(bytes[at..<at + 144]))
        }
    }

    func replacing(_ old: String, by new: String) -> [UInt8] {
        var forger = self
        let (old, new) = (Array(old.utf8), Array(new.utf8))
        for at in 0...(bytes.count - old.count) where bytes[at] == old[0] && Array(bytes[at..<at + old.count]) == old {
            forger.bytes.replaceSubrange(at..<at + old.count, with: new)
        }
        forger.agree()
        return forger.bytes
    }

    func raisingLastPosition() -> [UInt8] {
        var forger = self
        guard let last = blocks.last else { return [] }
        forger.bytes[last + 56 + 1] = 1
        forger.agree()
        return forger.bytes
    }

    func changingLastBlock(kind: UInt8, needs version: UInt16) -> [UInt8] {
        var forger = self
        guard let last = blocks.last else { return [] }
        forger.bytes[last + 4] = kind
        forger.bytes[last + 6] = UInt8(truncatingIfNeeded: version)
        forger.bytes[last + 7] = UInt8(version >> 8)
        forger.agree()
        return forger.bytes
    }
}

extension Digest {
    fileprivate static func of(_ bytes: [UInt8]) -> [UInt8] { bytes.withUnsafeBytes { of($0) } }
}
