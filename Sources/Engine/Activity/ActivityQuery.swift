// Which operations somebody wants to see, said once for pages, command line and export.

import LogFile
public import Vocabulary

/// Which operations somebody wants to see, and how many.
public struct ActivityQuery: Sendable, Hashable {
    /// Names; empty for all.
    public var tables: Set<String> = []
    public var actions: Set<Action> = []
    /// The rowid, or the key values joined by ", ".
    public var key: String?
    public var search: String?
    /// A text found in what is known of who did it, without regard to ASCII case. Operations of nobody known do not meet it.
    public var context: String?
    /// Milliseconds since 1970 UTC.
    public var since: Int64?
    public var until: Int64?
    public var from: UInt64?
    public var to: UInt64?
    /// With `from` or `since` the first so many, otherwise the last.
    public var limit: Int?

    public init() {}

    /// Whether every operation within `from` and `to` meets it: then its matches are known without reading.
    public var isByNumber: Bool {
        var rest = self
        (rest.from, rest.to, rest.limit) = (nil, nil, nil)
        return rest == ActivityQuery()
    }

    /// Whether only certain operations are wanted, wherever in the history they are.
    var narrows: Bool { !tables.isEmpty || !actions.isEmpty || key != nil || search != nil || context != nil || until != nil || to != nil }

    /// - Throws: 1519 for an empty range.
    func filter() throws(Failure) -> Filter {
        var filter = Filter()
        filter.tables = tables
        filter.actions = actions
        filter.key = key
        filter.text = search
        if since != nil || until != nil {
            let lower = since ?? .min
            let upper = until ?? .max
            guard lower <= upper else { throw ActivityQuery.empty("--since lies after --until") }
            filter.times = lower...upper
        }
        if from != nil || to != nil {
            let lower = from ?? 0
            let upper = to ?? .max
            guard lower <= upper else { throw ActivityQuery.empty("--from lies after --to") }
            filter.operations = lower...upper
        }
        return filter
    }

    /// The filter for one log; nil when nothing in it can meet the query.
    func filter(for reader: LogReader) throws(Failure) -> Filter? {
        var filter = try filter()
        guard let context, !context.isEmpty else { return filter }
        filter.context = context
        return try reader.holdsContext(with: context) ? filter : nil
    }

    private static func empty(_ what: String) -> Failure {
        Failure(.badValue, what, hint: "Swap the two values.")
    }

    /// The options of `msc activity` and `msc log export` that say the same, as words that are not quoted yet.
    public var options: [String] {
        var words: [String] = []
        for table in tables.sorted() { words += ["--table", table] }
        for action in actions.sorted(by: { $0.rawValue < $1.rawValue }) { words += ["--action", action.name] }
        if let key { words += ["--key", key] }
        if let search { words += ["--search", search] }
        if let context { words += ["--context", context] }
        if let since { words += ["--since", Timestamp.utc(since)] }
        if let until { words += ["--until", Timestamp.utc(until)] }
        if let from { words += ["--from", String(from)] }
        if let to { words += ["--to", String(to)] }
        if let limit { words += ["--limit", String(limit)] }
        return words
    }
}
