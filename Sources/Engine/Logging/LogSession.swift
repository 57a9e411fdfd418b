// The log of an application, opened for writing: lock, connection, capture, log file, and whether they fit together. Everything
// that appends to a log or cuts it goes through here.

import Database
import FileSystem
import Glibc
import LogFile
import Vocabulary

/// What a drained snapshot is in the log: written into the manifest of the archive made from it.
struct LogMark {
    var chain: String
    var lastOperation: UInt64
    var position: Int64
    /// AUTOINCREMENT counters by table, as they are there.
    var sequences: [String: Int64]
    /// Digests of virtual tables, for a chain that is about to begin.
    var contents: [String: String] = [:]
}

/// One process at a time has the log of an application open (I9); the lock goes with the value.
final class LogSession {
    let application: Application
    let connection: Connection
    var state: CaptureState
    /// The chain that is to begin with what this session does; nil for the log that is there.
    let newChain: NewChain?
    /// Marks what is written to the log, and tells whether others wrote to it; nil where no key is used.
    let keys: IntegrityKeys?
    /// Somebody says that the log is right as it is.
    let isTrusting: Bool
    private(set) var journalPath: String
    let surroundings: Surroundings
    /// Read once: a session is short, and the service opens one for every few commits. Settings that cannot be read, which whoever runs
    /// msc is told elsewhere, do not stand in the way.
    private(set) lazy var settings = (try? BackupSettings.read(application)) ?? BackupSettings()
    private let lock: OperationLock
    /// Nil only between the installation of capture and the backup that is the base of a new chain.
    private(set) var writer: LogWriter?
    /// The operations of the log before it was cut; nil when there were none.
    private(set) var range: ClosedRange<UInt64>?
    /// The drain found the triggers in need of being written anew.
    var wantsResynchronisation = false
    /// See `Drain.Outcome.wantsTick`.
    var wantsTick = false
    /// Set by who drains again and again.
    var counters: CounterMemory?
    /// Set by who holds the rows against the log.
    var ledger: RowLedger?
    /// Tables that got a gap since the log was opened: a backup has to follow.
    var gaps: [String] = []
    /// Digests of the content of virtual tables that this session has logged, to be noted outside of a snapshot.
    var contents: [String: String] = [:]
    /// The data's clock when this session compared virtual tables with what the log has; the greatest number where there are none.
    var compared: Int64?
    /// What went wrong after the log was safe.
    private(set) var warnings: [Failure] = []

    /// Opens the log; nil when the database is not captured or is a detached copy, so that there is no log of its own.
    /// - Parameters:
    ///   - new: the chain that is to begin: its log is not there yet. `abandonNewChain` must follow when it does not begin.
    ///   - trusting: takes the log as it is, whatever its marks and its anchor say.
    ///   - patience: how long to wait for each lock that another program holds.
    ///   - shared: a connection that is open already, for writing and in no transaction. SQLite reads the schema anew for each one, which takes
    ///     seconds where ten thousand tables have triggers.
    /// - Throws: 1525 when another program removed a part of capture; 1415 while another process uses the log; 1274 when the log file is
    ///   missing or cannot be written; 1529 when it does not end with a mark of the integrity key, where one is used;
    ///   1416 when it is not this application's; 1502 when the data are older than the log.
    static func open(
        _ application: Application, _ surroundings: Surroundings, for purpose: String, starting new: NewChain? = nil, trusting: Bool = false,
        patience: Duration = .seconds(10), on shared: Connection? = nil, _ job: Job
    ) throws -> LogSession? {
        guard try ApplicationRecord.read(application) != nil else { return nil }
        let connection = try shared ?? Connection(application.data, .write, patience: LockPatience(patience) { job.isStopped }, stop: job)
        connection.stop(with: job)
        if let failure = try Capture.partlyRemoved(connection) { throw failure }
        guard let found = try CaptureState(connection), new != nil || found.isAttached(to: application) else { return nil }
        try found.checkName(application)
        let lock = try OperationLock(.log, for: purpose, on: application, surroundings, waiting: job)
        // Who had the lock may have begun a chain, or died while doing so.
        guard var state = try settle(connection, application, job), new != nil || state.isAttached(to: application) else { return nil }
        // The very file, moved: from now on this is its place, also when another file takes its name one day.
        if new == nil, state.homePath != application.data, let moved = try change(connection, job, { $0.homePath = application.data }) {
            state = moved
        }
        let path = try new?.journalPath ?? path(ApplicationRecord.read(application), state, application)
        let session = try LogSession(application, surroundings, lock, connection, state, path, new, trusting, job)
        // From here on what is done decides what a Stop may end: what follows a durable archive, it may not.
        connection.stop(with: nil)
        return session
    }

