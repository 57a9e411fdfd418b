// After the application changed its structure: log what changed, follow renamed tables, write the triggers anew, and say of
// which tables the rows were not known for a while. Nothing between the change and this moment is presented as known when it
// is not.

public import Vocabulary

extension Capture {
    /// What a resynchronisation found and did.
    public struct Resynchronisation: Sendable, Equatable {
        /// Changed objects of the schema (logged as `structureChange`).
        public var changes = 0
        /// Tables whose rows the next drain logs anew (`reload`).
        public var reloaded: [String] = []
        /// Tables with changes missing from the log (`gap`): a backup has to follow.
        public var gaps: [String] = []

        public init(changes: Int = 0, reloaded: [String] = [], gaps: [String] = []) {
            self.changes = changes
            self.reloaded = reloaded
            self.gaps = gaps
        }
    }

    /// Brings capture in line with the present schema, in one write transaction; a drain must follow.
    ///
    /// New tables are journaled from here on, renamed ones followed, dropped ones closed. On failure or a crash nothing is
    /// changed. Does nothing when the schema is the one last examined, unless forced.
    /// - Parameters:
    ///   - reloadLimit: the most rows that a table may have to be logged anew; a larger one gets a gap.
    ///   - force: writes the triggers anew in any case (`Drain.Outcome.wantsResynchronisation`).
    /// - Returns: nil when there was nothing to do.
    /// - Throws: `DatabaseError.isBusy` when a writer holds the database: try again at once.
    @discardableResult
    public static func resynchronise(
        _ connection: Connection, reloadLimit: Int64 = 1_000_000, force: Bool = false, context: Context? = nil
    ) throws -> Resynchronisation? {
        try connection.transaction("IMMEDIATE") {
            guard var state = try CaptureState(connection) else {
                throw Failure(.noLog, "no log is on for '\(connection.path)'", hint: "Start one with 'msc log start'.")
            }
            if !force, try state.isCurrent(connection) { return nil }
            var work = Resynchroniser(connection, state, reloadLimit: reloadLimit, context: context)
            let hasMoved = try connection.integer("PRAGMA main.schema_version") != state.schemaVersion
            if force || hasMoved || state.triggerForm != TriggerText.form {
                try work.run()
                try reinstall(connection, work.journaled, state)
            }
            if hasMoved { state.restructuredAt = try position(connection) }
            try work.logNumbers()
            if let last = work.lastMarker { state.resynchronisedAt = last }
            try rememberSchema(connection, &state)
            return work.result
        }
    }

    /// Has tables logged anew whose rows are not what the log says, in one write transaction; a drain must follow. What was captured of
    /// them is true, but changes are missing.
    /// - Parameters:
    ///   - ids: the tables, by the identifiers of their definitions in force; others are passed over.
    ///   - reloadLimit: as for `resynchronise`; a negative one makes gaps of all.
    /// - Returns: nil when the structure changed: nothing was written, resynchronise first.
    /// - Throws: `DatabaseError.isBusy` when a writer holds the database.
    public static func logAnew(
        _ connection: Connection, _ ids: Set<UInt32>, reloadLimit: Int64, context: Context? = nil
    ) throws -> Resynchronisation? {
        try connection.transaction("IMMEDIATE") {
            guard var state = try CaptureState(connection), try state.isCurrent(connection) else { return nil }
            var work = Resynchroniser(connection, state, reloadLimit: reloadLimit, context: context)
            let tables = try journaledTables(connection, state.exclusions)
            for stored in try DefinitionStore.all(connection) where stored.isCurrent && ids.contains(stored.definition.id) {
                guard let table = tables.first(where: { $0.name == stored.definition.name }) else { continue }
                try work.logLoss(table, stored.definition.id, discards: false)
            }
            if let last = work.lastMarker {
                state.resynchronisedAt = last
                try state.write(connection)
            }
            return work.result
        }
    }

    /// Switches between capturing and refusing every change of journaled tables with the words "1274 …", in one write
    /// transaction.
    public static func setRefusal(_ connection: Connection, _ isOn: Bool) throws {
        try resynchronise(connection)
        try connection.transaction("IMMEDIATE") {
            guard var state = try CaptureState(connection), state.isRefusing != isOn else { return }
            state.isRefusing = isOn
            let ids = Dictionary(
                try DefinitionStore.all(connection).filter(\.isCurrent).map { ($0.definition.name, $0.definition.id) },
                uniquingKeysWith: { first, _ in first })
            let tables = try journaledTables(connection, state.exclusions).compactMap { table in ids[table.name].map { (table, $0) } }
            try reinstall(connection, tables, state)
            try rememberSchema(connection, &state)
        }
    }

