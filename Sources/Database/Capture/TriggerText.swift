// The text of the triggers that fill the outbox for one table. It must run on any SQLite since 3.8.3, must not read a
// column that ALTER TABLE DROP COLUMN could take away except where that still resolves, and calls no function but julianday.
//
// Images are read with `FROM t NATURAL LEFT JOIN _msc_z`: _msc_z is empty and has every column name, so that a column dropped
// later resolves to its NULL, and the application's DROP COLUMN is not refused because of us.

import Vocabulary

struct TriggerText {
    let table: Table
    let id: UInt32
    /// Value columns of the outbox.
    let width: Int
    /// The table of column names that this table shares; nil when it has too many columns to be joined.
    let names: String?
    /// Whether a row with rowid -1 exists, which a BEFORE INSERT trigger cannot tell from an automatic rowid.
    let mindsMinusOne: Bool

    private var target: String { SQLText.quoted(table.name) }
    private var now: String { "julianday('now')" }

    /// Counts how triggers are written: those of a lower number are written anew by the next drain. 1: none stands on a shadow table.
    /// 2: a column may be dropped right after a unique index over it.
    static let form: Int64 = 2

    static func name(_ id: UInt32, _ suffix: String) -> String { "\(Schema.prefix)\(id)_\(suffix)" }
    /// The name of the trigger that a statement of ours creates.
    static func name(of statement: String) -> String { String(statement.split(separator: " ", maxSplits: 3)[2]) }
    /// The table's identifier in the name of a trigger of ours; nil for another name.
    static func table(of name: String) -> UInt32? {
        let parts = name.dropFirst(Schema.prefix.count).split(separator: "_", omittingEmptySubsequences: false)
        return name.hasPrefix(Schema.prefix) && parts.count == 2 && suffixes.contains(String(parts[1])) ? UInt32(parts[0]) : nil
    }
    static let suffixes = ["bi", "bn", "ai", "bu", "bc", "bd", "r1", "r2", "r3"]

    private func create(_ suffix: String, _ event: String, when: String? = nil, _ statements: [String]) -> String {
        "CREATE TRIGGER \(Self.name(id, suffix)) \(event) ON \(target)\(when.map { " WHEN " + $0 } ?? "") BEGIN\n \(statements.joined(separator: "\n "))\nEND"
    }

    /// The statements that create this table's triggers, in an order that makes the newest fire first: candidates before images.
    func statements() -> [String] {
        var made: [String] = []
        made.append(create("bd", "BEFORE DELETE", image(.deletion, where: isKey("OLD"))))
        made.append(create("bu", "BEFORE UPDATE", updateImage()))
        let conditions = candidates(forUpdate: true)
        let move = table.isWithoutRowid ? moveOfKey() : moveOfRowid()
        made.append(
            create(
                "bc", "BEFORE UPDATE" + updateColumns,
                when: "(\(move.when)) OR " + conditions.map(exists).joined(separator: " OR "),
                conditions.flatMap { image($0) } + move.statements))
        if table.isWithoutRowid {
            made.append(
                create(
                    "bi", "BEFORE INSERT",
                    candidates(forUpdate: false).flatMap { image($0) } + keyRows(.insertion, nil)))
        } else {
            let conditions = candidates(forUpdate: false)
            let rowid = table.rowidName.map(bareRowid) ?? ""
            var tests = conditions.map(exists)
            // An automatic rowid collides with nothing; it shows as -1 here.
            if !mindsMinusOne { tests[0] = "NEW.\(rowid)<>-1 AND " + tests[0] }
            // Any function makes SQLite keep a statement journal for each insertion, at the price of half an insertion: where
            // it does not keep one anyway, these rows carry no time, and the drain takes it from the rows around.
            let timed = table.insertMayAbort
            made.append(announcement(rowid, timed: timed))
            made.append(
                create(
                    "bi", "BEFORE INSERT", when: tests.joined(separator: " OR "),
                    conditions.flatMap { image($0, timed: timed) }))
            made.append(
                create(
                    "ai", "AFTER INSERT",
                    when: "(SELECT k=\(Outbox.code(id, .announced)) AND v0=NEW.\(rowid) FROM \(Outbox.log) ORDER BY n DESC LIMIT 1) IS NOT 1",
                    ["INSERT INTO \(Outbox.log)(k,\(timed ? "ts," : "")v0) VALUES(\(Outbox.code(id, .insertion)),\(timed ? now + "," : "")NEW.\(rowid));"]))
        }
        return made
    }

