// Operations as SQL that makes them again, or takes them back. A script is for people and for other databases: it knows the values,
// not the guarantees of integration and rollback, which compare each row before they touch it.

import Database
import LogFile
import Vocabulary

extension OperationFormat {
    /// Whether it is SQL.
    var isScript: Bool { self == .redoSQL || self == .undoSQL }

    /// Whether the newest operation is written first: it is the first to be taken back.
    var isNewestFirst: Bool { self == .undoSQL }

    /// What a script begins with.
    var sqlHead: String {
        let order = isNewestFirst ? "Takes the operations back, the newest first." : "Makes the operations again, the oldest first."
        return """
            -- \(order) Written by msc.
            -- All or nothing: a statement that fails, or finds another row than it expects, ends in a ROLLBACK.
            -- Leave the triggers of the database on: by them this script itself gets into the log of msc.
            PRAGMA foreign_keys=OFF;
            BEGIN IMMEDIATE;
            CREATE TEMP TABLE msc_failed(operation);
            CREATE TEMP TABLE msc_end(ok CONSTRAINT "a statement failed, nothing was changed" CHECK(ok));
            CREATE TEMP TABLE msc_counter(name PRIMARY KEY, seq);
            INSERT INTO temp.msc_failed SELECT 0 WHERE 0;

            """
    }

    /// What a script ends with. A client that goes on after an error, as the sqlite3 shell does, meets the constraint, whose violation takes
    /// back the transaction; its COMMIT then finds none.
    /// - Parameter hasCounters: AUTOINCREMENT counters are among the operations. They are set last: insertions move them.
    static func sqlFoot(hasCounters: Bool) -> String {
        let counters = """
            DELETE FROM main.sqlite_sequence WHERE name IN (SELECT name FROM temp.msc_counter);
            INSERT INTO main.sqlite_sequence(name,seq) SELECT name,seq FROM temp.msc_counter WHERE seq IS NOT NULL;

            """
        return (hasCounters ? counters : "") + """
            SELECT 'msc: operation ' || operation || ' failed, nothing was changed' FROM temp.msc_failed LIMIT 1;
            INSERT OR ROLLBACK INTO temp.msc_end SELECT 0 FROM temp.msc_failed LIMIT 1;
            DROP TABLE temp.msc_failed;
            DROP TABLE temp.msc_end;
            DROP TABLE temp.msc_counter;
            COMMIT;

            """
    }
}

extension OperationWriter {
    static let counterStart = "INSERT OR REPLACE INTO temp.msc_counter "

    /// The statements for one operation, with the one that notes down that they did not do what they should: after a statement that fails,
    /// `changes()` is still the 0 of the last such note.
    func script(_ operation: OwnedOperation, _ table: TableDefinition?, isUndo: Bool) -> String {
        let text = sql(operation, table, isUndo: isUndo)
        guard operation.action.isRecordOperation, !text.hasPrefix("--"), !text.isEmpty else { return text }
        return text + "INSERT INTO temp.msc_failed SELECT \(operation.number) WHERE changes()<>1;\n"
    }

    /// The statements for one operation, each on a line of its own; empty for one that changes nothing, a comment for one that no
    /// statement can make or take back.
    func sql(_ operation: OwnedOperation, _ table: TableDefinition?, isUndo: Bool) -> String {
        // A name has no other form in SQL than its own characters.
        if let table,
            ([table.name, table.rowidColumn, table.rowidName].compactMap { $0 } + table.columns.map(\.name)).contains(where: OperationWriter.steers)
        { return impossible(operation) }
        guard let table else {
            return operation.action == .structureChange ? structure(operation, isUndo) : missing(operation, table) ?? ""
        }
        let name = SQLText.quoted(table.name)
        switch operation.action {
        case .addition, .deletion:
            if (operation.action == .deletion) == isUndo {
                return insertion(operation, table, isUndo ? operation.old : operation.new) ?? impossible(operation)
            }
            guard let condition = condition(operation, table) else { return impossible(operation) }
            return "DELETE FROM \(name) WHERE \(condition);\n"
        case .modification: return update(operation, table, isUndo) ?? impossible(operation)
        case .saveSequence:
            guard let value = (isUndo ? operation.old : operation.new).first else { return impossible(operation) }
            return "\(OperationWriter.counterStart)VALUES(\(SQLText.literal(table.name)),\(literal(value)));\n"
        case .reload where !isUndo: return "DELETE FROM \(name);\n"
        default: return missing(operation, table) ?? ""
        }
    }

    // MARK: Statements

    private func insertion(_ operation: OwnedOperation, _ table: TableDefinition, _ row: [Value]) -> String? {
        guard row.count == table.columns.count, !row.contains(.same) else { return nil }
        var names = table.columns.map(\.name)
        var values = row
        if !table.isWithoutRowid {
            guard let rowid = table.rowidName, let key = operation.key.first else { return nil }
            names.insert(rowid, at: 0)
            values.insert(key, at: 0)
        }
        let columns = names.map(SQLText.quoted).joined(separator: ",")
        return "INSERT INTO \(SQLText.quoted(table.name))(\(columns)) VALUES(\(values.map(literal).joined(separator: ",")));\n"
    }

