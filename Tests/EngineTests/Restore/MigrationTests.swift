// Migrations of the application lie between the present and the point that is wanted: the live database comes back across them.

import Database
import FileSystem
import Testing
import Vocabulary

@testable import Engine

@Suite("Across changes of structure")
struct MigrationTests {
    struct Migration: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let sql: String

        init(_ description: String, _ sql: String) {
            testDescription = description
            self.sql = sql
        }
    }

    static let before = """
        CREATE TABLE invoice(id INTEGER PRIMARY KEY AUTOINCREMENT, item INTEGER REFERENCES item(id) ON DELETE CASCADE, total REAL, note TEXT);
        CREATE INDEX byItem ON invoice(item);
        CREATE TABLE tag(name TEXT PRIMARY KEY, n INT) WITHOUT ROWID;
        CREATE VIEW totals AS SELECT item, sum(total) AS total FROM invoice GROUP BY item;
        CREATE TRIGGER counts AFTER INSERT ON invoice BEGIN INSERT INTO tag VALUES('i' || NEW.id, 1); END;
        CREATE VIRTUAL TABLE words USING fts5(text);
        CREATE VIRTUAL TABLE box USING rtree(id, a, b);
        CREATE UNIQUE INDEX byName ON item(name);
        INSERT INTO item(name) VALUES('a'),('b'),('c');
        INSERT INTO invoice(item, total, note) VALUES(1, 1.5, 'x'),(2, 2.5, NULL),(3, 1e300, 'z');
        INSERT INTO words VALUES('one two'),('three');
        INSERT INTO box VALUES(1, 1, 2),(2, 5, 7);
        PRAGMA user_version=1;
        """

    static let migrations = [
        Migration("a column more", "ALTER TABLE invoice ADD COLUMN paid INT DEFAULT 0; UPDATE invoice SET paid = 1 WHERE id = 2; PRAGMA user_version=2"),
        Migration("a column less", "ALTER TABLE invoice DROP COLUMN note; UPDATE invoice SET total = 0"),
        Migration(
            "a table rebuilt",
            """
            PRAGMA foreign_keys=OFF; BEGIN; CREATE TABLE next(id INTEGER PRIMARY KEY AUTOINCREMENT, total TEXT, item INT);
            INSERT INTO next SELECT id, total, item FROM invoice; DROP VIEW totals; DROP TABLE invoice; ALTER TABLE next RENAME TO invoice;
            CREATE UNIQUE INDEX byItem ON invoice(item); PRAGMA user_version=7; COMMIT
            """),
        Migration("a table renamed", "DROP VIEW totals; ALTER TABLE tag RENAME TO label; INSERT INTO label VALUES('new', 5)"),
        Migration(
            "a column renamed",
            """
            UPDATE invoice SET note = 'before' WHERE id = 1; ALTER TABLE invoice RENAME COLUMN note TO remark;
            UPDATE invoice SET remark = 'after' WHERE id = 2; INSERT INTO invoice(item, total, remark) VALUES(1, 2.0, 'more'); DELETE FROM invoice WHERE id = 3
            """),
        Migration(
            "keys and indexed columns renamed",
            """
            ALTER TABLE invoice RENAME COLUMN item TO "the article"; ALTER TABLE tag RENAME COLUMN name TO label; ALTER TABLE invoice RENAME COLUMN id TO number;
            UPDATE tag SET n = 5; INSERT INTO tag VALUES('new', 6); DELETE FROM invoice WHERE number = 2
            """),
        Migration(
            "a table and its column renamed",
            "DROP TRIGGER counts; DROP VIEW totals; ALTER TABLE tag RENAME TO label; INSERT INTO label VALUES('x', 5); ALTER TABLE label RENAME COLUMN n TO count"),
        Migration("columns that exchange names", "ALTER TABLE invoice RENAME COLUMN note TO x; ALTER TABLE invoice RENAME COLUMN total TO note; ALTER TABLE invoice RENAME COLUMN x TO total"),
        Migration(
            "another column in the place of one",
            "ALTER TABLE invoice DROP COLUMN note; ALTER TABLE invoice ADD COLUMN remark TEXT; UPDATE invoice SET remark = 'new' WHERE id = 1"),
        Migration("a generated column", "ALTER TABLE invoice ADD COLUMN twice AS (total * 2); UPDATE invoice SET total = 3 WHERE id = 1"),
        Migration("tables dropped", "DROP VIEW totals; DROP TABLE invoice; DROP TABLE tag; DELETE FROM item WHERE id = 2"),
        Migration("tables made", "CREATE TABLE \"odd \"\" name\"(x, y); INSERT INTO \"odd \"\" name\" VALUES(1, x'00'); CREATE INDEX o ON \"odd \"\" name\"(y)"),
        Migration("a table renamed, and one dropped that a view goes on to name", "ALTER TABLE tag RENAME TO label; DROP TABLE invoice"),
        Migration("a full-text table dropped", "DROP TABLE words"),
        Migration("a full-text table made otherwise", "DROP TABLE words; CREATE VIRTUAL TABLE words USING fts5(text, detail=none); INSERT INTO words VALUES('four')"),
        Migration("a full-text table exchanged for another kind", "DROP TABLE words; CREATE VIRTUAL TABLE words USING fts4(text); INSERT INTO words VALUES('five')"),
        Migration("an R-Tree exchanged for full text", "DROP TABLE box; CREATE VIRTUAL TABLE box USING fts5(text); INSERT INTO box VALUES('six')"),
        Migration("a full-text table exchanged for an ordinary one", "DROP TABLE words; CREATE TABLE words(text); INSERT INTO words VALUES('seven')"),
        Migration("virtual tables renamed", "ALTER TABLE words RENAME TO texts; ALTER TABLE box RENAME TO boxes; INSERT INTO texts VALUES('eight'); DELETE FROM boxes WHERE id = 2"),
        Migration("a unique index dropped, and what it forbade", "DROP INDEX byName; INSERT INTO item(name) VALUES('a'),('b'); UPDATE item SET name = 'c' WHERE name = 'b'"),
        Migration("a unique index dropped, and its table renamed", "DROP INDEX byName; DROP VIEW totals; INSERT INTO item(name) VALUES('a'); ALTER TABLE tag RENAME TO label"),
        Migration("a unique index made when the rows allow it", "UPDATE tag SET n = CAST(substr(name, 2) AS INT); CREATE UNIQUE INDEX byN ON tag(n)"),
        Migration("another unique index", "DROP INDEX byName; INSERT INTO item(name) VALUES('a'); CREATE UNIQUE INDEX byName ON item(name, id)"),
        Migration(
            "a table rebuilt without UNIQUE and NOT NULL",
            """
            CREATE TABLE strict(id INTEGER PRIMARY KEY, v INT NOT NULL UNIQUE CHECK(v > 0)); INSERT INTO strict VALUES(1, 1); BEGIN;
            CREATE TABLE next(id INTEGER PRIMARY KEY, v INT); INSERT INTO next SELECT * FROM strict; DROP TABLE strict; ALTER TABLE next RENAME TO strict;
            INSERT INTO strict VALUES(2, 1),(3, NULL),(4, -1); COMMIT
            """),
        Migration("index, view and trigger", "DROP INDEX byItem; DROP TRIGGER counts; DROP VIEW totals; CREATE VIEW totals AS SELECT 1; CREATE INDEX byTotal ON invoice(total)"),
        Migration("only the number", "PRAGMA user_version=-5; PRAGMA application_id=1180"),
        Migration("the first counter gone", "DROP TABLE invoice; DROP VIEW totals; CREATE TABLE invoice(id INTEGER PRIMARY KEY, x); INSERT INTO invoice VALUES(1, 2)"),
    ]

    @Test("a table that is altered and dropped between two drains, and looked at in between, is gone where the log leads")
    func alteredAndDropped() throws {
        let site = try Site()
        try site.client().execute("CREATE TABLE other(x); INSERT INTO other VALUES(1)")
        _ = try site.backup()
        try site.client().execute("ALTER TABLE other ADD COLUMN y")
        #expect(try Capture.resynchronise(site.client()) != nil)
        try site.client().execute("DROP TABLE other")
        try site.add("z")
        _ = try site.drain()
        let outcome = try site.restore(1, .folder(site.folder + "/r"))
        #expect(try structure(site, outcome.data) == structure(site))
        #expect(try site.names(outcome.data) == "z")
    }

    @Test("a migration that nobody has looked at yet stands before a restore in place: it is logged first")
    func notLookedAt() throws {
        let site = try Site()
        try site.add("a")
        _ = try site.backup()
        try site.client().execute("ALTER TABLE item ADD COLUMN more")
        _ = try site.restore(1, .inPlace)
        #expect(try site.names() == "a")
        #expect(try site.status().state == .ok)
        try site.expectWhole("the log leads there")
    }

    private func structure(_ site: Site, _ path: String? = nil) throws -> [String] {
        let connection = try Connection(path ?? site.application.data, .read, busyTimeout: 10_000)
        return try Structure.sql(connection).sorted()
    }

    @Test("I6: rollback and restore in place go back across them, forward again, and the log leads there too", arguments: migrations)
    func there(_ migration: Migration) throws {
        let site = try Site(startsLog: false)
        try site.client().execute(Self.before)
        _ = try site.start()
        try site.add("d")
        let keep = try site.drain().lastOperation
        let old = (content: try site.content(), structure: try structure(site))
        try site.client().execute(migration.sql)
        try site.add("e")
        _ = try site.drain()
        let new = (content: try site.content(), structure: try structure(site))
        #expect(old.structure != new.structure)

        func expect(_ wanted: (content: String, structure: [String]), _ comment: Comment) throws {
            #expect(try structure(site) == wanted.structure, comment)
            #expect(try site.content() == wanted.content, comment)
            #expect(try site.isSound(), comment)
            #expect(try site.status().state == .ok, comment)
            try site.expectWhole(comment)
        }
        try expect(new, "after the migration")
        let back = try Rollback(
            application: site.application, surroundings: site.surroundings, to: .operation(keep), insideTransaction: false, dryRun: false
        ).run(Job())
        #expect(back.method == "restore")
        try expect(old, "rolled back")
        _ = try Rollback(
            application: site.application, surroundings: site.surroundings, to: .operation(back.previousOperation),
            insideTransaction: false, dryRun: false
        ).run(Job())
        try expect(new, "the rollback rolled back")
        _ = try site.restore(1, .inPlace, until: .operation(keep))
        try expect(old, "restored in place")
        // What follows is captured and undone as ever.
        try site.add("f")
        let last = try site.drain().lastOperation
        _ = try site.rollback(last - 1, .undo)
        try expect(old, "after one more change, undone")
    }

    @Test("a table that is not journaled is altered: the log still leads across, and its rows stay as far as they fit")
    func excluded() throws {
        let site = try Site(startsLog: false)
        try site.client().execute(
            """
            CREATE TABLE cache(id INTEGER PRIMARY KEY, v TEXT, w); CREATE INDEX byV ON cache(v); CREATE TABLE loose(a, b);
            INSERT INTO cache VALUES(7, 'x', 1), (9, 'y', NULL); INSERT INTO loose VALUES(1, 2);
            """)
        _ = try LogStart(application: site.application, surroundings: site.surroundings, journal: nil, excluding: ["cache", "loose"]).run(Job())
        try site.add("d")
        let keep = try site.drain().lastOperation
        try site.client().execute("ALTER TABLE cache ADD COLUMN z DEFAULT 5; ALTER TABLE loose RENAME COLUMN b TO c")
        _ = try site.drain()
        try site.expectWhole("a column more")
        try site.add("e")
        try site.client().execute("ALTER TABLE cache RENAME COLUMN v TO vv; ALTER TABLE loose RENAME COLUMN c TO d")
        _ = try site.drain()
        try site.client().execute("ALTER TABLE cache DROP COLUMN w")
        _ = try site.drain()
        try site.add("f")
        try site.expectWhole("renamed and dropped")
        // Rows that do not fit what the table became stay away: nothing in the log can bring them.
        try site.client().execute("DROP TABLE cache; CREATE TABLE cache(id INTEGER PRIMARY KEY, vv TEXT, u NOT NULL); ALTER TABLE loose RENAME TO lost")
        try site.add("g")
        _ = try site.drain()
        let outcome = try site.restore(1, .folder(site.folder + "/copy"))
        #expect(try site.names(outcome.data) == "defg")
        #expect(try structure(site, outcome.data) == structure(site))
        _ = try site.rollback(keep, .restore)
        #expect(try site.names() == "d")
        #expect(try site.isSound())
    }

    @Test("a copy taken across a renaming can be written to by the application")
    func writable() throws {
        let site = try Site(startsLog: false)
        try site.add("a")
        _ = try site.start()
        try site.client().execute("ALTER TABLE item RENAME COLUMN name TO title; UPDATE item SET title = 'b'")
        _ = try site.drain()
        let outcome = try site.restore(1, .folder(site.folder + "/copy"))
        let copy = try Connection(#require(outcome.data), .write)
        try copy.execute("INSERT INTO item(title) VALUES('c'); UPDATE item SET title = title || 'd'; DELETE FROM item WHERE title = 'cd'")
        #expect(try copy.string("SELECT group_concat(title) FROM item") == "bd")
    }
}
