// The growing end of a log: joins operations to blocks, blocks to the chain, and writes them one after the other.
// It knows nothing of commits' failures: whoever owns the file does (LogWriter, LogPublication).

import Deflate
import FileSystem
import Vocabulary

/// What is written so far. A value, so that a failed commit goes back by assigning the old one.
struct ChainEnd {
    /// Where the next block will stand.
    var end: UInt64
    /// Digest of the last block, or of the file header.
    var digest: [UInt8]
    var previousIndex: UInt64 = 0
    var previousDefinitions: UInt64 = 0
    /// Summaries of the blocks since the last index, as the next index will hold them.
    var unindexed: [BlockSummary] = []
    /// The number the next operation gets.
    var nextOperation: UInt64
    var lastPosition: Int64
    var lastTime: Int64
    /// The last block written ended a commit.
    var isCommitted = true
    /// The key of the mark that is the last block; nil when that is no mark.
    var markedBy: [UInt8]?
}

final class BlockStream {
    var state: ChainEnd
    /// Operations taken but not yet written.
    let encoder = OperationEncoder()
    /// Every block ends a commit: for files that are published when complete.
    private let commitsEachBlock: Bool
    /// Every commit ends with a mark made with it.
    private let key: IntegrityKey?
    private let deflater: Deflater
    private var payload = Bytes(capacity: 4096)
    private var output = Bytes(capacity: 4096)
    private var entries = Bytes()

    /// A block is written when it holds this many operations or value bytes: large enough to compress well, small enough
    /// that a page of a list is unfolded within milliseconds.
    static let operationsPerBlock = 4096
    static let valueBytesPerBlock = 512 << 10

    init(_ state: ChainEnd, effort: Effort, commitsEachBlock: Bool, key: IntegrityKey?) {
        self.state = state
        self.key = key
        self.commitsEachBlock = commitsEachBlock
        deflater = Deflater(effort)
    }

    /// Takes one operation under the next number; writes blocks that became full.
    func append(_ operation: Operation, to file: borrowing File) throws(SystemError) {
        let size = operation.key.count + operation.old.count + operation.new.count
        if size < LogFormat.largeOperation {
            // Full blocks leave when the next operation comes, so that a commit always finds a block to mark.
            if encoder.count >= BlockStream.operationsPerBlock || encoder.valueBytes >= BlockStream.valueBytesPerBlock {
                try flush(endingCommit: false, to: file)
            }
            if encoder.append(operation, number: state.nextOperation) {
                note(operation)
                return
            }
        }
        try flush(endingCommit: false, to: file)
        try writeLarge(operation, to: file)
        note(operation)
    }

    private func note(_ operation: Operation) {
        state.nextOperation += 1
        state.lastPosition = operation.position
        state.lastTime = operation.time
    }

    /// Writes what was taken so far as a block.
    func flush(endingCommit: Bool, to file: borrowing File) throws(SystemError) {
        guard !encoder.isEmpty else { return }
        payload.removeAll()
        let parts = encoder.finish(into: &payload)
        var summary = encoder.summary
        if endingCommit { summary.flags.insert(.endsCommit) }
        try writeIndexIfDue(to: file)
        try writeBody(summary, payload: payload.view, parts: parts, to: file)
        encoder.removeAll()
        payload.shrink(above: 4 << 20)
    }

    /// Ends a commit: flags the last block of it, writing an empty one when the last is already out. With a key a mark ends it; also when
    /// nothing is new but the last block is no mark of this key.
    func endCommit(to file: borrowing File) throws(SystemError) {
        if let key {
            try flush(endingCommit: false, to: file)
            if state.markedBy != key.identifier { try writeMark(key, to: file) }
        } else if !encoder.isEmpty {
            try flush(endingCommit: true, to: file)
        } else if !state.isCommitted {
            try writeEnd(to: file)
        }
    }

