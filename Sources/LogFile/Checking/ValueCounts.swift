// How many values the operations on a table have: what a restore takes for granted, and the check therefore asks for.

import Vocabulary

/// The numbers of values that follow from a definition.
struct ValueCounts {
    /// The table's.
    let name: String
    private let key: Int
    private let row: Int

    init(_ table: TableDefinition) {
        name = table.name
        key = table.isWithoutRowid ? table.keyColumns.count : 1
        row = table.columns.count
    }

    /// Whether an operation of this kind has these numbers of values; other actions may have any.
    func fits(_ action: Action, key: Int, old: Int, new: Int) -> Bool {
        switch action {
        case .addition: key == self.key && old == 0 && new == row
        case .deletion: key == self.key && old == row && new == 0
        case .modification: key == self.key && old == row && new == row
        case .saveSequence: old == 1 && new == 1
        default: true
        }
    }
}
