// The two pieces of JSON that operations need in bulk (RFC 8259, RFC 4648).

import Vocabulary

enum JSONText {
    /// A string with its quotes. What would steer a terminal is escaped.
    static func string(_ text: String) -> String {
        var bytes: [UInt8] = [0x22]
        bytes.reserveCapacity(text.utf8.count + 2)
        for byte in text.utf8 {
            switch byte {
            case 0x22, 0x5c: bytes += [0x5c, byte]
            case 0x0a: bytes += Array("\\n".utf8)
            case 0x09: bytes += Array("\\t".utf8)
            case 0..<0x20, 0x7f:
                bytes += Array("\\u00".utf8)
                bytes += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: bytes.append(byte)
            }
        }
        bytes.append(0x22)
        let string = String(decoding: bytes, as: UTF8.self)
        // No steering scalar beyond the ASCII ones has a UTF-8 form that begins otherwise.
        return bytes.contains(where: { $0 == 0xc2 || $0 == 0xd8 || $0 == 0xe2 }) ? SafeText.escapedJSON(string) : string
    }

    private static let digits = Array("0123456789abcdef".utf8)
    private static let base64Digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func base64(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let end = min(start + 3, bytes.count)
            let group = (0..<3).reduce(0) { $0 << 8 | (start + $1 < end ? Int(bytes[start + $1]) : 0) }
            for index in 0..<4 {
                text.append(index <= end - start ? base64Digits[group >> (18 - 6 * index) & 63] : 0x3d)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
