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

    /// A table with other columns has another definition, but is the same table as long as no table got another name: then a name may have
    /// gone from one to another.
    init(in reader: LogReader, from: UInt64, to: UInt64) throws(Failure) {
        var filter = Filter()
        filter.actions = [.reload, .structureChange]
        var last: [UInt32: UInt64] = [:]
        var named: [String: [Span]] = [:]
        var renaming: UInt64 = 0
        // Damage is met again by the replay itself.
        try reader.forEach(from: from, to: to, filter: filter, damage: { _ in }) { operation in
            if operation.action == .structureChange {
                if operation.isRenaming { renaming = operation.number }
                return .next
            }
            last[operation.table] = operation.number
            guard let name = reader.definition(operation.table)?.name.asciiLowercased else { return .next }
            var known = named[name] ?? []
            if known.last?.start == renaming { known.removeLast() }
            named[name] = known + [Span(start: renaming, end: operation.number)]
            return .next
        }
        for table in reader.definitions {
            let found = (named[table.name.asciiLowercased] ?? []) + (last[table.id].map { [Span(start: 0, end: $0)] } ?? [])
            if !found.isEmpty { spans[table.id] = found }
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
