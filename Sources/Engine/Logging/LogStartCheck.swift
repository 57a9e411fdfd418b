// What turning the log on would mean for a database: looked at before, so that nobody is surprised after.

import Database
import FileSystem
public import Vocabulary

/// `msc log start --check`. Reads only; changes nothing in any case.
public struct LogStartCheck: Codable, Sendable, Equatable {
    public var data: String
    /// The SQLite that wrote the file last, and the one that this program runs with.
    @OrNull public var writerVersion: String?
    public var readerVersion: String
    public var journalMode: String
    /// Bytes of the data: the first backup reads them all, and takes at most about as many before compression.
    public var bytes: Int64
    /// A backup comes first: the data are not blank, and no backup seems to hold them as they are.
    public var makesBackup: Bool
    /// The backup that the log begins with at once where it holds exactly these data; nil where it is known not to, and for blank data.
    @OrNull public var base: Int?
    /// The tables that would be journaled, and the rows of each; -1 where they were not counted.
    public var journaled: [String: Int64]
    /// The tables that would not be, with the reason.
    public var notJournaled: [String: String]
    /// Virtual tables, and the module of each.
    public var virtualTables: [String: String]
    /// Triggers of the program that can hide a row from capture, with their tables.
    public var hidingTriggers: [String: String]
    /// What to know before, in sentences; empty when there is nothing.
    public var remarks: [String]

    /// - Parameter counting: counts the rows, which reads each table once.
    /// - Throws: 1513 when the data file is missing, what SQLite refuses, 1406 on Stop.
    public static func of(_ application: Application, _ surroundings: Surroundings, counting: Bool, _ job: Job) throws -> LogStartCheck {
        guard Folder.exists(application.data) else {
            throw Failure(
                .fileNotFound, "the data file '\(application.data)' is missing", hint: "Restore it first with 'msc restore'.")
        }
        return try translatingDatabaseErrors {
            let connection = try Connection(application.data, .read, busyTimeout: 2000, stop: job)
            let base = LogBase.candidate(application, surroundings)?.set.number
            return try connection.transaction("DEFERRED") {
                let isBlank = try Structure.canBeCarried(connection)
                let schema = try Schema.read(connection)
                let facts = try LogReadiness(connection)
                var check = LogStartCheck(
                    data: application.data, writerVersion: facts.writer, readerVersion: facts.reader, journalMode: facts.journalMode,
                    bytes: facts.bytes, makesBackup: !isBlank && base == nil, base: isBlank ? nil : base, journaled: [:], notJournaled: [:],
                    virtualTables: facts.virtualTables, hidingTriggers: facts.hidingTriggers, remarks: [])
                for table in schema.tables {
                    try job.checkStop()
                    job.report(Progress(phase: "Counting records", subject: table.name, unit: .records))
                    check.journaled[table.name] = counting ? try connection.integer("SELECT count(*) FROM main.\(SQLText.quoted(table.name))") ?? 0 : -1
                }
                for exclusion in schema.exclusions { check.notJournaled[exclusion.name] = exclusion.reason }
                check.remarks = try LogStatus.unsupported(schema, CaptureState(connection), in: application.data)
                    .map { $0.prefix(1).uppercased() + $0.dropFirst() + "." }
                check.remark(holdingRows: schema.exclusions.filter(\.holdsRows).map(\.name), try Capture.partlyRemoved(connection))
                return check
            }
        }
    }

    private mutating func remark(holdingRows excluded: [String], _ broken: Failure?) {
        func names(_ list: some Sequence<String>) -> String { list.sorted().map { "'\($0)'" }.joined(separator: ", ") }
        if let broken { remarks.append(broken.description) }
        if journalMode != "wal" {
            remarks.append(
                "The journal mode is \(journalMode): a reader keeps a writer from committing for moments. "
                    + "WAL (PRAGMA journal_mode=WAL) is better for the program and for the log.")
        }
        if !excluded.isEmpty {
            remarks.append("Rows of \(names(excluded)) are not logged: they come back as they are in the last backup.")
        }
        if !virtualTables.isEmpty {
            let list = virtualTables.sorted { $0.key < $1.key }.map { "'\($0.key)' (\($0.value))" }.joined(separator: ", ")
            remarks.append("Virtual tables: \(list). What is logged of them: docs/capture.md.")
        }
        if !hidingTriggers.isEmpty {
            remarks.append(
                "The triggers \(names(hidingTriggers.keys)) can end a statement with FAIL or IGNORE after a row was written: "
                    + "such a row is noticed and logged anew later.")
        }
        if let writer = writerVersion, writer.isNewer(than: readerVersion) {
            remarks.append(
                "The file was last written by SQLite \(writer), this program reads with \(readerVersion): what is new since it cannot read.")
        }
        let large = journaled.filter { $0.value > 1_000_000 }.keys
        if !large.isEmpty {
            remarks.append("\(names(large)) have more than 1,000,000 rows: a change past capture is not noticed there.")
        }
    }
}

extension String {
    /// Whether this version, as in `3.40.1`, is newer than another.
    fileprivate func isNewer(than other: String) -> Bool {
        let parts = [self, other].map { $0.split(separator: ".").map { Int($0) ?? 0 } }
        return parts[1].lexicographicallyPrecedes(parts[0])
    }
}