    private static func reinstall(_ connection: Connection, _ tables: [(Table, UInt32)], _ state: CaptureState) throws {
        connection.forgetStatements()
        try dropTriggers(connection)
        try createCanaries(connection)
        if state.isRefusing {
            try installRefusal(connection, tables)
        } else {
            try installTriggers(connection, tables, width: Outbox.installedWidth(connection))
        }
    }
}

/// The work of one resynchronisation, within its transaction.
struct Resynchroniser {
    struct Object: Equatable {
        var type: String
        var name: String
        var table: String
        var sql: String

        var isVirtual: Bool { type == "table" && sql.lowercased().hasPrefix("create virtual ") }
    }

    let connection: Connection
    let state: CaptureState
    let reloadLimit: Int64
    let context: Context?
    var result = Capture.Resynchronisation()
    var journaled: [(Table, UInt32)] = []
    var lastMarker: Int64?
    private(set) var before: [Object] = []
    private(set) var after: [Object] = []

    init(_ connection: Connection, _ state: CaptureState, reloadLimit: Int64, context: Context?) {
        self.connection = connection
        self.state = state
        self.reloadLimit = reloadLimit
        self.context = context
    }

    private func objects(_ table: String) throws -> [Object] {
        let select = try connection.prepare("SELECT type,name,tbl_name,sql FROM main.\(table)")
        var found: [Object] = []
        while try select.step() {
            found.append(
                Object(type: select.string(0), name: select.string(1), table: select.string(2), sql: select.string(3)))
        }
        return found
    }

    mutating func run() throws {
        before = try objects(Outbox.schema)
        after = try objects("sqlite_schema")
        var tables = try Capture.journaledTables(connection, state.exclusions)
        let current = try DefinitionStore.all(connection).filter(\.isCurrent)
        let succession = Succession(of: current.map(\.definition), to: tables.map(\.name), in: after)
        var reloads: [(Table, UInt32, discards: Bool)] = []
        for (stored, name) in zip(current, succession.names) {
            guard let name, let index = tables.firstIndex(where: { $0.name == name }) else {
                try retire(stored)
                if try hidesDroppedColumn(stored.definition) { try discardRows(of: stored.definition.id) }
                continue
            }
            let table = tables.remove(at: index)
            let fresh = table.definition(id: stored.definition.id)
            var id = stored.definition.id
            if fresh != stored.definition {
                try retire(stored)
                id = try add(table, family: stored.family)
            }
            // What a virtual table holds is compared as a whole, see `VirtualContent`.
            var judgement = try table.isShadow ? .complete : judge(stored.definition, table)
            if judgement == .complete, succession.ring.contains(name) { judgement = .incomplete }
            switch judgement {
            case .complete: if try mayHaveDisplaced(table, stored.definition) { reloads.append((table, id, discards: false)) }
            case .incomplete: reloads.append((table, id, discards: false))
            case .meaningless: reloads.append((table, id, discards: true))
            }
            journaled.append((table, id))
        }
        // Tables that were not journaled until now.
        for table in tables {
            let id = try add(table, family: nil)
            journaled.append((table, id))
            if table.isShadow { continue }
            // One that was there and not journaled may be empty now and have rows where the log is integrated.
            if try before.contains(where: { $0.type == "table" && $0.name == table.name })
                || connection.prepare("SELECT 1 FROM main.\(SQLText.quoted(table.name)) LIMIT 1").step()
            {
                reloads.append((table, id, discards: false))
            }
        }
        try logChanges(succession)
        for (table, id, discards) in reloads { try logLoss(table, id, discards: discards) }
    }

    private mutating func retire(_ stored: StoredDefinition) throws {
        try connection.run("UPDATE main.\(Outbox.tables) SET current=0 WHERE id=?", .integer(Int64(stored.definition.id)))
    }

