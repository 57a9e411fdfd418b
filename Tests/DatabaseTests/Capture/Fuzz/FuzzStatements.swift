/// Random statements of an application over random tables.
struct FuzzStatements {
    var random: FuzzRandom
    /// BEFORE UPDATE and BEFORE DELETE triggers may write into their own table.
    let allowsUndefined: Bool
    var tables: [FuzzTable] = []

    private static let values = [
        "NULL", "0", "1", "2", "3", "4", "-1", "1.0", "2.5", "'a'", "'A'", "'a '", "'b'", "'B'", "'1'", "x'61'", "x'6100'",
        "'a'||char(0)||'z'", "CAST(x'ff61' AS TEXT)", "1e300", "-0.0", "'é'", "''", "x''", "9223372036854775807", "9007199254740993",
        "9007199254740992.0", "printf('%.*c',600,'L')", "zeroblob(700)", "printf('%.*c',600,'M')",
    ]

    private func q(_ name: String) -> String { FuzzTable.quoted(name) }

    mutating func value() -> String {
        random.pick(random.chance(0.85) ? Array(Self.values[..<16]) : Self.values)
    }

    mutating func insert(_ table: FuzzTable, inTrigger: Bool, new: [String]?) -> String {
        var columns = random.sample(table.columns, random.within(1...min(table.columns.count, 6)))
        if let primary = table.primary, random.chance(0.6) { columns.append(primary) }
        if table.hasHiddenRowid, !inTrigger, random.chance(0.25) { columns.append("_rowid_") }
        let isKey: (String) -> Bool = { $0 == table.primary || $0 == "_rowid_" }
        func one(_ column: String) -> String {
            if let new, random.chance(0.5) { return "NEW." + q(random.pick(new)) }
            return isKey(column) ? random.pick(["1", "2", "3", "4", "5", "-2", "NULL", "0"] + (random.chance(0.1) ? ["-1"] : [])) : value()
        }
        let alternatives = ["", "", "", " OR REPLACE", " OR REPLACE", " OR IGNORE", " OR FAIL", " OR ABORT"] + (inTrigger ? [] : [" OR ROLLBACK"])
        let verb = random.chance(0.9) ? "INSERT" + random.pick(alternatives) : "REPLACE"
        var body: String
        if inTrigger || random.chance(0.8) {
            let rows = inTrigger ? 1 : random.pick([1, 1, 1, 2, 3])
            body = "VALUES " + (0..<rows).map { _ in "(" + columns.map(one).joined(separator: ",") + ")" }.joined(separator: ",")
        } else {
            let list = columns.map { column -> String in
                if isKey(column) { return one(column) }
                return random.chance(0.5) ? q(random.pick(table.columns)) : one(column)
            }
            body = "SELECT \(list.joined(separator: ",")) FROM \(q(table.name)) WHERE true"
        }
        if !inTrigger, random.chance(0.3) {
            let target = random.pick([""] + table.settable.map { "(\(q($0)))" })
            body += " ON CONFLICT\(target) "
            if target.isEmpty || random.chance(0.35) {
                body += "DO NOTHING"
            } else {
                body += "DO UPDATE SET \(assignments(table, new: nil))"
                if random.chance(0.3) { body += " WHERE \(q(random.pick(table.columns))) IS NOT 3" }
            }
        }
        return "\(verb) INTO \(q(table.name))(\(columns.map { $0 == "_rowid_" ? $0 : q($0) }.joined(separator: ","))) \(body)"
    }

    mutating func assignments(_ table: FuzzTable, new: [String]?) -> String {
        var list = random.sample(table.settable, random.within(1...min(3, table.settable.count))).map { column -> String in
            var expression: String
            if column == table.primary {
                expression = random.pick(["1", "2", "3", "4", "5", q(column) + "+1", q(column)])
            } else {
                expression = random.pick([value(), value(), q(random.pick(table.columns)), q(column) + "+1"])
                if let new, random.chance(0.3) { expression = "NEW." + q(random.pick(new)) }
            }
            return "\(q(column))=\(expression)"
        }
        if table.hasHiddenRowid, random.chance(0.1) { list.append("_rowid_=" + random.pick(["1", "2", "3", "_rowid_+1"])) }
        return list.joined(separator: ",")
    }

    mutating func condition(_ table: FuzzTable) -> String {
        if random.chance(0.15) { return "" }
        let column = q(random.pick(table.settable))
        return " WHERE " + random.pick(["\(column)=\(value())", "\(column) IS \(value())", "\(column)>\(value())", "\(column)<\(value())", "\(column) IN(1,2,3)"])
    }

