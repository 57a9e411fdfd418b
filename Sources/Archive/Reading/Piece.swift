// One piece of an item on its way out of the archive, with the memory it needs: compressed, then inflated and checked.

internal import Dispatch
import Deflate

/// `@unchecked Sendable` because one thread at a time owns it: the reader fills it and hands it to the queue, and touches it
/// again only after `wait`.
final class Piece: @unchecked Sendable {
    /// Larger pieces than this program writes are read one after the other instead: memory stays bounded.
    static let maximalSize = Int(BlockPipeline.pieceSize)
    static let maximalCompressedSize =
        BlockPipeline.blocksPerPiece * DeflateStream.storedSize(of: Block.size) + DeflateStream.end.count

    private let compressed: UnsafeMutableRawBufferPointer
    private let output: UnsafeMutableRawBufferPointer
    private let inflater: Inflater
    private let codec: Codec
    private let finished = DispatchSemaphore(value: 0)
    private var compressedCount = 0
    private var count = 0
    private var isDeflated = false
    /// Whether it had exactly the bytes it should have; after `wait`.
    private(set) var isWhole = false
    /// CRC-32 of its bytes; after `wait`.
    private(set) var checksum: UInt32 = 0

    init(codec: Codec) {
        self.codec = codec
        inflater = Inflater(codec: codec)
        compressed = .allocate(byteCount: Piece.maximalCompressedSize, alignment: 64)
        output = .allocate(byteCount: Piece.maximalSize + 1, alignment: 64)
    }

    deinit {
        compressed.deallocate()
        output.deallocate()
    }

    /// The bytes; after `wait`, when `isWhole`.
    var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: isDeflated ? output[..<count] : compressed[..<count])
    }

    /// Reads `range` of the archive with `read` and inflates it to `size` bytes on `queue`.
    func start(
        compressedCount: Int, size: Int, isDeflated: Bool, on queue: DispatchQueue,
        read: (UnsafeMutableRawBufferPointer) throws -> Void
    ) throws {
        self.compressedCount = compressedCount
        self.isDeflated = isDeflated
        count = size
        try read(UnsafeMutableRawBufferPointer(rebasing: compressed[..<compressedCount]))
        queue.async {
            self.inflate()
            self.finished.signal()
        }
    }

    func wait() { finished.wait() }

    private func inflate() {
        let input = UnsafeRawBufferPointer(rebasing: compressed[..<compressedCount])
        let room = UnsafeMutableRawBufferPointer(rebasing: output[...count])
        isWhole = isDeflated ? inflater.inflateWhole(input, into: room) : compressedCount == count
        checksum = isWhole ? codec.checksum(bytes) : 0
    }
}
