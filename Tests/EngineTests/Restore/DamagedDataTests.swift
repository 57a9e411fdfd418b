// What counts as damage, and what becomes of the changes that a damaged file still holds.

import Database
import EngineSupport
import FileSystem
import Testing
import Vocabulary

@testable import Engine

@Suite("Damaged data")
struct DamagedDataTests {
    /// Zeroes the first page of a table or an index. Nobody has the file open.
    static func wreck(_ object: String, of path: String) throws {
        var page: Int64 = 0
        var size: Int64 = 0
        do {
            let connection = try Connection(path, .read)
            page = try #require(try connection.integer("SELECT rootpage FROM sqlite_schema WHERE name='\(object)'"))
            size = try #require(try connection.integer("PRAGMA page_size"))
        }
        let file = try File(path, .readWrite)
        let zeros = [UInt8](repeating: 0, count: Int(size))
        try zeros.withUnsafeBufferPointer { (bytes) throws(SystemError) in
            try file.write(UnsafeRawBufferPointer(bytes), at: UInt64((page - 1) * size))
        }
    }

    @Test("rows that break the rules of their table are not damage: nothing is replaced, and the copy of them is proven")
    func brokenRules() throws {
        let site = try Site(startsLog: false)
        try site.set("<AutomaticRestore>True</AutomaticRestore>")
        try site.client().execute(
            """
            CREATE TABLE rule(id INTEGER PRIMARY KEY, positive INT CHECK(positive > 0), said TEXT, much TEXT);
            PRAGMA ignore_check_constraints=1; INSERT INTO rule VALUES(1, -1, NULL, 'abc');
            PRAGMA writable_schema=1;
            UPDATE sqlite_schema SET sql='CREATE TABLE rule(id INTEGER PRIMARY KEY, positive INT CHECK(positive > 0), said TEXT NOT NULL, much INT)' WHERE name='rule';
            PRAGMA writable_schema=0
            """)
        site.leave()
        #expect(try !site.isSound(), "SQLite objects to them")
        _ = try site.start()
        try site.add("a", "b")
        site.leave()
        #expect(try InPlaceRestore.situation(of: site.application.data, Job()) == .usable)
        let automatic = AutomaticRestore(application: site.application, surroundings: site.surroundings)
        #expect(try automatic.run(isThorough: true, Job()) == nil)
        #expect(try site.names() == "ab")
        let proof = try Proof(archive: site.archive(1), surroundings: site.surroundings, temporary: site.folder).run(Job())
        #expect(proof.result == .proven, "\(proof.reason ?? "")")
    }

    /// One row is captured and not in the log yet, and the file is damaged.
    private func damaged(_ object: String) throws -> LoggedApplication {
        let bench = try LoggedApplication()
        try LoggedApplication.run("CREATE TABLE other(id INTEGER PRIMARY KEY, x); CREATE INDEX byX ON other(x); INSERT INTO other VALUES(1, 'a')", on: bench.application.data)
        try bench.add("A", "B")
        try bench.backup()
        try bench.add("C")
        try LoggedApplication.run("INSERT INTO record(name) VALUES('D')", on: bench.application.data)
        try Self.wreck(object, of: bench.application.data)
        #expect(try InPlaceRestore.situation(of: bench.application.data, Job()) == .damaged)
        return bench
    }

    @Test("I1: what was captured and can still be read is written to the log before a damaged file is replaced")
    func drained() throws {
        let bench = try damaged("byX")
        let outcome = try bench.restore(1, .inPlace)
        #expect(try bench.names() == "ABCD")
        #expect(outcome.warnings.count == 1 && outcome.warnings[0].contains(".damaged-0001"), "\(outcome.warnings)")
        #expect(try LogStatus.of(bench.application, bench.surroundings).state == .ok)
    }

    @Test("captured changes that a damaged file cannot give any more are counted in a warning")
    func lost() throws {
        let bench = try damaged("record")
        let outcome = try bench.restore(1, .inPlace)
        #expect(try bench.names() == "ABC")
        #expect(outcome.warnings.contains { $0.hasPrefix("1 captured change ") && $0.contains("lost") }, "\(outcome.warnings)")
        #expect(try LogStatus.of(bench.application, bench.surroundings).state == .ok)
    }

    @Test("a damaged file whose log is away says how many changes go with it, too")
    func lostWithoutLog() throws {
        let bench = try damaged("byX")
        try Folder.move(bench.application.defaultJournal, to: bench.folder + "/log that is away")
        let outcome = try bench.restore(1, .inPlace)
        #expect(try bench.names() == "AB")
        #expect(outcome.warnings.contains { $0.contains("captured change") && $0.contains("lost") }, "\(outcome.warnings)")
    }
}
