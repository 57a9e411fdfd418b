// A window onto logs of any size and number, for lists that scroll. Nothing is loaded but what is shown; of many logs only a few
// are open at a time.

import LogFile
public import Vocabulary

/// Reads the operations of one or more logs that follow each other. One thread uses it.
public final class OperationBrowser {
    /// What is remembered of a log that is not open.
    struct Place {
        var path: String
        var firstOperation: UInt64
        var lastOperation: UInt64
        var startTime: Int64
    }

    /// In order; the last one may still grow.
    private(set) var logs: [Place]
    /// The last log, which is always open.
    private let current: LogReader?
    /// The other open logs, the one used last at the end.
    private var open: [LogReader] = []
    private static let openLimit = 4
    private var includesEarlier = false

    /// - Parameter paths: logs of one chain, in order: those of `logs(of:)`, or one that was chosen by hand.
    /// - Throws: 1412, 1413 or 1503 for a file that is not a sound log.
    public init(_ paths: [String]) throws(Failure) {
        var logs: [Place] = []
        var last: LogReader?
        for path in paths {
            let reader = try LogReader(path)
            logs.append(Place(reader))
            last = reader
        }
        self.logs = logs
        current = last
    }

    /// The current log of an application, alone: it opens at once. `includeEarlier` brings in those before it.
    /// - Throws: 1403 when there is no log.
    public convenience init(currentOf application: Application) throws {
        guard let journal = try ApplicationRecord.read(application)?.journal else { throw LogSession.noLog(application) }
        try self.init([journal])
    }

    /// The logs of an application that lead without a gap to its current one, oldest first.
    /// - Throws: 1403 when there is no log.
    public static func logs(of application: Application) throws -> [String] {
        guard let journal = try ApplicationRecord.read(application)?.journal else { throw LogSession.noLog(application) }
        return try LogChain.leading(to: try LogReader(journal), try LogPlaces(application)).links.map(\.path)
    }

    /// Brings in the logs that lead without a gap to the last one, once. Costs the opening of every log in the application's folders.
    public func includeEarlier(of application: Application) throws {
        guard let current, !includesEarlier else { return }
        let links = try LogChain.leading(to: current, try LogPlaces(application)).links
        logs = links.dropLast().map {
            Place(path: $0.path, firstOperation: $0.first, lastOperation: $0.last, startTime: $0.header.startTime)
        }
        logs.append(Place(current))
        includesEarlier = true
    }

    /// The logs, in order.
    public var paths: [String] { logs.map(\.path) }
    public var firstOperation: UInt64 { logs.first?.firstOperation ?? 1 }
    /// One less than the first when there is none.
    public var lastOperation: UInt64 { logs.last?.lastOperation ?? 0 }
    /// Milliseconds since 1970 UTC: from the beginning of the first log to the last operation.
    public var times: ClosedRange<Int64> {
        let first = logs.first?.startTime ?? 0
        return first...max(first, current?.lastTime ?? first)
    }

    /// Takes in what was written since. True when there is something new.
    public func refresh() throws(Failure) -> Bool {
        guard let current, try current.refresh() else { return false }
        logs[logs.count - 1] = Place(current)
        return true
    }

    /// Whether the current log was cut since it was opened: make a new browser.
    public var isOutdated: Bool { current?.isReplaced ?? false }

    /// Up to `count` operations from `number` on (downwards when `reverse`) that meet the query.
    /// - Throws: 1406 when `job` is stopped: a filter can have to read far.
    public func rows(
        from number: UInt64, count: Int, reverse: Bool = false, matching query: ActivityQuery = ActivityQuery(), _ job: Job = Job()
    ) throws(Failure) -> [OperationRow] {
        var rows: [OperationRow] = []
        guard count > 0 else { return rows }
        try walk(reverse ? 0...number : number...UInt64.max, reverse: reverse, query, job) { (operation, reader) throws(Failure) in
            rows.append(try OperationBrowser.row(operation, reader))
            return rows.count < count ? .next : .enough
        }
        return rows
    }

    /// The newest record operations after `keep`, as a rollback to it would cancel them: newest first, with `values` the other way round.
    /// - Throws: 1406 when `job` is stopped.
    public func undoing(after keep: UInt64, count: Int, _ job: Job = Job()) throws(Failure) -> [OperationRow] {
        guard keep < lastOperation, count > 0 else { return [] }
        var query = ActivityQuery()
        query.actions = Set(Action.allCases.filter(\.isRecordOperation))
        var rows: [OperationRow] = []
        try walk(keep + 1...lastOperation, reverse: true, query, job) { (operation, reader) throws(Failure) in
            rows.append(
                OperationWriter(encoding: reader.header.encoding, writesBlobs: false)
                    .undone(OwnedOperation(operation), reader.definition(operation.table), try reader.context(operation.context)))
            return rows.count < count ? .next : .enough
        }
        return rows
    }

