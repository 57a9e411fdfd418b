// From two neighbouring observations to an operation: compare byte by byte, write what changed, hold one operation back until
// it is known whether a commit follows it.

import Vocabulary

/// Builds operations and hands them to a sink.
struct Emission: ~Copyable {
    /// Unchanged text and blobs of more bytes than this are left out of the old image of a modification.
    static let largeValue = 256

    let sink: any DrainSink
    private let tables: DrainTables
    /// Positions after which a transaction is known to have ended, ascending.
    var boundaries: [CommitFinder.Commit] = []
    private var boundary = 0
    var counters: CounterWords
    private(set) var count: UInt64 = 0
    /// That of the newest operation; 0 without one.
    private(set) var position: Int64 = 0
    private var pending: Operation?
    /// A transaction ended with the pending operation.
    private var isPoint = false
    private var key = RowBuffer()
    private var old = RowBuffer()
    private var new = RowBuffer()
    private var heldKey = RowBuffer()
    private var heldOld = RowBuffer()
    private var heldNew = RowBuffer()

    /// - Parameter known: the AUTOINCREMENT counters that the log tells.
    init(sink: any DrainSink, _ tables: DrainTables, _ known: [String: Int64]) {
        self.sink = sink
        self.tables = tables
        counters = CounterWords(tables, known: known)
    }

    /// An operation needs a value that nobody knows.
    private var isIncomplete = false

    mutating func addition(_ head: Operation, key: UnsafeRawBufferPointer, image: UnsafeRawBufferPointer, omitted: Omitted?) throws {
        begin(key)
        Self.write(image, into: &new, omitted, &isIncomplete)
        try put(head, .addition)
    }

    mutating func deletion(_ head: Operation, key: UnsafeRawBufferPointer, image: UnsafeRawBufferPointer, omitted: Omitted?) throws {
        begin(key)
        Self.write(image, into: &old, omitted, &isIncomplete)
        try put(head, .deletion)
    }

    /// Nothing happens when the two images are equal.
    mutating func modification(
        _ head: Operation, key: UnsafeRawBufferPointer, from: UnsafeRawBufferPointer, to: UnsafeRawBufferPointer,
        omitted: Omitted?
    ) throws {
        if omitted == nil, from.matches(to) { return }
        begin(key)
        var before = ValueCursor(from)
        var after = ValueCursor(to)
        var omission = 0
        var changes = false
        while true {
            let start = before.offset
            let otherStart = after.offset
            guard let value = before.next(), let other = after.next() else { break }
            let mine = from.slice(start, before.offset)
            if case .same = value {
                if case .same = other { omission += 1 }
                old.append(tag: ValueTag.same)
                new.append(tag: ValueTag.same)
                continue
            }
            var theirs = to.slice(otherStart, after.offset)
            if case .same = other {
                if let found = omitted?.value(omission) { theirs = found } else { isIncomplete = true }
                omission += 1
            }
            if mine.matches(theirs) {
                if mine.count > Self.largeValue, mine[0] == ValueTag.text || mine[0] == ValueTag.blob {
                    old.append(tag: ValueTag.same)
                } else {
                    old.append(mine)
                }
                new.append(tag: ValueTag.same)
            } else {
                changes = true
                old.append(mine)
                new.append(theirs)
            }
        }
        if changes { try put(head, .modification) }
    }

    /// An operation that comes with its values.
    mutating func other(_ head: Operation, old oldBytes: UnsafeRawBufferPointer, new newBytes: UnsafeRawBufferPointer) throws {
        begin(head.key)
        old.append(oldBytes)
        new.append(newBytes)
        try put(head, head.action)
    }

    /// Every transaction up to this position has ended: an operation without effect.
    mutating func mark(_ position: Int64, _ time: Int64) throws {
        let none = UnsafeRawBufferPointer(start: nil, count: 0)
        try other(Operation(action: .validateTransaction, time: time, position: position), old: none, new: none)
    }

    /// Hands out the last operation, after which the state is a committed one.
    mutating func finish() throws {
        try handOut(isConsistent: true)
    }

    private mutating func begin(_ bytes: UnsafeRawBufferPointer) {
        key.removeAll()
        old.removeAll()
        new.removeAll()
        key.append(bytes)
    }

    private static func write(
        _ image: UnsafeRawBufferPointer, into buffer: inout RowBuffer, _ omitted: Omitted?, _ isIncomplete: inout Bool
    ) {
        // Most images are complete and travel as they are.
        guard let omitted else {
            buffer.append(image)
            return
        }
        var cursor = ValueCursor(image)
        var omission = 0
        while true {
            let start = cursor.offset
            guard let value = cursor.next() else { break }
            if case .same = value {
                if let found = omitted.value(omission) {
                    buffer.append(found)
                } else {
                    isIncomplete = true
                }
                omission += 1
            } else {
                buffer.append(image.slice(start, cursor.offset))
            }
        }
    }

    private mutating func put(_ head: Operation, _ action: Action) throws {
        if isIncomplete { throw Unordered(table: head.table) }
        var operation = head
        operation.action = action
        try hold(operation)
    }

    /// Keeps the operation until the next one comes, and hands out the one before.
    private mutating func hold(_ operation: Operation) throws {
        try settle(before: operation.position)
        try keep(operation)
        swap(&key, &heldKey)
        swap(&old, &heldOld)
        swap(&new, &heldNew)
    }

    private mutating func keep(_ operation: Operation) throws {
        try handOut(isConsistent: isPoint)
        pending = operation
        isPoint = false
        position = operation.position
        count += 1
    }

    /// Passes the transactions that ended before a position. When one ended with the pending operation, what it left of the counters is
    /// told with it.
    mutating func settle(before position: Int64) throws {
        var end: Int64?
        while boundary < boundaries.count, boundaries[boundary].position < position {
            counters.see(boundaries[boundary].counters)
            if let last = pending, boundaries[boundary].position >= last.position { end = boundaries[boundary].position }
            boundary += 1
        }
        guard let end, let last = pending else { return }
        try tellCounters(at: end, last.time)
        isPoint = true
    }

    /// Says what the counters were at the commit that was passed last, as far as the log does not say it.
    mutating func tellCounters(restructured: Set<String> = [], at position: Int64, _ time: Int64) throws {
        for word in counters.words(restructured: restructured) {
            var operation = Operation(action: .saveSequence, time: time, position: position)
            operation.table = try tables.define(word.place, sink)
            try keep(operation)
            heldKey.removeAll()
            Self.write(word.old, into: &heldOld)
            Self.write(word.new, into: &heldNew)
        }
    }

    private static func write(_ counter: Int64?, into buffer: inout RowBuffer) {
        buffer.removeAll()
        if let counter { buffer.append(integer: counter) } else { buffer.append(tag: ValueTag.null) }
    }

    private mutating func handOut(isConsistent: Bool) throws {
        guard var operation = pending else { return }
        pending = nil
        operation.isConsistentPoint = isConsistent
        operation.key = heldKey.bytes
        operation.old = heldOld.bytes
        operation.new = heldNew.bytes
        try sink.append(operation)
    }
}
