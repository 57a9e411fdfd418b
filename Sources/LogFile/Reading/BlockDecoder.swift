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
        /// Operations of this shape, and where their tags begin: a stream for each value of key, old and new image.
        var count = 0
        var firstTag = 0

        var values: Int { key + old + new }
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
    private var dictionary: UnsafeMutablePointer<DictionaryEntry>
    private var dictionaryCapacity = ColumnDictionary.capacity
    private var tags = UnsafeRawBufferPointer(start: nil, count: 0)
    /// By shape: how many operations of it were passed.
    private var passed: [Int] = []

    struct Row {
        var time: Int64
        var position: Int64
        var context: UInt32
        var key: UInt32 = 0
        var old: UInt32 = 0
        var new: UInt32 = 0
        var end: UInt32 = 0
    }

    init() {
        rows = .allocate(capacity: rowCapacity)
        dictionary = .allocate(capacity: dictionaryCapacity)
    }

    deinit {
        rows.deallocate()
        dictionary.deallocate()
    }

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
        guard total <= reader.remaining / 4, countShapes() else { return false }
        columns.reserveCapacity(total)
        var sizes: [(integers: Int, lengths: Int, bytes: Int)] = []
        sizes.reserveCapacity(total)
        for _ in 0..<total {
            let limit = reader.remaining
            columns.append(ColumnView(flags: reader.number()))
            sizes.append((reader.count(limit), reader.count(limit), reader.count(limit)))
        }
        var tagCount = 0
        for index in shapes.indices {
            shapes[index].firstTag = tagCount
            // At most 65,536 operations of 196,605 values: no overflow, and never more than the payload holds.
            tagCount += shapes[index].values * shapes[index].count
            guard tagCount <= reader.remaining else { return false }
        }
        tags = reader.bytes(tagCount)
        for column in 0..<total { columns[column].integers = reader.bytes(sizes[column].integers) }
        for column in 0..<total { columns[column].lengths = reader.bytes(sizes[column].lengths) }
        for column in 0..<total { columns[column].bytes = reader.bytes(sizes[column].bytes) }
        return !reader.isDamaged && reader.remaining == 0
    }

    private func countShapes() -> Bool {
        if shapes.count == 1 {
            shapes[0].count = count
            return true
        }
        for index in 0..<count {
            let shape = shapeNumber(index)
            guard shape < shapes.count else { return false }
            shapes[shape].count += 1
        }
        return true
    }

    /// Puts a cursor at the start of every column.
    private func startCursors() -> Bool {
        guard let start = payload.baseAddress else { return false }
        let needed = columns.reduce(0) { $0 + ColumnCursor.dictionarySize($1) }
        if needed > dictionaryCapacity {
            dictionary.deallocate()
            dictionaryCapacity = needed
            dictionary = .allocate(capacity: needed)
        }
        cursors.removeAll(keepingCapacity: true)
        var room = dictionary
        for column in columns {
            cursors.append(ColumnCursor(column, in: start, dictionary: room))
            room += ColumnCursor.dictionarySize(column)
        }
        passed.removeAll(keepingCapacity: true)
        for _ in shapes { passed.append(0) }
        return true
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
        values.reserve(valueBytes + 32)
        guard startCursors() else { return false }
        var output = ValueOutput(base: values.base, count: 0, limit: valueBytes)
        let rows = rows
        let good = walk(wanted: wanted) { (index, shape, tag, key, images) in
            // `tag` is that of the operation's first value; those of its next values stand a stream further each.
            var tag = tag
            rows[index].key = UInt32(truncatingIfNeeded: output.count)
            for column in 0..<shape.key {
                guard key[column].next(tag.load(as: UInt8.self), into: &output) else { return false }
                tag += shape.count
            }
            rows[index].old = UInt32(truncatingIfNeeded: output.count)
            for column in 0..<shape.old {
                guard images[column].next(tag.load(as: UInt8.self), into: &output) else { return false }
                tag += shape.count
            }
            rows[index].new = UInt32(truncatingIfNeeded: output.count)
            for column in 0..<shape.new {
                guard images[column].next(tag.load(as: UInt8.self), into: &output) else { return false }
                tag += shape.count
            }
            rows[index].end = UInt32(truncatingIfNeeded: output.count)
            return true
        }
        guard good else { return false }
        values.resize(to: output.count)
        // Everything a wanted table's columns hold must have been used up, and with all tables the sizes must agree.
        for (place, table) in tables.enumerated() where wanted[place] {
            for column in table.columns where !cursors[column].isAtEnd { return false }
        }
        return wanted.contains(false) || output.count == valueBytes
    }

    /// Visits the operations of the wanted tables with their cursors, which `startCursors` has set; ends when `body` returns false.
    @inline(__always) private func walk(
        wanted: [Bool],
        _ body: (Int, Shape, UnsafeRawPointer, UnsafeMutablePointer<ColumnCursor>, UnsafeMutablePointer<ColumnCursor>) -> Bool
    ) -> Bool {
        let isOneShape = shapes.count == 1
        let isNarrow = shapes.count <= 256
        let stream = shapeStream
        // Without any value there is no cursor and no tag: any address will do, it is never looked at.
        guard let start = tags.baseAddress ?? payload.baseAddress else { return false }
        let count = count
        return cursors.withUnsafeMutableBufferPointer { cursors in
            shapes.withUnsafeBufferPointer { shapes in
                tables.withUnsafeBufferPointer { tables in
                    passed.withUnsafeMutableBufferPointer { passed in
                        guard let first = cursors.baseAddress else { return tables.allSatisfy { $0.columns.isEmpty } }
                        for index in 0..<count {
                            let number =
                                isOneShape ? 0 : isNarrow ? Int(stream[index]) : Int(stream[index * 2]) | Int(stream[index * 2 + 1]) << 8
                            let shape = shapes[number]
                            guard wanted[shape.group] else { continue }
                            let table = tables[shape.group]
                            let key = first + table.firstColumn
                            let tag = start + shape.firstTag + passed[number]
                            passed[number] += 1
                            guard body(index, shape, tag, key, key + table.keyColumns) else { return false }
                        }
                        return true
                    }
                }
            }
        }
    }

    /// Whether a number of the wanted tables meets the condition. Also true when the values are malformed: decoding will tell.
    func anyNumber(wanted: [Bool], _ condition: (ColumnCursor.Number) -> Bool) -> Bool {
        guard startCursors() else { return true }
        let passedAll = walk(wanted: wanted) { (_, shape, tag, key, images) in
            var tag = tag
            for place in 0..<shape.values {
                let cursor = place < shape.key ? key + place : images + (place - shape.key < shape.old ? place - shape.key : place - shape.key - shape.old)
                guard let number = cursor.pointee.number(tag.load(as: UInt8.self)) else { return false }
                if case .none = number {} else if condition(number) { return false }
                tag += shape.count
            }
            return true
        }
        return !passedAll
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
