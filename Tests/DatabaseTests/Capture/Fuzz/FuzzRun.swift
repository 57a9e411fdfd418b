@testable import Database
import Glibc
import Vocabulary

/// One seed: a random application on a captured database and, statement by statement, on a twin without capture. Every commit's
/// content is kept; redo from the beginning and undo from the end must reproduce each.
final class FuzzRun {
    struct Figures {
        var statements = 0
        var errors = 0
        var operations = 0
        var differences: [String: Int] = [:]
    }

    /// What went wrong: of which kind, by which a smaller script is known to fail in the same way, and the details.
    struct Fault: Error {
        let kind: String
        let details: String
        init(_ kind: String, _ details: String = "") { (self.kind, self.details) = (kind, details) }
        var text: String { kind + details }
    }

    /// What a run does, one after the other.
    enum Event {
        case table(FuzzTable)
        /// A statement before capture, or a trigger.
        case prepare(String)
        case install
        /// A statement of the captured application, after which everything is compared.
        case step(String)
        case drain(prunes: Bool)
        /// A trigger of the application made while capture is on: until the next drain it fires before ours.
        case late(String)
        /// One more drain, by another process.
        case again
    }

    /// What holds for the whole of a run.
    struct Setting {
        var isRecursive = false
        var hasForeignKeys = false
        var roundRows = 1 << 16
        var roundBytes = 1 << 20
        var isWriteAhead = false
        /// Few pages in memory, so that a transaction writes them before it ends; small ones.
        var isCramped = false
    }

    struct Options {
        var steps = 40
        var picks = 6
        var temporaryTriggers = false
        /// BEFORE triggers that change their own table: SQLite calls the outcome undefined, and capture cannot follow all of it.
        var undefined = false
    }

    let scratch = Scratch()
    let options: Options
    var statements: FuzzStatements
    private(set) var app: Connection
    private var twin: Connection?
    private(set) var script: [String] = []
    private(set) var figures = Figures()
    private(set) var setting = Setting()
    private(set) var events: [Event] = []
    /// To be done again in place of random work.
    private let recorded: [Event]?
    var snapshots: [(position: Int64, content: FuzzContent)] = []
    /// Positions at which a transaction ended.
    var commits: Set<Int64> = []
    /// The AUTOINCREMENT counters after each commit, beginning with those when capture began.
    private(set) var counters: [(position: Int64, counters: [String: Int64])] = []
    private var isInstalled = false
    private var start: Int64 = 1
    private var hadFailedInsert = false
    let collected = Collected()

    convenience init(seed: UInt64, options: Options = Options()) throws {
        try self.init(FuzzStatements(random: FuzzRandom(seed: seed), allowsUndefined: options.undefined), options, nil)
    }

    /// Does again what another run did, or a part of it, and looks at the content of each commit.
    convenience init(repeating events: [Event], setting: Setting) throws {
        try self.init(FuzzStatements(random: FuzzRandom(seed: 0), allowsUndefined: false), Options(picks: .max), events)
        self.setting = setting
    }

    private init(_ statements: FuzzStatements, _ options: Options, _ recorded: [Event]?) throws {
        self.options = options
        self.statements = statements
        self.recorded = recorded
        app = try Connection(scratch.path("app.db"), .create)
        twin = try Connection(scratch.path("twin.db"), .create)
    }

    private func configure(_ connection: Connection) throws {
        try connection.execute("PRAGMA synchronous=OFF; PRAGMA recursive_triggers=\(setting.isRecursive ? 1 : 0)")
        if setting.isCramped { try connection.execute("PRAGMA page_size=512; PRAGMA cache_size=5") }
    }

    // MARK: Both databases

    private struct Result: Equatable {
        var error: String?
        var rows: [[Value]] = []
        var changes: Int64 = 0
        var lastRowid: Int64 = 0
        var isInTransaction = false
    }

    private func execute(_ sql: String, _ connection: Connection) throws -> Result {
        var result = Result()
        do {
            let statement = try connection.prepare(sql)
            while try statement.step() { result.rows.append((0..<statement.columnCount).map { statement.value($0) }) }
        } catch {
            result.error = error.message
        }
        let select = try connection.prepare("SELECT changes(),last_insert_rowid()")
        if try select.step() {
            result.changes = select.integer(0)
            result.lastRowid = select.integer(1)
        }
        result.isInTransaction = connection.isInTransaction
        return result
    }

