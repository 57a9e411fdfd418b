// One run of a drain: rows in, operations out, round by round. A round is what fits into memory; usually it is all.

import FileSystem
import Vocabulary

/// What was captured of a table cannot be put in order, or lacks a value: nothing is told of it, and its rows are logged anew.
struct Unordered: Error {
    /// The definition's identifier.
    var table: UInt32
}

struct DrainPass: ~Copyable {
    /// Outbox rows and bytes of one round, and the folder for what is too much for memory.
    struct Limits {
        var rows = 1 << 16
        var bytes = 16 << 20
        /// Rows of a table that are logged anew when what was captured of it cannot be put in order; a larger table gets a gap.
        var reload: () -> Int64 = { 1_000_000 }
        var folder: String
    }

    let connection: Connection
    let tables: DrainTables
    let sink: any DrainSink
    let limits: Limits
    let after: Int64
    let last: Int64
    let now: Int64
    let job: Job
    var emission: Emission
    var barriers = Barriers()
    /// Rows that came to nothing because of what was told before them.
    private var dependents: [Round.Dependent] = []
    /// Tables that were made, dropped or changed in this drain, by lower-case name.
    private(set) var restructured: Set<String> = []
    let hash: KeyHash
    var round: Round
    private(set) var wantsResynchronisation = false
    private var contexts: [String: UInt32] = [:]
    /// A context that is forgotten is asked for once more.
    private static let mostContexts = 4096
    private var following: (n: Int64, time: Int64)?
    var later: LaterObservations?
    /// Whether the rounds of `later` were measured by their bytes, not by their rows alone.
    private var measures = false
    /// Reads single rows far ahead.
    var finder: OutboxReader?
    var places = LaterObservations.Places()
    var present = PresentImages()
    var scratch = RowBuffer()
    /// What the key of the round's observation `index` became after the round: a complete image.
    var tail = (index: -1, state: Observation.State.unknown, isLost: false)
    var tailImage = RowBuffer()

    init(
        connection: Connection, tables: DrainTables, sink: any DrainSink, hash: KeyHash, limits: Limits, after: Int64, last: Int64, now: Int64,
        counters: [String: Int64], job: Job
    ) {
        self.connection = connection
        self.tables = tables
        self.sink = sink
        self.limits = limits
        self.after = after
        self.last = last
        self.now = now
        self.job = job
        self.hash = hash
        emission = Emission(sink: sink, tables, counters)
        round = Round(hash: hash)
    }

    // MARK: Rounds

    /// Rows that belong together while a round is read.
    private struct Group {
        /// Rows after which it ends all the same: statements that were ignored leave nothing but candidates. What comes of a group
        /// that is cut means the same, with a row deleted and added again where nothing happened to it.
        private static let longest = 64

        /// The next row belongs to it.
        var isOpen = false
        private var beyond = 0

        /// Whether a full round ends here; asked before each further row.
        mutating func mayEnd() -> Bool {
            beyond += 1
            return !isOpen || beyond > Self.longest
        }
    }

    mutating func derive() throws {
        var reader = try OutboxReader(connection, tables, after: after)
        var block = 0
        repeat {
            try job.checkStop()
            var end: Int64?
            if let later { end = later.ends[block] }
            let isWhole = try fill(from: &reader, through: end)
            if let upcoming = reader.upcoming, later == nil || !isWhole {
                try lookAhead(after: upcoming - 1)
                block = 0
            }
            if let later { places = try later.places(block) }
            try deriveRound()
            round.removeAll()
            block += 1
        } while reader.upcoming != nil
        for family in barriers.loggedAnew.sorted() { try emitReload(family) }
    }

    /// Where the log has to say that it was read so far: a drain that went on from its last operation would read such a row without
    /// what explains it.
    var dependentEnd: Int64? {
        dependents.filter { $0.start <= emission.position && $0.n > emission.position }.map(\.n).max()
    }

    /// Fills the round up to a position, or to what a round may hold.
    /// - Returns: false when the rows up to the position are too large to be held at once.
    private mutating func fill(from reader: inout OutboxReader, through end: Int64?) throws -> Bool {
        var group = Group()
        var isWhole = true
        while let upcoming = reader.upcoming {
            if let end {
                if upcoming > end { break }
                if !measures, round.bytes.count >= 2 * limits.bytes, group.mayEnd() {
                    isWhole = false
                    break
                }
            } else if isFull(round.observations.count, round.bytes.count), group.mayEnd() {
                break
            }
            guard let (row, context) = try reader.next(into: &round.bytes) else { break }
            switch row {
            case .observation(var observation):
                group.isOpen = observation.beginsGroup
                let family = tables[observation.table].family
                guard barriers.counts(family, observation.n) else { continue }
                observation.space = barriers.space(family)
                if let context { observation.context = try number(context) }
                if observation.isMinusOne, observation.state == .absent { wantsResynchronisation = true }
                round.add(observation)
            case .marker(var marker, let action):
                if let context { marker.context = try number(context) }
                if action == .gap || action == .reload { barriers.cut(families(marker), at: marker.n) }
                if action == .structureChange { noteStructure(marker) }
                if action != .reload { round.addMarker(marker) }
            }
        }
        round.flush()
        if let unordered = round.unordered { throw Unordered(table: tables[unordered].definition.id) }
        return isWhole
    }

