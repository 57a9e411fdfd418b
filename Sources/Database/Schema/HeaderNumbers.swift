// The two numbers in a database's header that belong to the application. Migrations go by them, and no trigger sees them change.

/// `PRAGMA user_version` and `PRAGMA application_id`.
public struct HeaderNumbers: Sendable, Equatable {
    public static let names = ["user_version", "application_id"]

    /// In the order of `names`.
    public var values: [Int64]

    init(values: [Int64]) { self.values = values }

    /// - Parameter schema: `main`, or the name of an attached database.
    public init(_ connection: Connection, in schema: String = "main") throws(DatabaseError) {
        values = []
        for name in Self.names { values.append(try connection.integer("PRAGMA \(schema).\(name)") ?? 0) }
    }

    /// The statements that set those which are not 0, as they are in every new database.
    public var statements: [String] {
        zip(Self.names, values).filter { $0.1 != 0 }.map { Self.statement($0, $1) }
    }

    /// Sets both in the main database, within the caller's transaction.
    public func write(_ connection: Connection) throws(DatabaseError) {
        let present = try HeaderNumbers(connection)
        for (index, name) in Self.names.enumerated() where present.values[index] != values[index] {
            try connection.execute(Self.statement(name, values[index]))
        }
    }

    static func statement(_ name: String, _ value: Int64) -> String { assignment(name) + String(value) }

    /// How the statement that sets one begins.
    static func assignment(_ name: String) -> String { "PRAGMA main.\(name)=" }
}
