// One table while operations are applied to it: proved to have the shape that the log describes, with the statements that
// change its rows. Values go from the bytes of the operation into SQLite in place.

import CSQLite
import Vocabulary

/// Statements for the rows of one table. Its calls return SQLite's code: a refusal is for the applier to judge.
final class AppliedTable {
    /// Bytes of an operation that do not fit the table's definition.
    static let damaged: Int32 = -1
    /// How many sets of changed columns have a statement kept; more are prepared anew when they come again.
    private static let keptUpdates = 64

    let definition: TableDefinition
    /// The table's name as SQLite folds it.
    let foldedName: String
    private let connection: Connection
    private let keyCount: Int
    private let condition: (_ first: Int) -> String
    private let insertion: Statement
    private let deletion: Statement
    private let selection: Statement
    private var updates: [[UInt64]: Statement] = [:]
    private var lastUpdate: Statement?
    private var lastChanged: [UInt64]
    private var changed: [UInt64]

    init(_ definition: TableDefinition, _ connection: Connection) throws(Failure) {
        self.definition = definition
        foldedName = definition.name.asciiLowercased
        self.connection = connection
        do {
            if let object = try connection.unreadableObjects().first(where: {
                ["table", "index"].contains($0.type) && $0.table.lowercased() == definition.name.lowercased()
            }) {
                throw ForeignFunction.failure(
                    definition.name, "SQLite \(UnreadableObject.sqliteVersion) cannot read the \(object.type) '\(object.name)'")
            }
            let collations = try TableShape.check(definition, connection)
            keyCount = definition.isWithoutRowid ? definition.keyColumns.count : 1
            condition = Self.condition(definition, collations)
            let table = SQLText.quoted(definition.name)
            let rowid = definition.isWithoutRowid ? [] : [definition.rowidName ?? "rowid"]
            let names = (rowid + definition.columns.map(\.name)).map(SQLText.quoted)
            let places = names.indices.map { "?\($0 + 1)" }
            // OR ABORT: what the table says of conflicts must not decide here. It would leave the row out, take others away or
            // end the transaction.
            insertion = try connection.prepare(
                "INSERT OR ABORT INTO main.\(table)(\(names.joined(separator: ","))) VALUES(\(places.joined(separator: ",")))")
            deletion = try connection.prepare("DELETE FROM main.\(table) WHERE \(condition(1))")
            let columns = definition.columns.isEmpty ? "1" : definition.columns.map { SQLText.quoted($0.name) }.joined(separator: ",")
            selection = try connection.prepare("SELECT \(columns) FROM main.\(table) WHERE \(condition(1))")
        } catch let error as DatabaseError {
            throw ForeignFunction.failure(error, definition.name)
        } catch let error as Failure {
            throw error
        } catch {
            // Untested: the two kinds above are all that is thrown; the compiler does not know.
            throw Failure(.databaseError, "\(error)", hint: "Report this sentence.")
        }
        let words = (definition.columns.count + 63) / 64
        changed = Array(repeating: 0, count: words)
        lastChanged = changed
    }

    /// The row with exactly this key. A key of a WITHOUT ROWID table is found under its collation, which may match another
    /// spelling, or 1 where 1.0 stands: type and bytes are compared as well.
    private static func condition(_ definition: TableDefinition, _ collations: [String]) -> (Int) -> String {
        guard definition.isWithoutRowid else {
            let name = SQLText.quoted(definition.rowidName ?? "rowid")
            return { "\(name)=?\($0)" }
        }
        let names = definition.keyColumns.map { SQLText.quoted(definition.columns[$0].name) }
        return { first in
            names.indices.map { index in
                let name = names[index]
                let place = "?\(first + index)"
                let exact = "\(name)=\(place) COLLATE \(SQLText.quoted(collations[index])) AND typeof(\(name))=typeof(\(place))"
                return collations[index] == "BINARY" ? exact : exact + " AND CAST(\(name) AS BLOB)=CAST(\(place) AS BLOB)"
            }.joined(separator: " AND ")
        }
    }

    // MARK: Changes

    /// Adds a row. `row` holds every column.
    @inline(__always)
    func insert(_ key: UnsafeRawBufferPointer, _ row: UnsafeRawBufferPointer) throws(DatabaseError) -> Int32 {
        var place: Int32 = 1
        if !definition.isWithoutRowid {
            guard try bindKey(insertion, key, at: 1) else { return Self.damaged }
            place = 2
        }
        var cursor = ValueCursor(row)
        for _ in 0..<columnCount {
            guard let value = cursor.next() else { return Self.damaged }
            if case .same = value { return Self.damaged }
            try insertion.bind(place, inPlace: value)
            place += 1
        }
        guard cursor.isAtEnd else { return Self.damaged }
        return insertion.runOnce()
    }

