// What a drain knows about the definitions: how their outbox rows read, and where their rows are now.

import Vocabulary

/// All definitions of one state of the schema, by the places that observations carry.
final class DrainTables {
    let list: [DrainTable]
    private let places: [UInt32: Int]
    /// For each place that of the definition in force of the same family; nil when the table is gone.
    private let current: [Int?]
    /// For looking up rows, made when the first one is needed.
    private var rows: [PresentRows?]
    /// Whether a definition is one of a table with an AUTOINCREMENT counter.
    private let counted: [Bool]
    private let names: [String: Int]

    /// - Parameter counted: tables with an AUTOINCREMENT counter.
    init(_ stored: [StoredDefinition], counted: Set<String>) {
        list = stored.map(DrainTable.init)
        places = Dictionary(stored.indices.map { (stored[$0].definition.id, $0) }, uniquingKeysWith: { $1 })
        let inForce = Dictionary(
            stored.indices.filter { stored[$0].isCurrent }.map { (stored[$0].family, $0) }, uniquingKeysWith: { $1 })
        let current = stored.map { inForce[$0.family] }
        self.current = current
        rows = stored.map { _ in nil }
        self.counted = current.map { $0.map { counted.contains(stored[$0].definition.name) } ?? false }
        names = Dictionary(
            current.indices.filter { current[$0] == $0 }.map { (stored[$0].definition.name, $0) }, uniquingKeysWith: { $1 })
    }

    subscript(place: Int32) -> DrainTable { list[Int(place)] }

    func place(_ id: UInt32) -> Int32? { places[id].map(Int32.init) }

    /// The rows of this table as they are now, wherever they are; nil when the table is gone.
    func present(_ place: Int32, _ connection: Connection) throws -> PresentRows? {
        guard let at = current[Int(place)] else { return nil }
        if let known = rows[at] { return known }
        let made = try PresentRows(list[at], connection)
        rows[at] = made
        return made
    }

    /// The definitions in force.
    var inForce: [Int] { list.indices.filter { current[$0] == $0 } }

    /// The definition in force of the same family; nil when the table is gone.
    func inForce(_ place: Int) -> Int? { current[place] }

    /// The definition in force of the table with this name.
    func inForce(_ name: String) -> Int? { names[name] }

    /// Whether the table has an AUTOINCREMENT counter, or may have one.
    @inline(__always)
    func isCounted(_ place: Int) -> Bool { counted[place] }

    /// The definition's identifier, which the sink knows from now on.
    func define(_ place: Int, _ sink: any DrainSink) throws -> UInt32 {
        let table = list[place]
        if !table.isDefined {
            try sink.define(table.definition)
            table.isDefined = true
        }
        return table.definition.id
    }

    /// Ends all reading that is under way.
    func reset() { for reading in rows { reading?.reset() } }
}

/// A definition during a drain.
final class DrainTable {
    /// How its rows read.
    struct Shape {
        /// The key is the rowid, which comes first in an image.
        var hasRowid: Bool
        /// Values in an image row and in a key row of the outbox.
        var imageCount: Int
        var keyCount: Int
    }

    let definition: TableDefinition
    let family: UInt32
    let shape: Shape
    let keyColumns: [Int]
    /// The sink knows the definition already.
    var isDefined = false

    init(_ stored: StoredDefinition) {
        definition = stored.definition
        family = stored.family
        keyColumns = definition.keyColumns
        let hasRowid = !definition.isWithoutRowid
        shape = Shape(
            hasRowid: hasRowid, imageCount: definition.columns.count + (hasRowid ? 1 : 0), keyCount: hasRowid ? 1 : keyColumns.count)
    }

    /// `SELECT` of the image columns, with `rest` behind the table's name.
    func select(_ rest: String) -> String {
        let columns = (rowid.map { [$0] } ?? []) + definition.columns.map { SQLText.quoted($0.name) }
        return "SELECT \(columns.joined(separator: ",")) FROM main.\(SQLText.quoted(definition.name)) \(rest)"
    }

    /// The rowid as it is written in a statement; nil without one.
    var rowid: String? {
        definition.rowidName.map { $0 == definition.rowidColumn ? SQLText.quoted($0) : $0 }
    }

    /// Condition that finds the row under a key; under a collation it may find another one, whose bytes differ.
    func keyCondition(_ connection: Connection) throws(DatabaseError) -> String {
        if let rowid { return "WHERE \(rowid)=?" }
        var collations: [String: String] = [:]
        let list = try connection.prepare("PRAGMA main.index_list(\(SQLText.quoted(definition.name)))")
        while try list.step() {
            guard list.string(3) == "pk" else { continue }
            let info = try connection.prepare("PRAGMA main.index_xinfo(\(SQLText.quoted(list.string(1))))")
            while try info.step() { collations[info.string(2)] = info.string(4) }
        }
        let terms = keyColumns.map { index -> String in
            let name = definition.columns[index].name
            return "\(SQLText.quoted(name))=? COLLATE \(SQLText.quoted(collations[name] ?? "BINARY"))"
        }
        return "WHERE " + terms.joined(separator: " AND ")
    }

    /// Finds key and image in a row that was appended to the buffer at `start`. For WITHOUT ROWID tables the key is appended.
    /// - Returns: false when the bytes are no row of this table.
    func place(_ observation: inout Observation, imageFrom start: Int, in bytes: inout RowBuffer) -> Bool {
        if shape.hasRowid { return Self.placeRowid(&observation, imageFrom: start, in: bytes) }
        let end = bytes.count
        guard Self.isAddressable(end) else { return false }
        observation.imageStart = Int32(start)
        observation.imageEnd = Int32(end)
        observation.keyStart = Int32(end)
        for column in keyColumns {
            var cursor = ValueCursor(bytes.slice(start, end))
            for _ in 0..<column { _ = cursor.next() }
            let from = start + cursor.offset
            guard cursor.next() != nil else { return false }
            bytes.appendOwn(from, start + cursor.offset)
        }
        observation.keyEnd = Int32(bytes.count)
        return true
    }

    /// The same for a table with rowid, of whichever name.
    @inline(__always)
    static func placeRowid(_ observation: inout Observation, imageFrom start: Int, in bytes: borrowing RowBuffer) -> Bool {
        let end = bytes.count
        guard isAddressable(end) else { return false }
        var cursor = ValueCursor(bytes.slice(start, end))
        guard case .integer = cursor.next() else { return false }
        observation.keyStart = Int32(start)
        observation.keyEnd = Int32(start + cursor.offset)
        observation.imageStart = observation.keyEnd
        observation.imageEnd = Int32(end)
        return true
    }

    /// Offsets are 32 bits wide; a key has room after the image.
    private static func isAddressable(_ end: Int) -> Bool { end <= Int(Int32.max) - (1 << 20) }
}