    mutating func update(_ table: FuzzTable, inTrigger: Bool, new: [String]?) -> String {
        let alternatives = ["", "", "", " OR REPLACE", " OR REPLACE", " OR IGNORE", " OR FAIL"] + (inTrigger ? [] : [" OR ROLLBACK"])
        return "UPDATE\(random.pick(alternatives)) \(q(table.name)) SET \(assignments(table, new: new))\(condition(table))"
    }

    mutating func delete(_ table: FuzzTable) -> String {
        var condition = condition(table)
        if condition.isEmpty, random.chance(0.7) { condition = " WHERE \(q(random.pick(table.columns)))=\(value())" }
        return "DELETE FROM \(q(table.name))\(condition)"
    }

    mutating func statement(inTrigger: Bool = false, new: [String]? = nil, notOn own: String? = nil) -> String? {
        let choices = tables.filter { $0.name != own }
        if choices.isEmpty { return nil }
        let table = random.pick(choices)
        let choice = random.below(10)
        if choice < 5 { return insert(table, inTrigger: inTrigger, new: new) }
        if choice < 8 { return update(table, inTrigger: inTrigger, new: new) }
        return delete(table)
    }

    mutating func trigger(_ number: Int, isTemporary: Bool) -> String {
        let table = random.pick(tables)
        let event = random.pick(["INSERT", "UPDATE", "DELETE"])
        let when = random.pick(["BEFORE", "AFTER"])
        let hasNew = event != "DELETE"
        let side = hasNew ? "NEW." : "OLD."
        let mayTouchItself = allowsUndefined || when == "AFTER" || event == "INSERT"
        var body: [String] = []
        for _ in 0..<random.within(1...2) {
            let choice = random.below(100)
            let key = table.primary.map(q) ?? (table.hasHiddenRowid ? "_rowid_" : nil)
            if choice < 35, hasNew, mayTouchItself, let key {
                body.append(
                    "UPDATE \(random.pick(["", "OR IGNORE ", "OR REPLACE "]))\(q(table.name)) SET \(assignments(table, new: table.columns)) WHERE \(key)=NEW.\(key)")
            } else if choice < 42, hasNew, mayTouchItself, let primary = table.primary {
                body.append("DELETE FROM \(q(table.name)) WHERE \(q(primary))=NEW.\(q(primary))")
            } else if choice < 48 {
                body.append("SELECT RAISE(\(random.pick(["FAIL,'no'", "FAIL,'no'", "ABORT,'no'"]))) WHERE \(side)\(q(random.pick(table.columns))) IS \(value())")
            } else if choice < 55 {
                body.append("SELECT RAISE(IGNORE) WHERE \(side)\(q(random.pick(table.columns))) IS 2")
            } else if let sql = statement(inTrigger: true, new: hasNew ? table.columns : nil, notOn: mayTouchItself ? nil : table.name) {
                body.append(sql)
            }
        }
        if body.isEmpty { body.append("SELECT 1") }
        let guardText = random.chance(0.5) ? " WHEN \(side)\(q(random.pick(table.columns))) IS NOT \(value())" : ""
        let target = (isTemporary ? "main." : "") + q(table.name)
        return "CREATE \(isTemporary ? "TEMP " : "")TRIGGER \(q("app\(number)")) \(when) \(event) ON \(target)\(guardText) BEGIN \(body.joined(separator: "; ")); END"
    }

    /// What an application does next: a statement, or the beginning or end of a transaction.
    mutating func step(inTransaction: Bool) -> String {
        let choice = random.below(100)
        if choice < 6, !inTransaction { return "BEGIN" }
        if choice < 10, inTransaction { return random.pick(["COMMIT", "COMMIT", "ROLLBACK"]) }
        if choice < 16 { return "SAVEPOINT s\(random.below(3))" }
        if choice < 22, inTransaction { return random.pick(["RELEASE s", "ROLLBACK TO s"]) + "\(random.below(3))" }
        if choice < 26, let table = tables.first(where: { $0.kind == .autoincrement }) {
            let name = "'\(table.name.replacing("'", with: "''"))'"
            return random.pick([
                "DELETE FROM sqlite_sequence", "DELETE FROM sqlite_sequence WHERE name=\(name)", "UPDATE sqlite_sequence SET seq=0",
                "UPDATE sqlite_sequence SET seq=\(random.below(9)) WHERE name=\(name)", "INSERT INTO \(q(table.name))(\(q(table.primary ?? "id"))) SELECT 1 WHERE 0",
            ])
        }
        let sql = statement() ?? "SELECT 1"
        return random.chance(0.1) && !sql.contains("ON CONFLICT") ? sql + " RETURNING *" : sql
    }
}