    /// Triggers that refuse every change, in place of the others.
    func refusal() -> [String] {
        zip(["r1", "r2", "r3"], ["INSERT", "UPDATE", "DELETE"]).map { suffix, event in
            create(
                suffix, "BEFORE \(event)",
                ["SELECT RAISE(ABORT,'1274 the log file is unavailable: changes are refused');"])
        }
    }

    // MARK: Names

    private func bareRowid(_ name: String) -> String { name == table.rowidColumn ? SQLText.quoted(name) : name }

    /// A column of the row that is read from the table.
    private func column(_ name: String) -> String {
        names == nil || !isDroppable(name) ? "\(target).\(SQLText.quoted(name))" : SQLText.quoted(name)
    }

    private var rowid: String { "\(target)." + (table.rowidName.map(bareRowid) ?? "rowid") }

    private var order: String {
        table.isWithoutRowid ? table.keyColumns.map { column($0.name) }.joined(separator: ",") : rowid
    }

    /// Columns of keys and unique indexes cannot be dropped.
    private func isDroppable(_ name: String) -> Bool {
        !table.columns.contains { $0.name == name && $0.keyPosition > 0 }
    }

    private func isKey(_ side: String) -> String {
        if let name = table.rowidName { return "\(rowid)=\(side).\(bareRowid(name))" }
        return table.keyColumns.map {
            "\(column($0.name))=\(side).\(SQLText.quoted($0.name)) COLLATE \(SQLText.quoted(keyCollation($0.name)))"
        }.joined(separator: " AND ")
    }

    private func keyCollation(_ column: String) -> String {
        table.uniques.first { $0.isPrimaryKey }?.terms.first { $0.column == column }?.collation ?? "BINARY"
    }

    /// `NEW.column` as it will be stored under OR REPLACE: NULL becomes the default of a NOT NULL column.
    private func new(_ name: String) -> String {
        let plain = "NEW.\(name == table.rowidName ? bareRowid(name) : SQLText.quoted(name))"
        guard let replacement = table.replacements[name] else { return plain }
        return "CASE WHEN \(plain) IS NULL THEN \(replacement) ELSE \(plain) END"
    }

    // MARK: Images

    private var imageValues: [String] {
        (table.isWithoutRowid ? [] : [rowid]) + table.imageColumns.map { column($0.name) }
    }

    func source(_ alias: String? = nil) -> String {
        guard let names else { return "FROM \(target)" }
        return "FROM \(target) NATURAL LEFT JOIN \(names)\(alias.map { " AS " + $0 } ?? "")"
    }

    /// Statements that log rows of the table: one for each `width` values.
    private func image(_ kind: Outbox.Kind, where condition: String) -> [String] { image(kind, "\(source()) WHERE \(condition)", timed: true) }

    private func image(_ candidate: Candidate, timed: Bool = true) -> [String] {
        // Until the triggers are written anew, an index that the application has dropped lets several rows look like the one that
        // would be displaced: a row in several parts needs to be one row in all of them.
        let one = imageValues.count > width ? " ORDER BY \(order) LIMIT 1" : ""
        return image(.candidate, "\(source(candidate.isSafe ? "NEW" : nil)) WHERE \(candidate.condition)\(one)", timed: timed)
    }

    private func image(_ kind: Outbox.Kind, _ rest: String, timed: Bool) -> [String] {
        chunks(imageValues).enumerated().map { index, values in
            insert(index == 0 ? kind : .continuation, values, mask: nil, rest, timed: timed)
        }
    }

    private func chunks(_ values: [String]) -> [[String]] {
        stride(from: 0, to: max(values.count, 1), by: width).map { Array(values[$0..<min($0 + width, values.count)]) }
    }

    private func insert(_ kind: Outbox.Kind, _ values: [String], mask: String?, _ rest: String, timed: Bool = true) -> String {
        let timed = timed && kind != .continuation
        let columns = ["k"] + (timed ? ["ts"] : []) + (mask == nil ? [] : ["m"]) + values.indices.map { "v\($0)" }
        let list = ["\(Outbox.code(id, kind))"] + (timed ? [now] : []) + (mask.map { [$0] } ?? []) + values
        return "INSERT INTO \(Outbox.log)(\(columns.joined(separator: ","))) SELECT \(list.joined(separator: ",")) \(rest);"
    }

