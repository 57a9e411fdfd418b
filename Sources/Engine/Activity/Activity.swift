// Reads operations out of a log or, for a database, out of its current log and the ones before it. Changes nothing but what a
// drain writes.

import Database
import FileSystem
import LogFile
public import Vocabulary

/// The operations of a log file, or of an application's logs.
public struct Activity {
    /// The logs, in order.
    private let paths: [String]
    /// What could not be read or brought up to date, for people.
    public private(set) var warnings: [String] = []

    /// - Parameter file: a log, or a data file: then its log is brought up to date first where that is possible.
    /// - Throws: 1519 when the query names a table that none of the logs knows: an empty list would look like an answer.
    public init(_ file: String, _ surroundings: Surroundings, _ query: ActivityQuery, _ job: Job) throws {
        if try FileKind.of(file) == .log {
            paths = [file]
            try checkTables(query)
            return
        }
        let application = try Application(data: file)
        do { _ = try LogDrain(application: application, surroundings: surroundings).run(job) } catch let failure as Failure {
            // The log is shown as far as it goes; the reason why it is not newer is shown with it.
            if failure.code == .noLog || failure.code == .stopped { throw failure }
            warnings.append(failure.description)
        }
        paths = try Activity.logs(of: application, query, &warnings)
        try checkTables(query)
    }

    private func checkTables(_ query: ActivityQuery) throws(Failure) {
        if query.tables.isEmpty { return }
        var known: Set<String> = []
        for path in paths { known.formUnion(try LogReader(path).definitions.map(\.name)) }
        let lowercased = Set(known.map { $0.lowercased() })
        guard let unknown = query.tables.sorted().first(where: { !lowercased.contains($0.lowercased()) }) else { return }
        let names = known.sorted().prefix(20).joined(separator: ", ")
        throw Failure(
            .badValue, "no table '\(unknown)' is known to \(paths.count == 1 ? "the log '\(paths[0])'" : "the \(paths.count) logs read")",
            hint: known.isEmpty ? "It knows no tables." : "Known are: \(names)\(known.count > 20 ? ", …" : "").")
    }

    /// The current log; the logs before it too when the query asks for operations before its first, for certain ones wherever they are, or for
    /// the last so many. What is left out is told.
    private static func logs(of application: Application, _ query: ActivityQuery, _ warnings: inout [String]) throws -> [String] {
        guard let identity = try ApplicationRecord.read(application), let journal = identity.journal else {
            // Untested: the drain before refuses a database without a log; somebody has to turn the log off between the two.
            throw LogSession.noLog(application)
        }
        let current = try LogReader(journal)
        let wantsEarlier =
            (query.from.map { $0 < current.firstOperation } ?? false)
            || (query.since.map { $0 < current.header.startTime } ?? false)
        let places = try LogPlaces(application)
        let others = try LogChain.all(places.folders, places.files).filter {
            $0.header.application == current.header.application && $0.header.chain != current.header.chain && $0.last >= $0.first
        }
        if !others.isEmpty, query.narrows {
            warnings.append(
                "\(others.count == 1 ? "a log" : "\(others.count) logs") of an earlier chain of this database \(others.count == 1 ? "is" : "are") not searched: "
                    + others.map { "'\($0.path)'" }.joined(separator: ", "))
        }
        guard wantsEarlier || query.narrows || query.limit != nil else {
            if current.firstOperation > 1, current.lastOperation < current.firstOperation {
                warnings.append("the current log holds no operation yet: --from 1 lists the operations of the logs before it")
            }
            return [journal]
        }
        let chain = try LogChain.leading(to: current, places).links
        if let first = chain.first?.first, first > max(1, query.from ?? 1), query.since.map({ $0 < chain[0].header.startTime }) ?? true {
            warnings.append("the logs that hold operations 1 to \(first - 1) are not at hand: they are not searched")
        }
        return chain.map(\.path)
    }

