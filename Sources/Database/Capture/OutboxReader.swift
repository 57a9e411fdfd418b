// Outbox rows as observations and markers: continuation rows joined, keys found, numbers checked for holes. What a row
// cannot be is an error with its number, never a guess.

import Vocabulary

/// Reads outbox rows in order of their numbers.
struct OutboxReader {
    enum Row {
        case observation(Observation)
        case marker(Observation, Action)
    }

    private static let continuation = Int64(Outbox.Kind.continuation.rawValue)

    private let rows: Statement
    private let width: Int
    /// Whether images may be left out.
    private let keysOnly: Bool
    private let path: String
    private var hasRow: Bool
    private let tables: DrainTables
    /// Rows of one table mostly follow one another.
    private var newest: (id: UInt32, place: Int32, shape: DrainTable.Shape)?
    private var expected: Int64

    /// Reads the rows after `position`.
    /// - Parameter keysOnly: leaves out times, and images where the key can be told without them: rowids come first in a row.
    init(_ connection: Connection, _ tables: DrainTables, after position: Int64, keysOnly: Bool = false) throws(DatabaseError) {
        self.tables = tables
        self.keysOnly = keysOnly
        width = try Outbox.installedWidth(connection)
        // SQLite takes a row apart as far as the last column that is asked for; a marker has two values.
        let count = keysOnly && tables.list.allSatisfy(\.shape.hasRowid) ? 2 : width
        let values = (0..<count).map { "v\($0)" }.joined(separator: ",")
        rows = try connection.prepare("SELECT n,k,ts,x,m,\(values) FROM main.\(Outbox.log) WHERE n>? ORDER BY n")
        path = connection.path
        expected = position
        hasRow = false
        try restart(after: position)
    }

    /// Reads the rows after `position` from now on.
    mutating func restart(after position: Int64) throws(DatabaseError) {
        rows.reset()
        try rows.bind([.integer(position)])
        expected = position
        hasRow = try rows.step()
        // An operation stands at the first of its rows: the last drain has read the others, which come first now.
        while hasRow, rows.integer(1) & 15 == Self.continuation, rows.integer(0) == expected + 1 {
            expected += 1
            hasRow = try rows.step()
        }
    }

    /// The number of the row that `next` will read; nil at the end.
    var upcoming: Int64? { hasRow ? rows.integer(0) : nil }

    /// The next row, its bytes appended to the buffer; nil at the end. Spaces are not filled in.
    mutating func next(into bytes: inout RowBuffer) throws -> (row: Row, context: String?)? {
        while hasRow {
            let n = rows.integer(0)
            let code = rows.integer(1)
            guard code >= 0, code >> 4 < 1 << 27, let kind = Outbox.Kind(rawValue: UInt8(code & 15)) else { throw damaged(n) }
            if n != expected + 1 { throw missing(expected + 1, n - 1) }
            expected = n
            let context = rows.isNull(3) ? nil : rows.string(3)
            switch kind {
            case .seed: hasRow = try rows.step()
            case .continuation: throw damaged(n)
            case .marker: return (try marker(n, UInt32(code >> 4), &bytes), context)
            case .candidate, .update, .deletion, .insertion, .move, .announced:
                guard let (place, shape) = place(UInt32(code >> 4)) else { throw damaged(n) }
                return (.observation(try observation(n, kind, place, shape, &bytes)), context)
            }
        }
        return nil
    }

    @inline(__always)
    private mutating func place(_ id: UInt32) -> (Int32, DrainTable.Shape)? {
        if let newest, newest.id == id { return (newest.place, newest.shape) }
        guard let place = tables.place(id) else { return nil }
        let shape = tables[place].shape
        newest = (id, place, shape)
        return (place, shape)
    }

