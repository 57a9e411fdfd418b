// Redo of changed structure: the statements that made tables, indexes, triggers and views, run again one at a time.

import CSQLite
import Vocabulary

/// What is redone, and how.
///
/// The values of a `structureChange` are type (`table`, `index`, `trigger`, `view`, `pragma`), name, the SQL before or null, the SQL after or
/// null, as in `sqlite_schema`, and for a renamed table the name before or null.
///
/// - Only after: the object is made. Only before: it is removed. What is so already (a table's indexes go with it, a virtual
///   table brings its shadow tables) is left.
/// - A number in the header (`pragma`: `user_version` or `application_id`, texts of numbers) is set.
/// - Index, trigger, view with other SQL: removed and made anew.
/// - Virtual table with other SQL: removed and made anew, with its shadow tables; their rows come by a reload. What the log says of
///   shadow tables themselves is passed over as long as their virtual table is there.
/// - Table with other SQL: made anew, while its rows wait aside. A `reload` brings all of them anew. Where none comes, those
///   that it had stay when nothing but names of columns changed: capture misses nothing then. Otherwise operations on it
///   are passed over until the reload, before which no consistent point may come: 1509. A table that the log does not define (excluded, or of
///   a kind that cannot be journaled) keeps the rows that fit. Its AUTOINCREMENT counter stays if it still has one; its indexes
///   and triggers are put back with the rows, unless changes of their own said otherwise.
/// - Changes of tables come before changes of what stands on them.
/// - Objects that SQLite makes by itself (`sqlite_…`) are passed over.
///
/// Afterwards `sqlite_schema` must hold exactly the SQL of the log, otherwise 1509. The text comes from a file: it is run only
/// when it is one single statement that creates an object of its type.
struct StructureRedo {
    /// Tables made anew that have no rows yet, by name in lower case.
    private var waiting: [String: FormerTable] = [:]
    private var formerCount = 0
    /// Tables with rows that found no place before the structure changed, by name in lower case: only a reload makes that good.
    private var unplaced: Set<String> = []

    /// Unique indexes that the rows do not allow yet, since they come behind in the log: whoever takes them makes them at the next
    /// consistent point.
    var early: [(name: String, table: String, sql: String)] = []

    /// Redoes one change.
    /// - Parameters:
    ///   - isIncomplete: whether the rows of a table are still to come anew: its indexes are made after them.
    ///   - isJournaled: whether the log defines a table of this name, in lower case.
    mutating func apply(
        _ operation: borrowing Operation, _ connection: Connection, isIncomplete: (String) -> Bool, isJournaled: (String) -> Bool
    ) throws(Failure) {
        var cursor = ValueCursor(operation.new)
        guard let values = cursor.rest(), values.count >= 4, let type = Self.text(values[0], connection),
            let name = Self.text(values[1], connection), ["table", "index", "trigger", "view", "pragma"].contains(type)
        else { throw Self.unclear(operation.number) }
        if name.lowercased().hasPrefix("sqlite_") { return }
        // Capture logs none of these: the log was not written by capture.
        let former = values.count > 4 ? Self.text(values[4], connection) : nil
        if Schema.isOurs(name) || former.map({ Schema.isOurs($0) || $0.lowercased().hasPrefix("sqlite_") }) == true {
            throw Self.unclear(operation.number)
        }
        if type == "pragma" { return try Self.setNumber(name, Self.text(values[3], connection), operation.number, connection) }
        connection.forgetStatements()
        let after = Self.text(values[3], connection)
        let wasThere = values[2] != .null
        do throws(DatabaseError) {
            // Its own tables come and go with a virtual table, in the form that this SQLite gives them.
            if type == "table", try isOwned(name, connection) { return }
            // What a change of its own speaks of is not put back with the rows.
            for table in waiting.keys { waiting[table]?.forget(type, name) }
            let former = type == "table" ? former : nil
            var isEmpty = false
            if type == "table", let table = waiting.removeValue(forKey: (former ?? name).lowercased()) {
                isEmpty = !table.keepsRows
                if after == nil {
                    try table.discard(connection)
                } else {
                    try table.carry(connection)
                    try table.close(connection)
                }
            }
            if type == "table", unplaced.remove((former ?? name).lowercased()) != nil, after != nil { unplaced.insert(name.lowercased()) }
            guard let after else { return try Self.drop(type, name, connection) }
            if let former { try Self.rename(former, to: name, connection) }
            let present = try connection.string(
                "SELECT sql FROM sqlite_schema WHERE type=? AND name=? COLLATE NOCASE", connection.text(type), connection.text(name))
            let isVirtual = [present ?? "", after].contains { $0.hasPrefix("CREATE VIRTUAL ") }
            // One that was left out can perhaps be made now; its rows come by a reload.
            if type == "table", wasThere, present != nil, present != after || isEmpty, !isVirtual {
                formerCount += 1
                waiting[name.lowercased()] = try FormerTable(
                    name, after, number: formerCount, isJournaled: isJournaled(name.lowercased()) || isJournaled((former ?? name).lowercased()),
                    isEmpty: isEmpty, connection)
            } else if present != after {
                if wasThere { try Self.drop(type, name, connection) }
                // An index whose function is missing keeps every row out, also where no row calls it yet.
                do throws(DatabaseError) { try StructureText.create(type, name, after, connection, hasStandIns: type != "index") } catch {
                    guard type == "index", let table = StructureText.object(of: after)?.table,
                        error.isConstraint || isIncomplete(table) && ForeignFunction.failure(error, table).code != .tableNotWritable
                    else { throw error }
                    early.append((name, table, after))
                }
            }
        } catch {
            throw Self.failure(error, type, name)
        }
    }

