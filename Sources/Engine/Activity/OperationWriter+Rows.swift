// Turns operations into what lists and details show.

import LogFile
import Vocabulary

extension OperationWriter {
    /// No cell of a list is wider than this.
    private static let cellBytes = 400

    func row(_ operation: OwnedOperation, _ table: TableDefinition?, _ context: Context?) -> OperationRow {
        let short = operation.shortened(OperationWriter.cellBytes)
        return OperationRow(
            number: operation.number, action: operation.action, table: table?.name ?? "",
            key: OperationWriter.cut(key(short, table) ?? ""), record: record(operation, table), size: operation.size,
            time: operation.time, context: context, values: OperationWriter.cut(values(short, table)),
            isConsistentPoint: operation.isConsistentPoint)
    }

    /// The same as a rollback sees it: `values` says what becomes of the row when the operation is cancelled.
    func undone(_ operation: OwnedOperation, _ table: TableDefinition?, _ context: Context?) -> OperationRow {
        var row = row(operation, table, context)
        if let table, operation.action == .modification, operation.old.count == operation.new.count {
            let short = operation.shortened(OperationWriter.cellBytes)
            row.values = OperationWriter.cut(
                zip(table.columns, zip(short.old, short.new)).compactMap { column, pair in
                    pair.1 == .same ? nil : "\(column.name): \(plain(pair.1)) → \(plain(pair.0))"
                }.joined(separator: ", "))
        }
        return row
    }

    private static func cut(_ text: String) -> String {
        text.utf8.count <= cellBytes ? text : String(text.prefix(cellBytes)) + "…"
    }

    func fields(_ operation: OwnedOperation, _ table: TableDefinition?) -> [OperationField] {
        guard let table, operation.action.isRecordOperation else {
            let old = operation.old.map(field)
            let new = operation.new.map(field)
            return (0..<max(old.count, new.count)).map { index in
                OperationField(
                    name: String(index + 1), old: index < old.count ? old[index] : nil, new: index < new.count ? new[index] : nil,
                    isChanged: true)
            }
        }
        var fields: [OperationField] = []
        if let rowid = table.rowidColumn, let value = operation.key.first {
            fields.append(
                OperationField(
                    name: rowid, old: operation.old.isEmpty ? nil : field(value), new: operation.new.isEmpty ? nil : field(value),
                    isChanged: operation.action != .modification))
        }
        for (index, column) in table.columns.enumerated() {
            let old = index < operation.old.count ? operation.old[index] : nil
            var new = index < operation.new.count ? operation.new[index] : nil
            let isChanged = operation.action == .modification ? new != .same : true
            if new == .same { new = old }
            fields.append(OperationField(name: column.name, old: old.flatMap(field), new: new.flatMap(field), isChanged: isChanged))
        }
        return fields
    }

    /// Nil for a value that was left out.
    private func field(_ value: Value) -> FieldValue? {
        let limit = FieldValue.limit
        return switch value {
        case .same: nil
        case .text(let bytes): FieldValue(text: encoding.decode(bytes.prefix(limit)), bytes: bytes.count)
        case .blob(let bytes): FieldValue(text: "blob of \(bytes.count) bytes", blob: Array(bytes.prefix(limit)), bytes: bytes.count)
        case .null, .integer, .real: FieldValue(text: plain(value))
        }
    }
}

extension OwnedOperation {
    /// The same with long texts cut: a list shows their beginning. Blobs keep their size, which is what is shown of them.
    fileprivate func shortened(_ limit: Int) -> OwnedOperation {
        func isLong(_ value: Value) -> Bool { if case .text(let bytes) = value { bytes.count > limit } else { false } }
        guard (key + old + new).contains(where: isLong) else { return self }
        func short(_ value: Value) -> Value {
            // Whole UTF-16 units stay whole; a cut UTF-8 sequence shows as a replacement character, followed by the ellipsis.
            if case .text(let bytes) = value, bytes.count > limit { .text(Array(bytes.prefix(limit & ~1))) } else { value }
        }
        var copy = self
        copy.key = key.map(short)
        copy.old = old.map(short)
        copy.new = new.map(short)
        return copy
    }
}
