// The trial restore: proven, failed, inconclusive, and what it leaves.

import Database
import FileSystem
import Testing
import Vocabulary

@testable import Engine

@Suite("Proof of restorability")
struct ProofTests {
    private func prove(_ site: Site, _ number: Int, of data: String? = nil, _ job: Job = Job()) throws -> ProofOutcome {
        try Proof(archive: site.archive(number), of: data, surroundings: site.surroundings, temporary: site.folder).run(job)
    }

    /// Backup 1 and 2, changes after each.
    private func site(in place: String? = nil) throws -> Site {
        let site = try Site(in: place)
        try site.add("a", "b")
        _ = try site.backup()
        try site.add("c")
        _ = try site.backup()
        try site.add("d")
        return site
    }

    @Test("every archive with the logs that follow it is proven at the present operation, and the history keeps it")
    func proven() throws {
        let site = try site()
        for number in [1, 2] {
            let outcome = try prove(site, number)
            #expect(outcome.result == .proven && outcome.operation == 4 && outcome.reason == nil && outcome.data == site.application.data)
        }
        let sets = try site.sets()
        #expect(sets.map { $0.proof?.result } == [.proven, .proven] && sets[0].proof?.operation == 4)
        #expect(try site.leftovers() == [] && site.names() == "abcd")
        #expect(try site.status().lastOperation == 4)
        // A copy of the archive elsewhere is proven too, and its folder gets no history.
        try Folder.create(site.folder + "/elsewhere")
        try Publication.write(File.contents(of: site.archive(2), atMost: 1 << 20), to: site.folder + "/elsewhere/copy.4BK")
        let copy = try Proof(archive: site.folder + "/elsewhere/copy.4BK", surroundings: site.surroundings, temporary: site.folder).run(Job())
        #expect(copy.result == .proven)
        #expect(try Folder.contents(of: site.folder + "/elsewhere") == ["copy.4BK"])
        let journal = try String(decoding: File.contents(of: site.application.logsFolder + "/Backup Journal[001].txt", atMost: 1 << 20), as: UTF8.self)
        #expect(journal.contains("\tproof\t2\tproven\t"))
    }

    @Test("counters, rows without a declared key, WITHOUT ROWID tables and migrations after the backup are proven too")
    func shapes() throws {
        let site = try Site()
        try site.client().execute(
            """
            CREATE TABLE counted(id INTEGER PRIMARY KEY AUTOINCREMENT, x); CREATE TABLE loose(x, y);
            CREATE TABLE keyed(k TEXT PRIMARY KEY, v) WITHOUT ROWID
            """)
        _ = try site.backup()
        try site.client().execute(
            """
            INSERT INTO counted(x) VALUES(1.5),(x'00ff'),('t'); DELETE FROM counted WHERE id=3; INSERT INTO loose VALUES(1,NULL),(NULL,2);
            INSERT INTO keyed VALUES('k',1); ALTER TABLE loose ADD COLUMN z DEFAULT 7; INSERT INTO loose VALUES(1,2,3)
            """)
        let outcome = try prove(site, 1)
        #expect(outcome.result == .proven, "\(outcome)")
    }

    @Test("an archive whose application has lost its log is restored, with nothing to compare it with; one that nobody knows is noted nowhere")
    func lostLog() throws {
        let site = try site()
        _ = try site.drain()
        try Folder.removeFile(site.application.defaultJournal)
        let outcome = try prove(site, 2)
        #expect(outcome.result == .inconclusive)
        #expect(outcome.reason?.hasPrefix("the archive can be restored, but there is nothing to compare it with: the log file '\(site.application.defaultJournal)' is not available") == true, "\(outcome)")
        let stray = site.folder + "/stray.4BK"
        try Publication.write([1, 2, 3], to: stray)
        let unknown = try Proof(archive: stray, surroundings: site.surroundings, temporary: site.folder).run(Job())
        #expect(unknown.result == .failed && unknown.warnings == [])
    }

