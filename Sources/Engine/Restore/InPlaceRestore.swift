// Puts restored data where the original data file is, was, or lies damaged (invariant I6).

import Archive
import Database
import FileSystem
import Glibc
import LogFile
import Vocabulary

/// The last step of a restore in place.
///
/// - The data file is in use or could be: its rows become the restored ones in one transaction through SQLite, captured like
///   any other change. Programs that have it open see it whole or not at all.
/// - It is missing, or damaged and nobody has it open: the restored file gets the name; what stood there is set aside.
///
/// On Stop, failure or kill -9 the data are as before, or the restored ones.
struct InPlaceRestore {
    let data: RestoredData
    let application: Application
    let surroundings: Surroundings

    enum Situation { case missing, damaged, usable }

    /// How the data file's place looks. Opens it through SQLite. Rows that break rules of their tables are no damage: the data can
    /// be read, and replacing them would lose what no backup holds.
    static func situation(of path: String, _ job: Job) throws -> Situation {
        if Folder.isHidden(path) { throw Application.hidden(path) }
        guard Folder.exists(path) else { return .missing }
        do {
            let connection = try Connection(path, .read, busyTimeout: 2000, stop: job)
            _ = try connection.integer("SELECT count(*) FROM sqlite_schema")
            return try DatabaseCheck(.quick, limit: 1, ignoresRules: true).run(connection, job).isEmpty ? .usable : .damaged
        } catch let error as DatabaseError {
            let failure = error.failure
            guard failure.code == .databaseDamaged || failure.code == .notADatabase else { throw failure }
            return .damaged
        }
    }

    /// Makes sure that no program has the damaged file open: what it wrote to a file that was replaced would be lost (I6).
    /// - Throws: 1420 when one has, or when that cannot be told.
    static func checkUnused(_ path: String) throws(Failure) {
        try checkNames(path)
        switch FileUse.of(path) {
        case .free: return
        case .open(let process):
            throw Failure(
                .databaseLocked,
                "the damaged data file '\(path)' is open in \(process.map { "process \($0)" } ?? "a program, perhaps in another container")",
                hint: "Stop that program, then restore again.")
        // Untested: it takes a file system without leases, or a user who may restore and does not own the data file.
        case .unknown:
            throw Failure(
                .databaseLocked, "nobody can tell whether a program has the damaged data file '\(path)' open",
                cause: "its file system grants no lease, or the file belongs to another user",
                hint: "Run this as the file's owner or as root; or stop the programs, move the damaged file away, and restore again.")
        }
    }

    /// Refuses to replace a file that has a second name elsewhere, which would go on leading to the damaged one. A name under which it was about
    /// to be set aside when a crash came is none.
    private static func checkNames(_ path: String) throws(Failure) {
        guard let status = Folder.status(of: path), status.st_mode & S_IFMT == S_IFREG, status.st_nlink > 1 else { return }
        let folder = Folder.parent(of: path)
        let aside = ((try? Folder.contents(of: folder)) ?? []).filter { $0.contains(".damaged-") }
            .count { Folder.status(of: Folder.join(folder, $0)).map { $0.st_ino == status.st_ino && $0.st_dev == status.st_dev } ?? false }
        guard Int(status.st_nlink) - aside > 1 else { return }
        throw Failure(
            .destinationExists,
            "the damaged data file '\(path)' has \(Int(status.st_nlink) - aside) names (hard links), and only one would get the restored data",
            hint: "Remove the other names ('find -samefile' lists them), then restore again.")
    }

    /// Brings the restored rows into the live database.
    /// - Returns: what could not be brought in.
    /// - Throws: 1509 when the structure cannot be made, 1420 when a writer holds the database.
    func bringIn(_ job: Job) throws -> [String] {
        let session = try LogSession.open(application, surroundings, for: "restore", job)
        let connection = try session?.connection ?? Connection(application.data, .write, stop: job)
        let change = LiveChange(
            connection: connection, session: session, purpose: "restore of backup \(data.manifest.backupNumber) in place",
            mark: [.integer(Int64(clamping: data.manifest.lastOperation)), .integer(Int64(clamping: try session?.open().lastOperation ?? 0))])
        var untouched: [String] = []
        try change.run(.redo, surroundings.context, job) { applier in
            let difference = try Difference(live: application.data, wanted: data.path, job)
            untouched = difference.untouched
            try difference.apply(to: change.connection, applier, job)
        }
        return untouched + (session?.drainWhatIsDone() ?? [])
    }

    /// Brings earlier rows into the restored file before it is published, captured like any other change: the log tells them after all
    /// that it held. Nothing else of the file's place is touched.
    func goBack(to wanted: RestoredData, operation: UInt64, from last: UInt64, _ job: Job) throws {
        let connection = try Connection(data.path, .write, busyTimeout: 1000, stop: job)
        // It is made durable as a whole.
        try connection.execute("PRAGMA synchronous=OFF")
        // The logs may have brought a structure that capture does not know yet.
        let limit = BackupSettings.reloadLimit(of: application)
        let resynchronise = { _ = try Capture.resynchronise(connection, reloadLimit: limit, context: surroundings.context) }
        try resynchronise()
        let change = LiveChange(
            connection: connection, session: nil, purpose: "restore of backup \(data.manifest.backupNumber) in place",
            mark: [.integer(Int64(clamping: operation)), .integer(Int64(clamping: last))])
        try change.run(.redo, surroundings.context, job) { applier in
            try Difference(live: data.path, wanted: wanted.path, job).apply(to: connection, applier, job)
            try applier.finish()
            try resynchronise()
        }
        connection.forgetStatements()
    }

