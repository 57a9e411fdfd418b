// The tables of column names behind the triggers (`_msc_z`): one is enough unless the database has very many names.

/// Tables that share one table of column names.
struct NameGroup {
    /// More columns than this in one table: SQLite's expression depth forbids the natural join, so its triggers name columns
    /// directly.
    static let widestJoin = 300
    /// SQLite's usual limit is 2000 columns in a table.
    private static let mostNames = 1900

    let name: String
    private(set) var tables: Set<String> = []
    private var columns: [String] = []
    private var known: Set<String> = []

    static func groups(_ tables: [Table]) -> [NameGroup] {
        var groups: [NameGroup] = []
        for table in tables where table.columns.count <= widestJoin {
            let names = Set(table.columns.map { $0.name.lowercased() })
            let fitting = groups.indices.first { group in
                groups[group].known.count + names.count(where: { !groups[group].known.contains($0) }) <= mostNames
            }
            let index = fitting ?? groups.count
            if fitting == nil { groups.append(NameGroup(name: Outbox.names + (groups.isEmpty ? "" : "\(groups.count + 1)"))) }
            groups[index].tables.insert(table.name)
            for column in table.columns where groups[index].known.insert(column.name.lowercased()).inserted {
                groups[index].columns.append(column.name)
            }
        }
        return groups
    }

    private init(name: String) { self.name = name }

    var create: String { "CREATE TABLE \(name)(\(columns.map(SQLText.quoted).joined(separator: ",")))" }
}
