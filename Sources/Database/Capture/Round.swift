// The outbox rows of one round of a drain as chains of observations, key by key: read in order, then resolved backwards.

import Vocabulary

/// A bounded part of the outbox in memory.
struct Round: ~Copyable {
    /// Bytes of keys and images.
    var bytes = RowBuffer(capacity: 1 << 20)
    var observations: ContiguousArray<Observation> = []
    /// Offsets of values that stand for omitted ones; -1 where nothing is known.
    var omitted: ContiguousArray<Int> = []
    private var index = KeyIndex()
    private let hash: KeyHash
    /// First of the candidates that directly precede the row being read.
    private var candidates = 0
    /// A move whose update is expected in the next row.
    private var pendingMove: Observation?
    private var pendingMoveIsNews = false

    /// A row of the outbox that means nothing after what stands before it: to be read with it, or not at all.
    struct Dependent {
        /// Where that begins.
        var start: Int64
        var n: Int64
    }

    private(set) var repetitions: [Dependent] = []
    /// A table of which what was captured contradicts itself.
    private(set) var unordered: Int32?

    init(hash: KeyHash) { self.hash = hash }

    mutating func removeAll() {
        bytes.removeAll()
        observations.removeAll(keepingCapacity: true)
        omitted.removeAll(keepingCapacity: true)
        index.removeAll()
        repetitions.removeAll(keepingCapacity: true)
        candidates = 0
        pendingMove = nil
    }

    // MARK: Reading

    /// Adds an observation whose bytes are already in the buffer.
    mutating func add(_ observation: Observation) {
        if let move = pendingMove {
            pendingMove = nil
            let isNews = pendingMoveIsNews
            var move = move
            if observation.kind == .update, observation.space == move.space {
                endGroup(observation)
                // The deletion under the old key comes first; both carry the update's number.
                var update = observation
                update.isMove = true
                link(&update)
                move.n = observation.n
                if isNews { link(&move) }
                candidates = observations.count
                return
            }
            if isNews { link(&move) }
            candidates = observations.count
        }
        var observation = observation
        switch observation.kind {
        case .candidate:
            link(&observation)
        case .move:
            pendingMoveIsNews = !isCandidate(observation)
            pendingMove = observation
        case .insertion where observation.isAhead && isCandidate(observation):
            // A row under this very key is there.
            endGroup(observation)
            candidates = observations.count
        default:
            link(&observation)
            candidates = observations.count
        }
    }

    /// Adds what does not belong to a key.
    mutating func addMarker(_ observation: Observation) {
        flush()
        observations.append(observation)
        candidates = observations.count
    }

    /// Ends the reading: a move without its update counts by itself.
    mutating func flush() {
        guard var move = pendingMove else { return }
        pendingMove = nil
        if pendingMoveIsNews { link(&move) }
        candidates = observations.count
    }

    private mutating func find(_ observation: Observation) -> (slot: Int, value: Int32, hash: UInt64) {
        let base = bytes.bytes
        let key = observation.key(base)
        let hash = hash(observation.space, key)
        let found = observations.withUnsafeBufferPointer { observations in
            index.find(hash) { other in
                let position = Int(other)
                return observations[position].space == observation.space && observations[position].key(base).matches(key)
            }
        }
        return (found.slot, found.value, hash)
    }

    /// Whether the row under this key is among the candidates just logged.
    private mutating func isCandidate(_ observation: Observation) -> Bool {
        guard candidates < observations.count else { return false }
        return find(observation).value >= candidates
    }

    /// The candidates of a row get the number of the last word about it. A log that ended between the two would have the next drain
    /// read that word without them, and take the row for a new one.
    private mutating func endGroup(_ last: Observation) {
        var at = observations.count - 1
        while at >= candidates, observations[at].kind == .candidate, observations[at].space == last.space {
            observations[at].n = last.n
            at -= 1
        }
    }

    private mutating func link(_ observation: inout Observation) {
        var (slot, newest, hash) = find(observation)
        if newest >= 0, observation.isInserted {
            switch judge(observation, after: newest) {
            case .news: break
            case .repetition: return repetitions.append(Dependent(start: observations[Int(newest)].n, n: observation.n))
            case .contradiction: unordered = unordered ?? observation.table
            }
            if observation.isMinusOne, observations[Int(newest)].kind == .candidate {
                // It may have been logged long before: the row was displaced only now.
                var displaced = observations[Int(newest)]
                displaced.kind = .deletion
                displaced.n = observation.n
                displaced.time = observation.time
                append(&displaced, after: newest)
                newest = Int32(observations.count - 1)
            }
        }
        append(&observation, after: newest)
        index.set(slot, hash, Int32(observations.count - 1))
    }

