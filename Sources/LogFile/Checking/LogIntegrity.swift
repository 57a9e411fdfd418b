// Whether a log is what the holder of a key wrote: its blocks bound by digests, and marks that vouch for the last one of each commit.

public import FileSystem
public import Vocabulary

/// The end of a log at one moment: what is compared to see that it only grew.
public struct LogHead: Sendable, Equatable {
    /// Bytes up to there.
    public var end: UInt64
    /// SHA-256 of the last block, which binds all blocks before it and the file header.
    public var digest: [UInt8]

    public init(end: UInt64, digest: [UInt8]) {
        self.end = end
        self.digest = digest
    }
}

/// What the marks of a log say.
public enum LogIntegrity {
    /// Error 1529.
    static func broken(_ path: String, _ why: String) -> Failure {
        Failure(
            .tampered, "the log '\(path)' is not what the holder of the integrity key wrote", cause: why,
            hint: "Compare it with a copy that nobody could write to. 'msc log anchor' takes it as it is, --integrity-key none reads it unverified.")
    }

    /// Reads the whole log and holds its digests and marks against the keys. Changes nothing.
    ///
    /// Throws 1529 where they do not agree, or where a part has no mark; 1413 where damage keeps it from being verified; 1412, 1503, 1511, 1515
    /// as for reading; 1406 on a Stop.
    public static func verify(_ path: String, _ keys: IntegrityKeys, job: Job? = nil) throws(Failure) {
        let input = try OpenLog(path, .read)
        let map = try BlockMap(input)
        guard map.headerDamage == nil else { throw LogHeader.damaged(path, "its header cannot be verified with the integrity key") }
        var digest = Digest.of(try input.bytes(at: 0, count: Int(map.firstBlock)))
        var follower = MarkFollower(keys)
        var at = map.firstBlock
        job?.report(Progress(phase: "Verifying the log", subject: path, done: 0, total: map.end))
        while at < map.end {
            try job?.checkStop()
            job?.report(done: at)
            guard let header = try input.header(at: at), header.summary.end <= map.end else {
                throw LogHeader.damaged(path, "it cannot be verified with the integrity key from byte \(at) on")
            }
            guard digest == header.previousDigest else { throw broken(path, "the block at byte \(at) does not continue the block before") }
            follower.take(header, try header.mark(input))
            digest = try LogOpening.digest(of: header, input)
            at = header.summary.end
        }
        if let problem = follower.ending() { throw broken(path, problem) }
    }
}

extension LogReader {
    /// Where the log ends now; nil when not one block of it is whole.
    public func head() throws(Failure) -> LogHead? {
        guard let last = map.last else { return nil }
        return LogHead(end: map.end, digest: try LogOpening.digest(of: last, map.input))
    }

    /// SHA-256 of the file header, which tells one log file from another.
    public func headerDigest() throws(Failure) -> [UInt8] { Digest.of(try map.input.bytes(at: 0, count: Int(map.firstBlock))) }

    /// Whether the log once ended so: a block that ends there has this digest.
    public func contains(_ head: LogHead) throws(Failure) -> Bool {
        guard head.end <= map.end, let header = try map.input.header(endingAt: head.end) else { return false }
        return try LogOpening.digest(of: header, map.input) == head.digest
    }

    /// The identifier of the key whose mark the log ends with; nil when it ends without one.
    public func markedBy() throws(Failure) -> [UInt8]? { try map.last?.lastMark(map.input)?.mark.keyIdentifier }

    /// Whether the end of the log is marked by one of these keys: that is quick, and `LogIntegrity.verify` verifies the rest.
    /// - Returns: what is wrong, lower case; nil when nothing is.
    public func objection(_ keys: IntegrityKeys) throws(Failure) -> String? {
        guard let last = map.last else { return "not one of its blocks is whole" }
        return try last.objection(map.input, keys)
    }
}