    /// Runs a statement of the application on both; names the way in which they differ, if they do.
    @discardableResult
    private func run(_ sql: String) throws -> Bool {
        script.append(sql + ";")
        let mine = try execute(sql, app)
        defer { if mine.error != nil, sql.hasPrefix("INS") || sql.hasPrefix("REP") { hadFailedInsert = true } }
        if let error = mine.error { script.append("   -- \(error)") }
        guard let twin else { return mine.error == nil }
        let theirs = try execute(sql, twin)
        let errors = (mine.error ?? "") + (theirs.error ?? "")
        let differs = mine.error != theirs.error
        let isChange = ["INSE", "REPL", "UPDA", "DELE"].contains(String(sql.prefix(4)))
        var known: String?
        if mine.error != theirs.error || mine.rows != theirs.rows || mine.isInTransaction != theirs.isInTransaction
            || (isChange && mine.error == nil && (mine.changes != theirs.changes || mine.lastRowid != theirs.lastRowid))
        {
            if errors.contains("cannot store") {
                known = "order in which a STRICT type error is found"
            } else if differs, errors.contains("FOREIGN KEY") {
                known = "foreign keys: SET NULL and deferred counters"
            } else if errors.contains("too many levels") {
                known = "trigger recursion limit"
            } else if differs, errors.contains("UNIQUE") || errors.contains("constraint failed"), setting.isRecursive {
                known = "REPLACE under recursive_triggers"
            } else if sql.hasPrefix("UPDATE"), errors.contains("UNIQUE") || !differs
                || [mine, theirs].allSatisfy({ $0.error?.contains("constraint failed") == true })
            {
                known = "row order of UPDATE"
            } else if !differs, mine.rows == theirs.rows, mine.changes == theirs.changes, hadFailedInsert {
                known = "last_insert_rowid() after a failed INSERT"
            } else {
                throw Fault("the application notices capture", ": with capture \(mine), without \(theirs) in \(sql)")
            }
        } else if errors.contains("cannot store") {
            known = "order in which a STRICT type error is found"
        } else if errors.contains("too many levels") {
            known = "trigger recursion limit"
        }
        if let known { leaveTwin(known) }
        return mine.error == nil
    }

    /// From here on the two may differ for a reason that docs/capture.md names.
    private func leaveTwin(_ reason: String) {
        figures.differences[reason, default: 0] += 1
        twin = nil
    }

    func content(_ connection: Connection) throws -> FuzzContent { try FuzzContent(of: statements.tables, in: connection) }

    // MARK: The run

    private func nextStatement() -> String { statements.statement() ?? "SELECT 1" }

    private func createSchema() throws {
        for number in 0..<statements.random.within(1...3) {
            for _ in 0..<20 {
                let name = statements.random.pick(["t\(number)", "t \(number)", "T\"\(number)"])
                let table = FuzzTable(&statements.random, name: name, others: statements.tables)
                guard try perform(.table(table)) else { script.removeLast(2); continue }
                for index in table.indexes where try !perform(.prepare(index)) { script.removeLast(2) }
                break
            }
        }
    }

    private var triggers = 0

    private func createTrigger(isTemporary: Bool = false, isLate: Bool = false) throws {
        for _ in 0..<3 {
            let sql = statements.trigger(triggers, isTemporary: isTemporary)
            if try perform(isLate ? .late(sql) : .prepare(sql)) {
                triggers += 1
                return
            }
            script.removeLast(2)
        }
    }

    private func reopen() throws {
        app = try Connection(scratch.path("app.db"), .write)
        try configure(app)
        if twin != nil {
            twin = try Connection(scratch.path("twin.db"), .write)
            if let twin { try configure(twin) }
        }
    }

    private var drained: Int64 = 1
    private lazy var drain: Drain? = nil
    private(set) var sequences: [String: Int64] = [:]