    private mutating func observation(
        _ n: Int64, _ kind: Outbox.Kind, _ place: Int32, _ shape: DrainTable.Shape, _ bytes: inout RowBuffer
    ) throws -> Observation {
        let isKey = kind == .insertion || kind == .move || kind == .announced
        var observation = Observation(n: n, time: keysOnly ? -1 : time, table: place, kind: kind, state: isKey ? .absent : .present)
        let start = bytes.count
        // The trigger adds one to the largest rowid, which an empty table does not have.
        let isFirst = kind == .announced && rows.isNull(5)
        var used = keysOnly && shape.hasRowid ? 1 : Int.max
        var wanted = isKey ? shape.keyCount : shape.imageCount
        while true {
            let count = min(wanted, width)
            if isFirst { bytes.append(integer: 1) } else { append(min(count, used), &observation, &bytes) }
            wanted -= count
            if used == 1 { used = 0 }
            hasRow = try rows.step()
            if wanted == 0 { break }
            guard hasRow, rows.integer(1) & 15 == Self.continuation, rows.integer(0) == expected + 1 else {
                throw damaged(n)
            }
            expected += 1
        }
        if isKey {
            guard bytes.count < Int(Int32.max) else { throw damaged(n) }
            observation.keyStart = Int32(start)
            observation.keyEnd = Int32(bytes.count)
            observation.isAhead = !shape.hasRowid
            // Zigzag: -1 is 1.
            observation.isMinusOne =
                !observation.isAhead && bytes.count == start + 2 && bytes.bytes[start] == ValueTag.integer && bytes.bytes[start + 1] == 1
        } else if !(shape.hasRowid ? DrainTable.placeRowid(&observation, imageFrom: start, in: bytes) : tables[place].place(&observation, imageFrom: start, in: &bytes)) {
            throw damaged(n)
        }
        return observation
    }

    @inline(__always)
    private func append(_ count: Int, _ observation: inout Observation, _ bytes: inout RowBuffer) {
        let mask = rows.integer(4)
        if mask == 0 {
            for column in 5..<Int32(5 + count) { bytes.append(rows, column) }
            return
        }
        observation.hasOmissions = true
        for column in 0..<count {
            if mask >> Int64(column) & 1 == 1 {
                bytes.append(tag: ValueTag.same)
            } else {
                bytes.append(rows, Int32(5 + column))
            }
        }
    }

    private mutating func marker(_ n: Int64, _ id: UInt32, _ bytes: inout RowBuffer) throws -> Row {
        guard let action = UInt8(exactly: rows.integer(5)).flatMap(Action.init(rawValue:)) else { throw damaged(n) }
        var observation = Observation(
            n: n, time: time, table: tables.place(id) ?? -1, kind: .marker, state: .unknown)
        observation.action = action
        observation.imageStart = Int32(bytes.count)
        if case .blob(let payload) = rows.view(6) { bytes.append(payload) }
        guard bytes.count < Int(Int32.max) else { throw damaged(n) }
        observation.imageEnd = Int32(bytes.count)
        hasRow = try rows.step()
        return .marker(observation, action)
    }

    private var time: Int64 { Self.time(rows.view(2)) ?? -1 }

    /// Julian day to milliseconds; nil when it is none, or one that no clock can have shown.
    static func time(_ value: ValueView) -> Int64? {
        guard case .real(let day) = value, day > 2_440_588, day < 5_373_484 else { return nil }
        return Int64((day - 2_440_587.5) * 86_400_000 + 0.5)
    }

    private func damaged(_ n: Int64) -> Failure {
        Failure(
            .databaseDamaged, "row \(n) of the capture table in '\(path)' cannot be read",
            hint: "Turn the log off and on again with 'msc log stop' and 'msc log start', then make a backup.")
    }

    private func missing(_ first: Int64, _ last: Int64) -> Failure {
        Failure(
            .logGap, "rows \(first) to \(last) of the capture table in '\(path)' are missing",
            hint: "Run 'msc log start': it makes a backup, with which a new chain begins.")
    }
}
