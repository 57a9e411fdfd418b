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
        guard let tables else {
            // Bytes read, without a total: what a check reads twice depends on the cache.
            job.report(Progress(phase: "Checking the database"))
            return try problemsOf(nil, connection, job)
        }
        var problems: [Problem] = []
        for (index, table) in tables.enumerated() where problems.count < limit {
            job.report(
                Progress(
                    phase: "Checking the database", subject: table, done: UInt64(index), total: UInt64(tables.count),
                    unit: .records))
            problems += try problemsOf(table, connection, job)
        }
        return Array(problems.prefix(limit))
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
