// The structure of a live database becomes that of another one, before its rows do: what a migration made is taken away, what
// it took away or altered is made again.

import Database
import Vocabulary

/// What differs between the structures of a database (`main`) and a wanted one (attached as `wanted`).
struct StructureDifference {
    private struct Object: Hashable {
        var type: String
        var name: String
        /// The table or view that it stands on.
        var table: String
        var sql: String

        var isVirtual: Bool { sql.lowercased().hasPrefix("create virtual") }
    }

    /// Tables that are made anew, in lower case: they are empty afterwards.
    private(set) var remade: Set<String> = []
    private var removed: [Object] = []
    private var made: [Object] = []
    /// In lower case: tables that virtual tables make for themselves.
    private var shadows: Set<String> = []
    private let numbers: HeaderNumbers

    /// - Parameters:
    ///   - reader: a connection on which both can be read.
    ///   - virtual: the virtual tables of both. Each has to be asked by itself: SQLite looks up whose tables are whose by name alone.
    init(_ reader: Connection, _ virtual: [VirtualTable]) throws {
        numbers = try HeaderNumbers(reader, in: "wanted")
        let live = try Self.objects(reader, "main")
        let wanted = try Self.objects(reader, "wanted")
        shadows = Set(virtual.flatMap(\.shadows).map { $0.lowercased() })

        let differing = Set(live).symmetricDifference(wanted)
        // What stands on a table or view goes with it.
        var bases = Set(differing.filter { $0.type == "table" || $0.type == "view" }.map { $0.name.lowercased() })
        for name in Set(virtual.map { $0.name.lowercased() }) {
            let own = virtual.filter { $0.name.lowercased() == name }.flatMap(\.shadows).map { $0.lowercased() }
            if bases.contains(name) || !bases.isDisjoint(with: own) { bases.formUnion(own + [name]) }
        }
        func changes(_ object: Object) -> Bool {
            differing.contains(object) || bases.contains(object.name.lowercased()) && object.type == "table"
                || bases.contains(object.table.lowercased())
        }
        removed = live.filter(changes)
        made = wanted.filter(changes)
        remade = Set(made.filter { $0.type == "table" }.map { $0.name.lowercased() })
    }

    /// Everything of the application that SQL makes, in the order in which it was made.
    private static func objects(_ reader: Connection, _ schema: String) throws -> [Object] {
        let select = try reader.prepare(
            """
            SELECT type, name, tbl_name, sql FROM \(schema).sqlite_schema WHERE sql IS NOT NULL
            AND name NOT LIKE '\\_msc\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid
            """)
        var found: [Object] = []
        while try select.step() {
            found.append(Object(type: select.string(0), name: select.string(1), table: select.string(2), sql: select.string(3)))
        }
        return found
    }

    /// Makes the tables, within the transaction of a connection whose triggers and foreign keys are off. What one of the two structures
    /// does not have must not judge the rows on their way: indexes that go are gone then, those that come are made by `complete`.
    /// - Throws: 1509 for a table that cannot be made, for example of a module that only the application has.
    func begin(_ connection: Connection) throws {
        connection.forgetStatements()
        let order = ["trigger", "view", "index"]
        for object in removed where order.contains(object.type) { try drop(object, connection) }
        // A virtual table takes its shadow tables along.
        for object in removed where object.isVirtual { try drop(object, connection) }
        for object in removed where object.type == "table" && !object.isVirtual { try drop(object, connection) }
        for object in made where object.type == "table" && !isShadow(object) { try make(object, connection) }
        // A virtual table begins with rows of its own. One of those in which it keeps its content it may make only later.
        for object in made where object.type == "table" && isShadow(object) {
            if try isThere(object, connection) { try connection.execute("DELETE FROM main.\(SQLText.quoted(object.name))") } else { try make(object, connection) }
        }
    }

    /// Makes what stands on the tables, when the rows are as they are wanted.
    /// - Throws: 1509 for an object that cannot be made.
    func complete(_ connection: Connection) throws {
        connection.forgetStatements()
        for type in ["index", "view", "trigger"] { for object in made where object.type == type {
                // Those of a virtual table's own tables came with it.
                if type == "index", shadows.contains(object.table.lowercased()), try isThere(object, connection) { continue }
                try make(object, connection)
            }
        }
        try numbers.write(connection)
    }

    private func isShadow(_ object: Object) -> Bool { shadows.contains(object.name.lowercased()) }

    private func isThere(_ object: Object, _ connection: Connection) throws(DatabaseError) -> Bool {
        try connection.integer(
            "SELECT 1 FROM sqlite_schema WHERE type=? AND name=? COLLATE NOCASE", connection.text(object.type), connection.text(object.name)) != nil
    }

    private func drop(_ object: Object, _ connection: Connection) throws(DatabaseError) {
        try connection.execute("DROP \(object.type.uppercased()) IF EXISTS main.\(SQLText.quoted(object.name))")
    }

    private func make(_ object: Object, _ connection: Connection) throws {
        do { try StructureText.run(object.sql, on: connection) } catch {
            if error.endsAll { throw error }
            throw Failure(
                .structureChanged, "the \(object.type) '\(object.name)' cannot be made in '\(connection.path)'", cause: error.message,
                hint: "Restore into a folder instead, or stop the programs that use the database and put the restored file in its place.")
        }
    }
}
