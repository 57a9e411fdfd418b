// Operations as lists and details show them.

import LogFile
import Vocabulary

extension OperationWriter {
    func row(_ operation: OwnedOperation, _ table: TableDefinition?, _ context: Context?) -> OperationRow {
        OperationRow(
            number: operation.number, action: operation.action, table: table?.name ?? "", key: key(operation, table) ?? "",
            record: record(operation, table), size: operation.size, time: operation.time, context: context,
            values: values(operation, table), isConsistentPoint: operation.isConsistentPoint)
    }

    func fields(_ operation: OwnedOperation, _ table: TableDefinition?) -> [OperationField] {
        guard let table, operation.action.isRecordOperation else {
            let old = operation.old.map(plain)
            let new = operation.new.map(plain)
            return (0..<max(old.count, new.count)).map { index in
                OperationField(
                    name: String(index + 1), old: index < old.count ? old[index] : nil, new: index < new.count ? new[index] : nil,
                    isChanged: true, blob: nil)
            }
        }
        var fields: [OperationField] = []
        if let rowid = table.rowidColumn, let value = operation.key.first {
            fields.append(
                OperationField(
                    name: rowid, old: operation.old.isEmpty ? nil : plain(value), new: operation.new.isEmpty ? nil : plain(value),
                    isChanged: operation.action != .modification, blob: nil))
        }
        for (index, column) in table.columns.enumerated() {
            let old = index < operation.old.count ? operation.old[index] : nil
            var new = index < operation.new.count ? operation.new[index] : nil
            let isChanged = operation.action == .modification ? new != .same : true
            if new == .same { new = old }
            fields.append(
                OperationField(
                    name: column.name, old: old.flatMap { $0 == .same ? nil : plain($0) }, new: new.flatMap { $0 == .same ? nil : plain($0) },
                    isChanged: isChanged, blob: OperationWriter.blob(new) ?? OperationWriter.blob(old)))
        }
        return fields
    }

    private static func blob(_ value: Value?) -> [UInt8]? {
        if case .blob(let bytes) = value { return bytes }
        return nil
    }
}
