// One entry of the log, in memory: what capture produces, the log file stores, and redo, undo and the lists read.

/// What an operation did. Raw values are stored in log files: never renumber.
public enum Action: UInt8, Sendable, CaseIterable {
    case openDataFile = 1
    case closeDataFile = 2
    case createContext = 3
    case closeContext = 4
    case addition = 5
    case addBlob = 6
    case modification = 7
    case deletion = 8
    case startTransaction = 9
    case validateTransaction = 10
    case cancelTransaction = 11
    /// What is known of the circumstances changed: the clock was set back.
    case updateContext = 12
    case structureChange = 13
    case rollback = 14
    /// A table's AUTOINCREMENT counter: `old` and `new` hold one integer or null each.
    case saveSequence = 15
    /// The table's rows were not known for a while: it was emptied here and its rows follow as additions. Redo clears the
    /// table; undo cannot pass.
    case reload = 16
    /// Changes of the named table (or of all) are missing here: neither redo nor undo can pass.
    case gap = 17

    /// The stable name used in JSON and on the command line.
    public var name: String { String(describing: self) }

    public init?(name: some StringProtocol) {
        guard let action = Action.allCases.first(where: { $0.name.lowercased() == name.lowercased() }) else { return nil }
        self = action
    }

    /// Whether this is a change of a record, as counted in `recordOperations`.
    public var isRecordOperation: Bool { self == .addition || self == .modification || self == .deletion }
}

/// One operation, seen in place. The byte views belong to whoever hands the operation out and are valid only during the
/// call that received it; copy what must live longer.
public struct Operation {
    /// From 1, never renumbered, never used twice in a chain (invariant I7).
    public var number: UInt64
    public var action: Action
    /// Milliseconds since 1970-01-01 UTC.
    public var time: Int64
    /// The capture row that this operation was derived from: the data's own clock. Never decreases along a log; a copy of
    /// the data holds exactly the operations whose position is not above the copy's newest capture row.
    public var position: Int64
    /// The state after this operation is known to be a committed one.
    public var isConsistentPoint: Bool
    /// Context number, 0 when it is not known who did it.
    public var context: UInt32
    /// Identifier of the table definition in force, 0 when the operation concerns no table.
    public var table: UInt32
    /// Row key in byte form: the rowid, or the key columns of a WITHOUT ROWID table. Empty when there is none.
    public var key: UnsafeRawBufferPointer
    /// The row before (modification, deletion), one value per column of the definition; empty otherwise. In a modification
    /// a large unchanged value may be `same`.
    public var old: UnsafeRawBufferPointer
    /// The row after (addition: every value; modification: `same` for each unchanged column); for the other actions
    /// their own values as docs/formats/journal.md lists them.
    public var new: UnsafeRawBufferPointer

    public init(
        number: UInt64 = 0, action: Action, time: Int64, position: Int64, isConsistentPoint: Bool = false,
        context: UInt32 = 0, table: UInt32 = 0, key: UnsafeRawBufferPointer = .init(start: nil, count: 0),
        old: UnsafeRawBufferPointer = .init(start: nil, count: 0), new: UnsafeRawBufferPointer = .init(start: nil, count: 0)
    ) {
        self.number = number
        self.action = action
        self.time = time
        self.position = position
        self.isConsistentPoint = isConsistentPoint
        self.context = context
        self.table = table
        self.key = key
        self.old = old
        self.new = new
    }
}
