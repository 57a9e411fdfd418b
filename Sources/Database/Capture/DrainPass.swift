// One run of a drain: rows in, operations out, round by round.

import Vocabulary

struct DrainPass {
    let connection: Connection
    let drain: Drain
    let sink: any DrainSink
    let after: Int64
    let last: Int64
    let now: Int64
    let job: Job
    var emission: Emission
    var round: Round
    private(set) var wantsResynchronisation = false

    /// Families whose rows became unknown at a position: by a reload (their rows follow at the end) or a gap.
    private var reloads: [UInt32: Int64] = [:]
    /// Families whose rows up to a position mean nothing.
    private var discards: [UInt32: Int64] = [:]
    /// The space in which a family's keys chain now, where it is not the family itself.
    private var spaces: [UInt32: UInt32] = [:]
    private var nextSpace: UInt32 = 1 << 28
    private var contexts: [String: UInt32] = [:]

    init(
        connection: Connection, drain: Drain, sink: any DrainSink, hash: KeyHash, after: Int64, last: Int64, now: Int64, job: Job
    ) {
        self.connection = connection
        self.drain = drain
        self.sink = sink
        self.after = after
        self.last = last
        self.now = now
        self.job = job
        emission = Emission(sink: sink)
        round = Round(hash: hash)
    }

    // MARK: Barriers

    /// Finds the reloads in the rows to be read: what such a table did before is known in part, what it did after is in its rows.
    mutating func findBarriers() throws {
        let select = try connection.prepare(
            "SELECT n,k,v0,m FROM main.\(Outbox.log) WHERE n>? AND (k&15)=\(Outbox.Kind.marker.rawValue) ORDER BY n")
        try select.bind([.integer(after)])
        while try select.step() {
            guard let index = drain.table(UInt32(truncatingIfNeeded: select.integer(1) >> 4)) else { continue }
            let family = drain.tables[index].family
            if select.integer(2) == Int64(Action.reload.rawValue) { reloads[family] = select.integer(0) }
            if select.integer(3) == 1 { discards[family] = select.integer(0) }
        }
    }

    /// Some rows are unknown until the end of this drain: no state in between is certain.
    var hasBarriers: Bool { !reloads.isEmpty || !discards.isEmpty }

    // MARK: Reading

    mutating func derive() throws {
        let rows = try connection.prepare("SELECT * FROM main.\(Outbox.log) WHERE n>? ORDER BY n")
        try rows.bind([.integer(after)])
        let width = Int(rows.columnCount) - 5
        var expected = after
        var hasRow = try rows.step()
        var hasMain = false
        while hasRow {
            let n = rows.integer(0)
            let code = rows.integer(1)
            guard let kind = Outbox.Kind(rawValue: code & 15), code >= 0, code >> 4 < 1 << 27 else { throw damaged(n) }
            if n != expected + 1, kind != .marker { throw missing(expected + 1, n - 1) }
            expected = n
            defer { if kind != .continuation { hasMain = true } }
            switch kind {
            case .seed:
                hasRow = try rows.step()
            case .marker:
                try readMarker(rows, n, UInt32(code >> 4))
                hasRow = try rows.step()
            case .continuation:
                // An operation stands at the first of its rows: the last drain has read the others, which come first now.
                guard !hasMain else { throw damaged(n) }
                hasRow = try rows.step()
            case .candidate, .update, .deletion, .insertion, .move:
                guard let index = drain.table(UInt32(code >> 4)) else { throw damaged(n) }
                hasRow = try readRow(rows, n, kind, index, width: width, &expected)
            }
            if round.observations.count & 0xffff == 0xffff { try job.checkStop() }
        }
        try endRound()
        for family in reloads.keys.sorted() { try emitReload(family) }
    }

