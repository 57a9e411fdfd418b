// The number of matches of a filter that is still being written: counted behind the keyboard, seen by the dialog that asked.

import Engine
import Synchronization
import Vocabulary

/// What a dialog and the readings for it share.
final class LiveCount: Sendable {
    struct State: Sendable, Equatable {
        var query: ActivityQuery?
        var count: UInt64 = 0
        /// Operations looked at, of all.
        var done: UInt64 = 0
        var total: UInt64 = 0
        var isComplete = false
    }

    private let state = Mutex(State())

    var now: State { state.withLock { $0 } }

    fileprivate func begin(_ query: ActivityQuery) { state.withLock { $0 = State(query: query) } }

    /// False when another query is counted meanwhile.
    fileprivate func take(_ matches: OperationMatches) -> Bool {
        state.withLock { state in
            guard state.query == matches.query else { return false }
            state = State(query: matches.query, count: matches.count, done: matches.done, total: matches.total, isComplete: matches.isComplete)
            return true
        }
    }

    static let key = "filter.count"

    /// Begins to count a query.
    func start(_ query: ActivityQuery, _ browser: SharedBrowser, _ extent: LogExtent, _ surroundings: Surroundings) -> [Effect] {
        guard let matches = try? OperationMatches(query, origin: extent.last + 1, first: extent.first, last: extent.last) else { return [] }
        begin(query)
        return step(matches, browser, surroundings)
    }

    private func step(_ matches: OperationMatches, _ browser: SharedBrowser, _ surroundings: Surroundings) -> [Effect] {
        guard take(matches), !matches.isComplete else { return [] }
        return [
            .load(key: LiveCount.key) { job in
                let matches = try browser.use { browser in
                    var more = matches
                    try browser.extend(&more, job, for: TimeSlice(surroundings, milliseconds: 40))
                    return more
                }
                return Step(count: self, matches: matches, browser: browser, surroundings: surroundings)
            }
        ]
    }

    /// A slice of counting, handed to the page, which has the next one done.
    struct Step: Sendable {
        fileprivate let count: LiveCount
        fileprivate let matches: OperationMatches
        fileprivate let browser: SharedBrowser
        fileprivate let surroundings: Surroundings

        var next: [Effect] { count.step(matches, browser, surroundings) }
    }
}