    /// The image of the row about to be updated. When the update changes none of the large values, all of them are left out
    /// and marked; when it changes one, none is: so the next image without a mark holds what they were all along.
    private func updateImage() -> [String] {
        let large = table.hasBeforeTrigger || names == nil ? [] : table.imageColumns.map(\.name).filter(table.largeColumns.contains)
        guard !large.isEmpty else { return image(.update, where: isKey("OLD")) }
        var keeps: [String]
        if let name = table.rowidName {
            keeps = ["(SELECT NEW.\(bareRowid(name))=OLD.\(bareRowid(name)))"]
        } else {
            keeps = table.keyColumns.map {
                let name = SQLText.quoted($0.name)
                return "(SELECT NEW.\(name) IS OLD.\(name) COLLATE BINARY AND typeof(NEW.\(name))=typeof(OLD.\(name)))"
            }
        }
        // Text and blobs sort after every number, and are equal only to their like.
        keeps += large.map {
            let (old, new) = (column($0), "(SELECT NEW.\(SQLText.quoted($0)))")
            return "CASE WHEN \(old) IS NULL THEN \(new) IS NULL ELSE \(old)>='' COLLATE BINARY AND \(old) IS \(new) COLLATE BINARY END"
        }
        let same = keeps.joined(separator: " AND ")
        // The rowid has no name here: any text may be a column's, "" too.
        let columns: [String?] = (table.isWithoutRowid ? [] : [nil]) + table.imageColumns.map(\.name)
        return chunks(imageValues).enumerated().map { index, values in
            var values = values
            var mask: Int64 = 0
            for position in values.indices {
                guard let column = columns[index * width + position], large.contains(column) else { continue }
                mask |= 1 << Int64(position)
                values[position] = "CASE WHEN \(same) THEN NULL ELSE \(values[position]) END"
            }
            return insert(
                index == 0 ? .update : .continuation, values, mask: mask == 0 ? nil : "CASE WHEN \(same) THEN \(mask) END",
                "\(source("NEW")) WHERE \(isKey("OLD"))")
        }
    }

    // MARK: Keys

    /// Says before an insertion that the key which the new row will have is absent: triggers of the application that fire before our
    /// AFTER INSERT may change the new row, or keep ours from firing (FAIL). The next automatic rowid is mostly foreseen; what is
    /// said of another key is true as well, and comes to nothing. (An empty table foresees NULL, which the drain takes for 1; what is behind
    /// the largest rowid is no key. Not foreseen is an AUTOINCREMENT number behind one that a row used up which the same statement ignored:
    /// SQLite tells it to nobody before the statement ends.)
    private func announcement(_ new: String, timed: Bool) -> String {
        let columns = timed ? "k,ts,v0" : "k,v0"
        let head = "\(Outbox.code(id, .announced))" + (timed ? ",\(now)" : "")
        let largest = "(SELECT \(rowid) FROM \(target) ORDER BY \(rowid) DESC LIMIT 1)"
        var statements = ["INSERT INTO \(Outbox.log)(\(columns)) VALUES(\(head),CASE NEW.\(new) WHEN -1 THEN \(largest)+1 ELSE NEW.\(new) END);"]
        if SQLText.tokens(table.sql).contains(where: { $0.lowercased == "autoincrement" }) {
            // Rows behind the largest one were deleted, and their numbers do not come back.
            let name = table.name.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
            let condition = "NEW.\(new)=-1 AND name='\(name)' AND NOT EXISTS(SELECT 1 FROM \(target) WHERE \(rowid)>=seq)"
            statements.append("INSERT INTO \(Outbox.log)(\(columns)) SELECT \(head),seq+1 FROM sqlite_sequence WHERE \(condition);")
        }
        return create(
            "bn", "BEFORE INSERT", when: "NEW.\(new)=-1 OR NOT EXISTS(SELECT 1 FROM \(target) WHERE \(rowid)=NEW.\(new))", statements)
    }

    private func keyRows(_ kind: Outbox.Kind, _ condition: String?) -> [String] {
        chunks(table.keyColumns.map { new($0.name) }).enumerated().map { index, values in
            insert(index == 0 ? kind : .continuation, values, mask: nil, condition.map { "WHERE " + $0 } ?? "")
        }
    }

    private func moveOfRowid() -> (when: String, statements: [String]) {
        let name = table.rowidName.map(bareRowid) ?? "rowid"
        let moves = "NEW.\(name)<>OLD.\(name)"
        return (moves, [insert(.move, ["NEW.\(name)"], mask: nil, "WHERE \(moves)")])
    }

    private func moveOfKey() -> (when: String, statements: [String]) {
        let moves = table.keyColumns.map {
            let name = SQLText.quoted($0.name)
            return "\(new($0.name)) IS NOT OLD.\(name) COLLATE BINARY OR typeof(\(new($0.name)))<>typeof(OLD.\(name))"
        }.joined(separator: " OR ")
        return (moves, keyRows(.move, moves))
    }
}
