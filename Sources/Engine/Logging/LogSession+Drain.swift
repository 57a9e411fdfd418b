// From the capture table to the log file (invariant I1): read in one snapshot, append, make durable, and only then let go.

import Database
import FileSystem
import Glibc
import LogFile
import Vocabulary

extension LogSession {
    /// Writes what was captured, in a transaction of its own, then lets captured rows go in small portions.
    /// - Parameters:
    ///   - pruning: false leaves the captured rows for a better moment.
    ///   - occasion: holds the rows against the log as well, when it is time for that; needs a ledger.
    func drain(_ job: Job, pruning: Bool = true, comparing occasion: RowLedger.Occasion? = nil) throws -> DrainOutcome {
        let before = try open().lastOperation
        try lookAtContents(job)
        var mark = try drainSnapshot(job)
        var unseen: [String] = []
        if let occasion, let ledger {
            unseen = try compare(ledger, occasion, job)
            if !unseen.isEmpty { mark = try drainSnapshot(job) }
        }
        noteContents()
        // Untested: only rows with the rowid -1 that are not there any more lead here, of which the drain's own tests have some.
        if wantsResynchronisation {
            try resynchronise(force: true, job)
            wantsResynchronisation = false
        }
        if pruning { try prune() }
        var outcome = DrainOutcome(drained: mark.lastOperation - before, lastOperation: mark.lastOperation, unseen: unseen)
        outcome.warnings = warnings.map(\.description)
        return outcome
    }

    /// Fixes a snapshot of the pages and writes what was captured up to it: the log then ends exactly there. A schema that moved is
    /// written down before the snapshot, never within it: what is written there would go with its transaction.
    func snapshot(_ job: Job, _ open: () throws -> PageReader) throws -> (pages: PageReader, mark: LogMark) {
        try lookAtContents(job)
        for _ in 0..<5 {
            let pages = try open()
            do {
                if let mark = try drainOnce(job) { return (pages, mark) }
            } catch {
                pages.finish()
                throw error
            }
            pages.finish()
            try lookAtContents(job)
        }
        // Untested: the structure has to change five times in a row, each time between two looks.
        throw keepsChanging
    }

    /// Drains after a change of ours was committed: it is done, and neither a Stop nor a log that cannot be written now makes it
    /// undone.
    /// - Returns: why the log does not hold it yet, in words.
    func drainWhatIsDone() -> [String] {
        do {
            _ = try translatingDatabaseErrors { try drain(Job()) }
            return []
        } catch {
            let reason = (error as? Failure)?.sentence ?? String(describing: error)
            return ["the change is done but not yet in the log, where the next drain writes it: \(reason)"]
        }
    }

    /// Writes what was captured up to now; the log then ends exactly there. Not to be called within a transaction.
    /// - Returns: where it ends; for a chain that is about to begin, where it will begin.
    func drainSnapshot(_ job: Job) throws -> LogMark {
        // A schema that moved is written down first, which needs a moment of writing; then the drain goes on.
        for _ in 0..<5 {
            if let mark = try drainOnce(job) { return mark }
            try lookAtContents(job)
        }
        // Untested: the structure has to change five times in a row, each time between two looks.
        throw keepsChanging
    }

    /// Begins a write transaction, with the log complete up to it. Waits up to ten seconds for a writer, then 1420. What the log
    /// gets is committed by others: a transaction that is rolled back leaves the log as it is.
    func beginWriting(_ job: Job) throws {
        for _ in 0..<5 {
            try Patience.retry(seconds: 10, job) { try connection.execute("BEGIN IMMEDIATE") }
            do {
                if try drainOnce(job) != nil { return }
                try connection.execute("ROLLBACK")
            } catch {
                if connection.isInTransaction { try? connection.execute("ROLLBACK") }
                throw error
            }
            try resynchronise(force: false, job)
        }
        // Untested: the structure has to change five times in a row, each time between two looks.
        throw keepsChanging
    }

    // Untested: as where it is thrown.
    private var keepsChanging: Failure {
        Failure(
            .structureChanged, "the structure of '\(application.data)' keeps changing", hint: "Try again when the migration has ended.")
    }

