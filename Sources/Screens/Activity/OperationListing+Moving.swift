// Moving in the list of operations: keys, the mouse, and jumps to operations that have not been read.

import Engine
import TerminalKit
import Vocabulary

extension OperationListing {
    /// Keys and mouse of the list itself; nil when they are not for it.
    mutating func handle(_ event: TerminalEvent, in rect: Rect, _ context: PageContext) -> (answer: Table.Answer, effects: [Effect])? {
        table.columns = columns.columns(width: rect.columns - 2)
        table.sort = sortMark
        height = max(1, rect.rows - 1)
        if case .key(let key) = event, let effects = leap(key, context) { return (.handled, effects) }
        let answer = table.handle(event, in: rect)
        if answer == .ignored { return nil }
        aim = .none
        // Whoever moves away wants to read, not to follow.
        if isFollowing, table.selected != (isAscending ? table.count - 1 : 0) { isFollowing = false }
        if case .sort(let order) = answer, let column = OperationColumn(rawValue: order.column) {
            return (.handled, sort(by: column, isDescending: order.isDescending, context))
        }
        return (answer, fetch(context))
    }

    /// Home and End of a list that has not been counted to there: it begins anew from that end.
    private mutating func leap(_ key: Key, _ context: PageContext) -> [Effect]? {
        let isHome = key == .home || key == "g"
        guard isHome || key == .end || key == "G", let matches, let extent, !matches.isComplete else { return nil }
        let isNewest = isHome != isAscending
        if isNewest ? matches.isNewerDone : matches.isOlderDone { return nil }
        return begin(at: isNewest ? nil : extent.first, context)
    }

    mutating func selectNewest(_ context: PageContext) -> [Effect] {
        if let matches, !matches.isNewerDone { return begin(at: nil, context) }
        aim = .newest
        table.select(isAscending ? table.count - 1 : 0)
        return fetch(context)
    }

    /// Selects an operation, or the one after it where it is none of the list.
    mutating func select(_ number: UInt64, _ context: PageContext) -> [Effect] {
        guard let matches, let extent else { return [] }
        let number = min(max(number, extent.first), max(extent.first, extent.last))
        aim = .none
        isFollowing = false
        table.followsEnd = false
        if let place = rows.first(where: { $0.value.number == number })?.key { return show(place, context) }
        let (browser, generation) = (browser, generation)
        return [
            .load(key: "list.place") { job in
                ListNews.located(generation: generation, number, place: try browser.use { try $0.place(of: number, in: matches, job) })
            }
        ]
    }

    mutating func show(_ place: Int, _ context: PageContext) -> [Effect] {
        guard let matches, let index = order.index(of: min(max(place, matches.places.lowerBound), matches.places.upperBound - 1), in: matches.places)
        else { return [] }
        table.reveal(index, rows: height)
        return fetch(context)
    }

    mutating func move(by step: Int, _ context: PageContext) -> [Effect] {
        guard let selected = table.selected else { return [] }
        aim = .none
        table.select(selected + step)
        return fetch(context)
    }
}