    /// Removes the row. Whether there was one: `connection.changes`.
    @inline(__always)
    func delete(_ key: UnsafeRawBufferPointer) throws(DatabaseError) -> Int32 {
        guard try bindKey(deletion, key, at: 1) else { return Self.damaged }
        return deletion.runOnce()
    }

    /// Sets the columns that the modification changes. Whether there was a row: `connection.changes`.
    @inline(__always)
    func update(_ operation: borrowing Operation, isUndo: Bool) throws(DatabaseError) -> Int32 {
        for word in changed.indices { changed[word] = 0 }
        var target = Target(operation, isUndo: isUndo)
        var count: Int32 = 0
        for column in 0..<columnCount {
            guard let value = target.next() else { return Self.damaged }
            if case .same = value { continue }
            changed[column >> 6] |= 1 << UInt64(column & 63)
            count += 1
        }
        guard target.isAtEnd, count > 0 else { return Self.damaged }
        let statement = try update(count)
        var place: Int32 = 1
        target = Target(operation, isUndo: isUndo)
        for _ in 0..<columnCount {
            guard let value = target.next() else { return Self.damaged }
            if case .same = value { continue }
            try statement.bind(place, inPlace: value)
            place += 1
        }
        guard try bindKey(statement, operation.key, at: place) else { return Self.damaged }
        return statement.runOnce()
    }

    /// Removes every row.
    func clear() throws(DatabaseError) {
        try connection.execute("DELETE FROM main.\(SQLText.quoted(definition.name))")
    }

    // MARK: Reading

    /// Appends the row in byte form. False when there is none or the key is damaged.
    func read(_ key: UnsafeRawBufferPointer, into buffer: inout ValueBuffer) throws(DatabaseError) -> Bool {
        guard try bindKey(selection, key, at: 1) else { return false }
        defer { selection.reset() }
        guard try selection.step() else { return false }
        selection.append(0..<Int32(columnCount), to: &buffer)
        return true
    }

    /// Compares the row with what is expected of it.
    func compare(_ key: UnsafeRawBufferPointer, _ before: Before) throws(DatabaseError) -> Comparison {
        guard try bindKey(selection, key, at: 1) else { return .missing }
        defer { selection.reset() }
        guard try selection.step() else { return .missing }
        var expected = before
        for column in definition.columns.indices {
            guard let wanted = expected.next() else { return .differs(column) }
            if case .same = wanted { continue }
            if !wanted.isIdentical(to: selection.view(Int32(column))) { return .differs(column) }
        }
        return .equal
    }

    enum Comparison {
        case equal
        case missing
        /// The first column that is another.
        case differs(Int)
    }

    func contains(_ key: UnsafeRawBufferPointer) throws(DatabaseError) -> Bool {
        guard try bindKey(selection, key, at: 1) else { return false }
        defer { selection.reset() }
        return try selection.step()
    }

    // MARK: Statements

    private var columnCount: Int { definition.columns.count }

    /// The statement that sets the `count` columns in `changed`.
    private func update(_ count: Int32) throws(DatabaseError) -> Statement {
        if let lastUpdate, lastChanged == changed { return lastUpdate }
        let found: Statement
        if let kept = updates[changed] {
            found = kept
        } else {
            let columns = definition.columns.indices.filter { changed[$0 >> 6] >> UInt64($0 & 63) & 1 == 1 }
            let assignments = columns.enumerated().map { "\(SQLText.quoted(definition.columns[$1].name))=?\($0 + 1)" }
            found = try connection.prepare(
                """
                UPDATE OR ABORT main.\(SQLText.quoted(definition.name)) SET \(assignments.joined(separator: ",")) \
                WHERE \(condition(Int(count) + 1))
                """)
            if updates.count >= Self.keptUpdates { updates.removeAll() }
            updates[changed] = found
        }
        lastUpdate = found
        lastChanged = changed
        return found
    }

    /// False when the bytes are not a key of this table.
    @inline(__always)
    private func bindKey(
        _ statement: Statement, _ key: UnsafeRawBufferPointer, at first: Int32
    ) throws(DatabaseError) -> Bool {
        var cursor = ValueCursor(key)
        for index in 0..<keyCount {
            guard let value = cursor.next() else { return false }
            if definition.isWithoutRowid {
                if case .same = value { return false }
            } else {
                guard case .integer = value else { return false }
            }
            try statement.bind(first + Int32(index), inPlace: value)
        }
        return cursor.isAtEnd
    }
}
