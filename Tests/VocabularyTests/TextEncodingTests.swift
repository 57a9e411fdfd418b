// Text as a database stores it, for people.

import Testing
import Vocabulary

@Suite("Text in the encoding of a database")
struct TextEncodingTests {
    @Test("is read as it was written", arguments: [TextEncoding.utf8, .utf16LittleEndian, .utf16BigEndian])
    func roundTrip(encoding: TextEncoding) {
        for text in ["", "a", "grün", "二", "🌲 fir", "a\u{0}b"] { #expect(encoding.decode(encoding.encode(text)) == text) }
    }

    @Test("has its byte order")
    func order() {
        #expect(TextEncoding.utf16LittleEndian.encode("ж") == [0x36, 0x04])
        #expect(TextEncoding.utf16BigEndian.encode("ж") == [0x04, 0x36])
        #expect(TextEncoding.utf16BigEndian.decode([0x04, 0x36]) == "ж")
    }

    @Test("that is broken is shown as far as it goes", arguments: [TextEncoding.utf16LittleEndian, .utf16BigEndian])
    func broken(encoding: TextEncoding) {
        #expect(encoding.decode(encoding.encode("ab") + [0x61]) == "ab")
        let lone: [UInt8] = encoding == .utf16BigEndian ? [0xd8, 0x00, 0x00, 0x61] : [0x00, 0xd8, 0x61, 0x00]
        #expect(encoding.decode(lone) == "\u{fffd}a")
    }
}
