@testable import Database
import Vocabulary

/// One seed: an application that migrates. Its structure changes must succeed or fail as they do without capture, its writes
/// after them too; between two migrations redo and undo must be exact, and redo of the whole log across all of them.
final class MigrationRun {
    typealias Fault = FuzzRun.Fault

    /// What a run does, one after the other.
    enum Event {
        case statement(String)
        /// A change of the structure, which must succeed or fail as on the twin.
        case migration(String)
        case install
        case resynchronise
        /// Redo and undo of what is between these two are held against the content.
        case base
        case proof
    }

    private let scratch = Scratch()
    private var statements: FuzzStatements
    private var app: Connection
    private var twin: Connection
    private(set) var script: [String] = []
    private(set) var migrations = 0
    private(set) var refused = 0
    private(set) var reloads = 0
    private(set) var dropsAfterRename = 0
    private var sequence = 0
    private var position: Int64 = 1
    private(set) var statementCount = 0
    private(set) var events: [Event] = []
    private var isInstalled = false
    private var start: (base: String, content: [String])?
    private var bases = 0
    private var virtualTables: [String] = []
    private let recorded: [Event]?
    /// A copy from when capture began, which follows by the log alone.
    private var follower: Connection?
    private var definitions: [UInt32: TableDefinition] = [:]

    /// - Parameter recorded: what to do in place of random work.
    init(seed: UInt64, repeating recorded: [Event]? = nil) throws {
        self.recorded = recorded
        statements = FuzzStatements(random: FuzzRandom(seed: seed), allowsUndefined: false)
        app = try Connection(scratch.path("app.db"), .create)
        twin = try Connection(scratch.path("twin.db"), .create)
        for connection in [app, twin] {
            // Some triggers add rows for each row that they add, without end: with or without capture, see `run`.
            try connection.execute("PRAGMA synchronous=OFF; PRAGMA journal_mode=MEMORY; PRAGMA max_page_count=20000")
        }
    }

    private func q(_ name: String) -> String { FuzzTable.quoted(name) }

    private func error(_ sql: String, _ connection: Connection) -> String? {
        do {
            try connection.execute(sql)
            return nil
        } catch {
            return error.message
        }
    }

    /// Runs a statement on both; only whether it succeeds is compared (`FuzzRun` compares the rest).
    @discardableResult
    private func run(_ sql: String, isMigration: Bool = false) throws -> Bool {
        events.append(isMigration ? .migration(sql) : .statement(sql))
        statementCount += 1
        script.append(sql + ";")
        var mine = error(sql, app)
        if mine?.contains("disk is full") == true { throw FuzzRun.Skipped() }
        let theirs = error(sql, twin)
        if isMigration, theirs == nil, mine?.contains("after drop column: no such column: NEW.") == true {
            // A BLOB column that was renamed and is dropped before a drain came between: docs/capture.md. After one it is not refused.
            dropsAfterRename += 1
            script.append("   -- \(mine ?? ""); resynchronise, and again")
            try Capture.resynchronise(app)
            mine = error(sql, app)
        }
        if let mine { script.append("   -- \(mine)") }
        let broken = ["_msc", "no such", "ambiguous", "values for", "error in trigger"].contains { mine?.contains($0) == true && theirs?.contains($0) != true }
        if isMigration ? (mine == nil) != (theirs == nil) : broken {
            throw Fault(isMigration ? "a migration ends otherwise" : "capture broke the application", ": with capture \(mine ?? "ok"), without \(theirs ?? "ok"): \(sql)")
        }
        for connection in [app, twin] where connection.isInTransaction { try connection.execute(isMigration ? "ROLLBACK" : "COMMIT") }
        return mine == nil
    }

