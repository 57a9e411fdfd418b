// Operations of one block on their way to columns (docs/formats/journal.md, "Operations (kind 1), columns").
// Appending copies the values apart; `finish` joins the columns into a payload.

import Vocabulary

/// Collects the operations of one block. Its memory is reused from block to block.
final class OperationEncoder {
    private struct Shape: Hashable {
        var table: UInt32
        var action: UInt8
        var key: Int
        var old: Int
        var new: Int
    }

    /// The columns of one table, as places in `columns`.
    private struct Table {
        var id: UInt32
        var key: [Int] = []
        var image: [Int] = []
    }

    /// What the block header says about the operations.
    private(set) var summary: BlockSummary
    /// Bytes that keys and images unfold to.
    private(set) var valueBytes = 0

    private var shapes: [Shape] = []
    /// By shape: place of its first tag stream in `tags`; one stream for each value of key, old and new image.
    private var firstTags: [Int] = []
    private var shapeNumbers: [Shape: Int] = [:]
    private var lastShape = 0
    private var tables: [Table] = []
    private var tableNumbers: [UInt32: Int] = [:]
    private var lastTable = 0

    private var columns: Pool<ColumnBuffer>
    private var tags: Pool<Bytes>
    private var shapeStream = Bytes()
    private var times = Bytes()
    private var positions = Bytes()
    private var contexts = Bytes()
    private var consistent = Bytes()
    private var firstTime: Int64 = 0
    private var lastTime: Int64 = 0
    private var lastContext: UInt32 = 0

    init() {
        columns = Pool { ColumnBuffer() }
        tags = Pool { Bytes() }
        summary = BlockSummary(kind: .operations, firstOperation: 1, time: 0, position: 0)
    }

    var count: Int { Int(summary.count) }
    var isEmpty: Bool { summary.count == 0 }

    func removeAll() {
        for index in 0..<columns.count { columns.base[index].removeAll() }
        columns.removeAll()
        for index in 0..<tags.count { tags.base[index].removeAll() }
        tags.removeAll()
        firstTags.removeAll(keepingCapacity: true)
        summary.count = 0
        valueBytes = 0
        shapes.removeAll(keepingCapacity: true)
        shapeNumbers.removeAll(keepingCapacity: true)
        tables.removeAll(keepingCapacity: true)
        tableNumbers.removeAll(keepingCapacity: true)
        lastShape = 0
        lastTable = 0
        lastContext = 0
        shapeStream.removeAll()
        times.removeAll()
        positions.removeAll()
        contexts.removeAll()
        consistent.removeAll()
    }

    /// Takes one operation; the caller saw to it that positions do not decrease. False, and nothing taken, when its key or
    /// images are no well-formed values: such an operation needs a block of plain layout.
    func append(_ operation: Operation, number: UInt64) -> Bool {
        guard let key = ValueWalk.count(operation.key), let old = ValueWalk.count(operation.old),
            let new = ValueWalk.count(operation.new), max(key, old, new) <= 65_535
        else { return false }
        noteMeta(operation, number: number)
        let shape = Shape(table: operation.table, action: operation.action.rawValue, key: key, old: old, new: new)
        let shapeNumber = place(of: shape)
        shapeStream.append(number: UInt16(shapeNumber))
        let table = tableNumber(of: operation.table)
        extend(table, keyColumns: key, imageColumns: max(old, new))
        let firstTag = firstTags[shapeNumber]
        put(operation.key, into: tables[table].key, firstTag)
        put(operation.old, into: tables[table].image, firstTag + key)
        put(operation.new, into: tables[table].image, firstTag + key + old)
        valueBytes += operation.key.count + operation.old.count + operation.new.count
        return true
    }

    private func noteMeta(_ operation: Operation, number: UInt64) {
        if summary.count == 0 {
            summary = BlockSummary(kind: .operations, firstOperation: number, time: operation.time, position: operation.position)
            firstTime = operation.time
        } else {
            times.append(zigzag: operation.time &- lastTime)
            summary.earliest = min(summary.earliest, operation.time)
            summary.latest = max(summary.latest, operation.time)
        }
        positions.append(varint: UInt64(bitPattern: operation.position &- summary.lastPosition))
        contexts.append(zigzag: Int64(operation.context) - Int64(lastContext))
        lastTime = operation.time
        lastContext = operation.context
        summary.lastPosition = operation.position
        let bit = summary.count & 7
        if bit == 0 { consistent.append(byte: 0) }
        summary.count += 1
        if operation.isConsistentPoint {
            let place = consistent.count - 1
            consistent.store(consistent.view[place] | 1 << bit, at: place)
            summary.lastConsistent = summary.count
        }
        summary.tables |= 1 << UInt64(operation.table & 63)
        summary.actions |= 1 << UInt32(operation.action.rawValue & 31)
    }

