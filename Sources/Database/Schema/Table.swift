// A table of a foreign database as its schema describes it: all that capture must know to follow its rows.

public import Vocabulary

/// One ordinary table of the main database.
public struct Table: Sendable, Hashable {
    public struct Column: Sendable, Hashable {
        public var name: String
        public var type: String
        public var isNotNull: Bool
        /// The DEFAULT expression as written; nil when there is none.
        public var defaultText: String?
        public var keyPosition: Int
        public var isGenerated: Bool
    }

    /// One unique index, also those that a constraint makes.
    struct Unique: Sendable, Hashable {
        struct Term: Sendable, Hashable {
            /// The column, or nil when the term is an expression.
            var column: String?
            /// SQL of the term over the table's columns.
            var text: String
            var collation: String
        }
        var terms: [Term]
        /// WHERE clause of a partial index.
        var condition: String?
        var isPrimaryKey: Bool
        /// `CREATE UNIQUE INDEX` made it: it can be dropped, and its columns after it.
        var isDroppable: Bool
    }

    public var name: String
    public var sql: String
    /// Its rowid in `sqlite_schema`: a table that is dropped and created again moves to the end.
    var schemaRow: Int64
    public var isWithoutRowid: Bool
    public var isStrict: Bool
    /// A table in which a virtual table (FTS5, R-Tree, …) keeps its content.
    public var isShadow: Bool
    public var columns: [Column]
    /// The INTEGER PRIMARY KEY column.
    public var rowidColumn: String?
    /// A name that addresses the rowid; nil for WITHOUT ROWID tables and where every such name is taken by a column.
    public var rowidName: String?
    public var hasIndex: Bool
    /// One of its indexes comes with the table (UNIQUE, PRIMARY KEY): it cannot be made or dropped alone.
    var hasConstraintIndex = false
    var uniques: [Unique] = []
    /// DEFAULT values of NOT NULL columns, as OR REPLACE would store them for a NULL: SQL literals or expressions.
    var replacements: [String: String] = [:]
    /// Expressions of generated columns by lower-case name; read only where a unique index needs them.
    var generated: [String: String] = [:]
    /// An INSERT can fail anyway (NOT NULL, CHECK, UNIQUE, foreign keys), so SQLite keeps a statement journal for it once
    /// there is a trigger.
    var insertMayAbort = false
    /// The application has a BEFORE trigger on this table.
    var hasBeforeTrigger = false
    /// Columns whose values are likely to be large, so that it pays to leave them out when they do not change.
    var largeColumns: Set<String> = []

    /// Why this table cannot be journaled; nil when it can.
    public var obstacle: String? {
        if !isWithoutRowid, rowidName == nil { return "its rowid cannot be addressed: columns are named rowid, oid and _rowid_" }
        return nil
    }

    /// The columns that make up a row image: generated ones and the rowid left out.
    var imageColumns: [Column] { columns.filter { !$0.isGenerated && $0.name != rowidColumn } }

    /// Key columns of a WITHOUT ROWID table, in key order.
    var keyColumns: [Column] { columns.filter { $0.keyPosition > 0 }.sorted { $0.keyPosition < $1.keyPosition } }

    /// The table as the log knows it.
    public func definition(id: UInt32) -> TableDefinition {
        TableDefinition(
            id: id, name: name, isWithoutRowid: isWithoutRowid, rowidColumn: rowidColumn, rowidName: rowidName,
            columns: imageColumns.map { .init(name: $0.name, type: $0.type, keyPosition: $0.keyPosition) })
    }
}