    /// The fields of one operation with their values before and after; empty when it has none.
    /// - Throws: 1413 when it is damaged.
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
        // A log ends where the next one begins: only those that reach so far are opened.
        let start = logs.indices.dropLast().first { logs[$0 + 1].startTime >= time } ?? max(0, logs.count - 1)
        for index in logs.indices.dropFirst(start) {
            if let number = try reader(index).firstOperation(atOrAfter: time) { return number }
        }
        return nil
    }

    /// The nearest committed states: the last consistent point at or before the operation, and the first one at or after it.
    public func consistentPoints(around number: UInt64) throws(Failure) -> (before: UInt64, after: UInt64) {
        guard let index = logs.indices.last(where: { logs[$0].firstOperation <= number && number <= logs[$0].lastOperation }) else {
            return (number, number)
        }
        let reader = try reader(index)
        return (
            try reader.consistentPoint(atOrBefore: number) ?? reader.firstOperation - 1,
            try reader.consistentPoint(atOrAfter: number) ?? reader.lastOperation
        )
    }

    /// The names of all tables that the logs know. Opens every log once.
    public func tables(_ job: Job = Job()) throws(Failure) -> [String] {
        var names: Set<String> = []
        for index in logs.indices {
            try job.checkStop()
            names.formUnion(try reader(index).definitions.map(\.name))
        }
        return names.sorted()
    }

    /// Counts operations by table (empty for none) and action, for a slice of time.
    /// - Returns: the operation to go on with; nil at the end.
    public func tally(
        from number: UInt64, into counts: inout OperationTally, _ job: Job, for slice: TimeSlice
    ) throws(Failure) -> UInt64? {
        var next = max(number, firstOperation)
        var pace = Pace(slice)
        while next <= lastOperation {
            let end = min(pace.end(from: next), lastOperation)
            for index in logs.indices where logs[index].lastOperation >= next && logs[index].firstOperation <= end {
                let reader = try reader(index)
                let stop = min(end, reader.lastOperation)
                try reader.tally(from: next, to: stop, job: job, damage: { counts.damaged += $0.count }) { table, action, count in
                    counts.add(count, reader.definition(table)?.name ?? "", action)
                }
                next = max(next, stop + 1)
            }
            next = max(next, end + 1)
            if slice.isOver { break }
            pace.adapt()
        }
        return next <= lastOperation ? next : nil
    }

    // MARK: Walking

    /// Hands out the operations of a range that meet the query, from whichever logs hold them, each once.
    func walk(
        _ range: ClosedRange<UInt64>, reverse: Bool, _ query: ActivityQuery, _ job: Job, damage: (Damage) -> Void = { _ in },
        body: (Operation, LogReader) throws(Failure) -> Step
    ) throws(Failure) {
        var next = reverse ? range.upperBound : range.lowerBound
        var isEnough = false
        for index in reverse ? logs.indices.reversed() : Array(logs.indices) where !isEnough {
            let log = logs[index]
            if reverse ? next < log.firstOperation || range.lowerBound > log.lastOperation
                : next > log.lastOperation || range.upperBound < log.firstOperation
            { continue }
            let reader = try reader(index)
            if let filter = try query.filter(for: reader) {
                try reader.forEach(
                    from: reverse ? range.lowerBound : next, to: reverse ? next : range.upperBound, reverse: reverse, filter: filter,
                    job: job, damage: damage
                ) { (operation) throws(Failure) in
                    let step = try body(operation, reader)
                    if case .enough = step { isEnough = true }
                    return step
                }
            }
            // Logs may overlap where a backup was interrupted between archive and log: an operation is shown once.
            if reverse {
                guard log.firstOperation > 1 else { break }
                next = log.firstOperation - 1
            } else {
                next = log.lastOperation + 1
            }
        }
    }

    /// Hands out how many operations of a range there were when.
    func walkTimes(
        _ range: ClosedRange<UInt64>, _ job: Job, isFine: (ClosedRange<Int64>) -> Bool, body: (Int64, UInt64) -> Void
    ) throws(Failure) {
        var next = range.lowerBound
        for index in logs.indices where logs[index].lastOperation >= next && logs[index].firstOperation <= range.upperBound {
            try reader(index).times(from: next, to: range.upperBound, job: job, damage: { _ in }, isFine: isFine, body: body)
            next = max(next, logs[index].lastOperation + 1)
        }
    }

    static func row(_ operation: Operation, _ reader: LogReader) throws(Failure) -> OperationRow {
        try OperationWriter(encoding: reader.header.encoding, writesBlobs: false)
            .row(OwnedOperation(operation), reader.definition(operation.table), reader.context(operation.context))
    }

    /// The log at a place, opened when it is not.
    private func reader(_ index: Int) throws(Failure) -> LogReader {
        if index == logs.count - 1, let current { return current }
        let path = logs[index].path
        if let place = open.firstIndex(where: { $0.path == path }) {
            let reader = open.remove(at: place)
            open.append(reader)
            return reader
        }
        let reader = try LogReader(path)
        open.append(reader)
        if open.count > OperationBrowser.openLimit { open.removeFirst() }
        return reader
    }

    private func find(_ number: UInt64) throws(Failure) -> (OwnedOperation, LogReader)? {
        for index in logs.indices.reversed() where logs[index].firstOperation <= number && number <= logs[index].lastOperation {
            let reader = try reader(index)
            if let operation = try reader.operation(number) { return (operation, reader) }
        }
        return nil
    }
}

extension OperationBrowser.Place {
    init(_ reader: LogReader) {
        self.init(
            path: reader.path, firstOperation: reader.firstOperation, lastOperation: reader.lastOperation,
            startTime: reader.header.startTime)
    }
}

extension Damage {
    /// Operations that are lost.
    var count: UInt64 { operations.map { $0.upperBound - $0.lowerBound + 1 } ?? 0 }
}
