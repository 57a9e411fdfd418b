// Redo and undo: one operation after the other on the rows of a database. The engine reads the log and decides the order;
// here each operation becomes exactly one step from a known row to a known row, or an error.

import CSQLite
public import Vocabulary

/// Applies logged operations to a database.
///
/// **Order.** Redo takes operations as the log has them, undo newest first. Each is an exact step: an addition finds no row
/// under its key, a modification and a deletion find one; anything else is error 1517, since then the data are not what the
/// log says. A row that cannot be placed because another still holds its unique value is *parked*: it waits in memory, later
/// operations act on the waiting row, and at the next consistent point, `finish`, all must have found their place.
///
/// **Use.** Create it outside a transaction (it switches triggers, foreign keys and CHECK rules off on this connection),
/// begin a transaction, `define` tables and `apply` operations, call `finish` at each consistent point and before the
/// commit, commit, `close`. After any error the caller must roll its transaction back: the rows are half-way.
///
/// **Rules.** A row that the table refuses now may be allowed by the structure that a change still to come makes: between two drains the
/// log tells the rows before the structure. So it is parked too, and no rule is asked before the consistent point. When too much is
/// parked, unique indexes are set aside until then.
///
/// **Other actions.** `saveSequence` sets the AUTOINCREMENT counter. `reload` empties the table (redo only). `structureChange`
/// is redone as `StructureRedo` says and never undone (1509). `gap` stops both directions (1502), `reload` stops undo. A `gap` of a table in
/// which a virtual table keeps its content is passed: that content stays `outdated`.
/// Contexts, transaction marks, `openDataFile`, `closeDataFile` and `rollback` change no row and are passed over.
///
/// Memory: statements of the tables met, and at most 64 MiB of parked rows.
public final class Applier {
    public enum Direction: Sendable {
        case redo
        case undo
    }

    /// What is compared before each step.
    public enum Expectation: Sendable {
        /// That the row is there, or for an addition that it is not.
        case strict
        /// Also each value of the row that goes or changes, as far as the operation holds it. Costs one more lookup.
        case exact
    }

    /// Called for each step on a row of the table, so that a live database's capture table learns of it: before a
    /// modification and a deletion, while the row is as it was, and after an addition. The action is what happens to the row
    /// now: undoing an addition is a deletion. Steps on a parked row are not reported: the row is not in the table then.
    public typealias Observer = (TableDefinition, Action, _ key: UnsafeRawBufferPointer) throws(Failure) -> Void

    let connection: Connection
    let direction: Direction
    let expectation: Expectation
    let observe: Observer?
    var settings: ApplySettings?

    var definitions: [UInt32: TableDefinition] = [:]
    var tables: [UInt32: AppliedTable] = [:]
    var last: AppliedTable?
    var scratch = ValueBuffer()

    var parked = ParkedRows()
    /// How often parked rows followed their table to other names: each time it got a definition of its own.
    var namesFollowed: UInt32 = 0
    let parkingLimit: Int
    var setAside = IndexesSetAside()
    /// Tables of which more rows had to wait than memory should hold, by name in lower case: an error where no reload comes.
    var overflowed: [String: Failure] = [:]
    /// Tables whose rows were touched, by name in lower case.
    public private(set) var touched: Set<String> = []
    /// Tables of virtual tables' own, by name in lower case, whose rows are not what they were when this point was reached.
    public private(set) var outdated: Set<String> = []
    /// Tables that were logged anew, by name in lower case.
    public private(set) var renewed: Set<String> = []
    var sequences = Sequences()
    var structure = StructureRedo()
    var leftOut = LeftOut()
    /// How often each table is still to be logged anew, by name in lower case.
    var reloadsToCome: [String: Int] = [:]
    /// The last operation on rows or structure was a change of structure.
    var isAmidStructure = false
    /// What could not be applied, each with error 1527: tables that this program cannot write keep the rows that they had.
    public var warnings: [Failure] { leftOut.warnings + setAside.refused }

    /// AUTOINCREMENT counters are not taken back: on live data the numbers that they gave have been seen by others. Set it before the
    /// first operation.
    public var keepsCounters = false
    /// Tables whose counters an operation would have taken back.
    public internal(set) var keptCounters: Set<String> = []

    /// Switches the connection, which must be outside a transaction, to applying.
    public convenience init(
        _ connection: Connection, _ direction: Direction, expectation: Expectation = .strict, observe: Observer? = nil
    ) throws(Failure) {
        try self.init(connection, direction, expectation: expectation, parkingLimit: 64 << 20, observe: observe)
    }

    init(
        _ connection: Connection, _ direction: Direction, expectation: Expectation, parkingLimit: Int,
        observe: Observer? = nil
    ) throws(Failure) {
        self.connection = connection
        self.direction = direction
        self.expectation = expectation
        self.parkingLimit = parkingLimit
        self.observe = observe
        do throws(DatabaseError) { settings = try ApplySettings(connection) } catch { throw error.failure }
    }

