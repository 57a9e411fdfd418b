// The short texts that a column of a block repeats: 'paid', 'shipped'. A repeated one is a single byte among the tags.

import Glibc

/// Numbers the first short texts of a column, in the order in which they are written out in full.
struct ColumnDictionary: ~Copyable {
    static let firstTag: UInt8 = 32
    static let capacity = 128
    static let lengths = 1...64

    private struct Entry {
        var start: Int
        var count: Int
    }

    private var entries: UnsafeMutablePointer<Entry>?
    /// By hash: number of an entry plus one, 0 for none.
    private var table: UnsafeMutablePointer<UInt8>?
    private static let tableSize = 512
    private var count = 0
    private var lookups = 0
    private var hits = 0
    private var isWorthwhile = true
    /// A text was found: the column says so in its flags.
    private(set) var isUsed = false
    /// Every so many texts it is judged whether looking them up pays.
    private static let trial = 512

    init() {}

    deinit {
        entries?.deallocate()
        table?.deallocate()
    }

    mutating func removeAll() {
        if let table, count > 0 { memset(table, 0, ColumnDictionary.tableSize) }
        count = 0
        lookups = 0
        hits = 0
        isWorthwhile = true
        isUsed = false
    }

    /// The tag that stands for the text; nil when it must be written in full, at `place` of the column's bytes.
    mutating func tag(for text: UnsafeRawPointer, count length: Int, in bytes: borrowing Bytes) -> UInt8? {
        guard isWorthwhile, ColumnDictionary.lengths.contains(length) else { return nil }
        let entries = self.entries ?? .allocate(capacity: ColumnDictionary.capacity)
        let table = self.table ?? .allocate(capacity: ColumnDictionary.tableSize)
        if self.table == nil { memset(table, 0, ColumnDictionary.tableSize) }
        self.entries = entries
        self.table = table
        lookups += 1
        if lookups == ColumnDictionary.trial {
            isWorthwhile = hits * 4 >= lookups
            lookups = 0
            hits = 0
        }
        var slot = ColumnDictionary.hash(text, length)
        while table[slot] != 0 {
            let entry = entries[Int(table[slot]) - 1]
            if entry.count == length, memcmp(bytes.base + entry.start, text, length) == 0 {
                hits += 1
                isUsed = true
                return ColumnDictionary.firstTag + table[slot] - 1
            }
            slot = (slot + 1) & (ColumnDictionary.tableSize - 1)
        }
        if count < ColumnDictionary.capacity {
            entries[count] = Entry(start: bytes.count, count: length)
            count += 1
            table[slot] = UInt8(count)
        }
        return nil
    }

    @inline(__always) private static func hash(_ text: UnsafeRawPointer, _ count: Int) -> Int {
        var hash = UInt64(count) &* 0x9e37_79b9_7f4a_7c15
        var offset = 0
        while offset + 8 <= count {
            hash = (hash ^ text.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) &* 0x9e37_79b9_7f4a_7c15
            hash ^= hash >> 29
            offset += 8
        }
        while offset < count {
            hash = (hash ^ UInt64(text.load(fromByteOffset: offset, as: UInt8.self))) &* 0x0100_0000_01b3
            offset += 1
        }
        hash = (hash ^ (hash >> 32)) &* 0x9e37_79b9_7f4a_7c15
        return Int(hash >> 55)
    }
}
