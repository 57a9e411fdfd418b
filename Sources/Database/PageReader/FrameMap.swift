// Which pages of a snapshot stand in the write-ahead log and not yet in the main file.

import CSQLite
import PageFormat

/// The newest version of each page that the log holds for a snapshot, sorted by page.
///
/// Takes 8 bytes for each frame that no checkpoint has moved to the main file: 2 MiB for a log of 1 GiB with pages of 4 KiB.
struct FrameMap {
    /// Page number in the upper half, frame number in the lower one, both counted from 1.
    private var entries: [UInt64] = []
    private let pageSize: Int

    var count: Int { entries.count }

    /// Nothing stands in the log.
    init(pageSize: Int) { self.pageSize = pageSize }

    /// Reads the frame headers behind the ones that are in the main file, up to the snapshot's last commit. The caller
    /// holds the read lock of the snapshot, so that no writer reuses these frames.
    init(_ log: DatabaseFile, _ index: CSQLiteWalIndex, path: String) throws(DatabaseError) {
        pageSize = Int(index.page_size)
        let salts = withUnsafeBytes(of: index.salts) { Salts($0, at: 0) }
        let first = UInt64(index.backfilled) + 1
        let last = UInt64(index.last_frame)
        // The index stands in a file that others can write: it decides nothing about memory before its frames are read.
        guard first <= last else { throw DatabaseError(code: SQLITE_CORRUPT, message: "the wal-index names frames that are not there", path: path) }
        entries.reserveCapacity(Int(min(last - first + 1, 1 << 16)))
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: FrameHeader.size, alignment: 8)
        defer { bytes.deallocate() }
        for frame in first...last {
            guard try log.read(into: bytes, at: offset(ofFrame: frame)), let header = FrameHeader(UnsafeRawBufferPointer(bytes)),
                header.salts == salts, header.page > 0, frame < last || header.pageCount == index.page_count
            else {
                throw DatabaseError(
                    code: SQLITE_CORRUPT, message: "frame \(frame) of the write-ahead log is not what its index says",
                    path: path)
            }
            entries.append(UInt64(header.page) << 32 | frame)
        }
        entries.sort()
        keepNewest()
    }

    /// Of several frames of one page the last one counts.
    private mutating func keepNewest() {
        var kept = 0
        for index in entries.indices {
            if index + 1 < entries.count, entries[index + 1] >> 32 == entries[index] >> 32 { continue }
            entries[kept] = entries[index]
            kept += 1
        }
        entries.removeLast(entries.count - kept)
    }

    private func offset(ofFrame frame: UInt64) -> UInt64 {
        UInt64(WriteAheadLogHeader.size) + (frame - 1) * UInt64(FrameHeader.size + pageSize)
    }

    /// The first entry that concerns this page or a later one.
    func firstEntry(from page: UInt64) -> Int {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle] >> 32 < page { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Puts the log's pages over what was read from the main file.
    /// - Parameters:
    ///   - buffer: the bytes of the main file from `offset`, any part of a page at both ends.
    ///   - next: the first entry that concerns `offset` or what follows; moved on. 0 at the start of the file.
    func overlay(
        _ buffer: UnsafeMutableRawBufferPointer, at offset: UInt64, from log: DatabaseFile, next: inout Int
    ) throws(DatabaseError) {
        let end = offset + UInt64(buffer.count)
        while next < entries.count {
            let frame = entries[next] & 0xffff_ffff
            let pageStart = (entries[next] >> 32 - 1) * UInt64(pageSize)
            let pageEnd = pageStart + UInt64(pageSize)
            if pageStart >= end { return }
            let from = max(pageStart, offset)
            let to = min(pageEnd, end)
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[Int(from - offset)..<Int(to - offset)])
            try log.read(into: part, at: self.offset(ofFrame: frame) + UInt64(FrameHeader.size) + (from - pageStart))
            // A page that goes on behind this buffer is wanted again.
            if pageEnd > end { return }
            next += 1
        }
    }
}
