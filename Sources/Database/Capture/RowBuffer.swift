// Growing bytes for millions of rows: the byte form of Vocabulary's ValueBuffer, written without a check or a call for each byte.

import CSQLite
import Glibc
import Vocabulary

/// Bytes with one owner. Offsets stay valid while it grows, addresses do not.
struct RowBuffer: ~Copyable {
    private var base: UnsafeMutableRawPointer
    private var capacity: Int
    private(set) var count = 0

    init(capacity: Int = 1 << 12) {
        self.capacity = capacity
        base = .allocate(byteCount: capacity, alignment: 8)
    }

    deinit { base.deallocate() }

    /// The bytes as they are, until the next change.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    @inline(__always)
    func slice(_ start: Int, _ end: Int) -> UnsafeRawBufferPointer {
        precondition(start >= 0 && start <= end && end <= count)
        return UnsafeRawBufferPointer(start: base + start, count: end - start)
    }

    mutating func removeAll() { count = 0 }

    @inline(__always)
    private mutating func reserve(_ more: Int) {
        if count + more > capacity { grow(more) }
    }

    private mutating func grow(_ more: Int) {
        capacity = max(capacity * 2, count + more)
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 8)
        larger.copyMemory(from: base, byteCount: count)
        base.deallocate()
        base = larger
    }

    @inline(__always)
    mutating func append(tag: UInt8) {
        reserve(1)
        base.storeBytes(of: tag, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    /// Appends bytes that are in byte form already. They must not be this buffer's own: see `appendOwn`.
    @inline(__always)
    mutating func append(_ encoded: UnsafeRawBufferPointer) {
        guard let start = encoded.baseAddress, !encoded.isEmpty else { return }
        reserve(encoded.count)
        (base + count).copyMemory(from: start, byteCount: encoded.count)
        count += encoded.count
    }

    /// Appends a copy of a part of this buffer.
    mutating func appendOwn(_ start: Int, _ end: Int) {
        precondition(start >= 0 && start <= end && end <= count)
        reserve(end - start)
        (base + count).copyMemory(from: base + start, byteCount: end - start)
        count += end - start
    }

    @inline(__always)
    mutating func append(integer: Int64) {
        reserve(11)
        base.storeBytes(of: ValueTag.integer, toByteOffset: count, as: UInt8.self)
        count += 1
        appendVarint(UInt64(bitPattern: (integer << 1) ^ (integer >> 63)))
    }

    /// Room for ten bytes is there.
    @inline(__always)
    private mutating func appendVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            base.storeBytes(of: UInt8(truncatingIfNeeded: rest) | 0x80, toByteOffset: count, as: UInt8.self)
            count += 1
            rest >>= 7
        }
        base.storeBytes(of: UInt8(rest), toByteOffset: count, as: UInt8.self)
        count += 1
    }

    /// Appends the value of one column of the row that a statement stands on.
    @inline(__always)
    mutating func append(_ row: Statement, _ column: Int32) {
        switch sqlite3_column_type(row.handle, column) {
        case SQLITE_INTEGER: append(integer: sqlite3_column_int64(row.handle, column))
        case SQLITE_FLOAT:
            reserve(9)
            base.storeBytes(of: ValueTag.real, toByteOffset: count, as: UInt8.self)
            base.storeBytes(of: sqlite3_column_double(row.handle, column).bitPattern.bigEndian, toByteOffset: count + 1, as: UInt64.self)
            count += 9
        case SQLITE_TEXT: append(ValueTag.text, row.bytes(column))
        case SQLITE_BLOB: append(ValueTag.blob, row.bytes(column))
        default: append(tag: ValueTag.null)
        }
    }

    @inline(__always)
    private mutating func append(_ tag: UInt8, _ value: UnsafeRawBufferPointer) {
        reserve(value.count + 11)
        base.storeBytes(of: tag, toByteOffset: count, as: UInt8.self)
        count += 1
        appendVarint(UInt64(value.count))
        append(value)
    }
}

extension UnsafeRawBufferPointer {
    /// Whether the bytes are the same.
    @inline(__always)
    func matches(_ other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        guard count > 0, let start = baseAddress, let otherStart = other.baseAddress else { return true }
        return memcmp(start, otherStart, count) == 0
    }

    @inline(__always)
    func slice(_ start: Int, _ end: Int) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: self[start..<end]) }
}
