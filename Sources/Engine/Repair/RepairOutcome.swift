// What a repair ends with. Its JSON form is interface (docs/cli.md).

import Vocabulary

public struct RepairOutcome: Codable, Sendable, Equatable {
    public enum Result: String, Codable, Sendable {
        /// Nothing was wrong, and nothing was changed.
        case sound
        /// What was damaged is as it was written.
        case repaired
        /// A log without enough parity: what can still be read was saved as another log.
        case salvaged
    }

    public var result: Result
    /// The archive or log.
    public var path: String
    /// Bytes that were damaged or missing and are there again.
    public var repairedBytes: UInt64 = 0
    /// The files that were replaced by repaired ones: of an archive in segments, those that needed it.
    public var replaced: [String] = []
    /// What stood there, under its new name.
    public var setAside: [String] = []
    /// Whether the parity file itself was damaged and was made anew.
    public var parityRemade = false
    /// The log with what could be saved.
    @OrNull public var salvaged: String?
    /// Operations in it.
    @OrNull public var operations: UInt64?
    /// What could not be saved.
    public var lost: [Problem] = []
    public var warnings: [String] = []
}
