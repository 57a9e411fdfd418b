// What became of each journaled table, and what changed in the structure, in an order in which it can be redone.

import Vocabulary

/// Which tables of now the journaled tables of before are.
struct Succession {
    /// What each table is called now; nil when it is gone. In the order of the definitions.
    let names: [String?]
    /// The former name of each table that has another one now, by its present name as SQLite folds it.
    private var former: [String: String] = [:]
    /// Present names, each after that of the table which had it before.
    let order: [String]
    /// Present names of tables that exchanged their names in a ring: no order of renamings leads there. Each counts as the table that
    /// had its name before, with other rows.
    private(set) var ring: Set<String> = []

    /// Our triggers follow a table that is renamed. One without them is the table that has its name now, unless that is another one.
    /// - Parameters:
    ///   - definitions: of the journaled tables.
    ///   - tables: names of those that are there now.
    ///   - objects: `sqlite_schema` as it is now.
    init(of definitions: [TableDefinition], to tables: [String], in objects: [Resynchroniser.Object]) {
        let triggers = Dictionary(
            objects.filter { $0.type == "trigger" && Schema.isOurs($0.name) }.map { ($0.name, $0.table) }, uniquingKeysWith: { first, _ in first })
        let followed = definitions.map { triggers[TriggerText.name($0.id, "bd")] ?? triggers[TriggerText.name($0.id, "r1")] }
        let there = Set(tables)
        let taken = Set(followed.compactMap { $0 })
        names = zip(definitions, followed).map { definition, name in
            name ?? (there.contains(definition.name) && !taken.contains(definition.name) ? definition.name : nil)
        }
        var present: [String: String] = [:]
        for (definition, name) in zip(definitions, names) {
            guard let name, name != definition.name, there.contains(name) else { continue }
            former[name.asciiLowercased] = definition.name
            present[definition.name.asciiLowercased] = name
        }
        for start in former.keys {
            var name = former[start]?.asciiLowercased
            while let folded = name, folded != start { name = former[folded]?.asciiLowercased }
            if name == start, let name = former[start].flatMap({ present[$0.asciiLowercased] }) { ring.insert(name) }
        }
        for name in ring { former[name.asciiLowercased] = nil }
        var order: [String] = []
        var left = Set(former.keys)
        for start in left.sorted() where left.contains(start) {
            // Whoever has the name goes first. A chain without a ring ends.
            var chain = [start]
            while let holder = chain.last.flatMap({ present[$0]?.asciiLowercased }), left.contains(holder) { chain.append(holder) }
            for name in chain.reversed() where left.remove(name) != nil {
                if let name = former[name].flatMap({ present[$0.asciiLowercased] }) { order.append(name) }
            }
        }
        self.order = order
    }

    /// What a table was called before it got its present name; nil when it has no other.
    func formerName(_ table: String) -> String? { former[table.asciiLowercased] }

    /// Whether the table that had a name has another one now.
    func hasLeft(_ name: String) -> Bool { former.values.contains { $0.asciiLowercased == name.asciiLowercased } }
}

/// What changed in `sqlite_schema`, in an order in which it can be redone.
struct StructureChanges {
    struct Change: Equatable {
        var type: String
        var name: String
        /// Its SQL; nil: it was not there.
        var before: String?
        /// Its SQL; nil: it is gone.
        var after: String?
        var formerName: String?
    }

    private(set) var list: [Change] = []
    /// Virtual tables that came, went or changed.
    private(set) var virtual: Set<String> = []

    /// What is gone comes first, then the renamings, then what is new or has other SQL, virtual tables before the tables that they make.
    init(_ before: [Resynchroniser.Object], _ after: [Resynchroniser.Object], _ succession: Succession) {
        struct Key: Hashable {
            var type: String
            var name: String
        }
        func byKey(_ objects: [Resynchroniser.Object]) -> [Key: Resynchroniser.Object] {
            Dictionary(objects.map { (Key(type: $0.type, name: $0.name), $0) }, uniquingKeysWith: { first, _ in first })
        }
        let (old, new) = (byKey(before), byKey(after))
        /// Whether a table of before is gone, although another one may have its name.
        func isGone(_ table: String) -> Bool {
            old[Key(type: "table", name: table)] != nil && !succession.hasLeft(table)
                && (succession.formerName(table) != nil || new[Key(type: "table", name: table)] == nil)
        }
        for object in before {
            let isTable = object.type == "table"
            guard isTable ? isGone(object.name) : new[Key(type: object.type, name: object.name)] == nil else { continue }
            if object.isVirtual { virtual.insert(object.name) }
            list.append(Change(type: object.type, name: object.name, before: object.sql))
        }
        // Tables in which a virtual table keeps its content are renamed with it.
        let shadowed = after.filter(\.isVirtual).map { $0.name + "_" }
        let moves = succession.order.filter { name in !shadowed.contains { name.hasPrefix($0) } }
        let first = moves.compactMap { new[Key(type: "table", name: $0)] }
        let rest = after.filter { !($0.type == "table" && moves.contains($0.name)) }
        for object in first + rest.filter(\.isVirtual) + rest.filter({ !$0.isVirtual }) {
            let formerName = object.type == "table" ? succession.formerName(object.name) : nil
            var former = old[Key(type: object.type, name: formerName ?? object.name)]
            // Its name was another table's, which has another one now; or it went with its table or view, and came again.
            if object.type == "table" ? formerName == nil && succession.hasLeft(object.name) : former.map({ isGone($0.table) }) == true { former = nil }
            let view = Key(type: "view", name: object.table)
            if object.type == "trigger", old[view] != nil, old[view]?.sql != new[view]?.sql { former = nil }
            // What stands on a table that got another name has another text then: with the same one it is on a new table.
            let isAnother = object.type != "table" && former.map { succession.hasLeft($0.table) } == true
            if former?.sql == object.sql, formerName == nil, !isAnother { continue }
            if object.isVirtual || former?.isVirtual == true { virtual.insert(object.name) }
            list.append(Change(type: object.type, name: object.name, before: former?.sql, after: object.sql, formerName: formerName))
        }
    }
}
