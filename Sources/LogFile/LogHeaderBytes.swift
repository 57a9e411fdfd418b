// The byte form of the file header.

import Deflate
import FileSystem
public import Vocabulary

extension LogHeader {
    func bytes() -> [UInt8] {
        var body = Bytes()
        body.append(varint: UInt64(structure.count))
        for text in structure { body.append(string: text) }
        Definitions(tables: tables).append(to: &body)
        var packed = Bytes()
        let deflater = Deflater(.small)
        body.withView { deflater.deflate($0, parts: [], into: &packed) }
        let pays = body.count > LogFormat.worthDeflating && packed.count < body.count

        var bytes = Bytes(capacity: 1024)
        bytes.append(LogFormat.magic)
        bytes.append(number: LogFormat.majorVersion)
        bytes.append(number: LogFormat.minorVersion)
        bytes.append(number: UInt32(LogFormat.fixedHeaderSize + (pays ? packed.count : body.count) + 4))
        bytes.append(byte: encoding.rawValue)
        bytes.append(byte: pays ? 1 : 0)
        bytes.append(number: UInt16(0))
        bytes.append(application.bytes)
        bytes.append(chain.bytes)
        bytes.append(number: number)
        bytes.append(number: segment)
        bytes.append(number: firstOperation)
        bytes.append(number: startPosition)
        bytes.append(number: startTime)
        bytes.append(previousDigest)
        bytes.append(number: UInt32(body.count))
        bytes.append(base)
        bytes.append(number: UInt32(0))
        bytes.append(pays ? packed.array : body.array)
        bytes.append(number: bytes.withView { Codec.best.checksum($0) })
        return bytes.array
    }

    /// Whether these bytes are a whole header that this version reads: a log whose own header is refused would be lost.
    static func isReadable(_ bytes: UnsafeRawBufferPointer, path: String) -> Bool {
        do {
            let start = UnsafeRawBufferPointer(rebasing: bytes.prefix(16))
            guard try length(of: start, path: path) == bytes.count else { return false }
            _ = try LogHeader(bytes, path: path)
            return true
        } catch { return false }
    }

    /// Refuses more definitions of tables than one log can hold: nobody could read the rest.
    /// - Throws: 1408.
    public static func checkRoom(for tables: [TableDefinition], path: String) throws(Failure) {
        guard tables.allSatisfy({ $0.weight <= Definitions.largestTable }), tables.reduce(0, { $0 + $1.weight }) <= Definitions.tableRoom
        else { throw tooManyTables(path) }
    }

    /// Whether a header holds these definitions beside a structure of 32 MiB. Others follow it in blocks of their own.
    public static func hasRoom(for tables: [TableDefinition]) -> Bool {
        var bytes = Bytes()
        Definitions(tables: tables).append(to: &bytes)
        return bytes.count <= 24 << 20
    }

    static func tooManyTables(_ path: String) -> Failure {
        Failure(
            .logSaveFailed, "the log '\(path)' cannot hold the definitions of so many tables and columns (\(Definitions.tableRoom >> 20) MiB)",
            hint: "Leave tables out with 'msc log start --exclude'. A backup needs no log.")
    }

    /// Length of the header that begins with these 16 bytes; throws when they begin no log that this version reads.
    static func length(of start: UnsafeRawBufferPointer, path: String) throws(Failure) -> Int {
        var reader = BytesReader(start)
        guard start.count >= 16, Array(reader.bytes(8)) == LogFormat.magic else { throw damaged(path, "it does not begin like a log") }
        let major = reader.number(UInt16.self)
        guard major <= LogFormat.majorVersion else {
            throw Failure(
                .unsupportedVersion, "the log '\(path)' has format version \(major), this program reads up to \(LogFormat.majorVersion)",
                hint: "Use a newer version of this program.")
        }
        _ = reader.number(UInt16.self)
        let length = Int(reader.number(UInt32.self))
        guard major >= 1, length >= LogFormat.fixedHeaderSize + 4, length <= LogFormat.maximumHeaderSize else {
            throw damaged(path, "its header has an impossible length")
        }
        return length
    }

