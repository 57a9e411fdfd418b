// One operation as a line of JSON, CSV or text (as SQL: OperationWriter+SQL.swift). Millions are exported: the lines are built directly, not through an encoder.

import Database
import LogFile
import Vocabulary

/// How operations are written out.
public enum OperationFormat: String, Sendable, CaseIterable {
    case json, jsonl, csv, text
    /// CSV whose cells are exact. A spreadsheet runs those that begin like a formula.
    case exactCSV = "csv-exact"
    /// SQL that makes the operations again, the oldest first.
    case redoSQL = "redo-sql"
    /// SQL that takes them back, the newest first.
    case undoSQL = "undo-sql"

    static let csvHeader = "operation,action,table,primaryKey,record,timestamp,size,context,old,new\r\n"
}

/// Turns the operations of one log into text.
struct OperationWriter {
    let encoding: TextEncoding
    /// Whether blobs are written in full (base64) or only counted.
    let writesBlobs: Bool

    /// `{"operation":45,"action":"modification",…}`: docs/cli.md names the keys.
    func json(_ operation: OwnedOperation, _ table: TableDefinition?, _ context: Context?) -> String {
        var text = "{\"operation\":\(operation.number),\"action\":\"\(operation.action.name)\",\"table\":"
        text += table.map { JSONText.string($0.name) } ?? "null"
        text += ",\"primaryKey\":" + (key(operation, table).map { JSONText.string($0) } ?? "null")
        text += ",\"record\":" + (record(operation, table).map { String($0) } ?? "null")
        text += ",\"timestamp\":\"\(Timestamp.utc(operation.time))\",\"size\":\(operation.size)"
        text += ",\"consistentPoint\":\(operation.isConsistentPoint),\"context\":" + json(context)
        text += ",\"old\":" + (operation.old.isEmpty ? "null" : json(old: operation, table))
        text += ",\"new\":" + (operation.new.isEmpty ? "null" : json(new: operation, table))
        return text + "}"
    }

    /// - Parameter isExact: cells that begin like a formula are written as they are.
    func csv(_ operation: OwnedOperation, _ table: TableDefinition?, _ context: Context?, isExact: Bool) -> String {
        let fields = [
            String(operation.number), operation.action.name, table?.name ?? "", key(operation, table) ?? "",
            record(operation, table).map { String($0) } ?? "", Timestamp.utc(operation.time), String(operation.size),
            context.map { json($0) } ?? "", operation.old.isEmpty ? "" : json(old: operation, table),
            operation.new.isEmpty ? "" : json(new: operation, table),
        ]
        return fields.map { OperationWriter.csvField(isExact ? $0 : OperationWriter.harmlessCell($0)) }.joined(separator: ",") + "\r\n"
    }

    /// `45  2026-11-21 10:13:17  modification  invoice  8  total: 10 → 12`
    func text(_ operation: OwnedOperation, _ table: TableDefinition?, _ context: Context?) -> String {
        var parts = [
            String(operation.number), Timestamp.local(operation.time), operation.action.name, table?.name ?? "-",
            key(operation, table) ?? "-",
        ]
        if let context { parts.append("[\(context.process) \(context.user)@\(context.host)\(context.purpose.isEmpty ? "" : ": \(context.purpose)")]") }
        parts.append(values(operation, table))
        return parts.joined(separator: "  ")
    }

    /// The declared key, its values joined by `;`; the rowid where no key is declared; nil when no row is concerned.
    func key(_ operation: OwnedOperation, _ table: TableDefinition?) -> String? {
        guard let table, !operation.key.isEmpty else { return nil }
        if table.rowidColumn != nil || table.isWithoutRowid { return operation.key.map(plain).joined(separator: ";") }
        let positions = table.columns.indices.filter { table.columns[$0].keyPosition > 0 }
            .sorted { table.columns[$0].keyPosition < table.columns[$1].keyPosition }
        let row = operation.old.isEmpty ? operation.new : operation.old
        guard !positions.isEmpty, row.count == table.columns.count else { return operation.key.map(plain).joined(separator: ";") }
        return positions.map { plain(row[$0]) }.joined(separator: ";")
    }

    /// The rowid; nil for WITHOUT ROWID tables.
    func record(_ operation: OwnedOperation, _ table: TableDefinition?) -> Int64? {
        guard table?.isWithoutRowid == false, case .integer(let rowid) = operation.key.first else { return nil }
        return rowid
    }

