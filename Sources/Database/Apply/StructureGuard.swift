// What SQL from a file may do while it makes an object: make that object. A statement that begins like one that makes a table can read
// the whole database, or count without end.

import CSQLite
import Vocabulary

enum StructureGuard {
    /// Values that an expression makes while an object is made are no larger than this, or than the database where that is larger.
    private static let largestValue: Int64 = 16 << 20

    /// Runs `body`, in which SQLite refuses everything but making objects of the main database that are not ours.
    /// - Parameter isVirtual: the module of a virtual table makes its shadow tables with statements of its own.
    static func run<Result>(
        on connection: Connection, isVirtual: Bool, _ body: () throws(DatabaseError) -> Result
    ) throws(DatabaseError) -> Result {
        let pages = try connection.integer("PRAGMA main.page_count") ?? 0
        let size = (pages.multipliedReportingOverflow(by: try connection.integer("PRAGMA main.page_size") ?? 0)).partialValue
        let limit = sqlite3_limit(connection.handle, SQLITE_LIMIT_LENGTH, Int32(clamping: max(size, largestValue)))
        sqlite3_set_authorizer(connection.handle, isVirtual ? judgeModule : judge, nil)
        defer {
            sqlite3_set_authorizer(connection.handle, nil, nil)
            sqlite3_limit(connection.handle, SQLITE_LIMIT_LENGTH, limit)
        }
        return try body()
    }

    private typealias Judge = @convention(c) (
        UnsafeMutableRawPointer?, Int32, UnsafePointer<CChar>?, UnsafePointer<CChar>?, UnsafePointer<CChar>?, UnsafePointer<CChar>?
    ) -> Int32

    /// SQLite tells what a statement is about to do: https://www.sqlite.org/c3ref/c_alter_table.html
    private static let judge: Judge = { _, action, first, second, schema, _ in
        let isAllowed =
            switch action {
            case SQLITE_CREATE_TABLE, SQLITE_CREATE_INDEX, SQLITE_CREATE_VIEW, SQLITE_CREATE_TRIGGER:
                isMain(schema) && !isOurs(first) && !isOurs(second)
            // The schema's own rows.
            case SQLITE_INSERT, SQLITE_UPDATE, SQLITE_DELETE: isSchemaTable(first)
            // What an index or a rule reads of its own table.
            case SQLITE_READ, SQLITE_REINDEX: true
            case SQLITE_FUNCTION: !reachesOut(second) && !growsMuch(second)
            default: false
            }
        return isAllowed ? SQLITE_OK : SQLITE_DENY
    }

    private static let judgeModule: Judge = { _, action, first, second, _, _ in
        let isAllowed =
            switch action {
            case SQLITE_CREATE_VTABLE, SQLITE_CREATE_TABLE, SQLITE_CREATE_INDEX: !isOurs(first)
            case SQLITE_ATTACH, SQLITE_DETACH, SQLITE_CREATE_TRIGGER, SQLITE_CREATE_TEMP_TRIGGER, SQLITE_CREATE_VIEW: false
            // Some modules make their first rows with zeroblob.
            case SQLITE_FUNCTION: !reachesOut(second)
            default: true
            }
        return isAllowed ? SQLITE_OK : SQLITE_DENY
    }

    private static func isMain(_ schema: UnsafePointer<CChar>?) -> Bool { schema.map { String(cString: $0) == "main" } ?? false }

    private static func isOurs(_ name: UnsafePointer<CChar>?) -> Bool { name.map { Schema.isOurs(String(cString: $0)) } ?? false }

    private static func isSchemaTable(_ name: UnsafePointer<CChar>?) -> Bool {
        name.map { ["sqlite_master", "sqlite_schema"].contains(String(cString: $0)) } ?? false
    }

    /// Functions that reach out of the statement.
    private static func reachesOut(_ name: UnsafePointer<CChar>?) -> Bool {
        isOne(of: ["load_extension", "fts3_tokenizer", "readfile", "writefile", "edit"], name)
    }

    /// Functions that make much from little.
    private static func growsMuch(_ name: UnsafePointer<CChar>?) -> Bool { isOne(of: ["zeroblob", "randomblob"], name) }

    private static func isOne(of names: [String], _ name: UnsafePointer<CChar>?) -> Bool {
        name.map { names.contains(String(cString: $0).lowercased()) } ?? true
    }
}
