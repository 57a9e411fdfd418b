// What capture remembers inside the database: names with values, and the definitions of the tables that it follows.

import Vocabulary

/// The facts that capture keeps in the database itself. Read with `CaptureState(connection)`.
@dynamicMemberLookup
public struct CaptureState: Sendable, Equatable {
    /// Whose the data are, and where they live: what changes when a chain begins.
    public struct Belonging: Sendable, Equatable {
        /// 16 bytes that stay with this application for ever; copies carry them too.
        public var application: [UInt8]
        /// 16 bytes that name the chain of backups and logs that the data belongs to.
        public var chain: [UInt8]
        /// Where the data file lived when capture was installed: canonical path, device and inode. A copy is recognised by it.
        public var homePath: String
        public var homeDevice: Int64
        public var homeInode: Int64
        /// Path of the log file; empty for the default place.
        public var journalPath: String
        /// Tables that the administrator excluded.
        public var exclusions: [String]
    }

    public private(set) var belonging: Belonging
    /// What the data belong to while a chain that is to begin has no log yet; nil otherwise.
    public var former: Belonging?
    /// No log of these data has been there yet, and none is known to be lost: a crash right after capture was installed leaves it so.
    public var isBeginning: Bool
    /// Triggers refuse changes (error 1274).
    public internal(set) var isRefusing: Bool
    /// `PRAGMA schema_version` at the last moment when everything was known to be captured.
    public internal(set) var schemaVersion: Int64
    /// The application's numbers in the header, as last logged.
    public internal(set) var numbers: HeaderNumbers
    /// Newest position at which the structure changed or rows became unknown; 0 when never.
    public internal(set) var resynchronisedAt: Int64
    /// Newest position when a moved schema was last examined: of the rows up to there nobody knows the structure they were written under.
    public internal(set) var restructuredAt: Int64
    /// The form of the installed triggers: those of an older program are written anew.
    var triggerForm: Int64

    public subscript<Member>(dynamicMember member: WritableKeyPath<Belonging, Member>) -> Member {
        get { belonging[keyPath: member] }
        set { belonging[keyPath: member] = newValue }
    }

    /// Gives the chain up that was to begin; the data belong to what they belonged to.
    public mutating func returnToFormer() {
        guard let former else { return }
        belonging = former
        self.former = nil
    }

    public init(
        application: [UInt8], chain: [UInt8], homePath: String, homeDevice: Int64, homeInode: Int64, journalPath: String = "",
        exclusions: [String] = []
    ) {
        belonging = Belonging(
            application: application, chain: chain, homePath: homePath, homeDevice: homeDevice, homeInode: homeInode,
            journalPath: journalPath, exclusions: exclusions)
        isBeginning = false
        isRefusing = false
        schemaVersion = 0
        numbers = HeaderNumbers(values: HeaderNumbers.names.map { _ in 0 })
        resynchronisedAt = 0
        restructuredAt = 0
        triggerForm = 0
    }

    /// Reads it; nil when capture is not installed.
    /// - Throws: `Failure` 1503 when a newer program installed it.
    public init?(_ connection: Connection) throws {
        guard try connection.integer("SELECT count(*) FROM main.sqlite_schema WHERE name='\(Outbox.state)' AND type='table'") == 1
        else { return nil }
        let version = try Self.value(connection, "format").integerValue
        guard version == Outbox.formatVersion else {
            throw Failure(
                .unsupportedVersion, "the capture tables in '\(connection.path)' have format version \(version)",
                hint: "Use the version of msc that started this log, or a newer one.")
        }
        belonging = try Belonging(connection)
        isBeginning = try Self.value(connection, "beginning").integerValue != 0
        isRefusing = try Self.value(connection, "refusing").integerValue != 0
        schemaVersion = try Self.value(connection, "schema version").integerValue
        numbers = HeaderNumbers(values: [])
        for name in HeaderNumbers.names { numbers.values.append(try Self.value(connection, name).integerValue) }
        resynchronisedAt = try Self.value(connection, "resynchronised at").integerValue
        restructuredAt = try Self.value(connection, "restructured at").integerValue
        triggerForm = try Self.value(connection, "trigger form").integerValue
        if case .blob = try Self.value(connection, Belonging.former + "chain") { former = try Belonging(connection, Belonging.former) }
    }

