// Sorting the list of operations: by its numbers at once, by another column when all its keys were read.

import Engine
import TerminalKit
import Vocabulary

extension OperationListing {
    var isAscending: Bool { order != .byOperation(isDescending: true) }

    /// Why the list cannot be sorted by a column; nil when it can.
    func obstacle(toSortingBy column: OperationColumn) -> String? {
        if column == .operation { return nil }
        guard let matches else { return "The list is not there yet." }
        if !matches.isComplete { return "The matches are still being counted." }
        if matches.count > UInt64(ListOrder.limit) {
            return "Only lists of up to \(Quantity.number(UInt64(ListOrder.limit))) operations are sorted by other columns: filter first."
        }
        return nil
    }

    mutating func sort(by column: OperationColumn, isDescending: Bool, _ context: PageContext) -> [Effect] {
        if let obstacle = obstacle(toSortingBy: column) { return [.message(obstacle, .warning)] }
        if column == .operation {
            sorting = nil
            return reorder(.byOperation(isDescending: isDescending), context)
        }
        sorting = (column, isDescending, [])
        return readSortKeys(from: matches?.places.lowerBound ?? 0, context)
    }

    func readSortKeys(from place: Int, _ context: PageContext) -> [Effect] {
        guard let matches, let column = sorting?.column else { return [] }
        let (browser, generation) = (browser, generation)
        return [
            .load(key: "list.sort") { job in
                let end = min(place + 500, matches.places.upperBound)
                let keys = try browser.use { try $0.rows(of: matches, at: place..<end, job).map { (column.sortKey($0.row), $0.place) } }
                return ListNews.sortKeys(generation: generation, keys, next: end < matches.places.upperBound ? end : nil)
            }
        ]
    }

    mutating func reorder(_ order: ListOrder, _ context: PageContext) -> [Effect] {
        guard let matches else { return [] }
        let place = selectedPlace
        self.order = order
        asked = []
        table.resize(count: order.count(matches.places))
        table.followsEnd = isFollowing && isAscending
        table.reveal(place.flatMap { order.index(of: $0, in: matches.places) } ?? 0, rows: height)
        return fetch(context)
    }
}
