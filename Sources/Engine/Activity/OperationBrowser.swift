// A window onto logs of any size, for lists that scroll: rows by number or by match, details, counts, history of a row.
// Nothing is loaded but what is shown.

import LogFile
public import Vocabulary

/// One operation as a list shows it. Texts are for people: values that are no text are described.
public struct OperationRow: Sendable, Hashable {
    public var number: UInt64
    public var action: Action
    /// Empty when the operation concerns no table.
    public var table: String
    /// Key values joined by `;`.
    public var key: String
    /// The rowid; nil for WITHOUT ROWID tables.
    public var record: Int64?
    public var size: Int
    /// Milliseconds since 1970 UTC.
    public var time: Int64
    /// Who did it, as far as it is known; nil otherwise.
    public var context: Context?
    /// Additions and deletions: the row; modifications: what changed; others: what they say.
    public var values: String
    /// The data are known to be in a committed state after it.
    public var isConsistentPoint: Bool
}

/// One field of an operation's row, before and after.
public struct OperationField: Sendable, Hashable {
    public var name: String
    /// Nil when there was no row, or the (large, unchanged) value was left out.
    public var old: String?
    public var new: String?
    public var isChanged: Bool
    /// The bytes of a blob, for a preview.
    public var blob: [UInt8]?
}

/// Reads the operations of one or more logs that follow each other. One thread uses it.
public final class OperationBrowser {
    private let readers: [LogReader]
    /// The logs, in order.
    public var paths: [String] { readers.map(\.path) }

    /// - Parameter paths: logs of one chain, in order: those of `logs(of:)`, or one that was chosen by hand.
    /// - Throws: 1412, 1413 or 1503 for a file that is not a sound log.
    public init(_ paths: [String]) throws(Failure) {
        var readers: [LogReader] = []
        for path in paths { readers.append(try LogReader(path)) }
        self.readers = readers
    }

    /// The logs of an application that lead without a gap to its current one, oldest first.
    /// - Throws: 1403 when there is no log.
    public static func logs(of application: Application) throws -> [String] {
        guard let journal = try ApplicationRecord.read(application)?.journal else { throw LogSession.noLog(application) }
        return LogChain.leading(to: try LogReader(journal), try LogPlaces(application)).links.map(\.path)
    }

    public var firstOperation: UInt64 { readers.first?.firstOperation ?? 1 }
    /// One less than the first when there is none.
    public var lastOperation: UInt64 { readers.last?.lastOperation ?? 0 }
    /// Milliseconds since 1970 UTC: from the beginning of the first log to the last operation.
    public var times: ClosedRange<Int64> {
        let first = readers.first?.header.startTime ?? 0
        return first...max(first, readers.last?.lastTime ?? first)
    }

    /// Takes in what was written since. True when there is something new.
    public func refresh() throws(Failure) -> Bool {
        var isNew = false
        for reader in readers where try reader.refresh() { isNew = true }
        return isNew
    }

    /// Whether the current log was cut since it was opened: make a new browser.
    public var isOutdated: Bool { readers.last?.isReplaced ?? false }

    /// Up to `count` operations from `number` on (downwards when `reverse`) that meet the query.
    /// - Throws: 1406 when `job` is stopped: a filter can have to read far.
    public func rows(
        from number: UInt64, count: Int, reverse: Bool = false, matching query: ActivityQuery = ActivityQuery(), _ job: Job = Job()
    ) throws(Failure) -> [OperationRow] {
        let filter = try query.filter()
        var rows: [OperationRow] = []
        for reader in reverse ? readers.reversed() : readers where rows.count < count {
            if reverse ? reader.firstOperation > number : reader.lastOperation < number { continue }
            let page = try reader.operations(
                from: number, count: count - rows.count, reverse: reverse, filter: filter, job: job)
            for operation in page.operations where !overlaps(operation.number, rows.last?.number, reverse) {
                rows.append(row(operation, reader))
            }
        }
        return rows
    }

    private func overlaps(_ number: UInt64, _ last: UInt64?, _ reverse: Bool) -> Bool {
        guard let last else { return false }
        return reverse ? number >= last : number <= last
    }

    /// Counts what meets the query, reporting each `stride`-th match, so that a list can jump within the matches.
    /// - Parameters:
    ///   - stride: every so many matches one anchor.
    ///   - found: told the number of matches so far and the operation number of an anchor, on this thread.
    /// - Returns: all matches.
    public func count(
        matching query: ActivityQuery, every stride: UInt64, _ job: Job, found: (_ matches: UInt64, _ anchor: UInt64) -> Void
    ) throws(Failure) -> UInt64 {
        let filter = try query.filter()
        var matches: UInt64 = 0
        var next: UInt64 = 0
        for reader in readers {
            job.report(Progress(phase: "Counting", subject: reader.path, total: reader.operationCount, unit: .operations))
            try reader.forEach(from: next, filter: filter, job: job, damage: { _ in }) { operation in
                if matches % stride == 0 { found(matches, operation.number) }
                matches += 1
                return .next
            }
            next = reader.lastOperation + 1
        }
        return matches
    }

    /// The fields of one operation with their values before and after; empty when it has none or is damaged.
    public func fields(of number: UInt64) throws(Failure) -> [OperationField] {
        guard let (operation, reader) = try find(number) else { return [] }
        let writer = OperationWriter(encoding: reader.header.encoding, writesBlobs: false)
        return writer.fields(operation, reader.definition(operation.table))
    }

    /// A query for the history of the row that an operation concerns; nil when it concerns none.
    public func history(of number: UInt64) throws(Failure) -> ActivityQuery? {
        guard let (operation, reader) = try find(number), !operation.key.isEmpty, let table = reader.definition(operation.table) else {
            return nil
        }
        var query = ActivityQuery()
        query.tables = [table.name]
        query.key = operation.keyText(reader.header.encoding)
        return query
    }

    /// The first operation at or after a time; nil when there is none.
    public func operation(at time: Int64) throws(Failure) -> UInt64? {
        for reader in readers {
            if let number = try reader.firstOperation(atOrAfter: time) { return number }
        }
        return nil
    }

    /// The nearest committed states: the last consistent point at or before the operation, and the first one at or after it.
    public func consistentPoints(around number: UInt64) throws(Failure) -> (before: UInt64, after: UInt64) {
        guard let reader = readers.last(where: { $0.firstOperation <= number && number <= $0.lastOperation }) else {
            return (number, number)
        }
        return (
            try reader.consistentPoint(atOrBefore: number) ?? reader.firstOperation - 1,
            try reader.consistentPoint(atOrAfter: number) ?? reader.lastOperation
        )
    }

    /// The names of all tables that the logs know.
    public var tables: [String] {
        Set(readers.flatMap { $0.definitions.map(\.name) }).sorted()
    }

    private func find(_ number: UInt64) throws(Failure) -> (OwnedOperation, LogReader)? {
        for reader in readers.reversed() where reader.firstOperation <= number && number <= reader.lastOperation {
            if let operation = try reader.operation(number) { return (operation, reader) }
        }
        return nil
    }

    private func row(_ operation: OwnedOperation, _ reader: LogReader) -> OperationRow {
        OperationWriter(encoding: reader.header.encoding, writesBlobs: false)
            .row(operation, reader.definition(operation.table), reader.context(operation.context))
    }
}
