// Rows that could not be put where they belong yet, because another row that is on its way out still holds their unique
// value. They wait in memory, and operations on them act on the waiting image.

import Vocabulary

/// Where a row belongs.
struct RowAddress: Hashable {
    /// The table's name as SQLite folds it: a table whose names change has another definition before and after, but is the same table.
    let table: String
    let key: [UInt8]

    init(_ table: AppliedTable, _ key: UnsafeRawBufferPointer) {
        self.table = table.foldedName
        self.key = Array(key)
    }

    fileprivate init(table: String, key: [UInt8]) {
        self.table = table
        self.key = key
    }
}

/// The waiting rows, bounded in bytes.
struct ParkedRows {
    struct Row {
        var image: [UInt8]
        /// The definition of its table that the image is written for.
        var definition: UInt32
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

    /// The tables that rows wait for, each with the definition of one of its rows.
    var tables: [String: UInt32] { rows.reduce(into: [:]) { $0[$1.key.table] = $1.value.definition } }

    mutating func removeAll(of table: String) {
        for address in rows.keys where address.table == table { remove(address) }
    }

    /// The table of waiting rows has another name, or its columns have.
    mutating func move(from table: String, to name: String, definition: UInt32) {
        let moved = rows.filter { $0.key.table == table }
        for (address, row) in moved {
            remove(address)
            park(Row(image: row.image, definition: definition, wasPresent: row.wasPresent), at: RowAddress(table: name, key: address.key))
        }
    }

    /// After a retry: the next one when as many again have come, so that retries cost no more than the rows themselves.
    mutating func retried() { retryCount = max(Self.smallestRetry, rows.count * 2) }

    private static func size(_ row: Row, _ address: RowAddress) -> Int { row.image.count + address.key.count + 128 }
}