    /// Reads a whole header as `length(of:path:)` delimits it.
    init(_ bytes: UnsafeRawBufferPointer, path: String) throws(Failure) {
        let content = UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count - 4)])
        let checksum = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: bytes.count - 4, as: UInt32.self))
        guard Codec.best.checksum(content) == checksum else { throw LogHeader.damaged(path, "its header has a wrong checksum") }
        var reader = BytesReader(content)
        _ = reader.bytes(16)
        let encoding = TextEncoding(rawValue: reader.number())
        let isDeflated = reader.number(UInt8.self) & 1 != 0
        _ = reader.number(UInt16.self)
        let application = Identity(bytes: reader.bytes(16))
        let chain = Identity(bytes: reader.bytes(16))
        let number = reader.number(UInt32.self)
        let segment = reader.number(UInt32.self)
        let firstOperation = reader.number(UInt64.self)
        let startPosition = reader.number(Int64.self)
        let startTime = reader.number(Int64.self)
        let previousDigest = Array(reader.bytes(32))
        let bodySize = Int(reader.number(UInt32.self))
        let base = Array(reader.bytes(32))
        _ = reader.bytes(4)
        let stored = reader.bytes(reader.remaining)
        guard let encoding, let application, let chain, firstOperation >= 1, firstOperation < 1 << 62,
            segment < .max, LogFormat.times.contains(startTime), !reader.isDamaged,
            bodySize <= LogFormat.maximumHeaderSize,
            isDeflated ? bodySize <= LogFormat.maximumUnfolded(stored.count) : bodySize == stored.count
        else { throw LogHeader.damaged(path, "its header holds impossible values") }

        var body = Bytes()
        // Untested: only who forges a header with the right checksum gets here.
        guard LogHeader.unfold(stored, isDeflated, bodySize, into: &body) else { throw LogHeader.damaged(path, "its header cannot be unfolded") }
        var structure: [String] = []
        var tables: [TableDefinition] = []
        var weight = 0
        var parts = BytesReader(body.view)
        let texts = parts.count(min(parts.remaining, LogHeader.mostStatements))
        for _ in 0..<texts where !parts.isDamaged { structure.append(parts.string()) }
        let isSound = Definitions.walk(
            &parts,
            table: { table in
                weight += table.weight
                if weight <= Definitions.tableRoom { tables.append(table) }
            }, context: nil)
        guard isSound, weight <= Definitions.tableRoom else { throw LogHeader.damaged(path, "its header's definitions are malformed") }
        self.init(
            encoding: encoding, application: application, chain: chain, number: number, segment: segment,
            firstOperation: firstOperation, startPosition: startPosition, startTime: startTime,
            previousDigest: previousDigest, base: base, structure: structure, tables: tables)
    }

    /// Far more statements than SQLite keeps for a schema: a text of no length takes one byte of the file, but sixteen of memory.
    private static let mostStatements = 1 << 20

    private static func unfold(_ stored: UnsafeRawBufferPointer, _ isDeflated: Bool, _ size: Int, into body: inout Bytes) -> Bool {
        body.removeAll()
        guard isDeflated else {
            body.append(stored)
            return true
        }
        body.resize(to: size)
        return Inflater().inflate(stored, into: UnsafeMutableRawBufferPointer(start: body.base, count: size))
    }

    /// The structure and definitions in the bytes of a header that was read before; false when they cannot be unfolded.
    static func body(of bytes: UnsafeRawBufferPointer, into body: inout Bytes) -> Bool {
        var reader = BytesReader(bytes)
        _ = reader.bytes(17)
        let isDeflated = reader.number(UInt8.self) & 1 != 0
        _ = reader.bytes(LogFormat.fixedHeaderSize - 18 - 40)
        let size = Int(reader.number(UInt32.self))
        _ = reader.bytes(36)
        let stored = reader.bytes(max(0, reader.remaining - 4))
        guard !reader.isDamaged, size <= LogFormat.maximumHeaderSize else { return false }
        return unfold(stored, isDeflated, size, into: &body)
    }

    /// Passes over the structure, which stands before the definitions.
    static func skipStructure(_ reader: inout BytesReader) {
        let texts = reader.count(reader.remaining)
        for _ in 0..<texts where !reader.isDamaged { _ = reader.bytes(reader.count(reader.remaining)) }
    }

    static func damaged(_ path: String, _ why: String) -> Failure {
        Failure(
            .logDamaged, "the log '\(path)' is damaged", cause: why,
            hint: "Run 'msc log check' on it, and restore from another backup set if it cannot be read.")
    }
}
