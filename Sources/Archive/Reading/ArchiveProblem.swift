// What a check of an archive found, as values.

public import Vocabulary

/// Something wrong in an archive.
public struct ArchiveProblem: Sendable, Equatable {
    /// The entry concerned; nil when it is the archive as a whole.
    public var entryName: String?
    /// Which bytes of the item are lost; nil when it cannot be told, or when it is not about bytes.
    public var bytes: Range<UInt64>?
    /// What is wrong, with its code.
    public var failure: Failure
}
