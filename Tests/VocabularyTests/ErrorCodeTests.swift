import Glibc
import Testing
import Vocabulary

@Suite("Error codes")
struct ErrorCodeTests {
    /// The rows of the table in docs/error-codes.md, found from this file's own place.
    private func rows() throws -> [String] {
        let path = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined() + "/docs/error-codes.md"
        let file = try #require(fopen(path, "r"), "the page '\(path)' is missing")
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, file))
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
            .filter { $0.hasPrefix("| ") && $0.dropFirst(2).first.map { $0.isNumber || $0 == "-" } == true }
            .filter { !$0.hasPrefix("| ---") }
    }

    @Test("the page names every code, in order, with exactly the meaning in the code")
    func page() throws {
        #expect(try rows() == ErrorCode.allCases.map { "| \($0.rawValue) | \($0) | \($0.meaning) |" })
    }

    @Test("our own numbers lie between 1500 and 1599")
    func range() {
        for code in ErrorCode.allCases where code.rawValue >= 1422 { #expect((1500...1599).contains(code.rawValue)) }
    }

    @Test("every meaning is one sentence and no two are the same")
    func meanings() {
        let meanings = ErrorCode.allCases.map(\.meaning)
        #expect(Set(meanings).count == meanings.count)
        for meaning in meanings {
            #expect(meaning.last == "." && meaning.first?.isUppercase == true && !meaning.contains("|"))
        }
    }
}
