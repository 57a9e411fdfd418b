// Where transactions ended, as the -wal file of a WAL database shows it: each commit frame closes a group of pages, and the
// last outbox row on those pages is the last row of that transaction. Needs no cooperation of the application.
//
// Opening and closing the -wal file by itself is safe; never do so with the database or its -shm: SQLite's locks would fall.
// File format: https://www.sqlite.org/fileformat2.html#the_write_ahead_log

import FileSystem
import Glibc
import Vocabulary

/// Finds the positions of commits. Keep it between drains: it reads only what was added.
struct CommitFinder {
    private let path: String
    private let columnCount: Int
    private var salts: (UInt32, UInt32)?
    private var offset: UInt64 = 0
    /// The newest outbox row that a commit is known to have ended with; nil until that is certain.
    private var newest: Int64?
    /// Until then: the outbox page with the last row of a commit. When the same page shows more rows later, no row existed after
    /// it at that commit. Only where nothing was pruned in between: pages from which rows are deleted take in those of the next.
    private var unsure: (page: UInt32, row: Int64)?
    /// Positions found and not yet asked for.
    private var found: [Int64] = []

    /// - Parameter columnCount: columns of the outbox, by which its pages are known.
    init(databasePath: String, columnCount: Int) {
        path = databasePath + "-wal"
        self.columnCount = columnCount
    }

    /// Positions in `after..<=last` at which a transaction ended, ascending; possibly not all of them.
    mutating func commits(after: Int64, through last: Int64) -> [Int64] {
        found.removeAll { $0 <= after }
        // Without a -wal file, or one that cannot be read, nothing is known: that is always a valid answer.
        if let file = try? File(path, .read) { try? read(file) }
        return found.filter { $0 <= last }
    }

    private mutating func read(_ file: borrowing File) throws(SystemError) {
        guard let header = try Self.header(file) else { return }
        if salts == nil || salts! != header.salts {
            salts = header.salts
            offset = 32
            newest = nil
            unsure = nil
        }
        let frameSize = 24 + header.pageSize
        let perRead = max(1, (1 << 20) / frameSize)
        var group = Group()
        var position = offset
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: perRead * frameSize, alignment: 8)
        defer { buffer.deallocate() }
        var commits: [(end: UInt64, group: Group)] = []
        reading: while true {
            let frames = try file.read(into: buffer, at: position) / frameSize
            if frames == 0 { break }
            for index in 0..<frames {
                let frame = UnsafeRawBufferPointer(rebasing: buffer[index * frameSize..<(index + 1) * frameSize])
                guard frame.word(8) == header.salts.0, frame.word(12) == header.salts.1 else { break reading }
                let number = frame.word(0)
                let page = UnsafeRawBufferPointer(rebasing: frame[24...])
                if number != 1, let row = lastRow(page) {
                    if row > (group.last?.row ?? 0) { group.last = (number, row) }
                } else if newest == nil, isPruneMark(page) {
                    group.prunes = true
                }
                if frame.word(4) != 0 {
                    commits.append((position + UInt64((index + 1) * frameSize), group))
                    group = Group()
                }
            }
            position += UInt64(frames * frameSize)
        }
        // Restarted while we read: what was read may be from two lives of the file.
        guard let again = try Self.header(file), again == header else { return }
        for commit in commits {
            take(commit.group)
            offset = commit.end
        }
    }

    /// What one commit wrote of the outbox.
    private struct Group {
        /// The page with the highest row.
        var last: (page: UInt32, row: Int64)?
        /// It deleted rows while others waited (`Capture.prune`).
        var prunes = false
    }

    private mutating func take(_ group: Group) {
        if group.prunes, newest == nil {
            unsure = nil
            return
        }
        guard let last = group.last else { return }
        if let newest {
            if last.row > newest {
                found.append(last.row)
                self.newest = last.row
            }
            return
        }
        if let earlier = unsure, earlier.page == last.page, last.row > earlier.row {
            found.append(earlier.row)
            found.append(last.row)
            newest = last.row
            unsure = nil
        } else if last.row > (unsure?.row ?? 0) {
            unsure = last
        }
    }

    /// Whether a page is that of the state with the mark of a deletion.
    private func isPruneMark(_ page: UnsafeRawBufferPointer) -> Bool {
        let mark = Outbox.pruneMark
        guard page[0] == 0x0d, let start = page.baseAddress else { return false }
        var at = 0
        while at + mark.count <= page.count, let found = memchr(start + at, Int32(mark[0]), page.count - mark.count - at + 1) {
            if memcmp(found, mark, mark.count) == 0 { return true }
            at = UnsafeRawPointer(found) - start + 1
        }
        return false
    }

    private struct Header: Equatable {
        var salts: (UInt32, UInt32)
        var pageSize: Int

        static func == (a: Header, b: Header) -> Bool { a.salts == b.salts && a.pageSize == b.pageSize }
    }

    private static func header(_ file: borrowing File) throws(SystemError) -> Header? {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 32, alignment: 8)
        defer { bytes.deallocate() }
        guard try file.read(into: bytes, at: 0) == 32 else { return nil }
        let header = UnsafeRawBufferPointer(bytes)
        guard header.word(0) & ~1 == 0x377f_0682 else { return nil }
        let pageSize = Int(header.word(8))
        guard pageSize >= 512, pageSize <= 65536, pageSize & (pageSize - 1) == 0 else { return nil }
        return Header(salts: (header.word(16), header.word(20)), pageSize: pageSize)
    }

    /// The rowid of the last cell of a table leaf that looks like a leaf of the outbox.
    private func lastRow(_ page: UnsafeRawBufferPointer) -> Int64? {
        guard page[0] == 0x0d else { return nil }
        let cells = page.half(3)
        guard cells > 0, 8 + 2 * cells <= page.count else { return nil }
        var at = page.half(8 + 2 * (cells - 1))
        guard page.varint(&at) != nil, let rowid = page.varint(&at), rowid > 0 else { return nil }
        let start = at
        guard let length = page.varint(&at), length >= 0, length < 1 << 16, start + Int(length) <= page.count else { return nil }
        let end = start + Int(length)
        var types: [Int64] = []
        while at < end {
            guard let type = page.varint(&at) else { return nil }
            types.append(type)
        }
        // n is the rowid and stored as NULL; k is an integer; ts is NULL or a REAL.
        guard types.count == columnCount, types[0] == 0, (1...6).contains(types[1]) || types[1] == 8 || types[1] == 9,
            types[2] == 0 || types[2] == 7
        else { return nil }
        return rowid
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func word(_ offset: Int) -> UInt32 { UInt32(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self)) }
    fileprivate func half(_ offset: Int) -> Int { Int(self[offset]) << 8 | Int(self[offset + 1]) }

    /// A SQLite varint; nil when it runs out of the page.
    fileprivate func varint(_ offset: inout Int) -> Int64? {
        var value: UInt64 = 0
        for index in 0..<9 {
            guard offset < count else { return nil }
            let byte = self[offset]
            offset += 1
            if index == 8 { return Int64(bitPattern: value << 8 | UInt64(byte)) }
            value = value << 7 | UInt64(byte & 0x7f)
            if byte < 0x80 { return Int64(bitPattern: value) }
        }
        return nil
    }
}
