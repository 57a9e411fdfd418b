import Testing

@testable import PageFormat

@Suite("The write-ahead log's own format")
struct WriteAheadLogFormatTests {
    /// Frames that continue the log from its header on, and which of them end a commit.
    private func frames(_ log: [UInt8]) -> [(page: UInt32, isCommit: Bool)] {
        withGuard(log) { bytes in
            guard let header = WriteAheadLogHeader(bytes) else { return [] }
            var checksum = header.checksum
            var found: [(page: UInt32, isCommit: Bool)] = []
            for start in stride(from: WriteAheadLogHeader.size, through: bytes.count - header.frameSize, by: header.frameSize) {
                let frame = UnsafeRawBufferPointer(rebasing: bytes[start..<start + header.frameSize])
                guard let head = FrameHeader(frame), head.salts == header.salts, head.continues(&checksum, frame) else { break }
                found.append((head.page, head.isCommit))
            }
            return found
        }
    }

    @Test("a log that SQLite wrote: its frames, and where its commits end")
    func written() throws {
        let found = frames(try sampleLog())
        #expect(found.map(\.page) == [1, 2, 1, 2, 3])
        #expect(found.map(\.isCommit) == [false, true, false, false, true])
    }

    @Test("whichever byte is changed, the log ends before it")
    func changed() throws {
        let log = try sampleLog()
        for at in log.indices {
            var other = log
            other[at] ^= UInt8.random(in: 1...255)
            #expect(frames(other).count == max(0, (at - 32) / 536), "byte \(at)")
        }
    }

    @Test("whatever follows a whole frame and is none is not read, and a header cut short is none")
    func cut() throws {
        let log = try sampleLog()
        for count in 0...log.count { #expect(frames(Array(log.prefix(count))).count == max(0, (count - 32) / 536)) }
    }
}
