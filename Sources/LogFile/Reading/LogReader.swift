// Reads a log, sealed or still growing: who it belongs to, where things are. Iteration: LogReader+Iteration.swift; lookups:
// LogReader+Lookups.swift.

import FileSystem
import Glibc
public import Parity
public import Vocabulary

/// A log file opened for reading. One thread at a time; any number of readers beside one writer, which they never disturb.
///
/// It shows the commits that were complete when it was opened or refreshed. Memory does not grow with the log: a few MiB, and once the
/// size of the largest operation met.
public final class LogReader {
    public let path: String
    public let header: LogHeader
    let map: BlockMap
    let payloads: BlockPayload
    let decoder = BlockDecoder()
    private var tablesByID: [UInt32: TableDefinition] = [:]
    private(set) var contexts: ContextIndex
    /// What was found damaged on opening: the file header, definitions. Damaged operations are reported when they are read.
    public private(set) var openingDamage: [Damage] = []

    /// Damaged bytes of a log backup that were repaired with its parity file while they were read.
    public var repaired: ByteRanges { map.input.protection?.repaired ?? ByteRanges() }

    /// Opens a log, a log backup through its parity file where there is one. Throws 1412 when it is missing, 1413 when not even a copy of its header can be read, 1503 when it is of a newer
    /// version, 1515 when the disk fails, 1406 when `Job.current` is stopped and the log has very many definitions. A log of ten million operations opens within 100 ms unless its end is damaged.
    /// - Parameter repairing: false to see the log as it is.
    public init(_ path: String, repairing: Bool = true) throws(Failure) {
        self.path = path
        map = try BlockMap(try OpenLog(path, .read, repairing: repairing))
        header = map.header
        payloads = BlockPayload(map.input)
        contexts = ContextIndex(map)
        try loadDefinitions()
    }

    private func loadDefinitions() throws(Failure) {
        let chain = try DefinitionChain(map, last: map.last)
        tablesByID = chain.tables
        contexts = chain.contexts
        openingDamage = chain.damage
        if let reason = map.headerDamage { openingDamage.insert(Damage(operations: nil, offset: 0, reason: reason), at: 0) }
    }

    /// Number of the first operation that the log holds or would hold.
    public var firstOperation: UInt64 { header.firstOperation }
    /// Number of the last operation; one less than the first when there is none.
    public var lastOperation: UInt64 { map.nextOperation - 1 }
    public var operationCount: UInt64 { map.nextOperation - header.firstOperation }
    /// Position of the last operation; the start position when there is none.
    public var lastPosition: Int64 { map.lastPosition }
    /// Time of the last operation (the latest of its block); the start time when there is none.
    public var lastTime: Int64 { map.last?.summary.latest ?? header.startTime }
    /// Closed for ever: a segment or a .4BL.
    public var isSealed: Bool { map.isSealed }
    /// The definition with this identifier; nil when the log has none (or it is lost: see `openingDamage`).
    public func definition(_ id: UInt32) -> TableDefinition? { tablesByID[id] }
    /// Who did it: read from the log when it is not among the few read last. Nil when the log does not say, or where it says it cannot be
    /// read. Throws 1515 when the disk fails.
    public func context(_ number: UInt32) throws(Failure) -> Context? { number == 0 ? nil : try contexts.context(number) }
    /// Whether a context of the log holds this text, without regard to case.
    public func holdsContext(with text: String) throws(Failure) -> Bool {
        let wanted = text.lowercased()
        var isFound = false
        try contexts.forEach { (_, context) throws(Failure) in
            isFound = context.text.lowercased().contains(wanted)
            return isFound ? .enough : .next
        }
        return isFound
    }
    public var definitions: [TableDefinition] { tablesByID.values.sorted { $0.id < $1.id } }

    /// SHA-256 of the last block, which the header of the next log of the chain carries.
    public func lastDigest() throws(Failure) -> [UInt8] {
        guard let last = map.last else { return LogHeader.noDigest }
        return try LogOpening.digest(of: last, map.input)
    }

    /// Takes in what was committed since. True when there is something new.
    @discardableResult
    public func refresh() throws(Failure) -> Bool {
        guard try map.refresh() else { return false }
        try loadDefinitions()
        return true
    }

    /// Whether another file stands at the path now (the log was cut): open it anew to go on following.
    public var isReplaced: Bool {
        guard let mine = try? map.input.file.status() else { return true }
        var there = stat()
        return stat(path, &there) != 0 || there.st_ino != mine.st_ino || there.st_dev != mine.st_dev
    }
}
