// What an applier cannot do, because it needs a function or collation that is not there or a newer SQLite: tables that it passes over, and
// objects that it leaves out. Everything else goes on, and these are named.

import Vocabulary

/// The account of one applier.
struct LeftOut {
    private struct Entry {
        let failure: Failure
        var operations = 0
    }

    /// Tables whose operations are passed over now, in lower case.
    private var tables: Set<String> = []
    /// Indexes that cannot be made, each with its table, in lower case: such a table keeps the rows that it had where the log does not
    /// have them as long as the index is there.
    private var indexes: [String: String] = [:]
    /// Tables that keep rows of before since something of them was passed over, in lower case: until a reload.
    private var stale: Set<String> = []
    /// By type and name, in the order in which they were met.
    private var entries: [(key: String, value: Entry)] = []

    var isEmpty: Bool { tables.isEmpty }

    /// One failure for each object.
    var warnings: [Failure] {
        entries.map { key, entry in
            let count = entry.operations == 0 ? "" : "; \(entry.operations) operations on it were passed over"
            return Failure(entry.failure.code, entry.failure.message, cause: (entry.failure.cause ?? "") + count, hint: entry.failure.hint)
        }
    }

    /// Counts an operation on a table that is passed over; false for any other table.
    mutating func passesOver(_ table: String) -> Bool {
        guard tables.contains(table.lowercased()) else { return false }
        if let index = entries.firstIndex(where: { $0.key == "table \(table.lowercased())" }) { entries[index].value.operations += 1 }
        return true
    }

    /// The table cannot be written: this operation and those that follow are passed over.
    mutating func passOver(_ table: String, _ failure: Failure) {
        tables.insert(table.lowercased())
        stale.insert(table.lowercased())
        note("table", table, failure)
        _ = passesOver(table)
    }

    /// The structure change cannot be made.
    mutating func leave(_ change: Change, _ failure: Failure) {
        if change.type == "index", let table = change.table {
            indexes[change.name.lowercased()] = table.lowercased()
            stale.insert(table.lowercased())
            note(
                "index", "\(change.name) \(table)",
                Failure(
                    failure.code, "this program cannot make the index '\(change.name)': the table '\(table)' may keep rows that it had before",
                    cause: failure.cause ?? failure.message, hint: failure.hint))
        } else {
            note(change.type, change.name, failure)
        }
        if change.type == "table" {
            tables.insert(change.name.lowercased())
            stale.insert(change.name.lowercased())
        }
    }

    /// The structure change was made: a table that is made anew can be written.
    mutating func made(_ change: Change) {
        if change.type == "index" { indexes[change.name.lowercased()] = nil }
        guard change.type == "table" else { return }
        tables.remove(change.name.lowercased())
        guard let former = change.former?.lowercased() ?? (change.isGone ? change.name.lowercased() : nil) else { return }
        if stale.remove(former) != nil, !change.isGone { stale.insert(change.name.lowercased()) }
        indexes = indexes.compactMapValues { $0 == former ? (change.isGone ? nil : change.name.lowercased()) : $0 }
    }

    /// The rows of a table came anew.
    mutating func reloaded(_ table: String) { stale.remove(table.lowercased()) }

    /// Whether a table may keep rows of before: they may break what the structure asks of those that the log has.
    func keeps(_ table: String) -> Bool {
        if stale.isEmpty { return false }
        let name = table.lowercased()
        return stale.contains(name) || indexes.values.contains(name)
    }

    /// Whether the change is of an index or trigger on a table that is passed over.
    func passesOver(_ change: Change) -> Bool {
        change.type != "table" && change.table.map { tables.contains($0.lowercased()) } == true
    }

    /// An index is named once for each table that it stood on, under all names of it: each may be the one that is looked for.
    private mutating func note(_ type: String, _ name: String, _ failure: Failure) {
        let key = "\(type) \(name.lowercased())"
        if !entries.contains(where: { $0.key == key }) { entries.append((key, Entry(failure: failure))) }
    }

    /// What a structure change is about.
    struct Change {
        let type: String
        let name: String
        /// The table of an index or trigger; nil where the statement does not say.
        let table: String?
        /// The name that a table had before.
        let former: String?
        /// It is removed.
        let isGone: Bool

        /// Nil when the operation does not describe a change.
        init?(_ operation: borrowing Operation, _ connection: Connection) {
            var cursor = ValueCursor(operation.new)
            guard let values = cursor.rest(), values.count >= 4 else { return nil }
            func text(_ value: Value) -> String? { if case .text(let bytes) = value { connection.textEncoding.decode(bytes) } else { nil } }
            guard let type = text(values[0]), let name = text(values[1]) else { return nil }
            self.type = type
            self.name = name
            table = text(values[3]).flatMap(StructureText.object)?.table
            former = values.count > 4 ? text(values[4]) : nil
            isGone = values[3] == .null
        }
    }
}