    private func json(_ context: Context?) -> String {
        guard let context else { return "null" }
        return "{\"process\":\(JSONText.string(context.process)),\"processID\":\(context.processID),"
            + "\"user\":\(JSONText.string(context.user)),\"host\":\(JSONText.string(context.host)),"
            + "\"purpose\":\(JSONText.string(context.purpose))}"
    }

    /// The row before. Without a table the values stand in an array.
    private func json(old operation: OwnedOperation, _ table: TableDefinition?) -> String {
        guard let table, operation.action.isRecordOperation else {
            return "[" + operation.old.map(json).joined(separator: ",") + "]"
        }
        return row(operation.old, operation.key, table)
    }

    /// The row after: in a modification, unchanged values are those of the row before.
    private func json(new operation: OwnedOperation, _ table: TableDefinition?) -> String {
        guard let table, operation.action.isRecordOperation else {
            return "[" + operation.new.map(json).joined(separator: ",") + "]"
        }
        let after = operation.new.enumerated().map { index, value in
            value == .same && index < operation.old.count ? operation.old[index] : value
        }
        return row(after, operation.key, table)
    }

    /// `{"name":value,…}`; a large value that did not change is left out.
    private func row(_ values: [Value], _ key: [Value], _ table: TableDefinition) -> String {
        var fields: [String] = []
        if let rowid = table.rowidColumn, let value = key.first { fields.append(JSONText.string(rowid) + ":" + json(value)) }
        for (column, value) in zip(table.columns, values) where value != .same {
            fields.append(JSONText.string(column.name) + ":" + json(value))
        }
        return "{" + fields.joined(separator: ",") + "}"
    }

    private func json(_ value: Value) -> String {
        switch value {
        case .null, .same: return "null"
        case .integer(let x): return String(x)
        case .real(let x): return x.isFinite ? String(x) : "{\"real\":\"\(x)\"}"
        case .text(let x): return json(text: x)
        case .blob(let x): return writesBlobs ? "{\"blob\":\"\(JSONText.base64(x))\"}" : "{\"blobSize\":\(x.count)}"
        }
    }

    /// A text whose bytes are not valid in its encoding is marked: what stands in its place is not what the database holds.
    private func json(text bytes: [UInt8]) -> String {
        let text = encoding.decode(bytes)
        let isValid = encoding == .utf8 ? text.utf8.elementsEqual(bytes) : encoding.encode(text) == bytes
        if isValid { return JSONText.string(text) }
        return "{\"invalidText\":\(JSONText.string(text))" + (writesBlobs ? ",\"bytes\":\"\(JSONText.base64(bytes))\"}" : "}")
    }

    /// What changed, for people.
    func values(_ operation: OwnedOperation, _ table: TableDefinition?) -> String {
        guard let table, operation.action.isRecordOperation else {
            return (operation.old + operation.new).map(plain).filter { !$0.isEmpty }.joined(separator: " → ")
        }
        if operation.action == .modification, operation.old.count == operation.new.count {
            return zip(table.columns, zip(operation.old, operation.new)).compactMap { column, pair in
                pair.1 == .same ? nil : "\(column.name): \(plain(pair.0)) → \(plain(pair.1))"
            }.joined(separator: ", ")
        }
        return (operation.old.isEmpty ? operation.new : operation.old).map(plain).joined(separator: ";")
    }

    func plain(_ value: Value) -> String {
        switch value {
        case .null: "NULL"
        case .same: "…"
        case .integer(let x): String(x)
        case .real(let x): String(x)
        case .text(let x): encoding.decode(x)
        case .blob(let x): "(blob of \(x.count) bytes)"
        }
    }

    /// A cell that a spreadsheet shows and does not run: an apostrophe stands before what would be a formula. A number is none.
    static func harmlessCell(_ text: String) -> String {
        guard let first = text.unicodeScalars.first, "=+-@\t\r".unicodeScalars.contains(first), !isNumber(text) else { return text }
        return "'" + text
    }

    private static func isNumber(_ text: String) -> Bool {
        text.utf8.allSatisfy { ($0 >= 0x30 && $0 <= 0x39) || "+-.eE".utf8.contains($0) } && Double(text) != nil
    }

    static func csvField(_ text: String) -> String {
        let text = SafeText.escaped(text, keeping: ["\n"])
        guard text.utf8.contains(where: { $0 == 0x22 || $0 == 0x2c || $0 == 0x0a }) else { return text }
        return SQLText.quoted(text)
    }
}
