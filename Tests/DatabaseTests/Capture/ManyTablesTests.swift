// Databases of very many tables: what is done for each of them must not go through all of the schema.

import CSQLite
import Testing
import Vocabulary

@testable import Database

@Suite("Very many tables")
struct ManyTablesTests {
    let scratch = Scratch()

    /// The thousands of instructions of SQLite's virtual machine that `body` takes.
    private func steps(_ connection: Connection, _ body: () throws -> Void) rethrows -> Int {
        let count = UnsafeMutablePointer<Int>.allocate(capacity: 1)
        count.initialize(to: 0)
        defer { count.deallocate() }
        sqlite3_progress_handler(
            connection.handle, 100,
            { context in
                context?.assumingMemoryBound(to: Int.self).pointee += 1
                return 0
            }, count)
        defer { sqlite3_progress_handler(connection.handle, 0, nil, nil) }
        try body()
        return count.pointee
    }

    private func made(_ tables: Int) throws -> Int {
        let connection = try Connection(scratch.path("many\(tables)"), .create)
        try connection.execute((0..<tables).map { "CREATE TABLE t\($0)(id INTEGER PRIMARY KEY AUTOINCREMENT, a UNIQUE, b TEXT); CREATE UNIQUE INDEX i\($0) ON t\($0)(b);" }.joined())
        return try steps(connection) {
            try Capture.install(connection, Scratch.state())
            let definitions = try Capture.definitions(connection).filter(\.isCurrent).map(\.definition)
            #expect(try Capture.watched(connection, definitions).count == tables)
        }
    }

    @Test("four times as many tables take about four times as much work, not sixteen times")
    func linear() throws {
        let (few, many) = (try made(150), try made(600))
        #expect(many < few * 6, "\(few) and \(many)")
    }

    /// SQLite goes through all of a connection's statements whenever a switch is set.
    @Test("few statements are kept, however many are asked for")
    func kept() throws {
        let connection = try Connection(scratch.path(), .create)
        for number in 0..<1000 { #expect(try connection.integer("SELECT \(number)") == Int64(number)) }
        var count = 0
        var statement = sqlite3_next_stmt(connection.handle, nil)
        while let found = statement {
            count += 1
            statement = sqlite3_next_stmt(connection.handle, found)
        }
        #expect(count <= 100)
    }

    /// SQLite itself asks within long statements only.
    @Test("a Stop ends work of many short statements at the next one, and all of it is undone")
    func stopped() throws {
        let connection = try Connection(scratch.path(), .create)
        try connection.execute("CREATE TABLE t(a)")
        let job = Job()
        connection.stop(with: job)
        var done = 0
        let error = #expect(throws: DatabaseError.self) {
            try connection.transaction("IMMEDIATE") {
                while done < 1000 {
                    try connection.run("INSERT INTO t VALUES(1)")
                    done += 1
                    if done == 10 { job.stop() }
                }
            }
        }
        #expect(error?.failure.code == .stopped && done == 10)
        connection.stop(with: nil)
        #expect(try connection.integer("SELECT count(*) FROM t") == 0)
    }

    @Test("triggers of ours are told by their names: not on a table made anew, not another's of a similar name")
    func watched() throws {
        let connection = try Connection(scratch.path(), .create)
        try connection.execute("CREATE TABLE one(a); CREATE TABLE Two(a); CREATE TABLE three(a)")
        try Capture.install(connection, Scratch.state())
        var definitions = try Capture.definitions(connection).map(\.definition)
        let ids = Dictionary(uniqueKeysWithValues: definitions.map { ($0.name, $0.id) })
        let similar = "_msc_\(ids["one"] ?? 0)_own"
        try connection.execute("DROP TABLE one; CREATE TABLE one(a); CREATE TRIGGER \(similar) AFTER INSERT ON one BEGIN SELECT 1; END")
        for index in definitions.indices { definitions[index].name = definitions[index].name.uppercased() }
        #expect(try Capture.watched(connection, definitions) == [ids["Two"], ids["three"]].compactMap { $0 }.reduce(into: Set()) { $0.insert($1) })
        // Another table has the name now: its triggers are not the definition's.
        try connection.execute("ALTER TABLE three RENAME TO four")
        #expect(try Capture.watched(connection, definitions) == Set([ids["Two"]].compactMap { $0 }))
        #expect(TriggerText.table(of: "_msc_7_bi") == 7 && TriggerText.table(of: "_msc__bi") == nil && TriggerText.table(of: "x") == nil)
    }
}
