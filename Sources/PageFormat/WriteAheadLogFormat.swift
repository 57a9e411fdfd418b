// The header of a write-ahead log, the headers of its frames, and the sum that runs over all of them.
// https://www.sqlite.org/fileformat2.html#the_write_ahead_log

/// The header of a -wal file.
package struct WriteAheadLogHeader: Sendable, Equatable {
    /// Bytes of the header.
    package static let size = 32

    /// Bytes of a page: a power of two from 512 to 65536.
    package var pageSize: Int
    /// Each frame carries them: a frame with others is from an earlier life of the file.
    package var salts: Salts
    /// With it begins the sum of the first frame.
    package var checksum: FrameChecksum

    /// Nil when the bytes are not those of a log, or their sum is wrong.
    package init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= WriteAheadLogHeader.size, let magic = bytes.number32(0), magic & ~1 == 0x377f_0682,
            let size = bytes.number32(8), size >= 512, size <= 65536, size & (size - 1) == 0,
            let first = bytes.number32(24), let second = bytes.number32(28), let salts = Salts(bytes, at: 16)
        else { return nil }
        var checksum = FrameChecksum(isBigEndian: magic & 1 == 1)
        checksum.add(UnsafeRawBufferPointer(rebasing: bytes[..<24]))
        guard checksum.first == first, checksum.second == second else { return nil }
        pageSize = Int(size)
        self.salts = salts
        self.checksum = checksum
    }

    /// Bytes of a frame: its header and a page.
    package var frameSize: Int { FrameHeader.size + pageSize }
}

/// Two random numbers, new ones each time a log begins anew.
package struct Salts: Sendable, Equatable {
    package var first: UInt32
    package var second: UInt32

    /// - Parameter bytes: of a log's header, of a frame's or of the log's index, which has them in the same form.
    package init?(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        guard let first = bytes.number32(offset), let second = bytes.number32(offset + 4) else { return nil }
        self.first = first
        self.second = second
    }
}

/// The header of one frame, which is followed by the page that it holds.
package struct FrameHeader: Sendable {
    /// Bytes of the header.
    package static let size = 24

    /// From 1.
    package var page: UInt32
    /// Pages of the database after the commit that this frame ends; 0 for every other frame.
    package var pageCount: UInt32
    package var salts: Salts
    private var sums: (first: UInt32, second: UInt32)

    /// - Parameter frame: begins with the header; nil when it is shorter.
    package init?(_ frame: UnsafeRawBufferPointer) {
        guard let page = frame.number32(0), let pageCount = frame.number32(4), let salts = Salts(frame, at: 8),
            let first = frame.number32(16), let second = frame.number32(20)
        else { return nil }
        self.page = page
        self.pageCount = pageCount
        self.salts = salts
        sums = (first, second)
    }

    package var isCommit: Bool { pageCount != 0 }

    /// Whether the frame continues what the sum ran over so far.
    /// - Parameters:
    ///   - frame: the same frame, with its page.
    ///   - checksum: over everything before it; runs on over this frame.
    package func continues(_ checksum: inout FrameChecksum, _ frame: UnsafeRawBufferPointer) -> Bool {
        checksum.add(UnsafeRawBufferPointer(rebasing: frame[..<8]))
        checksum.add(UnsafeRawBufferPointer(rebasing: frame[FrameHeader.size...]))
        return checksum.first == sums.first && checksum.second == sums.second
    }
}

/// The running sum that each frame carries over all frames before it.
package struct FrameChecksum: Sendable, Equatable {
    package private(set) var first: UInt32 = 0
    package private(set) var second: UInt32 = 0
    private let isBigEndian: Bool

    init(isBigEndian: Bool) { self.isBigEndian = isBigEndian }

    /// - Parameter bytes: a multiple of eight; what is left over does not count.
    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        var (a, b) = (first, second)
        for at in stride(from: 0, through: bytes.count - 8, by: 8) {
            let (x, y) = (bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self), bytes.loadUnaligned(fromByteOffset: at + 4, as: UInt32.self))
            a = a &+ (isBigEndian ? x.bigEndian : x.littleEndian) &+ b
            b = b &+ (isBigEndian ? y.bigEndian : y.littleEndian) &+ a
        }
        (first, second) = (a, b)
    }
}
