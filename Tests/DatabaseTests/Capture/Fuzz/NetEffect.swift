@testable import Database
import Vocabulary

/// The plainest redo and undo that can work: per key the net effect, deletions first. Tests hold derived operations against it.
struct NetEffect {
    private struct Row: Hashable {
        var table: UInt32
        var key: [Value]
    }

    let tables: [UInt32: TableDefinition]
    private var wanted: [Row: [Value]?] = [:]
    private var order: [Row] = []

    init(_ tables: [UInt32: TableDefinition]) { self.tables = tables }

    struct Impossible: Error, CustomStringConvertible { let description: String }

    /// Applies operations to a database that is in the state before (redo) or after (undo) them.
    static func apply(_ entries: [Collected.Entry], _ tables: [UInt32: TableDefinition], undo: Bool, to connection: Connection) throws {
        var effect = NetEffect(tables)
        for entry in undo ? entries.reversed() : entries { try effect.add(entry, undo: undo, connection) }
        try effect.write(connection)
    }

    private func column(_ name: String) -> String { "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\"" }

    private func rowid(_ table: TableDefinition) -> String? {
        table.rowidName.map { $0 == table.rowidColumn ? column($0) : $0 }
    }

    private func find(_ row: Row, _ connection: Connection) throws -> [Value]? {
        guard let table = tables[row.table] else { throw Impossible(description: "unknown table") }
        let condition = rowid(table).map { "\($0) IS ?" } ?? table.keyColumns.map { "\(column(table.columns[$0].name)) IS ?" }.joined(separator: " AND ")
        let select = try connection.prepare(
            "SELECT \((table.columns.map { column($0.name) } + ["NULL"]).joined(separator: ",")) FROM \(column(table.name)) WHERE \(condition)")
        try select.bind(row.key)
        while try select.step() {
            let image = table.columns.indices.map { select.value(Int32($0)) }
            if !table.isWithoutRowid || table.keyColumns.map({ image[$0] }) == row.key { return image }
        }
        return nil
    }

    private mutating func add(_ entry: Collected.Entry, undo: Bool, _ connection: Connection) throws {
        guard entry.action.isRecordOperation else { return }
        let row = Row(table: entry.table, key: entry.key)
        let known: [Value]?
        if let earlier = wanted[row] { known = earlier } else {
            known = try find(row, connection)
            order.append(row)
        }
        let isBorn = entry.action == (undo ? .deletion : .addition)
        let isGone = entry.action == (undo ? .addition : .deletion)
        let image = undo ? entry.old : entry.new
        if isBorn {
            guard known == nil else { throw Impossible(description: "the row that \(entry) brings is there") }
            guard !image.contains(.same) else { throw Impossible(description: "\(entry) is incomplete") }
            wanted[row] = .some(image)
        } else {
            guard let known else { throw Impossible(description: "the row of \(entry) is not there") }
            for (value, expected) in zip(known, undo ? entry.new : entry.old) where expected != .same {
                if !(undo && entry.action == .modification && expected == .same), value != expected {
                    throw Impossible(description: "\(entry) meets \(known)")
                }
            }
            wanted[row] = isGone ? .some(nil) : .some(zip(known, image).map { $1 == .same ? $0 : $1 })
        }
    }

    private func write(_ connection: Connection) throws {
        for row in order {
            guard let table = tables[row.table] else { continue }
            let condition: String
            if let rowid = rowid(table) {
                condition = "\(rowid)=?"
            } else {
                condition = table.keyColumns.enumerated().map { position, index in
                    let name = column(table.columns[index].name)
                    let value = "?\(position + 1)"
                    return "\(name) IS \(value) AND typeof(\(name))=typeof(\(value)) AND CAST(\(name) AS BLOB)=CAST(\(value) AS BLOB)"
                }.joined(separator: " AND ")
            }
            let delete = try connection.prepare("DELETE FROM \(column(table.name)) WHERE \(condition)")
            try delete.bind(row.key)
            while try delete.step() {}
        }
        for row in order {
            guard let table = tables[row.table], let image = wanted[row].flatMap({ $0 }) else { continue }
            let names = (rowid(table).map { [$0] } ?? []) + table.columns.map { column($0.name) }
            let values = (table.isWithoutRowid ? [] : row.key) + image
            let insert = try connection.prepare(
                "INSERT OR ABORT INTO \(column(table.name))(\(names.joined(separator: ","))) VALUES(\(names.map { _ in "?" }.joined(separator: ",")))")
            try insert.bind(values)
            while try insert.step() {}
        }
    }
}
