// What stands where in a log: groups of blocks that an index sums up, and the blocks after the last index. Built from the end of the
// file; where the end or the chain of indexes is damaged, by walking over every header.

import FileSystem
import Vocabulary

/// The blocks between two indexes.
struct BlockGroup: Equatable {
    var start: UInt64
    /// Where its index stands, or where the region ends.
    var end: UInt64
    /// The index block's own summary, or a sum over the blocks found.
    var sum: BlockSummary
    /// An undamaged index block stands at `end`. Without one, blocks may be missing inside.
    var hasIndex: Bool
}

final class BlockMap {
    let input: OpenLog
    let header: LogHeader
    /// Why the file header was taken from its copy; nil when it is sound.
    let headerDamage: String?
    let firstBlock: UInt64
    private(set) var groups: [BlockGroup] = []
    /// The blocks after the last index, up to the end of the last commit.
    private(set) var tail: [BlockSummary] = []
    private var tailStart: UInt64 = 0
    /// End of the last block that ends a commit: nothing after it is shown.
    private(set) var end: UInt64
    /// The block that ends there.
    private(set) var last: BlockHeader?
    private(set) var fileSize: UInt64 = 0
    /// Places of definitions blocks; known only after a walk over all headers.
    private(set) var definitionOffsets: [UInt64]?
    private let payloads: BlockPayload
    private var cachedGroup: (place: Int, blocks: [BlockSummary])?

    init(_ input: OpenLog) throws(Failure) {
        self.input = input
        payloads = BlockPayload(input)
        (header, firstBlock, headerDamage) = try BlockMap.readHeader(input)
        end = firstBlock
        try load()
    }

    /// The next operation's number after everything visible.
    var nextOperation: UInt64 { max(last?.summary.nextOperation ?? 0, header.firstOperation) }
    var lastPosition: Int64 { last?.summary.lastPosition ?? header.startPosition }
    var isSealed: Bool { last?.summary.kind == .seal }

    // MARK: Opening

    private static func readHeader(_ input: OpenLog) throws(Failure) -> (LogHeader, UInt64, String?) {
        let path = input.path
        do throws(Failure) {
            let length = try LogHeader.length(of: try input.bytes(at: 0, count: 16), path: path)
            let bytes = try input.bytes(at: 0, count: length)
            guard bytes.count == length else { throw LogHeader.damaged(path, "it ends within its header") }
            return (try LogHeader(bytes, path: path), UInt64(length), nil)
        } catch {
            guard error.code == .logDamaged else { throw error }
            // The first block holds a copy; it stands within the first 64 MiB.
            let limit = min(try input.size(), UInt64(LogFormat.maximumHeaderSize) * 2)
            let payloads = BlockPayload(input)
            guard let copy = try input.nextHeader(from: 0, before: limit), copy.summary.kind == .headerCopy,
                let header = try payloads.with(copy.summary, { (bytes) throws(Failure) -> LogHeader? in
                    guard bytes.count >= 16, try LogHeader.length(of: bytes, path: path) == bytes.count else { return nil }
                    return try LogHeader(bytes, path: path)
                })
            else { throw error }
            return (header, copy.summary.offset, error.cause ?? error.message)
        }
    }

    /// Structure and definitions of the header, once more from the file; false when they cannot be read any more.
    func readHeaderBody(into body: inout Bytes) throws(Failure) -> Bool {
        if headerDamage == nil { return LogHeader.body(of: try input.bytes(at: 0, count: Int(firstBlock)), into: &body) }
        guard let copy = try input.header(at: firstBlock), let bytes = try payloads.read(copy.summary) else { return false }
        return LogHeader.body(of: bytes, into: &body)
    }

    private func load() throws(Failure) {
        cachedGroup = nil
        input.forget()
        // While another process appends, the end may be in the making: look again before walking over everything.
        for _ in 0..<3 {
            fileSize = try input.size()
            if try loadFromEnd() { return }
            input.forget()
            if try input.size() == fileSize { break }
        }
        try loadByWalking()
    }

    /// Steps back from the end to the last commit, then along the indexes. False when anything does not fit.
    private func loadFromEnd() throws(Failure) -> Bool {
        groups = []
        tail = []
        var at = fileSize
        var found: BlockHeader?
        while at > firstBlock {
            guard let header = try input.header(endingAt: at), header.summary.offset >= firstBlock else { return false }
            if header.summary.flags.contains(.endsCommit) {
                found = header
                break
            }
            at = header.summary.offset
        }
        guard let found else { return false }
        var reversed: [BlockHeader] = []
        var offset = found.summary.kind == .index ? found.summary.offset : found.previousIndex
        while offset != 0 {
            guard offset >= firstBlock, let index = try input.header(at: offset, ahead: false), index.summary.kind == .index else { return false }
            reversed.append(index)
            offset = index.previousIndex
        }
        var start = firstBlock
        for index in reversed.reversed() {
            guard index.summary.offset >= start else { return false }
            groups.append(BlockGroup(start: start, end: index.summary.offset, sum: index.summary, hasIndex: true))
            start = index.summary.end
        }
        guard start <= found.summary.end else { return false }
        last = found
        end = found.summary.end
        tailStart = start
        tail = try walk(from: start, to: end)
        definitionOffsets = nil
        return true
    }

