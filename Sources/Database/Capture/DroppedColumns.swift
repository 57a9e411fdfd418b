// Columns that were dropped before their table was, both unseen: from then on the triggers logged NULL in their place. What may be such
// a NULL is not presented as known.

import Vocabulary

extension Resynchroniser {
    /// Whether images of a table that is gone, or was built anew, may lack a column: the newest of them holds NULL, as all do after
    /// a DROP COLUMN, and more happened to the structure than what is there now tells.
    func hidesDroppedColumn(_ definition: TableDefinition) throws -> Bool {
        guard try newestImageHasNull(definition), let version = try connection.integer("PRAGMA main.schema_version") else { return false }
        return try version - state.schemaVersion != fewestChanges()
    }

    /// Marks that the rows captured so far of a table that is gone mean nothing.
    func discardRows(of id: UInt32) throws(DatabaseError) {
        try connection.run("INSERT INTO main.\(Outbox.log)(k,m) VALUES(\(Outbox.code(id, .seed)),1)")
    }

    private func newestImageHasNull(_ definition: TableDefinition) throws(DatabaseError) -> Bool {
        let kinds = [Outbox.Kind.candidate, .update, .deletion].map { String(Outbox.code(definition.id, $0)) }.joined(separator: ",")
        let newest = try connection.prepare("SELECT * FROM main.\(Outbox.log) WHERE k IN (\(kinds)) ORDER BY n DESC LIMIT 1")
        guard try newest.step() else { return false }
        let count = definition.columns.count + (definition.isWithoutRowid ? 0 : 1)
        let first = Int(newest.columnCount) - (try Outbox.installedWidth(connection))
        // A wider image goes on in further rows: not known.
        guard first + count <= newest.columnCount else { return true }
        return (first..<first + count).contains { newest.isNull(Int32($0)) }
    }

    /// The fewest statements, each of which adds one to the schema's version, that lead from the structure known last to the present one.
    private func fewestChanges() throws -> Int64 {
        let old = before.filter(isLogged)
        let new = after.filter(isLogged)
        func has(_ objects: [Object], _ object: Object) -> Bool { objects.contains { $0.type == object.type && $0.name == object.name } }
        // Our triggers went with a table that was dropped, and stayed with one that was renamed.
        let triggered = Set(before.filter { $0.type == "trigger" && Schema.isOurs($0.name) }.map(\.table))
        let survivors = Set(
            before.filter { trigger in Schema.isOurs(trigger.name) && after.contains { $0.type == "trigger" && $0.name == trigger.name } }.map(\.table))
        let dropped = old.filter { $0.type == "table" && triggered.contains($0.name) && !survivors.contains($0.name) }
        let rebuilt = dropped.filter { has(new, $0) }
        var count = dropped.count
        for table in rebuilt {
            // Renaming writes the name in quotes: it was made under another one.
            let isRenamed = new.contains { $0.type == "table" && $0.name == table.name && $0.sql.hasPrefix("CREATE TABLE \(SQLText.quoted(table.name))") }
            count += isRenamed ? 2 : 1
        }
        let isGone = { (name: String) in dropped.contains { $0.name == name } }
        // What stood on a table that was dropped went with it, and was made anew.
        count += new.count { !has(old, $0) || $0.type != "table" && isGone($0.table) }
        count += old.count { $0.type != "table" && !has(new, $0) && !isGone($0.table) }
        if try hasMoved(Outbox.canary) { count += 1 }
        return Int64(count)
    }
}