    /// Where the log file stands. The record is the first to say so; the database says it for a record that was already told that the
    /// log has ended, when a crash came before the end. A record that is another application's has not been told: what a database from
    /// somewhere else names is not believed but for what lies beside it.
    static func path(_ record: ApplicationRecord?, _ state: CaptureState, _ application: Application) -> String {
        if let journal = record?.journal { return journal }
        let isKnown = record.map { Identity($0.application)?.bytes == state.application } ?? true
        guard !state.journalPath.isEmpty, isKnown || Folder.parent(of: state.journalPath) == application.folder else {
            return application.defaultJournal
        }
        return state.journalPath
    }

    private init(
        _ application: Application, _ surroundings: Surroundings, _ lock: OperationLock, _ connection: Connection,
        _ state: CaptureState, _ journalPath: String, _ newChain: NewChain?, _ isTrusting: Bool, _ job: Job
    ) throws {
        self.application = application
        self.surroundings = surroundings
        self.connection = connection
        self.state = state
        self.journalPath = journalPath
        self.lock = lock
        self.newChain = newChain
        self.isTrusting = isTrusting
        keys = try LogSession.keys(application, surroundings, log: journalPath)
        if let newChain {
            try anticipate(newChain, job)
            return
        }
        if let owner = LogOwner.other(of: journalPath, than: application) {
            throw LogSession.foreign(journalPath, application, cause: "it is the log of '\(owner)'")
        }
        try LogSession.finishInterruptedCut(journalPath, application, state, surroundings, connection, keys)
        let writer = try LogSession.writer(journalPath, of: state, application, keys, isTrusting)
        let position = try Capture.position(connection)
        guard writer.lastPosition <= position else {
            throw Failure(
                .logGap, "the data file '\(application.data)' is older than its log, which ends at operation \(writer.lastOperation)",
                hint: "Integrate the log with 'msc integrate', or begin anew with 'msc log start'.")
        }
        self.writer = writer
    }

    /// Opens the log for writing. Its head says whose it is, before anything of it is changed: the path comes from a file that others
    /// may have written.
    private static func writer(
        _ path: String, of state: CaptureState, _ application: Application, _ keys: IntegrityKeys?, _ isTrusting: Bool
    ) throws(Failure) -> LogWriter {
        do {
            return try LogWriter(opening: path, keys: keys, trusting: isTrusting) { header throws(Failure) in
                if !belongs(header, to: state) { throw foreign(path, application) }
            }
        } catch {
            guard error.code == .logMissing || error.code == .logDamaged else { throw error }
            if state.isBeginning { throw notBegun(application) }
            throw Failure(
                .logUnavailable, "the log file '\(path)' is not available", cause: error.sentence,
                hint: "The changes wait in the data file. Bring the log file back; if it is lost, run 'msc log start' again: it makes a backup and begins a new chain.")
        }
    }

    private static func belongs(_ header: LogHeader, to state: CaptureState) -> Bool {
        header.application.bytes == state.application && header.chain.bytes == state.chain
    }

    private static func foreign(_ path: String, _ application: Application, cause: String? = nil) -> Failure {
        Failure(
            .foreignLog, "the log '\(path)' does not belong to '\(application.data)'", cause: cause,
            hint: "Bring back the application's own log file; if it is lost, run 'msc log start' again.")
    }

    /// Whether the log file is gone for good: the very folder that it stood in is there, and it is not. A folder that is not there,
    /// or another one under its name, as where a disk is not mounted, can come back with the log in it.
    static func isLost(_ application: Application, _ job: Job) throws -> Bool {
        guard let record = try ApplicationRecord.read(application),
            let state = try CaptureState(Connection(application.data, .read, busyTimeout: 2000, stop: job))
        else { return false }
        let path = path(record, state.settled, application)
        let folder = Folder.parent(of: path)
        guard Folder.isFolder(folder), !Folder.exists(path), !Folder.isHidden(path) else { return false }
        // Beside the data file, which is there.
        if folder == application.folder { return true }
        guard let known = record.logFolders?.last(where: { $0.path == folder }) else {
            // Untested: only a first start that a crash ended leaves no word about the log anywhere.
            return record.journal == nil
        }
        return known.isThere
    }

    /// What is said of a log that capture was installed for and that is not there yet.
    static func notBegun(_ application: Application) -> Failure {
        Failure(
            .logUnavailable, "the log of '\(application.data)' has not begun: its start is under way, or was interrupted",
            hint: "Run 'msc log start' again, which finishes it, or 'msc log stop', which removes what is left of it.")
    }