    /// Writes it. Within a transaction of the caller, or on its own.
    public func write(_ connection: Connection) throws(DatabaseError) {
        try Self.set(connection, "format", .integer(Outbox.formatVersion))
        try belonging.write(connection)
        try Self.set(connection, "beginning", .integer(isBeginning ? 1 : 0))
        try Self.set(connection, "refusing", .integer(isRefusing ? 1 : 0))
        try Self.set(connection, "schema version", .integer(schemaVersion))
        for (name, value) in zip(HeaderNumbers.names, numbers.values) { try Self.set(connection, name, .integer(value)) }
        try Self.set(connection, "resynchronised at", .integer(resynchronisedAt))
        try Self.set(connection, "restructured at", .integer(restructuredAt))
        try Self.set(connection, "trigger form", .integer(triggerForm))
        try connection.run("DELETE FROM main.\(Outbox.state) WHERE name LIKE '\(Belonging.former)%'")
        try former?.write(connection, Belonging.former)
    }

    /// Whether the structure and the numbers in the header are those that were last examined.
    func isCurrent(_ connection: Connection) throws(DatabaseError) -> Bool {
        guard triggerForm == TriggerText.form, try connection.integer("PRAGMA main.schema_version") == schemaVersion else { return false }
        return try HeaderNumbers(connection) == numbers
    }

    static func value(_ connection: Connection, _ name: String) throws(DatabaseError) -> Value {
        let select = try connection.statement("SELECT value FROM main.\(Outbox.state) WHERE name=?")
        defer { select.reset() }
        try select.bind([connection.text(name)])
        return try select.step() ? select.value(0) : .null
    }

    static func set(_ connection: Connection, _ name: String, _ value: Value) throws(DatabaseError) {
        try connection.run("DELETE FROM main.\(Outbox.state) WHERE name=?", connection.text(name))
        try connection.run("INSERT INTO main.\(Outbox.state)(name,value) VALUES(?,?)", connection.text(name), value)
    }
}

extension CaptureState.Belonging {
    /// What the names begin with that hold what the data belonged to.
    fileprivate static let former = "former "

    fileprivate init(_ connection: Connection, _ prefix: String = "") throws(DatabaseError) {
        func value(_ name: String) throws(DatabaseError) -> Value { try CaptureState.value(connection, prefix + name) }
        application = try value("application").bytes
        chain = try value("chain").bytes
        homePath = try value("home path").string
        homeDevice = try value("home device").integerValue
        homeInode = try value("home inode").integerValue
        journalPath = try value("journal path").string
        exclusions = try value("exclusions").string.split(separator: "\n").map(String.init)
    }

    fileprivate func write(_ connection: Connection, _ prefix: String = "") throws(DatabaseError) {
        func set(_ name: String, _ value: Value) throws(DatabaseError) { try CaptureState.set(connection, prefix + name, value) }
        try set("application", .blob(application))
        try set("chain", .blob(chain))
        try set("home path", .blob(Array(homePath.utf8)))
        try set("home device", .integer(homeDevice))
        try set("home inode", .integer(homeInode))
        try set("journal path", .blob(Array(journalPath.utf8)))
        try set("exclusions", .blob(Array(exclusions.joined(separator: "\n").utf8)))
    }
}

extension Value {
    fileprivate var integerValue: Int64 { if case .integer(let x) = self { x } else { 0 } }
    fileprivate var bytes: [UInt8] { if case .blob(let x) = self { x } else { [] } }
    fileprivate var string: String { String(decoding: bytes, as: UTF8.self) }
}
