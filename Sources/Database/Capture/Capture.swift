// Turning capture on and off in a database: our tables and triggers, and nothing else of the schema.

public import Vocabulary

/// Capture of the changes that any program makes to a database. docs/capture.md explains the method.
public enum Capture {
    /// Whether capture is installed in the database. What another program may have left of it: `partlyRemoved`.
    public static func isInstalled(_ connection: Connection) throws(DatabaseError) -> Bool {
        try connection.integer("SELECT count(*) FROM main.sqlite_schema WHERE name IN ('\(Outbox.state)','\(Outbox.log)') AND type='table'") == 2
    }

    /// Installs capture: tables and triggers of ours, in one write transaction. From its commit on every change is captured.
    ///
    /// On failure or a crash the database is as it was. The state's schema version is filled in.
    /// - Returns: the definitions of the journaled tables.
    /// - Throws: `Failure` 1518 when it is installed already; `DatabaseError.isBusy` when a writer holds the database.
    @discardableResult
    public static func install(_ connection: Connection, _ state: CaptureState) throws -> [TableDefinition] {
        try connection.transaction("IMMEDIATE") {
            if try isInstalled(connection) {
                throw Failure(
                    .logAlreadyOn, "capture is already installed in '\(connection.path)'",
                    hint: "Use 'msc log status' to see where its log is.")
            }
            let tables = try journaledTables(connection, state.exclusions)
            let width = Outbox.width(tables.filter { !$0.isShadow })
            try connection.execute(Outbox.create(width: width))
            try connection.execute(DefinitionStore.create)
            try connection.execute("CREATE TABLE \(Outbox.state)(name,value)")
            try connection.execute("CREATE TABLE \(Outbox.schema)(type,name,tbl_name,sql)")
            try createCanaries(connection)
            // The newest row is never deleted: this one makes numbers grow from the beginning.
            try connection.run("INSERT INTO \(Outbox.log)(k) VALUES(0)")
            var definitions: [TableDefinition] = []
            for (index, table) in tables.enumerated() {
                let definition = table.definition(id: UInt32(index + 1))
                try DefinitionStore.add(
                    connection, StoredDefinition(definition: definition, family: definition.id, isCurrent: true))
                definitions.append(definition)
            }
            try CaptureState.set(connection, "next table", .integer(Int64(tables.count + 1)))
            try installTriggers(connection, zip(tables, definitions).map { ($0, $1.id) }, width: width)
            var state = state
            state.isRefusing = false
            try rememberSchema(connection, &state)
            return definitions
        }
    }

    /// Removes everything of ours in one write transaction: the schema is as if we had never been there.
    /// What was not drained is lost. On failure or a crash nothing is removed.
    public static func remove(_ connection: Connection) throws {
        try connection.transaction("IMMEDIATE") {
            connection.forgetStatements()
            try dropTriggers(connection)
            for name in try names(connection, "table") { try connection.execute("DROP TABLE main.\(SQLText.quoted(name))") }
        }
        connection.forgetStatements()
    }

    /// The identifiers of those tables on which triggers of ours stand: not so on one that was made anew since. One pass through the schema,
    /// however many tables are asked for.
    public static func watched(_ connection: Connection, _ tables: [TableDefinition]) throws(DatabaseError) -> Set<UInt32> {
        let names = Dictionary(tables.map { ($0.id, $0.name.asciiLowercased) }, uniquingKeysWith: { first, _ in first })
        let triggers = try connection.prepare(
            "SELECT name,tbl_name FROM main.sqlite_schema WHERE type='trigger' AND name LIKE '\\_msc\\_%' ESCAPE '\\'")
        var found: Set<UInt32> = []
        while try triggers.step() {
            guard let id = TriggerText.table(of: triggers.string(0)), names[id] == triggers.string(1).asciiLowercased else { continue }
            found.insert(id)
        }
        return found
    }

    /// The newest position: the data's own clock. Of two copies, the one with the higher position holds more.
    public static func position(_ connection: Connection) throws(DatabaseError) -> Int64 {
        try connection.integer("SELECT max(n) FROM main.\(Outbox.log)") ?? 0
    }

    /// When the change at a position was captured, in milliseconds since 1970 UTC; nil when its row is gone, is none of a change, or
    /// carries no time. An operation that a drain derives from the row has the same time.
    public static func time(_ connection: Connection, at position: Int64) throws(DatabaseError) -> Int64? {
        let kinds = [Outbox.Kind.candidate, .update, .deletion, .insertion, .move, .announced].map { "\($0.rawValue)" }.joined(separator: ",")
        let select = try connection.prepare("SELECT ts FROM main.\(Outbox.log) WHERE n=? AND k&15 IN (\(kinds))")
        try select.bind([.integer(position)])
        return try select.step() ? OutboxReader.time(select.view(0)) : nil
    }

    /// The oldest position that the outbox still holds; 0 when it holds none.
    public static func oldest(_ connection: Connection) throws(DatabaseError) -> Int64 {
        try connection.integer("SELECT min(n) FROM main.\(Outbox.log)") ?? 0
    }

