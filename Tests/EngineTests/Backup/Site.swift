// A real application in a folder of its own: a SQLite database with its log on, and a client that knows nothing of us.

import Database
import EngineSupport
import FileSystem
import Glibc
import LogFile
import Testing
import Vocabulary

@testable import Engine

final class Site {
    let folder: String
    let application: Application
    private var clientConnection: Connection?
    let surroundings = Surroundings.test

    /// - Parameter place: an existing folder; nil for one of temporary files.
    init(in place: String? = nil, startsLog: Bool = true) throws {
        let parent = place ?? (access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp")
        var template = Array("\(parent)/msc-site-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let data = folder + "/SampleDB.db"
        let connection = try Connection(data, .create, busyTimeout: 10_000)
        try connection.execute("PRAGMA journal_mode=wal; CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT)")
        clientConnection = connection
        application = try Application(data: data)
        if startsLog { _ = try start() }
    }

    deinit {
        clientConnection = nil
        try? Folder.removeTree(folder)
    }

    // MARK: The client

    func client() throws -> Connection {
        if let clientConnection { return clientConnection }
        let made = try Connection(application.data, .create, busyTimeout: 10_000)
        clientConnection = made
        return made
    }

    /// The client ends: nobody has the file open.
    func leave() { clientConnection = nil }

    func add(_ names: String...) throws {
        for name in names { try client().execute("INSERT INTO item(name) VALUES('\(name)')") }
    }

    func names(_ path: String? = nil) throws -> String {
        let connection = try Connection(path ?? application.data, .read, busyTimeout: 10_000)
        return try connection.string("SELECT coalesce(group_concat(name, ''), '') FROM item") ?? ""
    }

    func content(_ path: String? = nil) throws -> String {
        try ContentDigest(includesSequences: true).compute(try Connection(path ?? application.data, .read, busyTimeout: 10_000))
    }

    func isSound(_ path: String? = nil) throws -> Bool {
        try DatabaseCheck(.full).run(try Connection(path ?? application.data, .read, busyTimeout: 10_000)).isEmpty
    }

    // MARK: Operations

    func start(_ job: Job = Job(), at journal: String? = nil, excluding exclusions: [String] = []) throws -> LogStatus {
        try LogStart(application: application, surroundings: surroundings, journal: journal, excluding: exclusions).run(job)
    }

    func stop(_ job: Job = Job()) throws -> LogStatus { try LogStop(application: application, surroundings: surroundings).run(job) }

    func drain(_ job: Job = Job()) throws -> DrainOutcome {
        try LogDrain(application: application, surroundings: surroundings).run(job)
    }

    func cut(_ job: Job = Job()) throws -> LogCutOutcome { try LogCut(application: application, surroundings: surroundings).run(job) }

    func backup(_ job: Job = Job()) throws -> BackupOutcome {
        try Backup(application: application, surroundings: surroundings, destination: nil).run(job)
    }

    func restore(_ number: Int, _ target: Restore.Target, until: Point? = nil, _ job: Job = Job()) throws -> RestoreOutcome {
        try Restore(
            archive: archive(number), surroundings: surroundings, target: target, items: [], logs: .automatic, until: until,
            insideTransaction: false
        ).run(job)
    }

    func integrate(_ path: String, _ logs: [String], _ job: Job = Job()) throws -> IntegrationOutcome {
        try Integration(data: path, surroundings: surroundings, logs: logs, until: nil, insideTransaction: false).run(job)
    }

    func rollback(_ keep: UInt64, _ method: Rollback.Method, _ job: Job = Job()) throws -> RollbackOutcome {
        var rollback = Rollback(
            application: application, surroundings: surroundings, to: .operation(keep), insideTransaction: false, dryRun: false)
        rollback.method = method
        return try rollback.run(job)
    }

    func status() throws -> LogStatus { try LogStatus.of(application, surroundings) }
    func sets() throws -> [BackupSet] { try BackupSet.all(of: application, surroundings) }

    func archive(_ number: Int) -> String { Folder.join(application.defaultDestination, Application.archiveName("SampleDB", number)) }
    func logBackup(_ number: Int) -> String { Folder.join(application.defaultDestination, Application.logBackupName("SampleDB", number)) }

    /// - Parameter general: what goes into the other section of the settings.
    func set(_ xml: String, general: String = "") throws {
        try application.createFolders()
        try Publication.write(
            Array("""
                <?xml version="1.0"?>
                <Preferences4D xmlns="http://www.4d.com/namespace/reserved/2004/backup"><Backup><Settings><General>\(general)</General><Advanced>\(xml)</Advanced></Settings></Backup></Preferences4D>
                """.utf8), to: application.settingsFile)
    }

    // MARK: What must hold

    /// Whatever happened: each file under a final name is sound (I3), the history names only files that are there (I5), every
    /// change is in the data and, with the next drain, in the log, under operation numbers without a hole (I1, I7), and the
    /// oldest archive with all logs leads to the present (I2).
    /// - Parameter isNewChain: the log ended and another one began: its archive is the newest one.
    func expectWhole(_ comment: Comment, isNewChain: Bool = false, at location: SourceLocation = #_sourceLocation) throws {
        for name in try Folder.contents(of: application.defaultDestination) where name.hasPrefix("SampleDB[") {
            let check = try Verification.of(
                Folder.join(application.defaultDestination, name), recordsOnly: false, tables: [], Job())
            #expect(check.problems == [], "I3: \(comment) \(name)", sourceLocation: location)
        }
        let sets = try sets()
        #expect(sets.allSatisfy { $0.present }, "I5: \(comment)", sourceLocation: location)
        #expect(sets.allSatisfy { $0.log.map { Folder.exists($0) } ?? true }, "I5: \(comment)", sourceLocation: location)
        #expect(Set(sets.map(\.number)).count == sets.count, "I7: \(comment)", sourceLocation: location)
        _ = try drain()
        let oldest = try #require(isNewChain ? sets.map(\.number).max() : sets.map(\.number).min(), comment, sourceLocation: location)
        let copy = folder + "/whole"
        try Folder.removeTree(copy)
        let outcome = try restore(oldest, .folder(copy))
        #expect(try content(outcome.data) == content(), "I1, I2: \(comment)", sourceLocation: location)
        try Folder.removeTree(copy)
    }

    /// Names that only unfinished work has, anywhere below the site.
    func leftovers(_ start: String? = nil) throws -> [String] {
        let folder = start ?? folder
        return try Folder.contents(of: folder).flatMap { name -> [String] in
            let path = Folder.join(folder, name)
            return (name.contains(".msc-partial-") ? [path] : []) + (Folder.isFolder(path) ? try leftovers(path) : [])
        }
    }
}
