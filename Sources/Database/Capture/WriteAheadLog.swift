// The -wal file of a database, frame by frame, as far as salts and checksums prove that its frames were written one after the
// other: what a crash or a transaction that was rolled back left behind them is not read.
//
// Opening and closing the -wal file by itself is safe; never do so with the database or its -shm: SQLite's locks would fall.
// File format: https://www.sqlite.org/fileformat2.html#the_write_ahead_log

import FileSystem
import Vocabulary

/// Reads the commits of a write-ahead log. Keep it between readings: it reads only what was added.
struct WriteAheadLog {
    /// One page as a transaction wrote it.
    struct Frame {
        var page: UInt32
        var bytes: UnsafeRawBufferPointer
    }

    private let path: String
    private var header: Header?
    private var offset: UInt64 = 0
    /// Over everything up to `offset`.
    private var checksum = Checksum()

    init(databasePath: String) { path = databasePath + "-wal" }

    /// What one reading found.
    struct Reading<Commit> {
        /// The file began anew since the last reading: nothing that was known of it holds.
        var isNew = false
        var commits: [Commit] = []
    }

    /// Reads the commits since the last reading, in order.
    ///
    /// A file that began anew while it was read gives none of them: its frames may be from two lives. The bytes of a frame are valid
    /// during the call of `take` only.
    /// - Parameters:
    ///   - make: an empty commit.
    ///   - take: adds a frame to the commit it belongs to.
    /// - Throws: what the system says when the file is not there or cannot be read.
    mutating func read<Commit>(
        _ make: () -> Commit, _ take: (inout Commit, Frame) -> Void
    ) throws(SystemError) -> Reading<Commit> {
        let file = try File(path, .read)
        var reading = Reading<Commit>()
        guard let header = try Self.header(file) else { return reading }
        if header != self.header {
            self.header = header
            offset = 32
            checksum = header.checksum
            reading.isNew = true
        }
        let frameSize = 24 + header.pageSize
        let perRead = max(1, (1 << 20) / frameSize)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: perRead * frameSize, alignment: 8)
        defer { buffer.deallocate() }
        var (position, running) = (offset, checksum)
        var (end, endChecksum) = (offset, checksum)
        var commit = make()
        reading: while true {
            let frames = try file.read(into: buffer, at: position) / frameSize
            if frames == 0 { break }
            for index in 0..<frames {
                let frame = UnsafeRawBufferPointer(rebasing: buffer[index * frameSize..<(index + 1) * frameSize])
                guard frame.word(8) == header.salts.0, frame.word(12) == header.salts.1 else { break reading }
                running.add(UnsafeRawBufferPointer(rebasing: frame[..<8]), header.isBigEndian)
                running.add(UnsafeRawBufferPointer(rebasing: frame[24...]), header.isBigEndian)
                guard frame.word(16) == running.first, frame.word(20) == running.second else { break reading }
                take(&commit, Frame(page: frame.word(0), bytes: UnsafeRawBufferPointer(rebasing: frame[24...])))
                position += UInt64(frameSize)
                guard frame.word(4) != 0 else { continue }
                reading.commits.append(commit)
                commit = make()
                (end, endChecksum) = (position, running)
            }
        }
        guard try Self.header(file) == header else { return Reading(isNew: reading.isNew) }
        (offset, checksum) = (end, endChecksum)
        return reading
    }

    private struct Header: Equatable {
        var salts: (UInt32, UInt32)
        var pageSize: Int
        var checksum: Checksum
        var isBigEndian: Bool

        static func == (a: Header, b: Header) -> Bool { a.salts == b.salts && a.pageSize == b.pageSize && a.checksum == b.checksum }
    }

    private static func header(_ file: borrowing File) throws(SystemError) -> Header? {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 32, alignment: 8)
        defer { bytes.deallocate() }
        guard try file.read(into: bytes, at: 0) == 32 else { return nil }
        let header = UnsafeRawBufferPointer(bytes)
        guard header.word(0) & ~1 == 0x377f_0682 else { return nil }
        let pageSize = Int(header.word(8))
        guard pageSize >= 512, pageSize <= 65536, pageSize & (pageSize - 1) == 0 else { return nil }
        let isBigEndian = header.word(0) & 1 == 1
        var checksum = Checksum()
        checksum.add(UnsafeRawBufferPointer(rebasing: header[..<24]), isBigEndian)
        guard checksum == Checksum(first: header.word(24), second: header.word(28)) else { return nil }
        return Header(salts: (header.word(16), header.word(20)), pageSize: pageSize, checksum: checksum, isBigEndian: isBigEndian)
    }

    /// The running sum that each frame carries over all frames before it.
    private struct Checksum: Equatable {
        var first: UInt32 = 0
        var second: UInt32 = 0

        /// - Parameter bytes: a multiple of eight.
        mutating func add(_ bytes: UnsafeRawBufferPointer, _ isBigEndian: Bool) {
            var (a, b) = (first, second)
            var at = 0
            while at < bytes.count {
                let (x, y) = (bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self), bytes.loadUnaligned(fromByteOffset: at + 4, as: UInt32.self))
                a = a &+ (isBigEndian ? x.bigEndian : x.littleEndian) &+ b
                b = b &+ (isBigEndian ? y.bigEndian : y.littleEndian) &+ a
                at += 8
            }
            (first, second) = (a, b)
        }
    }
}

extension UnsafeRawBufferPointer {
    /// The big-endian number of four bytes at an offset.
    func word(_ offset: Int) -> UInt32 { UInt32(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self)) }
}
