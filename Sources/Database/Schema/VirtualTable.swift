// Virtual tables and the tables in which they keep their content. Those are their modules' own: no trigger of ours may stand on them.
// SQLite calls them shadow tables, and knows those of its own modules.

/// One virtual table of the main database.
public struct VirtualTable: Sendable, Hashable {
    /// What keeps its content whole along the log.
    public enum Keeping: Sendable, Hashable {
        /// It has no tables of its own: nothing is lost.
        case nothing
        /// All tables of its own are logged anew, at one moment, when they have changed.
        case content
        /// It is an index of what other tables hold, and is built anew from them. Its settings are logged as `content` is.
        case derived
    }

    public var name: String
    /// In lower case.
    public var module: String
    public var sql: String
    /// The tables in which it keeps its content, in the order of their names.
    public var shadows: [String]
    /// The table or view whose rows it indexes; nil when it holds rows of its own, or none.
    public private(set) var source: String?

    public var keeping: Keeping {
        if shadows.isEmpty { return .nothing }
        return source == nil ? .content : .derived
    }

    /// The tables that are logged anew when they have changed.
    public var logged: [String] {
        switch keeping {
        case .nothing: []
        case .content: shadows
        case .derived: shadows.filter { $0.lowercased() == name.lowercased() + "_config" }
        }
    }

    /// Why its content may not be in the log, or how it gets there, in words.
    var remark: String {
        switch keeping {
        case .nothing: "it is a virtual table without content of its own"
        case .content: "it is a virtual table: its whole content is logged anew when it has changed"
        case .derived: "it is an index of '\(source ?? "")', from which it is built anew after a restore with the log"
        }
    }

    /// The statement that builds it anew from the table that it indexes.
    public var rebuilding: String { "INSERT INTO \(SQLText.quoted(name))(\(SQLText.quoted(name))) VALUES('rebuild')" }

    /// Reads them from the main database.
    public static func all(_ connection: Connection) throws(DatabaseError) -> [VirtualTable] {
        var modules: Set<String> = []
        let known = try connection.prepare("SELECT lower(name) FROM pragma_module_list")
        while try known.step() { modules.insert(known.string(0)) }
        var tables: [VirtualTable] = []
        var others: [(name: String, isShadow: Bool)] = []
        let list = try connection.prepare(
            """
            SELECT l.name, l.type, s.sql FROM pragma_table_list AS l JOIN main.sqlite_schema AS s ON s.name=l.name AND s.type='table'
            WHERE l.schema='main' ORDER BY l.name
            """)
        while try list.step() {
            if list.string(1) != "virtual" {
                others.append((list.string(0), list.string(1) == "shadow"))
                continue
            }
            tables.append(VirtualTable(name: list.string(0), sql: list.string(2)))
        }
        for (name, isShadow) in others {
            // Of two names that fit, the longer one is meant.
            let owner = tables.indices.filter { name.lowercased().hasPrefix(tables[$0].name.lowercased() + "_") }
                .max { tables[$0].name.utf8.count < tables[$1].name.utf8.count }
            // Of a module that only the application has, nobody knows the names.
            guard let owner, isShadow || !modules.contains(tables[owner].module) else { continue }
            tables[owner].shadows.append(name)
        }
        for index in tables.indices where tables[index].shadows.contains(where: { $0.lowercased() == tables[index].name.lowercased() + "_content" }) {
            tables[index].source = nil
        }
        return tables
    }

    /// One that a statement makes; nil for any other statement. Without its tables.
    public init?(statement sql: String) {
        let words = SQLText.tokens(sql)
        guard words.count > 3, words.prefix(3).map(\.lowercased) == ["create", "virtual", "table"] else { return nil }
        let at = words[3].lowercased == "if" && words.count > 6 ? 6 : 3
        self.init(name: SQLText.unquoted(words[at].text), sql: sql)
    }

    init(name: String, sql: String) {
        self.name = name
        self.sql = sql
        shadows = []
        let words = SQLText.tokens(sql)
        module = words.firstIndex { $0.lowercased == "using" }.flatMap { $0 + 1 < words.count ? SQLText.unquoted(words[$0 + 1].text).lowercased() : nil } ?? ""
        // content=other, content='other', content="other"; content='' keeps no rows at all.
        let isFullText = ["fts4", "fts5"].contains(module)
        let content = words.indices.first { $0 + 2 < words.count && words[$0].lowercased == "content" && words[$0 + 1] == "=" }
        source = isFullText ? content.map { SQLText.unquoted(words[$0 + 2].text) } : nil
        if source?.isEmpty == true { source = nil }
    }
}
