// What the keys of one round are now. They are read in the order of their tables, not of time, so that each page of a table is
// read once and not once for every key on it.

import Vocabulary

/// Images by the observations that want them. What it has not read, for which there was no room, is looked up one by one.
struct PresentImages: ~Copyable {
    private struct Wish {
        var table: Int32
        var position: Int32
        var rowid: Int64
    }

    private var wishes: ContiguousArray<Wish> = []
    private var bytes = RowBuffer()
    /// For each observation of the round: where its image begins, and its size.
    private var places: ContiguousArray<(start: Int, count: Int)> = []

    private static let unread = -1
    private static let absent = -2

    /// Begins a round of so many observations.
    mutating func removeAll(_ count: Int) {
        wishes.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
        places.append(contentsOf: repeatElement((start: Self.unread, count: 0), count: count))
        bytes.removeAll()
    }

    /// The row under this key of a table with rowid will be asked for.
    mutating func want(_ position: Int, table: Int32, key: UnsafeRawBufferPointer) {
        var cursor = ValueCursor(key)
        guard case .integer(let rowid) = cursor.next() else { return }
        wishes.append(Wish(table: table, position: Int32(position), rowid: rowid))
    }

    /// Reads what is wanted, as far as it has room in so many bytes.
    mutating func read(_ tables: DrainTables, _ connection: Connection, limit: Int) throws {
        wishes.sort { ($0.table, $0.rowid) < ($1.table, $1.rowid) }
        for wish in wishes where bytes.count < limit {
            guard let rows = try tables.present(wish.table, connection), rows.hasRowid else { continue }
            let start = bytes.count
            let isThere = try rows.read(rowid: wish.rowid, into: &bytes)
            places[Int(wish.position)] = (isThere ? start : Self.absent, bytes.count - start)
        }
    }

    /// The row that the observation at this place asked for.
    /// - Returns: nil when it was not read.
    @inline(__always)
    func image(_ position: Int) -> (isThere: Bool, bytes: UnsafeRawBufferPointer)? {
        let (start, count) = places[position]
        if start >= 0 { return (true, bytes.slice(start, start + count)) }
        return start == Self.absent ? (false, UnsafeRawBufferPointer(start: nil, count: 0)) : nil
    }
}