    private func migrate() throws {
        migrations += 1
        let index = statements.random.below(statements.tables.count)
        var table = statements.tables[index]
        let name = q(table.name)
        sequence += 1
        switch statements.random.below(14) {
        case 0:
            if try run("ALTER TABLE \(name) ADD COLUMN \"add\(sequence)\" \(statements.random.pick(["", "TEXT", "INT"])) \(statements.random.pick(["", " DEFAULT 'x'", " NOT NULL DEFAULT 5"]))", isMigration: true) {
                table.columns.append("add\(sequence)")
            }
        case 1, 2:
            let column = statements.random.pick(table.columns)
            if table.columns.count > 1, try run("ALTER TABLE \(name) DROP COLUMN \(q(column))", isMigration: true) {
                table.columns.removeAll { $0 == column }
            }
        case 3:
            let column = statements.random.pick(table.columns)
            if try run("ALTER TABLE \(name) RENAME COLUMN \(q(column)) TO \"ren\(sequence)\"", isMigration: true) {
                table.columns = table.columns.map { $0 == column ? "ren\(sequence)" : $0 }
            }
        case 4:
            let fresh = "moved \(sequence)"
            if try run("ALTER TABLE \(name) RENAME TO \(q(fresh))", isMigration: true) { table = table.renamed(fresh) }
        case 5:
            let columns = table.settable.map(q).joined(separator: ",")
            if table.kind != .rowidColumn {
                try run(
                    "BEGIN; CREATE TABLE \"fresh\(sequence)\" AS SELECT \(columns) FROM \(name); DROP TABLE \(name); ALTER TABLE \"fresh\(sequence)\" RENAME TO \(name); COMMIT",
                    isMigration: true)
                table = table.rebuilt()
            }
        case 6: try run("VACUUM", isMigration: true)
        case 7: try run("CREATE INDEX \"index\(sequence)\" ON \(name)(\(q(statements.random.pick(table.columns))))", isMigration: true)
        case 9, 10:
            let indexes = try uniqueIndexes()
            if !indexes.isEmpty { try run("DROP INDEX \(q(statements.random.pick(indexes)))", isMigration: true) }
        case 11: try run("CREATE UNIQUE INDEX \"unique\(sequence)\" ON \(name)(\(q(statements.random.pick(table.columns))))", isMigration: true)
        case 12, 13: try migrateVirtual()
        default: try run("CREATE TABLE \"extra\(sequence)\"(a, b DEFAULT 3); INSERT INTO \"extra\(sequence)\" VALUES(1,2)", isMigration: true)
        }
        statements.tables[index] = table
    }

    private func uniqueIndexes() throws -> [String] {
        var names: [String] = []
        let list = try twin.prepare("SELECT name FROM sqlite_schema WHERE type='index' AND sql LIKE 'CREATE UNIQUE %'")
        while try list.step() { names.append(list.string(0)) }
        return names
    }

    /// Virtual tables come, are written to, renamed, exchanged for another kind under the same name, and go.
    private func migrateVirtual() throws {
        let kinds = ["fts5(x)", "fts4(x)", "fts3(x)", "rtree(x, y, z)", "fts5(x, content='')"]
        let kind = statements.random.pick(kinds)
        let rows = kind.hasPrefix("rtree") ? "(NULL, 1, \(sequence + 1)), (NULL, 0, 5)" : "('word\(sequence) one'), ('two')"
        guard let name = virtualTables.popLast() else {
            let name = "virtual\(sequence)"
            try run("CREATE VIRTUAL TABLE \(name) USING \(kind)", isMigration: true)
            if kind.hasSuffix("'')") { try run("INSERT INTO \(name)(rowid, x) VALUES(1, 'a')") } else { try run("INSERT INTO \(name) VALUES\(rows)") }
            return virtualTables.append(name)
        }
        switch statements.random.below(4) {
        case 0:
            try run("ALTER TABLE \(name) RENAME TO virtual\(sequence)", isMigration: true)
            virtualTables.append("virtual\(sequence)")
        case 1:
            try run("DROP TABLE \(name); CREATE VIRTUAL TABLE \(name) USING \(kind)", isMigration: true)
            virtualTables.append(name)
        case 2:
            try run("DELETE FROM \(name) WHERE rowid = 1")
            virtualTables.append(name)
        default: try run("DROP TABLE \(name)", isMigration: true)
        }
    }

