// Which existing rows a new row may displace: the conditions under which capture logs them before INSERT or UPDATE OR REPLACE
// deletes them without firing a trigger. A condition may find too many rows (the drain sees that nothing happened to them),
// never too few.

import Vocabulary

extension TriggerText {
    /// A row that collides with NEW on one unique index.
    struct Candidate {
        /// True for at most one row.
        let condition: String
        /// The columns of the condition resolve after they were dropped.
        let isSafe: Bool
    }

    func exists(_ candidate: Candidate) -> String {
        "EXISTS(SELECT 1 \(candidate.isSafe ? source("NEW") : "FROM " + SQLText.quoted(table.name)) WHERE \(candidate.condition))"
    }

    /// One for the rowid, and one for each unique index.
    func candidates(forUpdate: Bool) -> [Candidate] {
        var found: [Candidate] = []
        if let name = table.rowidName {
            let rowid = name == table.rowidColumn ? SQLText.quoted(name) : name
            let own = "\(SQLText.quoted(table.name)).\(rowid)"
            found.append(
                Candidate(condition: forUpdate ? "\(own)=NEW.\(rowid) AND NEW.\(rowid)<>OLD.\(rowid)" : "\(own)=NEW.\(rowid)", isSafe: false))
        }
        let me = isSelf
        for unique in table.uniques {
            // Where a column is gone, its names are those of the empty row beside the table's: the alias stands in for NEW too.
            let isSafe = unique.isDroppable && names != nil
            let condition = collision(unique, isSafe: isSafe) + (forUpdate ? " AND " + me : "")
            found.append(Candidate(condition: condition, isSafe: isSafe))
        }
        return found
    }

    /// True for every row but the one that is being updated.
    private var isSelf: String {
        let target = SQLText.quoted(table.name)
        if let name = table.rowidName {
            let rowid = name == table.rowidColumn ? SQLText.quoted(name) : name
            return "\(target).\(rowid)<>OLD.\(rowid)"
        }
        let key = table.uniques.first { $0.isPrimaryKey }
        let same = table.keyColumns.map { column in
            let name = SQLText.quoted(column.name)
            let collation = key?.terms.first { $0.column == column.name }?.collation ?? "BINARY"
            return "\(target).\(name)=OLD.\(name) COLLATE \(SQLText.quoted(collation))"
        }
        return "NOT(\(same.joined(separator: " AND ")))"
    }

    /// - Parameter isSafe: whether every column must resolve after it was dropped.
    private func collision(_ unique: Table.Unique, isSafe: Bool) -> String {
        let target = SQLText.quoted(table.name)
        var parts = unique.terms.map { term -> String in
            let collation = " COLLATE " + SQLText.quoted(term.collation)
            if let column = term.column, !isComputed(column) {
                return "\(isSafe ? "" : target + ".")\(columnText(column))=\(newValue(column, isSafe: isSafe))\(collation)"
            }
            let own = term.column.map { (isSafe ? "" : target + ".") + SQLText.quoted($0) } ?? term.text
            return "\(own)=(SELECT \(term.text) \(newRow(for: term.text, isSafe: isSafe)))\(collation)"
        }
        if let condition = unique.condition {
            parts.append("(\(condition))")
            parts.append("(SELECT (\(condition)) \(newRow(for: condition, isSafe: isSafe)))")
        }
        return parts.joined(separator: " AND ")
    }

    private func columnText(_ name: String) -> String {
        name == table.rowidName && name != table.rowidColumn ? name : SQLText.quoted(name)
    }

    private func newValue(_ name: String, isSafe: Bool) -> String {
        let plain = isSafe ? "(SELECT NEW.\(columnText(name)))" : "NEW.\(columnText(name))"
        guard let replacement = table.replacements[name] else { return plain }
        return "(CASE WHEN \(plain) IS NULL THEN \(replacement) ELSE \(plain) END)"
    }

    /// A generated column whose value depends on a default that OR REPLACE puts in place of a NULL: NEW does not show it.
    private func isComputed(_ name: String) -> Bool {
        !table.replacements.isEmpty && table.generated[name.lowercased()] != nil
            && table.columns.contains { $0.name == name && $0.isGenerated }
    }

    /// `FROM` clause of one row: the columns that `expression` may read, as the new row will have them.
    private func newRow(for expression: String, isSafe: Bool) -> String {
        let names = table.columns.map(\.name)
        var needed = SQLText.columns(names, usedIn: expression)
        // Generated columns read others; each level of this chain is a subquery around the one before.
        var levels: [[String]] = []
        var pending = needed.filter { isComputed($0) }
        while !pending.isEmpty, levels.count < names.count {
            levels.append(pending.sorted())
            var inner: Set<String> = []
            for name in pending { inner.formUnion(SQLText.columns(names, usedIn: table.generated[name.lowercased()] ?? "")) }
            needed.formUnion(inner)
            pending = inner.filter { isComputed($0) }
        }
        let computed = Set(levels.flatMap { $0 })
        let target = SQLText.quoted(table.name)
        let plain = names.filter { needed.contains($0) && !computed.contains($0) }
        let rowid = table.rowidName.flatMap { names.contains($0) ? nil : $0 }
        var list = plain.map { "\(newValue($0, isSafe: isSafe)) AS \(SQLText.quoted($0))" }
        if let rowid, usesRowid(expression) { list.append("NEW.\(rowid) AS \(rowid)") }
        if list.isEmpty { list = ["NULL AS \(SQLText.quoted("_msc_"))"] }
        var query = "(SELECT \(list.joined(separator: ",")))"
        var have = plain
        for level in levels.reversed() {
            let fresh = level.filter { !have.contains($0) }
            let computing = fresh.map { "\(table.generated[$0.lowercased()] ?? "NULL") AS \(SQLText.quoted($0))" }
            query = "(SELECT \((have.map(SQLText.quoted) + computing).joined(separator: ",")) FROM \(query) AS \(target))"
            have += fresh
        }
        return "FROM \(query) AS \(target)"
    }

    private func usesRowid(_ expression: String) -> Bool {
        SQLText.tokens(expression).contains { ["rowid", "oid", "_rowid_"].contains(SQLText.unquoted($0.text).lowercased()) }
    }

    /// `OF` clause of the trigger that looks for collisions on update; empty when any update may cause one.
    var updateColumns: String {
        var columns: Set<String> = []
        let names = table.columns.map(\.name)
        for unique in table.uniques {
            for term in unique.terms {
                if let column = term.column { columns.insert(column) } else { columns.formUnion(SQLText.columns(names, usedIn: term.text)) }
            }
            if let condition = unique.condition { columns.formUnion(SQLText.columns(names, usedIn: condition)) }
        }
        if columns.contains(where: { name in table.columns.contains { $0.name == name && $0.isGenerated } }) { return "" }
        if table.isWithoutRowid {
            columns.formUnion(table.keyColumns.map(\.name))
        } else {
            let taken = Set(names.map { $0.lowercased() })
            columns.formUnion(["rowid", "oid", "_rowid_"].filter { !taken.contains($0) })
            if let own = table.rowidColumn { columns.insert(own) }
        }
        return " OF " + columns.sorted().map(SQLText.quoted).joined(separator: ",")
    }
}
