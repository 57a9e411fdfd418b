// The definitions of journaled tables as the database keeps them: every one that an outbox row may still refer to.

public import Vocabulary

/// A definition together with the table's life: renaming gives a table a new definition of the same family.
public struct StoredDefinition: Sendable, Hashable {
    public var definition: TableDefinition
    /// The first definition's id of this table: rows of one family chain with each other.
    public var family: UInt32
    /// The definition in force; false for those that only old outbox rows refer to.
    public var isCurrent: Bool
}

enum DefinitionStore {
    static let create =
        "CREATE TABLE \(Outbox.tables)(id INTEGER PRIMARY KEY,name,family,current,definition)"

    static func all(_ connection: Connection) throws -> [StoredDefinition] {
        let select = try connection.prepare("SELECT id,family,current,definition FROM main.\(Outbox.tables) ORDER BY id")
        var found: [StoredDefinition] = []
        while try select.step() {
            guard let id = UInt32(exactly: select.integer(0)), id > 0, id < 1 << 27, let family = UInt32(exactly: select.integer(1)),
                let definition = decode(id, select.bytes(3))
            else {
                throw Failure(
                    .databaseDamaged, "the capture tables in '\(connection.path)' hold a definition that cannot be read",
                    hint: "Turn the log off and on again with 'msc log stop' and 'msc log start', then make a backup.")
            }
            found.append(StoredDefinition(definition: definition, family: family, isCurrent: select.integer(2) != 0))
        }
        return found
    }

    static func add(_ connection: Connection, _ stored: StoredDefinition) throws(DatabaseError) {
        try connection.run(
            "INSERT INTO main.\(Outbox.tables)(id,name,family,current,definition) VALUES(?,?,?,1,?)",
            .integer(Int64(stored.definition.id)), connection.text(stored.definition.name), .integer(Int64(stored.family)),
            .blob(encode(stored.definition)))
    }

    /// Values in byte form: name, WITHOUT ROWID, rowid column, rowid name, then name, type and key position of each column.
    static func encode(_ definition: TableDefinition) -> [UInt8] {
        var buffer = ValueBuffer()
        func text(_ string: String) -> Value { .text(Array(string.utf8)) }
        buffer.append(text(definition.name))
        buffer.append(.integer(definition.isWithoutRowid ? 1 : 0))
        buffer.append(definition.rowidColumn.map(text) ?? .null)
        buffer.append(definition.rowidName.map(text) ?? .null)
        for column in definition.columns {
            buffer.append(text(column.name))
            buffer.append(text(column.type))
            buffer.append(.integer(Int64(column.keyPosition)))
        }
        return buffer.bytes
    }

    static func decode(_ id: UInt32, _ bytes: UnsafeRawBufferPointer) -> TableDefinition? {
        var cursor = ValueCursor(bytes)
        guard let values = cursor.rest(), values.count >= 4, (values.count - 4) % 3 == 0,
            let name = string(values[0]), case .integer(let isWithoutRowid) = values[1]
        else { return nil }
        var definition = TableDefinition(
            id: id, name: name, isWithoutRowid: isWithoutRowid != 0, rowidColumn: string(values[2]), rowidName: string(values[3]),
            columns: [])
        for start in stride(from: 4, to: values.count, by: 3) {
            guard let name = string(values[start]), let type = string(values[start + 1]), case .integer(let position) = values[start + 2],
                position >= 0, position <= 32767
            else { return nil }
            definition.columns.append(.init(name: name, type: type, keyPosition: Int(position)))
        }
        if !definition.isWithoutRowid, definition.rowidName == nil { return nil }
        if definition.isWithoutRowid, definition.keyColumns.isEmpty { return nil }
        return definition
    }

    private static func string(_ value: Value) -> String? {
        guard case .text(let bytes) = value else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}
