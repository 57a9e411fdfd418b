import Testing
import Vocabulary

@Suite("Sums of sizes that files claim")
struct TotalsTests {
    @Test("a sum that no number holds is the largest number, not a small one and no trap")
    func saturates() {
        #expect([UInt64(1), 2, 3].total { $0 } == 6)
        #expect([UInt64.max - 1, 1].total { $0 } == .max)
        #expect([UInt64.max, 1, 5].total { $0 } == .max)
        #expect([UInt64(1) << 63, 1 << 63].total { $0 } == .max)
        #expect([UInt64]().total { $0 } == 0)
    }
}
