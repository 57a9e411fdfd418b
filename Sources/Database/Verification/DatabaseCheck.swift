// Whether SQLite finds a database sound, in its own words.

import CSQLite
public import Vocabulary

/// SQLite's own check of a database or of some of its tables.
public struct DatabaseCheck: Sendable {
    public enum Depth: Sendable {
        /// Structure of the pages and rows, NOT NULL and CHECK rules. Reads every page of the tables once.
        case quick
        /// Also that each index holds exactly the rows of its table, and UNIQUE.
        case full
    }

    /// One thing that is wrong.
    public struct Problem: Sendable, Equatable {
        /// The table concerned; empty when the whole database was checked at once.
        public var table: String
        /// SQLite's sentence.
        public var message: String

        public init(table: String, message: String) {
            self.table = table
            self.message = message
        }
    }

    public var depth: Depth
    /// Further problems are not looked for.
    public var limit: Int
    /// Passes over rows that do not keep to CHECK, NOT NULL or the types of their columns: the application's own affair, which a
    /// restore does not mend. What is left is damage.
    public var ignoresRules: Bool

    public init(_ depth: Depth, limit: Int = 100, ignoresRules: Bool = false) {
        self.depth = depth
        self.limit = limit
        self.ignoresRules = ignoresRules
    }

    /// What is wrong; empty when the database is sound. Damage is a result and not an error, unless SQLite cannot even open
    /// the schema.
    ///
    /// - Parameter tables: only these, one after the other with their progress, or the whole database when nil, which alone
    ///   finds lost and doubly used pages.
    /// CHECK rules that call functions which only the application has are left out, and where an index does, the check is a quick one.
    /// Ends with error 1406 on Stop, at the next page that is read. Nothing is written in any case.
    public func run(_ connection: Connection, tables: [String]? = nil, _ job: Job = Job()) throws(Failure) -> [Problem] {
        try report(connection, tables: tables, job).problems
    }

    /// As `run`. What SQLite cannot be asked, because an object needs a collation that is not there or a newer SQLite, is checked as far as
    /// its pages go, and named in `notChecked` with the reason.
    public func report(
        _ connection: Connection, tables: [String]? = nil, _ job: Job = Job()
    ) throws(Failure) -> (problems: [Problem], notChecked: [String]) {
        let (unreadable, damage) = try asking { () throws(DatabaseError) in (try connection.unreadableObjects(), try connection.schemaDamage()) }
        if let damage { return ([Problem(table: "sqlite_schema", message: damage)], []) }
        if let tables {
            var notChecked: [String] = []
            let problems = try problems(tables, unreadable, connection, &notChecked, job)
            return (problems, notChecked)
        }
        // Views and triggers have no pages.
        if unreadable.allSatisfy({ $0.type == "view" || $0.type == "trigger" }) {
            // Bytes read, without a total: what a check reads twice depends on the cache.
            job.report(Progress(phase: "Checking the database"))
            do throws(Failure) { return (try problemsOf(nil, connection, job), []) } catch {
                guard Self.isForeign(error) else { throw error }
            }
        }
        let all = try asking { () throws(DatabaseError) in
            let select = try connection.prepare("SELECT name FROM main.sqlite_schema WHERE type='table' AND rootpage>0 ORDER BY name")
            var names = ["sqlite_schema"]
            while try select.step() { names.append(select.string(0)) }
            return names
        }
        var notChecked = ["the free pages, and whether a page is used twice"]
        let problems = try problems(all, unreadable, connection, &notChecked, job)
        return (problems, notChecked)
    }

    private static func isForeign(_ failure: Failure) -> Bool {
        ["no such collation sequence", "no such module", "malformed database schema"].contains { failure.cause?.contains($0) == true }
            || failure.code == .schemaUnreadable
    }

    private func asking<Result>(_ body: () throws(DatabaseError) -> Result) throws(Failure) -> Result {
        do throws(DatabaseError) { return try body() } catch { throw error.failure }
    }

