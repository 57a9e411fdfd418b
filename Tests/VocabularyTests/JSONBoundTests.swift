import Testing
import Vocabulary

@Suite("What JSON says is bounded, not its bytes alone")
struct JSONBoundTests {
    private func holds(_ text: String, _ most: Int) -> Bool { JSONBound.holds(Array(text.utf8), most: most) }

    @Test("keys, values and brackets count; what stands in a text does not, whatever it holds")
    func counts() {
        #expect(holds("[0,0,0,0]", 4) && !holds("[0,0,0,0]", 3))
        #expect(holds(#"{"a":{"b":1}}"#, 4) && !holds(#"{"a":{"b":1}}"#, 3))
        #expect(holds(#"{"a,,,[[[{{{:::":"\",,,,\\"}"#, 2) && !holds(#"{"a":"\\",,,}"#, 4))
        #expect(holds(#""unended,,,,,,"#, 1) && holds(#""\"#, 0) && holds("", 0))
    }
}
