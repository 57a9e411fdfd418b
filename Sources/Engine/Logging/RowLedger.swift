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

    private let application: Application
    private(set) var facts: Facts
    private var sums: RowSums
    /// What the log said of the tables that differ.
    private var former: [UInt32: TableSum] = [:]
    /// The operation up to which the file holds it, and the file itself: another process may write it.
    private var saved: UInt64 = 0
    private var file: FileMark?
    /// So many rows of a table are read in one comparison, and where nobody can commit meanwhile.
    private let most: Int64
    private let mostHeld: Int64

    /// - Parameters:
    ///   - most: a table with more rows is compared part by part. In WAL mode, in which reading hinders nobody.
    ///   - mostHeld: the same in other journal modes.
    ///   - portion: of rows in a part.
    init(_ application: Application, most: Int64 = 1_000_000, mostHeld: Int64 = 100_000, portion: Int64 = TableSum.portion) {
        self.application = application
        self.most = most
        self.mostHeld = mostHeld
        facts = Facts()
        sums = RowSums()
        sums.portion = portion
        load()
    }

    static func path(_ application: Application) -> String { application.companion + "/comparison.json" }

    /// Takes what the file holds; nothing when there is none.
    private func load() {
        file = FileMark(RowLedger.path(application))
        guard let found = RowLedger.facts(of: application) else { return }
        facts = found
        saved = facts.operation
        sums = facts.rowSums(portion: sums.portion)
    }

    /// Operations that may be missing in the file: the next process takes them from the log.
    private static let behind: UInt64 = 100_000

    /// Writes the file. Without it the next process reads the rows anew, and does not know what was found: so it is tried, and told.
    func save() throws(Failure) {
        facts.take(sums)
        try JSONFile.write(facts, RowLedger.path(application))
        file = FileMark(RowLedger.path(application))
        saved = facts.operation
    }

    /// The log before the cut is not the one that the next process follows. Without the file that reads the rows anew.
    func saveAfterCut() { try? save() }

    // MARK: Following the log

    /// What the tables add up to at the end of the log. What others wrote to it since the last time is taken from the log.
    func sums(upTo writer: LogWriter, _ job: Job) throws -> RowSums {
        // Another process had the log: a backup, which compared and cut it.
        if let now = FileMark(RowLedger.path(application)), now != file { load() }
        let chain = writer.header.chain.description
        if facts.chain != chain || facts.operation > writer.lastOperation || facts.operation + 1 < writer.header.firstOperation {
            forget()
            facts = Facts(chain: chain, operation: writer.lastOperation)
            return sums
        }
        if facts.operation < writer.lastOperation {
            var caught = sums
            if !caught.tables.isEmpty {
                try LogReader(writer.path).forEach(
                    from: facts.operation + 1, to: writer.lastOperation, job: job, damage: { _ in forget(&caught) }
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

    private func forget() { forget(&sums) }

    private func forget(_ sums: inout RowSums) {
        let portion = sums.portion
        sums = RowSums()
        sums.portion = portion
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
        let isWritten = facts.files != files
        // A large table is read part by part.
        if !isWritten, !sums.tables.values.contains(where: { $0.waiting > 0 }) { return false }
        let isSuspicious = isWritten && position == facts.position
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
    /// one. From then on the sums are those of the rows: `takeBack` undoes that for a table that is not logged anew.
    /// - Parameters:
    ///   - isWriteAheadLog: others can commit while rows are read.
    ///   - reloadLimit: a table of no more rows is read as a whole.
    /// - Returns: the definitions of the tables that differ.
    func compare(_ connection: Connection, isWriteAheadLog: Bool, reloadLimit: Int64, _ job: Job) throws -> [TableDefinition] {
        let files = files
        let isWritten = files != facts.files
        let limit = isWriteAheadLog ? max(reloadLimit, most) : mostHeld
        var differing: [TableDefinition] = []
        var known = sums
        facts.notCompared = []
        former = [:]
        let current = try Capture.definitions(connection).filter(\.isCurrent).map(\.definition)
        // No trigger stands on the tables of virtual tables: their content is compared with the log as a whole, see `VirtualContent`.
        let captured = try Capture.watched(connection, current)
        let watched = current.filter { captured.contains($0.id) }
        for table in known.tables.keys where !captured.contains(table) { known[parts: table] = nil }
        let large = watched.count { sums[parts: $0.id]?.isLarge(limit) ?? false }
        for definition in watched {
            var table = sums[parts: definition.id] ?? TableSum()
            if isWritten { table.restart() }
            do {
                let comparison = try table.compare(
                    definition, connection, limit: limit, share: max(sums.portion, limit / Int64(max(1, large))), portion: sums.portion, job)
                known[parts: definition.id] = table
                if case .differs = comparison {
                    differing.append(definition)
                    former[definition.id] = sums[parts: definition.id]
                }
                if case .tooLarge = comparison { facts.notCompared.append(definition.name) } else if !table.isKnown {
                    facts.notCompared.append(definition.name)
                }
            } catch {
                let failure = (error as? DatabaseError)?.failure ?? error as? Failure
                guard let failure, ![.databaseLocked, .stopped].contains(failure.code) else { throw error }
                // A table that cannot be read is told where it matters: by backups, verification and health.
                facts.notCompared.append(definition.name)
            }
        }
        sums = known
        facts.files = files
        facts.position = try Capture.position(connection)
        return differing
    }

    /// These tables are not logged anew: they still differ at the next comparison.
    func takeBack(_ tables: [TableDefinition]) {
        for table in tables { sums[parts: table.id] = former[table.id] }
    }

    /// The log gets a gap for this table: what was just read counts from here on.
    func keepInGap(_ table: UInt32) { sums.keptInGap.insert(table) }

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
            finding.times = max(0, finding.times).adding(1)
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
                : "Make a backup, and find the program that writes with triggers off, or who put an old copy of the data back (docs/capture.md).")
    }
}

extension LogSession {
    /// Holds the rows against the log when it is time for that, and has the tables that differ logged anew; a drain must follow.
    /// - Returns: the names of those tables.
    func compare(_ ledger: RowLedger, _ occasion: RowLedger.Occasion, _ job: Job) throws -> [String] {
        let began = surroundings.now()
        guard newChain == nil, ledger.isDue(occasion, at: try Capture.position(connection), began) else { return [] }
        // Outside of WAL mode nobody can commit while the rows are read.
        let isWriteAheadLog = try connection.string("PRAGMA main.journal_mode") == "wal"
        let differing: [TableDefinition]?
        do {
            differing = try connection.transaction("DEFERRED") {
                try drainOnce(job) == nil ? nil
                    : try connection.withStop(of: job) {
                        try ledger.compare(connection, isWriteAheadLog: isWriteAheadLog, reloadLimit: Int64(settings.reloadLimit), job)
                    }
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
            try logAnew(differing, ledger, job)
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

    private func logAnew(_ tables: [TableDefinition], _ ledger: RowLedger, _ job: Job) throws {
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
                ledger.takeBack(tables)
                guard error.isBusy else { throw error }
                return
            }
            guard let written else { return ledger.takeBack(tables) }
            for table in tables where written.gaps.contains(table.name) { ledger.keepInGap(table.id) }
            ledger.add(written.reloaded, isGap: false, at: surroundings.now(), after: number)
            gaps += written.gaps
            ledger.add(written.gaps, isGap: true, at: surroundings.now(), after: number)
        }
        let worn = tables.filter { table in
            standing.contains { $0.table == table.name && ($0.isGap || $0.times >= RowLedger.mostReloads) }
        }
        try write(tables.filter { table in !worn.contains { $0.id == table.id } }, Int64(settings.reloadLimit))
        // One gap is as good as many.
        try write(worn.filter { table in !standing.contains { $0.table == table.name && $0.isGap } }, -1)
        let known = worn.filter { table in standing.contains { $0.table == table.name && $0.isGap } }
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