    private func drainNow() throws {
        // Small rounds make a drain read ahead, as for an outbox larger than memory.
        if drain == nil { drain = Drain(try Connection(scratch.path("app.db"), .read), limits: .init(rows: setting.roundRows, bytes: setting.roundBytes, folder: scratch.folder)) }
        collected.committed = collected.entries.count
        var found = try drain?.run(after: drained, sequences: sequences, now: 1_800_000_000_000, into: collected)
        if found == nil {
            try Capture.resynchronise(app)
            forgetPoints()
            found = try drain?.run(after: drained, sequences: sequences, now: 1_800_000_000_000, into: collected)
        }
        guard let outcome = found else { throw Fault("the drain sees a moved schema") }
        // A drain goes on from where the log ends, which may be before the end of what the last one read.
        drained = max(drained, collected.entries.last?.position ?? drained)
        try compareSums()
        if outcome.wantsResynchronisation {
            drain = nil
            try Capture.resynchronise(app, force: true)
            forgetPoints()
        }
        sequences = outcome.sequences
        if outcome.wantsTick {
            try Capture.tick(app)
            forgetPoints()
            try drainNow()
        }
    }

    /// What we write ourselves takes numbers without a change of the application's.
    private func forgetPoints() {
        guard let position = try? Capture.position(app), let newest = snapshots.last else { return }
        snapshots[snapshots.count - 1].position = max(position, newest.position)
        commits.insert(position)
        if let present = try? Drain.sequences(app) { counters.append((position, present)) }
    }

    /// What was drained leads to the rows that are there: otherwise a log would be called incomplete that is whole.
    private func compareSums() throws {
        for stored in try Capture.definitions(app) where stored.isCurrent {
            let id = stored.definition.id
            guard let expected = collected.sums[id] else { continue }
            let found = try RowSum.of(stored.definition, app, limit: .max, Job())
            if found != expected {
                throw Fault("the sum of the rows", " of \(stored.definition.name) is \(String(describing: found)), not \(expected)")
            }
        }
    }

    func run() throws -> Figures {
        if let recorded {
            try begin()
            for event in recorded { try perform(event) }
        } else {
            try generate()
        }
        try finish()
        return figures
    }

    private func generate() throws {
        setting.isRecursive = statements.random.chance(0.3)
        setting.hasForeignKeys = statements.random.chance(0.5)
        setting.roundRows = statements.random.pick([1 << 16, 1 << 16, 1, 3, 10])
        setting.roundBytes = statements.random.pick([1 << 20, 1 << 20, 40, 200])
        setting.isWriteAhead = statements.random.chance(0.4)
        setting.isCramped = statements.random.chance(0.3)
        try begin()
        try createSchema()
        for _ in 0..<statements.random.within(0...15) { try perform(.prepare(nextStatement())) }
        if statements.random.chance(0.6) { for _ in 0..<statements.random.within(1...3) { try createTrigger() } }
        try perform(.install)
        if options.temporaryTriggers || statements.random.chance(0.2) { try createTrigger(isTemporary: true) }
        // Some programs are drained at every commit, some hardly ever.
        let drains = statements.random.pick([0.05, 0.15, 0.15, 1])
        for _ in 0..<options.steps {
            try perform(.step(statements.step(inTransaction: app.isInTransaction)))
            guard !app.isInTransaction else { continue }
            if statements.random.chance(0.02) { try createTrigger(isLate: true) }
            if statements.random.chance(drains) {
                try perform(.drain(prunes: statements.random.chance(0.7)))
                if statements.random.chance(0.5) { try perform(.again) }
            }
        }
    }

    private func begin() throws {
        try configure(app)
        if let twin { try configure(twin) }
        if setting.isWriteAhead { try app.execute("PRAGMA journal_mode=WAL") } else { try app.execute("PRAGMA journal_mode=MEMORY") }
        try twin?.execute("PRAGMA journal_mode=MEMORY")
        script.append("PRAGMA recursive_triggers=\(setting.isRecursive ? 1 : 0);")
    }

