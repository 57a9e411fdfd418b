// Turns the log on: capture into the database, the first backup where one is needed, then the log file.

import Database
import FileSystem
import LogFile
public import Vocabulary

/// `msc log start`.
///
/// On Stop (1406) or failure: the database as it was, no log file, no backup. A log that was there, even out of reach, stays the
/// log of these data, with the changes that wait for it. On kill -9 between capture and log file the status says that the log is
/// unavailable, and the command run again finishes the work. Run on an application whose log file is lost, it begins a new chain
/// with a backup; run on a detached copy, it makes the copy an application of its own.
public struct LogStart: Sendable {
    private let application: Application
    private let surroundings: Surroundings
    private let journal: String?
    private let exclusions: [String]
    /// With more bytes of statements than this, blank data get a backup first: see `Structure.mostBytes`.
    var mostStructure = Structure.mostBytes

    /// - Parameters:
    ///   - journal: where the log file shall stand; nil for beside the data file.
    ///   - exclusions: tables that are not journaled.
    public init(application: Application, surroundings: Surroundings, journal: String?, excluding exclusions: [String]) {
        self.application = application
        self.surroundings = surroundings
        self.journal = journal
        self.exclusions = exclusions
    }

    public func run(_ job: Job) throws -> LogStatus {
        guard Folder.exists(application.data) else {
            throw Failure(
                .fileNotFound, "the data file '\(application.data)' is missing", hint: "Restore it first with 'msc restore'.")
        }
        let connection = try translatingDatabaseErrors { try perform(job) }
        return try LogStatus.of(application, surroundings, on: connection)
    }

    private func perform(_ job: Job) throws -> Connection {
        let beginning = try prepare(job)
        try begin(beginning, job)
        takeSums(beginning.connection, job)
        beginning.connection.stop(with: nil)
        return beginning.connection
    }

    func begin(_ beginning: Beginning, _ job: Job) throws {
        do {
            if let mark = beginning.mark { try begin(beginning, at: mark, job) } else {
                var backup = Backup(application: application, surroundings: surroundings, destination: nil)
                backup.newChain = beginning.new
                _ = try backup.run(job, on: beginning.connection)
            }
        } catch {
            // Without a log, capture that was just installed would only fill the database. What cannot be removed now is told by
            // 'log status'.
            takeBack(beginning)
            throw error
        }
        note(beginning)
    }

    /// The log begins at once. What was captured since the mark is in it with the next drain.
    private func begin(_ beginning: Beginning, at mark: LogMark, _ job: Job) throws {
        let shared = beginning.connection
        guard let session = try LogSession.open(application, surroundings, for: "log start", starting: beginning.new, on: shared, job) else {
            // Untested: capture was installed a moment ago; somebody has to turn the log off between the two.
            throw LogSession.noLog(application)
        }
        defer { session.abandonNewChain() }
        guard let base = beginning.base else { return try session.begin(after: 0, at: mark) }
        let chain = try session.state.chainIdentity
        do {
            // First: from the moment that the log is there, a restore of its base has to find it.
            try base.note(chain, journal: beginning.new.journalPath, application, surroundings)
            try session.begin(after: base.set.number, base: base.digest, at: mark)
        } catch {
            // What stays names a log that is not there, and says so.
            try? base.note(nil, journal: "", application, surroundings)
            throw error
        }
    }

    /// What the beginning of a log left so far.
    struct Beginning {
        var new: NewChain
        /// On which capture was installed: it knows the schema with our triggers.
        var connection: Connection
        /// Where the log begins at once: at the moment that capture was installed, or the data were looked at. Nil where a backup comes first.
        var mark: LogMark?
        /// The set that holds the data at the mark; nil for blank data.
        var base: LogBase?
        /// The application's record from before the installation of capture; nil when capture was there.
        var before: ApplicationRecord?
    }

    /// The line in the backup journal.
    func note(_ beginning: Beginning) {
        var line = JournalLine(.logStart, at: surroundings.now())
        line.path = beginning.new.journalPath
        if let base = beginning.base { line.detail = "backup \(base.set.number) holds exactly these data: the log begins with it" }
        if beginning.before == nil { line.detail = "a new chain; what waited in the data for the log before is in its backup" }
        _ = BackupJournal(of: application).record(line)
    }

    /// Adds the rows up, so that what changes past capture from here on is noticed. What keeps it from that, a Stop included, is no reason to
    /// undo a log that is on: the first drain makes up for it.
    private func takeSums(_ connection: Connection, _ job: Job) {
        _ = try? LogDrain(application: application, surroundings: surroundings).run(job, on: connection)
    }

    /// Installs capture with a fresh chain. Capture that is there stays: what waits in it belongs to a log that may come back, and
    /// goes over to the new chain only when that begins.
    private func prepare(_ job: Job) throws -> Beginning {
        let lock = try OperationLock(.operation, for: "log start", on: application, surroundings)
        defer { withExtendedLifetime(lock) {} }
        return try install(job, on: LogBase.candidate(application, surroundings))
    }

