// Collects every definition of a log along the chain of definitions blocks, or by walking where the chain is broken.

import Vocabulary

struct DefinitionChain {
    private(set) var definitions: Definitions
    /// Definitions blocks that could not be read.
    private(set) var damage: [Damage] = []

    /// Everything defined up to the block `last`.
    init(_ map: BlockMap, last: BlockHeader?) throws(Failure) {
        definitions = map.header.definitions
        guard let last else { return }
        let offsets = try DefinitionChain.offsets(map, last)
        let payloads = BlockPayload(map.input)
        for offset in offsets {
            let found = try map.input.header(at: offset).map { header throws(Failure) in
                try payloads.with(header.summary) { payload in
                    var reader = BytesReader(payload)
                    return Definitions(&reader)
                }
            }
            guard let found, let more = found else {
                damage.append(Damage(operations: nil, offset: offset, reason: "the definitions at byte \(offset) cannot be read"))
                continue
            }
            definitions.tables += more.tables
            definitions.contexts += more.contexts
        }
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
