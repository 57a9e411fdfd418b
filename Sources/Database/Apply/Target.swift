// What a modification makes of a row, column by column, in either direction, straight from the bytes of the operation.

import Glibc
import Vocabulary

/// Walks over the values a modification sets: `same` for a column that it leaves alone, nil at the end and on damage.
struct Target {
    private var new: ValueCursor
    private var old: ValueCursor
    private let isUndo: Bool
    private(set) var isDamaged = false

    init(_ operation: borrowing Operation, isUndo: Bool) {
        new = ValueCursor(operation.new)
        old = ValueCursor(isUndo ? operation.old : UnsafeRawBufferPointer(start: nil, count: 0))
        self.isUndo = isUndo
    }

    @inline(__always)
    mutating func next() -> ValueView? {
        guard let after = new.next() else {
            isDamaged = isDamaged || new.isDamaged
            return nil
        }
        guard isUndo else { return after }
        guard let before = old.next() else {
            isDamaged = true
            return nil
        }
        if case .same = after { return .same }
        // What the modification changed must be known as it was.
        if case .same = before {
            isDamaged = true
            return nil
        }
        return before
    }

    /// Whether every value was read.
    var isAtEnd: Bool { new.isAtEnd && (!isUndo || old.isAtEnd) }
}

/// Walks over the row that an operation expects to find: `same` where it does not say.
struct Before {
    private var first: ValueCursor
    private var second: ValueCursor?

    /// The row before a modification in the direction of travel.
    init(modification operation: borrowing Operation, isUndo: Bool) {
        first = ValueCursor(isUndo ? operation.new : operation.old)
        second = isUndo ? ValueCursor(operation.old) : nil
    }

    /// A whole row.
    init(row: UnsafeRawBufferPointer) { first = ValueCursor(row) }

    mutating func next() -> ValueView? {
        let value = first.next()
        guard second != nil else { return value }
        let other = second?.next()
        if case .same? = value { return other }
        return value
    }
}

extension ValueView {
    /// The same type and the same bits. `same` is like nothing else.
    func isIdentical(to other: ValueView) -> Bool {
        switch (self, other) {
        case (.null, .null), (.same, .same): true
        case (.integer(let a), .integer(let b)): a == b
        case (.real(let a), .real(let b)): a.bitPattern == b.bitPattern
        case (.text(let a), .text(let b)), (.blob(let a), .blob(let b)): Self.isIdentical(a, b)
        default: false
        }
    }

    private static func isIdentical(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
        guard a.count == b.count else { return false }
        guard let first = a.baseAddress, let second = b.baseAddress else { return true }
        return memcmp(first, second, a.count) == 0
    }
}
