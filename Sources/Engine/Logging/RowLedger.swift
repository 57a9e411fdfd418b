// What the log says that the tables add up to, kept between drains: in memory, and in `NAME.msc/comparison.json` for the next process.
// Losing the file loses nothing but the comparison: what the tables add up to is then read from the rows once more.

import Database
import FileSystem
import Glibc
import LogFile
import Vocabulary

/// The sums of the tables at one operation of a log, and what was found when the rows were held against them. One thread uses it.
final class RowLedger {
    /// Who asks for a comparison: it is wanted more or less urgently, and may take more or less time.
    enum Occasion {
        /// A person or a script drains, once.
        case command
        /// The service drains, all day.
        case service
        /// A backup reads everything anyway.
        case backup
    }

    /// A table whose rows had changed past capture.
    struct Finding: Codable, Sendable, Equatable {
        var table: String
        /// Milliseconds since 1970 UTC.
        var found: Int64
        /// How often since the last backup.
        var times: Int
        /// It was not logged anew: the log has a gap.
        var isGap: Bool
        /// The number of the backup that the log followed.
        var backup: UInt32
    }

    /// What the file holds beside the sums.
    struct Facts: Codable, Sendable, Equatable {
        var formatVersion = 1
        var chain = ""
        /// The last operation that the sums hold.
        var operation: UInt64 = 0
        /// Sum and number of rows by the identifier of the table's definition. Hexadecimal: JSON's numbers are not that wide everywhere.
        var sums: [String: [String]] = [:]
        /// Milliseconds since 1970 UTC; 0 when the rows were never held against the log.
        var compared: Int64 = 0
        /// Milliseconds that it took.
        var cost: Int64 = 0
        /// The position, and the status of the data's files, at that time.
        var position: Int64 = 0
        var files: [Int64] = []
        /// Tables that are too large, or cannot be read.
        var notCompared: [String] = []
        var findings: [Finding] = []
    }

    private let application: Application
    private(set) var facts: Facts
    private var sums: RowSums
    /// What the rows of the tables that differ add up to.
    private var found = RowSums()
    /// The operation up to which the file holds it.
    private var saved: UInt64 = 0

    init(_ application: Application) {
        self.application = application
        facts = RowLedger.facts(of: application) ?? Facts()
        sums = RowSums()
        saved = facts.operation
        for (id, sum) in facts.sums {
            guard let id = UInt32(id), sum.count == 2, let value = UInt64(sum[0], radix: 16), let rows = Int64(sum[1]) else { continue }
            sums[id] = RowSum(value: value, rows: rows)
        }
    }

    private static func path(_ application: Application) -> String { application.companion + "/comparison.json" }

    /// What the file holds; nil without one. One that cannot be read is as good as none: the rows are read anew.
    static func facts(of application: Application) -> Facts? {
        guard let found: Facts? = try? JSONFile.read(path(application)), let facts = found, facts.formatVersion == 1 else { return nil }
        return facts
    }

    /// Operations that may be missing in the file: the next process takes them from the log.
    private static let behind: UInt64 = 100_000

    /// Writes the file. Without it the next process reads the rows anew, and does not know what was found: so it is tried, and told.
    func save() throws(Failure) {
        var facts = facts
        facts.sums = Dictionary(
            uniqueKeysWithValues: sums.tables.map { (String($0.key), [String($0.value.value, radix: 16), String($0.value.rows)]) })
        try JSONFile.write(facts, RowLedger.path(application))
        saved = facts.operation
    }

    // MARK: Following the log

    /// What the tables add up to at the end of the log. What others wrote to it since the last time is taken from the log.
    func sums(upTo writer: LogWriter, _ job: Job) throws -> RowSums {
        let chain = writer.header.chain.description
        if facts.chain != chain || facts.operation > writer.lastOperation || facts.operation + 1 < writer.header.firstOperation {
            sums = RowSums()
            facts = Facts(chain: chain, operation: writer.lastOperation)
            return sums
        }
        if facts.operation < writer.lastOperation {
            var caught = sums
            if !caught.tables.isEmpty {
                try LogReader(writer.path).forEach(
                    from: facts.operation + 1, to: writer.lastOperation, job: job, damage: { _ in caught = RowSums() }
                ) { operation in
                    caught.take(operation)
                    return .next
                }
            }
            sums = caught
            facts.operation = writer.lastOperation
        }
        return sums
    }

    /// The operations that the sums hold are durable in the log.
    func advance(_ sums: RowSums, _ writer: LogWriter) {
        self.sums = sums
        facts.operation = writer.lastOperation
        // A file that cannot be written now is behind the log, which is what is read instead.
        if facts.operation > saved + RowLedger.behind { try? save() }
    }

