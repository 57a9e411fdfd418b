// Redo of a change of structure amid rows: what waits for it goes on waiting, or for a reload.

import Vocabulary

extension Applier {
    func changeStructure(_ operation: borrowing Operation) throws(Failure) {
        guard direction == .redo else {
            throw Failure(
                .structureChanged, "the structure changed at operation \(operation.number), which cannot be undone",
                hint: "Choose a point after that operation, or restore a backup that was made before it.")
        }
        // Amid the changes of one drain no row comes, and a table whose indexes are still to change may not be looked at.
        if !parked.isEmpty, !isAmidStructure { try retry() }
        isAmidStructure = true
        tables.removeAll()
        last = nil
        // What cannot be made here must leave no half of itself, and what waits goes on waiting for the structure that is left.
        let before = (structure, setAside)
        let change = LeftOut.Change(operation, connection)
        do throws(Failure) {
            try savepoint("SAVEPOINT")
            try setAside.give(way: operation, connection, keeps: isIncomplete) { structure.leave(unplaced: $0) }
            try structure.apply(operation, connection, isIncomplete: { reloadsToCome[$0.asciiLowercased] != nil }) { name in
                definitions.values.contains { $0.name.lowercased() == name }
            }
            if let change, change.type == "table", leftOut.keeps(change.former ?? change.name) { structure.keepWhatFits(of: change.name) }
            for index in structure.early { setAside.take(early: index.name, index.table, index.sql) }
            structure.early.removeAll()
        } catch {
            guard let change, error.code == .tableNotWritable || leftOut.passesOver(change) else { throw error }
            (structure, setAside) = before
            try savepoint("ROLLBACK TO")
            leftOut.leave(change, error)
            if change.type == "index", let table = change.table { structure.keepWhatFits(of: table) }
            return try savepoint("RELEASE")
        }
        if let change { leftOut.made(change) }
        try savepoint("RELEASE")
        // What is parked waits for the structure that allows it. Rows of a table that is another one now can only come by a reload.
        guard let change else { return }
        for (table, definition) in parked.tables {
            // What its rows became last is not told of a table that is gone.
            if change.type == "table", change.isGone, change.name.asciiLowercased == table {
                parked.removeAll(of: table)
            } else if let name = try misplaced(table, definition, by: change) {
                structure.leave(unplaced: name)
                parked.removeAll(of: table)
            }
        }
    }

    private func savepoint(_ words: String) throws(Failure) {
        do throws(DatabaseError) {
            connection.forgetStatements()
            try connection.execute("\(words) _msc_structure")
        } catch { throw error.failure }
    }

    /// Parked rows follow a change that renames their table, or its columns.
    /// - Returns: nil when they can still be put into the table; otherwise its name.
    private func misplaced(_ table: String, _ id: UInt32, by change: LeftOut.Change) throws(Failure) -> String? {
        let former = try definition(id)
        let name = change.type == "table" && change.former?.asciiLowercased == table ? change.name : former.name
        if structure.passesOver(name) { return name }
        do throws(DatabaseError) {
            var present = try FormerTable.table(name, connection).definition(id: id)
            if present == former { return nil }
            func shape(_ table: TableDefinition) -> [String] { table.columns.map { "\($0.keyPosition) \($0.type)" } }
            guard present.isWithoutRowid == former.isWithoutRowid, (present.rowidColumn == nil) == (former.rowidColumn == nil),
                shape(present) == shape(former)
            else { return name }
            // The log counts its definitions upwards: a number from the other end is none of them.
            namesFollowed += 1
            present.id = .max - namesFollowed
            definitions[present.id] = present
            parked.move(from: table, to: name.asciiLowercased, definition: present.id)
        } catch {
            // Untested: SQLite fails here only when its disk or its memory does.
            throw error.failure
        }
        return nil
    }
}
