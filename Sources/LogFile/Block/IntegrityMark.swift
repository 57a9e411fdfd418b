// The block that ends a commit where a key is used: an HMAC over the block before it, and so over all that stands in the file so far.

import FileSystem

/// The payload of a mark. It has no operations, and no reader needs it to read the others.
struct IntegrityMark {
    let keyIdentifier: [UInt8]
    private let code: [UInt8]

    static let size = 16 + IntegrityKey.codeSize
    /// The only way of making codes so far: HMAC-SHA-256.
    private static let method: UInt8 = 1
    private static let domain = Array("msc log mark 1\0\0".utf8)

    /// Nil when these bytes are no mark of a method that is known.
    init?(_ payload: UnsafeRawBufferPointer) {
        guard payload.count == IntegrityMark.size, payload[0] == IntegrityMark.method else { return nil }
        keyIdentifier = Array(payload[8..<16])
        code = Array(payload[16...])
    }

    /// The payload of the mark with this header, whose checksums are not known yet.
    static func payload(_ header: BlockHeader, _ key: IntegrityKey) -> [UInt8] {
        let start = [method] + [UInt8](repeating: 0, count: 7) + key.identifier
        return start + key.code(of: covered(header, start))
    }

    /// Whether the holder of the key made this mark, with this header, after the block whose digest the header names.
    func isMade(by key: IntegrityKey, for header: BlockHeader) -> Bool {
        let start = [IntegrityMark.method] + [UInt8](repeating: 0, count: 7) + keyIdentifier
        return key.verifies(code, of: IntegrityMark.covered(header, start))
    }

    /// All that the code vouches for: the header without its two checksums, one of which is that of the code.
    private static func covered(_ header: BlockHeader, _ start: [UInt8]) -> [UInt8] {
        let bytes = header.bytes()
        return domain + start + bytes[..<76] + bytes[80..<136]
    }
}
