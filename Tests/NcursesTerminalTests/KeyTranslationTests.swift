import CNcurses
import TerminalKit
import Testing

@testable import NcursesTerminal

@Suite struct KeyTranslationTests {
    @Test(arguments: [
        (UInt32(9), Key.tab), (10, .enter), (13, .enter), (27, .escape), (8, .backspace), (127, .backspace), (0, .ctrl(" ")),
        (1, .ctrl("a")), (26, .ctrl("z")), (28, .ctrl("\\")), (31, .ctrl("_")), (32, " "), (0x41, "A"), (0xE9, "é"), (0x65E5, "日"),
    ])
    func aTypedCharacterIsThisKey(_ code: UInt32, _ key: Key) { #expect(KeyTranslation.key(character: code) == key) }

    @Test(arguments: [
        (UInt32(0o402), Key.down), (0o403, .up), (0o404, .left), (0o405, .right), (0o406, .home), (0o550, .end), (0o522, .pageDown),
        (0o523, .pageUp), (0o527, .enter), (0o407, .backspace), (0o512, .delete), (0o513, .insert), (0o541, .backTab),
        (0o411, .function(1)), (0o424, .function(12)), (0o521, .shiftUp), (0o520, .shiftDown), (0o611, .shiftLeft),
        (0o622, .shiftRight), (0x1001, .ctrlUp), (0x1004, .ctrlRight),
    ])
    func aNumberOfNcursesIsThisKey(_ code: UInt32, _ key: Key) { #expect(KeyTranslation.key(code: code) == key) }

    @Test func whatMeansNothingIsNoKey() {
        #expect(KeyTranslation.key(character: 0x85) == nil)
        #expect(KeyTranslation.key(character: 0xD800) == nil)
        #expect(KeyTranslation.key(code: 0o410) == nil)
        #expect(KeyTranslation.key(code: 99999) == nil)
    }

    @Test func onlyPrintableCharactersFollowAlt() {
        #expect(KeyTranslation.altKey(character: 0x78) == .alt("x"))
        #expect(KeyTranslation.altKey(character: 13) == nil)
    }

    @Test func framesAndTheCLibraryAgreeOnEveryWidth() throws {
        try #require(cnc_use_utf8())
        var differing: [String] = []
        for code in UInt32(1)...0x10FFFF {
            guard let scalar = Unicode.Scalar(code) else { continue }
            if CharacterWidth.of(scalar) != Int(cnc_wcwidth(code)) { differing.append(String(code, radix: 16)) }
        }
        #expect(differing.isEmpty)
    }

    @Test func asciiTerminalsGetReplacementsOfOneColumn() {
        #expect(AsciiFallback.scalar(for: "─") == "-")
        #expect(AsciiFallback.scalar(for: "│") == "|")
        #expect(AsciiFallback.scalar(for: "·") == ".")
        #expect(AsciiFallback.scalar(for: "é") == "?")
        #expect(AsciiFallback.scalar(for: "A") == "A")
    }
}
