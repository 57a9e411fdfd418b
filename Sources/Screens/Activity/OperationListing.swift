// The list of operations that the Activity Analysis and Rollback pages share: which log, which filter, which row; and what it has to
// read for that. It holds a few screenfuls of rows, however long the list is.

import Engine
import TerminalKit
import Vocabulary

struct OperationListing: Sendable {
    enum Source: Sendable, Equatable {
        /// The application's current log and those that lead to it.
        case application
        case file(String)
    }

    enum State: Sendable, Equatable { case closed, opening, open, failed(Failure) }

    /// What is selected when rows come.
    enum Aim: Sendable, Equatable { case newest, origin, none }

    let browser = SharedBrowser()
    private(set) var source = Source.application
    private(set) var state = State.closed
    private(set) var extent: LogExtent?
    private(set) var query = ActivityQuery()
    private(set) var matches: OperationMatches?
    var order = ListOrder.byOperation(isDescending: false)
    /// Waiting for its keys.
    var sorting: (column: OperationColumn, isDescending: Bool, keys: [(key: SortKey, place: Int)])?
    private(set) var generation = 0
    private(set) var rows: [Int: OperationRow] = [:]
    /// Places whose operations cannot be read.
    private(set) var damaged: Set<Int> = []
    var asked: Set<Int> = []
    var table = Table(OperationColumn.allCases.map(\.column), emptyText: "")
    var columns = ColumnChoice()
    var searched = ""
    /// Where a search that is under way has got to.
    var searching: UInt64?
    var isSearchReverse = false
    var isFollowing = false
    private(set) var isUpdating = false
    /// Why the log was not brought up to date.
    private(set) var problem: Failure?
    var aim = Aim.newest
    /// The rows that fit, as far as an event told.
    var height = 10

    /// Rows read beside the visible ones.
    private static let margin = 100
    private static let rowsKept = 3000
    static let slice: Int64 = 40

    // MARK: Opening

    /// Opens the list, or brings an open one up to date.
    mutating func appear(_ context: PageContext) -> [Effect] {
        switch state {
        case .closed, .failed: open(source, context)
        case .opening: []
        case .open: update(context) + fetch(context)
        }
    }

    mutating func open(_ source: Source, _ context: PageContext) -> [Effect] {
        if source != self.source {
            query = ActivityQuery()
            aim = .newest
        }
        self.source = source
        state = .opening
        problem = nil
        isFollowing = false
        let (browser, application) = (browser, context.application)
        return [
            .load(key: "list.open") { _ in
                try browser.open {
                    switch source {
                    case .application: try OperationBrowser(currentOf: application)
                    case .file(let path): try OperationBrowser([path])
                    }
                }
                return ListNews.opened(try browser.use { LogExtent($0) })
            }
        ]
    }

    /// Drains the log, takes in what is new, and looks for the logs before the current one.
    mutating func update(_ context: PageContext) -> [Effect] {
        guard state == .open, !isUpdating else { return [] }
        isUpdating = true
        let (browser, application, surroundings, source) = (browser, context.application, context.surroundings, source)
        let drains = source == .application && !context.isReadOnly
        return [
            .load(key: "list.update") { job in
                var problem: Failure?
                if drains {
                    // Untested: the tests of the pages have a log without an application, and give the problem themselves.
                    do { _ = try LogDrain(application: application, surroundings: surroundings).run(job) } catch {
                        problem = error as? Failure
                        if problem?.code == .stopped { throw error }
                    }
                }
                let isOutdated = try browser.use { browser in
                    _ = try browser.refresh()
                    return browser.isOutdated
                }
                if isOutdated, source == .application { try browser.open { try OperationBrowser(currentOf: application) } }
                let extent = try browser.use { browser in
                    if source == .application { try browser.includeEarlier(of: application) }
                    return LogExtent(browser)
                }
                return ListNews.updated(extent, problem: problem)
            }
        ]
    }

    /// Something changed: a list that is followed shows it at once.
    mutating func refreshed(_ context: PageContext) -> [Effect] {
        guard isFollowing, state == .open, let log = context.overview?.log, log.pending > 0 || log.lastOperation != extent?.last else { return [] }
        return update(context)
    }