    private func update(_ operation: OwnedOperation, _ table: TableDefinition, _ isUndo: Bool) -> String? {
        guard operation.old.count == table.columns.count, operation.new.count == table.columns.count,
            let condition = condition(operation, table)
        else { return nil }
        var assignments: [String] = []
        for (index, column) in table.columns.enumerated() where operation.new[index] != .same {
            let value = isUndo ? operation.old[index] : operation.new[index]
            guard value != .same else { return nil }
            assignments.append("\(SQLText.quoted(column.name))=\(literal(value))")
        }
        guard !assignments.isEmpty else { return nil }
        return "UPDATE \(SQLText.quoted(table.name)) SET \(assignments.joined(separator: ",")) WHERE \(condition);\n"
    }

    private func condition(_ operation: OwnedOperation, _ table: TableDefinition) -> String? {
        let names = table.isWithoutRowid ? table.keyColumns.map { table.columns[$0].name } : [table.rowidName].compactMap { $0 }
        guard !names.isEmpty, names.count == operation.key.count else { return nil }
        return zip(names, operation.key).map { "\(SQLText.quoted($0))=\(literal($1))" }.joined(separator: " AND ")
    }

    /// Made and removed objects are written; a table that was changed is not, since its rows would be lost.
    private func structure(_ operation: OwnedOperation, _ isUndo: Bool) -> String {
        func text(_ index: Int) -> String? {
            if operation.new.indices.contains(index), case .text(let bytes) = operation.new[index] { encoding.decode(bytes) } else { nil }
        }
        guard let type = text(0), ["table", "index", "trigger", "view"].contains(type), let name = text(1) else { return impossible(operation) }
        if name.lowercased().hasPrefix("sqlite_") { return "" }
        let (before, after) = isUndo ? (text(3), text(2)) : (text(2), text(3))
        let removal = "DROP \(type.uppercased()) IF EXISTS \(SQLText.quoted(name));\n"
        func creation(_ sql: String) -> String? { StructureText.portable(type, sql).map { $0 + ";\n" } }
        let byHand = OperationWriter.comment("operation \(operation.number) changes the \(type) \(name): change it by hand")
        if OperationWriter.steers(name) { return byHand }
        switch (before, after) {
        case (nil, let sql?): return creation(sql) ?? byHand
        case (_?, nil) where !isUndo || type != "table": return removal
        case (_?, let sql?) where type != "table": return creation(sql).map { removal + $0 } ?? byHand
        default: return byHand
        }
    }

    // MARK: What cannot be written

    private func impossible(_ operation: OwnedOperation) -> String {
        OperationWriter.comment("operation \(operation.number), \(operation.action.name), cannot be written as a statement")
    }

    private func missing(_ operation: OwnedOperation, _ table: TableDefinition?) -> String? {
        guard operation.action == .gap || operation.action == .reload else { return nil }
        return OperationWriter.comment("changes of \(table?.name ?? "all tables") are missing at operation \(operation.number)")
    }

    /// One line whatever is in it: a name must not be able to end the comment.
    static func comment(_ text: String) -> String { "-- " + SafeText.escaped(text) + "\n" }

    // MARK: Values

    /// A text that is not valid, that could steer a terminal, or that could be taken for a command of the shell which reads the script is
    /// written as its bytes.
    private func literal(_ value: Value) -> String {
        switch value {
        case .null, .same: return "NULL"
        case .integer(let number): return String(number)
        case .real(let number): return number.isFinite ? String(number) : number > 0 ? "9e999" : "-9e999"
        case .blob(let bytes): return "X'\(OperationWriter.hexadecimal(bytes))'"
        case .text(let bytes):
            let text = encoding.decode(bytes)
            if !OperationWriter.steers(text), !OperationWriter.hasCommandLine(text), encoding.encode(text) == bytes { return SQLText.literal(text) }
            return "CAST(X'\(OperationWriter.hexadecimal(bytes))' AS TEXT)"
        }
    }

    /// A line break and a tabulator are no harm.
    static func steers(_ text: String) -> Bool {
        text.unicodeScalars.contains { SafeText.isSteering($0) && $0 != "\n" && $0 != "\t" }
    }

    /// Whether a line begins with a dot or a number sign, as the commands of the sqlite3 shell do.
    private static func hasCommandLine(_ text: String) -> Bool {
        let bytes = text.utf8
        return zip(bytes, bytes.dropFirst()).contains { $0 == 0x0a && ($1 == 0x2e || $1 == 0x23) }
    }

    private static let digits = Array("0123456789abcdef".utf8)

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(2 * bytes.count)
        for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }
}
