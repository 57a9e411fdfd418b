// A row's key as people see and type it.

import Vocabulary

enum KeyText {
    /// The values joined by ", "; blobs as x'…'.
    static func text(of key: UnsafeRawBufferPointer, encoding: TextEncoding) -> String {
        var cursor = ValueCursor(key)
        var parts: [String] = []
        while let value = cursor.next() { parts.append(text(of: value, encoding: encoding)) }
        return parts.joined(separator: ", ")
    }

    private static func text(of value: ValueView, encoding: TextEncoding) -> String {
        switch value {
        case .null: "NULL"
        case .same: "="
        case .integer(let integer): String(integer)
        case .real(let real): String(describing: real)
        case .text(let bytes): encoding.decode(bytes)
        case .blob(let bytes): "x'" + hexadecimal(bytes) + "'"
        }
    }

    private static func hexadecimal(_ bytes: UnsafeRawBufferPointer) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
