// What a trial restore proved. Its JSON form is interface (docs/cli.md).

import Vocabulary

public struct ProofOutcome: Codable, Sendable, Equatable {
    public enum Result: String, Codable, Sendable {
        /// Restored and taken forward, the archive gave the content that the live database has at the same operation.
        case proven
        /// It could not be restored, or gave another content.
        case failed
        /// It was not possible to tell.
        case inconclusive
    }

    public var result: Result
    public var archive: String
    /// The live database that it was compared with; nil when there was none.
    @OrNull public var data: String?
    /// The operation at which both were compared; nil without a log.
    @OrNull public var operation: UInt64?
    /// How long the restore took with its logs: the time that a real one would take here. Without the comparison.
    public var seconds: Double
    /// Bytes that were taken out of the archive.
    public var bytes: UInt64
    /// Why it failed or could not be told.
    @OrNull public var reason: String?
    /// Tables whose content differs.
    public var tables: [String]
    /// Tables that are not journaled: their content is that of the backup, and was not compared.
    public var notCompared: [String]
    public var warnings: [String]
}

/// What the history keeps of it.
public struct ProofRecord: Codable, Sendable, Equatable {
    public var result: ProofOutcome.Result
    /// When it began: UTC, ISO 8601.
    public var date: String
    public var seconds: Double
    @OrNull public var operation: UInt64?
    @OrNull public var reason: String?

    public init(result: ProofOutcome.Result, date: String, seconds: Double, operation: UInt64?, reason: String?) {
        self.result = result
        self.date = date
        self.seconds = seconds
        self.operation = operation
        self.reason = reason
    }
}