    deinit {
        // Without `close` the connection is about to be dropped, or a failure is on its way up.
        if let settings { try? settings.restore(connection) }
    }

    /// Puts the connection's switches back. Call outside a transaction.
    public func close() throws(Failure) {
        tables.removeAll()
        last = nil
        guard let settings else { return }
        do throws(DatabaseError) { try settings.restore(connection) } catch { throw error.failure }
        self.settings = nil
    }

    /// Makes a table known under its identifier, before the first operation that names it.
    public func define(_ definition: TableDefinition) {
        guard definitions[definition.id] != definition else { return }
        definitions[definition.id] = definition
        if tables.removeValue(forKey: definition.id) != nil { last = nil }
    }

    /// Says that a table will be logged anew, once for each time. Until then the operations on its rows may be left out: what the structure
    /// asks of them is asked when they are there again.
    public func expectReload(of table: String) { reloadsToCome[table.asciiLowercased, default: 0] += 1 }

    /// Whether the rows of a table are not, or not yet, what the structure asks for.
    func isIncomplete(_ table: String) -> Bool { leftOut.keeps(table) || reloadsToCome[table.asciiLowercased] != nil }

    /// Takes one step.
    ///
    /// Throws 1517 when the rows are not what the operation says, 1509 when a table is not the one of the definition, 1502 at
    /// what cannot be passed, 1413 for an operation whose bytes do not fit, and what SQLite refuses.
    ///
    /// A table that needs a function or collation that is not there, or that SQLite is too old to read, is passed over: `warnings` names it.
    public func apply(_ operation: borrowing Operation) throws(Failure) {
        if !leftOut.isEmpty, operation.table != 0, leftOut.passesOver(try definition(operation.table).name) { return }
        do throws(Failure) { try step(operation) } catch {
            guard error.code == .tableNotWritable, operation.table != 0 else { throw error }
            leftOut.passOver(try definition(operation.table).name, error)
        }
    }

    private func step(_ operation: borrowing Operation) throws(Failure) {
        let isUndo = direction == .undo
        if operation.action.isRecordOperation { isAmidStructure = false }
        if structure.isWaiting, operation.action.isRecordOperation, structure.passesOver(try definition(operation.table).name) { return }
        switch operation.action {
        case .addition:
            let table = try table(operation.table)
            if isUndo {
                try delete(table, operation.key, before: operation.new)
            } else {
                try insert(table, operation.key, operation.new)
            }
        case .deletion:
            let table = try table(operation.table)
            if isUndo {
                try insert(table, operation.key, operation.old)
            } else {
                try delete(table, operation.key, before: operation.old)
            }
        case .modification: try update(try table(operation.table), operation)
        case .saveSequence: try saveSequence(operation)
        case .reload: try reload(operation)
        case .structureChange: try changeStructure(operation)
        case .gap:
            if direction == .redo, let name = definitions[operation.table]?.name, try isShadow(name) {
                outdated.insert(name.lowercased())
                return
            }
            throw Failure(
                .logGap, "changes are missing from the log before operation \(operation.number)",
                hint: "Choose a point on the other side of the gap, or start from a backup that was made after it.")
        case .openDataFile, .closeDataFile, .createContext, .closeContext, .updateContext, .startTransaction,
            .validateTransaction, .cancelTransaction, .rollback:
            break
        case .addBlob:
            throw Failure(
                .unsupportedVersion, "operation \(operation.number) is of a kind that no version of this program writes",
                hint: "Check the log with 'msc log check'.")
        }
    }

    /// A consistent point: every row must have found its place. Call it before the commit as well.
    public func finish() throws(Failure) {
        if !parked.isEmpty { try retry() }
        // Where the log ceases to have the rows of a table, they may wait for others to go of which nothing is told.
        for table in parked.tables.keys where leftOut.keeps(table) { parked.removeAll(of: table) }
        if let (address, row) = parked.rows.first { throw try refusalAtPoint(address, row) }
        if let (_, failure) = overflowed.first(where: { structure.passesOver($0.key) }) { throw failure }
        try setAside.putBack(connection, keeps: isIncomplete)
        try structure.finish(connection) { reloadsToCome[$0] != nil }
        try sequences.write(connection, keeping: direction == .undo)
    }

    // MARK: Rows

    @inline(__always)
    func insert(_ table: AppliedTable, _ key: UnsafeRawBufferPointer, _ row: UnsafeRawBufferPointer) throws(Failure) {
        if !parked.isEmpty, parked[RowAddress(table, key)] != nil { throw differs(table, key, "it exists already") }
        var code = SQLITE_OK
        do throws(DatabaseError) { code = try table.insert(key, row) } catch { throw ForeignFunction.failure(error, table.definition.name) }
        if code == SQLITE_OK {
            if let observe { try observe(table.definition, .addition, key) }
        } else {
            try settle(code, table, key)
            try park(.init(image: Array(row), definition: table.definition.id, wasPresent: false), table, key)
        }
    }

