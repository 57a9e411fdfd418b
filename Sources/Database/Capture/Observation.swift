// What an outbox row says, in memory: a key, what the row under that key was, and where the next word about it is.

import Vocabulary

/// One observation of one key, in the order of their numbers. Bytes live in the round's buffer. Small: there are many.
struct Observation {
    enum State: UInt8 {
        /// The row's image is known.
        case present
        /// There was no row.
        case absent
        /// Nothing is known (the table was not captured for a while, or is gone).
        case unknown
    }

    /// Position: the number of the outbox row.
    var n: Int64
    /// Milliseconds since 1970; negative when the row carries none.
    var time: Int64
    /// Index of the table in the drain's list; -1 for markers of no table.
    var table: Int32
    /// Rows chain only within one space: a table's family, until a reload or gap cuts it.
    var space: UInt32 = 0
    var context: UInt32 = 0
    var keyStart: Int32 = 0
    var keyEnd: Int32 = 0
    var imageStart: Int32 = 0
    var imageEnd: Int32 = 0
    /// The observations of the same key before and after this one; -1 when there is none.
    var previous: Int32 = -1
    var next: Int32 = -1
    /// The last observation of this key in the round: itself when `next` is -1.
    var tail: Int32 = -1
    /// Where the values that were left out are: index into the round's list, and how many there are.
    var omissions: Int32 = -1
    var omissionCount: Int32 = 0
    var kind: Outbox.Kind
    var state: State
    /// What a marker stands for.
    var action: Action?
    /// Some values of the image were left out: they are as in the next observation.
    var hasOmissions = false
    /// An update that moved the row away from this key.
    var isMove = false
    /// Logged before the insertion (WITHOUT ROWID tables), so that candidates come directly before it.
    var isAhead = false
    /// The key is the rowid -1, which a BEFORE INSERT trigger cannot tell from an automatic one.
    var isMinusOne = false

    init(n: Int64, time: Int64, table: Int32, kind: Outbox.Kind, state: State) {
        self.n = n
        self.time = time
        self.table = table
        self.kind = kind
        self.state = state
    }

    /// What follows in the outbox belongs to it: no round ends here.
    var beginsGroup: Bool { kind == .candidate || kind == .move }

    /// The row was there at that moment: said by the trigger that fires after an insertion. What our own writes note is less certain.
    var isInserted: Bool { kind == .insertion && !isAhead && context == 0 }
    /// An update that left the row under its key.
    var isUpdateInPlace: Bool { kind == .update && !isMove }

    @inline(__always) func key(_ base: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer { base.slice(Int(keyStart), Int(keyEnd)) }
    @inline(__always) func image(_ base: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer { base.slice(Int(imageStart), Int(imageEnd)) }
}
