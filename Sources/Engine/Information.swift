// What an administrator wants to know at a glance: the data file, its tables, the log, the backups.

import Database
import FileSystem
public import Vocabulary

public struct Information: Codable, Sendable {
    public struct DataFile: Codable, Sendable {
        public var path: String
        public var present: Bool
        public var bytes: UInt64 = 0
        public var pageSize: Int64 = 0
        public var pages: Int64 = 0
        public var freePages: Int64 = 0
        public var journalMode = ""
        public var encoding = ""
    }

    public struct Table: Codable, Sendable {
        public var name: String
        /// -1 when they cannot be counted, or were not.
        public var records: Int64
        public var fields: Int
        public var indexes: Int
        public var journaled: Bool
    }

    public var data: DataFile
    public var log: LogStatus
    public var backups: [BackupSet]
    public var automation: AutomationStatus
    public var tables: [Table]

    /// Reads everything in one snapshot of the data. Counting the records reads each table once: a Stop ends it with 1406.
    /// - Parameter counting: false leaves the records uncounted, which is as fast for a large database as for a small one.
    public static func of(
        _ application: Application, _ surroundings: Surroundings, counting: Bool = true, _ job: Job
    ) throws -> Information {
        let log = try LogStatus.of(application, surroundings, job)
        let backups = Array(try BackupSet.all(of: application, surroundings).reversed())
        let automation = try AutomationStatus.of(application, surroundings)
        var file = DataFile(path: application.data, present: Folder.exists(application.data))
        guard file.present else { return Information(data: file, log: log, backups: backups, automation: automation, tables: []) }
        return try translatingDatabaseErrors {
            let connection = try Connection(application.data, .read, busyTimeout: 2000, stop: job)
            return try connection.transaction("DEFERRED") {
                file.pageSize = try connection.integer("PRAGMA page_size") ?? 0
                file.pages = try connection.integer("PRAGMA page_count") ?? 0
                file.freePages = try connection.integer("PRAGMA freelist_count") ?? 0
                file.journalMode = try connection.string("PRAGMA journal_mode") ?? ""
                file.encoding = try connection.string("PRAGMA encoding") ?? ""
                file.bytes = UInt64(file.pages * file.pageSize)
                return Information(
                    data: file, log: log, backups: backups, automation: automation, tables: try tables(connection, log, counting, job))
            }
        }
    }

    /// Counts the records of one table; a Stop ends it at once with 1406.
    public static func records(of table: String, in application: Application, _ job: Job) throws -> Int64 {
        try translatingDatabaseErrors {
            // SQLite asks only now and then: a small table would be counted all the same.
            try job.checkStop()
            let connection = try Connection(application.data, .read, busyTimeout: 2000, stop: job)
            return try connection.integer("SELECT count(*) FROM \(SQLText.quoted(table))") ?? 0
        }
    }

    private static func tables(_ connection: Connection, _ log: LogStatus, _ counting: Bool, _ job: Job) throws -> [Table] {
        var names: [String] = []
        let list = try connection.prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
                + "AND name NOT LIKE '\\_msc\\_%' ESCAPE '\\' ORDER BY name")
        while try list.step() { names.append(list.string(0)) }
        return try names.map { name in
            try job.checkStop()
            job.report(Progress(phase: "Counting records", subject: name, unit: .records))
            let records = counting ? (try? connection.integer("SELECT count(*) FROM \(SQLText.quoted(name))")) ?? -1 : -1
            try job.checkStop()
            return Table(
                name: name, records: records,
                fields: Int(try connection.integer("SELECT count(*) FROM pragma_table_xinfo(?)", connection.text(name)) ?? 0),
                indexes: Int(try connection.integer("SELECT count(*) FROM pragma_index_list(?)", connection.text(name)) ?? 0),
                journaled: log.enabled && log.notJournaled[name] == nil)
        }
    }
}

/// Runs `body`; what SQLite refuses becomes a failure that people can read.
func translatingDatabaseErrors<Result>(_ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error as DatabaseError { throw error.judged.failure }
}
