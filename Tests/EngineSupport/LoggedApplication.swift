// An application with a log and backups, made by the engine itself. Times are the computer's: SQLite stamps operations.

import Database
public import Engine
import FileSystem
import Glibc
import Vocabulary

/// `SampleDB` with a table `record`; one insertion is one operation.
public final class LoggedApplication {
    public let folder: String
    public let application: Application
    public let surroundings = Surroundings.test

    public init() throws {
        var template = Array("/tmp/msc-restore-XXXXXX".utf8CString)
        folder = Folder.resolved(String(cString: mkdtemp(&template))) ?? ""
        try Publication.write([], to: folder + "/SampleDB.db")
        try LoggedApplication.run("CREATE TABLE record(id INTEGER PRIMARY KEY, name TEXT)", on: folder + "/SampleDB.db")
        application = try Application(data: folder + "/SampleDB.db")
        _ = try LogStart(application: application, surroundings: surroundings, journal: nil, excluding: []).run(Job())
    }

    deinit { try? Folder.removeTree(folder) }

    public static func run(_ sql: String, on path: String) throws { try Connection(path, .write).execute(sql) }

    /// So that no two events have the same millisecond.
    private func pause() { usleep(3000) }

    /// One committed operation each, in the log at once.
    public func add(_ names: String...) throws {
        for name in names {
            pause()
            try LoggedApplication.run("INSERT INTO record(name) VALUES('\(name)')", on: application.data)
            _ = try LogDrain(application: application, surroundings: surroundings).run(Job())
        }
    }

    /// Several operations of one transaction.
    public func addTogether(_ names: String...) throws {
        pause()
        let values = names.map { "INSERT INTO record(name) VALUES('\($0)');" }.joined()
        try LoggedApplication.run("BEGIN; \(values) COMMIT", on: application.data)
        _ = try LogDrain(application: application, surroundings: surroundings).run(Job())
    }

    @discardableResult
    public func backup() throws -> BackupOutcome {
        pause()
        return try Backup(application: application, surroundings: surroundings, destination: nil).run(Job())
    }

    public func archive(_ number: Int) -> String { application.defaultDestination + "/SampleDB[000\(number)].4BK" }
    public func logBackup(_ number: Int) -> String { application.defaultDestination + "/SampleDB[000\(number)].4BL" }

    public func names(_ path: String? = nil) throws -> String {
        try Connection(path ?? application.data, .read).string("SELECT group_concat(name, '') FROM (SELECT name FROM record ORDER BY id)") ?? ""
    }

    public func restore(_ number: Int, _ target: Restore.Target, logs: Restore.Logs = .automatic, until: Point? = nil) throws -> RestoreOutcome {
        try Restore(
            archive: archive(number), surroundings: surroundings, target: target, items: [], logs: logs, until: until,
            insideTransaction: false
        ).run(Job())
    }

    /// A, B, C, backup 1, D, E, F, backup 2, G, H, I, backup 3, J, K, L.
    public func workedExample() throws {
        for names in [["A", "B", "C"], ["D", "E", "F"], ["G", "H", "I"]] {
            for name in names { try add(name) }
            try backup()
        }
        try add("J", "K", "L")
    }
}
