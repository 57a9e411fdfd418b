// What is to be known of a database before its log is turned on. Reads only.

import CSQLite

/// Facts of a database that matter for capture by triggers.
public struct LogReadiness: Sendable, Equatable {
    /// The SQLite that wrote the file last, as in `3.40.1`; nil when the file does not say. In WAL mode a newer one may have written since.
    public var writer: String?
    /// The SQLite that this program runs with.
    public var reader: String
    public var journalMode: String
    public var bytes: Int64
    /// Virtual tables, and the module of each.
    public var virtualTables: [String: String] = [:]
    /// Triggers of the program that can end a statement before our triggers see the row, each with its table.
    public var hidingTriggers: [String: String] = [:]

    public init(_ connection: Connection) throws(DatabaseError) {
        reader = String(cString: sqlite3_libversion())
        journalMode = try connection.string("PRAGMA main.journal_mode") ?? ""
        bytes = (try connection.integer("PRAGMA main.page_count") ?? 0) * (try connection.integer("PRAGMA main.page_size") ?? 0)
        let objects = try connection.prepare("SELECT type,name,tbl_name,sql FROM main.sqlite_schema WHERE sql IS NOT NULL")
        while try objects.step() {
            let tokens = SQLText.tokens(objects.string(3)).map(\.lowercased)
            if objects.string(0) == "table", tokens.prefix(2) == ["create", "virtual"], let at = tokens.firstIndex(of: "using"),
                at + 1 < tokens.count
            {
                virtualTables[objects.string(1)] = SQLText.unquoted(tokens[at + 1])
            } else if objects.string(0) == "trigger", !Schema.isOurs(objects.string(1)), Self.mayHide(tokens) {
                hidingTriggers[objects.string(1)] = objects.string(2)
            }
        }
        let header = UnsafeMutableRawBufferPointer.allocate(byteCount: 4, alignment: 4)
        defer { header.deallocate() }
        if try DatabaseFile(.main, of: connection).read(into: header, at: 96) { writer = Self.version(Array(header)) }
    }

    /// A version number as SQLite writes it: 3040001 is 3.40.1.
    static func version(_ bytes: [UInt8]) -> String? {
        let number = bytes.reduce(0) { $0 << 8 | Int($1) }
        return number >= 3_000_000 && number < 100_000_000 ? "\(number / 1_000_000).\(number / 1000 % 1000).\(number % 1000)" : nil
    }

    /// Whether a trigger fires after the row was written and may end the statement without undoing that.
    private static func mayHide(_ tokens: [String]) -> Bool {
        guard let begin = tokens.firstIndex(of: "begin") else { return false }
        let head = tokens[..<begin]
        if head.contains("before") || head.contains("instead") { return false }
        let body = Array(tokens[begin...])
        return body.indices.contains { at in
            let isRaise = body[at] == "raise" && at + 2 < body.count && (body[at + 2] == "fail" || body[at + 2] == "ignore")
            return isRaise || body[at] == "or" && at + 1 < body.count && body[at + 1] == "fail"
        }
    }
}