    /// Whether a virtual table that is there makes and removes this table itself.
    private func isOwned(_ name: String, _ connection: Connection) throws(DatabaseError) -> Bool {
        guard try connection.integer("SELECT 1 FROM sqlite_schema WHERE type='table' AND name=? COLLATE NOCASE", connection.text(name)) != nil
        else { return false }
        return try VirtualTable.all(connection).contains { table in table.shadows.contains { $0.lowercased() == name.lowercased() } }
    }

    /// The rows of a table come anew: those that it had go.
    mutating func reloaded(_ table: String, _ connection: Connection) throws(Failure) {
        unplaced.remove(table.lowercased())
        guard let former = waiting.removeValue(forKey: table.lowercased()) else { return }
        do throws(DatabaseError) { try former.close(connection) } catch { throw Self.failure(error, "table", table) }
    }

    /// Rows of a table are in the way of each other where the structure changes. What led there was not captured whole: a reload comes.
    mutating func leave(unplaced table: String) { unplaced.insert(table.lowercased()) }

    /// The table cannot be written by this program: what it had stays, as far as it fits.
    mutating func keepWhatFits(of table: String) {
        unplaced.remove(table.lowercased())
        waiting[table.lowercased()]?.keepWhatFits()
    }

    /// Whether any table has not got its rows yet.
    var isWaiting: Bool { !waiting.isEmpty || !unplaced.isEmpty }

    /// Whether nothing but a reload can tell the rows of a table: what concerns them before it counts for nothing. (Of two reloads with
    /// a change of structure between them the log holds the second one only.)
    func passesOver(_ table: String) -> Bool {
        let name = table.lowercased()
        return unplaced.contains(name) || waiting[name]?.keepsRows == false
    }

    /// A table is used: one that was made anew has its rows now, or cannot have them.
    @inline(__always)
    mutating func use(_ table: String, _ connection: Connection) throws(Failure) {
        if !waiting.isEmpty { try settle(table.lowercased(), connection) }
    }

    /// A consistent point.
    /// - Parameter isIncomplete: whether the rows of a table, by its name in lower case, are still to come anew.
    mutating func finish(_ connection: Connection, isIncomplete: (String) -> Bool) throws(Failure) {
        if let table = unplaced.first(where: { !isIncomplete($0) }) { throw Self.collision(table) }
        for table in waiting.keys.sorted() { try settle(table, connection) }
    }

    private mutating func settle(_ table: String, _ connection: Connection) throws(Failure) {
        guard let former = waiting[table] else { return }
        guard former.keepsRows else { throw Self.missingRows(table) }
        do throws(DatabaseError) {
            try former.carry(connection)
            try former.close(connection)
        } catch {
            // Untested: SQLite fails here only when its disk or its memory does.
            throw Self.failure(error, "table", table)
        }
        waiting[table] = nil
    }

    private static func setNumber(_ name: String, _ text: String?, _ operation: UInt64, _ connection: Connection) throws(Failure) {
        guard HeaderNumbers.names.contains(name), let value = text.flatMap({ Int32($0) }) else { throw Self.unclear(operation) }
        do throws(DatabaseError) { try connection.execute(HeaderNumbers.statement(name, Int64(value))) } catch { throw error.failure }
    }

    // MARK: Statements

    private static func drop(_ type: String, _ name: String, _ connection: Connection) throws(DatabaseError) {
        try connection.drop(type, name)
    }

    /// Renames a table that is still under its former name; its rows stay.
    private static func rename(_ former: String, to name: String, _ connection: Connection) throws(DatabaseError) {
        let find = "SELECT 1 FROM sqlite_schema WHERE type='table' AND name=? COLLATE NOCASE"
        guard former.asciiLowercased != name.asciiLowercased, try connection.integer(find, connection.text(former)) != nil else { return }
        guard try connection.integer(find, connection.text(name)) == nil else {
            throw DatabaseError(code: SQLITE_ERROR, message: "there is another table of this name", path: connection.path)
        }
        do throws(DatabaseError) {
            try connection.execute("ALTER TABLE main.\(SQLText.quoted(former)) RENAME TO \(SQLText.quoted(name))")
        } catch {
            guard error.code & 0xff == SQLITE_ERROR else { throw error }
            // A view or trigger names what a change made at the same time renamed, and has a change of its own to come.
            try FormerTable.rename(former, to: name, connection)
        }
    }

    // MARK: Words

    private static func text(_ value: Value, _ connection: Connection) -> String? {
        if case .text(let bytes) = value { connection.textEncoding.decode(bytes) } else { nil }
    }

    private static func unclear(_ operation: UInt64) -> Failure {
        Failure(
            .logDamaged, "operation \(operation) does not describe a change of structure",
            hint: "Check the log with 'msc log check'.")
    }

    private static func missingRows(_ table: String) -> Failure {
        Failure(
            .structureChanged, "the structure of the table '\(table)' changed and its rows do not follow",
            hint: "Start from a backup that was made after the change.")
    }

    private static func collision(_ table: String) -> Failure {
        Failure(
            .contentDiffers, "rows of the table '\(table)' collide with others where the structure changes", hint: Applier.contentHint)
    }

    private static func failure(_ error: DatabaseError, _ type: String, _ name: String) -> Failure {
        let named = ForeignFunction.failure(error, name)
        guard named == error.failure, error.code & 0xff == SQLITE_ERROR || error.isConstraint else { return named }
        return Failure(
            .structureChanged, "the \(type) '\(name)' cannot be made as the log describes it", cause: error.message,
            hint: "Start from a backup that was made after the change.")
    }
}
