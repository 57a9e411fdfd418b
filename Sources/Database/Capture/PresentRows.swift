// The rows of one table as the drain's transaction sees them, found by key. Rows that follow one another in the table, as added
// ones mostly do, are read by one statement that goes on from row to row: seeking each costs several times as much.

import Vocabulary

/// Looks rows up. It keeps a statement running: call `reset` before the transaction ends.
final class PresentRows {
    /// Rows to pass over before a seek is cheaper.
    private static let near: Int64 = 4

    private let table: DrainTable
    private let rows: Statement
    /// The rowid on which the running statement stands.
    private var place: Int64?
    private var scratch = RowBuffer()

    init(_ table: DrainTable, _ connection: Connection) throws(DatabaseError) {
        self.table = table
        let condition = if let rowid = table.rowid { "WHERE \(rowid)>=? ORDER BY \(rowid)" } else { try table.keyCondition(connection) }
        rows = try connection.prepare(table.select(condition))
    }

    /// Whether the table as it is now has a rowid.
    var hasRowid: Bool { table.shape.hasRowid }

    /// Appends the row under this key as an image; false when there is none.
    func read(_ key: UnsafeRawBufferPointer, into image: inout RowBuffer) throws -> Bool {
        var cursor = ValueCursor(key)
        guard hasRowid else { return try read(cursor, key, into: &image) }
        guard case .integer(let rowid) = cursor.next() else { return false }
        return try read(rowid: rowid, into: &image)
    }

    /// The same for a table with rowid.
    func read(rowid: Int64, into image: inout RowBuffer) throws -> Bool {
        guard try stand(on: rowid) else { return false }
        for column in 1..<Int32(table.shape.imageCount) { image.append(rows, column) }
        return true
    }

    /// Ends the reading that is under way.
    func reset() {
        rows.reset()
        place = nil
    }

    private func stand(on rowid: Int64) throws(DatabaseError) -> Bool {
        while let here = place, here < rowid, rowid &- here <= Self.near, rowid &- here > 0 { try step() }
        if place == rowid { return true }
        reset()
        try rows.bind(1, inPlace: .integer(rowid))
        try step()
        return place == rowid
    }

    private func step() throws(DatabaseError) { place = try rows.step() ? rows.integer(0) : nil }

    /// By the columns of a key: its collation may find another row, whose bytes differ.
    private func read(_ values: consuming ValueCursor, _ key: UnsafeRawBufferPointer, into image: inout RowBuffer) throws -> Bool {
        defer { rows.reset() }
        for parameter in 1...table.shape.keyCount { try rows.bind(Int32(parameter), inPlace: values.next() ?? .null) }
        guard try rows.step() else { return false }
        scratch.removeAll()
        for column in 0..<Int32(table.shape.imageCount) { scratch.append(rows, column) }
        var found = Observation(n: 0, time: 0, table: 0, kind: .seed, state: .present)
        guard table.place(&found, imageFrom: 0, in: &scratch), found.key(scratch.bytes).matches(key) else { return false }
        image.append(found.image(scratch.bytes))
        return true
    }
}
