import Testing
import Vocabulary

@testable import Database

@Suite("Tables of a foreign database")
struct SchemaTests {
    let scratch = Scratch()

    func read(_ sql: String) throws -> Schema {
        let connection = try Connection(scratch.path(), .create)
        try connection.execute(sql)
        return try Schema.read(connection)
    }

    @Test("the rowid is named by its column, or by a name that no column hides")
    func rowids() throws {
        let schema = try read(
            """
            CREATE TABLE a(id INTEGER PRIMARY KEY, x);
            CREATE TABLE b(id INT PRIMARY KEY, x);
            CREATE TABLE c(_rowid_, oid, x);
            CREATE TABLE d(id INTEGER PRIMARY KEY DESC, x);
            CREATE TABLE e(x, y, PRIMARY KEY(y,x)) WITHOUT ROWID;
            CREATE TABLE f(rowid, oid, _rowid_);
            CREATE TABLE g(rowid INTEGER PRIMARY KEY, oid, _rowid_);
            """)
        let names = schema.tables.map { "\($0.name) \($0.rowidName ?? "-") \($0.rowidColumn ?? "-")" }
        #expect(names == ["a id id", "b _rowid_ -", "c rowid -", "d _rowid_ -", "e - -", "g rowid rowid"])
        #expect(schema.table(named: "E")?.keyColumns.map(\.name) == ["y", "x"])
        #expect(schema.exclusions == [.init(name: "f", reason: "its rowid cannot be addressed: columns are named rowid, oid and _rowid_")])
    }

    @Test("generated columns and the rowid are not part of an image")
    func images() throws {
        let schema = try read("CREATE TABLE t(id INTEGER PRIMARY KEY, a, b AS (a||1), c AS (a||2) STORED, d)")
        #expect(schema.tables[0].definition(id: 1).columns.map(\.name) == ["a", "d"])
    }

    @Test("virtual tables are left to their shadow tables, temporary ones are named")
    func virtual() throws {
        let schema = try read(
            "CREATE VIRTUAL TABLE f USING fts5(x); CREATE VIRTUAL TABLE r USING rtree(id,a,b); CREATE TEMP TABLE temporary(x)")
        #expect(schema.exclusions.map(\.name) == ["f", "r", "temporary"])
        #expect(schema.tables.map(\.name) == ["f_config", "f_content", "f_data", "f_docsize", "f_idx", "r_node", "r_parent", "r_rowid"])
        #expect(!schema.tables.contains { !$0.isShadow })
    }

    @Test("a table that needs the application's own functions or collations is not journaled, and says why")
    func foreign() throws {
        let connection = try Connection(scratch.path(), .create)
        try connection.execute(
            """
            CREATE TABLE t(a, b); CREATE TABLE u(a CHECK(a<>7)); CREATE TABLE v(a, b);
            PRAGMA writable_schema=ON;
            INSERT INTO sqlite_schema VALUES('index','i','t',(SELECT rootpage FROM sqlite_schema WHERE name='v'),'CREATE INDEX i ON t(a COLLATE german)');
            UPDATE sqlite_schema SET sql='CREATE TABLE u(a CHECK(valid(a)))' WHERE name='u';
            """)
        let schema = try Schema.read(try Connection(scratch.path(), .write))
        #expect(schema.exclusions.map(\.name) == ["t"])
        #expect(schema.exclusions.first?.reason.contains("german") == true)
        #expect(schema.tables.map(\.name) == ["u", "v"])
    }

    @Test("an index is taken apart into terms and condition, whatever its spelling")
    func index() throws {
        let (terms, condition) = SQLText.index(
            #"CREATE UNIQUE INDEX "on (x" ON [t](a, "b,c" COLLATE NOCASE desc, (a||',' /* ) */ || x'2C'), lower(d)) WHERE a>')' -- end"#)
        #expect(terms == ["a", #""b,c" COLLATE NOCASE"#, "(a||',' || x'2C')", "lower(d)"])
        #expect(condition == "a>')'")
    }

    @Test("expressions of generated columns are found by name")
    func generated() {
        let found = SQLText.generatedColumns(
            "CREATE TABLE t(a DEFAULT (1), \"B c\" TEXT GENERATED ALWAYS AS (a||'as (') STORED UNIQUE, d AS (abs(a)), CHECK(a AS INT))")
        #expect(found == ["b c": "(a||'as (')", "d": "(abs(a))"])
    }

    @Test("names in expressions: quoted or not, but neither functions nor strings")
    func usedColumns() {
        #expect(SQLText.columns(["a", "B", "lower", "x y"], usedIn: "lower(\"b\")||'a'||[X Y]") == ["B", "x y"])
    }
}