    // MARK: When

    /// The status of the files in which rows change.
    private var files: [Int64] {
        ["", "-wal"].flatMap { suffix -> [Int64] in
            guard let status = Folder.status(of: application.data + suffix) else { return [-1] }
            return [Int64(status.st_ino), Int64(status.st_size), Int64(status.st_mtim.tv_sec), Int64(status.st_mtim.tv_nsec)]
        }
    }

    /// Whether the rows are to be held against the log now.
    ///
    /// The files' status tells whether anything was written since the last time. When no change was captured meanwhile, something was
    /// written that capture did not see, or that does not concern it: that is looked into soon. A comparison that takes long is made
    /// seldom: at most a fiftieth of the time goes into it.
    /// - Parameter position: where the data stand now.
    func isDue(_ occasion: Occasion, at position: Int64, _ now: Int64) -> Bool {
        if facts.compared == 0 { return true }
        if facts.files == files { return false }
        let isSuspicious = position == facts.position
        let pause: Int64 =
            switch occasion {
            case .command: facts.cost <= 100 ? 0 : facts.cost * 50
            case .service: max(isSuspicious ? 5000 : 60_000, facts.cost * (isSuspicious ? 50 : 200))
            case .backup: 0
            }
        // A clock that was set back does not put it off.
        return now < facts.compared || now - facts.compared >= pause
    }

    // MARK: Comparing

    /// Holds the rows against the sums, in the transaction up to whose snapshot the log was written. A table of which no sum is known gets
    /// one.
    /// - Parameter limit: the most rows of a table that are read.
    /// - Returns: the definitions of the tables that differ.
    func compare(_ connection: Connection, limit: Int64, _ job: Job) throws -> [TableDefinition] {
        let files = files
        var differing: [TableDefinition] = []
        var known = RowSums()
        facts.notCompared = []
        found = RowSums()
        let current = try Capture.definitions(connection).filter(\.isCurrent).map(\.definition)
        // No trigger stands on the tables of virtual tables: their content is compared with the log as a whole, see `VirtualContent`.
        let watched = try Capture.watched(connection, current)
        for definition in current where watched.contains(definition.id) {
            let expected = sums[definition.id]
            if let expected, expected.rows > limit {
                facts.notCompared.append(definition.name)
                known[definition.id] = expected
                continue
            }
            do {
                guard let present = try RowSum.of(definition, connection, limit: limit, job) else {
                    facts.notCompared.append(definition.name)
                    continue
                }
                if let expected, expected != present {
                    differing.append(definition)
                    found[definition.id] = present
                }
                known[definition.id] = expected ?? present
            } catch {
                let failure = (error as? DatabaseError)?.failure ?? error as? Failure
                guard let failure, ![.databaseLocked, .stopped].contains(failure.code) else { throw error }
                // A table that cannot be read is told where it matters: by backups, verification and health.
                facts.notCompared.append(definition.name)
                known[definition.id] = expected
            }
        }
        sums = known
        facts.files = files
        facts.position = try Capture.position(connection)
        return differing
    }

    /// The log has a gap for this table already: what it is now counts from here on.
    func accept(_ table: UInt32) { sums[table] = found[table] }

    func wrote(upTo position: Int64) { facts.position = position }

    func compared(at now: Int64, cost: Int64) {
        facts.compared = now
        facts.cost = max(0, cost)
    }

    // MARK: Findings

    /// How often a table is logged anew until the next backup: a program that always goes past capture would have it logged without end.
    static let mostReloads = 3

    /// Those that no backup has followed yet.
    func standing(_ backup: UInt32) -> [Finding] { facts.findings.filter { $0.backup == backup } }

    func add(_ tables: [String], isGap: Bool, at now: Int64, after backup: UInt32) {
        var standing = standing(backup)
        for table in tables {
            var finding = standing.first { $0.table == table } ?? Finding(table: table, found: now, times: 0, isGap: false, backup: backup)
            finding.times += 1
            finding.found = now
            finding.isGap = finding.isGap || isGap
            standing.removeAll { $0.table == table }
            standing.append(finding)
        }
        facts.findings = standing
    }

    /// What is said of tables that were changed past capture.
    static func unseen(_ tables: [String], isRepeated: Bool = false) -> Failure {
        let names = tables.map { "'\($0)'" }.joined(separator: ", ")
        return Failure(
            .changesUnseen, "rows of \(names) were changed past capture: the log does not hold what happened to them, only what they are since",
            hint: isRepeated
                ? "A program that writes with triggers off, or into the file itself, cannot be logged by triggers: make a backup after it has run."
                : "Make a backup, and find the program that writes with triggers off (docs/capture.md).")
    }
}