    /// A larger screen shows rows that nobody has asked for yet.
    mutating func resized(_ context: PageContext) -> [Effect] { fetch(context) }

    mutating func follow(_ isOn: Bool, _ context: PageContext) -> [Effect] {
        isFollowing = isOn
        table.followsEnd = isOn && isAscending
        guard isOn else { return [] }
        return selectNewest(context) + update(context)
    }

    // MARK: Filtering

    /// Shows what meets a query, near the row that is selected now.
    mutating func filter(_ query: ActivityQuery, _ context: PageContext) -> [Effect] {
        let number = selected?.number
        if number == nil { aim = .newest }
        self.query = query
        return begin(at: aim == .newest || isFollowing ? nil : number, context)
    }

    /// Begins the list anew around an operation; nil is the newest.
    mutating func begin(at number: UInt64?, _ context: PageContext) -> [Effect] {
        guard let extent else { return [] }
        generation += 1
        aim = number == nil ? .newest : .origin
        (rows, damaged, asked) = ([:], [], [])
        searching = nil
        if case .sorted = order { order = .byOperation(isDescending: false) }
        sorting = nil
        do throws(Failure) {
            let matches = try OperationMatches(query, origin: number ?? extent.last + 1, first: extent.first, last: extent.last)
            self.matches = matches
        } catch {
            // Untested: only an empty range is refused; the filter refuses it before, and nothing else makes one.
            return [.message(error.description, .warning)]
        }
        table.resize(count: 0)
        settle(count: count, before: 0)
        return self.count(context) + fetch(context)
    }

    /// Looks further for matches, if there is more to look through.
    private func count(_ context: PageContext) -> [Effect] {
        guard let matches, !matches.isComplete else { return [] }
        let (browser, generation, surroundings) = (browser, generation, context.surroundings)
        return [
            .load(key: "list.count") { job in
                let slice = TimeSlice(surroundings, milliseconds: OperationListing.slice)
                return try browser.use { browser in
                    var matches = matches
                    try browser.extend(&matches, job, for: slice)
                    return ListNews.counted(generation: generation, matches)
                }
            }
        ]
    }

    // MARK: Rows

    /// Matches known so far, as the list shows them.
    var count: Int { matches.map { order.count($0.places) } ?? 0 }

    var selectedPlace: Int? {
        guard let matches, let index = table.selected else { return nil }
        return order.place(at: index, in: matches.places)
    }

    /// The selected operation, when it has been read.
    var selected: OperationRow? { selectedPlace.flatMap { rows[$0] } }

    /// Reads the rows in and around the window that are not there.
    mutating func fetch(_ context: PageContext) -> [Effect] {
        guard let matches, state == .open else { return [] }
        // No event has told yet how many rows there are on a screen that was just opened, or made larger.
        let visible = table.position.visible(rows: max(height, context.room.rows))
        let places = matches.places
        func isMissing(_ index: Int) -> Bool {
            guard let place = order.place(at: index, in: places) else { return false }
            return rows[place] == nil && !damaged.contains(place)
        }
        guard visible.contains(where: { isMissing($0) && !(order.place(at: $0, in: places).map(asked.contains) ?? false) }) else { return [] }
        let margin = visible.lowerBound - OperationListing.margin..<visible.upperBound + OperationListing.margin
        let wanted = margin.clamped(to: 0..<count).filter(isMissing).compactMap { order.place(at: $0, in: places) }.sorted()
        guard let first = wanted.first, let last = wanted.last else { return [] }
        asked = Set(wanted)
        let (browser, generation) = (browser, generation)
        let isOneRange = if case .byOperation = order { last - first < 2 * wanted.count } else { false }
        return [
            .load(key: "list.rows") { job in
                let rows = try browser.use { browser in
                    isOneRange ? try browser.rows(of: matches, at: first..<last + 1, job) : try browser.rows(of: matches, each: wanted, job)
                }
                return ListNews.rows(generation: generation, asked: wanted, rows)
            }
        ]
    }

    private mutating func take(_ found: [(place: Int, row: OperationRow)], asked wanted: [Int]) {
        if rows.count > OperationListing.rowsKept {
            rows = [:]
            damaged = []
        }
        for (place, row) in found { rows[place] = row }
        for place in wanted where rows[place] == nil { damaged.insert(place) }
        asked = []
    }

