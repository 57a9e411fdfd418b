// A block's payload back into operations. `open` checks everything that is not a value and decodes what operations carry
// besides values; `decodeImages` then joins the columns of the wanted tables to rows, into one reused memory.

import Glibc
import Vocabulary

/// The operations of one block, seen in place. Views are valid until the next `open`.
final class BlockDecoder {
    struct Shape {
        var table: UInt32
        var action: Action
        var key: Int
        var old: Int
        var new: Int
        /// Place in `tables`.
        var group: Int
    }

    /// The columns of one table within this block.
    struct Table {
        var id: UInt32
        var firstColumn: Int
        var keyColumns: Int
        var imageColumns: Int
        var columns: Range<Int> { firstColumn..<firstColumn + keyColumns + imageColumns }
    }

    private(set) var summary = BlockSummary(kind: .operations, firstOperation: 1, time: 0, position: 0)
    private(set) var shapes: [Shape] = []
    private(set) var tables: [Table] = []
    private(set) var columns: [ColumnView] = []
    /// Set for a block of plain layout, which has nothing to decode.
    private var plain: Operation?

    private var payload = UnsafeRawBufferPointer(start: nil, count: 0)
    private var shapeStream = UnsafeRawBufferPointer(start: nil, count: 0)
    private var consistent = UnsafeRawBufferPointer(start: nil, count: 0)
    private var valueBytes = 0
    /// Per operation: time, position (8 bytes each), context (4), offsets of key, old, new and end in `values` (4 each).
    private var rows: UnsafeMutablePointer<Row>
    private var rowCapacity = 1024
    private var values = Bytes()
    private var cursors: [ColumnCursor] = []

    struct Row {
        var time: Int64
        var position: Int64
        var context: UInt32
        var key: UInt32 = 0
        var old: UInt32 = 0
        var new: UInt32 = 0
        var end: UInt32 = 0
    }

    init() { rows = .allocate(capacity: rowCapacity) }

    deinit { rows.deallocate() }

    var count: Int { Int(summary.count) }

    /// Takes an unfolded payload, which must stay in place. False when it is malformed.
    func open(_ payload: UnsafeRawBufferPointer, _ summary: BlockSummary) -> Bool {
        self.payload = payload
        self.summary = summary
        plain = nil
        shapes.removeAll(keepingCapacity: true)
        tables.removeAll(keepingCapacity: true)
        columns.removeAll(keepingCapacity: true)
        if summary.flags.contains(.plain) {
            plain = PlainOperation.read(payload, summary)
            return plain != nil
        }
        var reader = BytesReader(payload)
        guard reader.count(LogFormat.maximumOperationsPerBlock) == count, count > 0 else { return false }
        valueBytes = reader.count(LogFormat.maximumPayload)
        guard readShapes(&reader), readRows(&reader), readDirectory(&reader) else { return false }
        return true
    }

    private func readShapes(_ reader: inout BytesReader) -> Bool {
        let shapeCount = reader.count(65_535)
        guard shapeCount >= 1, shapeCount <= count else { return false }
        var groups: [UInt32: Int] = [:]
        for _ in 0..<shapeCount {
            let table = UInt32(reader.count(Int(UInt32.max)))
            let action = Action(rawValue: reader.number())
            let key = reader.count(65_535)
            let old = reader.count(65_535)
            let new = reader.count(65_535)
            guard let action, !reader.isDamaged else { return false }
            let group = groups[table] ?? tables.count
            if group == tables.count {
                groups[table] = group
                tables.append(Table(id: table, firstColumn: 0, keyColumns: 0, imageColumns: 0))
            }
            tables[group].keyColumns = max(tables[group].keyColumns, key)
            tables[group].imageColumns = max(tables[group].imageColumns, old, new)
            shapes.append(Shape(table: table, action: action, key: key, old: old, new: new, group: group))
        }
        shapeStream = reader.bytes(shapeCount == 1 ? 0 : shapeCount <= 256 ? count : count * 2)
        return !reader.isDamaged
    }

    private func readRows(_ reader: inout BytesReader) -> Bool {
        if rowCapacity < count {
            rows.deallocate()
            rowCapacity = count
            rows = .allocate(capacity: rowCapacity)
        }
        var times = BytesReader(reader.bytes(reader.count(reader.remaining)))
        var positions = BytesReader(reader.bytes(reader.count(reader.remaining)))
        var contexts = BytesReader(reader.bytes(reader.count(reader.remaining)))
        consistent = reader.bytes((count + 7) / 8)
        var time = summary.earliest
        var position = summary.firstPosition
        var context: Int64 = 0
        for index in 0..<count {
            time &+= times.zigzag()
            position &+= Int64(truncatingIfNeeded: positions.varint())
            context &+= contexts.zigzag()
            guard time >= summary.earliest, time <= summary.latest, position <= summary.lastPosition, context >= 0,
                context <= Int64(UInt32.max)
            else { return false }
            rows[index] = Row(time: time, position: position, context: UInt32(context))
        }
        return !(reader.isDamaged || times.isDamaged || positions.isDamaged || contexts.isDamaged)
            && times.remaining == 0 && positions.remaining == 0 && contexts.remaining == 0
    }