    @Test("content that no log explains fails, and the table is named")
    func failed() throws {
        let site = try site()
        // A change that capture does not see.
        let connection = try Connection(site.application.data, .write)
        let triggers = try connection.prepare("SELECT name, sql FROM sqlite_schema WHERE type='trigger' AND tbl_name='item'")
        var texts: [(String, String)] = []
        while try triggers.step() { texts.append((triggers.string(0), triggers.string(1))) }
        _ = try site.drain()
        let version = try connection.integer("PRAGMA schema_version") ?? 0
        try connection.execute("BEGIN IMMEDIATE")
        for (name, _) in texts { try connection.execute("DROP TRIGGER \"\(name)\"") }
        try connection.execute("UPDATE item SET name='changed' WHERE id=1")
        for (_, sql) in texts { try connection.execute(sql) }
        try connection.execute("COMMIT; PRAGMA schema_version=\(version)")
        let outcome = try prove(site, 2)
        #expect(outcome.result == .failed && outcome.tables == ["item"], "\(outcome)")
        #expect(outcome.reason?.contains("item") == true)
        #expect(try site.sets().first { $0.number == 2 }?.proof?.result == .failed)
    }

    @Test("a damaged archive fails; with parity it is proven, with a warning")
    func damaged() throws {
        let site = try Site.withParity()
        let size = try Site.bytes(site.archive(1)).count
        try Site.damage(site.archive(1), size / 2..<size / 2 + 20)
        let proven = try prove(site, 1)
        #expect(proven.result == .proven && proven.warnings.contains { $0.contains("msc repair") })
        try Folder.removeFile(site.archive(1) + ".parity")
        let outcome = try prove(site, 1)
        #expect(outcome.result == .failed && outcome.reason?.contains("damaged") == true)
        #expect(try site.leftovers() == [])
    }

    @Test("without something to compare with, it is inconclusive and says why")
    func inconclusive() throws {
        let site = try site()
        _ = try site.drain()
        // A log is missing in between.
        try Folder.move(site.logBackup(1), to: site.folder + "/aside")
        let gap = try prove(site, 1)
        #expect(gap.result == .inconclusive && gap.reason?.isEmpty == false)
        #expect(try prove(site, 2).result == .proven)
        try Folder.move(site.folder + "/aside", to: site.logBackup(1))
        // Another database.
        let other = try Site()
        #expect(try prove(site, 2, of: other.application.data).reason?.contains("was not made from") == true)
        // None at all.
        site.leave()
        try Folder.move(site.application.data, to: site.folder + "/gone")
        let missing = try prove(site, 2)
        #expect(missing.result == .inconclusive && missing.reason?.contains("there is no database at") == true)
        #expect(try site.leftovers() == [])
    }

    @Test("without a log, equal content is proven; after a change nobody can tell")
    func withoutLog() throws {
        let site = try Site(startsLog: false)
        try site.add("a")
        _ = try site.backup()
        #expect(try prove(site, 1).result == .proven)
        try site.add("b")
        let outcome = try prove(site, 1)
        #expect(outcome.result == .inconclusive && outcome.operation == nil)
    }

    @Test("tables that are not journaled are named and do not count")
    func notJournaled() throws {
        let site = try Site(startsLog: false)
        try site.client().execute("CREATE TABLE noise(x)")
        _ = try LogStart(application: site.application, surroundings: site.surroundings, journal: nil, excluding: ["noise"]).run(Job())
        _ = try site.backup()
        try site.add("a")
        try site.client().execute("INSERT INTO noise VALUES(1)")
        let outcome = try prove(site, 1)
        #expect(outcome.result == .proven && outcome.notCompared == ["noise"], "\(outcome)")
    }

    @Test("a table that the log cannot carry, though nobody excluded it, is named, and nothing is proven: a restore does not bring its rows")
    func cannotBeJournaled() throws {
        let site = try Site()
        _ = try site.backup()
        let client = try site.client()
        // As an application leaves it that has the function.
        try client.execute("CREATE TABLE own(a); INSERT INTO own VALUES(1)")
        try client.execute(
            "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql='CREATE TABLE own(a, b AS (ours(a)))' WHERE name='own'; PRAGMA writable_schema=OFF")
        _ = try site.drain()
        let outcome = try prove(site, 1)
        #expect(outcome.result == .inconclusive && outcome.notCompared == ["own"], "\(outcome)")
        #expect(outcome.reason?.contains("'own'") == true)
    }

    @Test("with the setting each backup is followed by a proof")
    func setting() throws {
        let site = try Site()
        try site.set("<ProveRestorability>True</ProveRestorability>")
        try site.add("a")
        let outcome = try site.backup()
        #expect(outcome.proof?.result == .proven && outcome.warnings == [])
        #expect(try site.sets()[0].proof?.result == .proven)
    }

