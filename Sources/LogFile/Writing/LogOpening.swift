// Where a writer goes on: the end of the last commit that is whole, and everything the next block must know.

import FileSystem
import Vocabulary

struct LogOpening {
    let end: ChainEnd
    /// The block that ends there.
    let last: BlockHeader
    let isSealed: Bool
    let definitions: DefinitionChain

    /// A crash can tear the last commit only: each of its blocks is checked, and if one fails the log ends before that commit.
    init(_ map: BlockMap) throws(Failure) {
        let input = map.input
        let payloads = BlockPayload(input)
        guard var last = map.last else {
            throw LogHeader.damaged(map.input.path, "not one of its blocks is whole")
        }
        if let before = try LogOpening.endBeforeTornCommit(last, input, payloads, firstBlock: map.firstBlock) { last = before }

        var unindexed: [BlockSummary] = []
        let tailStart = map.groups.last.map { $0.end } ?? 0
        if last.summary.offset >= tailStart {
            unindexed = map.tail.filter { $0.offset <= last.summary.offset }
        } else if last.summary.kind != .index {
            // The torn commit reached back over an index.
            for place in map.groups.indices where map.groups[place].end > last.summary.offset {
                unindexed = try map.blocks(of: place).filter { $0.offset <= last.summary.offset }
                break
            }
        }
        end = ChainEnd(
            end: last.summary.end, digest: try LogOpening.digest(of: last, input),
            previousIndex: last.summary.kind == .index ? last.summary.offset : last.previousIndex,
            previousDefinitions: last.summary.kind == .definitions ? last.summary.offset : last.previousDefinitions,
            unindexed: unindexed, nextOperation: last.summary.nextOperation, lastPosition: last.summary.lastPosition,
            lastTime: last.summary.latest, markedBy: try last.mark(input)?.keyIdentifier)
        self.last = last
        isSealed = last.summary.kind == .seal
        definitions = try DefinitionChain(map, last: last)
    }

    /// The block that ended the commit before the last, when the last commit is torn; nil when it is whole.
    private static func endBeforeTornCommit(
        _ last: BlockHeader, _ input: OpenLog, _ payloads: BlockPayload, firstBlock: UInt64
    ) throws(Failure) -> BlockHeader? {
        var isTorn = false
        var block = last
        while true {
            if try !payloads.isWhole(block.summary) { isTorn = true }
            guard block.summary.offset > firstBlock else { return nil }
            let previous = try input.header(endingAt: block.summary.offset)
            guard let previous else {
                // The block before is damaged. Was it of this commit? The nearest sound one before it tells where a commit ended.
                return try nearestCommit(before: block.summary.offset, input, firstBlock: firstBlock)
            }
            let follows = try digest(of: previous, input) == block.previousDigest
            if previous.summary.flags.contains(.endsCommit) {
                return isTorn ? previous : nil
            }
            if !follows { isTorn = true }
            block = previous
        }  // Untested: the loop is left by its returns.
    }

    private static func nearestCommit(before offset: UInt64, _ input: OpenLog, firstBlock: UInt64) throws(Failure) -> BlockHeader? {
        var at = firstBlock
        var commit: BlockHeader?
        while at < offset {
            var header = try input.header(at: at)
            if header == nil { header = try input.nextHeader(from: at + 1, before: offset) }
            guard let found = header else { break }
            if found.summary.flags.contains(.endsCommit) { commit = found }
            at = found.summary.end
        }
        return commit
    }

    /// SHA-256 over the stored payload, then the header.
    static func digest(of block: BlockHeader, _ input: OpenLog) throws(Failure) -> [UInt8] {
        let digest = Digest()
        var done = 0
        let stored = Int(block.summary.stored)
        while done < stored {
            let count = min(1 << 20, stored - done)
            let bytes = try input.bytes(at: block.summary.payloadOffset + UInt64(done), count: count)
            guard bytes.count > 0 else { break }
            digest.update(bytes)
            done += bytes.count
        }
        block.bytes().withUnsafeBytes { digest.update($0) }
        return digest.finish()
    }
}
