// What the applier does with a row whose place another row still holds: it waits, and operations on it go on.

import CSQLite
import Vocabulary

extension Applier {
    /// Judges why an insertion was refused: returns when the row is to be parked.
    func settle(_ code: Int32, _ table: AppliedTable, _ key: UnsafeRawBufferPointer) throws(Failure) {
        guard Self.mayWait(code) else { throw refusal(code, table, key) }
        do throws(DatabaseError) {
            if try !table.contains(key) { return }
        } catch {
            // Untested: SQLite fails here only when its disk or its memory does.
            throw ForeignFunction.failure(error, table.definition.name)
        }
        throw differs(table, key, "it exists already")
    }

    /// Takes the row of a modification that collides out of the table and lets it wait, changed.
    func parkUpdate(_ table: AppliedTable, _ operation: borrowing Operation) throws(Failure) {
        scratch.removeAll()
        do throws(DatabaseError) {
            guard try table.read(operation.key, into: &scratch) else { throw connection.error(SQLITE_ERROR) }
            let code = try table.delete(operation.key)
            guard code == SQLITE_OK else { throw connection.error(code) }
        } catch {
            // Untested: SQLite fails here only when its disk or its memory does.
            throw ForeignFunction.failure(error, table.definition.name)
        }
        let image = try merged(scratch.bytes, operation)
        try park(.init(image: image, definition: table.definition.id, wasPresent: true), table, operation.key)
    }

    func updateParked(_ table: AppliedTable, _ operation: borrowing Operation) throws(Failure) -> Bool {
        let address = RowAddress(table, operation.key)
        guard let row = parked[address] else { return false }
        if expectation == .exact {
            let before = Before(modification: operation, isUndo: direction == .undo)
            try compare(row.image, before, table, operation.key)
        }
        let image = try merged(row.image, operation)
        try park(.init(image: image, definition: table.definition.id, wasPresent: row.wasPresent), table, operation.key)
        return true
    }

    func deleteParked(
        _ table: AppliedTable, _ key: UnsafeRawBufferPointer, _ before: Before
    ) throws(Failure) -> Bool {
        let address = RowAddress(table, key)
        guard let row = parked[address] else { return false }
        if expectation == .exact { try compare(row.image, before, table, key) }
        parked.remove(address)
        return true
    }

    /// The row `image` with the columns set that the modification changes.
    func merged(_ image: [UInt8], _ operation: borrowing Operation) throws(Failure) -> [UInt8] {
        var target = Target(operation, isUndo: direction == .undo)
        var result = ValueBuffer()
        let isWhole = image.withUnsafeBytes { bytes in
            var present = ValueCursor(bytes)
            while let kept = present.next() {
                guard let set = target.next() else { return false }
                if case .same = set { result.append(kept.owned) } else { result.append(set.owned) }
            }
            return target.isAtEnd
        }
        guard isWhole else { throw damagedOperation }
        return result.bytes
    }

    func park(_ row: ParkedRows.Row, _ table: AppliedTable, _ key: UnsafeRawBufferPointer) throws(Failure) {
        parked.park(row, at: RowAddress(table, key))
        if parked.wantsRetry || parked.byteCount > parkingLimit { try retry() }
        if parked.byteCount > parkingLimit, try setAside.take(table.definition.name, connection) { try retry() }
        if parked.byteCount <= parkingLimit { return }
        let failure = Failure(
            .contentDiffers, "more than \(parkingLimit >> 20) MiB of rows wait for unique values that others hold",
            cause: "the last is row \(describe(key: key)) of the table '\(table.definition.name)'", hint: Self.contentHint)
        guard direction == .redo else { throw failure }
        // Only the table made anew can hold them, and then its rows come with it.
        structure.leave(unplaced: table.definition.name)
        overflowed[table.definition.name.lowercased()] = failure
        parked.removeAll(of: table.foldedName)
    }

    /// What is wrong with a row that has found no place where all must have.
    func refusalAtPoint(_ address: RowAddress, _ row: ParkedRows.Row) throws(Failure) -> Failure {
        let table = try findTable(row.definition)
        return try address.key.withUnsafeBufferPointer { key throws(Failure) in
            let key = UnsafeRawBufferPointer(key)
            let code = try insert(row, key, table)
            guard Self.isCollision(code) else { return refusal(code, table, key) }
            return Failure(
                .contentDiffers, "\(parked.rows.count) rows collide with others at a consistent point",
                cause: "the first is row \(describe(key: key)) of the table '\(table.definition.name)'", hint: Self.contentHint)
        }
    }

    /// Tries to put each waiting row where it belongs.
    func retry() throws(Failure) {
        for (address, row) in parked.rows {
            let table = try findTable(row.definition)
            try address.key.withUnsafeBufferPointer { key throws(Failure) in
                try retry(row, address, UnsafeRawBufferPointer(key), table)
            }
        }
        parked.retried()
    }

    /// Puts a waiting row into its table.
    /// - Returns: SQLite's code when the table refuses it.
    private func insert(_ row: ParkedRows.Row, _ key: UnsafeRawBufferPointer, _ table: AppliedTable) throws(Failure) -> Int32 {
        do throws(DatabaseError) {
            return try row.image.withUnsafeBufferPointer { image throws(DatabaseError) in
                try table.insert(key, UnsafeRawBufferPointer(image))
            }
        } catch {
            // Untested: SQLite fails here only when its disk or its memory does.
            throw ForeignFunction.failure(error, table.definition.name)
        }
    }

    private func retry(
        _ row: ParkedRows.Row, _ address: RowAddress, _ key: UnsafeRawBufferPointer, _ table: AppliedTable
    ) throws(Failure) {
        let code = try insert(row, key, table)
        guard code == SQLITE_OK else { return try settle(code, table, key) }
        parked.remove(address)
        // A row that was only away meanwhile was observed when it left.
        if let observe, !row.wasPresent { try observe(table.definition, .addition, key) }
    }
}