    /// Writes what the published file captured on its way to an earlier point.
    /// - Returns: why the log does not hold it yet, in words.
    func drain() -> [String] {
        do {
            let session = try translatingDatabaseErrors { try LogSession.open(application, surroundings, for: "restore", Job()) }
            return session?.drainWhatIsDone() ?? []
        } catch {
            // Untested: another process has to take the log, or its disk to go, after the restore has read it.
            return ["the log does not hold the way back yet; the next drain writes it: \((error as? Failure)?.sentence ?? String(describing: error))"]
        }
    }

    /// Whether the application's log file is there and ends at this position: then it goes on after data that hold all of it.
    /// - Throws: 1511 or 1515 when the disk or the system does not let it be read: nobody knows then, and it may come back.
    func logEnds(with position: Int64, of owner: LogChain.Owner) throws(Failure) -> Bool {
        guard let journal = try ApplicationRecord.read(application)?.journal else { return false }
        do {
            let reader = try LogReader(journal)
            return reader.header.application == owner.application && reader.header.chain == owner.chain && reader.lastPosition <= position
        } catch {
            guard [.logMissing, .logDamaged, .unsupportedVersion].contains(error.code) else { throw error }
            return false
        }
    }

    /// Gives the restored file the data file's name.
    /// - Parameters:
    ///   - setAside: a damaged file stands there.
    ///   - joinsLog: the application's log goes on with it. One that does not is never to do so, also when it comes back from a disk
    ///     that is away: the data get a fresh chain, to which it is foreign (1416), and two histories are not mixed (I7, I8).
    /// - Throws: 1420 when a process has the damaged file open.
    func publish(setAside: Bool, joinsLog: Bool, _ outcome: inout RestoreOutcome, _ job: Job) throws {
        try job.checkStop()
        // Untested: a process has to open the damaged file after the look at the beginning of the restore.
        if setAside { try InPlaceRestore.checkUnused(application.data) }
        let isCaptured = try attach(joinsLog, job)
        let log = try ApplicationRecord.read(application)?.journal ?? application.defaultJournal
        try data.sync()
        for path in try takePlace() { outcome.warnings.append("what stood there was set aside as '\(path)'") }
        if isCaptured, !joinsLog {
            outcome.warnings.append(
                "the log '\(log)' does not go on from these data and is refused from now on (1416): run 'msc log start', which begins a new one with a backup; until then changes wait in the data file")
        }
    }

    /// The restored file becomes the captured original.
    /// - Returns: whether it captures changes.
    private func attach(_ joinsLog: Bool, _ job: Job) throws -> Bool {
        let connection = try Connection(data.path, .write, busyTimeout: 1000, stop: job)
        guard var state = try CaptureState(connection) else { return false }
        state.attach(to: application)
        if !joinsLog {
            let identifier = surroundings.makeIdentifier()
            guard let chain = Identity(identifier) else {
                // Untested: for a program that makes identifiers of another form; ours makes UUIDs.
                throw Failure(.badValue, "'\(identifier)' is not an identifier", hint: "Please report this sentence.")
            }
            state.chain = chain.bytes
        }
        // The file's device and inode come with it to its new name.
        if let status = Folder.status(of: data.path) {
            state.homeDevice = Int64(bitPattern: UInt64(status.st_dev))
            state.homeInode = Int64(bitPattern: UInt64(status.st_ino))
        }
        try connection.transaction("IMMEDIATE") { try state.write(connection) }
        return true
    }

    /// Gives the restored file the data file's name. What stood there keeps a second name, SQLite's journals included: a stale one would
    /// be replayed onto the restored data. The name never leads to nothing where it led to a file before.
    /// - Returns: the second names.
    private func takePlace() throws -> [String] {
        let journals = ["-wal", "-shm", "-journal"].filter { Folder.exists(application.data + $0) }
        let present = (Folder.exists(application.data) ? [""] : []) + journals
        let number = try freeNumber(present)
        let second = { [self] (ending: String) in asideName(ending, number) }
        var aside: [String] = []
        do {
            if present.first == "" {
                aside.append("")
                try Folder.link(application.data, as: second(""))
            }
            for ending in journals {
                aside.append(ending)
                try Folder.move(application.data + ending, to: second(ending))
            }
            try Folder.move(data.path, to: application.data)
        } catch {
            // It may have its name already, with only the durability of that in doubt; then all stays as it is.
            if Folder.exists(data.path) { putBack(aside, number) }
            throw Failure.writing(error)
        }
        return present.map(second)
    }

    /// What cannot be put back stays under its second name.
    private func putBack(_ endings: [String], _ number: Int) {
        for ending in endings.reversed() {
            let (path, second) = (application.data + ending, asideName(ending, number))
            guard Folder.exists(second) else { continue }
            if Folder.exists(path) { try? Folder.removeFile(second) } else { try? Folder.move(second, to: path) }
        }
    }

    /// The name under which the data file, or a journal of SQLite's with this ending, is set aside: `app.db-wal.damaged-0001`. The data
    /// file's name is shortened where a name of 255 bytes would not hold all of it.
    private func asideName(_ ending: String, _ number: Int) -> String {
        let rest = "\(ending).damaged-\(Application.padded(number))"
        var name = Folder.name(of: application.data).unicodeScalars
        while name.reduce(0, { $0 + UTF8.width($1) }) > 255 - rest.utf8.count { name.removeLast() }
        return Folder.join(application.folder, String(name) + rest)
    }

    private func freeNumber(_ endings: [String]) throws(Failure) -> Int {
        if let free = (1...9999).first(where: { number in !endings.contains { Folder.exists(asideName($0, number)) } }) { return free }
        // Untested: it takes 9,999 damaged files that were set aside.
        throw Failure(
            .destinationExists, "there is no free name to set '\(application.data)' aside",
            hint: "Remove old files that end in .damaged-….")
    }
}
