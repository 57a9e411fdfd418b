// AUTOINCREMENT counters in a drain: no trigger sees them, so they are compared with what the log said last.

import Vocabulary

extension DrainPass {
    /// Logs the AUTOINCREMENT counters that moved, were made or deleted, and those of tables that were made anew.
    mutating func logSequences(_ known: [String: Int64]) throws -> [String: Int64] {
        let present = try Drain.sequences(connection)
        for index in tables.inForce {
            let name = tables.list[index].definition.name
            let isAnew = present[name] != nil && restructured.contains(name.lowercased())
            guard present[name] != known[name] || isAnew else { continue }
            var head = Operation(action: .saveSequence, time: now, position: last)
            head.table = try define(index)
            var old = RowBuffer()
            var new = RowBuffer()
            if let value = known[name] { old.append(integer: value) } else { old.append(tag: ValueTag.null) }
            if let value = present[name] { new.append(integer: value) } else { new.append(tag: ValueTag.null) }
            try emission.other(head, old: old.bytes, new: new.bytes)
        }
        return present
    }
}

extension Drain {
    /// The counters as they are now.
    static func sequences(_ connection: Connection) throws -> [String: Int64] {
        guard try connection.integer("SELECT 1 FROM main.sqlite_schema WHERE name='sqlite_sequence'") == 1 else { return [:] }
        var present: [String: Int64] = [:]
        let select = try connection.prepare("SELECT name,seq FROM main.sqlite_sequence")
        while try select.step() {
            if case .integer(let counter) = select.view(1) { present[select.string(0)] = counter }
        }
        return present
    }

    /// Whether a counter moved although no row was captured: an insertion of no rows makes one, and programs set and delete them.
    static func movedAlone(_ known: [String: Int64], _ tables: DrainTables, _ connection: Connection) throws -> Bool {
        let present = try sequences(connection)
        return tables.inForce.contains { index in
            let name = tables.list[index].definition.name
            return present[name] != known[name]
        }
    }
}
