// Unique indexes that are away while rows move: more rows than memory should hold wait for values that others have.

import CSQLite
import Vocabulary

/// Indexes that `CREATE UNIQUE INDEX` made, removed until the next consistent point. Those that belong to a table's own constraints
/// cannot be.
struct IndexesSetAside {
    private struct Index {
        let name: String
        var table: String
        let sql: String
    }

    private var indexes: [Index] = []

    /// Those that the rows of a table broke that keeps the rows it had.
    var refused: [Failure] {
        indexes.map {
            Failure(
                .tableNotWritable, "the unique index '\($0.name)' is left out: the table '\($0.table)' keeps rows that break it",
                hint: "Bring its rows up to date with the application, then make the index.")
        }
    }

    /// Removes the unique indexes of a table.
    /// - Returns: false when it has none.
    mutating func take(_ table: String, _ connection: Connection) throws(Failure) -> Bool {
        var found: [Index] = []
        do throws(DatabaseError) {
            let select = try connection.prepare(
                """
                SELECT l.name, s.sql FROM pragma_index_list(?1) AS l JOIN main.sqlite_schema AS s ON s.type='index' AND s.name=l.name
                WHERE l."unique" AND l.origin='c'
                """)
            try select.bind(1, connection.text(table))
            while try select.step() { found.append(Index(name: select.string(0), table: table, sql: select.string(1))) }
            select.reset()
            for index in found { try connection.execute("DROP INDEX main.\(SQLText.quoted(index.name))") }
        } catch {
            // Untested: SQLite fails here only when its disk or its memory does.
            throw ForeignFunction.failure(error, table)
        }
        indexes += found
        return !found.isEmpty
    }

    /// Takes one that rows still to come will allow.
    mutating func take(early name: String, _ table: String, _ sql: String) { indexes.append(Index(name: name, table: table, sql: sql)) }

    /// A change of structure comes: an index that it speaks of, or that went with its table, is not put back; those of a table that
    /// changes are there again before it does.
    /// - Parameters:
    ///   - keeps: whether a table keeps the rows that it had: its indexes go on waiting.
    ///   - leave: called for a table whose rows break the index: only a reload makes that good.
    mutating func give(
        way operation: borrowing Operation, _ connection: Connection, keeps: (String) -> Bool, leave: (String) -> Void
    ) throws(Failure) {
        guard !indexes.isEmpty else { return }
        var cursor = ValueCursor(operation.new)
        guard let values = cursor.rest(), values.count >= 4 else { return }
        func text(_ value: Value) -> String? {
            if case .text(let bytes) = value { connection.textEncoding.decode(bytes).lowercased() } else { nil }
        }
        guard let type = text(values[0]), let name = text(values[1]) else { return }
        let former = values.count > 4 ? text(values[4]) ?? name : name
        if type == "index" { return indexes.removeAll { $0.name.lowercased() == name } }
        guard type == "table" else { return }
        if values[3] != .null, keeps(former) {
            for place in indexes.indices where indexes[place].table.lowercased() == former { indexes[place].table = name }
            return
        }
        for index in indexes where index.table.lowercased() == former && values[3] != .null {
            do throws(DatabaseError) { try StructureText.create("index", index.name, index.sql, connection) } catch {
                guard error.isConstraint else { throw ForeignFunction.failure(error, index.table) }
                leave(index.table)
            }
        }
        indexes.removeAll { $0.table.lowercased() == former }
    }

    /// A consistent point: the indexes are there again. Throws 1517 when rows break them.
    /// - Parameter keeps: whether a table keeps the rows that it had: they may break an index, which goes on waiting.
    mutating func putBack(_ connection: Connection, keeps: (String) -> Bool) throws(Failure) {
        var waiting: [Index] = []
        for index in indexes {
            do throws(DatabaseError) { try StructureText.create("index", index.name, index.sql, connection) } catch {
                // An index over an expression may fail at such rows in any way.
                if keeps(index.table) {
                    waiting.append(index)
                    continue
                }
                guard error.isConstraint else { throw ForeignFunction.failure(error, index.table) }
                throw Failure(
                    .contentDiffers, "rows of the table '\(index.table)' break its unique index '\(index.name)' at a consistent point",
                    cause: error.message, hint: Applier.contentHint)
            }
        }
        indexes = waiting
    }
}
