// manifest.json: bytes <-> `Manifest`. The only file of this room that uses Foundation, for its JSON alone.

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif
internal import Vocabulary

extension Manifest {
    /// A manifest larger than this is refused unread: it would be the table of contents of a 40 TB archive.
    static let maximalSize: UInt64 = 64 << 20

    func json() throws(Failure) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return [UInt8](try encoder.encode(self))
        } catch {
            // Untested: a manifest holds texts and whole numbers only, and JSON has a form for each of them.
            throw Failure(
                .archiveSaveFailed, "the manifest could not be written as JSON", cause: String(describing: error),
                hint: "Report this together with the names of the files that were backed up.")
        }
    }

    init(json: [UInt8], archive: String) throws(Failure) {
        guard JSONBound.holds(json) else { throw .damaged(archive, entry: EntryName.manifest, "it says more than any manifest does") }
        let data = Data(json)
        let version: Int
        do {
            version = try JSONDecoder().decode(Version.self, from: data).formatVersion
        } catch {
            throw .damaged(archive, entry: EntryName.manifest, "it is not a manifest", cause: DecodingError.words(of: error))
        }
        guard version <= Manifest.formatVersion else {
            throw Failure(
                .unsupportedVersion, "archive '\(archive)' has format version \(version); this program knows 1",
                hint: "Use a newer version of msc to read it.")
        }
        do {
            self = try JSONDecoder().decode(Manifest.self, from: data)
        } catch {
            throw .damaged(archive, entry: EntryName.manifest, "it is not a manifest", cause: DecodingError.words(of: error))
        }
    }

    private struct Version: Decodable { var formatVersion: Int }
}

extension Manifest: Codable {
    private enum Key: String, CodingKey {
        case formatVersion, application, applicationName, backupNumber, chain, lastOperation, position, startTime, endTime
        case programVersion, textEncoding, places, integrity, properties, items
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        self.init(
            application: try container.decode(String.self, forKey: .application),
            applicationName: try container.decode(String.self, forKey: .applicationName),
            backupNumber: try container.decode(UInt64.self, forKey: .backupNumber),
            chain: try container.decode(String.self, forKey: .chain),
            lastOperation: try container.number(in: 0...Manifest.greatestOperation, forKey: .lastOperation),
            position: try container.decode(Int64.self, forKey: .position),
            startTime: try container.number(in: Manifest.times, forKey: .startTime),
            endTime: try container.number(in: Manifest.times, forKey: .endTime),
            programVersion: try container.decode(String.self, forKey: .programVersion),
            textEncoding: try container.decode(String.self, forKey: .textEncoding),
            places: try container.decodeIfPresent(Places.self, forKey: .places),
            properties: try container.decodeIfPresent(Properties.self, forKey: .properties)?.texts ?? [:],
            integrity: try container.decodeIfPresent(Integrity.self, forKey: .integrity),
            items: try container.decode([Item].self, forKey: .items))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(Manifest.formatVersion, forKey: .formatVersion)
        try container.encode(application, forKey: .application)
        try container.encode(applicationName, forKey: .applicationName)
        try container.encode(backupNumber, forKey: .backupNumber)
        try container.encode(chain, forKey: .chain)
        try container.encode(lastOperation, forKey: .lastOperation)
        try container.encode(position, forKey: .position)
        try container.encode(startTime, forKey: .startTime)
        try container.encode(endTime, forKey: .endTime)
        try container.encode(programVersion, forKey: .programVersion)
        try container.encode(textEncoding, forKey: .textEncoding)
        try container.encodeIfPresent(places, forKey: .places)
        try container.encodeIfPresent(integrity, forKey: .integrity)
        if !properties.isEmpty { try container.encode(properties, forKey: .properties) }
        try container.encode(items, forKey: .items)
    }
}

extension Manifest {
    /// No log has an operation with a greater number.
    fileprivate static let greatestOperation: UInt64 = (1 << 62) - 1
    /// Milliseconds. No clock shows others.
    fileprivate static let times: ClosedRange<Int64> = -(1 << 53)...(1 << 53)
}

/// Texts by key: a few, whatever the file says.
private struct Properties: Decodable {
    var texts: [String: String] = [:]

    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        guard container.allKeys.count <= 1000 else {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "there are too many of them"))
        }
        for key in container.allKeys { texts[key.stringValue] = try container.decode(String.self, forKey: key) }
    }
}

extension KeyedDecodingContainer {
    /// A number that can be computed with.
    fileprivate func number<Number: FixedWidthInteger & Decodable>(in range: ClosedRange<Number>, forKey key: Key) throws -> Number {
        let number = try decode(Number.self, forKey: key)
        guard range.contains(number) else { throw DecodingError.dataCorruptedError(forKey: key, in: self, debugDescription: "\(number) is impossible") }
        return number
    }
}