    /// What was searched, in words.
    var searched: String {
        let readers = paths.compactMap { try? LogReader($0) }
        let range = readers.first.map { "operations \($0.firstOperation) to \(readers.last?.lastOperation ?? $0.lastOperation)" } ?? "no operations"
        return paths.count == 1 ? "the log '\(paths[0])' (\(range))" : "\(paths.count) logs (\(range))"
    }

    /// Hands out the operations of a query as lines, oldest first; those of an undo script newest first.
    /// - Returns: how many there were.
    /// - Throws: 1406 on Stop: the lines handed out so far stand.
    /// - Parameter touching: hears of the table of each operation on rows.
    public func lines(
        _ query: ActivityQuery, _ format: OperationFormat, writesBlobs: Bool, _ job: Job, touching: @escaping (String) -> Void = { _ in },
        _ line: (String) throws(Failure) -> Void
    ) throws(Failure) -> UInt64 {
        _ = try query.filter()
        var count: UInt64 = 0
        let isFirst = query.from != nil || query.since != nil
        let format = (name: format, touching: touching)
        if format.name.isNewestFirst { return try linesNewestFirst(query, format, writesBlobs, job, line) }
        if let limit = query.limit, !isFirst {
            var newest: [String] = []
            for path in paths.reversed() where newest.count < limit {
                try walk(path, query, format, writesBlobs, reverse: true, limit: limit - newest.count, job) { newest.append($0) }
            }
            for text in newest.reversed() { try line(text) }
            return UInt64(newest.count)
        }
        // Logs may overlap where a backup was interrupted between archive and log: an operation is shown once.
        var next: UInt64 = 0
        for path in paths {
            var range = query
            range.from = max(next, query.from ?? 0)
            guard next <= query.to ?? .max else { break }
            let left = query.limit.map { $0 - Int(count) } ?? .max
            guard left > 0 else { break }
            next = try walk(path, range, format, writesBlobs, reverse: false, limit: left, job) { (text) throws(Failure) in
                count += 1
                try line(text)
            }
        }
        return count
    }

    private func linesNewestFirst(
        _ query: ActivityQuery, _ format: Format, _ writesBlobs: Bool, _ job: Job, _ line: (String) throws(Failure) -> Void
    ) throws(Failure) -> UInt64 {
        var range = query
        if query.limit != nil, query.from != nil || query.since != nil {
            // The first so many: where they end has to be known before the last of them can be written.
            range.to = try lastNumber(query, job)
            range.limit = nil
        }
        var count: UInt64 = 0
        for path in paths.reversed() {
            let left = range.limit.map { $0 - Int(count) } ?? .max
            guard left > 0, range.from ?? 0 <= range.to ?? .max else { break }
            let first = try LogReader(path).firstOperation
            _ = try walk(path, range, format, writesBlobs, reverse: true, limit: left, job) { (text) throws(Failure) in
                count += 1
                try line(text)
            }
            guard first > 0 else { break }
            range.to = min(range.to ?? .max, first - 1)
        }
        return count
    }

    /// The number of the last one of the first so many operations that a query finds; 0 when there is none.
    private func lastNumber(_ query: ActivityQuery, _ job: Job) throws(Failure) -> UInt64 {
        var last: UInt64 = 0
        var left = query.limit ?? .max
        for path in paths where left > 0 {
            let reader = try LogReader(path)
            guard let filter = try query.filter(for: reader) else { continue }
            try reader.forEach(from: last + 1, filter: filter, job: job, damage: { (_) throws(Failure) in }) { (operation) throws(Failure) in
                last = operation.number
                left -= 1
                return left > 0 ? .next : .enough
            }
        }
        return last
    }

    private typealias Format = (name: OperationFormat, touching: (String) -> Void)

