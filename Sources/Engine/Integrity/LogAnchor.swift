// Where a log ended once, kept in another place than the log: a log that is shorter or another one now was changed behind it.

import FileSystem
import Glibc
import LogFile
public import Vocabulary

/// The end of a log as it was written down in an anchor file.
public struct LogAnchor: Codable, Sendable, Equatable {
    public var data: String
    public var application: String
    public var chain: String
    /// Number of the last full backup before the log, and of its segment.
    public var log: UInt32
    public var segment: UInt32
    /// SHA-256 of the log's header, hexadecimal.
    public var header: String
    public var lastOperation: UInt64
    /// Bytes of the log up to there.
    public var end: UInt64
    /// SHA-256 of the last block, hexadecimal: it binds all before it.
    public var digest: String
    /// When: UTC, ISO 8601.
    public var time: String
    /// How the log was found to contradict this, in words: it stays so until somebody says that the log is right.
    @OrNull public var contradiction: String? = nil

    /// - Throws: 1274 when the log has not one whole block, and as for reading it.
    init(_ reader: LogReader, of application: Application, at time: Int64) throws(Failure) {
        guard let head = try reader.head() else { throw LogAnchor.failure("the log '\(reader.path)' has no end that could be anchored", nil) }
        data = application.data
        self.application = reader.header.application.description
        chain = reader.header.chain.description
        log = reader.header.number
        segment = reader.header.segment
        header = Digest.hexadecimal(try reader.headerDigest())
        lastOperation = reader.lastOperation
        end = head.end
        digest = Digest.hexadecimal(head.digest)
        self.time = Timestamp.utc(time)
    }

    /// How a log stands to what was anchored.
    enum Comparison: Equatable {
        /// It is as it was, or has grown.
        case continues
        /// The log was cut since: numbers alone could be compared.
        case cutSince
        /// In words, lower case.
        case contradicts(String)
    }

    func compare(_ reader: LogReader) throws(Failure) -> Comparison {
        if let contradiction { return .contradicts(contradiction) }
        guard reader.header.application.description == application, reader.header.chain.description == chain else {
            return .contradicts("it belongs to another chain of backups and logs than at \(time)")
        }
        guard reader.lastOperation >= lastOperation else {
            return .contradicts("it ends at operation \(reader.lastOperation), and had operation \(lastOperation) at \(time)")
        }
        if Digest.hexadecimal(try reader.headerDigest()) == header {
            let bytes = LogAnchor.bytes(digest)
            return try reader.contains(LogHead(end: end, digest: bytes))
                ? .continues : .contradicts("up to operation \(lastOperation) it is not what it was at \(time)")
        }
        let isLater = (reader.header.number, reader.header.segment) > (log, segment)
        return isLater ? .cutSince : .contradicts("it is not the log that was there at \(time)")
    }

    /// Error 1529.
    static func failure(_ message: String, _ cause: String?) -> Failure {
        Failure(
            .tampered, message, cause: cause,
            hint: "Find out who changed the log. Restore it from a copy; 'msc log anchor' takes it as it is now.")
    }

