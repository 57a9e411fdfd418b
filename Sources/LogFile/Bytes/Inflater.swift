// The way back from Deflater: one stream, exactly as many bytes as announced, or damage.

import CIsal
import CZlib

/// Unfolds one deflated payload after the other; its working memory is allocated once.
final class Inflater {
    private let codec: Codec
    private let isal: UnsafeMutablePointer<inflate_state>
    private let zlib: UnsafeMutablePointer<z_stream>

    init(codec: Codec = .best) {
        self.codec = codec
        isal = .allocate(capacity: 1)
        zlib = .allocate(capacity: 1)
        zlib.initialize(to: z_stream())
        if codec == .zlib {
            // Fails only without memory: the parameters are constants that zlib accepts.
            let result = inflateInit2_(zlib, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
            precondition(result == Z_OK, "zlib could not start")
        }
    }

    deinit {
        if codec == .zlib { inflateEnd(zlib) }
        zlib.deallocate()
        isal.deallocate()
    }

    /// Begins a stream that unfolds into `output`, below 4 GiB; the memory must stay until the stream ends.
    func begin(into output: UnsafeMutableRawBufferPointer) {
        let start = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        switch codec {
        case .isal:
            isal_inflate_init(isal)
            isal.pointee.next_out = start
            isal.pointee.avail_out = UInt32(output.count)
        case .zlib:
            inflateReset(zlib)
            zlib.pointee.next_out = start
            zlib.pointee.avail_out = UInt32(output.count)
        }
    }

    /// Unfolds a part of the stream. False when it is malformed or yields more than the output holds.
    func feed(_ input: UnsafeRawBufferPointer) -> Bool {
        let start = UnsafeMutablePointer(mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        switch codec {
        case .isal:
            isal.pointee.next_in = start
            isal.pointee.avail_in = UInt32(input.count)
            return isal_inflate(isal) == ISAL_DECOMP_OK && isal.pointee.avail_in == 0
        case .zlib:
            zlib.pointee.next_in = start
            zlib.pointee.avail_in = UInt32(input.count)
            let result = CZlib.inflate(zlib, Z_NO_FLUSH)
            return (result == Z_OK || result == Z_STREAM_END) && zlib.pointee.avail_in == 0
        }
    }

    /// Whether the stream came to its end and filled the output exactly.
    var isComplete: Bool {
        switch codec {
        case .isal: isal.pointee.block_state == ISAL_BLOCK_FINISH && isal.pointee.avail_out == 0
        case .zlib: zlib.pointee.avail_out == 0 && CZlib.inflate(zlib, Z_FINISH) == Z_STREAM_END
        }
    }

    /// Unfolds a whole stream; false when it is malformed or does not fill `output` exactly.
    func inflate(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Bool {
        begin(into: output)
        return feed(input) && isComplete
    }
}
