// One megabyte on its way through the pipeline, with the memory it needs at every stage.

internal import Dispatch
import Deflate

/// `@unchecked Sendable` because one thread at a time owns it: the writer fills it and hands it to the queues, which only
/// read `input` and write `output` and the results; the writer touches it again after `wait`.
final class Block: @unchecked Sendable {
    static let size = 1 << 20

    private let memory: UnsafeMutableRawBufferPointer
    private let output: UnsafeMutableRawBufferPointer
    private let deflater: Deflater?
    private let codec: Codec
    private let compressed = DispatchSemaphore(value: 0)
    private let digested = DispatchSemaphore(value: 0)
    private var historyCount = 0
    private var count = 0
    private var outputCount = 0
    /// CRC-32 of the data; after `wait`.
    private(set) var checksum: UInt32 = 0

    init(compression: Compression, codec: Codec) {
        self.codec = codec
        deflater = Deflater.of(compression, codec: codec)
        memory = .allocate(byteCount: Deflater.window + Block.size, alignment: 64)
        output = .allocate(byteCount: deflater == nil ? 0 : DeflateStream.storedSize(of: Block.size), alignment: 64)
    }

    deinit {
        memory.deallocate()
        output.deallocate()
    }

    /// The data, uncompressed.
    var input: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: memory[Deflater.window..<Deflater.window + count])
    }

    /// What goes into the archive; after `wait`.
    var result: UnsafeRawBufferPointer {
        deflater == nil ? input : UnsafeRawBufferPointer(rebasing: output[..<outputCount])
    }

    /// Takes bytes from `source` until the block is full or the source has ended.
    /// - Parameter previous: the block before, when matches may reach back into it.
    /// - Returns: bytes taken.
    func fill(after previous: Block?, from source: (UnsafeMutableRawBufferPointer) throws -> Int) throws -> Int {
        historyCount = 0
        if let previous {
            historyCount = min(Deflater.window, previous.count)
            UnsafeMutableRawBufferPointer(rebasing: memory[(Deflater.window - historyCount)..<Deflater.window])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: previous.input.suffix(historyCount)))
        }
        count = 0
        while count < Block.size {
            let room = UnsafeMutableRawBufferPointer(rebasing: memory[(Deflater.window + count)...])
            let taken = try source(room)
            precondition((0...room.count).contains(taken), "a source cannot give more than it was asked for")
            if taken == 0 { break }
            count += taken
        }
        return count
    }

    func start(on queue: DispatchQueue, digest: DigestLane) {
        // After a Stop or an error nobody waits, and the ring may be gone before the digest is through.
        digest.update(Borrowed(buffer: input, owner: self), then: digested)
        queue.async {
            self.compress()
            self.compressed.signal()
        }
    }

    /// Returns when every stage is through with the block.
    func wait() {
        compressed.wait()
        digested.wait()
    }

    private func compress() {
        checksum = codec.checksum(input)
        guard let deflater else { return }
        let history = UnsafeRawBufferPointer(rebasing: memory[(Deflater.window - historyCount)..<Deflater.window])
        outputCount = deflater.deflate(input, history: history, into: output) ?? DeflateStream.store(input, into: output)
    }
}
