// AUTOINCREMENT counters in a drain: no trigger sees them, so they are compared with what the log said last.

import Vocabulary

extension DrainPass {
    /// Logs what the counters are now, where the log does not say it or a replay would get elsewhere.
    mutating func logSequences() throws -> [String: Int64] {
        let present = try Drain.sequences(connection)
        try emission.settle(before: last)
        emission.counters.see(.whole(present))
        try emission.tellCounters(restructured: restructured, at: last, now)
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

    /// The tables that can have a counter.
    static func counted(_ connection: Connection) throws -> Set<String> {
        let select = try connection.prepare("SELECT name,sql FROM main.sqlite_schema WHERE type='table' AND sql LIKE '%autoincrement%'")
        var names: Set<String> = []
        while try select.step() {
            if SQLText.tokens(select.string(1)).contains(where: { $0.lowercased == "autoincrement" }) { names.insert(select.string(0)) }
        }
        return names
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