    /// Changes that a drain from `position` would read, counted at most to `limit`. What only continues a wide row is none, and neither is
    /// the image of a row that another one might displace.
    public static func backlog(_ connection: Connection, after position: Int64, limit: Int64 = 1_000_000) throws(DatabaseError) -> Int64 {
        let none = [Outbox.Kind.seed, .candidate, .continuation].map { "\($0.rawValue)" }.joined(separator: ",")
        return try connection.integer(
            "SELECT count(*) FROM (SELECT 1 FROM main.\(Outbox.log) WHERE n>? AND k&15 NOT IN (\(none)) LIMIT ?)", .integer(position), .integer(limit)) ?? 0
    }

    /// The tables that a drain from `position` reads: our own, and those whose rows it looks up as they are now.
    public static func tablesRead(_ connection: Connection, after position: Int64) throws -> [String] {
        let select = try connection.prepare("SELECT DISTINCT k>>4 FROM main.\(Outbox.log) WHERE n>?")
        try select.bind([.integer(position)])
        var changed: Set<Int64> = []
        while try select.step() { changed.insert(select.integer(0)) }
        let stored = try DefinitionStore.all(connection)
        let families = Set(stored.filter { changed.contains(Int64($0.definition.id)) }.map(\.family))
        let present = Set(try Schema.read(connection).tables.map(\.name))
        return [Outbox.log, Outbox.tables, Outbox.state, Outbox.schema]
            + stored.filter { $0.isCurrent && families.contains($0.family) && present.contains($0.definition.name) }.map(\.definition.name)
    }

    /// Bytes that the pages of the outbox take in the database file. Reads them all.
    public static func backlogBytes(_ connection: Connection) throws(DatabaseError) -> Int64 {
        try connection.integer("SELECT sum(pgsize) FROM dbstat WHERE name='\(Outbox.log)'") ?? 0
    }

    /// The definitions that the database knows: those in force, and those that rows of the outbox may still refer to.
    public static func definitions(_ connection: Connection) throws -> [StoredDefinition] { try DefinitionStore.all(connection) }
}

extension Capture {
    /// The tables that the log follows. Those in which a virtual table keeps its content are logged as a whole, without triggers.
    static func journaledTables(_ connection: Connection, _ exclusions: [String]) throws(DatabaseError) -> [Table] {
        var excluded = Set(exclusions.map { $0.lowercased() })
        let schema = try Schema.read(connection)
        for table in schema.virtualTables {
            let logged = excluded.contains(table.name.lowercased()) ? [] : table.logged
            excluded.formUnion(table.shadows.filter { !logged.contains($0) }.map { $0.lowercased() })
        }
        var tables = schema.tables.filter { !excluded.contains($0.name.lowercased()) }
        let triggers = try foreignTriggers(connection)
        for index in tables.indices where !tables[index].isShadow {
            try tables[index].readFacts(connection, triggers: triggers[tables[index].name.asciiLowercased] ?? [])
        }
        return tables
    }

    /// Names of our own objects of one type.
    static func names(_ connection: Connection, _ type: String) throws(DatabaseError) -> [String] {
        let select = try connection.prepare(
            "SELECT name FROM main.sqlite_schema WHERE type='\(type)' AND name LIKE '\\_msc\\_%' ESCAPE '\\' ORDER BY rowid")
        var names: [String] = []
        while try select.step() { names.append(select.string(0)) }
        return names
    }

    static func triggerText(_ connection: Connection, _ table: Table, _ id: UInt32, width: Int, names: String?) throws(DatabaseError) -> TriggerText {
        var mindsMinusOne = false
        if let name = table.rowidName {
            let rowid = name == table.rowidColumn ? SQLText.quoted(name) : name
            // One statement for each table: not to be kept.
            mindsMinusOne = try connection.prepare("SELECT 1 FROM main.\(SQLText.quoted(table.name)) WHERE \(rowid)=-1").step()
        }
        return TriggerText(table: table, id: id, width: width, names: names, mindsMinusOne: mindsMinusOne)
    }

    /// Creates the canaries anew, behind all tables of the application.
    static func createCanaries(_ connection: Connection) throws(DatabaseError) {
        for canary in [Outbox.canary, Outbox.indexedCanary] {
            try connection.execute("DROP TABLE IF EXISTS main.\(canary); CREATE TABLE \(canary)(x)")
            try connection.execute("INSERT INTO main.\(canary)(rowid,x) VALUES(\(Outbox.canaryRow),1)")
        }
        try connection.execute("CREATE INDEX \(Outbox.indexedCanary)_x ON \(Outbox.indexedCanary)(x)")
    }

    /// Keeps the schema's text and the header's numbers for comparison, and the schema's version as certain. The last step of a write transaction.
    static func rememberSchema(_ connection: Connection, _ state: inout CaptureState) throws(DatabaseError) {
        try connection.run("DELETE FROM main.\(Outbox.schema)")
        try connection.run(
            """
            INSERT INTO main.\(Outbox.schema)(type,name,tbl_name,sql)
            SELECT type,name,tbl_name,sql FROM main.sqlite_schema
            """)
        state.schemaVersion = try connection.integer("PRAGMA main.schema_version") ?? 0
        state.triggerForm = TriggerText.form
        state.numbers = try HeaderNumbers(connection)
        try state.write(connection)
    }
}