    /// The list has so many rows now, so many of them new before the first one.
    private mutating func settle(count: Int, before: Int) {
        let wasEmpty = table.count == 0
        table.resize(count: count, before: before)
        guard count > 0, let matches else { return }
        switch aim {
        // Until somebody moves: what came in while the page opened is the newest too.
        case .newest: table.select(isAscending ? count - 1 : 0)
        case .origin:
            if let index = order.index(of: 0, in: matches.places) {
                table.select(index)
                aim = .none
            } else if wasEmpty {
                table.select(order.index(of: -1, in: matches.places) ?? 0)
            }
        case .none: break
        }
    }

    /// Takes in matches, which may have become more at either end.
    private mutating func take(_ newer: OperationMatches, _ context: PageContext) -> [Effect] {
        guard let older = matches else { return [] }
        matches = newer
        if case .sorted(let column, let isDescending, _) = order {
            guard newer.places != older.places else { return [] }
            // The order holds no longer; it is made anew when the list is whole.
            _ = reorder(.byOperation(isDescending: false), context)
            return newer.isComplete ? sort(by: column, isDescending: isDescending, context) : []
        }
        let before = isAscending ? older.places.lowerBound - newer.places.lowerBound : newer.places.upperBound - older.places.upperBound
        settle(count: count, before: table.count == 0 ? 0 : before)
        return []
    }

    // MARK: Receiving

    /// What came of a reading; nil when it is not the list's.
    mutating func receive(_ key: String, _ result: Result<any Sendable, Failure>, _ context: PageContext) -> [Effect]? {
        guard key.hasPrefix("list.") else { return nil }
        switch result {
        case .success(let value):
            guard let news = value as? ListNews else { return [] }
            return take(news, context)
        case .failure(let failure):
            if key == "list.update" { isUpdating = false }
            guard failure.code != .stopped else { return [] }
            switch key {
            case "list.open":
                state = .failed(failure)
                extent = nil
                matches = nil
                table.resize(count: 0)
                return []
            case "list.rows": asked = []
            case "list.search": searching = nil
            case "list.sort": sorting = nil
            default: break
            }
            return [.message(failure.description, .error)]
        }
    }

    private mutating func take(_ news: ListNews, _ context: PageContext) -> [Effect] {
        switch news {
        case .opened(let extent):
            self.extent = extent
            state = .open
            let wanted = aim == .none ? selected?.number : nil
            return begin(at: wanted, context) + update(context)
        case .updated(let extent, let problem):
            isUpdating = false
            self.problem = problem
            self.extent = extent
            guard var matches else { return [] }
            matches.grow(first: extent.first, last: extent.last)
            return take(matches, context) + count(context) + fetch(context)
        case .rows(let generation, let asked, let rows):
            guard generation == self.generation else { return [] }
            take(rows, asked: asked)
            return fetch(context)
        case .counted(let generation, var matches):
            guard generation == self.generation else { return [] }
            if let extent { matches.grow(first: extent.first, last: extent.last) }
            return take(matches, context) + fetch(context) + count(context)
        case .sortKeys(let generation, let keys, let next):
            guard generation == self.generation, sorting != nil else { return [] }
            sorting?.keys += keys
            if let next { return readSortKeys(from: next, context) }
            guard let (column, isDescending, keys) = sorting else { return [] }
            sorting = nil
            // Equal keys stay in the order of the log.
            let sorted = keys.sorted { $0.key == $1.key ? $0.place < $1.place : isDescending ? $0.key > $1.key : $0.key < $1.key }
            return reorder(.sorted(column, isDescending: isDescending, sorted.map(\.place)), context)
        case .found(let generation, let number, let next):
            guard generation == self.generation, searching != nil else { return [] }
            searching = next
            if let number {
                searching = nil
                return select(number, context)
            }
            if next != nil { return lookFurther(context) }
            return [.message("'\(searched)' is not found \(isSearchReverse ? "before" : "after") this operation.", .warning)]
        case .located(let generation, let number, let place):
            guard generation == self.generation else { return [] }
            return place.map { show($0, context) } ?? begin(at: number, context)
        }
    }
}