extension LogSession {
    /// Holds the rows against the log when it is time for that, and has the tables that differ logged anew; a drain must follow.
    /// - Returns: the names of those tables.
    func compare(_ ledger: RowLedger, _ occasion: RowLedger.Occasion, _ job: Job) throws -> [String] {
        let began = surroundings.now()
        guard newChain == nil, ledger.isDue(occasion, at: try Capture.position(connection), began) else { return [] }
        let reloadLimit = BackupSettings.reloadLimit(of: application)
        // Outside of WAL mode nobody can commit while the rows are read.
        let isWriteAheadLog = try connection.string("PRAGMA main.journal_mode") == "wal"
        let limit = isWriteAheadLog ? max(reloadLimit, 1_000_000) : 100_000
        let differing: [TableDefinition]?
        do {
            differing = try connection.transaction("DEFERRED") {
                try drainOnce(job) == nil ? nil : try connection.withStop(of: job) { try ledger.compare(connection, limit: limit, job) }
            }
        } catch let error as DatabaseError {
            // Somebody else has the database: it is not urgent. SQLite ends no transaction in order that met damaged pages: backups,
            // verification and health tell of them.
            guard error.isBusy || error.failure.code == .databaseDamaged else { throw error }
            return []
        }
        // The structure changed just now: the next drain compares.
        guard let differing else { return [] }
        ledger.compared(at: surroundings.now(), cost: surroundings.now() - began)
        if !differing.isEmpty {
            try logAnew(differing, ledger, reloadLimit, job)
            // What we wrote ourselves is no sign that the program's changes are captured.
            ledger.wrote(upTo: try Capture.position(connection))
        }
        try ledger.save()
        return differing.map(\.name)
    }

    /// The same as part of a backup: what the log does not hold up to here, its archive does.
    func compareBeforeBackup(_ job: Job) throws -> [String] {
        if newChain != nil { return [] }
        let ledger = RowLedger(application)
        self.ledger = ledger
        return try compare(ledger, .backup, job)
    }

    private func logAnew(_ tables: [TableDefinition], _ ledger: RowLedger, _ reloadLimit: Int64, _ job: Job) throws {
        let number = try open().header.number
        let standing = ledger.standing(number)
        func write(_ tables: [TableDefinition], _ limit: Int64) throws {
            if tables.isEmpty { return }
            let written: Capture.Resynchronisation?
            do {
                written = try Patience.retry(seconds: 10, job) {
                    try Capture.logAnew(connection, Set(tables.map(\.id)), reloadLimit: limit, context: surroundings.context)
                }
            } catch let error as DatabaseError {
                // Somebody else keeps writing. What differs still differs at the next comparison.
                guard error.isBusy else { throw error }
                return
            }
            guard let written else { return }
            ledger.add(written.reloaded, isGap: false, at: surroundings.now(), after: number)
            gaps += written.gaps
            ledger.add(written.gaps, isGap: true, at: surroundings.now(), after: number)
        }
        let worn = tables.filter { table in
            standing.contains { $0.table == table.name && ($0.isGap || $0.times >= RowLedger.mostReloads) }
        }
        try write(tables.filter { table in !worn.contains { $0.id == table.id } }, reloadLimit)
        // One gap is as good as many.
        try write(worn.filter { table in !standing.contains { $0.table == table.name && $0.isGap } }, -1)
        let known = worn.filter { table in standing.contains { $0.table == table.name && $0.isGap } }
        for table in known { ledger.accept(table.id) }
        ledger.add(known.map(\.name), isGap: true, at: surroundings.now(), after: number)
    }
}

extension LogStatus {
    /// What is said of tables that were found changed past capture.
    public static func unseenWords(_ tables: [String]) -> String { RowLedger.unseen(tables).description }

    /// Takes in what was found when the rows were held against the log.
    mutating func take(_ facts: RowLedger.Facts?, chain: String?, backup: UInt32?) {
        guard let facts, facts.chain == chain else { return }
        compared = facts.compared == 0 ? nil : Timestamp.utc(facts.compared)
        notCompared = facts.notCompared.sorted()
        let standing = facts.findings.filter { $0.backup == backup }
        unseen = standing.map(\.table).sorted()
        guard !standing.isEmpty, state == .ok || state == .gap else { return }
        if state == .ok { state = .unseen }
        let isRepeated = standing.contains { $0.isGap || $0.times > 1 }
        reason = [RowLedger.unseen(unseen, isRepeated: isRepeated).description, state == .gap ? reason : nil].compactMap { $0 }.joined(separator: " ")
    }
}
