// Operations that do not fit the rows before them, until it is known whether integration meets them: it passes over those whose table is
// logged anew later.

public import Vocabulary

struct Contradictions {
    private struct Table {
        let name: String
        /// Its name may be another's by now.
        var isDoubtful = false
        var count = 0
        var problems: [LogCheck.Problem] = []
    }

    /// A few tell enough.
    private static let most = 10

    private var tables: [UInt32: Table] = [:]
    /// Operations that integration passes over.
    private(set) var outdone = 0

    mutating func add(_ problem: LogCheck.Problem, _ table: UInt32, _ name: String) {
        var found = tables[table] ?? Table(name: name.asciiLowercased)
        found.count += 1
        if found.problems.count < Self.most { found.problems.append(problem) }
        tables[table] = found
    }

    /// Takes the next operation.
    mutating func follow(_ operation: borrowing Operation, _ name: String) {
        if tables.isEmpty { return }
        if operation.action == .structureChange, operation.isRenaming {
            for table in tables.keys { tables[table]?.isDoubtful = true }
        }
        guard operation.action == .reload else { return }
        let (id, name) = (operation.table, name.asciiLowercased)
        for (table, found) in tables where table == id || found.name == name && !found.isDoubtful {
            outdone += found.count
            tables[table] = nil
        }
    }

    /// Those that integration meets, in the order of their tables' definitions.
    mutating func end() -> [LogCheck.Problem] {
        let left = tables.sorted { $0.key < $1.key }.flatMap(\.value.problems)
        tables = [:]
        return Array(left.prefix(Self.most))
    }
}

extension Operation {
    /// A table got another name: the last value of a `structureChange` is the one before.
    public var isRenaming: Bool {
        guard action == .structureChange else { return false }
        var cursor = ValueCursor(new)
        for _ in 0..<4 { _ = cursor.next() }
        switch cursor.next() {
        case nil, .null?: return false
        default: return true
        }
    }
}
