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

    @Test("which tables belong to a virtual table, and how its content is kept whole")
    func keeping() throws {
        let scratch = Scratch()
        let connection = try Connection(scratch.path(), .create)
        try connection.execute(
            """
            CREATE TABLE doc(id INTEGER PRIMARY KEY, a); CREATE TABLE f_notes(x); CREATE TABLE plain_data(x);
            CREATE VIRTUAL TABLE f USING fts5(a); CREATE VIRTUAL TABLE f_more USING fts5(a, content = "doc", content_rowid=id);
            CREATE VIRTUAL TABLE "bare" USING FTS5(a, content=''); CREATE VIRTUAL TABLE old USING fts4(a, content="doc");
            CREATE VIRTUAL TABLE box USING rtree(id, x0, x1); CREATE VIRTUAL TABLE words USING fts5vocab(f, row);
            CREATE VIRTUAL TABLE named USING fts5(content); CREATE TABLE far_rows(x); CREATE TABLE faraway(x);
            PRAGMA writable_schema=ON; INSERT INTO sqlite_schema VALUES('table','far','far',0,'CREATE VIRTUAL TABLE far USING vectors(a)'); PRAGMA writable_schema=RESET;
            """)
        let tables = try VirtualTable.all(connection)
        let found = Dictionary(uniqueKeysWithValues: tables.map { ($0.name, $0) })
        #expect(found["f"]?.shadows == ["f_config", "f_content", "f_data", "f_docsize", "f_idx"])
        #expect(found["f_more"]?.shadows == ["f_more_config", "f_more_data", "f_more_docsize", "f_more_idx"])
        #expect(found["far"]?.shadows == ["far_rows"])
        #expect(tables.map { "\($0.name) \($0.keeping)" }.sorted() == [
            "bare content", "box content", "f content", "f_more derived", "far content", "named content", "old derived", "words nothing",
        ])
        #expect(found["f_more"]?.logged == ["f_more_config"])
        #expect(found["old"]?.logged == [])
        #expect(found["old"]?.source == "doc")
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
