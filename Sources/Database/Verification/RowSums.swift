// What the rows of each table add up to: one number for each table, carried on operation by operation, so that what the log says can be
// held against the rows as they are. It does not matter who changed a row, or how: a row that the log does not know changes the sum.
//
// Each value of a row gives a number that depends on the key of the row, the place of the column and the bytes of the value. A table's sum is
// the sum of all of them, so that rows can be added and taken away in any order, and a modification needs the changed values alone.

public import Vocabulary

/// The sum of the rows of one table.
public struct RowSum: Sendable, Equatable {
    public var value: UInt64
    public var rows: Int64

    public init(value: UInt64 = 0, rows: Int64 = 0) {
        self.value = value
        self.rows = rows
    }

    /// Adds a row whose key and values are in byte form, the values in the order of the definition's columns.
    /// - Returns: false when the bytes are damaged: the sum means nothing then.
    mutating func add(key: UnsafeRawBufferPointer, _ values: UnsafeRawBufferPointer) -> Bool {
        rows += 1
        return put(key, values) { $0 &+ $1 }
    }

    /// Takes a row away. Otherwise as `add`.
    mutating func remove(key: UnsafeRawBufferPointer, _ values: UnsafeRawBufferPointer) -> Bool {
        rows -= 1
        return put(key, values) { $0 &- $1 }
    }

    @inline(__always)
    private mutating func put(_ key: UnsafeRawBufferPointer, _ values: UnsafeRawBufferPointer, _ change: (UInt64, UInt64) -> UInt64) -> Bool {
        let seed = Self.hash(0, key)
        value = change(value, seed)
        var cursor = ValueCursor(values)
        var column: UInt64 = 0
        while true {
            let start = cursor.offset
            guard cursor.next() != nil else { break }
            value = change(value, Self.cell(seed, column, values.slice(start, cursor.offset)))
            column += 1
        }
        return !cursor.isDamaged
    }

    /// Puts the changed values of a row in the place of the former ones.
    mutating func modify(key: UnsafeRawBufferPointer, from old: UnsafeRawBufferPointer, to new: UnsafeRawBufferPointer) -> Bool {
        let seed = Self.hash(0, key)
        var before = ValueCursor(old)
        var after = ValueCursor(new)
        var column: UInt64 = 0
        while true {
            let (start, otherStart) = (before.offset, after.offset)
            guard let former = before.next(), let present = after.next() else { break }
            if case .same = present {} else {
                // What changed is never left out of the old image.
                if case .same = former { return false }
                value = value &- Self.cell(seed, column, old.slice(start, before.offset))
                value = value &+ Self.cell(seed, column, new.slice(otherStart, after.offset))
            }
            column += 1
        }
        return !before.isDamaged && !after.isDamaged
    }

    @inline(__always)
    private static func cell(_ seed: UInt64, _ column: UInt64, _ bytes: UnsafeRawBufferPointer) -> UInt64 {
        hash(mix(seed, column &+ 1), bytes)
    }

    /// The same in every run of the program and on every machine: sums are kept in a file.
    @inline(__always)
    private static func hash(_ seed: UInt64, _ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hash = seed
        var at = 0
        while at + 8 <= bytes.count {
            hash = mix(hash, UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)))
            at += 8
        }
        var rest: UInt64 = 0
        while at < bytes.count {
            rest = rest << 8 | UInt64(bytes[at])
            at += 1
        }
        return mix(mix(hash, rest), UInt64(bytes.count))
    }

    @inline(__always)
    private static func mix(_ one: UInt64, _ other: UInt64) -> UInt64 {
        let product = (one ^ 0xa076_1d64_78bd_642f).multipliedFullWidth(by: other ^ 0xe703_7ed1_a0b4_28db)
        return product.high ^ product.low ^ one
    }
}

/// The sums of tables, by the identifier of their definition, as the operations of a log say.
public struct RowSums: Sendable, Equatable {
    /// Tables of which something is known. The others are passed over.
    public private(set) var tables: [UInt32: TableSum]
    /// Tables whose next gap in the log says nothing about their rows: they are known all the same.
    public var keptInGap: Set<UInt32> = []
    /// So many rows make a part of a large table.
    public var portion = TableSum.portion

    public init(_ tables: [UInt32: RowSum] = [:]) { self.tables = tables.mapValues { TableSum($0) } }

    /// A table as a whole; nil when a part of it is not known.
    public subscript(_ table: UInt32) -> RowSum? {
        get { tables[table]?.total }
        set { tables[table] = newValue.map { TableSum($0) } }
    }

    /// A table part by part; nil when nothing is known of it.
    public subscript(parts table: UInt32) -> TableSum? {
        get { tables[table] }
        set { tables[table] = newValue }
    }

    /// Takes the next operation in.
    public mutating func take(_ operation: borrowing Operation) {
        let table = operation.table
        switch operation.action {
        case .reload: tables[table] = TableSum(RowSum())
        case .gap where table == 0:
            tables = [:]
            keptInGap = []
        case .gap: if keptInGap.remove(table) == nil { tables[table] = nil }
        case .addition, .deletion, .modification:
            if tables[table]?.take(operation, portion) == false { tables[table] = nil }
        default: break
        }
    }
}

extension RowSum {
    /// Reads a table and adds its rows up, in the transaction that the connection is in. Changes nothing.
    /// - Parameter limit: the most rows that are read.
    /// - Returns: nil when the table has more rows.
    /// - Throws: `DatabaseError` when the table is not as the definition says; 1406 on Stop.
    public static func of(_ definition: TableDefinition, _ connection: Connection, limit: Int64, _ job: Job) throws -> RowSum? {
        let reading = RowReading(definition)
        let rows = try connection.prepare(reading.table.select(""))
        var sum = RowSum()
        while try rows.step() {
            if sum.rows == limit { return nil }
            try reading.add(rows, to: &sum, job)
        }
        return sum
    }
}

/// Reads rows of a table as a drain reads them that logs it anew.
final class RowReading {
    let table: DrainTable
    private var bytes = RowBuffer()
    private var count = 0

    init(_ definition: TableDefinition) {
        table = DrainTable(StoredDefinition(definition: definition, family: definition.id, isCurrent: true))
    }

    /// Adds the row that a statement of `table.select` stands on. A row that is too large for the log is left out.
    /// - Throws: 1406 on Stop.
    func add(_ row: Statement, to sum: inout RowSum, _ job: Job) throws {
        count += 1
        if count & 0xfff == 0 { try job.checkStop() }
        bytes.removeAll()
        for column in 0..<Int32(table.shape.imageCount) { bytes.append(row, column) }
        var observation = Observation(n: 0, time: 0, table: 0, kind: .seed, state: .present)
        guard table.place(&observation, imageFrom: 0, in: &bytes) else { return }
        _ = sum.add(key: observation.key(bytes.bytes), observation.image(bytes.bytes))
    }
}
