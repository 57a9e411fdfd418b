// What we write into the outbox ourselves: operations that no trigger sees, and observations of rows that we change with
// triggers switched off.

public import Vocabulary

extension Context {
    /// The context as outbox rows carry it. `Context(captured:)` reads it.
    public var captured: String {
        [process, String(processID), user, host, purpose].map { $0.filter { $0 != "\u{1f}" } }.joined(separator: "\u{1f}")
    }

    /// Reads `captured`; text that is not of that form becomes the purpose of an unknown process.
    public init(captured text: String) {
        let parts = text.split(separator: "\u{1f}", omittingEmptySubsequences: false).map(String.init)
        if parts.count == 5, let id = Int32(parts[1]) {
            self.init(process: parts[0], processID: id, user: parts[2], host: parts[3], purpose: parts[4])
        } else {
            self.init(process: "", processID: 0, user: "", host: "", purpose: text)
        }
    }
}

extension Capture {
    /// Moves the clock of a copy to the position of the last operation that was integrated into it, within the caller's write
    /// transaction. A position that it has reached already changes nothing.
    public static func advance(_ connection: Connection, to position: Int64) throws(DatabaseError) {
        guard position > (try Capture.position(connection)) else { return }
        try connection.run(
            "INSERT INTO main.\(Outbox.log)(n,k) VALUES(?,?)", .integer(position), .integer(Outbox.code(0, .seed)))
        // The log went on: its digests are others than those that the copy brought along.
        try VirtualContent.forget(connection)
    }

    /// Moves the clock by one, in one write transaction.
    /// - Throws: `DatabaseError.isBusy` when a writer holds the database.
    public static func tick(_ connection: Connection) throws {
        try connection.transaction("IMMEDIATE") {
            try connection.run("INSERT INTO main.\(Outbox.log)(k) VALUES(?)", .integer(Outbox.code(0, .seed)))
        }
    }

    /// Writes an operation of our own into the outbox, within the caller's write transaction: the drain hands it out as
    /// `action` with these values as `new`.
    /// - Parameters:
    ///   - table: id of the table definition concerned; 0 when none is.
    public static func writeMarker(
        _ connection: Connection, action: Action, payload: [Value] = [], context: Context? = nil, table: UInt32 = 0
    ) throws(DatabaseError) {
        var buffer = ValueBuffer()
        for value in payload { buffer.append(value) }
        try connection.run(
            "INSERT INTO main.\(Outbox.log)(k,ts,x,v0,v1) VALUES(?,julianday('now'),?,?,?)",
            .integer(Outbox.code(table, .marker)),
            context.map { connection.text($0.captured) } ?? .null, .integer(Int64(action.rawValue)), .blob(buffer.bytes))
    }
}

/// Observes rows of one table before writes of ours that change them with triggers switched off, within the same write
/// transaction: the drain then derives those changes like any other. Observe every key that a write adds, changes or deletes,
/// before it.
public final class Observer {
    private let connection: Connection
    private let table: DrainTable
    private let select: Statement
    private let inserts: [(columns: Range<Int>, statement: Statement)]
    private let keyInserts: [(columns: Range<Int>, statement: Statement)]
    private let context: Value

    /// - Throws: `DatabaseError` when the table is not as the definition says.
    public init(_ connection: Connection, _ definition: TableDefinition, context: Context? = nil) throws {
        self.connection = connection
        table = DrainTable(StoredDefinition(definition: definition, family: definition.id, isCurrent: true))
        self.context = context.map { connection.text($0.captured) } ?? .null
        select = try connection.prepare(table.select(table.keyCondition(connection)))
        let width = try Outbox.installedWidth(connection)
        inserts = try Self.inserts(connection, table.shape.imageCount, width, definition.id, .deletion)
        keyInserts = try Self.inserts(connection, table.shape.keyCount, width, definition.id, .insertion)
    }

    private static func inserts(
        _ connection: Connection, _ count: Int, _ width: Int, _ id: UInt32, _ kind: Outbox.Kind
    ) throws -> [(columns: Range<Int>, statement: Statement)] {
        try stride(from: 0, to: max(count, 1), by: width).map { start in
            let range = start..<min(start + width, count)
            let names = range.indices.map { "v\($0 - start)" }.joined(separator: ",")
            let marks = range.map { _ in "?" }.joined(separator: ",")
            let code = Outbox.code(id, start == 0 ? kind : .continuation)
            return (
                range,
                try connection.prepare("INSERT INTO main.\(Outbox.log)(k,ts,x,\(names)) VALUES(\(code),julianday('now'),?,\(marks))")
            )
        }
    }

    /// Logs that the key was absent: for a row that has just been added.
    public func observeAbsent(_ key: UnsafeRawBufferPointer) throws {
        var values = ValueCursor(key)
        for (columns, statement) in keyInserts {
            try statement.bind(1, context)
            for index in columns.indices { try statement.bind(Int32(index - columns.lowerBound + 2), inPlace: values.next() ?? .null) }
            try run(statement)
        }
    }

    /// Logs the row as it is, or that there is none.
    public func observe(_ key: UnsafeRawBufferPointer) throws {
        var cursor = ValueCursor(key)
        for parameter in 1...Int32(table.shape.keyCount) { try select.bind(parameter, inPlace: cursor.next() ?? .null) }
        defer { select.reset() }
        if try select.step(), try matches(key) {
            for (columns, statement) in inserts {
                try statement.bind(1, context)
                for (index, column) in columns.enumerated() { try statement.bind(Int32(index + 2), inPlace: select.view(Int32(column))) }
                try run(statement)
            }
            return
        }
        try observeAbsent(key)
    }

    private func run(_ statement: Statement) throws {
        defer { statement.reset() }
        while try statement.step() {}
    }

    /// Whether the row found has this very key, byte by byte.
    private func matches(_ key: UnsafeRawBufferPointer) throws -> Bool {
        var bytes = RowBuffer()
        for column in 0..<Int32(table.shape.imageCount) { bytes.append(select, column) }
        var observation = Observation(n: 0, time: 0, table: 0, kind: .seed, state: .present)
        return table.place(&observation, imageFrom: 0, in: &bytes) && observation.key(bytes.bytes).matches(key)
    }
}

@available(*, unavailable, message: "an observer belongs to the owner of its connection")
extension Observer: Sendable {}
