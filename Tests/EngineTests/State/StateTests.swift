// Small readings for the interface: whether anything changed, databases opened last, completed paths, the next backup's plan,
// records of one table, the last attempt.

import Database
import FileSystem
import Testing
import Vocabulary

@testable import Engine

@Suite struct StateTests {
    private let scratch: ScratchApplication
    private var application: Application { scratch.application }
    private let surroundings = Surroundings(
        now: { 1_795_255_997_000 }, makeIdentifier: { "11111111-2222-4333-8444-555555555555" },
        context: Context(process: "test", processID: 1, user: "u", host: "h"), version: "1")

    init() throws {
        scratch = try ScratchApplication()
        // The fixture's data file holds a word; an empty file is an empty database.
        try scratch.write("", to: "SampleDB.db")
        let connection = try Connection(scratch.application.data, .create)
        try connection.execute("PRAGMA journal_mode=WAL; CREATE TABLE t(id INTEGER PRIMARY KEY); INSERT INTO t VALUES(1),(2),(3)")
    }

    @Test func `marks are equal as long as nothing changes, and reading changes nothing`() throws {
        let watch = StateWatch(application)
        let before = watch.mark()
        _ = try LogStatus.of(application, surroundings)
        _ = try Information.of(application, surroundings, Job())
        #expect(watch.mark() == before)
    }

    @Test func `a write, a backup and a log each change the mark`() throws {
        let watch = StateWatch(application)
        var last = watch.mark()
        func expectChange(_ what: Comment) {
            let now = watch.mark()
            #expect(now != last, what)
            last = now
        }
        do {
            let writer = try Connection(application.data, .write)
            try writer.execute("INSERT INTO t VALUES(4)")
            expectChange("a write")
        }
        last = watch.mark()
        _ = try Backup(application: application, surroundings: surroundings, destination: nil).run(Job())
        expectChange("a backup")
        _ = try LogStart(application: application, surroundings: surroundings, journal: nil, excluding: []).run(Job())
        expectChange("a log")
    }

    @Test func `the plan names what the next backup saves, and what is missing`() throws {
        _ = try BackupSettings.createDefault(application)
        let plan = try BackupPlan.of(application, Job())
        #expect(plan.destination == application.defaultDestination)
        #expect(plan.obstacle == nil)
        #expect(plan.items.map(\.role) == ["data", "settings"])
        #expect(plan.items.allSatisfy { !$0.isMissing && $0.bytes > 0 })
        #expect((plan.free ?? 0) > 0 && (plan.capacity ?? 0) > (plan.free ?? 0))
        let folder = application.folder
        try BackupSettings.change(try #require(BackupSettings.key("General/IncludesFiles")), to: [folder + "/nothing"], of: application)
        let missing = try #require(try BackupPlan.of(application, Job()).items.last)
        #expect(missing.role == "attachment" && missing.path == folder + "/nothing" && missing.isMissing && missing.files == 0)
        let job = Job()
        job.stop()
        #expect(throws: Failure.self) { try BackupPlan.of(application, job) }
    }

    @Test func `a stopped backup is the last attempt, and no set`() throws {
        _ = try Backup(application: application, surroundings: surroundings, destination: nil).run(Job())
        #expect(try BackupSet.lastAttempt(of: application)?.status == "complete")
        let job = Job()
        job.stop()
        let later = Surroundings(
            now: { 1_795_256_997_000 }, makeIdentifier: surroundings.makeIdentifier, context: surroundings.context, version: "1")
        #expect(throws: Failure.self) { try Backup(application: application, surroundings: later, destination: nil).run(job) }
        let last = try BackupSet.lastAttempt(of: application)
        #expect(last?.status == "stopped")
        #expect(last?.archive == "")
        #expect(try BackupSet.all(of: application, surroundings).map(\.status) == ["complete"])
    }

    @Test func `the records of one table are counted, and a Stop ends that`() throws {
        #expect(try Information.records(of: "t", in: application, Job()) == 3)
        let job = Job()
        job.stop()
        #expect(throws: Failure.self) { try Information.records(of: "t", in: application, job) }
        let uncounted = try Information.of(application, surroundings, counting: false, Job())
        #expect(uncounted.tables.map(\.records) == [-1])
    }

    @Test func `a backup waits for a program that holds the database exclusively, and can be stopped meanwhile`() throws {
        let holder = try Connection(application.data, .write)
        try holder.execute("PRAGMA journal_mode=DELETE; BEGIN EXCLUSIVE")
        let backup = Backup(application: application, surroundings: surroundings, destination: nil)
        let job = Job()
        job.stop()
        do {
            _ = try backup.run(job)
            Issue.record("the backup did not wait")
        } catch let failure as Failure { #expect(failure.code == .stopped) }
        try holder.execute("ROLLBACK")
        #expect(try backup.run(Job()).number == 1)
    }

    @Test func `databases opened last are kept newest first, each once, at most twenty`() throws {
        let recent = RecentDatabases(path: application.folder + "/state/msc/recent.json")
        #expect(recent.read() == [])
        for number in 0..<25 { try recent.remember("/data/\(number).db") }
        try recent.remember("/data/10.db")
        #expect(recent.read().count == 20)
        #expect(recent.read().prefix(3) == ["/data/10.db", "/data/24.db", "/data/23.db"])
        #expect(recent.read().count { $0 == "/data/10.db" } == 1)
        try Publication.write(Array("not json".utf8), to: recent.path)
        #expect(recent.read() == [])
    }

    @Test func `the list stands where the convention says`() {
        #expect(RecentDatabases(stateHome: "/state", home: "/home/u")?.path == "/state/msc/recent.json")
        #expect(RecentDatabases(stateHome: "relative", home: "/home/u")?.path == "/home/u/.local/state/msc/recent.json")
        #expect(RecentDatabases(stateHome: nil, home: nil) == nil)
    }

    @Test func `Tab adds what all names have in common, and a slash behind the only folder`() throws {
        let folder = application.folder + "/paths"
        try Folder.create(folder + "/invoices")
        for name in ["customers.db", "customs.db", ".hidden"] { try Publication.write([1], to: folder + "/" + name) }
        #expect(PathCompletion.complete(folder + "/c", home: nil) == folder + "/custom")
        #expect(PathCompletion.complete(folder + "/custome", home: nil) == folder + "/customers.db")
        #expect(PathCompletion.complete(folder + "/in", home: nil) == folder + "/invoices/")
        #expect(PathCompletion.complete("~/in", home: folder) == folder + "/invoices/")
        #expect(PathCompletion.complete(folder + "/x", home: nil) == nil)
        #expect(PathCompletion.complete("/no such folder/x", home: nil) == nil)
        #expect(PathCompletion.complete(folder + "/.h", home: nil) == folder + "/.hidden")
        // What is typed stays as it is typed; a relative path counts from the folder that is named.
        #expect(PathCompletion.complete("./in", home: nil, from: folder) == "./invoices/")
        #expect(PathCompletion.complete("../paths/cu", home: nil, from: folder) == "../paths/custom")
        #expect(PathCompletion.complete("in", home: nil, from: folder) == "invoices/")
    }
}
