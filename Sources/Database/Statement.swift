// A prepared statement: values in, rows out, without conversion. Text travels as bytes in the database's own encoding.

import CSQLite
public import Vocabulary

/// A prepared statement of one connection. Columns count from 0, parameters from 1, as in SQLite.
public final class Statement {
    let handle: OpaquePointer
    private let session: Session

    init(_ connection: Connection, _ sql: String) throws(DatabaseError) {
        try connection.checkStop()
        var prepared: OpaquePointer?
        let code = sqlite3_prepare_v3(connection.handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard code == SQLITE_OK else { throw connection.error(code) }
        guard let prepared else {
            throw DatabaseError(code: SQLITE_MISUSE, message: "the statement is empty", path: connection.path)
        }
        handle = prepared
        session = connection.session
    }

    /// Prepares text that must hold one statement only: text that is not ours.
    convenience init(_ connection: Connection, single sql: String) throws(DatabaseError) {
        let length = sql.withCString { start in
            var prepared: OpaquePointer?
            var rest: UnsafePointer<CChar>?
            // A refusal is repeated, and reported, by the other initialiser.
            let code = sqlite3_prepare_v2(connection.handle, start, -1, &prepared, &rest)
            sqlite3_finalize(prepared)
            return code == SQLITE_OK ? rest.map { start.distance(to: $0) } ?? 0 : 0
        }
        guard length == 0 || length == sql.utf8.count else {
            throw DatabaseError(code: SQLITE_ERROR, message: "it is more than one statement", path: connection.path)
        }
        try self.init(connection, sql)
    }

    deinit { sqlite3_finalize(handle) }

    /// True when there is a row to read, false at the end.
    @inline(__always)
    public func step() throws(DatabaseError) -> Bool {
        let code = sqlite3_step(handle)
        if code == SQLITE_ROW { return true }
        if code == SQLITE_DONE { return false }
        throw session.error(code)
    }

    /// Runs a statement that returns no rows and makes it ready to run again.
    /// - Returns: SQLITE_OK or the extended code of the refusal, so that an expected refusal costs no error value.
    @inline(__always)
    func runOnce() -> Int32 {
        let code = sqlite3_step(handle)
        sqlite3_reset(handle)
        return code == SQLITE_DONE || code == SQLITE_ROW ? SQLITE_OK : code
    }

    /// Makes the statement ready to run again. Bound values stay.
    public func reset() { sqlite3_reset(handle) }

    // MARK: Rows

    public var columnCount: Int32 { sqlite3_column_count(handle) }
    public func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }
    public func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    /// Text for people, as UTF-8; empty for null.
    public func string(_ column: Int32) -> String {
        guard let text = sqlite3_column_text(handle, column) else { return "" }
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self)
    }

    /// The value with its storage class, in place: valid until the next step or reset.
    @inline(__always)
    public func view(_ column: Int32) -> ValueView {
        switch sqlite3_column_type(handle, column) {
        case SQLITE_INTEGER: .integer(sqlite3_column_int64(handle, column))
        case SQLITE_FLOAT: .real(sqlite3_column_double(handle, column))
        case SQLITE_TEXT: .text(bytes(column))
        case SQLITE_BLOB: .blob(bytes(column))
        default: .null
        }
    }

    public func value(_ column: Int32) -> Value { view(column).owned }

    /// The bytes of a text (in the database's encoding) or blob, in place.
    @inline(__always)
    public func bytes(_ column: Int32) -> UnsafeRawBufferPointer {
        // `sqlite3_column_blob` does not convert text, and must come before `sqlite3_column_bytes`, which would.
        let start = sqlite3_column_blob(handle, column)
        guard let start else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_value_bytes_raw(column)))
    }

    private func sqlite3_value_bytes_raw(_ column: Int32) -> Int32 {
        sqlite3_column_type(handle, column) == SQLITE_TEXT && session.textEncoding != .utf8
            ? sqlite3_column_bytes16(handle, column) : sqlite3_column_bytes(handle, column)
    }

    /// Appends columns `range` in byte form.
    @inline(__always)
    public func append(_ range: Range<Int32>, to buffer: inout ValueBuffer) {
        for column in range {
            switch view(column) {
            case .null, .same: buffer.appendNull()
            case .integer(let x): buffer.append(integer: x)
            case .real(let x): buffer.append(real: x)
            case .text(let x): buffer.append(text: x)
            case .blob(let x): buffer.append(blob: x)
            }
        }
    }

    // MARK: Parameters

    /// Binds a value seen in place. The bytes must stay as they are until the statement is reset or bound anew.
    @inline(__always)
    public func bind(_ index: Int32, inPlace view: ValueView) throws(DatabaseError) {
        let code: Int32 =
            switch view {
            case .null, .same: sqlite3_bind_null(handle, index)
            case .integer(let x): sqlite3_bind_int64(handle, index, x)
            case .real(let x): sqlite3_bind_double(handle, index, x)
            case .text(let x):
                csqlite_bind_text_static(handle, index, x.baseAddress, UInt64(x.count), session.textEncoding.rawValue)
            case .blob(let x): csqlite_bind_blob_static(handle, index, x.baseAddress, UInt64(x.count))
            }
        if code != SQLITE_OK { throw session.error(code) }
    }

    public func bind(_ index: Int32, _ value: Value) throws(DatabaseError) {
        let code: Int32 =
            switch value {
            case .null, .same: sqlite3_bind_null(handle, index)
            case .integer(let x): sqlite3_bind_int64(handle, index, x)
            case .real(let x): sqlite3_bind_double(handle, index, x)
            case .text(let x):
                x.withUnsafeBytes {
                    csqlite_bind_text_copy(
                        handle, index, $0.baseAddress, UInt64($0.count), session.textEncoding.rawValue)
                }
            case .blob(let x):
                x.withUnsafeBytes { csqlite_bind_blob_copy(handle, index, $0.baseAddress, UInt64($0.count)) }
            }
        if code != SQLITE_OK { throw session.error(code) }
    }

    /// Binds parameters 1, 2, … in order.
    public func bind(_ values: [Value]) throws(DatabaseError) {
        for (index, value) in values.enumerated() { try bind(Int32(index + 1), value) }
    }
}

@available(*, unavailable, message: "a statement belongs to the owner of its connection")
extension Statement: Sendable {}