    private mutating func readRow(
        _ rows: Statement, _ n: Int64, _ kind: Outbox.Kind, _ index: Int, width: Int, _ expected: inout Int64
    ) throws -> Bool {
        let table = drain.tables[index]
        let isKey = kind == .insertion || kind == .move
        var wanted = isKey ? table.keyCount : table.imageCount
        var observation = Observation(
            n: n, time: time(rows), table: Int32(index), space: spaces[table.family] ?? table.family, kind: kind,
            state: isKey ? .absent : .present)
        if !rows.isNull(3) { observation.context = try context(rows.string(3)) }
        let start = round.bytes.count
        while true {
            let count = min(wanted, width)
            append(rows, count, &observation)
            wanted -= count
            let hasRow = try rows.step()
            if wanted == 0 {
                try finish(&observation, table, isKey: isKey, start)
                return hasRow
            }
            guard hasRow, rows.integer(1) & 15 == Outbox.Kind.continuation.rawValue, rows.integer(0) == expected + 1 else {
                throw damaged(n)
            }
            expected += 1
        }
    }

    @inline(__always)
    private mutating func append(_ rows: Statement, _ count: Int, _ observation: inout Observation) {
        let mask = rows.integer(4)
        if mask == 0 {
            rows.append(5..<Int32(5 + count), to: &round.bytes)
            return
        }
        observation.hasOmissions = true
        for column in 0..<count {
            if mask >> Int64(column) & 1 == 1 {
                round.bytes.appendSame()
            } else {
                rows.append(Int32(5 + column)..<Int32(6 + column), to: &round.bytes)
            }
        }
    }

    private mutating func finish(_ observation: inout Observation, _ table: DrainTable, isKey: Bool, _ start: Int) throws {
        if let reload = reloads[table.family], observation.n > reload { return }
        if let discard = discards[table.family], observation.n < discard { return }
        if isKey {
            observation.keyStart = start
            observation.keyEnd = round.bytes.count
            observation.isAhead = table.definition.isWithoutRowid
            if !observation.isAhead, isMinusOne(start) {
                // From now on the triggers have to look for that row.
                observation.isMinusOne = true
                wantsResynchronisation = true
            }
        } else if !table.place(&observation, imageFrom: start, in: &round.bytes) {
            throw damaged(observation.n)
        }
        round.add(observation)
    }

    private func isMinusOne(_ start: Int) -> Bool {
        // Zigzag: -1 is 1.
        round.bytes.count == start + 2 && round.bytes.bytes[start] == ValueTag.integer && round.bytes.bytes[start + 1] == 1
    }

    /// Julian day to milliseconds; -1 when the row has no time, or one that no clock can have shown.
    @inline(__always)
    private func time(_ rows: Statement) -> Int64 {
        guard case .real(let day) = rows.view(2), day > 2_440_588, day < 5_373_484 else { return -1 }
        return Int64((day - 2_440_587.5) * 86_400_000 + 0.5)
    }

    private mutating func context(_ text: String) throws -> UInt32 {
        if let known = contexts[text] { return known }
        let number = try sink.number(ofContext: text)
        contexts[text] = number
        return number
    }

    private mutating func readMarker(_ rows: Statement, _ n: Int64, _ id: UInt32) throws {
        guard let action = UInt8(exactly: rows.integer(5)).flatMap(Action.init(rawValue:)) else { throw damaged(n) }
        let index = drain.table(id)
        var observation = Observation(
            n: n, time: time(rows), table: Int32(index ?? -1), space: 0, kind: .marker, state: .unknown)
        if !rows.isNull(3) { observation.context = try context(rows.string(3)) }
        observation.keyStart = Int(action.rawValue)
        observation.imageStart = round.bytes.count
        if case .blob(let payload) = rows.view(6) { round.bytes.append(encoded: payload) }
        observation.imageEnd = round.bytes.count
        if action == .gap || action == .reload {
            // Rows on either side of it do not chain.
            let families = index.map { [drain.tables[$0].family] } ?? Array(Set(drain.tables.map(\.family)))
            for family in families {
                spaces[family] = nextSpace
                nextSpace += 1
            }
        }
        if action != .reload { round.addMarker(observation) }
    }