    @inline(__always)
    func delete(
        _ table: AppliedTable, _ key: UnsafeRawBufferPointer, before: UnsafeRawBufferPointer
    ) throws(Failure) {
        if !parked.isEmpty, try deleteParked(table, key, Before(row: before)) { return }
        if expectation == .exact { try compare(table, key, Before(row: before)) }
        if let observe { try observe(table.definition, .deletion, key) }
        var code = SQLITE_OK
        do throws(DatabaseError) { code = try table.delete(key) } catch { throw ForeignFunction.failure(error, table.definition.name) }
        if code != SQLITE_OK { throw refusal(code, table, key) }
        if connection.changes != 1 { throw differs(table, key, "it does not exist") }
    }

    @inline(__always)
    func update(_ table: AppliedTable, _ operation: borrowing Operation) throws(Failure) {
        let isUndo = direction == .undo
        if !parked.isEmpty, try updateParked(table, operation) { return }
        if expectation == .exact { try compare(table, operation.key, Before(modification: operation, isUndo: isUndo)) }
        if let observe { try observe(table.definition, .modification, operation.key) }
        var code = SQLITE_OK
        do throws(DatabaseError) {
            code = try table.update(operation, isUndo: isUndo)
        } catch {
            // Untested: SQLite fails here only when its disk or its memory does.
            throw ForeignFunction.failure(error, table.definition.name)
        }
        if code == SQLITE_OK {
            if connection.changes != 1 { throw differs(table, operation.key, "it does not exist") }
        } else {
            guard Self.mayWait(code) else { throw refusal(code, table, operation.key) }
            try parkUpdate(table, operation)
        }
    }

    /// The table with this identifier, checked against the database when it is met first.
    @inline(__always)
    func table(_ id: UInt32) throws(Failure) -> AppliedTable {
        if let last, last.definition.id == id { return last }
        return try findTable(id)
    }

    func findTable(_ id: UInt32) throws(Failure) -> AppliedTable {
        let definition = try definition(id)
        try structure.use(definition.name, connection)
        if let known = tables[id] {
            last = known
            return known
        }
        let made = try AppliedTable(definition, connection)
        tables[id] = made
        touched.insert(definition.name.lowercased())
        last = made
        if direction == .undo { try sequences.keep(definition.name, connection) }
        return made
    }

    func definition(_ id: UInt32) throws(Failure) -> TableDefinition {
        guard let definition = definitions[id] else {
            throw Failure(
                .logDamaged, "an operation names the table \(id), which the log does not define",
                hint: "Check the log with 'msc log check'.")
        }
        // Capture journals none of these: the log was not written by capture.
        guard !Schema.isOurs(definition.name), !definition.name.lowercased().hasPrefix("sqlite_") else {
            throw Failure(
                .logDamaged, "an operation names the table '\(definition.name)', which no log of this program holds",
                hint: "Do not use this log: it was changed, or made by somebody else.")
        }
        return definition
    }
}

// MARK: - Other actions

extension Applier {
    func saveSequence(_ operation: borrowing Operation) throws(Failure) {
        let definition = try definition(operation.table)
        var cursor = ValueCursor(direction == .redo ? operation.new : operation.old)
        let value: Int64?
        switch cursor.next() {
        case .integer(let number): value = number
        case .null: value = nil
        default: throw damagedOperation
        }
        if !keepsCounters { return sequences.set(definition.name, value) }
        if try sequences.setAtLeast(definition.name, value, connection) { keptCounters.insert(definition.name) }
    }

    /// Whether a virtual table keeps its content in this table.
    private func isShadow(_ name: String) throws(Failure) -> Bool {
        do throws(DatabaseError) {
            return try VirtualTable.all(connection).flatMap(\.shadows).contains { $0.lowercased() == name.lowercased() }
        } catch { throw error.failure }
    }

    func reload(_ operation: borrowing Operation) throws(Failure) {
        let definition = try definition(operation.table)
        guard direction == .redo else {
            throw Failure(
                .logGap, "what the table '\(definition.name)' held before operation \(operation.number) is not known",
                hint: "Choose a point after that operation, or restore a backup that was made before it.")
        }
        try structure.reloaded(definition.name, connection)
        outdated.remove(definition.name.lowercased())
        renewed.insert(definition.name.lowercased())
        parked.removeAll(of: definition.name.asciiLowercased)
        if let left = reloadsToCome[definition.name.asciiLowercased] { reloadsToCome[definition.name.asciiLowercased] = left > 1 ? left - 1 : nil }
        let table = try table(operation.table)
        leftOut.reloaded(definition.name)
        do throws(DatabaseError) { try table.clear() } catch { throw ForeignFunction.failure(error, definition.name) }
    }
}

@available(*, unavailable, message: "an applier belongs to the owner of its connection")
extension Applier: Sendable {}
