// What a database holds, as one number: the same for two files with the same rows, however their pages lie.

import CSQLite
import FileSystem
public import Vocabulary

/// SHA-256 over the rows of every ordinary table of a database, shadow tables of FTS and R-Tree included.
///
/// Order and form: tables by name (bytes); for each `T`, name, the names of its columns; for each row, in key order, `R` and
/// its values: tag as in the byte form of values, then 8 bytes big-endian (integer, bits of the real, or length), then the
/// bytes. Texts count in the database's own encoding. Generated columns are left out, as are virtual tables, `sqlite_…`
/// tables, this program's own tables (`_msc_…`), and tables that this version of SQLite cannot read.
public struct ContentDigest: Sendable {
    /// Which rowids count.
    public enum Rowids: Sendable {
        /// Those that the application sees as a column: INTEGER PRIMARY KEY. VACUUM changes the others.
        case declared
        /// Every rowid, as far as a column does not hide its name.
        case all
    }

    public var rowids: Rowids
    /// Whether AUTOINCREMENT counters count.
    public var includesSequences: Bool

    public init(rowids: Rowids = .declared, includesSequences: Bool = false) {
        self.rowids = rowids
        self.includesSequences = includesSequences
    }

    /// The digest's 32 bytes as 64 hexadecimal digits.
    ///
    /// Reads in one transaction, or in the one that `connection` is in. Reports the rows done; ends with error 1406 on Stop.
    /// Nothing is written in any case. Memory: one row.
    public func compute(_ connection: Connection, _ job: Job = Job()) throws(Failure) -> String {
        job.report(Progress(phase: "Reading the content", unit: .records))
        return try connection.stopping(with: job) { () throws(DatabaseError) in
            let ownsTransaction = !connection.isInTransaction
            if ownsTransaction { try connection.run("BEGIN") }
            // Fails only when the transaction has ended already; a read transaction has nothing to lose.
            defer { if ownsTransaction { try? connection.run("ROLLBACK") } }
            var stream = ContentStream()
            let unreadable = try unreadable(connection)
            for table in try tables(connection) where !unreadable.contains(table) {
                try read(table, connection, &stream) { job.report(done: $0) }
            }
            return Digest.hexadecimal(stream.finish())
        }
    }

    /// The digest of these tables alone, in this order. Otherwise as `compute`, but within a read transaction of the caller.
    func compute(_ connection: Connection, of tables: [String]) throws(DatabaseError) -> String {
        var stream = ContentStream()
        for table in tables { try read(table, connection, &stream) { _ in } }
        return Digest.hexadecimal(stream.finish())
    }

    /// The digest of each table by itself, by name; empty for a table that SQLite cannot read here: because it is too old, or because the
    /// table's key needs a collation that only the application has. Otherwise as `compute`.
    public func tables(_ connection: Connection, _ job: Job = Job()) throws(Failure) -> [String: String] {
        job.report(Progress(phase: "Reading the content", unit: .records))
        return try connection.stopping(with: job) { () throws(DatabaseError) in
            let ownsTransaction = !connection.isInTransaction
            if ownsTransaction { try connection.run("BEGIN") }
            // Fails only when the transaction has ended already; a read transaction has nothing to lose.
            defer { if ownsTransaction { try? connection.run("ROLLBACK") } }
            var result: [String: String] = [:]
            var before: UInt64 = 0
            let unreadable = try unreadable(connection)
            for table in try tables(connection) {
                guard !unreadable.contains(table) else {
                    result[table] = ""
                    continue
                }
                var stream = ContentStream()
                try read(table, connection, &stream) { job.report(done: before + $0) }
                before += stream.rows
                result[table] = Digest.hexadecimal(stream.finish())
            }
            return result
        }
    }

