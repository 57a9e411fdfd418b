// What an archive says about itself: manifest.json, its last entry (docs/formats/4bk.md). Values only; ManifestCoding.swift
// turns them into JSON and back.

/// The table of contents of an archive, and where it stands in the history of its application.
public struct Manifest: Sendable, Equatable {
    /// Major version of the .4BK format. A reader refuses a newer one; within one version, keys are only added.
    public static let formatVersion = 1

    /// UUID of the application whose backup this is.
    public var application: String
    public var applicationName: String
    public var backupNumber: UInt64
    /// UUID of the chain of operation numbers that the backup belongs to.
    public var chain: String
    /// Number of the last operation whose effect the data file holds.
    public var lastOperation: UInt64
    /// Newest capture row in the data file: operations whose `position` is not above it are in the data.
    public var position: Int64
    /// Milliseconds since 1970-01-01 UTC.
    public var startTime: Int64
    public var endTime: Int64
    public var programVersion: String
    /// Encoding of the text in the data file, in SQLite's words: `UTF-8`, `UTF-16le`, `UTF-16be`.
    public var textEncoding: String
    /// Where the log and the backups lay; nil in an archive of an older version.
    public var places: Places?
    /// Says who wrote the manifest; nil where no key was used. `ArchiveWriter.finish` fills this in.
    public var integrity: Integrity?
    /// Further facts, by key; a reader that does not know a key leaves it alone.
    public var properties: [String: String]
    /// In the order in which they stand in the archive. `ArchiveWriter.finish` fills this in.
    public var items: [Item]

    public init(
        application: String, applicationName: String, backupNumber: UInt64, chain: String, lastOperation: UInt64,
        position: Int64, startTime: Int64, endTime: Int64, programVersion: String, textEncoding: String,
        places: Places? = nil, properties: [String: String] = [:], integrity: Integrity? = nil, items: [Item] = []
    ) {
        self.integrity = integrity
        self.places = places
        self.application = application
        self.applicationName = applicationName
        self.backupNumber = backupNumber
        self.chain = chain
        self.lastOperation = lastOperation
        self.position = position
        self.startTime = startTime
        self.endTime = endTime
        self.programVersion = programVersion
        self.textEncoding = textEncoding
        self.properties = properties
        self.items = items
    }

    /// Where the things lay that an archive does not hold. All paths are absolute.
    public struct Places: Sendable, Equatable, Codable {
        /// The log file; nil when there was none.
        public var log: String?
        /// The folders where logs stood, the newest last.
        public var logFolders: [String]
        /// The folders that backups went to, the newest last.
        public var destinations: [String]

        public init(log: String?, logFolders: [String], destinations: [String]) {
            self.log = log
            self.logFolders = logFolders
            self.destinations = destinations
        }
    }

    /// A code that only who has the key can make. It vouches for the manifest, and so for the digest of every item.
    public struct Integrity: Sendable, Equatable, Codable {
        /// The key's identifier, hexadecimal.
        public var key: String
        /// HMAC-SHA-256 of the manifest's bytes, hexadecimal; zeros stand in its place while it is made.
        public var code: String
    }

    /// What an item is for the application.
    public enum Role: String, Sendable, CaseIterable, Codable {
        case data, settings, structure, attachment

        /// The folder of the archive that holds what has this role.
        var folder: String {
            switch self {
            case .data: "Data"
            case .settings: "Settings"
            case .structure: "Structure"
            case .attachment: "Attachments"
            }
        }
    }

    /// One file in the archive.
    public struct Item: Sendable, Equatable, Codable {
        public var role: Role
        /// Its name in the archive: `Data/SampleDB.db`.
        public var entryName: String
        /// Absolute path of the file that was backed up.
        public var originalPath: String
        /// Bytes, uncompressed.
        public var size: UInt64
        /// Milliseconds since 1970-01-01 UTC.
        public var modified: Int64
        /// Unix permission bits.
        public var mode: UInt32
        /// Lower-case hexadecimal.
        public var sha256: String
        /// How to decompress and check it in pieces; absent for an item that fits in one.
        public var pieces: Pieces?
    }

    /// The pieces of a large item: each can be decompressed without the others, so that all cores can, and damage costs
    /// one piece and not the rest of the file.
    public struct Pieces: Sendable, Equatable, Codable {
        /// Uncompressed bytes of every piece but the last.
        public var size: UInt64
        /// Where each piece ends among the entry's compressed bytes.
        public var ends: [UInt64]
        /// CRC-32 of each piece's uncompressed bytes.
        public var checksums: [UInt32]
    }
}