    /// In as many blocks as they need; none of them ends a commit.
    func writeDefinitions(_ definitions: Definitions, to file: borrowing File) throws(SystemError) {
        try flush(endingCommit: false, to: file)
        try definitions.forEachPayload { (bytes) throws(SystemError) in
            try write(emptySummary(.definitions), payload: bytes, to: file)
        }
    }

    /// A block of definitions that defines nothing and ends a commit.
    private func writeEnd(to file: borrowing File) throws(SystemError) {
        payload.removeAll()
        Definitions().append(to: &payload)
        var summary = emptySummary(.definitions)
        summary.flags.insert(.endsCommit)
        try write(summary, payload: payload.view, to: file)
    }

    func writeHeaderCopy(_ header: [UInt8], to file: borrowing File) throws(SystemError) {
        var summary = emptySummary(.headerCopy)
        summary.flags = .endsCommit
        payload.removeAll()
        payload.append(header)
        try write(summary, payload: payload.view, to: file)
    }

    private func writeMark(_ key: IntegrityKey, to file: borrowing File) throws(SystemError) {
        try writeIndexIfDue(to: file)
        var summary = emptySummary(.mark)
        summary.flags = .endsCommit
        summary.stored = UInt32(IntegrityMark.size)
        summary.unfolded = UInt32(IntegrityMark.size)
        summary.offset = state.end
        let payload = IntegrityMark.payload(
            BlockHeader(
                summary: summary, previousIndex: state.previousIndex, previousDefinitions: state.previousDefinitions,
                previousDigest: state.digest), key)
        output.removeAll()
        output.resize(to: LogFormat.blockHeaderSize)
        output.append(payload)
        try finishBlock(summary, to: file)
        state.markedBy = key.identifier
    }

    /// Closes the log: an index over what has none yet, a mark where a key is used, then the seal.
    func writeSeal(to file: borrowing File) throws(SystemError) {
        try flush(endingCommit: false, to: file)
        if !state.unindexed.isEmpty { try writeIndex(to: file) }
        if let key { try writeMark(key, to: file) }
        var summary = emptySummary(.seal)
        summary.flags = .endsCommit
        try write(summary, payload: UnsafeRawBufferPointer(start: nil, count: 0), to: file)
    }

    /// Writes a block whose payload is already as stored: a full block copied from another log.
    func writeStored(_ original: BlockSummary, payload: UnsafeRawBufferPointer, to file: borrowing File) throws(SystemError) {
        try flush(endingCommit: false, to: file)
        try writeIndexIfDue(to: file)
        var summary = original
        summary.flags = original.flags.intersection([.deflated, .plain])
        output.removeAll()
        output.resize(to: LogFormat.blockHeaderSize)
        output.append(payload)
        try finishBlock(summary, to: file)
        state.nextOperation = summary.nextOperation
        state.lastPosition = summary.lastPosition
        state.lastTime = summary.latest
    }

    private func emptySummary(_ kind: BlockKind) -> BlockSummary {
        BlockSummary(kind: kind, firstOperation: state.nextOperation, time: state.lastTime, position: state.lastPosition)
    }

    private func writeIndexIfDue(to file: borrowing File) throws(SystemError) {
        if state.unindexed.count >= LogFormat.blocksPerIndex { try writeIndex(to: file) }
    }

    private func writeIndex(to file: borrowing File) throws(SystemError) {
        entries.removeAll()
        for entry in state.unindexed { entry.append(to: &entries) }
        try writeBody(.sum(of: state.unindexed), payload: entries.view, to: file)
    }

    private func write(_ summary: BlockSummary, payload: UnsafeRawBufferPointer, to file: borrowing File) throws(SystemError) {
        try writeIndexIfDue(to: file)
        try writeBody(summary, payload: payload, to: file)
    }

