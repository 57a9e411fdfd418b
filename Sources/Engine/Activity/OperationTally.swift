// Operations counted by table and action: what a rollback would cancel.

public import Vocabulary

/// Counts by table and action.
public struct OperationTally: Sendable, Equatable {
    /// By table; the empty name stands for operations of no table.
    public private(set) var counts: [String: [Action: UInt64]] = [:]
    /// Operations that could not be read.
    public internal(set) var damaged: UInt64 = 0

    public init() {}

    mutating func add(_ count: UInt64, _ table: String, _ action: Action) { counts[table, default: [:]][action, default: 0] += count }

    /// Additions, modifications and deletions.
    public var records: UInt64 {
        counts.values.reduce(0) { sum, actions in sum + actions.filter { $0.key.isRecordOperation }.values.reduce(0, +) }
    }

    public func count(of action: Action) -> UInt64 { counts.values.reduce(0) { $0 + ($1[action] ?? 0) } }

    /// The record operations of one table.
    public struct Table: Sendable, Equatable {
        public var name: String
        public var additions: UInt64
        public var modifications: UInt64
        public var deletions: UInt64

        public init(name: String, additions: UInt64, modifications: UInt64, deletions: UInt64) {
            self.name = name
            self.additions = additions
            self.modifications = modifications
            self.deletions = deletions
        }

        public var total: UInt64 { additions + modifications + deletions }
    }

    /// Tables with record operations, the most concerned first.
    public var tables: [Table] {
        let all = counts.map { name, actions in
            Table(
                name: name, additions: actions[.addition] ?? 0, modifications: actions[.modification] ?? 0,
                deletions: actions[.deletion] ?? 0)
        }
        return all.filter { $0.total > 0 }.sorted { $0.total == $1.total ? $0.name < $1.name : $0.total > $1.total }
    }

    /// The log alone cannot undo them: a rollback goes by an archive.
    public var needsArchive: Bool {
        damaged > 0 || count(of: .gap) + count(of: .reload) + count(of: .structureChange) > 0
    }
}