    private mutating func add(_ table: Table, family: UInt32?) throws -> UInt32 {
        guard case .integer(let next) = try CaptureState.value(connection, "next table"), let id = UInt32(exactly: next) else {
            throw Failure(
                .databaseDamaged, "the capture tables in '\(connection.path)' do not hold the next table number",
                hint: "Turn the log off and on again with 'msc log stop' and 'msc log start', then make a backup.")
        }
        try DefinitionStore.add(
            connection, StoredDefinition(definition: table.definition(id: id), family: family ?? id, isCurrent: true))
        try CaptureState.set(connection, "next table", .integer(next + 1))
        return id
    }

    private enum Judgement {
        /// Every change of its rows was captured, under the keys that the rows have now.
        case complete
        /// What was captured is true, but changes are missing.
        case incomplete
        /// What was captured may belong to other rows.
        case meaningless
    }

    private func judge(_ definition: TableDefinition, _ table: Table) throws -> Judgement {
        let canary = try connection.integer("SELECT rowid FROM main.sqlite_schema WHERE name='\(Outbox.canary)'") ?? 0
        let isRebuilt = table.schemaRow > canary
        if !table.isWithoutRowid, table.rowidColumn == nil, try wasRenumbered(table) { return .meaningless }
        let prefix = "\(Schema.prefix)\(definition.id)_"
        let expected = before.filter { $0.type == "trigger" && $0.name.hasPrefix(prefix) }
        let present = expected.filter { trigger in after.contains { $0.type == "trigger" && $0.name == trigger.name } }
        // The old table is gone with its triggers: what they logged was true of it, while it had all its columns.
        if present.isEmpty { return try hidesDroppedColumn(definition) ? .meaningless : .incomplete }
        let fresh = table.definition(id: definition.id)
        for trigger in expected {
            guard let now = after.first(where: { $0.type == "trigger" && $0.name == trigger.name }), now.table == table.name, !isRebuilt
            else { return .meaningless }
            // SQLite rewrites a trigger when it renames a table or column; nobody else does.
            if now.sql != trigger.sql, fresh == definition { return .meaningless }
        }
        let sameShape =
            fresh.isWithoutRowid == definition.isWithoutRowid && fresh.columns.map(\.keyPosition) == definition.columns.map(\.keyPosition)
            && (fresh.rowidColumn == nil) == (definition.rowidColumn == nil)
        if sameShape { return isRenaming(definition, fresh, expected) ? .complete : .meaningless }
        // Columns were added: the triggers did not see them. One was dropped: they saw NULL in its place.
        return fresh.columns.starts(with: definition.columns) ? .incomplete : .meaningless
    }

    /// Whether at most names of columns changed. As many columns may also be left when some were dropped and others added: those that
    /// are new have another type, a name that stood elsewhere, or a name that our triggers do not have: SQLite renames a
    /// column there too.
    private func isRenaming(_ definition: TableDefinition, _ fresh: TableDefinition, _ expected: [Object]) -> Bool {
        guard definition.columns.map(\.type) == fresh.columns.map(\.type) else { return false }
        let names = (definition.columns.map(\.name) + [definition.rowidColumn ?? ""]).map { $0.lowercased() }
        let now = (fresh.columns.map(\.name) + [fresh.rowidColumn ?? ""]).map { $0.lowercased() }
        guard zip(names, now).allSatisfy({ $0 == $1 || !names.contains($1) }) else { return false }
        let renamed = Dictionary(
            zip(definition.columns, fresh.columns).filter { $0.name != $1.name }.map { ($0.name, $1.name) }, uniquingKeysWith: { $1 })
        if renamed.isEmpty { return true }
        // It names every column of an image.
        guard let trigger = expected.first(where: { $0.name == TriggerText.name(definition.id, "bd") }),
            let present = after.first(where: { $0.type == "trigger" && $0.name == trigger.name })
        else { return false }
        let (before, after) = (SQLText.tokens(trigger.sql), SQLText.tokens(present.sql))
        guard before.count == after.count else { return false }
        var followed: Set<String> = []
        for (old, new) in zip(before, after) where old != new {
            let name = SQLText.unquoted(old.text)
            if renamed[name] == SQLText.unquoted(new.text) { followed.insert(name) }
        }
        return followed.count == renamed.count
    }