    /// Writes what was captured up to the snapshot that the connection is in, or up to now.
    /// - Returns: nil when the schema moved: it must be written down first, outside of a transaction that may be rolled back, since the
    ///   log does not forget.
    func drainOnce(_ job: Job) throws -> LogMark? {
        let chain = try state.chainIdentity.description
        guard let writer else {
            // Only in a snapshot are they those of the position.
            return try connection.withStop(of: job) {
                let contents = connection.isInTransaction ? try Capture.contents(connection, limit: Int64(settings.reloadLimit)) : [:]
                return LogMark(
                    chain: chain, lastOperation: 0, position: try Capture.position(connection), sequences: try Sequences.read(connection),
                    contents: contents)
            }
        }
        job.report(Progress(phase: "Writing the log", subject: writer.path, unit: .operations))
        let sink = LogSink(writer, try ledger?.sums(upTo: writer, job))
        let drain = Drain(connection, reloadLimit: Int64(self.settings.reloadLimit))
        do {
            let start = writer.lastPosition
            // Until the log is written nothing is done: a Stop may end whatever runs.
            let outcome = try connection.withStop(of: job) {
                try checkHistory(writer)
                let known = try counters?.recall(writer) ?? knownSequences()
                return try sink.relay.complete {
                    try drain.run(after: start, sequences: known, now: surroundings.now(), into: sink, job: job)
                }
            }
            guard let outcome else { return nil }
            wantsTick = outcome.wantsTick
            if wantsTick { return nil }
            if outcome.operations > 0 { try makeDataDurable() }
            let compared = compared ?? counters?.lookedAt ?? 0
            if outcome.position > compared { ComparisonNote(application).write(compared) }
            try writer.commit()
            anchor()
            // The log is written: what cannot be read now is looked up next time.
            if let sums = sink.sums { ledger?.advance(sums, writer) }
            counters?.remember(outcome.sequences, writer, capturedAt: (try? Capture.time(connection, at: writer.lastPosition)) ?? nil)
            contents.merge(outcome.contents) { $1 }
            wantsResynchronisation = outcome.wantsResynchronisation
            return LogMark(
                chain: chain, lastOperation: writer.lastOperation, position: outcome.position, sequences: outcome.sequences)
        } catch {
            writer.cancel()
            throw error
        }
    }

    /// Refuses data that are not those of the log's end (1502). Between drains of one process the log need not be read for it.
    private func checkHistory(_ writer: LogWriter) throws {
        let position = writer.lastPosition
        guard counters?.recall(writer) != nil, let remembered = counters?.capturedAt else {
            return try Fork.check(connection, against: try LogReader(writer.path), at: position)
        }
        if let time = try Capture.time(connection, at: position), time != remembered {
            throw Fork.refusal(connection.path, writer.path, position)
        }
    }

    /// What goes into the log must not be lost from the data by a power failure: the numbers that the log holds would be given to
    /// other changes (I7).
    private func makeDataDurable() throws {
        do { try connection.makeDurable() } catch let error as SystemError {
            throw Failure(
                error.isPermission ? .noPermission : .writeFailed, "the changes in '\(application.data)' cannot be made durable", cause: error.reason,
                hint: "Check the disk of the data file; the changes stay where they are.")
        }
    }

    /// Brings capture in line with the present structure of the database.
    func resynchronise(force: Bool, _ job: Job) throws {
        try Patience.retry(seconds: 10, job) {
            try connection.withStop(of: job) {
                if wantsTick { try Capture.tick(connection) }
                wantsTick = false
                gaps += try Capture.resynchronise(connection, reloadLimit: Int64(settings.reloadLimit), force: force, context: surroundings.context)?.gaps ?? []
            }
        }
    }

    /// Deletes captured rows that are durable in the log for at most a second: what is left goes with the next drain. While the
    /// application commits, nothing is deleted until many rows wait.
    private func prune() throws {
        let isCrowded = try Capture.position(connection) - Capture.oldest(connection) > LogSession.crowded
        guard isCrowded || unwritten >= .milliseconds(100) else { return }
        var memory = Rhythm.Memory()
        _ = try letGo(for: isCrowded || unwritten >= .seconds(1) ? .seconds(1) : .milliseconds(100), &memory)
    }

    /// Deletes captured rows that are durable in the log, in moments in which the programs that write do not notice. Only where the
    /// disk would soon be full it is done in any moment.
    /// - Parameter memory: what was seen of the programs' rhythm, and will have been.
    func letGo(for time: Duration, _ memory: inout Rhythm.Memory) throws -> Pruning.Ending {
        var pruning = Pruning(connection, through: try open().lastPosition, remembering: memory)
        defer { memory = pruning.memory }
        return try pruning.run(for: time, unwritten: unwritten, isForced: isDiskShort)
    }

    /// Whether the captured rows, reckoned at 200 bytes each, could double only once more on their disk.
    private var isDiskShort: Bool {
        get throws {
            let waiting = try Capture.position(connection) - Capture.oldest(connection)
            guard waiting > LogSession.crowded, let disk = Folder.disk(at: application.folder) else { return false }
            return Int64(clamping: disk.free) < waiting * 400
        }
    }

    /// Captured rows that may wait for a quiet moment: some megabytes of narrow rows.
    static var crowded: Int64 { 20_000 }

    /// How long nobody has written to the database, as its files tell.
    private var unwritten: Duration {
        let times = ["", "-wal"].compactMap { suffix -> Int64? in
            // Opening the database makes an empty -wal file.
            guard let status = Folder.status(of: application.data + suffix), status.st_size > 0 else { return nil }
            return status.st_mtim.milliseconds
        }
        return .milliseconds(max(0, surroundings.now() - (times.max() ?? 0)))
    }

