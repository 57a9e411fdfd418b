// Rows that could not be put where they belong yet, because another row that is on its way out still holds their unique
// value. They wait in memory, and operations on them act on the waiting image.

import Vocabulary

/// Where a row belongs.
struct RowAddress: Hashable {
    let table: UInt32
    let key: [UInt8]

    init(_ table: UInt32, _ key: UnsafeRawBufferPointer) {
        self.table = table
        self.key = Array(key)
    }
}

/// The waiting rows, bounded in bytes.
struct ParkedRows {
    struct Row {
        var image: [UInt8]
        /// The row stood in the table before it was parked, and was observed as it was there.
        let wasPresent: Bool
    }

    private(set) var rows: [RowAddress: Row] = [:]
    /// Bytes of keys and images, with an allowance for each entry.
    private(set) var byteCount = 0
    /// Trying the waiting rows again is worth while when there are this many.
    private(set) var retryCount = Self.smallestRetry

    private static let smallestRetry = 64

    @inline(__always)
    var isEmpty: Bool { rows.isEmpty }
    var wantsRetry: Bool { rows.count >= retryCount }

    subscript(_ address: RowAddress) -> Row? { rows[address] }

    mutating func park(_ row: Row, at address: RowAddress) {
        remove(address)
        rows[address] = row
        byteCount += Self.size(row, address)
    }

    mutating func remove(_ address: RowAddress) {
        if let row = rows.removeValue(forKey: address) { byteCount -= Self.size(row, address) }
    }

    mutating func removeAll(of table: UInt32) {
        for address in rows.keys where address.table == table { remove(address) }
    }

    /// After a retry: the next one when as many again have come, so that retries cost no more than the rows themselves.
    mutating func retried() { retryCount = max(Self.smallestRetry, rows.count * 2) }

    private static func size(_ row: Row, _ address: RowAddress) -> Int { row.image.count + address.key.count + 128 }
}
