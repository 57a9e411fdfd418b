// The one writer of a log. Operations are taken into memory, written as blocks, and are part of the log once `commit` returned
// (invariant I1: only then may the rows they were captured from be deleted).

public import FileSystem
public import Glibc
public import Vocabulary

/// Appends to a log file. One thread at a time; a lock on the file keeps other writers out while this one lives.
///
/// A commit is all or nothing for every reader. When a commit or an append fails, or the process dies, the log is what it was
/// after the commit before: a failed call cuts the file back at once, a dead process's remains are cut when the log is opened for
/// writing next. `lastPosition` tells from which capture row to go on.
public final class LogWriter {
    public let path: String
    public let header: LogHeader
    /// Bytes of an unfinished commit that were cut off when this log was opened; 0 normally.
    public private(set) var bytesCut: UInt64 = 0
    /// Whether the log was closed by `seal`: it takes nothing more.
    public private(set) var isSealed: Bool

    let keys: IntegrityKeys?
    private let input: OpenLog
    private let stream: BlockStream
    private var committed: ChainEnd
    private var knownTables: [UInt32: TableDefinition] = [:]
    private var tableBytes = 0
    private var knownContexts: [Context: UInt32] = [:]
    /// 0 when every number is given out, which only a forged log manages.
    private var nextContext: UInt32 = 1
    /// The next one as it was when the last commit was durable: numbers from here on were given out since.
    private var firstNewContext: UInt32 = 1
    /// A context that is forgotten is written once more, under another number.
    private static let mostContexts = 65_536
    private static let mostContextBytes = 16 << 20
    private var contextBytes = 0
    private static let contextsReread = 1024
    /// No program, user or purpose has a longer name; a block of definitions must hold it.
    private static let longestText = 64 << 10
    /// Not yet written: that comes before the next block of operations, and for contexts as soon as they fill a block. Tables stay until they
    /// are durable, and are written again when that commit fails; there are no more of them than the database has.
    private(set) var pending = Definitions()
    /// Bytes of the contexts there.
    private var pendingBytes = 0
    /// How many of the tables there this commit has written.
    private var writtenTables = 0
    /// A failed call could not cut the file back: cut before anything else is written.
    private var mustCut = false

    /// Opens a log for appending. What is not a complete commit at its end is cut off.
    ///
    /// Throws 1412 when it is missing, 1413 when its header is damaged, 1503 when it is of a newer version, 1415 when another process
    /// writes to it, 1274 when it cannot be opened for writing or cut. Damage before the last commit is no obstacle; `LogCheck` names it.
    /// - Parameters:
    ///   - keys: ends every commit with a mark. The log must end with a mark of one of them: otherwise 1529, since a new mark would vouch for what
    ///     somebody else wrote.
    ///   - trusting: takes the log as it is; the next commit marks it, also when nothing is new.
    ///   - check: looks at the head before anything of the log is changed; what it throws leaves the log as it was.
    public init(
        opening path: String, keys: IntegrityKeys? = nil, trusting: Bool = false, check: (LogHeader) throws(Failure) -> Void = { _ in }
    ) throws(Failure) {
        self.path = path
        self.keys = keys
        input = try OpenLog(path, .readWrite)
        if case .held = AdvisoryLock.take(input.file.descriptor) {
            throw Failure(
                .logBusy, "the log '\(path)' is being written by another process",
                hint: "Stop the other process, or wait until it has finished.")
        }
        let map = try BlockMap(input)
        header = map.header
        try check(header)
        let opening = try LogOpening(map)
        if let keys, !trusting, let problem = try opening.last.objection(input, keys) { throw LogIntegrity.broken(path, problem) }
        var end = opening.end
        // The mark that is there may be wrong.
        if trusting { end.markedBy = nil }
        committed = end
        isSealed = opening.isSealed
        stream = BlockStream(end, effort: .fast, commitsEachBlock: false, key: keys?.current)
        knownTables = opening.definitions.tables
        tableBytes = knownTables.values.reduce(0) { $0 + $1.weight }
        let contexts = opening.definitions.contexts
        for number in contexts.newest(LogWriter.contextsReread) {
            if let context = try contexts.context(number) { knownContexts[context] = number }
        }
        nextContext = contexts.highest &+ 1
        firstNewContext = nextContext
        let size = try input.size()
        if size > committed.end {
            bytesCut = size - committed.end
            mustCut = true
            try cutIfNeeded()
        }
    }

