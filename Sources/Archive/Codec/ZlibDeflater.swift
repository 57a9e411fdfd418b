// zlib's compressor for one block after another.

import CZlib

final class ZlibDeflater: Deflater {
    /// On the heap because zlib keeps the address and checks it.
    private let stream: UnsafeMutablePointer<z_stream>

    init(level: Int32) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // Raw deflate, full window. Memory level 9 instead of 8, longer deflate blocks and a larger hash table, makes the
        // output 0.1 to 0.2 % smaller.
        let code = deflateInit2_(
            stream, level, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        // It fails only without memory for its 0.5 MB, where the program cannot go on either.
        precondition(code == Z_OK, "zlib could not start a compressor")
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    func deflate(
        _ data: UnsafeRawBufferPointer, history: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) -> Int? {
        deflateReset(stream)
        if let start = history.bindMemory(to: UInt8.self).baseAddress, history.count > 0 {
            deflateSetDictionary(stream, start, UInt32(history.count))
        }
        // zlib does not change what `next_in` points to; the C type only lacks the const.
        stream.pointee.next_in = UnsafeMutablePointer(mutating: data.bindMemory(to: UInt8.self).baseAddress)
        stream.pointee.avail_in = UInt32(data.count)
        stream.pointee.next_out = output.bindMemory(to: UInt8.self).baseAddress
        stream.pointee.avail_out = UInt32(output.count)
        let code = CZlib.deflate(stream, Z_SYNC_FLUSH)
        // A full output may hide a flush that is not complete.
        guard code == Z_OK, stream.pointee.avail_in == 0, stream.pointee.avail_out > 0 else { return nil }
        return output.count - Int(stream.pointee.avail_out)
    }
}
