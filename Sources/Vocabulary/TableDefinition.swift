// The shape of a journaled table at a moment of its life. Operations name it by identifier; a changed table gets a new one.

/// A table as the log knows it: enough to address its rows and to name its values.
public struct TableDefinition: Sendable, Hashable {
    public struct Column: Sendable, Hashable {
        public var name: String
        /// As declared, possibly empty.
        public var type: String
        /// 1, 2, … for the columns of the declared PRIMARY KEY, 0 for the others.
        public var keyPosition: Int

        public init(name: String, type: String, keyPosition: Int = 0) {
            self.name = name
            self.type = type
            self.keyPosition = keyPosition
        }
    }

    /// Never 0, never reused within a chain: a table whose columns change gets a new definition.
    public var id: UInt32
    public var name: String
    /// WITHOUT ROWID: rows are addressed by their key columns; otherwise by rowid.
    public var isWithoutRowid: Bool
    /// The INTEGER PRIMARY KEY column, which is the rowid and therefore not among `columns`; nil when there is none.
    public var rowidColumn: String?
    /// A name that addresses the rowid in SQL: `rowidColumn`, or one of `_rowid_`, `oid`, `rowid` that no column hides.
    /// Nil for WITHOUT ROWID tables.
    public var rowidName: String?
    /// The columns whose values make up a row image, in table order: generated columns and the rowid are not among them.
    public var columns: [Column]

    public init(
        id: UInt32, name: String, isWithoutRowid: Bool, rowidColumn: String?, rowidName: String?, columns: [Column]
    ) {
        self.id = id
        self.name = name
        self.isWithoutRowid = isWithoutRowid
        self.rowidColumn = rowidColumn
        self.rowidName = rowidName
        self.columns = columns
    }

    /// Positions within `columns` that make up the key of a WITHOUT ROWID table, in key order; empty for rowid tables.
    public var keyColumns: [Int] {
        guard isWithoutRowid else { return [] }
        return columns.indices.filter { columns[$0].keyPosition > 0 }.sorted { columns[$0].keyPosition < columns[$1].keyPosition }
    }
}

/// Who made a change, as far as it is known.
public struct Context: Sendable, Hashable {
    public var process: String
    public var processID: Int32
    public var user: String
    public var host: String
    /// What it was doing: "rollback to operation 12"; empty when there is nothing to say.
    public var purpose: String

    public init(process: String, processID: Int32, user: String, host: String, purpose: String = "") {
        self.process = process
        self.processID = processID
        self.user = user
        self.host = host
        self.purpose = purpose
    }

    /// Everything that is known, as one text.
    public var text: String { "\(process) \(processID) \(user)@\(host) \(purpose)" }
}