    private func content(_ connection: Connection) throws -> [String] {
        var names: [String] = []
        let list = try twin.prepare("SELECT name FROM sqlite_schema WHERE type='table' AND name NOT LIKE 'sqlite|_%' ESCAPE '|'")
        while try list.step() { names.append(list.string(0)) }
        var rows: [String] = []
        for name in names {
            let select = try connection.prepare("SELECT * FROM \(q(name))")
            while try select.step() { rows.append("\(name) \((0..<select.columnCount).map { select.value($0) })") }
        }
        return rows.sorted()
    }

    private func settle() throws -> Collected {
        if let result = try Capture.resynchronise(app) {
            reloads += result.reloaded.count
            if !result.gaps.isEmpty { throw Fault("a gap in a small table") }
        }
        let look = try Capture.look(app, limit: 1_000_000)
        if !look.isEmpty { try Capture.mark(app, look, known: 0) }
        let sink = Collected()
        let drain = Drain(try Connection(scratch.path("app.db"), .read))
        guard let outcome = try drain.run(after: position, sequences: [:], now: 0, into: sink) else { throw Fault("the schema moved again") }
        position = outcome.position
        try Capture.note(app, outcome.contents)
        try follow(sink)
        return sink
    }

    /// Takes the copy along, through structure changes and all, and holds it against the application.
    private func follow(_ sink: Collected) throws {
        guard let follower else { return }
        definitions.merge(sink.tables) { $1 }
        do {
            let applier = try Applier(follower, .redo)
            for definition in definitions.values { applier.define(definition) }
            try follower.transaction("IMMEDIATE") {
                for entry in sink.entries {
                    try Recorded(entry.action, table: entry.table, key: entry.key, old: entry.old, new: entry.new).apply(applier)
                    if entry.isConsistent { try applier.finish() }
                }
                try applier.finish()
            }
            try applier.close()
            let (got, wanted) = (try content(follower), try content(app))
            if got != wanted { throw Fault("the follower differs", "\n  got \(got)\n  wanted \(wanted)") }
        } catch let failure as Failure {
            // Capture says itself that it does not know: nothing leads across.
            if failure.code == .logGap { return self.follower = nil }
            throw Fault("the follower fails", ": \(failure)\n" + sink.entries.map { "  \($0)" }.joined(separator: "\n"))
        }
    }

    func run() throws {
        guard let recorded else { return try generate() }
        for event in recorded {
            switch event {
            case .statement(let sql): try run(sql)
            case .migration(let sql): try run(sql, isMigration: true)
            case .install, .resynchronise, .base, .proof: try perform(event)
            }
        }
    }

    private func generate() throws {
        for number in 0..<statements.random.within(1...3) {
            for _ in 0..<20 {
                let table = FuzzTable(&statements.random, name: "t\(number)", others: statements.tables)
                guard try run(table.sql) else { continue }
                statements.tables.append(table)
                for index in table.indexes { try run(index) }
                break
            }
        }
        for number in 0..<statements.random.below(3) { try run(statements.trigger(number, isTemporary: false)) }
        try perform(.install)
        for _ in 0..<4 {
            try perform(.base)
            for _ in 0..<10 { try run(statements.statement() ?? "SELECT 1") }
            try perform(.proof)
            for _ in 0..<statements.random.within(1...3) {
                try migrate()
                for _ in 0..<statements.random.below(4) { try run(statements.statement() ?? "SELECT 1") }
                if statements.random.chance(0.3) { try perform(.resynchronise) }
            }
        }
    }

