// What a person sees of a text from a file.

import Testing
import Vocabulary

@Suite("Text made safe to show")
struct SafeTextTests {
    @Test("control characters, C1, and marks that turn the direction around become escapes; everything else stays")
    func escapes() {
        #expect(SafeText.escaped("a\u{1b}]0;x\u{7}\u{9b}\u{7f}") == #"a\x1b]0;x\x07\x9b\x7f"#)
        #expect(SafeText.escaped("\u{202e}gnp\u{2066}\u{200f}\u{61c}\u{2028}") == #"\u202egnp\u2066\u200f\u061c\u2028"#)
        #expect(SafeText.escaped("one\r\ntwo\t") == #"one\x0d\ntwo\t"#)
        #expect(SafeText.escaped("one\r\ntwo", keeping: ["\n"]) == "one\\x0d\ntwo")
        #expect(SafeText.escaped("größe 日本 e\u{301} \u{1F600} עברית") == "größe 日本 e\u{301} \u{1F600} עברית")
        for code in (UInt32(0)...0x2100) {
            guard let scalar = Unicode.Scalar(code) else { continue }
            #expect(!SafeText.escaped("x\(scalar)x").unicodeScalars.contains(where: SafeText.isSteering))
        }
    }

    @Test("in a JSON document the escapes are JSON's, and its line breaks stay")
    func json() {
        #expect(SafeText.escapedJSON("{\n\"a\": \"\u{9b}\u{202e}\u{7f}é\"\n}") == "{\n\"a\": \"\\u009b\\u202e\\u007fé\"\n}")
    }
}
