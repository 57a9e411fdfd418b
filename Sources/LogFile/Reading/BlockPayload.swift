// Fetches payloads: read, checked, unfolded. What does not agree with its CRC or length is damage, not data.

import Deflate
import Vocabulary

/// Holds the payload read last.
final class BlockPayload {
    private let input: OpenLog
    private let inflater = Inflater()
    private var unfolded = Bytes()
    private static let piece = 1 << 20
    /// Memory that grew for one large operation is given back.
    private static let memoryKept = 20 << 20

    init(_ input: OpenLog) { self.input = input }

    /// Hands the payload to `body`; nil when it is damaged or `body` makes nothing of it.
    func with<Result>(
        _ summary: BlockSummary, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result?
    ) throws(Failure) -> Result? {
        guard let payload = try read(summary) else { return nil }
        return try body(payload)
    }

    /// Whether the payload stands there as it was stored, by its CRC.
    func isWhole(_ summary: BlockSummary) throws(Failure) -> Bool {
        var checksum: UInt32 = 0
        var done = 0
        while done < Int(summary.stored) {
            let bytes = try input.bytes(at: summary.payloadOffset + UInt64(done), count: min(BlockPayload.piece, Int(summary.stored) - done))
            guard bytes.count > 0 else { return false }
            checksum = Codec.best.checksum(bytes, from: checksum)
            done += bytes.count
        }
        return checksum == summary.payloadChecksum
    }

    /// The payload of the block, valid until the next call and while this object lives; nil when it is damaged.
    func read(_ summary: BlockSummary) throws(Failure) -> UnsafeRawBufferPointer? {
        if Int(summary.unfolded) < BlockPayload.memoryKept { unfolded.shrink(above: BlockPayload.memoryKept) }
        guard summary.end <= (try input.size()) else { return nil }
        // Short texts are copied sixteen bytes at a time: let there be room behind the last.
        unfolded.removeAll()
        unfolded.reserve(Int(summary.unfolded) + 16)
        if summary.stored > BlockPayload.piece { return try readByPieces(summary) }
        let stored = try input.bytes(at: summary.payloadOffset, count: Int(summary.stored))
        guard stored.count == Int(summary.stored), Codec.best.checksum(stored) == summary.payloadChecksum else { return nil }
        if !summary.flags.contains(.deflated) {
            unfolded.removeAll()
            unfolded.append(stored)
            return unfolded.view
        }
        unfolded.resize(to: Int(summary.unfolded))
        let room = UnsafeMutableRawBufferPointer(start: unfolded.base, count: unfolded.count)
        return inflater.inflate(stored, into: room) ? unfolded.view : nil
    }

    /// A large payload is never held twice: its stored form passes through a small window.
    private func readByPieces(_ summary: BlockSummary) throws(Failure) -> UnsafeRawBufferPointer? {
        unfolded.resize(to: Int(summary.unfolded))
        let isDeflated = summary.flags.contains(.deflated)
        if isDeflated { inflater.begin() }
        var room = UnsafeMutableRawBufferPointer(start: unfolded.base, count: unfolded.count)
        var isComplete = false
        var checksum: UInt32 = 0
        var done = 0
        while done < Int(summary.stored) {
            let count = min(BlockPayload.piece, Int(summary.stored) - done)
            let bytes = try input.bytes(at: summary.payloadOffset + UInt64(done), count: count)
            guard bytes.count == count else { return nil }
            checksum = Codec.best.checksum(bytes, from: checksum)
            if isDeflated {
                guard !isComplete, let hasEnded = inflater.take(bytes, into: &room) else { return nil }
                isComplete = hasEnded
            } else {
                // Untested: the writer deflates every payload of this size; the format allows the other form.
                (unfolded.base + done).copyMemory(from: bytes.baseAddress ?? UnsafeRawPointer(unfolded.base), byteCount: count)
            }
            done += count
        }
        return checksum == summary.payloadChecksum && (!isDeflated || isComplete && room.isEmpty) ? unfolded.view : nil
    }
}