    /// - Returns: whether the statement succeeded; a schema statement that did not is as if it had never been.
    @discardableResult
    private func perform(_ event: Event) throws -> Bool {
        events.append(event)
        switch event {
        case .table(let table):
            guard try run(table.sql) else { events.removeLast(); return false }
            statements.tables.append(table)
        case .prepare(let sql):
            guard try run(sql) || !sql.hasPrefix("CREATE") else { events.removeLast(); return false }
        case .late(let sql):
            guard !app.isInTransaction else { break }
            guard try run(sql) else { events.removeLast(); return false }
        case .again:
            guard isInstalled, !app.isInTransaction else { break }
            script.append("-- drain by another process")
            drain = nil
            try drainNow()
        case .install: try install()
        case .step(let sql): try step(sql)
        case .drain(let prunes):
            // A script of which something was left out may be in a transaction here.
            guard !app.isInTransaction else { break }
            script.append("-- drain\(prunes ? " and prune" : "")")
            try drainNow()
            if prunes { while try Capture.prune(app, through: drained) > 0 {} }
        }
        return true
    }

    private func install() throws {
        if app.isInTransaction { try run("COMMIT") }
        try Capture.install(app, Scratch.state())
        isInstalled = true
        script.append("-- capture is on")
        try reopen()
        if setting.hasForeignKeys { try run("PRAGMA foreign_keys=ON") }
        try copy("first.db")
        drained = try Capture.position(app)
        start = drained
        sequences = try Drain.sequences(app)
        counters = [(drained, sequences)]
        snapshots = [(drained, try content(app))]
        commits = [drained]
        for stored in try Capture.definitions(app) {
            collected.sums[stored.definition.id] = try RowSum.of(stored.definition, app, limit: .max, Job())
        }
    }

    private func finish() throws {
        guard isInstalled else { return }
        if app.isInTransaction, try !run("COMMIT") { try run("ROLLBACK") }
        let last = try Capture.position(app)
        commits.insert(last)
        counters.append((last, try Drain.sequences(app)))
        snapshots.removeAll { $0.position > last }
        try drainNow()
        drain = nil
        guard let final = snapshots.last?.content, final == (try content(app)) else { throw Fault("the last content is not as after the last statement") }
        try copy("last.db")
        figures.operations = collected.entries.count
        try verify(start: start, last: last)
    }

    private func step(_ sql: String) throws {
        let succeeded = try run(sql)
        figures.statements += 1
        if !succeeded {
            figures.errors += 1
            let error = script.last ?? ""
            if ["_msc", "no such col", "no such tab", "no such func", "ambiguous", "values for"].contains(where: error.contains) {
                throw Fault("capture broke the application", ": \(sql) \(error)")
            }
        }
        let position = try Capture.position(app)
        while snapshots.count > 1, let newest = snapshots.last, newest.position > position { snapshots.removeLast() }
        let now = try content(app)
        if let twin {
            let theirs = try content(twin)
            if theirs != now {
                if !succeeded {
                    leaveTwin("partial effect of a failed statement")
                } else if sql.hasPrefix("UPDATE") {
                    leaveTwin("row order of UPDATE")
                } else {
                    throw Fault("content differs from the twin", " after \(sql)\n\(now.difference(from: theirs))")
                }
            } else if ["INSE", "REPL", "UPDA", "DELE"].contains(String(sql.prefix(4))) {
                // Some statements damage the application's own indexes, capture or not (SQLite's affair): no judgement then.
                let check = try twin.prepare("PRAGMA integrity_check")
                while try check.step() {
                    let line = check.string(0)
                    if line != "ok", !line.contains("CHECK") { throw Skipped() }
                }
            }
        }
        if let newest = snapshots.last, newest.position == position, newest.content != now {
            throw Fault("a change that left no trace", ": \(sql)\n\(now.difference(from: newest.content))")
        }
        snapshots.append((position, now))
        commits = commits.filter { $0 <= position }
        if !app.isInTransaction {
            commits.insert(position)
            counters.append((position, try Drain.sequences(app)))
        }
    }

    /// What happened, to be read by a person.
    var report: String {
        script.joined(separator: "\n") + "\n-- derived:\n" + collected.entries.map { "-- \($0)" }.joined(separator: "\n")
    }
}
