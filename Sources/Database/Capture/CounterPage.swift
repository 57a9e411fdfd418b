// The page of sqlite_sequence, as a transaction wrote it.

import PageFormat
import Vocabulary

struct CounterPage {
    /// By table; nil when they do not fit on one page, or when it cannot be read.
    let counters: [String: Int64]?

    init(_ page: TreePage?, _ encoding: TextEncoding) { counters = page.flatMap { Self.read($0, encoding) } }

    private static func read(_ page: TreePage, _ encoding: TextEncoding) -> [String: Int64]? {
        guard page.kind == .leafTable else { return nil }
        var found: [String: Int64] = [:]
        for index in 0..<page.cellCount {
            guard let row = page.row(index), row.isWhole, let record = Record(row.record, atMost: 2), record.value(1) != nil else { return nil }
            // What is neither a text nor a whole number gives no table a counter.
            if let name = record.text(0), let counter = record.integer(1) { found[encoding.decode(name)] = counter }
        }
        return found
    }
}