    @Test("Stop at every moment: 1406, no scratch folder, the data as they were")
    func stop() throws {
        let site = try site()
        _ = try site.drain()
        var stopped = 0
        try withEveryCall(below: site.folder) { arm, end in
            let job = Job()
            arm {
                job.stop()
                return nil
            }
            let outcome = Result { try prove(site, 1, job) }
            _ = end()
            switch outcome {
            case .failure(let error):
                stopped += 1
                #expect((error as? Failure)?.code == .stopped, "\(error)")
            case .success(let made): #expect(made.result == .proven)
            }
            let left = try site.leftovers()
            let names = try site.names()
            #expect(left == [] && names == "abcd")
        }
        #expect(stopped > 3)
    }

    @Test("whatever call fails: an error, or an outcome that does not say proven wrongly; nothing stays")
    func faults() throws {
        let site = try site()
        _ = try site.drain()
        let met = try withEveryFault(below: site.folder) { fault, end in
            fault()
            let outcome = Result { try prove(site, 1) }
            _ = end()
            if case .failure(let error) = outcome { #expect(error is Failure, "\(error)") }
            if case .success(let made) = outcome { #expect(made.result != .failed, "\(made)") }
            try Folder.removeLeftovers(in: site.application.defaultDestination)
            #expect(try site.names() == "abcd")
        }
        #expect(met > 10)
        #expect(try prove(site, 1).result == .proven)
        #expect(try site.leftovers() == [])
    }

    @Test("an archive that was wrecked after its proof does not stay proven", arguments: [false, true])
    func wrecked(namesData: Bool) throws {
        let site = try site()
        for number in [1, 2] { #expect(try prove(site, number).result == .proven) }
        func check(_ name: String) -> Health.Check? { Health.of(site.application, site.surroundings).checks.first { $0.name == name } }
        #expect(check("archive") == nil)
        let file = try File(site.archive(2), .readWrite)
        try file.truncate(to: 1000)
        #expect(check("archive")?.state == .critical, "its size is not the recorded one")
        #expect(check("archive")?.message.contains("1000 bytes") == true)
        #expect(try prove(site, 2, of: namesData ? site.application.data : nil).result == .failed)
        #expect(try site.sets().map { $0.proof?.result } == [.failed, .proven])
        #expect(check("proof")?.state == .critical)
    }

    @Test("I4: the trial restore comes before retention: sets that fail it delete no set that was proven")
    func beforeRetention() throws {
        let site = try Site()
        try site.client().execute(
            """
            CREATE INDEX byName ON item(name);
            WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM c WHERE n<2000) INSERT INTO item(name) SELECT hex(randomblob(40)) FROM c
            """)
        try site.set("<ProveRestorability>True</ProveRestorability><SetNumber><Value>1</Value></SetNumber>")
        #expect(try site.backup().proof?.result == .proven)
        let page = try #require(try site.client().integer("SELECT max(pageno) FROM dbstat WHERE name='byName' AND pagetype='leaf'"))
        site.leave()
        let file = try File(site.application.data, .readWrite)
        try [UInt8](repeating: 0, count: 4096).withUnsafeBytes { try file.write($0, at: UInt64(page - 1) * 4096) }
        for _ in 0..<2 { #expect(try site.backup().proof?.result == .failed) }
        #expect(try site.sets().map { $0.proof?.result } == [.failed, .failed, .proven])
    }

    @Test("a log that began anew, and a structure that changed without one, leave nothing to compare with")
    func otherChain() throws {
        let site = try site()
        _ = try site.stop()
        try site.add("z")
        _ = try site.start()
        let outcome = try prove(site, 1)
        #expect(outcome.result == .inconclusive)
        #expect(outcome.reason?.hasSuffix("the log of '\(site.application.data)' began anew after this archive was made") == true, "\(outcome)")
        let quiet = try Site(startsLog: false)
        try quiet.add("a")
        _ = try quiet.backup()
        try quiet.client().execute("CREATE TABLE later(x)")
        let changed = try prove(quiet, 1)
        #expect(changed.result == .inconclusive && changed.reason?.hasPrefix("the structures differ: ") == true && changed.reason?.contains("later") == true, "\(changed)")
    }

    @Test("a sound archive of a damaged database fails, with what is damaged")
    func damagedDatabase() throws {
        let site = try Site(startsLog: false)
        try site.add("a", "b")
        try site.client().execute("CREATE INDEX i ON item(name); PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql='CREATE INDEX i ON item(id)' WHERE name='i'")
        _ = try site.backup()
        let outcome = try prove(site, 1)
        #expect(outcome.result == .failed && outcome.reason?.hasPrefix("the restored database is damaged: ") == true, "\(outcome)")
        #expect(try site.leftovers() == [])
    }
}
