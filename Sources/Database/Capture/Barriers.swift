// Where the rows of a table became unknown: observations on either side of a reload or gap do not chain.

import Vocabulary

/// Which rows of the outbox count, and which of them belong together.
struct Barriers {
    /// Tables whose rows are logged anew at the end of this drain, and the position of the first mark: what was captured between it and a
    /// later one follows from rows that the log never held.
    private(set) var reloads: [UInt32: Int64] = [:]
    /// Tables of which nothing is told but the rows as they are at the end of this drain: what was captured cannot be put in order.
    var distrusted: Set<UInt32> = []
    /// Tables whose rows up to a position mean nothing.
    private var discards: [UInt32: Int64] = [:]
    /// The last gap of a family that lies ahead: rows as they are now say nothing about it before.
    private var gaps: [UInt32: Int64] = [:]
    /// Rows of a table that is gone since: what they became last is not known.
    private var hasLost = false
    /// The space in which a family's keys chain now, where it is not the family itself.
    private var spaces: [UInt32: UInt32] = [:]
    private var nextSpace: UInt32 = 1 << 28
    /// The newest mark that was passed.
    private var passed: Int64 = 0

    /// What the first mark of a reload says besides, in byte form.
    private var knownUpTo: [UInt32: [UInt8]] = [:]

    func known(_ family: UInt32) -> [UInt8] { knownUpTo[family] ?? [] }

    /// Some rows are unknown until the end of this drain: no state in between is certain.
    var isCertain: Bool { distrusted.isEmpty && reloads.isEmpty && discards.isEmpty && gaps.isEmpty && !hasLost }

    /// Tables whose rows are told at the end of this drain.
    var loggedAnew: Set<UInt32> { distrusted.filter { gaps[$0] == nil }.union(reloads.keys) }

    /// Looks ahead for marks of reloads and gaps, and for rows of tables that are gone.
    mutating func find(_ connection: Connection, _ tables: DrainTables, after position: Int64) throws {
        let lost = Set(tables.list.map(\.family)).subtracting(tables.inForce.map { tables.list[$0].family })
        if !lost.isEmpty {
            let ids = tables.list.filter { lost.contains($0.family) }.map { String($0.definition.id) }.joined(separator: ",")
            hasLost = try connection.prepare(
                "SELECT 1 FROM main.\(Outbox.log) WHERE n>\(position) AND (k>>4) IN (\(ids)) LIMIT 1").step()
        }
        let select = try connection.prepare(
            "SELECT n,k,v0,m,v1 FROM main.\(Outbox.log) WHERE n>? AND (k&15) IN (\(Outbox.Kind.marker.rawValue),\(Outbox.Kind.seed.rawValue)) ORDER BY n")
        try select.bind([.integer(position)])
        while try select.step() {
            let place = tables.place(UInt32(truncatingIfNeeded: select.integer(1) >> 4))
            if select.integer(2) == Int64(Action.gap.rawValue) {
                for family in place.map({ [tables[$0].family] }) ?? tables.list.map(\.family) { gaps[family] = select.integer(0) }
            }
            guard let place else { continue }
            let family = tables[place].family
            if select.integer(2) == Int64(Action.reload.rawValue) {
                reloads[family] = reloads[family] ?? select.integer(0)
                if knownUpTo[family] == nil { knownUpTo[family] = Array(select.bytes(4)) }
            }
            if select.integer(3) == 1 { discards[family] = select.integer(0) }
        }
    }

    /// Whether an observation of this family counts.
    @inline(__always)
    func counts(_ family: UInt32, _ n: Int64) -> Bool {
        if reloads.isEmpty, discards.isEmpty, distrusted.isEmpty { return true }
        if distrusted.contains(family) { return false }
        if let reload = reloads[family], n > reload { return false }
        if let discard = discards[family], n < discard { return false }
        return true
    }

    @inline(__always)
    func space(_ family: UInt32) -> UInt32 { spaces.isEmpty ? family : spaces[family] ?? family }

    /// Whether the rows that are now in the table follow from the observations of this space.
    func reachesPresent(_ family: UInt32, _ space: UInt32) -> Bool {
        space == self.space(family) && reloads[family] == nil && (gaps[family] ?? 0) <= passed
    }

    /// Passes a mark of these families.
    mutating func cut(_ families: Set<UInt32>, at position: Int64) {
        passed = position
        for family in families.sorted() {
            spaces[family] = nextSpace
            nextSpace += 1
        }
    }
}
