// An entry's bytes from their source into the archive: read ahead by a ring of blocks, compressed on all cores, written in
// order by the caller's own thread. Source and output are touched by that thread alone, so an error on either side simply
// leaves the loop, and nobody waits for anybody who is gone.

import Deflate
internal import Dispatch
internal import Glibc

final class BlockPipeline {
    /// Blocks per piece: matches do not reach from one piece into another (see `Manifest.Pieces`).
    static let blocksPerPiece = 4
    static let pieceSize = UInt64(blocksPerPiece * Block.size)

    /// What became of an entry's bytes.
    struct Outcome {
        var size: UInt64 = 0
        var compressedSize: UInt64 = 0
        var checksum: UInt32 = 0
        var sha256 = ""
        var pieceEnds: [UInt64] = []
        var pieceChecksums: [UInt32] = []

        fileprivate mutating func add(_ block: Block, at index: Int) {
            let count = block.input.count
            size += UInt64(count)
            compressedSize += UInt64(block.result.count)
            checksum = Codec.combine(checksum, block.checksum, length: count)
            if index % blocksPerPiece == 0 {
                pieceEnds.append(compressedSize)
                pieceChecksums.append(block.checksum)
            } else {
                let last = pieceEnds.count - 1
                pieceEnds[last] = compressedSize
                pieceChecksums[last] = Codec.combine(pieceChecksums[last], block.checksum, length: count)
            }
        }
    }

    private let compression: Compression
    private let blocks: [Block]
    private let queue = DispatchQueue(label: "archive.deflate", attributes: .concurrent)

    /// - Parameter cores: threads to keep busy. Memory is about 2.6 MB for each block of the ring, at most 18 blocks.
    init(compression: Compression, codec: Codec, cores: Int) {
        self.compression = compression
        let count = min(2 * max(1, cores) + 2, 18)
        blocks = (0..<count).map { _ in Block(compression: compression, codec: codec) }
    }

    /// - Parameters:
    ///   - source: fills the buffer with the next bytes and says how many; 0 means that there are no more.
    ///   - write: takes the compressed bytes, in order.
    ///   - step: called after each block with the uncompressed bytes of the entry that are done; may throw to stop.
    func run(
        source: (UnsafeMutableRawBufferPointer) throws -> Int, write: (UnsafeRawBufferPointer) throws -> Void,
        step: (UInt64) throws -> Void
    ) throws -> Outcome {
        var outcome = Outcome()
        let digest = DigestLane()
        var filled = 0
        var written = 0
        var isAtEnd = false
        try step(0)
        while !isAtEnd || written < filled {
            while !isAtEnd, filled - written < blocks.count {
                let previous = filled % BlockPipeline.blocksPerPiece == 0 ? nil : blocks[(filled - 1) % blocks.count]
                let block = blocks[filled % blocks.count]
                let count = try block.fill(after: previous, from: source)
                isAtEnd = count < Block.size
                if count == 0 { break }
                block.start(on: queue, digest: digest)
                filled += 1
            }
            if written < filled {
                let block = blocks[written % blocks.count]
                block.wait()
                try write(block.result)
                outcome.add(block, at: written)
                written += 1
                try step(outcome.size)
            }
        }
        if compression != .none {
            try DeflateStream.end.withUnsafeBytes(write)
            outcome.compressedSize += UInt64(DeflateStream.end.count)
            if let last = outcome.pieceEnds.indices.last { outcome.pieceEnds[last] = outcome.compressedSize }
        }
        outcome.sha256 = digest.finish()
        return outcome
    }
}