    private mutating func noteStructure(_ marker: Observation) {
        var cursor = ValueCursor(marker.image(round.bytes.bytes))
        guard let values = cursor.rest(), values.count > 1, case .text(let type) = values[0], case .text(let name) = values[1],
            type.elementsEqual("table".utf8)
        else { return }
        restructured.insert(String(decoding: name, as: UTF8.self).lowercased())
    }

    private func isFull(_ rows: Int, _ bytes: Int) -> Bool { rows >= limits.rows || bytes >= limits.bytes }

    func families(_ marker: Observation) -> Set<UInt32> {
        marker.table >= 0 ? [tables[marker.table].family] : Set(tables.list.map(\.family))
    }

    private mutating func number(_ context: String) throws -> UInt32 {
        if let known = contexts[context] { return known }
        let number = try sink.number(ofContext: context)
        if contexts.count >= DrainPass.mostContexts { contexts.removeAll(keepingCapacity: true) }
        contexts[context] = number
        return number
    }

    /// The outbox is larger than this round: finds out, for every key, where it comes next in the rounds that follow. Keys alone
    /// are read faster, but do not tell how large the rows are: when they turn out to be large, it is done once more with them.
    private mutating func lookAhead(after position: Int64) throws {
        let measures = later != nil || round.bytes.count >= limits.bytes
        self.measures = measures
        do {
            let later = try LaterObservations(folder: limits.folder)
            for observation in round.observations where observation.kind != .marker {
                try later.add(hash(of: observation, round.bytes), observation.n, hasOmissions: observation.hasOmissions)
            }
            later.endBlock(position)
            var barriers = barriers
            var bytes = RowBuffer()
            var reader = try OutboxReader(connection, tables, after: position, keysOnly: !measures)
            while reader.upcoming != nil {
                var rows = 0
                var size = 0
                var end = position
                var group = Group()
                while let upcoming = reader.upcoming {
                    if isFull(rows, size), group.mayEnd() { break }
                    guard let (row, _) = try reader.next(into: &bytes) else { break }
                    end = (reader.upcoming ?? last + 1) - 1
                    switch row {
                    case .observation(var observation):
                        group.isOpen = observation.beginsGroup
                        let family = tables[observation.table].family
                        if barriers.counts(family, upcoming) {
                            observation.space = barriers.space(family)
                            try later.add(hash(of: observation, bytes), observation.n, hasOmissions: observation.hasOmissions)
                        }
                    case .marker(let marker, let action):
                        if action == .gap || action == .reload { barriers.cut(families(marker), at: marker.n) }
                    }
                    rows += 1
                    size += bytes.count
                    bytes.removeAll()
                }
                later.endBlock(end)
                try job.checkStop()
            }
            try later.link()
            self.later = later
        } catch let error as SystemError {
            throw Failure(
                .writeFailed, "the drain's temporary file in '\(limits.folder)' failed", cause: error.reason,
                hint: "Free space there: a large transaction is being drained.")
        }
    }

    func hash(of observation: Observation, _ bytes: borrowing RowBuffer) -> UInt64 {
        // `LaterObservations` keeps the lowest bit for itself, and zero for nothing.
        (hash(observation.space, observation.key(bytes.bytes)) | 2) & ~1
    }

    // MARK: Deriving

    private mutating func deriveRound() throws {
        try fillTimes()
        round.resolve()
        tail.index = -1
        try readPresent()
        for position in round.observations.indices { try emit(position) }
        dependents += round.repetitions
        let told = emission.position
        dependents.removeAll { $0.n <= told }
    }

    /// Rows without a time happened before the next row that has one, at the latest now.
    private mutating func fillTimes() throws {
        var next = now
        if let newest = round.observations.last, newest.time < 0 { next = try firstTime(after: newest.n) }
        for position in round.observations.indices.reversed() {
            if round.observations[position].time < 0 {
                round.observations[position].time = next
            } else {
                next = round.observations[position].time
            }
        }
    }

    /// The first time that the outbox tells after a row; it holds for all rows before.
    private mutating func firstTime(after n: Int64) throws -> Int64 {
        if let following, following.n > n { return following.time }
        let rows = try connection.statement("SELECT n,ts FROM main.\(Outbox.log) WHERE n>? AND n<=? AND ts IS NOT NULL ORDER BY n")
        defer { rows.reset() }
        try rows.bind([.integer(n), .integer(last)])
        var found = (n: Int64.max, time: now)
        while try rows.step() {
            guard let time = OutboxReader.time(rows.view(1)) else { continue }
            found = (rows.integer(0), time)
            break
        }
        following = found
        return found.time
    }