    // MARK: Deriving

    private mutating func endRound() throws {
        round.flush()
        let count = round.observations.count
        fillTimes()
        for position in 0..<count where round.observations[position].kind != .marker && round.observations[position].next < 0 {
            try close(position)
        }
        round.resolve()
        for position in 0..<count { try emit(position) }
    }

    /// Rows without a time happened before the next row that has one, at the latest now.
    private mutating func fillTimes() {
        var next = now
        for position in round.observations.indices.reversed() {
            if round.observations[position].time < 0 {
                round.observations[position].time = next
            } else {
                next = round.observations[position].time
            }
        }
    }

    /// Adds what the key is now.
    private mutating func close(_ position: Int) throws {
        let observation = round.observations[position]
        var final = observation
        final.hasOmissions = false
        final.state = .unknown
        final.next = -1
        final.omissions = -1
        let family = drain.tables[Int(observation.table)].family
        if observation.space == spaces[family] ?? family, reloads[family] == nil, let index = drain.present(Int(observation.table)) {
            try readPresent(index, &final)
        }
        round.close(position, with: final)
    }

    private mutating func readPresent(_ index: Int, _ final: inout Observation) throws {
        let table = drain.tables[index]
        let select = try drain.presentSelect(index)
        defer { select.reset() }
        final.state = .absent
        let keyStart = final.keyStart
        let keyEnd = final.keyEnd
        try round.bytes.bytes.withUnsafeBytes { base in
            var cursor = ValueCursor(UnsafeRawBufferPointer(rebasing: base[keyStart..<keyEnd]))
            for parameter in 1...table.keyCount {
                try select.bind(Int32(parameter), inPlace: cursor.next() ?? .null)
            }
        }
        guard try select.step() else { return }
        let start = round.bytes.count
        select.append(0..<Int32(table.imageCount), to: &round.bytes)
        var found = final
        guard table.place(&found, imageFrom: start, in: &round.bytes) else { return }
        let isSame = round.bytes.bytes.withUnsafeBytes { base in
            base[found.keyStart..<found.keyEnd].elementsEqual(base[keyStart..<keyEnd])
        }
        guard isSame else { return }
        final = found
        final.keyStart = keyStart
        final.keyEnd = keyEnd
        final.state = .present
    }

    private mutating func define(_ index: Int) throws -> UInt32 {
        let definition = drain.tables[index].definition
        if !drain.tables[index].isDefined {
            try sink.define(definition)
            drain.tables[index].isDefined = true
        }
        return definition.id
    }

    private mutating func emit(_ position: Int) throws {
        let observation = round.observations[position]
        var head = Operation(action: .gap, time: observation.time, position: observation.n, context: observation.context)
        if observation.kind == .marker {
            head.action = Action(rawValue: UInt8(truncatingIfNeeded: observation.keyStart)) ?? .gap
            if observation.table >= 0 { head.table = try define(Int(observation.table)) }
            let all = round.bytes.bytes
            try all.withUnsafeBytes { base in
                try emission.other(
                    head, old: UnsafeRawBufferPointer(rebasing: base[0..<0]),
                    new: UnsafeRawBufferPointer(rebasing: base[observation.imageStart..<observation.imageEnd]))
            }
            return
        }
        let next = round.observations[Int(observation.next)]
        if observation.isHole {
            head.table = try define(Int(observation.table))
            let none = UnsafeRawBufferPointer(start: nil, count: 0)
            try emission.other(head, old: none, new: none)
        }
        if next.state == .unknown { return }
        if observation.state == .absent && next.state == .absent { return }
        head.table = try define(Int(observation.table))
        let all = round.bytes.bytes
        try all.withUnsafeBytes { base in
            let key = UnsafeRawBufferPointer(rebasing: base[observation.keyStart..<observation.keyEnd])
            let image = UnsafeRawBufferPointer(rebasing: base[observation.imageStart..<observation.imageEnd])
            let nextImage = UnsafeRawBufferPointer(rebasing: base[next.imageStart..<next.imageEnd])
            switch (observation.state, next.state) {
            case (.absent, .present): try emission.addition(head, key: key, image: nextImage, omitted: omissions(next, base))
            case (.present, .absent): try emission.deletion(head, key: key, image: image, omitted: omissions(observation, base))
            case (.present, .present):
                try emission.modification(head, key: key, from: image, to: nextImage, omitted: omissions(next, base))
            default: break
            }
        }
    }

