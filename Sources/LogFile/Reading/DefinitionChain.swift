// Collects every definition of a log along the chain of definitions blocks, or by walking where the chain is broken.

import Vocabulary

struct DefinitionChain {
    /// The first definition under each identifier.
    private(set) var tables: [UInt32: TableDefinition] = [:]
    let contexts: ContextIndex
    /// Definitions blocks that could not be read, and definitions for which there is no room.
    private(set) var damage: [Damage] = []
    private var weight = 0
    /// Bytes of definitions. What an honest log has is read before somebody can press Stop, so that no Stop makes it look like none.
    private static let worthStopping = 32 << 20

    /// Everything defined up to the block `last`.
    init(_ map: BlockMap, last: BlockHeader?) throws(Failure) {
        contexts = ContextIndex(map)
        for table in map.header.tables { take(table) }
        var body = Bytes()
        if try map.readHeaderBody(into: &body) {
            var reader = BytesReader(body.view)
            LogHeader.skipStructure(&reader)
            _ = Definitions.walk(&reader, table: nil, context: { [contexts] number, _ in contexts.note(number, at: 0) })
        }
        guard let last else { return }
        let payloads = BlockPayload(map.input)
        var size = 0
        for offset in try DefinitionChain.offsets(map, last) {
            // A few kilobytes can unfold to millions of contexts.
            if size > DefinitionChain.worthStopping { try Job.current?.checkStop() }
            guard let header = try map.input.header(at: offset), let payload = try payloads.read(header.summary), take(payload, offset) else {
                size += 1 << 20
                damage.append(Damage(operations: nil, offset: offset, reason: "the definitions at byte \(offset) cannot be read"))
                continue
            }
            size += payload.count
        }
        if weight > Definitions.tableRoom { passOver("table definitions: the rest is not known") }
        if contexts.passedOver > 0 { passOver("contexts: of \(contexts.passedOver) of them it is not known who they are") }
    }

    private mutating func passOver(_ what: String) {
        damage.append(Damage(operations: nil, offset: nil, reason: "the log holds more than there is room for of \(what)"))
    }

    private mutating func take(_ table: TableDefinition) {
        guard tables[table.id] == nil else { return }
        weight += table.weight
        if weight <= Definitions.tableRoom { tables[table.id] = table }
    }

    /// False when the payload is malformed.
    private mutating func take(_ payload: UnsafeRawBufferPointer, _ offset: UInt64) -> Bool {
        var reader = BytesReader(payload)
        guard Definitions.walk(&reader, table: nil, context: nil) else { return false }
        reader = BytesReader(payload)
        var found: [TableDefinition] = []
        var size = 0
        let room = Definitions.tableRoom
        _ = Definitions.walk(
            &reader,
            table: { table in
                size += table.weight
                if size <= room { found.append(table) }
            }, context: { [contexts] number, _ in contexts.note(number, at: offset) })
        for table in found { take(table) }
        if size > room { weight = max(weight, size) }
        return true
    }

    /// Offsets of the definitions blocks, in file order.
    private static func offsets(_ map: BlockMap, _ last: BlockHeader) throws(Failure) -> [UInt64] {
        if let known = map.definitionOffsets { return known.filter { $0 <= last.summary.offset } }
        var offsets: [UInt64] = []
        var at = last.summary.kind == .definitions ? last.summary.offset : last.previousDefinitions
        while at != 0 {
            guard at >= map.firstBlock, let header = try map.input.header(at: at, ahead: false), header.summary.kind == .definitions else {
                return try walked(map)
            }
            offsets.append(at)
            at = header.previousDefinitions
        }
        return offsets.reversed()
    }

    private static func walked(_ map: BlockMap) throws(Failure) -> [UInt64] {
        var offsets: [UInt64] = []
        for place in map.groups.indices {
            offsets += try map.blocks(of: place).filter { $0.kind == .definitions }.map { $0.offset }
        }
        return offsets + map.tail.filter { $0.kind == .definitions }.map { $0.offset }
    }
}
