// Where tables are logged anew in a part of a log, and which operations before count for nothing because of it.

import LogFile
import Vocabulary

/// The reloads in a range of operations.
///
/// A table that is logged anew is emptied first: what was done to its rows before leaves nothing. Such operations may not fit the rows, since
/// changes of the table had gone past capture.
struct Reloads {
    /// Operations between two numbers, both excluded.
    private struct Span {
        var start: UInt64
        var end: UInt64
    }

    /// By table definition.
    private var spans: [UInt32: [Span]] = [:]

    /// The name of each table that is logged anew, once for each time.
    private(set) var tables: [String] = []

    /// A table with other columns has another definition, but is the same table as long as its name did not come from or go to another: a
    /// change of structure that renames tells.
    init(in reader: LogReader, from: UInt64, to: UInt64, _ encoding: TextEncoding) throws(Failure) {
        var filter = Filter()
        filter.actions = [.reload, .structureChange]
        var named: [String: [Span]] = [:]
        var renamings: [String: UInt64] = [:]
        var tables: [String] = []
        // Damage is met again by the replay itself.
        try reader.forEach(from: from, to: to, filter: filter, damage: { _ in }) { operation in
            if operation.action == .structureChange {
                if operation.isRenaming { for name in operation.names(encoding) { renamings[name] = operation.number } }
                return .next
            }
            guard let name = reader.definition(operation.table)?.name else { return .next }
            tables.append(name)
            let folded = name.asciiLowercased
            let start = renamings[folded] ?? 0
            var known = named[folded] ?? []
            if known.last?.start == start { known.removeLast() }
            named[folded] = known + [Span(start: start, end: operation.number)]
            return .next
        }
        self.tables = tables
        for table in reader.definitions {
            if let found = named[table.name.asciiLowercased] { spans[table.id] = found }
        }
    }

    /// Whether nothing is left of what an operation does.
    func outdo(_ operation: borrowing Operation) -> Bool {
        if spans.isEmpty { return false }
        let (action, number, table) = (operation.action, operation.number, operation.table)
        guard action.isRecordOperation || action == .gap, let spans = spans[table] else { return false }
        return spans.contains { $0.start < number && number < $0.end }
    }
}

extension Operation {
    /// The names of a table that a `structureChange` renames, present and former, as SQLite folds them.
    fileprivate func names(_ encoding: TextEncoding) -> [String] {
        var cursor = ValueCursor(new)
        let values = cursor.rest() ?? []
        return [1, 4].compactMap { place in
            if place < values.count, case .text(let bytes) = values[place] { encoding.decode(bytes).asciiLowercased } else { nil }
        }
    }
}