    private func omissions(_ observation: Observation, _ base: UnsafeRawBufferPointer) -> Omitted {
        guard observation.hasOmissions else { return Omitted(base: base) }
        return Omitted(isNeeded: true, places: ArraySlice(round.omitted[observation.omissions...]), base: base)
    }

    // MARK: The end

    /// The table was emptied here, and its rows follow: as they are now, which includes whatever happened since.
    private mutating func emitReload(_ family: UInt32) throws {
        guard let index = drain.tables.indices.first(where: { drain.present($0) == $0 && drain.tables[$0].family == family }) else { return }
        let table = drain.tables[index]
        var head = Operation(action: .reload, time: now, position: last)
        head.table = try define(index)
        let none = UnsafeRawBufferPointer(start: nil, count: 0)
        try emission.other(head, old: none, new: none)
        let rows = try connection.prepare(table.select(""))
        var bytes = ValueBuffer()
        var count = 0
        while try rows.step() {
            bytes.removeAll()
            rows.append(0..<Int32(table.imageCount), to: &bytes)
            var observation = Observation(n: last, time: now, table: Int32(index), space: 0, kind: .seed, state: .present)
            guard table.place(&observation, imageFrom: 0, in: &bytes) else { throw damaged(last) }
            try bytes.bytes.withUnsafeBytes { base in
                try emission.addition(
                    head, key: UnsafeRawBufferPointer(rebasing: base[observation.keyStart..<observation.keyEnd]),
                    image: UnsafeRawBufferPointer(rebasing: base[observation.imageStart..<observation.imageEnd]),
                    omitted: Omitted(base: base))
            }
            count += 1
            if count & 0xffff == 0 { try job.checkStop() }
        }
    }

    /// Logs the AUTOINCREMENT counters that moved.
    mutating func logSequences(_ known: [String: Int64]) throws -> [String: Int64] {
        guard try connection.integer("SELECT 1 FROM main.sqlite_schema WHERE name='sqlite_sequence'") == 1 else { return known }
        var present: [String: Int64] = [:]
        let select = try connection.prepare("SELECT name,seq FROM main.sqlite_sequence")
        while try select.step() {
            if case .integer(let counter) = select.view(1) { present[select.string(0)] = counter }
        }
        for index in drain.current {
            let name = drain.tables[index].definition.name
            guard present[name] != known[name] else { continue }
            var head = Operation(action: .saveSequence, time: now, position: last)
            head.table = try define(index)
            var old = ValueBuffer()
            var new = ValueBuffer()
            old.append(known[name].map { .integer($0) } ?? .null)
            new.append(present[name].map { .integer($0) } ?? .null)
            try old.bytes.withUnsafeBytes { old in
                try new.bytes.withUnsafeBytes { new in try emission.other(head, old: old, new: new) }
            }
        }
        return present
    }

    // MARK: Errors

    private func damaged(_ n: Int64) -> Failure {
        Failure(
            .databaseDamaged, "row \(n) of the capture table in '\(connection.path)' cannot be read",
            hint: "Turn the log off and on again with 'msc log stop' and 'msc log start', then make a backup.")
    }

    private func missing(_ first: Int64, _ last: Int64) -> Failure {
        Failure(
            .logGap, "rows \(first) to \(last) of the capture table in '\(connection.path)' are missing",
            hint: "Run 'msc log start': it makes a backup, with which a new chain begins.")
    }
}
