// A mistake that a table of actions can have: tests of pages look for it.

public import TerminalKit

extension ActionTable {
    /// Keys that more than one row claims.
    public var conflicts: [Key] {
        var seen: Set<Key> = []
        return rows.flatMap(\.keys).filter { !seen.insert($0).inserted }
    }
}
