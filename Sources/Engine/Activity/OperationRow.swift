// Operations as lists and details show them: plain values, bounded in size whatever the rows hold.

public import Vocabulary

/// One operation as a list shows it. Texts are for people: values that are no text are described, long ones are cut.
public struct OperationRow: Sendable, Hashable {
    public var number: UInt64
    public var action: Action
    /// Empty when the operation concerns no table.
    public var table: String
    /// Key values joined by `;`.
    public var key: String
    /// The rowid; nil for WITHOUT ROWID tables.
    public var record: Int64?
    public var size: Int
    /// Milliseconds since 1970 UTC.
    public var time: Int64
    /// Who did it, as far as it is known; nil otherwise.
    public var context: Context?
    /// Additions and deletions: the row; modifications: what changed; others: what they say.
    public var values: String
    /// The data are known to be in a committed state after it.
    public var isConsistentPoint: Bool

    public init(
        number: UInt64, action: Action, table: String = "", key: String = "", record: Int64? = nil, size: Int = 0, time: Int64,
        context: Context? = nil, values: String = "", isConsistentPoint: Bool = true
    ) {
        self.number = number
        self.action = action
        self.table = table
        self.key = key
        self.record = record
        self.size = size
        self.time = time
        self.context = context
        self.values = values
        self.isConsistentPoint = isConsistentPoint
    }
}

/// A value as a detail shows it.
public struct FieldValue: Sendable, Hashable {
    /// At most this much of a text or blob is kept.
    public static let limit = 64 << 10

    /// For people; for a blob what it is.
    public var text: String
    /// The first bytes of a blob; nil for everything else.
    public var blob: [UInt8]?
    /// Of a text or blob in the database; 0 for numbers and NULL.
    public var bytes: Int

    public init(text: String, blob: [UInt8]? = nil, bytes: Int = 0) {
        self.text = text
        self.blob = blob
        self.bytes = bytes
    }

    public var isCut: Bool { bytes > FieldValue.limit }
}

/// One field of an operation's row, before and after.
public struct OperationField: Sendable, Hashable {
    public var name: String
    /// Nil when there was no row, or the (large, unchanged) value was left out.
    public var old: FieldValue?
    public var new: FieldValue?
    public var isChanged: Bool

    public init(name: String, old: FieldValue?, new: FieldValue?, isChanged: Bool) {
        self.name = name
        self.old = old
        self.new = new
        self.isChanged = isChanged
    }
}
