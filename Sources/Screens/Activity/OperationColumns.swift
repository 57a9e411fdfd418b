// The columns of the operations list: 4D's, in 4D's order; what each shows of an operation; which give way on a narrow screen.

import Engine
import TerminalKit
import Vocabulary

enum OperationColumn: String, CaseIterable, Sendable {
    case operation, action, table, key, process, size, time, systemUser, user, values, records

    var title: String {
        switch self {
        case .operation: "Operation"
        case .action: "Action"
        case .table: "Table"
        case .key: "Primary Key/BLOB"
        case .process: "Process"
        case .size: "Size"
        case .time: "Date and Hour"
        case .systemUser: "System User"
        case .user: "User/Purpose"
        case .values: "Values"
        case .records: "Records"
        }
    }

    var column: Column {
        let (width, align): (Share, Alignment) =
            switch self {
            case .operation: (.fixed(10), .right)
            case .action: (.flexible(weight: 1, minimum: 12), .left)
            case .table: (.flexible(weight: 1, minimum: 8), .left)
            case .key: (.flexible(weight: 1, minimum: 7), .left)
            case .process: (.fixed(12), .left)
            case .size: (.fixed(8), .right)
            case .time: (.fixed(19), .left)
            case .systemUser: (.fixed(14), .left)
            case .user: (.fixed(14), .left)
            case .values: (.flexible(weight: 4, minimum: 13), .left)
            case .records: (.fixed(8), .right)
            }
        return Column(rawValue, title, width: width, align: align, isSortable: true)
    }

    /// What is given up last where there is no room for all.
    static let byWorth: [OperationColumn] = [
        .operation, .action, .table, .key, .values, .time, .process, .systemUser, .size, .user, .records,
    ]

    func text(_ row: OperationRow) -> String {
        switch self {
        case .operation: Quantity.number(row.number)
        case .action: row.action.title
        case .table: row.table
        case .key: row.key
        case .process: row.context.map { "\($0.process) \($0.processID)" } ?? ""
        case .size: Quantity.number(UInt64(row.size))
        case .time: Timestamp.local(row.time)
        case .systemUser: row.context.map { "\($0.user)@\($0.host)" } ?? ""
        case .user: row.context?.purpose ?? ""
        case .values: row.values
        case .records: row.record.map { String($0) } ?? ""
        }
    }

    /// What rows are sorted by.
    func sortKey(_ row: OperationRow) -> SortKey {
        switch self {
        case .operation: .number(Int64(clamping: row.number))
        case .size: .number(Int64(row.size))
        case .time: .number(row.time)
        case .records: .number(row.record ?? .min)
        case .key: Int64(row.key).map { .number($0) } ?? .text(row.key)
        case .action, .table, .process, .systemUser, .user, .values: .text(text(row))
        }
    }
}

/// Numbers before texts.
enum SortKey: Sendable, Comparable {
    case number(Int64)
    case text(String)
}

/// Which columns a person wants, in which order.
struct ColumnChoice: Sendable, Equatable {
    private(set) var order = OperationColumn.allCases
    private(set) var hidden: Set<OperationColumn> = []
    /// Once somebody has chosen, nothing is left out for want of room: the list then scrolls sideways.
    private(set) var isChosen = false

    mutating func toggle(_ column: OperationColumn) {
        isChosen = true
        if hidden.remove(column) == nil, hidden.count < order.count - 1 { hidden.insert(column) }
    }

    mutating func move(_ column: OperationColumn, by step: Int) {
        guard let place = order.firstIndex(of: column) else { return }
        let target = min(max(0, place + step), order.count - 1)
        order.remove(at: place)
        order.insert(column, at: target)
    }

    mutating func reset() { self = ColumnChoice() }

    func isShown(_ column: OperationColumn) -> Bool { !hidden.contains(column) }

    /// Values are what people read: they get a quarter of a wide screen before lesser columns get anything.
    private static func valuesWidth(_ width: Int) -> Int { max(13, width / 4) }

    /// A key of several columns is cut only where room is short.
    private static func keyWidth(_ width: Int) -> Int { width < 120 ? OperationColumn.key.least : 12 }

    /// The columns for a list that is so wide.
    func columns(width: Int) -> ColumnSet {
        var shown = Set(order.filter(isShown))
        if !isChosen {
            var left = width
            for column in OperationColumn.byWorth where shown.contains(column) {
                left -= (column == .values ? ColumnChoice.valuesWidth(width) : column == .key ? ColumnChoice.keyWidth(width) : column.least) + 1
                // The first ones stay whatever the width: the list then scrolls sideways.
                if left < -1, column != .operation, column != .action { shown.remove(column) }
            }
        }
        return ColumnSet(
            order.map { column in
                var shape = column.column
                if column == .key, width < 140 { shape.title = "Key/BLOB" }
                if column == .key { shape.width = .flexible(weight: 1, minimum: ColumnChoice.keyWidth(width)) }
                if column == .values { shape.width = .flexible(weight: 4, minimum: ColumnChoice.valuesWidth(width)) }
                shape.isHidden = !shown.contains(column)
                return shape
            })
    }
}

extension OperationColumn {
    fileprivate var least: Int {
        switch column.width {
        case .fixed(let cells): cells
        case .flexible(_, let minimum): minimum
        }
    }
}

extension Action {
    /// 4D's name where there is one.
    var title: String {
        switch self {
        case .openDataFile: "Opening of Data File"
        case .closeDataFile: "Closing of Data File"
        case .createContext: "Creation of a Context"
        case .closeContext: "Closing of a Context"
        case .updateContext: "Update context"
        case .addition: "Addition"
        case .addBlob: "Adding a BLOB"
        case .modification: "Modification"
        case .deletion: "Deletion"
        case .startTransaction: "Start of Transaction"
        case .validateTransaction: "Validation of Transaction"
        case .cancelTransaction: "Cancellation of Transaction"
        case .structureChange: "Structure change"
        case .rollback: "Rollback"
        case .saveSequence: "Save sequence number"
        case .reload: "Reload of a table"
        case .gap: "Gap"
        }
    }
}