    /// Whether OR REPLACE may have removed rows that were in the way in a unique index: it tells triggers nothing of them, and ours do not
    /// look into an index that is younger than they are. A table that is too large to be logged anew is left to the comparison of its rows
    /// with the log.
    /// - Parameter former: what it was when its triggers were written.
    private func mayHaveDisplaced(_ table: Table, _ former: TableDefinition) throws -> Bool {
        // The text of an index has the name of its table.
        func words(_ index: Object) -> [String] {
            SQLText.tokens(index.sql).map { SQLText.unquoted($0.text) == former.name ? table.name : SQLText.unquoted($0.text) }
        }
        let isIndexed = after.contains { index in
            index.type == "index" && index.table == table.name && SQLText.tokens(index.sql).prefix(2).last?.lowercased == "unique"
                && !before.contains { $0.type == "index" && $0.name == index.name && ($0.sql == index.sql || words($0) == words(index)) }
        }
        guard isIndexed, !table.isShadow else { return false }
        let wasWritten = try connection.prepare(
            "SELECT 1 FROM main.\(Outbox.log) WHERE n>\(state.resynchronisedAt) AND k>>4=\(former.id) LIMIT 1").step()
        return try wasWritten
            && connection.integer("SELECT count(*) FROM (SELECT 1 FROM main.\(SQLText.quoted(table.name)) LIMIT \(reloadLimit + 1))") ?? 0 <= reloadLimit
    }

    /// Whether a VACUUM may have given the rows of a table other rowids. It leaves them where the table has an index at that moment: an
    /// explicit one that is there now may have been made after the VACUUM, unless nothing else changed the structure.
    private func wasRenumbered(_ table: Table) throws -> Bool {
        let isVacuumAlone = try connection.integer("PRAGMA main.schema_version") == state.schemaVersion + 1
        let hadIndex = table.hasConstraintIndex || table.hasIndex && isVacuumAlone
        return try hasMoved(hadIndex ? Outbox.indexedCanary : Outbox.canary)
    }

    func hasMoved(_ canary: String) throws -> Bool {
        try connection.integer("SELECT rowid FROM main.\(canary)") != Outbox.canaryRow
    }

    func isLogged(_ object: Object) -> Bool {
        !Schema.isOurs(object.name) && !object.name.lowercased().hasPrefix("sqlite_") && !object.sql.isEmpty
    }

    /// One marker per changed object: type, name, SQL before (null: created), SQL after (null: dropped), name before a renaming.
    private mutating func logChanges(_ succession: Succession) throws {
        let connection = connection
        func text(_ string: String?) -> Value { string.map { connection.text($0) } ?? .null }
        let changes = StructureChanges(before.filter(isLogged), after.filter(isLogged), succession)
        for object in changes.virtual { try CaptureState.set(connection, VirtualContent.key(object), .null) }
        for change in changes.list {
            try mark(
                .structureChange, [text(change.type), text(change.name), text(change.before), text(change.after), text(change.formerName)])
            result.changes += 1
        }
    }

    /// One marker per number in the header that changed, like a changed object of type `pragma`.
    mutating func logNumbers() throws {
        let now = try HeaderNumbers(connection)
        for (index, name) in HeaderNumbers.names.enumerated() where now.values[index] != state.numbers.values[index] {
            let values = ["pragma", name, String(state.numbers.values[index]), String(now.values[index])]
            try mark(.structureChange, values.map { connection.text($0) } + [.null])
            result.changes += 1
        }
    }

    mutating func logLoss(_ table: Table, _ id: UInt32, discards: Bool) throws {
        let count = try connection.prepare("SELECT count(*) FROM (SELECT 1 FROM main.\(SQLText.quoted(table.name)) LIMIT \(reloadLimit + 1))")
        let isSmall = try count.step() && count.integer(0) <= reloadLimit
        if isSmall { result.reloaded.append(table.name) } else { result.gaps.append(table.name) }
        try mark(isSmall ? .reload : .gap, [], table: id)
        // Earlier rows of the table mean nothing.
        if discards, let lastMarker {
            try connection.run("UPDATE main.\(Outbox.log) SET m=1 WHERE n=?", .integer(lastMarker))
        }
    }

    private mutating func mark(_ action: Action, _ payload: [Value], table: UInt32 = 0) throws {
        try Capture.writeMarker(connection, action: action, payload: payload, context: context, table: table)
        lastMarker = try Capture.position(connection)
    }
}
