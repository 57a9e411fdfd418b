// The layout of the outbox: names of our tables and columns, and what a row of it means. docs/capture.md explains it.
//
//   _msc_log(n INTEGER PRIMARY KEY, k, ts, x, m, v0 … vW)
//     n   the data's own clock; k  table id * 16 + kind; ts  julian day or NULL; x  context of our own writes, NULL for others;
//     m   bit i set: value i of this row was left out because it does not change; v  values
//   No constraint besides the rowid may exist on it: an outer OR IGNORE would drop our row silently, OR REPLACE overwrite one.

import Vocabulary

enum Outbox {
    static let log = "_msc_log"
    static let names = "_msc_z"
    static let tables = "_msc_tab"
    static let state = "_msc_state"
    static let schema = "_msc_schema"
    /// Two tables whose only row sits on a rowid that a renumbering VACUUM would change: the second one has an index.
    /// They stand behind all journaled tables in `sqlite_schema`: one that was created again stands behind them.
    static let canary = "_msc_canary"
    static let indexedCanary = "_msc_canary2"
    static let canaryRow: Int64 = 1000

    /// Version of everything named here, kept in `_msc_state`; a newer one is refused.
    static let formatVersion: Int64 = 1

    /// The most value columns; a wider row continues in the rows that follow it.
    static let widest = 32

    /// What a row says about the key it carries. Raw values are stored.
    enum Kind: UInt8 {
        /// The first row, and markers of no interest; m is 1 when earlier rows of its table mean nothing, and the table is gone.
        case seed = 0
        /// The image of a row that an insertion or update may displace.
        case candidate = 1
        /// The image of a row about to be updated.
        case update = 2
        /// The image of a row about to be deleted (also: observed before a write of ours).
        case deletion = 3
        /// A key that was absent until this insertion.
        case insertion = 4
        /// A key that was absent until an update moved a row to it.
        case move = 5
        /// More values of the row before.
        case continuation = 6
        /// A key that is absent before an insertion that names it or is expected to get it; whether the row came is not said.
        case announced = 7
        /// An operation of ours: v0 its action, v1 its values in byte form; m is 1 when earlier rows of its table mean nothing.
        case marker = 8
    }

    static func code(_ table: UInt32, _ kind: Kind) -> Int64 { Int64(table) << 4 | Int64(kind.rawValue) }

    /// The number of value columns for these tables.
    static func width(_ tables: [Table]) -> Int {
        let widths = tables.map { table in
            max(table.imageColumns.count + (table.isWithoutRowid ? 0 : 1), table.keyColumns.count)
        }
        return min(max(widths.max() ?? 2, 2), widest)
    }

    /// The number of value columns that the outbox has.
    static func installedWidth(_ connection: Connection) throws(DatabaseError) -> Int {
        Int(try connection.prepare("SELECT * FROM main.\(log) LIMIT 0").columnCount) - 5
    }

    static func create(width: Int) -> String {
        "CREATE TABLE \(log)(n INTEGER PRIMARY KEY,k,ts,x,m,\((0..<width).map { "v\($0)" }.joined(separator: ",")))"
    }
}