    private func writeBody(
        _ original: BlockSummary, payload: UnsafeRawBufferPointer, parts: [Int] = [], to file: borrowing File
    ) throws(SystemError) {
        var summary = original
        output.removeAll()
        output.resize(to: LogFormat.blockHeaderSize)
        if payload.count > LogFormat.worthDeflating {
            deflater.deflate(payload, parts: parts, into: &output)
            if output.count - LogFormat.blockHeaderSize < payload.count {
                summary.flags.insert(.deflated)
            } else {
                output.resize(to: LogFormat.blockHeaderSize)
            }
        }
        if !summary.flags.contains(.deflated) { output.append(payload) }
        summary.unfolded = UInt32(payload.count)
        try finishBlock(summary, to: file)
    }

    /// `output` holds room for the header and the stored payload: completes and writes the block.
    private func finishBlock(_ original: BlockSummary, to file: borrowing File) throws(SystemError) {
        var summary = original
        let stored = output.view(LogFormat.blockHeaderSize..<output.count)
        summary.stored = UInt32(stored.count)
        summary.offset = state.end
        summary.payloadChecksum = Codec.best.checksum(stored)
        if commitsEachBlock { summary.flags.insert(.endsCommit) }
        let header = self.header(summary)
        header.withUnsafeBytes { output.base.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(output.base), byteCount: $0.count) }
        output.append(BlockStream.trailer(of: header, summary))
        try file.write(output.view, at: state.end)
        let digest = Digest()
        digest.update(output.view(LogFormat.blockHeaderSize..<LogFormat.blockHeaderSize + Int(summary.stored)))
        header.withUnsafeBytes { digest.update($0) }
        advance(over: summary, digest: digest.finish())
        output.shrink(above: 4 << 20)
    }

    private func header(_ summary: BlockSummary) -> [UInt8] {
        BlockHeader(
            summary: summary, previousIndex: state.previousIndex, previousDefinitions: state.previousDefinitions,
            previousDigest: state.digest
        ).bytes()
    }

    private static func trailer(of header: [UInt8], _ summary: BlockSummary) -> [UInt8] {
        withUnsafeBytes(of: summary.stored.littleEndian) { Array($0) } + header.suffix(4)
    }

    private func advance(over summary: BlockSummary, digest: [UInt8]) {
        state.end = summary.end
        state.digest = digest
        state.isCommitted = summary.flags.contains(.endsCommit)
        state.markedBy = nil
        if summary.kind == .index {
            state.previousIndex = summary.offset
            state.unindexed.removeAll(keepingCapacity: true)
        } else {
            state.unindexed.append(summary)
        }
        if summary.kind == .definitions { state.previousDefinitions = summary.offset }
    }

    /// Streams one large operation to a block of its own: payload first, then header and trailer, with one small buffer.
    private func writeLarge(_ operation: Operation, to file: borrowing File) throws(SystemError) {
        try writeIndexIfDue(to: file)
        var summary = BlockSummary(
            kind: .operations, firstOperation: state.nextOperation, time: operation.time, position: operation.position)
        summary.flags = [.plain, .deflated]
        summary.count = 1
        summary.lastConsistent = operation.isConsistentPoint ? 1 : 0
        summary.tables = 1 << UInt64(operation.table & 63)
        summary.actions = 1 << UInt32(operation.action.rawValue & 31)
        summary.offset = state.end
        payload.removeAll()
        PlainOperation.appendPrefix(of: operation, to: &payload)
        let size = payload.count + operation.key.count + operation.old.count + operation.new.count
        summary.unfolded = UInt32(size)

        let writer = PayloadWriter(at: summary.payloadOffset, deflater: deflater)
        try writer.write(payload.view, to: file)
        try writer.write(operation.key, to: file)
        try writer.write(operation.old, to: file)
        try writer.write(operation.new, to: file)
        try writer.finish(to: file)
        summary.stored = UInt32(writer.stored)
        summary.payloadChecksum = writer.checksum
        if commitsEachBlock { summary.flags.insert(.endsCommit) }
        let header = self.header(summary)
        try file.write(header, at: summary.offset)
        try file.write(BlockStream.trailer(of: header, summary), at: summary.payloadOffset + UInt64(summary.stored))
        header.withUnsafeBytes { writer.digest.update($0) }
        advance(over: summary, digest: writer.digest.finish())
    }
}
