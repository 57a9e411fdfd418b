// The drain: reads the new rows of the outbox in one read transaction and derives from them what happened. It only reads.
//
// The rule: an observation says what a key was; what it became is its next observation, or else the row that the transaction
// sees now. Equal neighbours yield nothing.

public import Vocabulary

/// Derives operations from the outbox of one database. Keep it between drains. One thread uses it, that of its connection.
public final class Drain {
    /// What a drain achieved.
    public struct Outcome: Sendable, Equatable {
        /// The outbox was read up to this position.
        public var position: Int64
        /// Operations handed to the sink.
        public var operations: UInt64
        /// The AUTOINCREMENT counters by table, to be given to the next drain.
        public var sequences: [String: Int64]
        /// The triggers should be written anew (`Capture.resynchronise`) before they miss something.
        public var wantsResynchronisation: Bool
        /// An AUTOINCREMENT counter moved and nothing else: it is not logged before the data's clock has moved too (`Capture.tick`), since
        /// a copy with the present clock would be taken to hold it.
        public var wantsTick = false
        /// Digests of the content of virtual tables that was logged: for `Capture.note`, when the log is durable.
        public var contents: [String: String] = [:]
    }

    private let connection: Connection
    private let hash = KeyHash()
    private var tables: DrainTables?
    private var schemaVersion: Int64 = -1
    private var commits: CommitFinder?

    /// Rows without an operation after which the log notes how far it has read.
    public static let emptyRows: Int64 = 10_000

    private let limits: DrainPass.Limits

    /// - Parameters:
    ///   - connection: for reading; not within a transaction when `run` is called.
    ///   - scratchFolder: where a nameless temporary file is made when the outbox is larger than memory should hold. It gets
    ///     numbers and hashes, no data: about 50 bytes for each outbox row.
    ///   - reloadLimit: the most rows that a table may have to be logged anew where what was captured of it cannot be put in order; a larger
    ///     one gets a gap.
    public convenience init(_ connection: Connection, scratchFolder: String = "/var/tmp", reloadLimit: @escaping @autoclosure () -> Int64 = 1_000_000) {
        self.init(connection, limits: DrainPass.Limits(reload: reloadLimit, folder: scratchFolder))
    }

    init(_ connection: Connection, limits: DrainPass.Limits) {
        self.connection = connection
        self.limits = limits
    }

    /// Reads what is new and hands it to the sink, in one read transaction.
    ///
    /// The last operation is a consistent point, and so is each after which the `-wal` file shows a commit. On Stop (1406) or
    /// failure the sink has received a part, and nothing is changed anywhere: run again from the last durable position.
    /// - Parameters:
    ///   - position: the position of the newest durable operation; rows after it are read.
    ///   - sequences: AUTOINCREMENT counters as last logged (`Outcome.sequences`, or from the log's `saveSequence` operations).
    ///   - now: milliseconds since 1970, for rows that carry no time.
    /// - Returns: nil when the schema moved: nothing was read; call `Capture.resynchronise`, then run again.
    /// - Throws: `Failure` 1502 when rows after `position` are missing, 1416 when the data is older than `position`,
    ///   1501 when outbox rows cannot be read.
    public func run(
        after position: Int64, sequences: [String: Int64], now: Int64, into sink: any DrainSink, job: Job = Job()
    ) throws -> Outcome? {
        try connection.transaction("DEFERRED") {
            // A statement that runs on would keep the transaction open.
            defer { tables?.reset() }
            let last = try Capture.position(connection)
            if last < position {
                throw Failure(
                    .foreignLog, "the data in '\(connection.path)' is older than its log: position \(last), the log holds \(position)",
                    hint: "The data file was replaced by an older copy: integrate the log into it with 'msc integrate'.")
            }
            var outcome = Outcome(position: last, operations: 0, sequences: sequences, wantsResynchronisation: false)
            guard let state = try CaptureState(connection) else {
                throw Failure(.noLog, "no log is on for '\(connection.path)'", hint: "Start one with 'msc log start'.")
            }
            // Asked even when no row is new: a migration that drops our triggers leaves none.
            guard try state.isCurrent(connection) else { return nil }
            let tables = try prepareTables(state)
            if last == position {
                outcome.wantsTick = try Self.movedAlone(sequences, tables, connection)
                return outcome
            }
            var distrusted: Set<UInt32> = []
            while true {
                var pass = DrainPass(
                    connection: connection, tables: tables, sink: sink, hash: hash, limits: limits, after: position, last: last, now: now,
                    counters: sequences, job: job)
                if state.resynchronisedAt > position { try pass.barriers.find(connection, tables, after: position) }
                pass.barriers.distrusted = distrusted
                do {
                    try derive(&pass, &outcome, state)
                    return outcome
                } catch let lost as Unordered {
                    // Once more without what was captured of that table: its rows are told as they are now.
                    guard let place = tables.place(lost.table), distrusted.insert(tables[place].family).inserted else { throw lost }
                    try sink.restart()
                }
            }
        }
    }

    private func derive(_ pass: inout DrainPass, _ outcome: inout Outcome, _ state: CaptureState) throws {
        let (position, last) = (pass.after, pass.last)
        // A row that an index forbade is told before the index that is gone: what lies between is no state that ever was.
        if pass.barriers.isCertain, state.restructuredAt <= position {
            pass.emission.boundaries = try findCommits(after: position, through: last)
        }
        try pass.derive()
        outcome.sequences = try pass.logSequences()
        // Rows that came to nothing would be read again by every drain, and could never be let go of.
        if last - max(position, pass.emission.position) >= Self.emptyRows {
            try pass.emission.mark(last, pass.now)
        } else if let end = pass.dependentEnd {
            try pass.emission.mark(end, pass.now)
        }
        try pass.emission.finish()
        outcome.operations = pass.emission.count
        outcome.wantsResynchronisation = pass.wantsResynchronisation
        outcome.contents = try contents(pass.barriers, pass.tables, state)
    }

    /// Digests of the virtual tables whose content was logged.
    private func contents(_ barriers: Barriers, _ tables: DrainTables, _ state: CaptureState) throws -> [String: String] {
        if barriers.reloads.isEmpty { return [:] }
        let families = Dictionary(
            tables.inForce.map { (tables.list[$0].definition.name, tables.list[$0].family) }, uniquingKeysWith: { first, _ in first })
        var found: [String: String] = [:]
        for table in try VirtualContent.tables(connection, state) {
            guard table.logged.allSatisfy({ families[$0].map { barriers.reloads[$0] != nil } ?? false }) else { continue }
            found[table.name] = try VirtualContent.digest(table, connection)
        }
        return found
    }

    /// Commits that the -wal file shows.
    private func findCommits(after position: Int64, through last: Int64) throws -> [CommitFinder.Commit] {
        if commits == nil { commits = try CommitFinder(connection) }
        return commits?.commits(after: position, through: last, counters: try Self.sequences(connection)) ?? []
    }

    private func prepareTables(_ state: CaptureState) throws -> DrainTables {
        if let tables, state.schemaVersion == schemaVersion { return tables }
        let made = DrainTables(try DefinitionStore.all(connection), counted: try Self.counted(connection))
        tables = made
        commits = nil
        schemaVersion = state.schemaVersion
        return made
    }
}

@available(*, unavailable, message: "a drain belongs to the owner of its connection")
extension Drain: Sendable {}