    static func noLog(_ application: Application) -> Failure {
        Failure(
            .noLog, "the database '\(application.data)' has no log file",
            hint: "Turn it on with 'msc log start'.")
    }

    /// Notes what went wrong after the log was safe.
    func warn(_ failure: Failure) { if !warnings.contains(failure) { warnings.append(failure) } }

    /// The open log.
    func open() throws(Failure) -> LogWriter {
        guard let writer else { throw LogSession.noLog(application) }
        return writer
    }

    /// The header of a log that begins here.
    private func header(number: Int, base: [UInt8]?, position: Int64) throws -> LogHeader {
        LogHeader(
            encoding: connection.textEncoding, application: try state.identity, chain: try state.chainIdentity,
            number: UInt32(clamping: number), startPosition: position, startTime: surroundings.now(), base: base ?? LogHeader.noDigest,
            structure: number == 0 ? try Structure.sql(connection) : try Structure.carried(connection),
            tables: try Capture.definitions(connection).filter(\.isCurrent).map(\.definition))
    }

    /// Begins the log of a new chain: after its base backup, or on a blank data file (number 0).
    /// On failure there is no log of it, and what stood at its place stands there.
    /// - Parameter base: the digest of the data in that backup, where it was made before anything was captured.
    func begin(after number: Int, base: [UInt8]? = nil, at mark: LogMark) throws {
        let aside = try LogSession.setAside(journalPath, application, state.application)
        do {
            // Until the log is there, nobody knows what it holds of them.
            try Patience.retry(seconds: 10, Job()) { try Capture.note(connection, [:], isAll: true) }
            writer = try LogWriter.create(
                journalPath, header: try header(number: number, base: base, position: mark.position),
                like: LogSession.privateStatus(application), keys: keys)
            try noteSequences(mark)
            try settleNewChain()
            contents = mark.contents
            noteContents()
            ComparisonNote(application).remove()
        } catch {
            writer = nil
            if (try? LogReader(journalPath))?.header.chain.bytes == state.chain { try? Folder.removeFile(journalPath) }
            if let aside { try? Folder.move(aside, to: journalPath) }
            throw error
        }
    }

    /// As `noteSequences`, for a log that is already cut. Without the note, undoing the first change of a counter removes it,
    /// and SQLite goes on from the highest rowid: the caller tells, and does not fail.
    private func tryToNoteSequences(_ mark: LogMark) {
        do { try noteSequences(mark) } catch let failure as Failure { warnings.append(failure) } catch {
            // Untested: only an error of the database itself, right after the same connection has read and written.
            warnings.append(
                Failure(
                    .logUnavailable, "the AUTOINCREMENT counters could not be noted in '\(journalPath)'",
                    cause: String(describing: error), hint: "Run 'msc log status'."))
        }
    }

    /// Writes the counters down at the beginning of a log: undo must know what they were before their first change.
    private func noteSequences(_ mark: LogMark) throws {
        let writer = try open()
        let tables = Dictionary(
            try Capture.definitions(connection).filter(\.isCurrent).map { ($0.definition.name, $0.definition) },
            uniquingKeysWith: { first, _ in first })
        for (name, counter) in mark.sequences.sorted(by: { $0.key < $1.key }) {
            guard let table = tables[name] else { continue }
            try writer.define(table)
            var value = ValueBuffer()
            value.append(integer: counter)
            try value.bytes.withUnsafeBytes { bytes in
                _ = try writer.append(
                    Operation(
                        action: .saveSequence, time: surroundings.now(), position: writer.lastPosition, isConsistentPoint: true,
                        table: table.id, old: bytes, new: bytes))
            }
        }
        try writer.commit()
    }

