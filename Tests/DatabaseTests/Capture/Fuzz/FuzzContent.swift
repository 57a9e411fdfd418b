@testable import Database
import Vocabulary

/// What stands in the tables of a random application: rowids and values, each with its type.
struct FuzzContent: Equatable {
    private var rows: [String: [[UInt8]]] = [:]

    init(of tables: [FuzzTable], in connection: Connection) throws {
        for table in tables {
            let hidden = table.kind == .withoutRowid || table.kind == .withoutRowidComposite || table.kind == .rowidColumn || table.primary != nil
            let select = try connection.prepare("SELECT \(hidden ? (table.kind == .rowidColumn ? "_rowid_," : "") : "rowid,")* FROM \(FuzzTable.quoted(table.name))")
            var found: [[UInt8]] = []
            while try select.step() {
                var buffer = ValueBuffer()
                select.append(0..<select.columnCount, to: &buffer)
                found.append(buffer.bytes)
            }
            rows[table.name] = found.sorted { $0.lexicographicallyPrecedes($1) }
        }
    }

    func difference(from wanted: FuzzContent) -> String {
        func text(_ all: [[UInt8]]) -> String {
            all.map { row in
                row.withUnsafeBytes { bytes in
                    var cursor = ValueCursor(bytes)
                    return "\(cursor.rest() ?? [])"
                }
            }.joined(separator: ", ")
        }
        return wanted.rows.keys.sorted().filter { wanted.rows[$0] != rows[$0] }.map { name in
            let (a, b) = (wanted.rows[name] ?? [], rows[name] ?? [])
            return "\(name): too many \(text(b.filter { !a.contains($0) })); missing \(text(a.filter { !b.contains($0) }))"
        }.joined(separator: "\n")
    }
}

extension FuzzRun.Figures {
    static func += (a: inout Self, b: Self) {
        a.statements += b.statements
        a.errors += b.errors
        a.operations += b.operations
        a.differences.merge(b.differences, uniquingKeysWith: +)
    }
}
