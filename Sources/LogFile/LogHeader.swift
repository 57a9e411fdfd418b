// The file header of a log: whose it is, what it follows, and how the data looked when it began.

public import Vocabulary

/// What stands before the first operation. Byte table: docs/formats/journal.md, "File header".
public struct LogHeader: Sendable, Equatable {
    public var encoding: TextEncoding
    public var application: Identity
    public var chain: Identity
    /// Number of the last full backup before this log, 0 before the first: BBBB of `Name[BBBB-LLLL].journal`.
    public var number: UInt32
    /// LLLL: 0 for a log that directly follows its backup, then one more for each segment.
    public var segment: UInt32
    /// Number of the first operation that this log holds or will hold; at least 1.
    public var firstOperation: UInt64
    /// The data's capture row when the log began: it holds exactly the operations up to it.
    public var startPosition: Int64
    /// Milliseconds since 1970-01-01 UTC.
    public var startTime: Int64
    /// Digest of the last block of the preceding log of the chain; 32 zero bytes for none.
    public var previousDigest: [UInt8]
    /// SHA-256 of the data file that the first log of a chain began on, where a backup made before anything was captured holds it; 32 zero
    /// bytes otherwise.
    public var base: [UInt8]
    /// SQL texts that rebuild the data's structure as it was at the beginning.
    public var structure: [String]
    /// Table definitions known from the beginning.
    public var tables: [TableDefinition]

    public static let noDigest = [UInt8](repeating: 0, count: 32)

    public init(
        encoding: TextEncoding = .utf8, application: Identity, chain: Identity, number: UInt32 = 0, segment: UInt32 = 0,
        firstOperation: UInt64 = 1, startPosition: Int64 = 0, startTime: Int64, previousDigest: [UInt8] = noDigest,
        base: [UInt8] = noDigest, structure: [String] = [], tables: [TableDefinition] = []
    ) {
        precondition(previousDigest.count == 32 && base.count == 32 && firstOperation >= 1)
        self.encoding = encoding
        self.application = application
        self.chain = chain
        self.number = number
        self.segment = segment
        self.firstOperation = firstOperation
        self.startPosition = startPosition
        self.startTime = startTime
        self.previousDigest = previousDigest
        self.base = base
        self.structure = structure
        self.tables = tables
    }
}

extension LogHeader {
    /// Whether a file that starts with these bytes (at least 8) is a log.
    public static func begins(_ bytes: [UInt8]) -> Bool { bytes.starts(with: LogFormat.magic) }
}
