// What a live database holds at one operation, while programs go on changing it.

import Database
import FileSystem
import Vocabulary

/// The content of a database as digests, table by table.
struct LiveContent: Equatable {
    /// The last operation that it holds; nil when there is no log to tell.
    var operation: UInt64?
    /// The chain of the log; nil without one.
    var chain: String?
    /// By name; `sqlite_sequence` among them.
    var tables: [String: String]
    /// Structure by kind and name.
    var structure: [String: String]

    /// Reads one snapshot. In WAL mode nobody waits; in the other journal modes writers wait meanwhile.
    ///
    /// Writes to the log what was captured until then, nothing else. Throws 1406 on Stop, 1415 when another process keeps the log for half
    /// a minute.
    static func read(_ application: Application, _ surroundings: Surroundings, _ job: Job) throws -> LiveContent {
        let marked: (pages: PageReader, mark: LogMark?, connection: Connection) = try {
            // The log is free again when this block ends: only the snapshot is held while everything is read.
            let found = try Patience.retryForLog(seconds: 30, job) {
                try LogSession.open(application, surroundings, for: "verification", job)
            }
            guard let session = found else {
                let connection = try Connection(application.data, .read, busyTimeout: 10_000, stop: job)
                return (try PageReader(connection), nil, connection)
            }
            let connection = session.connection
            let (pages, mark) = try session.snapshot(job) { try Patience.retry(seconds: 10, job) { try connection.withStop(of: job) { try PageReader(connection) } } }
            return (pages, mark, connection)
        }()
        defer { marked.pages.finish() }
        return LiveContent(
            operation: marked.mark?.lastOperation, chain: marked.mark?.chain,
            tables: try tables(marked.connection, job),
            structure: try marked.connection.withStop(of: job) { try structure(marked.connection) })
    }

    /// The content of a file of ours that nobody else has open.
    static func read(copy path: String, _ job: Job) throws -> LiveContent {
        let connection = try Connection(path, .read, busyTimeout: 1000, stop: job)
        return LiveContent(
            operation: nil, chain: nil, tables: try tables(connection, job),
            structure: try structure(connection))
    }

    /// An index that is built anew holds the same as the one that grew, in other rows.
    private static func tables(_ connection: Connection, _ job: Job) throws -> [String: String] {
        let derived = Set(try connection.withStop(of: job) { try VirtualTable.all(connection) }.filter { $0.keeping == .derived }.flatMap(\.shadows))
        return try ContentDigest(includesSequences: true).tables(connection, job).filter { !derived.contains($0.key) }
    }

    private static func structure(_ connection: Connection) throws -> [String: String] {
        let select = try connection.prepare(
            """
            SELECT type || ' ' || name, coalesce(sql, '') FROM sqlite_schema
            WHERE name NOT LIKE '\\_msc\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
            """)
        var result: [String: String] = [:]
        while try select.step() { result[select.string(0)] = select.string(1) }
        return result
    }

    /// What differs in another content: names of structure, or of tables.
    static func differences(_ one: [String: String], _ other: [String: String]) -> [String] {
        Set(one.keys).union(other.keys).filter { one[$0] != other[$0] }.sorted()
    }
}