    private static func bytes(_ text: String) -> [UInt8] {
        let digits = text.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    /// Nil when there is no file.
    static func read(_ path: String) throws(Failure) -> LogAnchor? { try JSONFile.read(path) }
}

extension LogSession {
    /// Writes down where the log ends, where the settings name an anchor. One that the log contradicts stays as it is.
    ///
    /// The log is written already: what goes wrong here is told in `warnings`.
    func anchor() {
        guard !isTrusting, let path = settings.anchorPath(of: application) else { return }
        do throws(Failure) {
            let reader = try LogReader(journalPath)
            let old = try LogAnchor.read(path)
            if var old, case .contradicts(let why) = try old.compare(reader) {
                warn(LogAnchor.failure("the log '\(journalPath)' does not continue what is anchored in '\(path)'", why))
                guard old.contradiction == nil else { return }
                old.contradiction = why
                return try JSONFile.write(old, path)
            }
            let new = try LogAnchor(reader, of: application, at: surroundings.now())
            if old?.digest != new.digest || old?.end != new.end { try JSONFile.write(new, path) }
        } catch { warn(error) }
    }
}

extension Health {
    /// Whether the log is what it was: by its marks, where a key is used, and by its anchor, where there is one. Its digest is told in any case.
    static func integrity(_ application: Application, _ surroundings: Surroundings, _ log: LogStatus?, anchor: String?) throws -> [Check] {
        guard let log, log.enabled, let path = log.path else { return [] }
        var checks: [Check] = []
        let digest = log.digest.map { "log digest \($0)" } ?? "the log has no digest"
        switch log.integrity {
        case nil: if log.digest != nil { checks.append(Check("integrity", .ok, digest)) }
        case .verified: checks.append(Check("integrity", .ok, "\(digest), verified"))
        case .unverified: checks.append(Check("integrity", .warning, "the log is not verified: \(log.integrityReason ?? ""); \(digest)"))
        case .failed:
            checks.append(Check("integrity", .critical, "error 1529, the log was changed by others: \(log.integrityReason ?? ""); \(digest)"))
        }
        guard let place = anchor ?? (try? BackupSettings.read(application))?.anchorPath(of: application) else { return checks }
        guard let anchored = try LogAnchor.read(place) else {
            return checks + [Check("anchor", .critical, "the anchor '\(place)' of the log is not there: 'msc log anchor' writes it")]
        }
        switch try anchored.compare(try LogReader(path)) {
        case .continues: checks.append(Check("anchor", .ok, "the log continues what was anchored at operation \(anchored.lastOperation)"))
        case .cutSince:
            checks.append(
                Check(
                    "anchor", log.integrity == .verified ? .ok : .warning,
                    "a new log began after operation \(anchored.lastOperation) was anchored: only the numbers could be compared"))
        case .contradicts(let why): checks.append(Check("anchor", .critical, "error 1529, the log is not the one that was anchored: \(why)"))
        }
        return checks
    }
}

/// What `msc log anchor` did.
public struct AnchorOutcome: Codable, Sendable, Equatable {
    public var log: String
    public var lastOperation: UInt64
    /// SHA-256 of the log's last block, hexadecimal.
    public var digest: String
    /// The anchor file, or null.
    @OrNull public var anchor: String?
    /// The identifier of the key that marks the log's end, or null.
    @OrNull public var key: String?
}

/// `msc log anchor`: the administrator says that the log is right as it is now. It is marked with the key, and its end is written down.
public struct LogAnchoring: Sendable {
    private let application: Application
    private let surroundings: Surroundings
    private let path: String?

    /// - Parameter path: the anchor file; nil for the one that the settings name.
    public init(application: Application, surroundings: Surroundings, path: String?) {
        self.application = application
        self.surroundings = surroundings
        self.path = path
    }

    /// Stop, failure and kill -9 leave the log marked or as it was, and the anchor as it was or as it becomes.
    /// - Throws: 1518 when there is neither a key nor an anchor file, 1403 without a log, and as a drain.
    public func run(_ job: Job) throws -> AnchorOutcome {
        try translatingDatabaseErrors {
            guard let session = try LogSession.open(application, surroundings, for: "log anchor", trusting: true, job) else {
                throw try LogSession.absence(application, job)
            }
            let anchor = try path ?? BackupSettings.read(application).anchorPath(of: application)
            guard anchor != nil || session.keys != nil else {
                throw Failure(
                    .badValue, "there is neither an integrity key nor an anchor file",
                    hint: "Give one with --integrity-key or --anchor, or name it in the settings Advanced/IntegrityKey and Advanced/LogAnchor.")
            }
            _ = try session.drain(job, pruning: false)
            let reader = try LogReader(session.journalPath)
            let new = try LogAnchor(reader, of: application, at: surroundings.now())
            if let anchor { try JSONFile.write(new, anchor) }
            var line = JournalLine(.logAnchor, at: surroundings.now())
            line.path = session.journalPath
            line.detail = "operation \(new.lastOperation), digest \(new.digest)"
            _ = BackupJournal(of: application).record(line)
            return AnchorOutcome(
                log: session.journalPath, lastOperation: new.lastOperation, digest: new.digest, anchor: anchor,
                key: try reader.markedBy().map { Digest.hexadecimal($0) })
        }
    }
}