    private mutating func append(_ observation: inout Observation, after newest: Int32) {
        observation.previous = newest
        observation.next = -1
        if newest >= 0 { observations[Int(newest)].next = Int32(observations.count) }
        observations.append(observation)
    }

    /// What it means that a row is said to have been inserted, after what else was said of its key.
    private enum Judgement {
        case news
        /// A trigger of the application that fired before ours changed the new row. It was announced before.
        case repetition
        /// The row was there already, or nobody knows what stood there: some changes were not seen, or not in their order.
        case contradiction
    }

    private func judge(_ insertion: Observation, after newest: Int32) -> Judgement {
        var at = newest
        while at >= 0, observations[Int(at)].isUpdateInPlace { at = observations[Int(at)].previous }
        guard at >= 0 else { return .contradiction }
        let earlier = observations[Int(at)]
        let isDirect = at == newest
        switch earlier.kind {
        case .announced: return isDirect ? .news : insertion.isMinusOne ? .contradiction : .repetition
        // REPLACE, of a row that was there.
        case .candidate: return isDirect ? .news : insertion.isMinusOne ? .contradiction : .repetition
        // A BEFORE INSERT trigger cannot tell the rowid -1 from an automatic one: nobody saw which row stood there.
        case .move: return isDirect && !insertion.isMinusOne ? .news : .contradiction
        case .insertion: return isDirect && !earlier.isInserted ? .news : .contradiction
        default: return isDirect ? .news : .contradiction
        }
    }

    // MARK: Resolving

    /// Finds the values that were left out, once the round is read. Where they are in what the key became after this round, the
    /// entry is `Omitted.inTail` of the column.
    mutating func resolve() {
        let base = bytes.bytes
        for position in observations.indices.reversed() {
            let next = observations[position].next
            observations[position].tail = next < 0 ? Int32(position) : observations[Int(next)].tail
            if observations[position].hasOmissions { resolve(position, base) }
        }
    }

    private mutating func resolve(_ position: Int, _ base: UnsafeRawBufferPointer) {
        let own = observations[position]
        let next = own.next >= 0 ? observations[Int(own.next)] : nil
        observations[position].omissions = Int32(omitted.count)
        var mine = ValueCursor(own.image(base))
        let theirStart = next.map { Int($0.imageStart) } ?? 0
        var theirs = ValueCursor(next.flatMap { $0.state == .present ? $0.image(base) : nil } ?? base.slice(0, 0))
        var theirOmission = next.map { Int($0.omissions) } ?? 0
        var column = 0
        while let value = mine.next() {
            let start = theirStart + theirs.offset
            let other = theirs.next()
            var place = Omitted.unknown
            if case .same? = other {
                place = omitted[theirOmission]
                theirOmission += 1
            } else if other != nil {
                place = start
            }
            if case .same = value {
                if next == nil {
                    place = Omitted.inTail(column)
                } else if next?.state == .absent {
                    place = earlierValue(position, column, base)
                }
                omitted.append(place)
            }
            column += 1
        }
        observations[position].omissionCount = Int32(omitted.count) - observations[position].omissions
    }

    /// The value of a column in the nearest earlier image that has it: an update that was logged after the row had gone. No statement
    /// is known that leads here, and none of the random ones has; without it such a value would be taken for unknown.
    func earlierValue(_ position: Int, _ column: Int, _ base: UnsafeRawBufferPointer) -> Int {
        var at = observations[position].previous
        while at >= 0 {
            let observation = observations[Int(at)]
            guard observation.state == .present else { return Omitted.unknown }
            var cursor = ValueCursor(observation.image(base))
            for _ in 0..<column { _ = cursor.next() }
            let offset = cursor.offset
            if let value = cursor.next() {
                if case .same = value {} else { return Int(observation.imageStart) + offset }
            }  // Untested: as below.
            at = observation.previous  // Untested: two updates of one row in a row, both logged after it had gone.
        }
        return Omitted.unknown
    }
}