extension BlockHeader {
    /// The mark that this block is; nil for any other block, and for a damaged one.
    func mark(_ input: OpenLog) throws(Failure) -> IntegrityMark? {
        guard summary.kind == .mark else { return nil }
        return try BlockPayload(input).with(summary) { IntegrityMark($0) }
    }

    /// The mark that a log with this last block ends with, before its seal where it has one.
    func lastMark(_ input: OpenLog) throws(Failure) -> (header: BlockHeader, mark: IntegrityMark)? {
        var header = self
        if summary.kind == .seal, let before = try input.header(endingAt: summary.offset) { header = before }
        return try header.mark(input).map { (header, $0) }
    }

    /// Why a log with this last block does not end with a mark of one of these keys; nil when it does.
    func objection(_ input: OpenLog, _ keys: IntegrityKeys) throws(Failure) -> String? {
        guard let (header, mark) = try lastMark(input) else { return "it does not end with an integrity mark" }
        var follower = MarkFollower(keys)
        follower.take(header, mark)
        guard header.summary.offset > 0, let before = try input.header(endingAt: header.summary.offset),
            try LogOpening.digest(of: before, input) == header.previousDigest
        else { return "the block before its last integrity mark is not the one that was marked" }
        if summary.kind == .seal { follower.take(self, nil) }
        return follower.ending()
    }
}

/// Follows the marks from block to block, beside whoever follows the digests. The digests bind every block to those before it: of blocks that
/// join, the last mark vouches for all.
struct MarkFollower {
    private let keys: IntegrityKeys
    /// The first block that no mark vouches for yet.
    private var unmarked: UInt64?
    /// The last block, when it is a right mark.
    private var mark: BlockSummary?
    private var marks = 0
    /// What is wrong with the mark that should vouch for them.
    private var problem: String?

    init(_ keys: IntegrityKeys) { self.keys = keys }

    /// - Parameter content: what the block holds when it is a mark.
    mutating func take(_ header: BlockHeader, _ content: IntegrityMark?) {
        let block = header.summary
        switch block.kind {
        case .mark:
            problem = objection(to: content, header)
            mark = problem == nil ? block : nil
            if mark != nil { marks += 1 }
        case .seal:
            guard let mark else { break }
            var expected = mark
            (expected.kind, expected.stored, expected.unfolded, expected.payloadChecksum) = (.seal, 0, 0, block.payloadChecksum)
            expected.offset = block.offset
            if block != expected {
                problem = "its seal does not agree with the integrity mark before it"
                self.mark = nil
            }
        default: mark = nil
        }
        if mark != nil { unmarked = nil } else if unmarked == nil { unmarked = block.offset }
    }

    private func objection(to content: IntegrityMark?, _ header: BlockHeader) -> String? {
        let offset = header.summary.offset
        guard let content else { return "the integrity mark at byte \(offset) is damaged" }
        guard let key = keys[content.keyIdentifier] else {
            let name = Digest.hexadecimal(content.keyIdentifier)
            return "the integrity mark at byte \(offset) was made with the key \(name), which the key file does not hold"
        }
        return content.isMade(by: key, for: header) ? nil : "the integrity mark at byte \(offset) does not agree with the blocks before it"
    }

    /// Behind damage nothing binds what follows to what came before.
    /// - Returns: what is wrong with the part before the damage, lower case; nil when a mark vouches for it.
    mutating func lose() -> String? {
        defer { (unmarked, mark, problem) = (nil, nil, nil) }
        return unmarked.map { problem ?? "no integrity mark vouches for what stands from byte \($0) on" }
    }

    /// - Returns: what is wrong at the end, lower case; nil when a mark vouches for all.
    func ending() -> String? {
        if let unmarked, marks > 0 { return problem ?? "no integrity mark vouches for what stands from byte \(unmarked) on" }
        return marks == 0 ? problem ?? "it has no integrity mark" : nil
    }
}
