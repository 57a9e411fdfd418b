// Structures larger than a log can carry: a backup holds them, so the log begins with one.

import Database
import FileSystem
import LogFile
import Testing
import Vocabulary

@testable import Engine

@Suite("A structure that is too large for a log")
struct LargeStructureTests {
    @Test("I2, I8: blank data get a backup first, and archive and log lead to the present")
    func backupFirst() throws {
        let site = try Site(startsLog: false)
        try site.client().execute("CREATE VIEW v AS SELECT 1 AS a /* \(String(repeating: "long ", count: 100)) */")
        var start = LogStart(application: site.application, surroundings: site.surroundings, journal: nil, excluding: [])
        start.mostStructure = 400
        #expect(try start.run(Job()).state == .ok)
        #expect(try site.sets().map(\.number) == [1])
        #expect(try LogReader(site.application.defaultJournal).header.number == 1)
        try site.add("a")
        _ = try site.drain()
        try site.expectWhole("began with a backup")
        // With room for it no backup is needed.
        let other = try Site()
        #expect(try other.sets().isEmpty)
    }

    @Test("a log that follows a backup carries all statements, or where they are too large those of virtual tables, or none")
    func carried() throws {
        let site = try Site(startsLog: false)
        try site.client().execute("CREATE VIRTUAL TABLE f USING fts5(a)")
        try site.client().execute("CREATE VIEW v AS SELECT 1 AS a /* \(String(repeating: "long ", count: 100)) */")
        let connection = try Connection(site.application.data, .read)
        #expect(try Structure.carried(connection) == Structure.sql(connection))
        #expect(try Structure.carried(connection, most: 400) == ["CREATE VIRTUAL TABLE f USING fts5(a)"])
        #expect(try Structure.carried(connection, most: 10) == [])
        // FTS5 keeps rows of its own from the beginning.
        #expect(try !Structure.canBeCarried(connection, most: 1000))
        try site.client().execute("DROP TABLE f")
        #expect(try Structure.canBeCarried(connection, most: 1000) && !Structure.canBeCarried(connection, most: 400))
    }
}
