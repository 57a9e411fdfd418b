// The code of a manifest: made over its own bytes, with zeros where the code stands.

internal import FileSystem
internal import Vocabulary

extension Manifest {
    private static let noCode = String(repeating: "0", count: IntegrityKey.codeSize * 2)
    private static let domain = Array("msc manifest 1\0\0".utf8)

    /// The manifest's JSON, with a code made with the key.
    mutating func coded(with key: IntegrityKey?) throws(Failure) -> [UInt8] {
        integrity = key.map { Integrity(key: $0.description, code: Manifest.noCode) }
        let bytes = try json()
        guard let key else { return bytes }
        // The same value gives the same bytes: only the code differs.
        integrity?.code = Digest.hexadecimal(key.code(of: Manifest.domain + bytes))
        return try json()
    }

    /// - Parameter json: the bytes that this manifest was read from.
    func objection(_ keys: IntegrityKeys, _ json: [UInt8]) -> String? {
        guard let integrity else { return "its manifest carries no integrity code" }
        guard let identifier = Manifest.bytes(integrity.key), let code = Manifest.bytes(integrity.code), code.count == IntegrityKey.codeSize else {
            return "its integrity code is malformed"
        }
        guard let key = keys[identifier] else {
            return "its integrity code was made with the key \(integrity.key), which the key file does not hold"
        }
        let written = Array(integrity.code.utf8)
        var bytes = json
        var found = 0
        var at = 0
        while at + written.count <= bytes.count {
            if bytes[at] == written[0], bytes[at..<at + written.count].elementsEqual(written) {
                found += 1
                bytes.replaceSubrange(at..<at + written.count, with: Manifest.noCode.utf8)
            }
            at += 1
        }
        guard found == 1, key.verifies(code, of: Manifest.domain + bytes) else { return "its integrity code does not agree with its manifest" }
        return nil
    }

    /// Nil unless the text is lower-case hexadecimal.
    private static func bytes(_ text: String) -> [UInt8]? {
        let digits = text.utf8.compactMap { digit -> UInt8? in
            switch digit {
            case 48...57: digit - 48
            case 97...102: digit - 87
            default: nil
            }
        }
        guard digits.count == text.utf8.count, digits.count.isMultiple(of: 2) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