    /// Visits every header; finds again the next block after damage.
    private func loadByWalking() throws(Failure) {
        groups = []
        tail = []
        last = nil
        end = firstBlock
        var definitions: [UInt64] = []
        var pending: [BlockSummary] = []
        var start = firstBlock
        var at = firstBlock
        var committed: (groups: Int, tailStart: UInt64, tail: [BlockSummary], last: BlockHeader)?
        while at < fileSize, let header = try sound(at: at) {
            let summary = header.summary
            if summary.kind == .definitions { definitions.append(summary.offset) }
            if summary.kind == .index {
                // An index that begins later than the blocks found since the last one: an index between was lost.
                let fits = pending.first.map { $0.firstOperation >= summary.firstOperation } ?? true
                let sum = fits ? summary : .sum(of: pending + [summary])
                groups.append(BlockGroup(start: start, end: summary.offset, sum: sum, hasIndex: fits))
                start = summary.end
                pending = []
            } else if pending.count == LogFormat.blocksPerIndex {
                // The index that should stand here is lost.
                groups.append(BlockGroup(start: start, end: summary.offset, sum: .sum(of: pending), hasIndex: false))
                start = summary.offset
                pending = [summary]
            } else {
                pending.append(summary)
            }
            if summary.flags.contains(.endsCommit) { committed = (groups.count, start, pending, header) }
            at = summary.end
        }
        if let committed {
            groups.removeSubrange(committed.groups...)
            tailStart = committed.tailStart
            tail = committed.tail
            last = committed.last
            end = committed.last.summary.end
            definitions.removeAll { [end] in $0 >= end }
        } else {
            groups = []
            tailStart = firstBlock
        }
        definitionOffsets = definitions
    }

    /// The complete block at `at`, or the next one after it.
    private func sound(at: UInt64) throws(Failure) -> BlockHeader? {
        if let header = try input.header(at: at), try input.isComplete(header, fileSize: fileSize) { return header }
        var from = at + 1
        while let header = try input.nextHeader(from: from, before: fileSize) {
            if try input.isComplete(header, fileSize: fileSize) { return header }
            from = header.summary.offset + 1
        }
        return nil
    }

    /// The blocks of a region by their headers; what is damaged is left out.
    private func walk(from start: UInt64, to end: UInt64) throws(Failure) -> [BlockSummary] {
        var blocks: [BlockSummary] = []
        var at = start
        while at < end {
            var header = try input.header(at: at)
            if header == nil || header.map({ $0.summary.end > end }) == true { header = try input.nextHeader(from: at + 1, before: end) }
            guard let header else { break }
            blocks.append(header.summary)
            at = header.summary.end
        }
        return blocks
    }

    // MARK: Asking

    /// The blocks of a group, from its index or by their headers.
    func blocks(of place: Int) throws(Failure) -> [BlockSummary] {
        if let cachedGroup, cachedGroup.place == place { return cachedGroup.blocks }
        let group = groups[place]
        var blocks: [BlockSummary]?
        if group.hasIndex, let payload = try payloads.read(group.sum) {
            blocks = BlockMap.entries(payload, of: group)
        }
        let result = if let blocks { blocks } else { try walk(from: group.start, to: group.end) }
        cachedGroup = (place, result)
        return result
    }

    /// What an index says, when it is contiguous from the group's start to its end.
    private static func entries(_ payload: UnsafeRawBufferPointer, of group: BlockGroup) -> [BlockSummary]? {
        var blocks: [BlockSummary] = []
        var reader = BytesReader(payload)
        var at = group.start
        while reader.remaining > 0 {
            guard let summary = BlockSummary(&reader), summary.offset == at else { return nil }
            blocks.append(summary)
            at = summary.end
        }
        return at == group.end ? blocks : nil
    }

    /// Takes in what was appended since. True when there is something new, or when everything had to be read anew because the
    /// writer cut what was seen.
    func refresh() throws(Failure) -> Bool {
        input.forget()
        let size = try input.size()
        if let last, size >= end, try input.header(at: last.summary.offset) == last {
            guard size > end else { return false }
            fileSize = size
            return try extend()
        }
        try load()
        return true
    }

    private func extend() throws(Failure) -> Bool {
        var at = end
        var found: [BlockHeader] = []
        var complete = 0
        while at < fileSize, let header = try input.header(at: at), try input.isComplete(header, fileSize: fileSize) {
            found.append(header)
            if header.summary.flags.contains(.endsCommit) { complete = found.count }
            at = header.summary.end
        }
        for header in found[..<complete] {
            if header.summary.kind == .index {
                groups.append(
                    BlockGroup(start: tailStart, end: header.summary.offset, sum: header.summary, hasIndex: true))
                tailStart = header.summary.end
                tail = []
            } else {
                tail.append(header.summary)
            }
            if header.summary.kind == .definitions, definitionOffsets != nil { definitionOffsets?.append(header.summary.offset) }
            last = header
            end = header.summary.end
        }
        return complete > 0
    }
}