    /// The AUTOINCREMENT counters as the log knows them: the last word about each table that has one now, or can have one.
    private func knownSequences() throws -> [String: Int64] {
        var known: [String: Int64] = [:]
        var missing = try Set(Sequences.read(connection).keys).union(Sequences.tables(connection))
        let reader = try LogReader(try open().path)
        // Each look goes on before what the last one found, for the tables that are left: blocks without them are passed over.
        var last = reader.lastOperation
        while !missing.isEmpty {
            var filter = Filter()
            filter.actions = [.saveSequence]
            filter.tables = missing
            var found: String?
            try reader.forEach(to: last, reverse: true, filter: filter, damage: { _ in }) { operation in
                guard let table = reader.definition(operation.table) else { return .next }
                var cursor = ValueCursor(operation.new)
                if case .integer(let counter) = cursor.next() { known[table.name] = counter }
                found = table.name
                last = max(operation.number, 1) - 1
                return .enough
            }
            guard let found, missing.remove(found) != nil else { break }
        }
        return known
    }
}

/// The AUTOINCREMENT counters between drains of one process, so that they need not be looked up in a long log each time.
final class CounterMemory {
    private var counters: [String: Int64] = [:]
    private var chain: [UInt8] = []
    private var operation: UInt64 = 0
    /// When the change at the log's last position was captured; nil when that is not known.
    private(set) var capturedAt: Int64?

    // MARK: Virtual tables

    /// A look reads all their content, and what has changed is logged as a whole: both together may take a fiftieth of the time, and
    /// let the log grow by ten bytes in each millisecond.
    private static let contentShare: Int64 = 50
    private static let contentGrowth: Int64 = 10
    private var nextLook: Int64 = 0
    private var found: (began: Int64, logSize: Int64)?
    private(set) var lookedAt: Int64?

    /// Whether the content of virtual tables is to be looked at: at once when the clock went back.
    func isDue(_ now: Int64) -> Bool { now >= nextLook || nextLook - now > 24 * 3_600_000 }

    /// - Parameters:
    ///   - position: the data's clock when they were looked at.
    ///   - logSize: the log's size in bytes, when they have changed.
    func looked(at position: Int64, from begun: Int64, to end: Int64, found logSize: Int64?) {
        lookedAt = position
        nextLook = end + (end - begun) * Self.contentShare
        found = logSize.map { (begun, $0) }
    }

    /// What the look found is in the log.
    func noted(at now: Int64, _ logSize: Int64) {
        guard let found else { return }
        nextLook = now + max(max(0, now - found.began) * Self.contentShare, (logSize - found.logSize) / Self.contentGrowth)
        self.found = nil
    }

    // MARK: Counters

    /// What the log that is open knows; nil when it went on, or is another one, since it was remembered. Numbers are never
    /// used twice in a chain (I7), so that chain and last operation tell.
    func recall(_ writer: LogWriter) -> [String: Int64]? {
        writer.header.chain.bytes == chain && writer.lastOperation == operation ? counters : nil
    }

    func remember(_ counters: [String: Int64], _ writer: LogWriter, capturedAt: Int64?) {
        self.counters = counters
        self.capturedAt = capturedAt
        chain = writer.header.chain.bytes
        operation = writer.lastOperation
    }
}

/// Puts drained operations into the log, with the numbers of tables and contexts that the log gives. The log is written beside the
/// reading of the capture table; what the two sides share is done when the writer has come to rest.
private final class LogSink: DrainSink {
    let relay: OperationRelay
    private let writer: LogWriter
    private let adding: Adding?

    /// What the tables add up to, carried on by whoever writes the log.
    private final class Adding {
        private let start: RowSums
        var sums: RowSums

        init(_ sums: RowSums) {
            start = sums
            self.sums = sums
        }

        /// What was added is not going to be in the log.
        func restart() { sums = start }
    }

    /// - Parameter sums: what the tables add up to before; nil when nobody wants to know.
    init(_ writer: LogWriter, _ sums: RowSums?) {
        self.writer = writer
        let adding = sums.map(Adding.init)
        self.adding = adding
        relay = OperationRelay { (operation) throws(Failure) in
            try ClockJump.note(before: copy operation, in: writer)
            try writer.append(operation)
            adding?.sums.take(operation)
        }
    }

    /// What the tables add up to after the operations that were put in. Ask when the relay is complete.
    var sums: RowSums? { adding?.sums }

    func define(_ table: TableDefinition) throws {
        try relay.settle()
        try writer.define(table)
    }

    func number(ofContext text: String) throws -> UInt32 {
        try relay.settle()
        return try writer.register(Context(captured: text))
    }

    func restart() throws {
        try relay.settle()
        writer.cancel()
        adding?.restart()
    }

    func append(_ operation: Operation) throws { try relay.append(operation) }
}
