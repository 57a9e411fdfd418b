// Searching the list of operations: in slices of time, so that keys are answered in between.

import Engine
import TerminalKit
import Vocabulary

extension OperationListing {
    mutating func search(_ text: String, reverse: Bool, _ context: PageContext) -> [Effect] {
        searched = text
        guard !text.isEmpty, let extent else { return [] }
        isSearchReverse = reverse
        let start = selected?.number ?? extent.last
        searching = reverse ? start - min(start, 1) : start + 1
        return lookFurther(context)
    }

    /// The next one, or the one before.
    mutating func searchAgain(backwards: Bool, _ context: PageContext) -> [Effect] {
        if searched.isEmpty { return [.message("Nothing was searched for yet: / searches.", .warning)] }
        return search(searched, reverse: backwards == isAscending, context)
    }

    func lookFurther(_ context: PageContext) -> [Effect] {
        guard let next = searching else { return [] }
        let (browser, generation, surroundings, text, query, reverse) = (browser, generation, context.surroundings, searched, query, isSearchReverse)
        return [
            .load(key: "list.search") { job in
                let slice = TimeSlice(surroundings, milliseconds: 4 * OperationListing.slice)
                let result = try browser.use { try $0.find(text, from: next, reverse: reverse, in: query, job, for: slice) }
                return ListNews.found(generation: generation, result.found, next: result.next)
            }
        ]
    }

    mutating func stopSearching() -> [Effect] {
        searching = nil
        return [.cancelLoad(key: "list.search"), .message("The search was stopped.", .hint)]
    }
}
