@testable import Database
import Glibc
import Testing
import Vocabulary

@Suite("Redo and undo of random work")
struct ApplierFuzzTests {
    static let schemas = [
        // Unique columns that swap, NULLs, defaults, a generated column, a CHECK that old rows break.
        """
        CREATE TABLE t(id INTEGER PRIMARY KEY, u INTEGER UNIQUE, v, w TEXT COLLATE NOCASE UNIQUE, g AS (u*2), s TEXT AS (v||w) STORED);
        CREATE UNIQUE INDEX e ON t(abs(u)%100000, v) WHERE u>3
        """,
        // A hidden rowid, columns that need quoting, affinities.
        "CREATE TABLE \"t t\"\"\"(\"a b\" TEXT, r REAL UNIQUE, n NUMERIC, b BLOB, \"select\" INT, UNIQUE(n,b))",
        // Keys of several columns, under collations, in another order than the columns.
        "CREATE TABLE t(a, b TEXT COLLATE NOCASE, c, u UNIQUE, PRIMARY KEY(c DESC, b)) WITHOUT ROWID",
        "CREATE TABLE t(a TEXT PRIMARY KEY COLLATE RTRIM, u UNIQUE, v) WITHOUT ROWID; CREATE TABLE p(k, x, PRIMARY KEY(k COLLATE NOCASE)) WITHOUT ROWID",
        "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT NOT NULL DEFAULT 'x' UNIQUE, b INT) STRICT",
        "CREATE TABLE parent(id INTEGER PRIMARY KEY, u UNIQUE); CREATE TABLE child(p REFERENCES parent ON DELETE CASCADE ON UPDATE CASCADE, v); CREATE TRIGGER d AFTER DELETE ON parent BEGIN INSERT INTO child VALUES(NULL,old.u); END",
    ]

    @Test("redo reaches the later content and undo the earlier one, byte for byte", arguments: schemas, ["UTF-8", "UTF-16le"])
    func random(schema: String, encoding: String) throws {
        for round in 0..<6 {
            let bench = Bench()
            let work = try bench.database("a", "PRAGMA encoding='\(encoding)'; \(schema)")
            try work.execute("PRAGMA foreign_keys=ON")
            let recorder = try Recorder(work)
            for _ in 0..<60 { Self.act(recorder) }
            let copy = try bench.copy("a", to: "b")
            let start = try everything.compute(work)
            for _ in 0..<40 {
                try recorder.record(isConsistentPoint: Int.random(in: 0..<4) == 0) {
                    for _ in 0..<Int.random(in: 1...12) { Self.act(recorder) }
                }
            }
            let end = try everything.compute(work)
            #expect(start != end)
            let expectation: Applier.Expectation = round % 2 == 0 ? .strict : .exact
            try recorder.apply(.redo, to: copy, expectation: expectation)
            #expect(try everything.compute(copy) == end)
            try recorder.apply(.undo, to: work, expectation: expectation)
            #expect(try everything.compute(work) == start)
            try recorder.apply(.redo, to: work, expectation: expectation)
            #expect(try everything.compute(work) == end)
            #expect(try DatabaseCheck(.full).run(work) == [])
        }
    }

    /// A random statement on a random table; many are refused, which leaves everything as it was.
    static func act(_ recorder: Recorder) {
        guard let definition = recorder.definitions.randomElement() else { return }
        let table = SQLText.quoted(definition.name)
        let columns = ((definition.rowidName.map { [$0] } ?? []) + definition.columns.map(\.name)).map(SQLText.quoted)
        let clause = ["", "", "OR REPLACE ", "OR IGNORE "].randomElement() ?? ""
        let column = columns.randomElement() ?? ""
        let places = columns.indices.map { _ in value }.joined(separator: ",")
        let condition = ["\(column)=\(value)", "\(column)>\(value)", "random()%3=0"].randomElement() ?? ""
        let sql =
            switch Int.random(in: 0..<10) {
            case 0..<5: "INSERT \(clause)INTO \(table)(\(columns.joined(separator: ","))) VALUES(\(places))"
            case 5: "UPDATE \(clause)\(table) SET \(column)=-\(column) WHERE \(condition)"
            case 6: "UPDATE \(clause)\(table) SET \(column)=\(value), \(columns[columns.count - 1])=\(value) WHERE \(condition)"
            case 7: "UPDATE \(clause)\(table) SET \(column)=\(columns.randomElement() ?? "") WHERE \(condition)"
            case 8: "UPDATE \(clause)\(table) SET \(column)=upper(\(column)) WHERE \(condition)"
            default: "DELETE FROM \(table) WHERE \(condition)"
            }
        try? recorder.connection.execute(sql)
    }

    /// From a small range, so that rows collide; as every type, so that 1, 1.0 and '1' meet.
    static var value: String {
        let number = Int.random(in: -3...25)
        return switch Int.random(in: 0..<9) {
        case 0: "NULL"
        case 1: "\(number).0"
        case 2: "\(number).25"
        case 3: "x'00\(10 + abs(number))'"
        case 4: "'\(number)'"
        case 5: "'\(["a", "A", "a ", "b", "B  ", "", "é", "z"].randomElement() ?? "")'"
        case 6: "CAST(x'6100\(10 + abs(number))' AS TEXT)"
        default: "\(number)"
        }
    }
}
