// AUTOINCREMENT counters in a drain: no trigger sees them, so they are compared with what the log said last.

import Vocabulary

extension DrainPass {
    /// Logs the AUTOINCREMENT counters that moved.
    mutating func logSequences(_ known: [String: Int64]) throws -> [String: Int64] {
        guard try connection.integer("SELECT 1 FROM main.sqlite_schema WHERE name='sqlite_sequence'") == 1 else { return known }
        var present: [String: Int64] = [:]
        let select = try connection.prepare("SELECT name,seq FROM main.sqlite_sequence")
        while try select.step() {
            if case .integer(let counter) = select.view(1) { present[select.string(0)] = counter }
        }
        for index in tables.inForce {
            let name = tables.list[index].definition.name
            guard present[name] != known[name] else { continue }
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
