// What the readings of an operations list bring back.

import Engine
import Vocabulary

/// What there is to list.
struct LogExtent: Sendable, Equatable {
    var paths: [String]
    var first: UInt64
    /// One less than the first when there is none.
    var last: UInt64
    var times: ClosedRange<Int64>

    init(_ browser: OperationBrowser) {
        paths = browser.paths
        first = browser.firstOperation
        last = browser.lastOperation
        times = browser.times
    }
}

/// One reading's result. `generation` tells to which list it belongs: a filter that was changed makes a new one.
enum ListNews: Sendable {
    /// The log is open, or open again because it was cut.
    case opened(LogExtent)
    /// New operations and earlier logs were looked for.
    case updated(LogExtent, problem: Failure?)
    case rows(generation: Int, asked: [Int], [(place: Int, row: OperationRow)])
    case counted(generation: Int, OperationMatches)
    /// Keys of the rows up to a place, for sorting.
    case sortKeys(generation: Int, [(key: SortKey, place: Int)], next: Int?)
    /// A search found an operation, or goes on.
    case found(generation: Int, UInt64?, next: UInt64?)
    /// The place of an operation in the list; nil where nobody has counted yet.
    case located(generation: Int, UInt64, place: Int?)
}
