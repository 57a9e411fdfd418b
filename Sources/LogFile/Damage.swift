// What a reader met that it cannot vouch for. Damage is reported as a value beside the operations, never hidden.

/// A damaged place of a log.
public struct Damage: Sendable, Equatable {
    /// The operations that are lost with it; nil when none are (a definition, an index).
    public var operations: ClosedRange<UInt64>?
    /// Where in the file, in bytes; nil when only the numbering shows it.
    public var offset: UInt64?
    /// In a few words, lower case: "checksum of the block at byte 4096 is wrong".
    public var reason: String

    public init(operations: ClosedRange<UInt64>?, offset: UInt64?, reason: String) {
        self.operations = operations
        self.offset = offset
        self.reason = reason
    }
}