    // MARK: Emitting

    func define(_ index: Int) throws -> UInt32 { try tables.define(index, sink) }

    private mutating func emit(_ position: Int) throws {
        let observation = round.observations[position]
        var head = Operation(action: .gap, time: observation.time, position: observation.n, context: observation.context)
        // Nothing is added to the round any more: the address holds.
        let base = round.bytes.bytes
        let none = UnsafeRawBufferPointer(start: nil, count: 0)
        if let action = observation.action {
            head.action = action
            if observation.table >= 0 { head.table = try define(Int(observation.table)) }
            try emission.other(head, old: none, new: observation.image(base))
            return
        }
        let next = observation.next >= 0 ? round.observations[Int(observation.next)] : nil
        if observation.state == .absent, next?.state == .absent { return try checkGone(observation) }
        var needsTail = next == nil
        if let next, next.hasOmissions { needsTail = Omitted(places: places(next)).needsTail }
        if needsTail { try loadTail(Int(observation.tail)) }
        let state = next?.state ?? tail.state
        // Untested: a row whose last image leaves out what nothing else has; no statement is known that makes one.
        if next == nil, tail.isLost { throw unordered(observation) }
        if state == .unknown { return }
        if observation.state == .absent, state == .absent { return try checkGone(observation) }
        head.table = try define(Int(observation.table))
        let key = observation.key(base)
        let image = observation.image(base)
        let nextImage = next?.image(base) ?? tailImage.bytes
        var omitted: Omitted?
        if let next, next.hasOmissions { omitted = Omitted(places: places(next), base: base, tail: tailImage.bytes) }
        switch (observation.state, state) {
        case (.absent, .present): try emission.addition(head, key: key, image: nextImage, omitted: omitted)
        case (.present, .present): try emission.modification(head, key: key, from: image, to: nextImage, omitted: omitted)
        case (.present, .absent):
            try emission.deletion(head, key: key, image: image, omitted: omissionsOfLost(observation, position, base))
        default: break
        }
        if state == .present { emission.counters.note(Int(observation.table), key) }
    }

    func unordered(_ observation: Observation) -> Unordered { Unordered(table: tables[observation.table].definition.id) }

    /// A row that was inserted and is not there, without a word about its deletion, was deleted by a trigger that fired before ours. When
    /// its key was announced, that deletion is told in its place.
    private mutating func checkGone(_ observation: Observation) throws {
        guard observation.isInserted else { return }
        var at = observation.previous
        while at >= 0 {
            let earlier = round.observations[Int(at)]
            if earlier.kind == .announced { return dependents.append(Round.Dependent(start: earlier.n, n: observation.n)) }
            at = round.observations[Int(at)].previous
        }
        throw unordered(observation)
    }

    private func places(_ observation: Observation) -> ArraySlice<Int> {
        round.omitted[Int(observation.omissions)..<Int(observation.omissions + observation.omissionCount)]
    }

    /// Values left out of the image of a row that is gone.
    private func omissionsOfLost(_ observation: Observation, _ position: Int, _ base: UnsafeRawBufferPointer) -> Omitted? {
        guard observation.hasOmissions else { return nil }
        let found = places(observation).map { place in
            place < Omitted.unknown ? round.earlierValue(position, -2 - place, base) : place
        }
        return Omitted(places: found[...], base: base)
    }

    // MARK: The end

    /// The table was emptied here, and its rows follow: as they are now, which includes whatever happened since.
    private mutating func emitReload(_ family: UInt32) throws {
        guard let index = tables.inForce.first(where: { tables.list[$0].family == family }) else { return }
        let table = tables.list[index]
        var head = Operation(action: .reload, time: now, position: last)
        head.table = try define(index)
        let none = UnsafeRawBufferPointer(start: nil, count: 0)
        if barriers.reloads[family] == nil, try connection.prepare(table.select("LIMIT 1 OFFSET \(limits.reload())")).step() {
            head.action = .gap
            return try emission.other(head, old: none, new: none)
        }
        try barriers.known(family).withUnsafeBytes { known throws in try emission.other(head, old: none, new: known) }
        let rows = try connection.prepare(table.select(""))
        var bytes = RowBuffer()
        var count = 0
        while try rows.step() {
            bytes.removeAll()
            for column in 0..<Int32(table.shape.imageCount) { bytes.append(rows, column) }
            var observation = Observation(n: last, time: now, table: Int32(index), kind: .seed, state: .present)
            guard table.place(&observation, imageFrom: 0, in: &bytes) else { continue }
            try emission.addition(head, key: observation.key(bytes.bytes), image: observation.image(bytes.bytes), omitted: nil)
            emission.counters.note(index, observation.key(bytes.bytes))
            count += 1
            if count & 0xffff == 0 { try job.checkStop() }
        }
    }
}
