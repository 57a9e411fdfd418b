// `msc activity` and `msc log export`: the same operations, to look at or to take away.

public import ArgumentParser
public import Engine
import Glibc
import Vocabulary

/// The filters that both have.
struct FilterOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Only this table; may be given several times.", valueName: "t")) var table: [String] = []
    @Option(help: ArgumentHelp("Only this action (addition, modification, deletion, …); may be given several times.", valueName: "a"))
    var action: [String] = []
    @Option(help: ArgumentHelp("Only the row with this key.", valueName: "k")) var key: String?
    @Option(help: ArgumentHelp("From this time on (ISO 8601).", valueName: "t")) var since: String?
    @Option(help: ArgumentHelp("Up to this time.", valueName: "t")) var until: String?
    @Option(help: ArgumentHelp("From this operation on.", valueName: "n")) var from: UInt64?
    @Option(help: ArgumentHelp("Up to this operation.", valueName: "n")) var to: UInt64?
    @Option(help: ArgumentHelp("Only rows with this text in some value, before or after.", valueName: "text")) var search: String?
    @Option(help: ArgumentHelp("Only what was done by this process, user or host, or for this purpose.", valueName: "text")) var context: String?
    @Option(help: ArgumentHelp("The last N operations; with --from or --since the first N.", valueName: "n")) var limit: Int?

    func validate() throws {
        for name in action where Action(name: name) == nil {
            throw ValidationError(
                "There is no action '\(name)'. The actions are: \(Action.allCases.map(\.name).joined(separator: ", ")).")
        }
        if let limit, limit < 1 { throw ValidationError("--limit takes a number from 1.") }
    }

    func query() throws -> ActivityQuery {
        var query = ActivityQuery()
        query.tables = Set(table)
        query.actions = Set(action.compactMap { Action(name: $0) })
        query.key = key
        query.since = try since.map { try Timestamp.parse($0) }
        query.until = try until.map { try Timestamp.parse($0) }
        query.from = from
        query.to = to
        query.search = search
        query.context = context
        query.limit = limit
        return query
    }
}

struct ActivityCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "activity", abstract: "List the operations of a log, or of a database's logs.",
        discussion: """
            For a database its log is brought up to date first, and the current log is listed; with --from or --since that lie \
            before it, the logs before it as well.
            """)
    @Argument(help: "A log (.journal, .4BL) or a data file.", completion: .file()) var file: String
    @OptionGroup var filters: FilterOptions
    @Flag(help: "Go on with new operations until Ctrl-C.") var follow = false
    @OptionGroup var common: CommonOptions

    func run() throws {
        do {
            try common.run { [self] job in
                var query = try filters.query()
                let output = LineOutput()
                let format: OperationFormat = common.json ? (follow ? .jsonl : .json) : .text
                var next = try list(file, query, OperationList(output, format), writesBlobs: false, job).next
                while follow {
                    do {
                        try job.checkStop()
                        usleep(200_000)
                        query.from = next
                        query.limit = nil
                        next = max(next, try list(file, query, OperationList(output, format), writesBlobs: false, job).next)
                    } catch let failure as Failure where failure.code == .stopped { break }
                }
            }
        } catch let failure as Failure { throw common.report(failure) }
    }
}

extension LogCommand {
    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write operations to a file or to standard output.", discussion: "BLOBs are written in full. In csv an apostrophe stands before a cell that a spreadsheet would run as a formula; csv-exact has none. redo-sql makes the operations again, undo-sql takes them back, the newest first.")
        @Argument(help: "A log (.journal, .4BL) or a data file.", completion: .file()) var file: String
        @Option(help: "json, jsonl, csv, csv-exact, text, redo-sql or undo-sql.") var format: OperationFormat
        @Option(help: ArgumentHelp("The file to write; it must not exist (default: standard output).", valueName: "file"), completion: .file())
        var output: String?
        @OptionGroup var filters: FilterOptions
        @OptionGroup var common: CommonOptions

        func run() throws {
            do {
                let isPartial = try common.run { [self] job in
                    var query = try filters.query()
                    if query.from == nil, query.limit == nil { query.from = 0 }
                    let destination = try LineOutput(path: output)
                    let written = try list(file, query, OperationList(destination, format), writesBlobs: true, job)
                    try destination.finish()
                    return written.isPartial
                }
                if isPartial { throw ExitCode(3) }
            } catch let failure as Failure { throw common.report(failure) }
        }
    }
}

extension OperationFormat: ExpressibleByArgument {}

/// Writes one list; warnings go to standard error, apart from it.
private func list(_ file: String, _ query: ActivityQuery, _ list: OperationList, writesBlobs: Bool, _ job: Job) throws -> OperationList.Written {
    try list.write(file, query, writesBlobs: writesBlobs, System.surroundings, job) { System.complain("msc: warning: \($0)") }
}
