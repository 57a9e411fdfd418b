// The content of virtual tables in the log. No trigger may stand on the tables in which they keep it, so what is in the log is compared
// with what is there, by digests, and logged anew as a whole when it is another.

public import Vocabulary

/// What capture remembers of each virtual table, in `_msc_state` under `content` and its name:
/// - a digest (text): that of its content as the log has it;
/// - a reason (blob): its content is not logged, and why;
/// - nothing: it is not known what the log has.
enum VirtualContent {
    static func key(_ table: String) -> String { "content \(table.lowercased())" }

    /// Those whose content is followed.
    static func tables(_ connection: Connection, _ state: CaptureState) throws(DatabaseError) -> [VirtualTable] {
        let excluded = Set(state.exclusions.map { $0.lowercased() })
        return try VirtualTable.all(connection).filter { !$0.logged.isEmpty && !excluded.contains($0.name.lowercased()) }
    }

    /// Within the caller's read transaction.
    static func digest(_ table: VirtualTable, _ connection: Connection) throws(DatabaseError) -> String {
        try ContentDigest(rowids: .all).compute(connection, of: table.logged)
    }

    /// Whether all its tables together have at most so many rows.
    static func fits(_ table: VirtualTable, _ limit: Int64, _ connection: Connection) throws(DatabaseError) -> Bool {
        var left = limit
        for name in table.logged {
            left -= try connection.integer("SELECT count(*) FROM (SELECT 1 FROM main.\(SQLText.quoted(name)) LIMIT \(left + 1))") ?? 0
            if left < 0 { return false }
        }
        return true
    }

    static func forget(_ connection: Connection) throws(DatabaseError) {
        try connection.run("DELETE FROM main.\(Outbox.state) WHERE name LIKE 'content %'")
    }
}

extension Capture {
    /// What a look at the virtual tables found.
    public struct ContentLook: Sendable {
        /// Their content is another one than the log has, or nobody knows.
        public var changed: [String] = []
        /// Their content cannot be logged, with the reasons; told for the first time.
        public var lost: [String: String] = [:]
        /// The data's clock at that moment.
        public var position: Int64 = 0
        /// How many virtual tables are followed.
        public var count = 0

        public var isEmpty: Bool { changed.isEmpty && lost.isEmpty }
    }

    /// Whether the structure moved since it was last examined, so that a resynchronisation has to come before a drain.
    public static func hasMoved(_ connection: Connection) throws -> Bool {
        guard let state = try CaptureState(connection) else { return false }
        return try !state.isCurrent(connection)
    }

    /// Compares the content of the virtual tables with what the log has. Reads all of them, up to `limit` rows each; writes nothing.
    /// - Parameter limit: the most rows that are logged anew for one virtual table.
    public static func look(_ connection: Connection, limit: Int64) throws -> ContentLook {
        try connection.transaction("DEFERRED") {
            var found = ContentLook()
            guard let state = try CaptureState(connection) else { return found }
            found.position = try position(connection)
            for table in try VirtualContent.tables(connection, state) {
                found.count += 1
                let known = try CaptureState.value(connection, VirtualContent.key(table.name))
                do throws(DatabaseError) {
                    if try !VirtualContent.fits(table, limit, connection) {
                        if case .blob = known { continue }
                        found.lost[table.name] = "its content is not logged: it has more than \(limit) rows (Advanced/ReloadLimit)"
                    } else if known != connection.text(try VirtualContent.digest(table, connection)) {
                        found.changed.append(table.name)
                    }
                } catch {
                    if error.endsAll { throw error }
                    if case .blob = known { continue }
                    found.lost[table.name] = "its content is not logged: it cannot be read (\(error.message))"
                }
            }
            return found
        }
    }

    /// Lets the next drain log what a look found, all tables of one virtual table at one moment. One short write transaction.
    /// - Parameter known: the position up to which the content was certainly what the log had; 0 when nobody knows.
    /// - Returns: the position up to which the log will have what was there.
    /// - Throws: `DatabaseError.isBusy` when a writer holds the database.
    @discardableResult
    public static func mark(_ connection: Connection, _ look: ContentLook, known: Int64, context: Context? = nil) throws -> Int64 {
        try connection.transaction("IMMEDIATE") {
            guard var state = try CaptureState(connection), try state.isCurrent(connection) else { return look.position }
            let isAlone = try position(connection) == look.position
            let ids = Dictionary(
                try DefinitionStore.all(connection).filter(\.isCurrent).map { ($0.definition.name.lowercased(), $0.definition.id) },
                uniquingKeysWith: { first, _ in first })
            for table in try VirtualContent.tables(connection, state) {
                let reason = look.lost[table.name]
                guard reason != nil || look.changed.contains(table.name) else { continue }
                for name in table.logged {
                    guard let id = ids[name.lowercased()] else { continue }
                    try writeMarker(
                        connection, action: reason == nil ? .reload : .gap, payload: [.integer(known)], context: context, table: id)
                }
                let value = reason.map { Value.blob(Array($0.utf8)) } ?? .null
                try CaptureState.set(connection, VirtualContent.key(table.name), value)
            }
            state.resynchronisedAt = try position(connection)
            try state.write(connection)
            return isAlone ? state.resynchronisedAt : look.position
        }
    }