    /// What is not a statement. A script of which something was left out may have no use for it.
    private func perform(_ event: Event) throws {
        events.append(event)
        if case .install = event {
            try Capture.install(app, Scratch.state())
            let copy = scratch.path("follower.db")
            try app.execute("VACUUM INTO '\(copy)'")
            follower = try Connection(copy, .write)
            try follower?.execute("PRAGMA synchronous=OFF; PRAGMA journal_mode=MEMORY")
            isInstalled = true
            script.append("-- capture is on")
        }
        guard isInstalled else { return }
        switch event {
        case .resynchronise:
            script.append("-- resynchronise")
            try Capture.resynchronise(app)
        case .base:
            try checkTwin()
            script.append("-- from here")
            _ = try settle()
            bases += 1
            let base = scratch.path("base\(bases).db")
            try app.execute("VACUUM INTO '\(base)'")
            start = (base, try content(app))
        case .proof:
            guard let (base, before) = start else { return }
            start = nil
            try checkTwin()
            script.append("-- to here, redo and undo")
            let after = try content(app)
            let sink = try settle()
            for (path, undo, wanted) in [(base, false, after), (scratch.path("app.db"), true, before)] {
                try prove(sink, path, undo: undo, wanted)
            }
        case .install, .statement, .migration: break
        }
    }

    /// Some migrations damage the application's own tables, capture or not (SQLite's affair): DROP COLUMN of a column called rowid that a
    /// partial index names, a default that a STRICT table cannot hold. No judgement then.
    private func checkTwin() throws {
        let check = try twin.prepare("PRAGMA integrity_check")
        while try check.step() {
            let line = check.string(0)
            if line != "ok", !line.contains("CHECK") { throw FuzzRun.Skipped() }
        }
    }

    private func prove(_ sink: Collected, _ path: String, undo: Bool, _ wanted: [String]) throws {
        let name = undo ? "undo" : "redo"
        let copy = try Connection(path, .write)
        try copy.execute("PRAGMA foreign_keys=OFF; PRAGMA ignore_check_constraints=ON")
        try copy.configure(1003, false)
        try copy.execute("BEGIN")
        do { try NetEffect.apply(sink.entries, sink.tables, undo: undo, to: copy) } catch { throw Fault("\(name) fails", ": \(error)") }
        let got = try content(copy)
        try copy.execute("ROLLBACK")
        if got != wanted { throw Fault("\(name) differs", "\n  got \(got)\n  wanted \(wanted)") }
    }

    /// The smallest script found that fails as this run did.
    func minimised(_ fault: Fault) -> String {
        func run(_ events: [Event]) -> (MigrationRun, Fault)? {
            // A migration between the two would not be undone.
            var isOpen = false
            for event in events {
                switch event {
                case .base: isOpen = true
                case .proof: isOpen = false
                case .migration, .resynchronise: if isOpen { return nil }
                case .statement, .install: break
                }
            }
            guard let run = try? MigrationRun(seed: 0, repeating: events) else { return nil }
            do { try run.run() } catch let found as Fault where found.kind == fault.kind { return (run, found) } catch {}
            return nil
        }
        let whole = "\(fault.text)\n" + script.joined(separator: "\n")
        guard run(events) != nil else { return "The same statements do not fail again. What was done:\n\(whole)" }
        let smallest = Minimiser.reduce(events) { run($0) != nil }
        guard let (small, found) = run(smallest) else { return whole }
        return "\(found.text)\n-- \(smallest.count) of \(events.count) events fail in the same way:\n" + small.script.joined(separator: "\n")
    }
}

extension FuzzTable {
    func renamed(_ name: String) -> FuzzTable { FuzzTable(copying: self, name: name, kind: kind, primary: primary) }

    /// As `CREATE TABLE … AS SELECT` leaves it: without keys and constraints.
    func rebuilt() -> FuzzTable {
        var table = FuzzTable(copying: self, name: name, kind: .noKey, primary: nil)
        table.columns = settable
        return table
    }

    private init(copying other: FuzzTable, name: String, kind: Kind, primary: String?) {
        self.name = name
        self.kind = kind
        columns = other.columns
        self.primary = primary
    }
}