    /// Tables that have pages of their own: virtual ones have none.
    private func tables(_ connection: Connection) throws(DatabaseError) -> [String] {
        let select = try connection.prepare("SELECT name FROM sqlite_schema WHERE type='table' AND rootpage>0")
        var names: [String] = []
        while try select.step() {
            let name = select.string(0)
            let lower = name.lowercased()
            let isSequence = lower == "sqlite_sequence" && includesSequences
            if isSequence || !(lower.hasPrefix("sqlite_") || lower.hasPrefix("_msc_")) { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Tables that SQLite finds no way through: it says so when it compiles the statement.
    private func unreadable(_ connection: Connection) throws(DatabaseError) -> Set<String> {
        var names = Set(try connection.unreadableObjects().filter { $0.type == "table" }.map(\.name))
        for table in try tables(connection) where !names.contains(table) {
            do throws(DatabaseError) { _ = try scan(table, connection) } catch {
                guard error.code & 0xff == SQLITE_ERROR else { throw error }
                names.insert(table)
            }
        }
        return names
    }

    private func read(
        _ table: String, _ connection: Connection, _ stream: inout ContentStream, _ progress: (UInt64) -> Void
    ) throws(DatabaseError) {
        let (columns, select, count) = try scan(table, connection)
        stream.begin(table: table, columns: columns)
        let range = 0..<count
        while try select.step() {
            stream.beginRow()
            for column in range { stream.append(select.view(column)) }
            if stream.rows % 4096 == 0 { progress(stream.rows) }
        }
        progress(stream.rows)
    }

    /// The names of the columns that count, and the statement that reads them: with the rowid first where it counts.
    private func scan(
        _ table: String, _ connection: Connection
    ) throws(DatabaseError) -> (columns: [String], select: Statement, valueCount: Int32) {
        let describe = try connection.prepare("SELECT name, hidden, upper(type), pk FROM pragma_table_xinfo(?)")
        try describe.bind(1, connection.text(table))
        var columns: [String] = []
        var allNames: Set<String> = []
        while try describe.step() {
            allNames.insert(describe.string(0).lowercased())
            if describe.integer(1) == 0 { columns.append(describe.string(0)) }
        }
        var names = columns.map(SQLText.quoted)
        if rowids == .all, try hasRowid(table, connection),
            let free = ["_rowid_", "oid", "rowid"].first(where: { !allNames.contains($0) })
        {
            names.insert(free, at: 0)
        }
        // Scanned as the table lies, by rowid or primary key: no sorting, and no collation is asked for that only the
        // application has. The counters lie in the order of their making, so they are sorted.
        let order = table == "sqlite_sequence" ? " ORDER BY name" : ""
        return (columns, try connection.prepare(
            "SELECT \(names.joined(separator: ",")) FROM main.\(SQLText.quoted(table)) NOT INDEXED\(order)"), Int32(names.count))
    }

    private func hasRowid(_ table: String, _ connection: Connection) throws(DatabaseError) -> Bool {
        try connection.integer("SELECT wr FROM pragma_table_list(?) WHERE schema='main'", connection.text(table)) == 0
    }
}

/// The bytes that are digested, gathered in portions.
private struct ContentStream {
    private let digest = Digest()
    private var buffer: [UInt8] = []
    private(set) var rows: UInt64 = 0

    private static let portion = 1 << 16

    init() { buffer.reserveCapacity(Self.portion + 256) }

    mutating func begin(table: String, columns: [String]) {
        buffer.append(UInt8(ascii: "T"))
        for name in [table] + columns {
            append(number: UInt64(name.utf8.count))
            buffer.append(contentsOf: name.utf8)
        }
    }

    mutating func beginRow() {
        rows += 1
        buffer.append(UInt8(ascii: "R"))
        if buffer.count >= Self.portion { flush() }
    }

    mutating func append(_ value: ValueView) {
        switch value {
        case .null, .same: buffer.append(ValueTag.null)
        case .integer(let x):
            buffer.append(ValueTag.integer)
            append(number: UInt64(bitPattern: x))
        case .real(let x):
            buffer.append(ValueTag.real)
            append(number: x.bitPattern)
        case .text(let x): append(ValueTag.text, x)
        case .blob(let x): append(ValueTag.blob, x)
        }
    }

    private mutating func append(_ tag: UInt8, _ bytes: UnsafeRawBufferPointer) {
        buffer.append(tag)
        append(number: UInt64(bytes.count))
        if bytes.count < Self.portion {
            buffer.append(contentsOf: bytes)
        } else {
            flush()
            digest.update(bytes)
        }
    }

    private mutating func append(number: UInt64) {
        withUnsafeBytes(of: number.bigEndian) { buffer.append(contentsOf: $0) }
    }

    private mutating func flush() {
        buffer.withUnsafeBytes { digest.update($0) }
        buffer.removeAll(keepingCapacity: true)
    }

    mutating func finish() -> [UInt8] {
        flush()
        return digest.finish()
    }
}
