/// Random tables of every kind that an application may have.
struct FuzzTable {
    enum Kind: CaseIterable {
        case rowid, autoincrement, textKey, compositeKey, noKey, withoutRowid, withoutRowidComposite, strict, rowidColumn, wide
    }

    let name: String
    let kind: Kind
    /// Columns that statements may name, the INTEGER PRIMARY KEY left out.
    var columns: [String]
    var primary: String?
    var sql = ""
    var indexes: [String] = []

    var settable: [String] { columns + (primary.map { [$0] } ?? []) }
    var hasHiddenRowid: Bool { primary == nil && [.textKey, .compositeKey, .noKey, .wide].contains(kind) }

    static let conflicts = [
        "", "", " ON CONFLICT REPLACE", " ON CONFLICT IGNORE", " ON CONFLICT FAIL", " ON CONFLICT ABORT", " ON CONFLICT ROLLBACK",
    ]
    static let names = ["a", "b", "c", "d", "e", "sel\"ect", "a b", "select", "Ünï", "new", "old", "t", "k", "v0", "n", "ts"]

    static func quoted(_ name: String) -> String { "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\"" }

    init(_ random: inout FuzzRandom, name: String, others: [FuzzTable]) {
        self.name = name
        kind = random.chance(0.04) ? .wide : random.pick(Kind.allCases.dropLast() + [.rowid])
        let q = Self.quoted
        var names = random.sample(Self.names, random.within(2...5))
        if kind == .rowidColumn { names[0] = "rowid" }
        if kind == .wide { names += (0..<random.within(30...70)).map { "w\($0)" } }
        columns = names
        var parts: [String] = []
        let isStrict = kind == .strict
        if [.rowid, .autoincrement, .strict].contains(kind) {
            let id = names.contains("id") ? "id2" : "id"
            primary = id
            parts.append(
                "\(q(id)) INTEGER PRIMARY KEY" + (kind == .autoincrement ? " AUTOINCREMENT" : random.pick(Self.conflicts)))
        }
        let types = isStrict ? ["ANY", "INT", "TEXT", "REAL", "BLOB"] : ["", "INT", "TEXT", "REAL", "NUMERIC", "BLOB", "VARCHAR(10)"]
        for (index, column) in names.enumerated() {
            var part = "\(q(column)) \(random.pick(types))"
            if random.chance(0.25) { part += " COLLATE " + random.pick(["NOCASE", "RTRIM", "BINARY"]) }
            if random.chance(0.25) {
                part += " NOT NULL" + random.pick(Self.conflicts)
                if random.chance(0.7), !isStrict { part += " DEFAULT " + random.pick(["3", "'a'", "(1+1)", "0.5"]) }
            }
            if index == 0, kind == .textKey || kind == .withoutRowid {
                part += " PRIMARY KEY" + random.pick(Self.conflicts)
            } else if random.chance(kind == .wide ? 0.03 : 0.25) {
                part += " UNIQUE" + random.pick(Self.conflicts)
            }
            if random.chance(0.1) { part += " CHECK(\(q(column)) IS NOT 4)" }
            if random.chance(0.2) {
                let candidates = others.filter { $0.primary != nil }.map { ($0.name, $0.primary ?? "") } + (primary.map { [(name, $0)] } ?? [])
                if !candidates.isEmpty {
                    let (table, key) = random.pick(candidates)
                    part = "\(q(column)) INT REFERENCES \(q(table))(\(q(key)))"
                        + random.pick(["", " ON DELETE CASCADE", " ON DELETE SET NULL", " ON DELETE SET DEFAULT"])
                        + random.pick(["", " ON UPDATE CASCADE", " ON UPDATE SET NULL"]) + random.pick(["", " DEFERRABLE INITIALLY DEFERRED"])
                }
            }
            parts.append(part)
        }
        if random.chance(0.3) {
            let base = q(random.pick(Array(names.prefix(5))))
            let expression = random.pick([base, base + "||1", "coalesce(\(base),7)", "abs(\(base))"])
            parts.append(
                "\"g\(random.below(10))\" \(isStrict ? "ANY" : "") AS (\(expression)) \(random.pick(["VIRTUAL", "STORED"]))"
                    + (random.chance(0.5) ? " UNIQUE" + random.pick(Self.conflicts) : ""))
        }
        if kind == .compositeKey || kind == .withoutRowidComposite {
            let terms = names.prefix(2).map {
                q($0) + (random.chance(0.2) ? " COLLATE " + random.pick(["NOCASE", "RTRIM"]) : "") + (random.chance(0.2) ? " DESC" : "")
            }
            parts.append("PRIMARY KEY(\(terms.joined(separator: ",")))" + random.pick(Self.conflicts))
        }
        if random.chance(0.3), names.count > 2 {
            parts.append("UNIQUE(\(random.sample(names, 2).map(q).joined(separator: ",")))" + random.pick(Self.conflicts))
        }
        var options: [String] = []
        if kind == .withoutRowid || kind == .withoutRowidComposite { options.append("WITHOUT ROWID") }
        if isStrict { options.append("STRICT") }
        sql = "CREATE TABLE \(q(name))(\(parts.joined(separator: ", "))) \(options.joined(separator: ","))"
        for index in 0..<random.within(0...2) {
            let column = q(random.pick(names))
            var terms = random.pick([
                column, column + " COLLATE NOCASE", column + " COLLATE RTRIM DESC", "(\(column)+0)", "lower(\(column))", "coalesce(\(column),5)",
                column + "||'x'",
            ])
            if random.chance(0.3) { terms += "," + q(random.pick(names)) }
            let condition = random.pick(["", "", " WHERE \(q(random.pick(names))) IS NOT 2", " WHERE \(q(random.pick(names)))>1"])
            indexes.append("CREATE UNIQUE INDEX \(q("ix_\(name)_\(index)")) ON \(q(name))(\(terms))\(condition)")
        }
    }
}