    /// The virtual tables of the structure with which the newest log began, and of those that came since.
    var virtualTables: [VirtualTable] { get throws(Failure) {
        var found: [String: VirtualTable] = [:]
        for path in paths.suffix(1) {
            let reader = try LogReader(path)
            for table in reader.header.structure.compactMap(VirtualTable.init(statement:)) { found[table.name.lowercased()] = table }
            var filter = Filter()
            filter.actions = [.structureChange]
            try reader.forEach(filter: filter, damage: { _ in }) { operation in
                let texts = OwnedOperation(operation).new.map { value -> String? in
                    if case .text(let bytes) = value { reader.header.encoding.decode(bytes) } else { nil }
                }
                guard texts.count > 3, let name = texts[1] else { return .next }
                let table = texts[3].flatMap(VirtualTable.init(statement:))
                if table != nil || texts[0] == "table" { found[name.lowercased()] = table }
                return .next
            }
        }
        return Array(found.values)
    } }

    /// The names of the tables that the logs know, in lower case.
    var tables: Set<String> { get throws(Failure) {
        var known: Set<String> = []
        for path in paths { known.formUnion(try LogReader(path).definitions.map { $0.name.lowercased() }) }
        return known
    } }

    /// The number that follows the last operation of the current log.
    func nextOperation() throws(Failure) -> UInt64 {
        guard let last = paths.last else { return 1 }
        return try LogReader(last).lastOperation + 1
    }

    /// One log. Damage is handed out as a line of its own: it is never hidden.
    @discardableResult
    private func walk(
        _ path: String, _ query: ActivityQuery, _ format: Format, _ writesBlobs: Bool, reverse: Bool, limit: Int, _ job: Job,
        _ line: (String) throws(Failure) -> Void
    ) throws(Failure) -> UInt64 {
        let reader = try LogReader(path)
        let writer = OperationWriter(encoding: reader.header.encoding, writesBlobs: writesBlobs)
        job.report(Progress(phase: "Reading", subject: path, total: reader.operationCount, unit: .operations))
        var left = limit
        guard left > 0, let filter = try query.filter(for: reader) else { return reader.lastOperation + 1 }
        try reader.forEach(
            reverse: reverse, filter: filter, job: job,
            damage: { (damage) throws(Failure) in try line(Activity.text(damage, path, format.name)) }
        ) { (operation) throws(Failure) in
            let owned = OwnedOperation(operation)
            let table = reader.definition(owned.table)
            let context = try reader.context(owned.context)
            if let table, owned.action.isRecordOperation || owned.action == .reload { format.touching(table.name) }
            switch format.name {
            case .json, .jsonl: try line(writer.json(owned, table, context))
            case .csv, .exactCSV: try line(writer.csv(owned, table, context, isExact: format.name == .exactCSV))
            case .text: try line(writer.text(owned, table, context))
            case .redoSQL, .undoSQL: try line(writer.script(owned, table, isUndo: format.name == .undoSQL))
            }
            left -= 1
            return left > 0 ? .next : .enough
        }
        return reader.lastOperation + 1
    }

    private static func text(_ damage: Damage, _ path: String, _ format: OperationFormat) -> String {
        let lost = damage.operations.map { "operations \($0.lowerBound) to \($0.upperBound) are damaged" } ?? "damaged"
        switch format {
        case .json, .jsonl:
            return "{\"damage\":{\"log\":\(JSONText.string(path)),\"from\":\(damage.operations?.lowerBound ?? 0),"
                + "\"to\":\(damage.operations?.upperBound ?? 0),\"reason\":\(JSONText.string(damage.reason))}}"
        case .csv, .exactCSV: return ",damage,,,,,,,,\(SQLText.quoted(SafeText.escaped("\(lost): \(damage.reason)")))\r\n"
        case .text: return "!! \(lost) in \(path): \(damage.reason)"
        case .redoSQL, .undoSQL: return OperationWriter.comment("\(lost) in \(path): \(damage.reason)")
        }
    }
}