    private func problems(
        _ tables: [String], _ unreadable: [UnreadableObject], _ connection: Connection, _ notChecked: inout [String], _ job: Job
    ) throws(Failure) -> [Problem] {
        var problems: [Problem] = []
        for (index, table) in tables.enumerated() where problems.count < limit {
            job.report(
                Progress(
                    phase: "Checking the database", subject: table, done: UInt64(index), total: UInt64(tables.count),
                    unit: .records))
            let objects = unreadable.filter { $0.type != "trigger" && $0.table.lowercased() == table.lowercased() }
            notChecked += objects.map {
                "the \($0.type) '\($0.name)' but for its pages: SQLite \(UnreadableObject.sqliteVersion) cannot read it"
            }
            if !objects.isEmpty { problems += try problemsOfPages(table, connection, job) }
            if objects.contains(where: { $0.type == "table" }) { continue }
            do throws(Failure) { problems += try problemsOf(table, connection, job) } catch {
                guard Self.isForeign(error) else { throw error }
                notChecked.append("the table '\(table)' but for its pages: \(error.cause ?? "")")
                problems += try problemsOfPages(table, connection, job)
            }
        }
        return Array(problems.prefix(limit))
    }

    /// Pages of a table and of its indexes that are no pages of a b-tree: `dbstat` walks through them by their roots alone.
    private func problemsOfPages(_ table: String, _ connection: Connection, _ job: Job) throws(Failure) -> [Problem] {
        try connection.stopping(with: job) { () throws(DatabaseError) in
            let names = try connection.prepare(
                "SELECT name FROM main.sqlite_schema WHERE tbl_name=? COLLATE NOCASE AND rootpage>0")
            try names.bind(1, connection.text(table))
            var problems: [Problem] = []
            while try names.step() {
                let pages = try connection.prepare("SELECT pageno FROM dbstat WHERE name=? AND pagetype='corrupted'")
                try pages.bind(1, connection.text(names.string(0)))
                while try pages.step() {
                    problems.append(Problem(table: table, message: "page \(pages.integer(0)) of '\(names.string(0))' is damaged"))
                }
            }
            return problems
        }
    }

    private func problemsOf(_ table: String?, _ connection: Connection, _ job: Job) throws(Failure) -> [Problem] {
        // What cannot be asked because of a function of the application's is found out without reading the database: SQLite
        // refuses the statement when it is compiled.
        var failure: Failure?
        for (pragma, ignoresRules) in depth == .full
            ? [("integrity_check", false), ("integrity_check", true), ("quick_check", true)] : [("quick_check", false), ("quick_check", true)]
        where ignoresRules || !self.ignoresRules {
            do throws(Failure) {
                if ignoresRules { try ignoreRules(connection, true) }
                let found = try problemsOf(table, pragma, connection, job)
                if ignoresRules { try ignoreRules(connection, false) }
                return found
            } catch {
                if ignoresRules { try ignoreRules(connection, false) }
                guard error.cause?.contains("unknown function") == true else { throw error }
                failure = error
            }
        }
        throw failure ?? Failure(.databaseError, "the check could not be made", hint: "Run 'msc verify' again.")
    }

    /// SQLite's words for a value that its column does not allow (`pragma.c`, PRAGMA integrity_check).
    private static func isRule(_ line: Substring) -> Bool {
        ["NULL value in ", "NUMERIC value in ", "TEXT value in ", "non-", "CHECK constraint failed in "].contains { line.hasPrefix($0) }
            && !line.hasPrefix("non-unique")
    }

    private func ignoreRules(_ connection: Connection, _ yes: Bool) throws(Failure) {
        do { try connection.execute("PRAGMA ignore_check_constraints=\(yes ? "ON" : "OFF")") } catch { throw error.failure }
    }

    private func problemsOf(_ table: String?, _ pragma: String, _ connection: Connection, _ job: Job) throws(Failure) -> [Problem] {
        // A number says how many problems, a name which table: never both. What is passed over must not use the number up.
        let argument = table.map(SQLText.quoted) ?? "\(ignoresRules ? Int(Int32.max) : limit)"
        return try connection.stopping(with: job, reportsReads: table == nil) { () throws(DatabaseError) in
            let statement = try connection.prepare("PRAGMA main.\(pragma)(\(argument))")
            var problems: [Problem] = []
            do throws(DatabaseError) {
                while problems.count < limit, try statement.step() {
                    for line in statement.string(0).split(separator: "\n")
                    where line != "ok" && !line.hasPrefix("***") && !(ignoresRules && DatabaseCheck.isRule(line)) {
                        problems.append(Problem(table: table ?? "", message: String(line)))
                    }
                }
            } catch {
                guard error.code & 0xff == SQLITE_CORRUPT else { throw error }
                problems.append(Problem(table: table ?? "", message: error.message))
            }
            return problems
        }
    }
}
