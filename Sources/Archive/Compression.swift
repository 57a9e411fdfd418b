// How an entry is compressed: the choice an administrator makes in the settings.

/// How much effort goes into making an archive small.
public enum Compression: String, Sendable, CaseIterable, Codable {
    /// Stored as it is.
    case none
    /// As fast as the disk, or nearly: ISA-L's level 3, or zlib's level 1 on processors without vector units.
    case fast
    /// As small as deflate gets: zlib, no larger than `pigz -9`.
    case compact
}
