// The -wal file of a database, frame by frame, as far as salts and checksums prove that its frames were written one after the
// other: what a crash or a transaction that was rolled back left behind them is not read.
//
// Opening and closing the -wal file by itself is safe; never do so with the database or its -shm: SQLite's locks would fall.

import FileSystem
import PageFormat

/// Reads the commits of a write-ahead log. Keep it between readings: it reads only what was added.
struct WriteAheadLog {
    /// One page as a transaction wrote it.
    struct Frame {
        var page: UInt32
        var bytes: UnsafeRawBufferPointer
    }

    private let path: String
    private var header: WriteAheadLogHeader?
    private var offset: UInt64 = 0
    /// Over everything up to `offset`; nil until there is a header.
    private var checksum: FrameChecksum?

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
            offset = UInt64(WriteAheadLogHeader.size)
            checksum = header.checksum
            reading.isNew = true
        }
        let frameSize = header.frameSize
        let perRead = max(1, (1 << 20) / frameSize)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: perRead * frameSize, alignment: 8)
        defer { buffer.deallocate() }
        var (position, running) = (offset, checksum ?? header.checksum)
        var (end, endChecksum) = (position, running)
        var commit = make()
        reading: while true {
            let frames = try file.read(into: buffer, at: position) / frameSize
            if frames == 0 { break }
            for index in 0..<frames {
                let frame = UnsafeRawBufferPointer(rebasing: buffer[index * frameSize..<(index + 1) * frameSize])
                guard let head = FrameHeader(frame), head.salts == header.salts, head.continues(&running, frame) else { break reading }
                take(&commit, Frame(page: head.page, bytes: UnsafeRawBufferPointer(rebasing: frame[FrameHeader.size...])))
                position += UInt64(frameSize)
                guard head.isCommit else { continue }
                reading.commits.append(commit)
                commit = make()
                (end, endChecksum) = (position, running)
            }
        }
        guard try Self.header(file) == header else { return Reading(isNew: reading.isNew) }
        (offset, checksum) = (end, endChecksum)
        return reading
    }

    private static func header(_ file: borrowing File) throws(SystemError) -> WriteAheadLogHeader? {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: WriteAheadLogHeader.size, alignment: 8)
        defer { bytes.deallocate() }
        return try file.read(into: bytes, at: 0) == bytes.count ? WriteAheadLogHeader(UnsafeRawBufferPointer(bytes)) : nil
    }
}