    /// Publishes a new log that holds no operation yet, and opens it.
    ///
    /// On failure or kill -9 there is no file at `path` (1504 when something stands there already). `status` gives owner and mode, the data
    /// file's as a rule; without it the mode is 0600.
    public static func create(
        _ path: String, header: LogHeader, like status: stat? = nil, keys: IntegrityKeys? = nil
    ) throws(Failure) -> LogWriter {
        try create(path, header: header, like: status, keys: keys, room: LogFormat.maximumHeaderSize)
    }

    /// - Parameter room: see `NewLog.begin`.
    static func create(
        _ path: String, header: LogHeader, like status: stat? = nil, keys: IntegrityKeys? = nil, room: Int
    ) throws(Failure) -> LogWriter {
        try LogHeader.checkRoom(for: header.tables, path: path)
        do throws(SystemError) {
            let publication = try Publication(path)
            if let status { try publication.file.adopt(owner: status.st_uid, group: status.st_gid, mode: status.st_mode) }
            let stream = try NewLog.begin(header, in: publication.file, effort: .fast, commitsEachBlock: false, key: keys?.current, room: room)
            try stream.endCommit(to: publication.file)
            try publication.publish(replacing: false)
        } catch {
            throw LogPublication.taken(path, error) ?? unavailable(path, error)
        }
        return try LogWriter(opening: path, keys: keys)
    }

    // MARK: State

    /// The number of the last operation taken, committed or not; one less than the first number when there is none.
    public var lastOperation: UInt64 { stream.state.nextOperation - 1 }
    /// The position of the last operation taken; the start position when there is none.
    public var lastPosition: Int64 { stream.state.lastPosition }
    /// The time of the last operation taken, the latest of its block where this log was opened just now, or the start time: milliseconds UTC.
    public var lastTime: Int64 { stream.state.lastTime }
    /// Digest of the last block: what the header of a log that continues this one carries.
    public var lastDigest: [UInt8] { committed.digest }

    // MARK: Writing

    /// Makes a table definition part of the log, before the first operation that uses it. A definition that is known already is taken
    /// once; the same identifier with another content is refused (1408), and so are more definitions than a log has room for.
    public func define(_ table: TableDefinition) throws(Failure) {
        if let known = knownTables[table.id] {
            guard known == table else {
                throw Failure(
                    .logSaveFailed, "definition \(table.id) of table '\(table.name)' is already in the log '\(path)' with other columns",
                    hint: "Give the changed table a new identifier.")
            }
            return
        }
        guard table.weight <= Definitions.largestTable, tableBytes + table.weight <= Definitions.tableRoom else {
            throw LogHeader.tooManyTables(path)
        }
        tableBytes += table.weight
        knownTables[table.id] = table
        pending.tables.append(table)
    }

    /// The number of a context, given out now when it is new; 0, nobody known, when the log has no number left. Texts of more than 64 KiB
    /// are cut off there. A number that was given out since the last commit means nothing after `cancel` or a failure: ask again then.
    ///
    /// Throws 1274 when writing fails: as for `append`.
    public func register(_ given: Context) throws(Failure) -> UInt32 {
        var context = given
        for text in [\Context.process, \.user, \.host, \.purpose] where context[keyPath: text].utf8.count > LogWriter.longestText {
            context[keyPath: text] = String(decoding: context[keyPath: text].utf8.prefix(LogWriter.longestText), as: UTF8.self)
        }
        if let known = knownContexts[context] { return known }
        let number = nextContext
        guard number != 0 else { return 0 }
        nextContext &+= 1
        if knownContexts.count >= LogWriter.mostContexts || contextBytes >= LogWriter.mostContextBytes {
            knownContexts.removeAll(keepingCapacity: true)
            contextBytes = 0
        }
        knownContexts[context] = number
        contextBytes += context.size
        pending.contexts.append(.init(number: number, context: context))
        pendingBytes += context.size
        if pendingBytes >= Definitions.fullBlock {
            try checkOpen()
            try guarded { () throws(SystemError) in try writePending() }
        }
        return number
    }

