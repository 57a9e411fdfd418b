// Rows whose generated columns or indexes depend on the version of SQLite that wrote them.

import Testing
import Vocabulary

@testable import Database

@Suite("The text of a REAL, stored")
struct RealTextTests {
    @Test("only text made of a REAL that 15 digits do not hold is doubtful", arguments: [
        ("CREATE TABLE t(r, g AS (r||'') STORED)", 1), ("CREATE TABLE t(r); CREATE INDEX i ON t(lower(r))", 1),
        ("CREATE TABLE t(r); CREATE INDEX i ON t(lower(r)) WHERE r<5", 0), ("CREATE TABLE t(r, g AS (r*2) STORED)", 0),
        ("CREATE TABLE t(r); CREATE INDEX i ON t(r)", 0), ("CREATE TABLE t(r, n); CREATE INDEX i ON t(lower(n))", 0),
    ])
    func tables(sql: String, count: Int64) throws {
        let connection = try Connection(":memory:", .create)
        try connection.execute(sql + "; INSERT INTO t(r) VALUES(1.5),(7),('word'),(10145709240540254208.0)")
        #expect(try RealText.doubtful(connection, Job()).map(\.rows) == (count == 0 ? [] : [count]))
    }
}