    /// The same, for a caller that holds the lock of operations already.
    /// - Parameter candidate: a set that may hold the data as they are; nil for a log that begins with a backup, or on blank data.
    func install(_ job: Job, on candidate: LogBase? = nil) throws -> Beginning {
        var record = try ApplicationRecord.establish(application, surroundings, job)
        let connection = try Connection(application.data, .write, patience: LockPatience(.seconds(10)) { job.isStopped }, stop: job)
        // The log that was there ends: what was captured is gone, and what happened since was not.
        if try Capture.partlyRemoved(connection) != nil { try Patience.retry(seconds: 10, job) { try Capture.remove(connection) } }
        let state = try CaptureState(connection)
        if let state, state.isAttached(to: application), try isWorking(job) {
            throw Failure(
                .logAlreadyOn, "the log of '\(application.data)' is on: '\(record.journal ?? application.defaultJournal)'",
                hint: "See 'msc log status'.")
        }
        let path = try journalPath()
        // A copy that came with its companion folder, whose original is still there, has its original's identity: backups of the two would
        // count as each other's.
        if record.original(of: application, captured: state?.homePath) != nil, state.map({ !$0.isAttached(to: application) }) ?? true {
            record.application = surroundings.makeIdentifier()
            (record.journal, record.logFolders, record.destinations) = (nil, nil, [])
            try record.write(application)
        }
        guard let identity = Identity(record.application), let chain = Identity(surroundings.makeIdentifier()) else {
            throw Failure(
                .badValue, "'\(record.application)' is not an identifier", hint: "The companion folder '\(application.companion)' is damaged: bring it back from a backup, or move it away to begin anew.")
        }
        try checkExclusions(connection)
        let new = NewChain(application: identity.bytes, chain: chain.bytes, journalPath: path, exclusions: exclusions)
        if state != nil {
            try LogSession.standing(at: path, application, identity.bytes)
            return try connection.transaction("DEFERRED") {
                let beginsAtOnce = try Structure.canBeCarried(connection, most: mostStructure)
                return Beginning(new: new, connection: connection, mark: beginsAtOnce ? try mark(connection, new) : nil)
            }
        }
        try LogSession.setAside(path, application, identity.bytes)
        var beginning = Beginning(new: new, connection: connection)
        let capture = new.state(for: application)
        let limit = Int64(BackupSettings.reloadLimit(of: application))
        let found = try candidate.flatMap { base in
            try Patience.retry(seconds: 10, job) { try base.compare(connection, as: capture, limit: limit, job) }
        }
        try Patience.retry(seconds: 10, job) {
            // In one transaction: what is committed before it is in the base, what comes after it is captured.
            try connection.transaction("IMMEDIATE") {
                let isBlank = try Structure.canBeCarried(connection, most: mostStructure)
                beginning.base = try found?.version == connection.integer("PRAGMA main.data_version") && found != nil && !isBlank ? candidate : nil
                let tables = try Capture.install(connection, capture)
                try LogHeader.checkRoom(for: tables, path: path)
                // What joins a copy of the base to the log compares them.
                if !LogHeader.hasRoom(for: tables) { beginning.base = nil }
                guard isBlank || beginning.base != nil else { return }
                beginning.mark = try mark(connection, new)
                if beginning.base != nil { beginning.mark?.contents = found?.contents ?? [:] }
            }
        }
        let before = record
        do {
            record.takeLog(path)
            record.exclusions = exclusions
            try record.write(application)
            beginning.before = before
            return beginning
        } catch {
            connection.stop(with: nil)
            try? Patience.retry(seconds: 10, Job()) { try Capture.remove(connection) }
            // It may have been written, with only the durability of that in doubt.
            try? before.write(application)
            throw error
        }
    }

    /// Where a log begins that begins now, within the caller's transaction.
    private func mark(_ connection: Connection, _ new: NewChain) throws -> LogMark {
        guard let chain = Identity(bytes: new.chain) else { throw LogSession.noLog(application) }
        return LogMark(
            chain: chain.description, lastOperation: 0, position: try Capture.position(connection), sequences: try Sequences.read(connection))
    }

    /// Whether the log takes what is captured. One that is lost, foreign or has a gap does not: it is begun anew. What waits in
    /// the database is in the backup that the new chain begins with.
    private func isWorking(_ job: Job) throws -> Bool {
        do {
            return try LogSession.open(application, surroundings, for: "log start", job)?.drain(job) != nil
        } catch let failure as Failure {
            guard [.logUnavailable, .logGap, .foreignLog, .logDamaged].contains(failure.code) else { throw failure }
            return false
        }
    }

    private func checkExclusions(_ connection: Connection) throws {
        let schema = try Schema.read(connection)
        let others = Set(schema.exclusions.map { $0.name.lowercased() })
        for name in exclusions where schema.table(named: name) == nil && !others.contains(name.lowercased()) {
            throw Failure(
                .badValue, "there is no table '\(name)' to exclude", hint: "'msc info' lists the tables.")
        }
    }

    /// Where the log is going to stand, with the exclusions looked at.
    func checkedPath(_ job: Job) throws -> String {
        try checkExclusions(try Connection(application.data, .read, busyTimeout: 2000, stop: job))
        let path = try journalPath()
        try LogSession.standing(at: path, application, try ApplicationRecord.read(application).flatMap { Identity($0.application)?.bytes } ?? [])
        return path
    }

    private func journalPath() throws(Failure) -> String {
        guard let journal else { return application.defaultJournal }
        guard let folder = Folder.resolved(Folder.parent(of: journal)) else {
            if Folder.isHidden(journal) { throw Application.hidden(journal) }
            throw Failure(
                .fileNotFound, "the folder of the log file '\(journal)' does not exist", hint: "Create it, or choose another place.")
        }
        return Folder.join(folder, Folder.name(of: journal))
    }

    /// Removes capture that `install` put there. What cannot be removed now is told by 'log status'.
    func takeBack(_ beginning: Beginning) {
        guard let before = beginning.before else { return }
        do {
            let connection = beginning.connection
            connection.stop(with: nil)
            try Patience.retry(seconds: 10, Job()) { try Capture.remove(connection) }
            guard var record = try ApplicationRecord.read(application) else { return }
            record.journal = before.journal
            record.logRequest = before.logRequest
            try record.write(application)
        } catch {}
    }
}