    /// Takes an operation; its own `number` is ignored. The views need to live only during the call. Returns its number.
    ///
    /// Full blocks are written on the way, not yet durable, and shown to nobody before `commit`. Throws 1274 when
    /// writing fails: then everything since the last commit is dropped and the file is as after that commit. Throws 1502
    /// when the position is lower than the one before, 1408 when the values are larger than a block can hold; then
    /// nothing is dropped.
    @discardableResult
    public func append(_ operation: Operation) throws(Failure) -> UInt64 {
        try checkOpen()
        guard operation.position >= stream.state.lastPosition else {
            throw Failure(
                .logGap, "operation \(stream.state.nextOperation) of the log '\(path)' comes from capture row \(operation.position), "
                    + "the one before from row \(stream.state.lastPosition)",
                hint: "Run 'msc log check' on the log and 'msc verify' on the data.")
        }
        guard operation.key.count + operation.old.count + operation.new.count <= PlainOperation.maximumSize else {
            // Untested: it takes more than 4 GiB of values in memory.
            throw Failure(
                .logSaveFailed, "operation \(stream.state.nextOperation) is larger than the log '\(path)' can hold (4 GiB)",
                hint: "Exclude the table from the log.")
        }
        let number = stream.state.nextOperation
        try guarded { () throws(SystemError) in
            try writePending()
            try stream.append(operation, to: input.file)
        }
        return number
    }

    /// Writes what was taken and returns when it is durable. Without anything new it does nothing.
    ///
    /// Throws 1274 when writing fails: then everything since the last commit is dropped, the file is as after that commit, and the
    /// writer can be used again. After kill -9 the log ends with this commit or with the one before.
    public func commit() throws(Failure) {
        try checkOpen()
        try guarded { () throws(SystemError) in
            try writePending()
            try stream.endCommit(to: input.file)
            guard stream.state.end != committed.end else { return }
            try input.file.sync()
        }
        accept()
    }

    /// Commits, then closes the log for ever with an index and a seal: a segment. Failure and kill -9 as for `commit`.
    public func seal() throws(Failure) {
        try commit()
        try guarded { () throws(SystemError) in
            try stream.writeSeal(to: input.file)
            try input.file.sync()
        }
        accept()
        isSealed = true
    }

    /// Drops everything since the last commit.
    public func cancel() {
        stream.encoder.removeAll()
        if stream.state.end != committed.end { mustCut = true }
        stream.state = committed
        writtenTables = 0
        // What numbers were given to since is not in the file.
        pending.contexts.removeAll(keepingCapacity: true)
        pendingBytes = 0
        if nextContext != firstNewContext {
            knownContexts = knownContexts.filter { [firstNewContext] in $0.value < firstNewContext }
            nextContext = firstNewContext
        }
        // A cut that fails now is tried again before the next write, which then reports the failure.
        try? cutIfNeeded()
    }

    private func accept() {
        committed = stream.state
        pending.tables.removeAll()
        writtenTables = 0
        firstNewContext = nextContext
    }

    /// Definitions go out in blocks of their own, before the operations that come next.
    private func writePending() throws(SystemError) {
        guard writtenTables < pending.tables.count || !pending.contexts.isEmpty else { return }
        try stream.writeDefinitions(Definitions(tables: Array(pending.tables[writtenTables...]), contexts: pending.contexts), to: input.file)
        writtenTables = pending.tables.count
        pending.contexts.removeAll(keepingCapacity: true)
        pendingBytes = 0
    }

    private func checkOpen() throws(Failure) {
        if isSealed {
            throw Failure(
                .logUnavailable, "the log '\(path)' is sealed", hint: "Start a new log file with 'msc log new'.")
        }
        try cutIfNeeded()
    }

    private func guarded(_ body: () throws(SystemError) -> Void) throws(Failure) {
        do { try body() } catch {
            cancel()
            throw LogWriter.unavailable(path, error)
        }
    }

    private func cutIfNeeded() throws(Failure) {
        guard mustCut else { return }
        do throws(SystemError) {
            try input.file.truncate(to: committed.end)
            try input.file.sync()
        } catch { throw LogWriter.unavailable(path, error) }
        mustCut = false
    }

    /// Another file stands at the path now: nothing may be written to this one any more.
    func closeForSuccessor() { isSealed = true }

    static func unavailable(_ path: String, _ error: SystemError) -> Failure {
        Failure(
            .logUnavailable, "the log '\(path)' cannot be written", cause: error.reason,
            hint: "Make room or mend the disk; the changes wait in the data file until the log can be written.")
    }
}