    /// Counts the values of each column, then finds where its parts stand.
    private func readDirectory(_ reader: inout BytesReader) -> Bool {
        var total = 0
        for index in tables.indices {
            tables[index].firstColumn = total
            total += tables[index].keyColumns + tables[index].imageColumns
        }
        // Each column takes at least four bytes of the directory.
        guard total <= reader.remaining / 4, let tagCounts = countTags(columns: total) else { return false }
        var sizes: [(differences: Bool, integers: Int, lengths: Int, bytes: Int)] = []
        sizes.reserveCapacity(total)
        for _ in 0..<total {
            let flags = reader.number(UInt8.self)
            let limit = reader.remaining
            sizes.append((flags & 1 != 0, reader.count(limit), reader.count(limit), reader.count(limit)))
        }
        for column in 0..<total {
            columns.append(ColumnView(differences: sizes[column].differences, tags: reader.bytes(tagCounts[column])))
        }
        for column in 0..<total { columns[column].integers = reader.bytes(sizes[column].integers) }
        for column in 0..<total { columns[column].lengths = reader.bytes(sizes[column].lengths) }
        for column in 0..<total { columns[column].bytes = reader.bytes(sizes[column].bytes) }
        return !reader.isDamaged && reader.remaining == 0
    }

    private func countTags(columns total: Int) -> [Int]? {
        var perShape = [Int](repeating: 0, count: shapes.count)
        for index in 0..<count {
            let shape = shapeNumber(index)
            guard shape < shapes.count else { return nil }
            perShape[shape] += 1
        }
        var counts = [Int](repeating: 0, count: total)
        for (shape, times) in zip(shapes, perShape) where times > 0 {
            let table = tables[shape.group]
            for column in 0..<shape.key { counts[table.firstColumn + column] += times }
            let images = table.firstColumn + table.keyColumns
            for column in 0..<shape.old { counts[images + column] += times }
            for column in 0..<shape.new { counts[images + column] += times }
        }
        return counts
    }

    @inline(__always) private func shapeNumber(_ index: Int) -> Int {
        if shapes.count == 1 { return 0 }
        if shapes.count <= 256 { return Int(shapeStream[index]) }
        return Int(shapeStream[index * 2]) | Int(shapeStream[index * 2 + 1]) << 8
    }

    func shape(of index: Int) -> Int { plain == nil ? shapeNumber(index) : 0 }

    /// Joins the columns of the wanted tables (by place in `tables`) to rows. False when the values are malformed.
    /// Afterwards `operation` may be asked for operations of these tables.
    func decodeImages(wanted: [Bool]) -> Bool {
        if plain != nil { return true }
        values.resize(to: 0)
        values.reserve(valueBytes + 16)
        cursors.removeAll(keepingCapacity: true)
        guard let start = payload.baseAddress else { return false }
        for column in columns { cursors.append(ColumnCursor(column, in: start)) }
        var output = ValueOutput(base: values.base, count: 0, limit: valueBytes)
        let isOneShape = shapes.count == 1
        let isNarrow = shapes.count <= 256
        let rows = rows
        let stream = shapeStream
        let good = cursors.withUnsafeMutableBufferPointer { cursors in
            shapes.withUnsafeBufferPointer { shapes in
                tables.withUnsafeBufferPointer { tables in
                    guard let cursorBase = cursors.baseAddress else { return shapes.allSatisfy { $0.key + $0.old + $0.new == 0 } }
                    for index in 0..<Int(summary.count) {
                        let number =
                            isOneShape ? 0 : isNarrow ? Int(stream[index]) : Int(stream[index * 2]) | Int(stream[index * 2 + 1]) << 8
                        let shape = shapes[number]
                        guard wanted[shape.group] else { continue }
                        let table = tables[shape.group]
                        let key = cursorBase + table.firstColumn
                        let images = key + table.keyColumns
                        rows[index].key = UInt32(truncatingIfNeeded: output.count)
                        for column in 0..<shape.key { guard key[column].next(into: &output) else { return false } }
                        rows[index].old = UInt32(truncatingIfNeeded: output.count)
                        for column in 0..<shape.old { guard images[column].next(into: &output) else { return false } }
                        rows[index].new = UInt32(truncatingIfNeeded: output.count)
                        for column in 0..<shape.new { guard images[column].next(into: &output) else { return false } }
                        rows[index].end = UInt32(truncatingIfNeeded: output.count)
                    }
                    return true
                }
            }
        }
        guard good else { return false }
        values.resize(to: output.count)
        // Everything a wanted table's columns hold must have been used up, and with all tables the sizes must agree.
        for (place, table) in tables.enumerated() where wanted[place] {
            for column in table.columns where !cursors[column].isAtEnd { return false }
        }
        return wanted.contains(false) || output.count == valueBytes
    }

    /// What operations carry besides values; no images.
    func bare(_ index: Int) -> Operation {
        if let plain {
            var bare = plain
            bare.key = UnsafeRawBufferPointer(start: nil, count: 0)
            bare.old = bare.key
            bare.new = bare.key
            return bare
        }
        let shape = shapes[shapeNumber(index)]
        return Operation(
            number: summary.firstOperation + UInt64(index), action: shape.action, time: rows[index].time,
            position: rows[index].position, isConsistentPoint: isConsistent(index), context: rows[index].context,
            table: shape.table)
    }

    @inline(__always) func isConsistent(_ index: Int) -> Bool { consistent[index >> 3] >> (UInt8(index & 7)) & 1 != 0 }

    /// The operation with its images, after `decodeImages`.
    @inline(__always) func operation(_ index: Int) -> Operation {
        if let plain { return plain }
        let row = rows[index]
        let shape = shapes[shapeNumber(index)]
        let base = UnsafeRawPointer(values.base)
        return Operation(
            number: summary.firstOperation + UInt64(index), action: shape.action, time: row.time, position: row.position,
            isConsistentPoint: isConsistent(index), context: row.context, table: shape.table,
            key: UnsafeRawBufferPointer(start: base + Int(row.key), count: Int(row.old - row.key)),
            old: UnsafeRawBufferPointer(start: base + Int(row.old), count: Int(row.new - row.old)),
            new: UnsafeRawBufferPointer(start: base + Int(row.new), count: Int(row.end - row.new)))
    }
}
