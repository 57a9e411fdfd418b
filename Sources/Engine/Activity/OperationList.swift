// A whole list of operations as one document: JSON array, JSON Lines, CSV with its header, plain lines, or an SQL script.

public import Vocabulary

/// Writes the operations that a query finds.
public struct OperationList {
    private let output: LineOutput
    private let format: OperationFormat

    public init(_ output: LineOutput, _ format: OperationFormat) {
        self.output = output
        self.format = format
    }

    /// - Parameters:
    ///   - file: a log or a data file.
    ///   - warn: told what the reader of the list must know and what does not belong into it.
    /// - Throws: 1406 on Stop.
    public func write(
        _ file: String, _ query: ActivityQuery, writesBlobs: Bool, _ surroundings: Surroundings, _ job: Job,
        warn: (String) -> Void
    ) throws -> Written {
        let activity = try Activity(file, surroundings, query, job)
        for warning in activity.warnings { warn(warning) }
        switch format {
        case .json: try output.write("[")
        case .csv, .exactCSV: try output.write(OperationFormat.csvHeader)
        case .redoSQL, .undoSQL: try output.write(format.sqlHead)
        case .jsonl, .text: break
        }
        var isFirst = true
        var hasCounters = false
        var unwritten = 0
        var touched: Set<String> = []
        let format = format
        let output = output
        let count = try activity.lines(query, format, writesBlobs: writesBlobs, job, touching: { touched.insert($0.lowercased()) }) {
            (line) throws(Failure) in
            switch format {
            case .json: try output.write((isFirst ? "\n" : ",\n") + line)
            case .csv, .exactCSV, .redoSQL, .undoSQL: try output.write(line)
            case .jsonl: try output.write(line + "\n")
            case .text: try output.write(SafeText.escaped(line) + "\n")
            }
            isFirst = false
            hasCounters = hasCounters || line.hasPrefix(OperationWriter.counterStart)
            if format.isScript, line.hasPrefix("--") { unwritten += 1 }
        }
        switch format {
        case .json: try output.write(isFirst ? "]\n" : "\n]\n")
        // A script that was cut short has no end: run, it changes nothing.
        case .redoSQL, .undoSQL:
            let indexes = try ScriptIndexes(activity.virtualTables, touched, isKnown: activity.tables.contains)
            try output.write(indexes.script + OperationFormat.sqlFoot(hasCounters: hasCounters))
            for warning in indexes.warnings { warn(warning) }
            unwritten += indexes.warnings.count
            if unwritten > 0 { warn("not everything can be written as statements: comments in the script say what is left to do by hand") }
        case .csv, .exactCSV, .jsonl, .text: break
        }
        try output.flush()
        if count == 0, query.narrows, query.from ?? 0 <= 1 { warn("nothing was found in \(activity.searched)") }
        return Written(next: try activity.nextOperation(), isPartial: unwritten > 0)
    }

    /// What came of a list.
    public struct Written: Sendable, Equatable {
        /// The number that follows the last operation of the log: where a next query goes on.
        public var next: UInt64
        /// A script that does not make or take back all of what was asked for: comments in it say what is left to do.
        public var isPartial: Bool
    }
}