    /// Closes the log for a backup (I2): seals what it holds up to the snapshot as `Name[n-1].4BL` beside the archive, then
    /// starts its successor. Call only when the archive is durable.
    /// - Parameter parity: makes the log backup's parity file.
    /// - Returns: the path of the log backup; nil when this backup is the base of a new chain.
    func cut(
        after number: Int, sealedIn folder: String, _ mark: LogMark?, _ parity: BackupParity, _ job: Job
    ) throws -> String? {
        guard let mark else { return nil }
        if newChain != nil {
            try begin(after: number, at: mark)
            return nil
        }
        let writer = try open()
        let path = Folder.join(folder, Application.logBackupName(application.name, number - 1))
        let reader = try LogReader(writer.path)
        // A log backup under this name can only be one that was written by a backup killed before it was recorded.
        let sealed: SealedLog
        do {
            try parity.removeStale(of: path)
            sealed = try reader.writeSealedCopy(
                to: path, upTo: mark.lastOperation, replacing: true, like: LogSession.privateStatus(application), key: keys?.current)
            try parity.protect([path], as: path, job)
            let header = try reader.successorHeader(
                after: mark.lastOperation, number: UInt32(clamping: number), segment: 0, startTime: surroundings.now(),
                structure: try Structure.carried(connection), previousDigest: sealed.lastDigest)
            do { self.writer = try writer.startSuccessor(after: mark.lastOperation, header: header) } catch {
                // The successor may have its place already, with only the durability of that in doubt. Then the log is cut: after
                // a crash it is, or the old log is back, which overlaps the log backup.
                guard let now = try? LogReader(journalPath), now.header.number == header.number, now.firstOperation == header.firstOperation
                else { throw error }
                self.writer = try LogWriter(opening: journalPath, keys: keys)
            }
        } catch {
            try? Folder.removeFile(path)
            throw error
        }
        // The log is cut: from here on nothing may take the archive back.
        tryToNoteSequences(mark)
        noteContents()
        anchor()
        if sealed.firstOperation <= sealed.lastOperation { range = sealed.firstOperation...sealed.lastOperation }
        return path
    }

    /// The data file's status with a mode that gives nobody but its owner a right: it may be the data's folder that keeps others out, and a
    /// log holds what was deleted long ago.
    private static func privateStatus(_ application: Application) -> stat? {
        guard var status = Folder.status(of: application.data) else { return nil }
        status.st_mode = S_IFREG | 0o600
        return status
    }

    /// Seals the log under the name of a segment and starts the next one in its place.
    /// After kill -9 in between, the next opening of the log finishes the cut.
    func cutSegment(_ job: Job) throws -> LogCutOutcome {
        let mark = try drainSnapshot(job)
        let writer = try open()
        try writer.seal()
        let outcome = try LogSession.finishCut(writer, application, surroundings, connection, keys)
        self.writer = try LogWriter(opening: journalPath, keys: keys)
        tryToNoteSequences(mark)
        anchor()
        return outcome
    }

    private static func finishCut(
        _ writer: LogWriter, _ application: Application, _ surroundings: Surroundings, _ connection: Connection, _ keys: IntegrityKeys?
    ) throws -> LogCutOutcome {
        let reader = try LogReader(writer.path)
        let number = writer.header.number
        let segment = writer.header.segment + 1
        let path = Folder.join(
            Folder.parent(of: writer.path),
            Application.segmentName(application.name, backup: Int(number), segment: Int(segment)))
        guard !Folder.exists(path) else {
            throw Failure(
                .destinationExists, "the segment '\(path)' exists already", hint: "Move that file to another folder and try again.")
        }
        let header = try reader.successorHeader(
            after: reader.lastOperation, number: number, segment: segment, startTime: surroundings.now(),
            structure: try Structure.carried(connection), previousDigest: try reader.lastDigest())
        do { try Folder.move(writer.path, to: path) } catch { throw Failure.writing(error) }
        _ = try LogWriter.create(writer.path, header: header, like: Folder.status(of: path), keys: keys)
        return LogCutOutcome(
            segment: path, firstOperation: reader.firstOperation, lastOperation: reader.lastOperation)
    }

    /// A cut that a crash interrupted: the sealed log still stands at the journal's path, or has its segment's name already and
    /// no successor yet.
    private static func finishInterruptedCut(
        _ journalPath: String, _ application: Application, _ state: CaptureState, _ surroundings: Surroundings,
        _ connection: Connection, _ keys: IntegrityKeys?
    ) throws {
        if Folder.exists(journalPath) {
            guard let reader = try? LogReader(journalPath), reader.isSealed, belongs(reader.header, to: state) else { return }
            _ = try finishCut(try LogWriter(opening: journalPath, keys: keys), application, surroundings, connection, keys)
            return
        }
        let folder = Folder.parent(of: journalPath)
        let segments = ((try? Folder.contents(of: folder)) ?? []).filter { $0.hasPrefix(application.name + "[") && $0.hasSuffix("].journal") }
            .compactMap { try? LogReader(Folder.join(folder, $0)) }
            .filter { $0.isSealed && belongs($0.header, to: state) }
        guard let last = segments.max(by: { $0.lastOperation < $1.lastOperation }) else { return }
        if let keys, let objection = try last.objection(keys) { throw LogAnchor.failure("the log '\(last.path)' cannot be continued", objection) }
        let header = try last.successorHeader(
            after: last.lastOperation, number: last.header.number, segment: last.header.segment + 1,
            startTime: surroundings.now(), structure: try Structure.carried(connection), previousDigest: try last.lastDigest())
        _ = try LogWriter.create(journalPath, header: header, like: Folder.status(of: last.path), keys: keys)
    }
}
