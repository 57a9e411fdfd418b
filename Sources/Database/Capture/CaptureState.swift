// What capture remembers inside the database: names with values, and the definitions of the tables that it follows.

import Vocabulary

/// The facts that capture keeps in the database itself. Read with `CaptureState(connection)`.
public struct CaptureState: Sendable, Equatable {
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
    /// Triggers refuse changes (error 1274).
    public internal(set) var isRefusing: Bool
    /// `PRAGMA schema_version` at the last moment when everything was known to be captured.
    public internal(set) var schemaVersion: Int64
    /// The application's numbers in the header, as last logged.
    public internal(set) var numbers: HeaderNumbers
    /// Newest position at which the structure changed or rows became unknown; 0 when never.
    public internal(set) var resynchronisedAt: Int64
    /// What the data belong to while a chain that is to begin has no log yet; nil otherwise.
    public var former: Former?

    /// Whose the data are, and where they live: what changes when a chain begins.
    public struct Former: Sendable, Equatable {
        var application: [UInt8]
        var chain: [UInt8]
        var homePath: String
        var homeDevice: Int64
        var homeInode: Int64
        var journalPath: String
        var exclusions: [String]

        public init(_ state: CaptureState) {
            application = state.application
            chain = state.chain
            homePath = state.homePath
            homeDevice = state.homeDevice
            homeInode = state.homeInode
            journalPath = state.journalPath
            exclusions = state.exclusions
        }
    }

    /// Gives the chain up that was to begin; the data belong to what they belonged to.
    public mutating func returnToFormer() {
        guard let former else { return }
        application = former.application
        chain = former.chain
        homePath = former.homePath
        homeDevice = former.homeDevice
        homeInode = former.homeInode
        journalPath = former.journalPath
        exclusions = former.exclusions
        self.former = nil
    }

    public init(
        application: [UInt8], chain: [UInt8], homePath: String, homeDevice: Int64, homeInode: Int64, journalPath: String = "",
        exclusions: [String] = []
    ) {
        self.application = application
        self.chain = chain
        self.homePath = homePath
        self.homeDevice = homeDevice
        self.homeInode = homeInode
        self.journalPath = journalPath
        self.exclusions = exclusions
        isRefusing = false
        schemaVersion = 0
        numbers = HeaderNumbers(values: HeaderNumbers.names.map { _ in 0 })
        resynchronisedAt = 0
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
        application = try Self.value(connection, "application").bytes
        chain = try Self.value(connection, "chain").bytes
        homePath = try Self.value(connection, "home path").string
        homeDevice = try Self.value(connection, "home device").integerValue
        homeInode = try Self.value(connection, "home inode").integerValue
        journalPath = try Self.value(connection, "journal path").string
        exclusions = try Self.value(connection, "exclusions").string.split(separator: "\n").map(String.init)
        isRefusing = try Self.value(connection, "refusing").integerValue != 0
        schemaVersion = try Self.value(connection, "schema version").integerValue
        numbers = HeaderNumbers(values: [])
        for name in HeaderNumbers.names { numbers.values.append(try Self.value(connection, name).integerValue) }
        resynchronisedAt = try Self.value(connection, "resynchronised at").integerValue
        guard case .blob(let formerChain) = try Self.value(connection, "former chain") else { return }
        var former = Former(self)
        former.chain = formerChain
        former.application = try Self.value(connection, "former application").bytes
        former.homePath = try Self.value(connection, "former home path").string
        former.homeDevice = try Self.value(connection, "former home device").integerValue
        former.homeInode = try Self.value(connection, "former home inode").integerValue
        former.journalPath = try Self.value(connection, "former journal path").string
        former.exclusions = try Self.value(connection, "former exclusions").string.split(separator: "\n").map(String.init)
        self.former = former
    }

    /// Writes it. Within a transaction of the caller, or on its own.
    public func write(_ connection: Connection) throws(DatabaseError) {
        try Self.set(connection, "format", .integer(Outbox.formatVersion))
        try Self.set(connection, "application", .blob(application))
        try Self.set(connection, "chain", .blob(chain))
        try Self.set(connection, "home path", .blob(Array(homePath.utf8)))
        try Self.set(connection, "home device", .integer(homeDevice))
        try Self.set(connection, "home inode", .integer(homeInode))
        try Self.set(connection, "journal path", .blob(Array(journalPath.utf8)))
        try Self.set(connection, "exclusions", .blob(Array(exclusions.joined(separator: "\n").utf8)))
        try Self.set(connection, "refusing", .integer(isRefusing ? 1 : 0))
        try Self.set(connection, "schema version", .integer(schemaVersion))
        for (name, value) in zip(HeaderNumbers.names, numbers.values) { try Self.set(connection, name, .integer(value)) }
        try Self.set(connection, "resynchronised at", .integer(resynchronisedAt))
        try connection.run("DELETE FROM main.\(Outbox.state) WHERE name LIKE 'former %'")
        guard let former else { return }
        try Self.set(connection, "former application", .blob(former.application))
        try Self.set(connection, "former chain", .blob(former.chain))
        try Self.set(connection, "former home path", .blob(Array(former.homePath.utf8)))
        try Self.set(connection, "former home device", .integer(former.homeDevice))
        try Self.set(connection, "former home inode", .integer(former.homeInode))
        try Self.set(connection, "former journal path", .blob(Array(former.journalPath.utf8)))
        try Self.set(connection, "former exclusions", .blob(Array(former.exclusions.joined(separator: "\n").utf8)))
    }

    /// Whether the structure and the numbers in the header are those that were last examined.
    func isCurrent(_ connection: Connection) throws(DatabaseError) -> Bool {
        guard try connection.integer("PRAGMA main.schema_version") == schemaVersion else { return false }
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

extension Value {
    fileprivate var integerValue: Int64 { if case .integer(let x) = self { x } else { 0 } }
    fileprivate var bytes: [UInt8] { if case .blob(let x) = self { x } else { [] } }
    fileprivate var string: String { String(decoding: bytes, as: UTF8.self) }
}