    private func place(of shape: Shape) -> Int {
        if lastShape < shapes.count, shapes[lastShape] == shape { return lastShape }
        if let known = shapeNumbers[shape] {
            lastShape = known
        } else {
            lastShape = shapes.count
            shapeNumbers[shape] = lastShape
            shapes.append(shape)
            firstTags.append(tags.count)
            for _ in 0..<(shape.key + shape.old + shape.new) { _ = tags.take() }
        }
        return lastShape
    }

    private func tableNumber(of id: UInt32) -> Int {
        if lastTable < tables.count, tables[lastTable].id == id { return lastTable }
        if let known = tableNumbers[id] {
            lastTable = known
        } else {
            lastTable = tables.count
            tableNumbers[id] = lastTable
            tables.append(Table(id: id))
        }
        return lastTable
    }

    @inline(__always) private func extend(_ table: Int, keyColumns: Int, imageColumns: Int) {
        while tables[table].key.count < keyColumns { tables[table].key.append(columns.take()) }
        while tables[table].image.count < imageColumns { tables[table].image.append(columns.take()) }
    }

    /// Distributes well-formed values over their columns.
    private func put(_ bytes: UnsafeRawBufferPointer, into places: [Int], _ firstTag: Int) {
        guard let base = bytes.baseAddress else { return }
        let columns = columns.base
        let tags = tags.base + firstTag
        let end = bytes.count
        var offset = 0
        var place = 0
        while offset < end {
            let column = columns + places[place]
            var tag = base.load(fromByteOffset: offset, as: UInt8.self)
            offset += 1
            switch tag {
            case ValueTag.integer:
                column.pointee.append(integer: unzigzagged(ValueWalk.varint(base, &offset, end) ?? 0))
            case ValueTag.real:
                tag = column.pointee.append(real: base + offset)
                offset += 8
            case ValueTag.text, ValueTag.blob:
                let length = Int(ValueWalk.varint(base, &offset, end) ?? 0)
                if tag == ValueTag.text {
                    tag = column.pointee.append(text: base + offset, count: length)
                } else {
                    column.pointee.append(base + offset, length)
                }
                offset += length
            default: break
            }
            tags[place].append(byte: tag)
            place += 1
        }
    }

    /// Appends the payload of the block to `output`. Returns where parts end that differ in kind and are large enough to be
    /// compressed each with its own codes.
    func finish(into output: inout Bytes) -> [Int] {
        output.append(varint: UInt64(count))
        output.append(varint: UInt64(valueBytes))
        output.append(varint: UInt64(shapes.count))
        for shape in shapes {
            output.append(varint: UInt64(shape.table))
            output.append(byte: shape.action)
            output.append(varint: UInt64(shape.key))
            output.append(varint: UInt64(shape.old))
            output.append(varint: UInt64(shape.new))
        }
        if shapes.count > 256 {
            output.append(shapeStream.view)
        } else if shapes.count > 1 {
            output.reserve(count)
            for index in 0..<count { output.append(byte: shapeStream.view[index * 2]) }
        }
        let first = zigzagged(firstTime &- summary.earliest)
        output.append(varint: UInt64(varintSize(first) + times.count))
        output.append(varint: first)
        output.append(times.view)
        output.append(varint: UInt64(positions.count))
        output.append(positions.view)
        output.append(varint: UInt64(contexts.count))
        output.append(contexts.view)
        output.append(consistent.view)
        return finishColumns(into: &output)
    }

    private func finishColumns(into output: inout Bytes) -> [Int] {
        let order = tables.flatMap { $0.key + $0.image }
        for index in order {
            output.append(byte: columns.base[index].flags)
            output.append(varint: UInt64(columns.base[index].integersSize))
            output.append(varint: UInt64(columns.base[index].lengths.count))
            output.append(varint: UInt64(columns.base[index].bytes.count))
        }
        var ends: [Int] = []
        var last = 0
        func endPart(_ size: Int) {
            guard size - last >= OperationEncoder.worthOwnCodes else { return }
            ends.append(size)
            last = size
        }
        for index in 0..<tags.count { output.append(tags.base[index].view) }
        endPart(output.count)
        for index in order {
            columns.base[index].appendIntegers(to: &output)
            endPart(output.count)
        }
        for index in order { output.append(columns.base[index].lengths.view) }
        endPart(output.count)
        for index in order {
            output.append(columns.base[index].bytes.view)
            endPart(output.count)
        }
        return ends
    }

    private static let worthOwnCodes = 4096
}