    /// Digests of the content of virtual tables with at most `limit` rows, within the caller's read transaction.
    /// - Parameter state: that with which capture is going to be installed; nil where it is.
    public static func contents(_ connection: Connection, limit: Int64, as state: CaptureState? = nil) throws -> [String: String] {
        guard let state = try state ?? CaptureState(connection) else { return [:] }
        var found: [String: String] = [:]
        for table in try VirtualContent.tables(connection, state) where try VirtualContent.fits(table, limit, connection) {
            found[table.name] = try VirtualContent.digest(table, connection)
        }
        return found
    }

    /// Remembers what the log has of virtual tables. What is not noted is logged once more.
    /// - Parameter isAll: nothing is known of the others.
    public static func note(_ connection: Connection, _ contents: [String: String], isAll: Bool = false) throws {
        try connection.transaction("IMMEDIATE") {
            guard try isInstalled(connection) else { return }
            if isAll { try VirtualContent.forget(connection) }
            for (table, digest) in contents { try CaptureState.set(connection, VirtualContent.key(table), connection.text(digest)) }
        }
    }

    /// Notes in a copy which virtual tables the log did not bring to the point where the copy is; no others are then.
    public static func setOutdated(_ connection: Connection, _ tables: some Sequence<String>) throws { try set("outdated", tables, connection) }

    /// What `setOutdated` noted, in lower case.
    public static func outdated(_ connection: Connection) throws(DatabaseError) -> Set<String> { try names("outdated", connection) }

    /// Notes in a copy whose rows were changed by logs, while indexes over them are not built anew yet.
    public static func setUnindexed(_ connection: Connection, _ tables: some Sequence<String>) throws { try set("unindexed", tables, connection) }

    /// What `setUnindexed` noted, in lower case.
    public static func unindexed(_ connection: Connection) throws(DatabaseError) -> Set<String> { try names("unindexed", connection) }

    private static func set(_ note: String, _ tables: some Sequence<String>, _ connection: Connection) throws {
        guard try isInstalled(connection) else { return }
        try connection.transaction("IMMEDIATE") {
            try connection.run("DELETE FROM main.\(Outbox.state) WHERE name LIKE '\(note) %'")
            for table in tables { try CaptureState.set(connection, "\(note) \(table.lowercased())", .integer(1)) }
        }
    }

    private static func names(_ note: String, _ connection: Connection) throws(DatabaseError) -> Set<String> {
        guard try isInstalled(connection) else { return [] }
        let select = try connection.prepare("SELECT substr(name,\(note.utf8.count + 2)) FROM main.\(Outbox.state) WHERE name LIKE '\(note) %'")
        var found: Set<String> = []
        while try select.step() { found.insert(select.string(0)) }
        return found
    }

    /// Virtual tables whose content is not in the log, with the reasons.
    public static func unloggedContents(_ connection: Connection) throws -> [String: String] {
        guard let state = try CaptureState(connection) else { return [:] }
        var found: [String: String] = [:]
        for table in try VirtualContent.tables(connection, state) {
            if case .blob(let bytes) = try CaptureState.value(connection, VirtualContent.key(table.name)) {
                found[table.name] = String(decoding: bytes, as: UTF8.self)
            }
        }
        return found
    }

    /// Virtual tables of at most `limit` rows whose content is another one than the log has.
    public static func waitingContents(_ connection: Connection, limit: Int64) throws -> [String] {
        guard let state = try CaptureState(connection) else { return [] }
        var found: [String] = []
        for table in try VirtualContent.tables(connection, state) where try VirtualContent.fits(table, limit, connection) {
            let known = try CaptureState.value(connection, VirtualContent.key(table.name))
            if case .blob = known { continue }
            if try known != connection.text(VirtualContent.digest(table, connection)) { found.append(table.name) }
        }
        return found
    }
}

extension VirtualTable {
    /// Builds what is derived anew, where rows of the table that it indexes were touched.
    ///
    /// Within the caller's write transaction, or each in one of its own.
    /// - Parameter touched: tables in lower case; nil when any may be.
    /// - Returns: the tables with which it could not be done, each with a warning that names the statement that does it.
    public static func rebuild(_ connection: Connection, touched: Set<String>?) throws(DatabaseError) -> [(table: String, warning: String)] {
        var failed: [(table: String, warning: String)] = []
        for table in try all(connection) {
            guard table.keeping == .derived, let source = table.source?.lowercased() else { continue }
            let isTable = try connection.integer("SELECT 1 FROM sqlite_schema WHERE type='table' AND lower(name)=?", connection.text(source)) != nil
            if isTable, let touched, !touched.contains(source), touched.isDisjoint(with: table.shadows.map { $0.lowercased() }) { continue }
            do throws(DatabaseError) { try connection.execute(table.rebuilding) } catch {
                if error.endsAll { throw error }
                failed.append((
                    table.name,
                    "the index '\(table.name)' could not be built anew (\(error.message)): let the program that it belongs to run \(table.rebuilding)"))
            }
        }
        return failed
    }
}
