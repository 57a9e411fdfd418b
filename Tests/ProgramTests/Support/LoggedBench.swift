// The usual starting point: a database with one table, its log on, one backup, and changes after it.

import Testing

extension Workbench {
    /// Records 1…3 in backup 1, then 4…6 in the log.
    static func logged(_ name: String = "SampleDB.db", journalMode: String = "wal") throws -> Workbench {
        let bench = try Workbench(name)
        try bench.sqlite("PRAGMA journal_mode=\(journalMode); CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT)")
        try bench.msc("log", "start", bench.data)
        try bench.add("a", "b", "c")
        try bench.json("backup", bench.data)
        try bench.add("d", "e", "f")
        return bench
    }

    /// One committed row for each name.
    func add(_ names: String...) throws {
        try sqlite(names.map { "INSERT INTO item(name) VALUES('\($0)');" }.joined())
    }

    func names(_ path: String? = nil) throws -> String { try sqlite("SELECT group_concat(name,'') FROM item", on: path) }

    /// A folder's files with their bytes, to see that nothing changed.
    func state(_ paths: [String]) -> [String: [UInt8]] {
        var result: [String: [UInt8]] = [:]
        for path in paths { result[path] = bytes(path) }
        return result
    }
}
