// What a log has to say of AUTOINCREMENT counters, so that they are exact wherever a replay may end. A replay puts rows in, and SQLite moves
// the counter up to their rowids. That is not what happened where an UPDATE moved a row there, where the table was logged anew, or
// where the counter was taken back: then the log says what it was, though it be what it said before.

import Vocabulary

/// What is known of the counters at a commit.
enum CounterState: Equatable {
    /// By table; those that are not in it have none.
    case whole([String: Int64])
    /// As at the commit before, but for these.
    case changed([String: Int64?])
    /// Nobody can tell.
    case unknown
    /// The file that shows commits has not shown the counters yet.
    case unwritten
}

struct CounterWords {
    /// A counter of which the log has to say something.
    struct Word {
        /// The table, by its place.
        var place: Int
        var old: Int64?
        var new: Int64?
    }

    private let tables: DrainTables
    /// The log's last word of each counter.
    private var told: [String: Int64]
    /// The counters at the commit that was passed last; nil while that is not known.
    private var seen: [String: Int64]?
    /// Tables whose counter may be another than the log says.
    private var moved: Set<String> = []
    /// Up to which rowid a replay moves no counter, by place.
    private var reached: [Int64]

    /// - Parameter known: the counters that the log tells before the drain.
    init(_ tables: DrainTables, known: [String: Int64]) {
        self.tables = tables
        told = known
        seen = known
        reached = tables.list.map { known[$0.definition.name] ?? .min }
    }

    /// A replay puts a row with this key into the table: now, or when it had to wait.
    @inline(__always)
    mutating func note(_ place: Int, _ key: UnsafeRawBufferPointer) {
        guard tables.isCounted(place) else { return }
        var cursor = ValueCursor(key)
        guard case .integer(let rowid) = cursor.next(), rowid > reached[place] else { return }
        reached[place] = rowid
        if let inForce = tables.inForce(place) { moved.insert(tables.list[inForce].definition.name) }
    }

    /// A commit is passed.
    mutating func see(_ state: CounterState) {
        switch state {
        case .unknown, .unwritten: seen = nil
        case .whole(let counters):
            moved.formUnion(counters.keys)
            moved.formUnion(told.keys)
            seen = counters
        case .changed(let counters):
            for (name, counter) in counters {
                seen?[name] = counter
                moved.insert(name)
            }
        }
    }

    /// What has to be said at the commit that was passed last, in the order of the tables. It counts as said.
    /// - Parameter restructured: tables of which it is said in any case, by name in lower case.
    mutating func words(restructured: Set<String> = []) -> [Word] {
        guard let seen else { return [] }
        let anew = restructured.isEmpty ? [] : tables.inForce.filter {
            tables.isCounted($0) && restructured.contains(tables.list[$0].definition.name.lowercased())
        }
        var words: [Word] = []
        for place in Set(moved.compactMap(tables.inForce) + anew).sorted() {
            let table = tables.list[place]
            let (old, new) = (told[table.definition.name], seen[table.definition.name])
            let family = tables.list.indices.filter { tables.list[$0].family == table.family }
            guard old != new || anew.contains(place) || family.contains(where: { reached[$0] > new ?? .min }) else { continue }
            words.append(Word(place: place, old: old, new: new))
            told[table.definition.name] = new
            for other in family { reached[other] = new ?? .min }
        }
        moved.removeAll()
        return words
    }
}
