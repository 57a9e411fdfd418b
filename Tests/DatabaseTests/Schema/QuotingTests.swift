import Testing

@testable import Database

@Suite("Quoting")
struct QuotingTests {
    @Test("a quote is doubled, also before a combining mark", arguments: [
        ("a\"b", "\"a\"\"b\""), ("\"\u{301}", "\"\"\"\u{301}\""), ("", "\"\""), ("ü日", "\"ü日\""),
    ])
    func names(name: String, quoted: String) {
        #expect(Array(SQLText.quoted(name).unicodeScalars) == Array(quoted.unicodeScalars))
    }
}
